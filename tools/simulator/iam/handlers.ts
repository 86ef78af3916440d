import {
  HANDLER_PERMISSIONS,
  type HandlerPermissions,
  NO_RESOURCE,
} from '../../../lib/catalogue/handler-permissions';
import { generatedName } from '../cloudformation/generated-name';
import type { Permission } from '../gateway/names';
import { listOf, type OneOrMany } from '../../iam/policy';

export type Handler = 'create' | 'read' | 'update' | 'delete';
export const HANDLERS = [
  'create',
  'read',
  'update',
  'delete',
] as const satisfies (keyof HandlerPermissions)[];

/** A resource of a stack, as CloudFormation hands it to the handlers of its type. */
export interface HandledResource {
  readonly type: string;
  readonly logicalId: string;
  /** Resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly stackName: string;
  /** The stack's own. */
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly account: string;
  readonly region: string;
}

/** Whether it is written down what the handlers of a type call. */
export function isWrittenDown(type: string): boolean {
  return HANDLER_PERMISSIONS[type] !== undefined && OF_TYPE[type] !== undefined;
}

/** What a handler calls for a resource for certain, with the resources and condition keys of those calls. */
export function permissionsOfHandler(handler: Handler, resource: HandledResource): Permission[] {
  const actions = HANDLER_PERMISSIONS[resource.type]?.[handler] ?? [];
  return actions.flatMap((action) => permissions(action, new Named(resource)));
}

/** What some handler may call besides, because of properties that the resource has. */
export function permissionsForProperties(resource: HandledResource): Permission[] {
  return actionsForProperties(resource).flatMap((action) => permissions(action, new Named(resource)));
}

/** All actions that the handlers of a resource call or may call. */
export function actionsOf(resource: HandledResource): string[] {
  const needs = HANDLER_PERMISSIONS[resource.type];
  return needs ? [...HANDLERS.flatMap((handler) => needs[handler]), ...actionsForProperties(resource)] : [];
}

function actionsForProperties({ type, properties, tags }: HandledResource): string[] {
  const present = new Set([...Object.keys(properties), ...(tags.length ? ['Tags'] : [])]);
  return Object.entries(HANDLER_PERMISSIONS[type]?.spared ?? {}).flatMap(([action, property]) =>
    present.has(property) ? [action] : [],
  );
}

function permissions(action: string, named: Named): Permission[] {
  const on = NO_RESOURCE.has(action) ? ['*'] : (ON[action]?.(named) ?? named.itself());
  return on.map((resource) => ({ action, resource, context: contextOf(action, named) }));
}

/**
 * The names of a resource and of what it refers to. What AWS only gives when it makes the resource stands in the ARN as
 * something made up, never as a wildcard: whether a policy allows `*` is another question than whether it allows one.
 */
class Named {
  constructor(readonly resource: HandledResource) {}

  itself(): string[] {
    return OF_TYPE[this.resource.type]?.(this) ?? [];
  }

  arn(service: string, resource: string): string {
    const { region, account } = this.resource;
    return `arn:aws:${service}:${region}:${account}:${resource}`;
  }

  global(resource: string, service = 'iam'): string {
    return `arn:aws:${service}::${service === 's3' ? '' : this.resource.account}:${resource}`;
  }

  text(property: string): string | undefined {
    const value = this.resource.properties[property];
    return typeof value === 'string' ? value : undefined;
  }

  texts(property: string): readonly string[] {
    return listOf(this.resource.properties[property] as OneOrMany | undefined).filter(Boolean);
  }

  /** As the template has it, or as CloudFormation makes it: the stack's name, the logical id, something random. */
  name(property: string, most = 255): string {
    return this.text(property) ?? generatedName(this.resource, most, RANDOM);
  }

  /** Of a database, whose names CloudFormation writes in lower case. */
  lower(property: string): string {
    return this.name(property, 63).toLowerCase();
  }

  /** What another resource is called, by a property that refers to it: its ARN, or its id in an ARN. */
  of(property: string, service: string, prefix: string): string {
    const value = this.text(property) ?? 'new';
    return value.startsWith('arn:') ? value : this.arn(service, `${prefix}${value}`);
  }
}

/** In place of what CloudFormation makes up; `madeUpAsPattern` knows it. */
const RANDOM = 'AbCd1234EfGh';

