import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Environment } from './environments';
import { generatedPrefix } from './names';
import { allow } from './statement';
import { acknowledgeWildcards } from './wildcards';

export interface DeployPoliciesProps {
  /** Whose application it is. */
  readonly environment: Environment;
  readonly repositoryArns: readonly string[];
}

/**
 * What the application's deployments may do: the managed policies of CloudFormation's execution role (attached by
 * `cdk bootstrap --qualifier … --cloudformation-execution-policies …`), and the boundary of every role that they make.
 *
 * Together they cover a VPC with public and private subnets, ECS services on Fargate behind an application load balancer,
 * Aurora with its secret, log groups, and the roles of the tasks. They cannot touch the pipeline: its role, project,
 * policies, bucket and repositories are out of their reach.
 */
export class DeployPolicies extends Construct {
  readonly policies: readonly iam.ManagedPolicy[];
  readonly boundary: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, { environment, repositoryArns }: DeployPoliciesProps) {
    super(scope, id);
    const { names, stacks, cluster, bootstrapQualifier, applicationSecrets } = environment;
    const { region, account } = Stack.of(this);
    const arn = (service: string, ...resources: string[]): string[] =>
      resources.map((resource) => `arn:${Aws.PARTITION}:${service}:${region}:${account}:${resource}`);
    const global = (resource: string): string => `arn:${Aws.PARTITION}:iam::${account}:${resource}`;
    // Names of log groups are long enough for any stack's.
    const logGroups = arn('logs', ...stacks.map((stack) => `log-group:${stack}-*`));
    const prefixes = stacks.map(generatedPrefix);
    // CloudFormation writes the names of database resources in lower case.
    const databases = (kind: string): string[] =>
      prefixes.map((prefix) => `${kind}:${prefix.toLowerCase()}*`);

    const secrets = arn('secretsmanager', ...applicationSecrets.map((name) => `secret:${name}`));
    // CDK's family names are the stack's without hyphens; CloudFormation's own have them.
    const taskDefinitions = arn(
      'ecs',
      ...new Set(
        stacks.flatMap((stack) => [
          `task-definition/${stack}*:*`,
          `task-definition/${stack.replaceAll('-', '')}*:*`,
        ]),
      ),
    );

    this.boundary = new iam.ManagedPolicy(this, 'Boundary', {
      managedPolicyName: names.boundary,
      description: 'The most that a role of the application can do, whatever its own policies say',
      statements: [
        allow(['ecr:GetAuthorizationToken'], ['*']),
        allow(
          ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          repositoryArns,
        ),
        allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroups),
        allow(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], secrets),
        allow(
          ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
          [`arn:${Aws.PARTITION}:bedrock:*::foundation-model/*`, ...arn('bedrock', 'inference-profile/*')],
        ),
      ],
    });

    const network = new iam.ManagedPolicy(this, 'Network', {
      managedPolicyName: `${names.policyPrefix}-network`,
      description: 'Deployments of the application: its VPC and load balancer',
      statements: [
        // Describing has no resources in EC2 and ELB.
        allow(
          [
            'ec2:DescribeAccountAttributes',
            'ec2:DescribeAddresses',
            'ec2:DescribeAvailabilityZones',
            'ec2:DescribeInstances',
            'ec2:DescribeInternetGateways',
            'ec2:DescribeNatGateways',
            'ec2:DescribeNetworkAcls',
            'ec2:DescribeNetworkInterfaces',
            'ec2:DescribeRouteTables',
            'ec2:DescribeSecurityGroupRules',
            'ec2:DescribeSecurityGroups',
            'ec2:DescribeSubnets',
            'ec2:DescribeTags',
            'ec2:DescribeVpcAttribute',
            'ec2:DescribeVpcEncryptionControls',
            'ec2:DescribeVpcs',
            'elasticloadbalancing:Describe*',
          ],
          ['*'],
        ),
        allow(
          [
            'ec2:AllocateAddress',
            'ec2:AssociateAddress',
            'ec2:AssociateRouteTable',
            'ec2:AttachInternetGateway',
            'ec2:AuthorizeSecurityGroupEgress',
            'ec2:AuthorizeSecurityGroupIngress',
            'ec2:CreateInternetGateway',
            'ec2:CreateNatGateway',
            'ec2:CreateRoute',
            'ec2:CreateRouteTable',
            'ec2:CreateSecurityGroup',
            'ec2:CreateSubnet',
            'ec2:CreateTags',
            'ec2:CreateVpc',
            'ec2:DeleteInternetGateway',
            'ec2:DeleteNatGateway',
            'ec2:DeleteRoute',
            'ec2:DeleteRouteTable',
            'ec2:DeleteSecurityGroup',
            'ec2:DeleteSubnet',
            'ec2:DeleteTags',
            'ec2:DeleteVpc',
            'ec2:DetachInternetGateway',
            'ec2:DisassociateAddress',
            'ec2:DisassociateRouteTable',
            'ec2:ModifySecurityGroupRules',
            'ec2:ModifySubnetAttribute',
            'ec2:ModifyVpcAttribute',
            'ec2:ReleaseAddress',
            'ec2:ReplaceRoute',
            'ec2:ReplaceRouteTableAssociation',
            'ec2:RevokeSecurityGroupEgress',
            'ec2:RevokeSecurityGroupIngress',
            'ec2:UpdateSecurityGroupRuleDescriptionsEgress',
            'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
          ],
          arn(
            'ec2',
            'elastic-ip/*',
            'internet-gateway/*',
            'natgateway/*',
            'network-interface/*',
            'route-table/*',
            'security-group/*',
            'security-group-rule/*',
            'subnet/*',
            'vpc/*',
          ),
        ),
        allow(
          [
            'elasticloadbalancing:AddTags',
            'elasticloadbalancing:CreateListener',
            'elasticloadbalancing:CreateLoadBalancer',
            'elasticloadbalancing:CreateRule',
            'elasticloadbalancing:CreateTargetGroup',
            'elasticloadbalancing:DeleteListener',
            'elasticloadbalancing:DeleteLoadBalancer',
            'elasticloadbalancing:DeleteRule',
            'elasticloadbalancing:DeleteTargetGroup',
            'elasticloadbalancing:ModifyListener',
            'elasticloadbalancing:ModifyListenerAttributes',
            'elasticloadbalancing:ModifyLoadBalancerAttributes',
            'elasticloadbalancing:ModifyRule',
            'elasticloadbalancing:ModifyTargetGroup',
            'elasticloadbalancing:ModifyTargetGroupAttributes',
            'elasticloadbalancing:RemoveTags',
            'elasticloadbalancing:SetIpAddressType',
            'elasticloadbalancing:SetRulePriorities',
            'elasticloadbalancing:SetSecurityGroups',
            'elasticloadbalancing:SetSubnets',
          ],
          // CloudFormation shortens the stack's name in theirs.
          arn(
            'elasticloadbalancing',
            'listener-rule/app/*',
            'listener/app/*',
            'loadbalancer/app/*',
            'targetgroup/*',
          ),
        ),
      ],
    });

    const services = new iam.ManagedPolicy(this, 'Services', {
      managedPolicyName: `${names.policyPrefix}-services`,
      description: 'Deployments of the application: its containers, logs, database and secret',
      statements: [
        // None has a resource in its API.
        allow(
          [
            'ecs:DeregisterTaskDefinition',
            'ecs:DescribeTaskDefinition',
            'logs:DescribeIndexPolicies',
            'logs:DescribeLogGroups',
            'logs:DescribeResourcePolicies',
            'rds:DescribeEvents',
            'secretsmanager:GetRandomPassword',
          ],
          ['*'],
        ),
        allow(['ecs:RegisterTaskDefinition'], taskDefinitions),
        allow(
          ['ecs:TagResource', 'ecs:UntagResource', 'ecs:ListTagsForResource'],
          [...arn('ecs', `cluster/${cluster}`, `service/${cluster}/*`), ...taskDefinitions],
        ),
        allow(
          [
            'ecs:CreateCluster',
            'ecs:DeleteCluster',
            'ecs:DescribeClusters',
            'ecs:PutClusterCapacityProviders',
            'ecs:UpdateCluster',
            'ecs:UpdateClusterSettings',
          ],
          arn('ecs', `cluster/${cluster}`),
        ),
        allow(
          [
            'ecs:CreateService',
            'ecs:DeleteService',
            'ecs:DescribeServiceDeployments',
            'ecs:DescribeServiceRevisions',
            'ecs:DescribeServices',
            'ecs:ListServiceDeployments',
            'ecs:StopServiceDeployment',
            'ecs:UpdateService',
          ],
          arn(
            'ecs',
            `service/${cluster}/*`,
            `service-deployment/${cluster}/*`,
            `service-revision/${cluster}/*`,
          ),
        ),
        allow(
          [
            'logs:CreateLogGroup',
            'logs:DeleteLogGroup',
            'logs:DeleteRetentionPolicy',
            'logs:GetDataProtectionPolicy',
            'logs:ListTagsForResource',
            'logs:PutRetentionPolicy',
            'logs:TagResource',
            'logs:UntagResource',
          ],
          logGroups,
        ),
        allow(
          [
            'rds:AddTagsToResource',
            'rds:CreateDBCluster',
            'rds:CreateDBClusterSnapshot',
            'rds:CreateDBInstance',
            'rds:CreateDBSubnetGroup',
            'rds:DeleteDBCluster',
            'rds:DeleteDBInstance',
            'rds:DeleteDBSubnetGroup',
            'rds:ListTagsForResource',
            'rds:ModifyDBCluster',
            'rds:ModifyDBInstance',
            'rds:ModifyDBSubnetGroup',
            'rds:RebootDBInstance',
            'rds:RemoveTagsFromResource',
          ],
          arn(
            'rds',
            // The default parameter and option groups that a cluster uses when it names none.
            'cluster-pg:default.*',
            'og:default:*',
            'pg:default.*',
            ...databases('cluster-snapshot'),
            ...databases('cluster'),
            ...databases('db'),
            ...databases('subgrp'),
          ),
        ),
        allow(
          [
            'rds:DescribeDBClusterSnapshots',
            'rds:DescribeDBClusters',
            'rds:DescribeDBInstances',
            'rds:DescribeDBSubnetGroups',
          ],
          arn('rds', 'cluster-snapshot:*', 'cluster:*', 'db:*', 'subgrp:*'),
        ),
        allow(
          [
            'secretsmanager:CreateSecret',
            'secretsmanager:DeleteSecret',
            'secretsmanager:DescribeSecret',
            // CloudFormation resolves the database's password from it.
            'secretsmanager:GetSecretValue',
            'secretsmanager:PutSecretValue',
            'secretsmanager:TagResource',
            'secretsmanager:UntagResource',
            'secretsmanager:UpdateSecret',
          ],
          secrets,
        ),
        allow(['ssm:GetParameters'], arn('ssm', `parameter/cdk-bootstrap/${bootstrapQualifier}/version`)),
      ],
    });

    const roles = prefixes.map((prefix) => global(`role/${prefix}*`));
    const bounded = { StringEquals: { 'iam:PermissionsBoundary': this.boundary.managedPolicyArn } };
    const identity = new iam.ManagedPolicy(this, 'Identity', {
      managedPolicyName: `${names.policyPrefix}-identity`,
      description:
        'Deployments of the application: the roles of its tasks, each bound by the boundary, and what its stacks read of each other',
      statements: [
        // What one stack reads of another's outputs, which CDK's weak references do.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
        ...(stacks.length > 1
          ? [
              allow(
                ['cloudformation:DescribeStacks'],
                arn('cloudformation', ...stacks.map((stack) => `stack/${stack}/*`)),
              ),
            ]
          : []),
        allow(
          [
            'iam:AttachRolePolicy',
            'iam:CreateRole',
            'iam:DeleteRolePolicy',
            'iam:DetachRolePolicy',
            'iam:PutRolePermissionsBoundary',
            'iam:PutRolePolicy',
          ],
          roles,
          bounded,
        ),
        allow(
          [
            'iam:DeleteRole',
            'iam:GetRole',
            'iam:GetRolePolicy',
            'iam:ListAttachedRolePolicies',
            'iam:ListRolePolicies',
            'iam:ListRoleTags',
            'iam:TagRole',
            'iam:UntagRole',
            'iam:UpdateAssumeRolePolicy',
            'iam:UpdateRole',
            'iam:UpdateRoleDescription',
          ],
          roles,
        ),
        // Alone in its statement: no other action has this condition in its request, so it would never be allowed.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
        allow(['iam:PassRole'], roles, {
          StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
        }),
        ...['ecs', 'elasticloadbalancing', 'rds'].map((service) =>
          allow(
            ['iam:CreateServiceLinkedRole'],
            [global(`role/aws-service-role/${service}.amazonaws.com/*`)],
            { StringEquals: { 'iam:AWSServiceName': `${service}.amazonaws.com` } },
          ),
        ),
      ],
    });

    this.policies = [network, services, identity];
    for (const policy of [...this.policies, this.boundary]) {
      acknowledgeWildcards(
        policy,
        [policy.document],
        [
          [
            /^\*$/,
            'Describing, logging in to the registry and making a password have no resource in their APIs.',
          ],
          [
            /^elasticloadbalancing:Describe\*$/,
            'Everything that only describes load balancers; none has a resource.',
          ],
          [
            /:(?:ec2|elasticloadbalancing):/,
            'AWS chooses the ids (and CloudFormation cuts the names) of what a deployment makes: the type, account and region limit.',
          ],
          [
            /:(?:ecs|iam|logs|rds|secretsmanager):/,
            "CloudFormation ends names with something random, and cuts long ones: the stack's, cluster's or service's name limits, within the account.",
          ],
          [/:cloudformation:/, "AWS chooses the id at the end: the stack's name limits."],
          [
            /:bedrock:/,
            'The boundary leaves the choice of the model to the application, whose own policy names it.',
          ],
        ],
      );
    }
  }

  /** Of the policies, as `cdk bootstrap` takes them. */
  get arns(): string {
    return this.policies.map((policy) => policy.managedPolicyArn).join(',');
  }
}
