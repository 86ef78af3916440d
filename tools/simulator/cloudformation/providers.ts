import type { Provider } from './provider';
import { slackChannel } from './providers/chatbot';
import { alarm, dashboard, metricFilter } from './providers/cloudwatch';
import { project } from './providers/codebuild';
import { logGroup, parameter, secret, secretTargetAttachment } from './providers/configuration';
import { securityGroup, subnet, vpc } from './providers/ec2';
import { repository } from './providers/ecr';
import { cluster, service, taskDefinition } from './providers/ecs';
import { rule } from './providers/events';
import { managedPolicy, policy, role } from './providers/iam';
import { eventInvokeConfig, lambdaFunction, permission } from './providers/lambda';
import { bucket, bucketPolicy } from './providers/s3';
import { subscription, topic, topicPolicy } from './providers/sns';
import { queue, queuePolicy } from './providers/sqs';

/** The types that are really made. Every other is accepted; see accepted.ts. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  'AWS::Chatbot::SlackChannelConfiguration': slackChannel,
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::Dashboard': dashboard,
  'AWS::CodeBuild::Project': project,
  'AWS::EC2::SecurityGroup': securityGroup,
  'AWS::EC2::Subnet': subnet,
  'AWS::EC2::VPC': vpc,
  'AWS::ECR::Repository': repository,
  'AWS::ECS::Cluster': cluster,
  'AWS::ECS::Service': service,
  'AWS::ECS::TaskDefinition': taskDefinition,
  'AWS::Events::Rule': rule,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::Role': role,
  'AWS::Lambda::EventInvokeConfig': eventInvokeConfig,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Permission': permission,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::MetricFilter': metricFilter,
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': bucketPolicy,
  'AWS::SNS::Subscription': subscription,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::TopicPolicy': topicPolicy,
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': queuePolicy,
  'AWS::SSM::Parameter': parameter,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SecretsManager::SecretTargetAttachment': secretTargetAttachment,
};
