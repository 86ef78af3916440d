import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { JsonClient } from '../gateway/json-client';
import type { Session } from '../gateway/sessions';
import { AWS_INTERNAL } from '../gateway/throttling';

/** The services' own APIs, as AWS itself calls them, through the gateway: each request is judged by the session's policies. */
export class Clients {
  readonly codebuild: CodeBuildClient;
  readonly ec2: EC2Client;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly iam: IAMClient;
  readonly json: JsonClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly ssm: SSMClient;

  constructor(endpoint: string, region: string, session: Session) {
    const { credentials } = session;
    const options = { endpoint, region, credentials, maxAttempts: 1, customUserAgent: AWS_INTERNAL };
    this.codebuild = new CodeBuildClient(options);
    this.ec2 = new EC2Client(options);
    this.ecr = new ECRClient(options);
    this.ecs = new ECSClient(options);
    this.iam = new IAMClient(options);
    this.json = new JsonClient(endpoint, region, session);
    this.logs = new CloudWatchLogsClient(options);
    this.s3 = new S3Client({ ...options, forcePathStyle: true });
    this.secrets = new SecretsManagerClient(options);
    this.sns = new SNSClient(options);
    this.ssm = new SSMClient(options);
  }
}
