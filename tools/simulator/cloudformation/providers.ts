import type { Provider } from './provider';
import { project } from './providers/codebuild';
import { logGroup, parameter, secret, secretTargetAttachment } from './providers/configuration';
import { securityGroup, subnet, vpc } from './providers/ec2';
import { repository } from './providers/ecr';
import { cluster, service, taskDefinition } from './providers/ecs';
import { managedPolicy, policy, role } from './providers/iam';
import { bucket, bucketPolicy } from './providers/s3';

/** The types that are really made. Every other is accepted; see accepted.ts. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  'AWS::CodeBuild::Project': project,
  'AWS::EC2::SecurityGroup': securityGroup,
  'AWS::EC2::Subnet': subnet,
  'AWS::EC2::VPC': vpc,
  'AWS::ECR::Repository': repository,
  'AWS::ECS::Cluster': cluster,
  'AWS::ECS::Service': service,
  'AWS::ECS::TaskDefinition': taskDefinition,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::Role': role,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': bucketPolicy,
  'AWS::SSM::Parameter': parameter,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SecretsManager::SecretTargetAttachment': secretTargetAttachment,
};