const last = (name: string): string => name.split('/').at(-1) ?? name;
const ec2 = (kind: string) => (n: Named) => [n.arn('ec2', `${kind}/new`)];
const group = (n: Named): string => n.of('GroupId', 'ec2', 'security-group/');
const routeTable = (n: Named): string => n.of('RouteTableId', 'ec2', 'route-table/');
const vpc = (n: Named): string => n.of('VpcId', 'ec2', 'vpc/');
const cluster = (n: Named): string => last(n.text('Cluster') ?? 'default');
const service = (n: Named): string => n.arn('ecs', `service/${cluster(n)}/${n.name('ServiceName')}`);
const deployment = (n: Named): string =>
  n.arn('ecs', `service-deployment/${cluster(n)}/${n.name('ServiceName')}/new`);
const roles = (n: Named): string[] => n.texts('Roles').map((role) => n.global(`role/${role}`));
const passed = (n: Named): string[] =>
  ['ExecutionRoleArn', 'TaskRoleArn', 'Role', 'RoleArn', 'IamRoleArn'].flatMap(
    (property) => n.text(property) ?? [],
  );
const balancer = (n: Named): string =>
  n.text('LoadBalancerArn') ?? n.arn('elasticloadbalancing', `loadbalancer/app/${n.name('Name', 32)}/new`);
const secret = (n: Named, property: string): string => {
  const name = n.name(property);
  return name.startsWith('arn:') ? name : n.arn('secretsmanager', `secret:${name}-abcdef`);
};
const engine = (n: Named): string => n.text('Engine') ?? 'aurora-postgresql';
const subnets = (n: Named): string[] =>
  n.texts('DBSubnetGroupName').map((name) => n.arn('rds', `subgrp:${name}`));
const options = (n: Named): string => n.arn('rds', `og:default:${engine(n)}-new`);
const clusterParameters = (n: Named): string =>
  n.arn('rds', `cluster-pg:${n.text('DBClusterParameterGroupName') ?? `default.${engine(n)}`}`);
const parameters = (n: Named): string =>
  n.arn('rds', `pg:${n.text('DBParameterGroupName') ?? `default.${engine(n)}`}`);
const ofCluster = (n: Named): string => n.arn('rds', `cluster:${n.lower('DBClusterIdentifier')}`);
const ofInstance = (n: Named): string => n.arn('rds', `db:${n.lower('DBInstanceIdentifier')}`);
const snapshot = (n: Named): string => n.arn('rds', `cluster-snapshot:${n.lower('SnapshotIdentifier')}`);

