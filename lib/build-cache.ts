import { Annotations, Aws, Duration, Validations } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { cacheOf } from './cache-kind';
import type { PipelineConfig } from './config';
import type { Names } from './names';
import { PRIVATE_BUCKET } from './private-bucket';

export interface BuildCacheProps {
  readonly config: PipelineConfig;
  readonly names: Pick<Names, 'cacheBucketPrefix' | 'project'>;
}

/** What of former builds a build begins with: the downloads that `buildspec.yml` names and, where it is local, Docker's layers. */
export class BuildCache extends Construct {
  readonly cache: codebuild.Cache;
  /** Of a cache in S3: what the build role must reach. */
  readonly location?: { readonly bucketArn: string; readonly prefix: string };

  constructor(scope: Construct, id: string, { config, names }: BuildCacheProps) {
    super(scope, id);
    const { kind, instead } = cacheOf(config);
    if (instead) Annotations.of(this).addInfoV2('mangoo:cache-in-s3', instead);
    if (kind !== 's3') {
      this.cache = kind === 'local' ? local(config) : codebuild.Cache.none();
      return;
    }
    const bucket = this.bucket(names.cacheBucketPrefix);
    this.cache = codebuild.Cache.bucket(bucket, { prefix: names.project });
    this.location = { bucketArn: bucket.bucketArn, prefix: names.project };
  }

  /**
   * A bucket that forgets: a copy with a key never changes, and another lock file makes another copy.
   *
   * It is kept when the stack is deleted, although its objects may be lost: CloudFormation cannot delete a bucket with
   * something in it, and CDK's way to empty one first is a function that may delete objects. After 14 days it is empty.
   */
  private bucket(namePrefix: string): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Bucket', {
      ...PRIVATE_BUCKET,
      bucketName: `${namePrefix}-${Aws.ACCOUNT_ID}`,
      lifecycleRules: [
        {
          id: 'ExpireCaches',
          expiration: Duration.days(14),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only builds of one project read and write here, public packages only; access logs would need a bucket of their own.',
    });
    return bucket;
  }
}

/** A Docker server keeps layers itself. */
function local({ build: { dockerServer } }: PipelineConfig): codebuild.Cache {
  const { CUSTOM, DOCKER_LAYER } = codebuild.LocalCacheMode;
  return codebuild.Cache.local(...(dockerServer ? [CUSTOM] : [DOCKER_LAYER, CUSTOM]));
}
