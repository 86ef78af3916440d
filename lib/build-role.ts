import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import {
  cachePolicy,
  configurationPolicy,
  deploymentPolicy,
  layerCachePolicy,
  logStatement,
  pushPolicy,
  READS,
  recordPolicy,
  reportStatement,
  scanPolicy,
  STACK_IDS,
  turnPolicy,
} from './build-policies';
import { codebuildFor } from './codebuild-principal';
import { connectionPolicy } from './connection';
import type { Environment } from './environments';
import { TASK_LOGS } from './rollout';
import { allow, policy } from './statement';
import { acknowledgeWildcards } from './wildcards';

export interface BuildRoleProps {
  /** What its builds deliver to. */
  readonly environment: Environment;
  readonly repositoryArns: readonly string[];
  readonly artifactBucketArn: string;
  readonly services: readonly string[];
  readonly connectionArn?: string;
  /** Where an S3 cache lies. */
  readonly cache?: { readonly bucketArn: string; readonly prefix: string };
  /** The repository that keeps layers. */
  readonly layerCacheArn?: string;
  /** Those of a VPC that builds run in. */
  readonly subnetArns?: readonly string[];
  /** Whether a build reads what the scan of its images found. */
  readonly imageScan: boolean;
  /** Whether a build can be entered by Session Manager. */
  readonly debugSessions: boolean;
}

/**
 * What a build may do: push images, store its output, have the application deployed by its bootstrap roles, watch the
 * rollout, and stop itself for a newer one. It can neither change CloudFormation stacks itself nor any role.
 *
 * Everything is in inline policies, part of the role's own resource: CodeBuild makes the webhook while it creates the
 * project, and fails when the permission for the connection arrives later
 * (https://github.com/aws/aws-cdk/issues/31726). The ARN of the project is composed for the same reason.
 */
export class BuildRole extends Construct {
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: BuildRoleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const arn = (service: string, resource: string): string =>
      `arn:${Aws.PARTITION}:${service}:${stack.region}:${stack.account}:${resource}`;
    const { names, readable } = props.environment;

    const inlinePolicies: Record<string, iam.PolicyDocument> = {
      images: pushPolicy(props.repositoryArns),
      deployment: deploymentPolicy(stack, props.environment, props.services, ['deploy', 'file-publishing']),
      turn: turnPolicy(stack, props.environment),
      output: policy(
        allow(['s3:PutObject'], [`${props.artifactBucketArn}/builds/*`]),
        // CodeBuild asks for these where it can: https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
        allow(['s3:GetBucketAcl', 's3:GetBucketLocation'], [props.artifactBucketArn]),
        logStatement(stack, names.logGroup),
        reportStatement(stack, names.project),
      ),
      record: recordPolicy(stack, names),
      configuration: configurationPolicy(stack, readable),
      ...(props.connectionArn && { connection: connectionPolicy(props.connectionArn) }),
      ...(props.cache && { cache: cachePolicy(props.cache) }),
      ...(props.layerCacheArn && { layers: layerCachePolicy(props.layerCacheArn) }),
      ...(props.subnetArns && {
        // https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html
        network: policy(
          // As AWS documents it: CodeBuild was seen to fail where the first two were limited to the subnets
          // (https://github.com/aws/aws-cdk/pull/34572); the last statement decides where an interface is of any use.
          allow(
            [
              'ec2:CreateNetworkInterface',
              'ec2:DeleteNetworkInterface',
              'ec2:DescribeDhcpOptions',
              'ec2:DescribeNetworkInterfaces',
              'ec2:DescribeSecurityGroups',
              'ec2:DescribeSubnets',
              'ec2:DescribeVpcs',
            ],
            ['*'],
          ),
          allow(['ec2:CreateNetworkInterfacePermission'], [arn('ec2', 'network-interface/*')], {
            StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' },
            ArnEquals: { 'ec2:Subnet': [...props.subnetArns] },
          }),
        ),
      }),
      ...(props.imageScan && { scan: scanPolicy(props.repositoryArns) }),
      ...(props.debugSessions && {
        // Who may enter is up to the caller's ssm:StartSession; these let the build's agent answer, and have no resources.
        // https://docs.aws.amazon.com/codebuild/latest/userguide/session-manager.html
        debugging: policy(
          allow(
            [
              'ssmmessages:CreateControlChannel',
              'ssmmessages:CreateDataChannel',
              'ssmmessages:OpenControlChannel',
              'ssmmessages:OpenDataChannel',
            ],
            ['*'],
          ),
        ),
      }),
    };

    this.role = new iam.Role(this, 'Role', {
      roleName: names.role,
      description: `Builds of ${names.project}: push images, deploy through the bootstrap roles, watch the rollout`,
      assumedBy: codebuildFor(stack, names.project),
      inlinePolicies,
    });
    acknowledgeWildcards(this.role, Object.values(inlinePolicies), [
      [
        /^\*$/,
        'The token of ecr:GetAuthorizationToken, the findings of Inspector, the descriptions of EC2 and the channels of Session Manager have no resource; CodeBuild fails to make network interfaces by narrower ones; the ids of ECS tasks are not known beforehand, so the cluster is a condition.',
      ],
      [/\/builds\/\*$/, 'Every build writes under its own id, in this one prefix of the bucket.'],
      ...(props.cache
        ? ([
            [
              new RegExp(`/${props.cache.prefix}/\\*$`),
              'Every state of the lock files has a copy of its own, in this one prefix of the bucket.',
            ],
          ] as const)
        : []),
      [
        /:network-interface\/\*$/,
        'Every build has a network interface of its own; the subnets and the service are conditions.',
      ],
      [/:log-stream:\*$/, 'Every build writes a log stream of its own, in this one log group.'],
      [
        /:report-group\//,
        "The buildspec names its report groups; CodeBuild puts the project's name before them.",
      ],
      STACK_IDS,
      TASK_LOGS,
      ...READS,
    ]);
  }
}