/** What the resource of a type is in policies, from the tables of the service authorization reference. */
const OF_TYPE: Readonly<Record<string, (n: Named) => string[]>> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': (n) => [
    n.arn('application-autoscaling', 'scalable-target/any'),
  ],
  'AWS::ApplicationAutoScaling::ScalingPolicy': (n) => [
    n.arn('application-autoscaling', 'scalable-target/any'),
  ],
  'AWS::Chatbot::SlackChannelConfiguration': (n) => [
    n.global(`chat-configuration/slack-channel/${n.name('ConfigurationName', 128)}`, 'chatbot'),
  ],
  'AWS::CloudFront::Distribution': (n) => [n.global('distribution/new', 'cloudfront')],
  'AWS::CloudWatch::Alarm': (n) => [n.arn('cloudwatch', `alarm:${n.name('AlarmName')}`)],
  'AWS::CloudWatch::Dashboard': (n) => [n.global(`dashboard/${n.name('DashboardName')}`, 'cloudwatch')],
  'AWS::Cognito::UserPoolClient': (n) => [n.of('UserPoolId', 'cognito-idp', 'userpool/')],
  'AWS::DynamoDB::Table': (n) => [n.arn('dynamodb', `table/${n.name('TableName')}`)],
  'AWS::EC2::EIP': ec2('elastic-ip'),
  'AWS::EC2::InternetGateway': ec2('internet-gateway'),
  'AWS::EC2::NatGateway': ec2('natgateway'),
  'AWS::EC2::Route': (n) => [routeTable(n)],
  'AWS::EC2::RouteTable': ec2('route-table'),
  'AWS::EC2::SecurityGroup': ec2('security-group'),
  'AWS::EC2::SecurityGroupEgress': (n) => [group(n)],
  'AWS::EC2::SecurityGroupIngress': (n) => [group(n)],
  'AWS::EC2::Subnet': ec2('subnet'),
  'AWS::EC2::SubnetRouteTableAssociation': (n) => [routeTable(n)],
  'AWS::EC2::VPC': ec2('vpc'),
  'AWS::EC2::VPCEndpoint': ec2('vpc-endpoint'),
  'AWS::EC2::VPCGatewayAttachment': (n) => [n.of('InternetGatewayId', 'ec2', 'internet-gateway/')],
  'AWS::ECS::Cluster': (n) => [n.arn('ecs', `cluster/${n.name('ClusterName')}`)],
  'AWS::ECS::Service': (n) => [service(n)],
  'AWS::ECS::TaskDefinition': (n) => [n.arn('ecs', `task-definition/${n.name('Family')}:0`)],
  'AWS::ElasticLoadBalancingV2::Listener': (n) => [
    n.arn('elasticloadbalancing', `listener/${balancer(n).split('loadbalancer/')[1] ?? 'app'}/new`),
  ],
  'AWS::ElasticLoadBalancingV2::ListenerRule': (n) => {
    const listener = n.text('ListenerArn')?.split('listener/')[1] ?? 'app/new';
    return [n.arn('elasticloadbalancing', `listener-rule/${listener}/new`)];
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': (n) => [balancer(n)],
  'AWS::ElasticLoadBalancingV2::TargetGroup': (n) => [
    n.arn('elasticloadbalancing', `targetgroup/${n.name('Name', 32)}/new`),
  ],
  'AWS::IAM::Policy': roles,
  'AWS::IAM::Role': (n) => [n.global(`role${n.text('Path') ?? '/'}${n.name('RoleName', 64)}`)],
  'AWS::KMS::Key': (n) => [n.arn('kms', 'key/any')],
  'AWS::Lambda::EventInvokeConfig': (n) => [n.of('FunctionName', 'lambda', 'function:')],
  'AWS::Lambda::Function': (n) => [n.arn('lambda', `function:${n.name('FunctionName', 64)}`)],
  'AWS::Lambda::Permission': (n) => [n.of('FunctionName', 'lambda', 'function:')],
  'AWS::Logs::LogGroup': (n) => [n.arn('logs', `log-group:${n.name('LogGroupName')}:log-stream:`)],
  'AWS::Logs::MetricFilter': (n) => [n.arn('logs', `log-group:${n.name('LogGroupName')}:log-stream:`)],
  'AWS::RDS::DBCluster': (n) => [ofCluster(n)],
  'AWS::RDS::DBInstance': (n) => [ofInstance(n)],
  'AWS::RDS::DBSubnetGroup': (n) => [n.arn('rds', `subgrp:${n.lower('DBSubnetGroupName')}`)],
  'AWS::S3::Bucket': (n) => [n.global(n.name('BucketName', 63).toLowerCase(), 's3')],
  'AWS::SNS::Topic': (n) => [n.arn('sns', n.name('TopicName'))],
  'AWS::SNS::TopicPolicy': (n) => [...n.texts('Topics')],
  'AWS::SQS::Queue': (n) => [n.arn('sqs', n.name('QueueName', 80))],
  'AWS::SQS::QueuePolicy': (n) => n.texts('Queues').map((url) => n.arn('sqs', last(url))),
  'AWS::SecretsManager::Secret': (n) => [secret(n, 'Name')],
  'AWS::SecretsManager::SecretTargetAttachment': (n) => [secret(n, 'SecretId')],
};

