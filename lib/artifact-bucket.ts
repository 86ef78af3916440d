import { Aws, Duration, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { RetentionConfig } from './config';
import { PRIVATE_BUCKET } from './private-bucket';

export interface ArtifactBucketProps {
  /** The bucket's name without the account id, which makes it unique. */
  readonly namePrefix: string;
  readonly retention: RetentionConfig;
}

/**
 * Where builds leave their output.
 *
 * Artifacts can be rebuilt from any commit, so they expire; the bucket itself is kept when the stack is deleted.
 */
export class ArtifactBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, { namePrefix, retention }: ArtifactBucketProps) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      ...PRIVATE_BUCKET,
      bucketName: `${namePrefix}-${Aws.ACCOUNT_ID}`,
      lifecycleRules: [
        {
          id: 'ExpireArtifacts',
          expiration: Duration.days(retention.artifactDays),
          // Not Standard-IA: S3 refuses it before day 30.
          transitions:
            retention.tieringAfterDays === undefined
              ? undefined
              : [
                  {
                    storageClass: s3.StorageClass.INTELLIGENT_TIERING,
                    transitionAfter: Duration.days(retention.tieringAfterDays),
                  },
                ],
        },
        { id: 'AbortIncompleteUploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only builds write here, each under its own id; access logs would tell nothing more and need a bucket of their own.',
    });
  }
}
