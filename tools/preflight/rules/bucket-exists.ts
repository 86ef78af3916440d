import { positionals, option } from '../model/command';
import { text } from '../../values';
import { resourcesOf } from '../model/resources';
import { leftBehind, sameNames } from '../model/same-name';
import type { Rule } from '../rule';

export const bucketExists: Rule = {
  id: 'F70',
  name: 'bucket-exists',
  title: 'A bucket exists before its stack makes it',
  awsError: 'NAME already exists (Service: S3, Status Code: 409)',
  cause: 'a bucket has one name in all accounts and regions: whoever comes second fails',
  fix: 'leave the name to CloudFormation, or put the account and region into it',
  link: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html',
  *check({ stacks, builds }) {
    for (const { name, first, second, certain } of sameNames(
      stacks,
      'AWS::S3::Bucket',
      'BucketName',
      ({ region = '' }) => (region.startsWith('cn-') ? 'aws-cn' : 'aws'),
    )) {
      yield {
        level: certain ? 'error' : 'warning',
        place: second.resource.place,
        message: `the bucket ${name} is made by ${first.resource.place.resource} as well`,
        awsError: `${name} already exists (Service: S3, Status Code: 409)`,
      };
    }
    const buckets = resourcesOf(stacks, 'AWS::S3::Bucket');
    for (const found of buckets) {
      const kept = leftBehind(found, 'BucketName');
      if (kept === undefined) continue;
      yield {
        level: 'warning',
        place: found.resource.place,
        message: `DeletionPolicy: Retain keeps the bucket ${kept} when the first deployment of ${found.stack.name} fails, and the second finds it there`,
        awsError: `${kept} already exists (Service: S3, Status Code: 409)`,
        fix: 'write DeletionPolicy: RetainExceptOnCreate (RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE in the CDK), or leave the name to CloudFormation',
      };
    }
    for (const { commands } of builds) {
      for (const command of commands) {
        const [service = '', verb = '', target = ''] = command.name === 'aws' ? positionals(command) : [];
        const made =
          service === 's3' && verb === 'mb'
            ? target.replace(/^s3:\/\//, '')
            : service === 's3api' && verb === 'create-bucket'
              ? option(command, '--bucket')
              : undefined;
        const bucket = buckets.find(({ resource }) => made === text(resource.properties, 'BucketName'));
        if (made === undefined || !bucket) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `the bucket ${String(made)} is made here, and by ${bucket.stack.name} as well`,
          awsError: `${String(made)} already exists (Service: S3, Status Code: 409)`,
          fix: 'delete the command: the stack makes the bucket',
        };
      }
    }
  },
};