/** What an action is judged on where that is not, or not only, the resource itself. */
const ON: Readonly<Record<string, (n: Named) => string[]>> = {
  'ec2:AssociateRouteTable': (n) => [routeTable(n), n.of('SubnetId', 'ec2', 'subnet/')],
  'ec2:AttachInternetGateway': (n) => [...n.itself(), vpc(n)],
  'ec2:AuthorizeSecurityGroupEgress': (n) => [...n.itself(), n.arn('ec2', 'security-group-rule/new')],
  'ec2:AuthorizeSecurityGroupIngress': (n) => [...n.itself(), n.arn('ec2', 'security-group-rule/new')],
  'ec2:CreateNatGateway': (n) => [
    ...n.itself(),
    n.of('SubnetId', 'ec2', 'subnet/'),
    n.of('AllocationId', 'ec2', 'elastic-ip/'),
  ],
  'ec2:CreateRouteTable': (n) => [...n.itself(), vpc(n)],
  'ec2:CreateSecurityGroup': (n) => [...n.itself(), vpc(n)],
  'ec2:CreateSubnet': (n) => [...n.itself(), vpc(n)],
  'ec2:CreateVpcEndpoint': (n) => [...n.itself(), vpc(n)],
  'ec2:DescribeVpcAttribute': (n) => [n.text('VpcId') ? vpc(n) : n.arn('ec2', 'vpc/new')],
  'ec2:DetachInternetGateway': (n) => [...n.itself(), vpc(n)],
  'ec2:DisassociateRouteTable': (n) => [routeTable(n), n.of('SubnetId', 'ec2', 'subnet/')],
  'ec2:ReplaceRouteTableAssociation': (n) => [routeTable(n), n.of('SubnetId', 'ec2', 'subnet/')],
  'ecs:DescribeServiceDeployments': (n) => [service(n), deployment(n)],
  'ecs:StopServiceDeployment': (n) => [service(n), deployment(n)],
  'elasticloadbalancing:CreateListener': (n) => [balancer(n)],
  'elasticloadbalancing:CreateRule': (n) => n.texts('ListenerArn').slice(),
  'iam:CreateServiceLinkedRole': (n) => [n.global(`role/aws-service-role/${linkedService(n)}/new`)],
  'iam:GetRole': (n) => (n.resource.type === 'AWS::IAM::Role' ? n.itself() : passed(n)),
  'iam:PassRole': passed,
  'logs:ListTagsForResource': (n) => [n.arn('logs', `log-group:${n.name('LogGroupName')}`)],
  'logs:TagResource': (n) => [n.arn('logs', `log-group:${n.name('LogGroupName')}`)],
  'logs:UntagResource': (n) => [n.arn('logs', `log-group:${n.name('LogGroupName')}`)],
  'rds:CreateDBCluster': (n) => [ofCluster(n), clusterParameters(n), options(n), ...subnets(n)],
  'rds:CreateDBClusterSnapshot': (n) => [ofCluster(n), snapshot(n)],
  'rds:CreateDBInstance': (n) => [
    ofInstance(n),
    ...n.texts('DBClusterIdentifier').map((id) => n.arn('rds', `cluster:${id}`)),
    parameters(n),
    options(n),
    ...subnets(n),
  ],
  // Of a cluster too: the instances that are in it.
  'rds:DeleteDBInstance': (n) => [ofInstance(n)],
  'rds:DeleteDBCluster': (n) => [ofCluster(n), snapshot(n)],
  'rds:DescribeDBClusters': (n) => [n.arn('rds', `cluster:${target(n, 'DBClusterIdentifier')}`)],
  'rds:DescribeDBInstances': (n) => [n.arn('rds', `db:${target(n, 'DBInstanceIdentifier')}`)],
  'rds:DescribeDBSubnetGroups': (n) => [n.arn('rds', `subgrp:${n.lower('DBSubnetGroupName')}`)],
  'rds:ModifyDBCluster': (n) => [ofCluster(n), clusterParameters(n)],
  'rds:ModifyDBInstance': (n) => [ofInstance(n), parameters(n)],
};

/** A secret is attached to the database that it names. */
function target(n: Named, property: string): string {
  return n.text('TargetId') ?? n.lower(property);
}

const LINKED: readonly (readonly [RegExp, string])[] = [
  [/^AWS::ApplicationAutoScaling::/, 'ecs.application-autoscaling.amazonaws.com'],
  [/^AWS::ElasticLoadBalancingV2::/, 'elasticloadbalancing.amazonaws.com'],
];

function linkedService({ resource: { type } }: Named): string {
  const known = LINKED.find(([types]) => types.test(type))?.[1];
  return known ?? `${type.split('::')[1]?.toLowerCase()}.amazonaws.com`;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/ */
function contextOf(action: string, n: Named): Permission['context'] {
  const { type, properties, tags } = n.resource;
  const context: Record<string, string | string[]> = {};
  if (/:(?:Create|Run|Register|Allocate|Add|Tag|Put)/.test(action)) {
    const own = (Array.isArray(properties.Tags) ? properties.Tags : []) as { Key: string; Value: string }[];
    for (const { Key, Value } of [...tags, ...own]) context[`aws:RequestTag/${Key}`] = Value;
    if (tags.length || own.length) context['aws:TagKeys'] = [...tags, ...own].map(({ Key }) => Key);
  }
  const boundary = n.text('PermissionsBoundary');
  if (type === 'AWS::IAM::Role' && boundary) context['iam:PermissionsBoundary'] = boundary;
  const [attached] = n.texts('ManagedPolicyArns');
  if (/:(?:Attach|Detach)RolePolicy$/.test(action) && attached) context['iam:PolicyARN'] = attached;
  if (action === 'iam:PassRole') {
    const service = type.split('::')[1]?.toLowerCase() ?? '';
    context['iam:PassedToService'] = `${service === 'ecs' ? 'ecs-tasks' : service}.amazonaws.com`;
  }
  if (action === 'iam:CreateServiceLinkedRole') context['iam:AWSServiceName'] = linkedService(n);
  if (type === 'AWS::ECS::Service') context['ecs:cluster'] = n.arn('ecs', `cluster/${cluster(n)}`);
  return context;
}
