import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { allow, policy } from './statement';
import { acknowledgeWildcards } from './wildcards';

export interface BuildRoleProps {
  readonly roleName: string;
  readonly projectName: string;
  readonly repositoryArns: readonly string[];
  readonly artifactBucketArn: string;
  readonly logGroupName: string;
  readonly cluster: string;
  readonly services: readonly string[];
  /** Of the application's bootstrap, whose roles deploy it. */
  readonly bootstrapQualifier: string;
  readonly connectionArn?: string;
  /** Whether a build reads what the scan of its images found. */
  readonly imageScan: boolean;
  /** Whether a build can be entered by Session Manager. */
  readonly debugSessions: boolean;
}

/**
 * What a build may do: push images, store its output, have the application deployed by its bootstrap roles, watch the
 * rollout. It can neither change CloudFormation stacks itself nor any role.
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
    const services = props.services.map((service) => arn('ecs', `service/${props.cluster}/${service}`));

    const inlinePolicies: Record<string, iam.PolicyDocument> = {
      images: policy(
        // The API has no resource for it.
        allow(['ecr:GetAuthorizationToken'], ['*']),
        allow(
          [
            'ecr:BatchCheckLayerAvailability',
            'ecr:BatchGetImage',
            'ecr:CompleteLayerUpload',
            'ecr:DescribeImages',
            'ecr:DescribeRepositories',
            'ecr:GetDownloadUrlForLayer',
            'ecr:InitiateLayerUpload',
            'ecr:PutImage',
            'ecr:UploadLayerPart',
            // Heals a repository that somebody deleted; the settings are the stack's.
            'ecr:CreateRepository',
            'ecr:PutLifecyclePolicy',
            'ecr:TagResource',
          ],
          props.repositoryArns,
        ),
      ),
      deployment: policy(
        allow(
          ['sts:AssumeRole'],
          ['deploy', 'file-publishing'].map(
            (role) =>
              `arn:${Aws.PARTITION}:iam::${stack.account}:role/cdk-${props.bootstrapQualifier}-${role}-role-${stack.account}-${stack.region}`,
          ),
        ),
        allow(['ecs:DescribeServices', 'ecs:UpdateService'], services),
        // Both look at the cluster's tasks; the condition is the only way to name a cluster.
        allow(['ecs:DescribeTasks', 'ecs:ListTasks'], ['*'], {
          ArnEquals: { 'ecs:cluster': arn('ecs', `cluster/${props.cluster}`) },
        }),
      ),
      output: policy(
        allow(['s3:PutObject'], [`${props.artifactBucketArn}/builds/*`]),
        allow(
          ['logs:CreateLogStream', 'logs:PutLogEvents'],
          [arn('logs', `log-group:${props.logGroupName}:log-stream:*`)],
        ),
        allow(
          [
            'codebuild:BatchPutTestCases',
            'codebuild:CreateReport',
            'codebuild:CreateReportGroup',
            'codebuild:UpdateReport',
          ],
          [arn('codebuild', `report-group/${props.projectName}-*`)],
        ),
      ),
      configuration: policy(
        allow(['ssm:GetParameters'], [arn('ssm', 'parameter/mangoo/*')]),
        allow(['secretsmanager:GetSecretValue'], [arn('secretsmanager', 'secret:mangoo/*')]),
      ),
      ...(props.connectionArn && { connection: connectionPolicy(props.connectionArn) }),
      ...(props.imageScan && {
        scan: policy(
          allow(['ecr:DescribeImageScanFindings'], props.repositoryArns),
          // ECR asks Inspector in the caller's name where the registry has enhanced scanning; the API has no resource for it.
          // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
          allow(['inspector2:ListFindings'], ['*']),
        ),
      }),
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
      roleName: props.roleName,
      description: `Builds of ${props.projectName}: push images, deploy through the bootstrap roles, watch the rollout`,
      // Without the conditions, a project of another account or of another team here could use this role.
      // https://docs.aws.amazon.com/codebuild/latest/userguide/cross-service-confused-deputy-prevention.html
      assumedBy: new iam.ServicePrincipal('codebuild.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceArn': arn('codebuild', `project/${props.projectName}`),
            'aws:SourceAccount': stack.account,
          },
        },
      }),
      inlinePolicies,
    });
    acknowledgeWildcards(this.role, Object.values(inlinePolicies), [
      [
        /^\*$/,
        'The token of ecr:GetAuthorizationToken, the findings of Inspector and the channels of Session Manager have no resource; the ids of ECS tasks are not known beforehand, so the cluster is a condition.',
      ],
      [/\/builds\/\*$/, 'Every build writes under its own id, in this one prefix of the bucket.'],
      [/:log-stream:\*$/, 'Every build writes a log stream of its own, in this one log group.'],
      [
        /:report-group\//,
        "The buildspec names its report groups; CodeBuild puts the project's name before them.",
      ],
      [
        /:parameter\/mangoo\/\*$/,
        'Which parameters a build reads is up to its buildspec, under this one prefix.',
      ],
      [/:secret:mangoo\/\*$/, 'Which secrets a build reads is up to its buildspec, under this one prefix.'],
    ]);
  }
}

/** Connections made before 2024 have the service's former name in their ARN, and its actions. */
function connectionPolicy(connectionArn: string): iam.PolicyDocument {
  const prefix = connectionArn.split(':')[2] ?? 'codeconnections';
  const prefixes = [...new Set(['codeconnections', prefix])];
  const actions = ['GetConnection', 'GetConnectionToken', 'UseConnection'];
  return policy(
    allow(
      prefixes.flatMap((service) => actions.map((action) => `${service}:${action}`)),
      [connectionArn],
    ),
  );
}
