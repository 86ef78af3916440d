import {
  type BucketLifecycleConfiguration,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { generatedName } from '../generated-name';
import { type Made, type Properties, type Provider, type ProviderContext, tagsOf, textOf } from '../provider';

export const bucket: Provider = {
  replacedBy: ['BucketName'],
  async create(context, properties) {
    const name = textOf(properties, 'BucketName') ?? generatedName(context, 63).toLowerCase();
    const LocationConstraint = context.region === 'us-east-1' ? undefined : (context.region as 'eu-west-1');
    await context.clients.s3.send(
      new CreateBucketCommand({
        Bucket: name,
        CreateBucketConfiguration: LocationConstraint && { LocationConstraint },
      }),
    );
    context.begun(name);
    return configure(context, name, properties);
  },
  update: configure,
  async delete({ clients }, name) {
    await clients.s3.send(new DeleteBucketCommand({ Bucket: name }));
  },
};

export const bucketPolicy: Provider = {
  replacedBy: ['Bucket'],
  async create({ clients }, properties) {
    const Bucket = String(properties.Bucket);
    await clients.s3.send(
      new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(properties.PolicyDocument) }),
    );
    return { physicalId: Bucket };
  },
  update: (context, _, properties) => bucketPolicy.create(context, properties),
  async delete({ clients }, Bucket) {
    await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  },
};

async function configure(context: ProviderContext, Bucket: string, properties: Properties): Promise<Made> {
  const { s3 } = context.clients;
  const lifecycle = properties.LifecycleConfiguration as { Rules?: CfnRule[] } | undefined;
  const access = properties.PublicAccessBlockConfiguration as object | undefined;
  const encryption = properties.BucketEncryption as
    | { ServerSideEncryptionConfiguration: { ServerSideEncryptionByDefault: { SSEAlgorithm: string } }[] }
    | undefined;
  const ownership = properties.OwnershipControls as
    { Rules: { ObjectOwnership: 'BucketOwnerEnforced' }[] } | undefined;
  const versioning = properties.VersioningConfiguration as { Status: 'Enabled' | 'Suspended' } | undefined;
  if (lifecycle?.Rules) {
    const LifecycleConfiguration: BucketLifecycleConfiguration = { Rules: lifecycle.Rules.map(apiRule) };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  }
  if (access)
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: access }));
  if (encryption) {
    const Rules = encryption.ServerSideEncryptionConfiguration.map(
      ({ ServerSideEncryptionByDefault }) =>
        ({ ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault }) as ServerSideEncryptionRule,
    );
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  }
  if (ownership)
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: ownership }));
  if (versioning)
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: versioning }));
  const TagSet = tagsOf(context, properties);
  if (TagSet.length) await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  return {
    physicalId: Bucket,
    attributes: {
      Arn: `arn:aws:s3:::${Bucket}`,
      DomainName: `${Bucket}.s3.amazonaws.com`,
      RegionalDomainName: `${Bucket}.s3.${context.region}.amazonaws.com`,
    },
  };
}

interface CfnRule {
  readonly Id?: string;
  readonly Status: 'Enabled' | 'Disabled';
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
  readonly Transitions?: { StorageClass: 'INTELLIGENT_TIERING'; TransitionInDays: number }[];
  readonly AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
  readonly NoncurrentVersionExpiration?: { NoncurrentDays: number };
}

/** The emulator takes transitions that S3 refuses. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
function apiRule(rule: CfnRule): LifecycleRule {
  for (const { StorageClass, TransitionInDays } of rule.Transitions ?? []) {
    if (/_IA$/.test(StorageClass) && TransitionInDays < 30) {
      throw new Error(
        `'Days' in Transition action must be greater than or equal to 30 for storageClass '${StorageClass}'`,
      );
    }
  }
  return {
    ID: rule.Id,
    Status: rule.Status,
    Filter: { Prefix: rule.Prefix ?? '' },
    Expiration: rule.ExpirationInDays === undefined ? undefined : { Days: rule.ExpirationInDays },
    Transitions: rule.Transitions?.map(({ StorageClass, TransitionInDays: Days }) => ({
      StorageClass,
      Days,
    })),
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload,
    NoncurrentVersionExpiration: rule.NoncurrentVersionExpiration,
  };
}
