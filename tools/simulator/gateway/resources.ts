import type { ConditionContext } from '../iam/condition';
import type { AwsRequest } from './request';

/** One thing that a request must be allowed. */
export interface Permission {
  /** E.g. `ecr:PutImage`. */
  readonly action: string;
  readonly resource: string;
  /** The condition keys that the request itself carries. */
  readonly context: ConditionContext;
}

/**
 * The permissions that a request needs, by the tables of https://docs.aws.amazon.com/service-authorization/latest/reference/.
 * A call that names several resources needs each. What is not known here needs its action on `*`, which only a wildcard
 * allows.
 */
export function permissionsOf(request: AwsRequest, account: string): Permission[] {
  const names = new Names(request, account);
  const known = SERVICES[request.service]?.(names, request.operation);
  return known ?? [names.on('*')];
}

type Resources = (names: Names, operation: string) => Permission[] | undefined;

class Names {
  constructor(
    private readonly request: AwsRequest,
    private readonly account: string,
  ) {}

  /** The text of an input field, or empty. */
  text(field: string): string {
    const value = this.request.input[field];
    return typeof value === 'string' ? value : '';
  }

  texts(field: string): string[] {
    const value = this.request.input[field];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** Every text in the input, however deep. */
  everyText(): string[] {
    const found: string[] = [];
    const visit = (value: unknown): void => {
      if (typeof value === 'string') found.push(value);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
    };
    visit(this.request.input);
    return found;
  }

  arn(resource: string, service = this.request.service): string {
    return `arn:aws:${service}:${this.request.region}:${this.account}:${resource}`;
  }

  global(resource: string, service = 'iam'): string {
    return `arn:aws:${service}::${service === 'iam' ? this.account : ''}:${resource}`;
  }

  /** The request's own action (or another) on a resource. */
  on(resource: string, context: ConditionContext = {}, action = this.request.operation): Permission {
    return { action: `${this.request.service}:${action}`, resource, context: { ...this.tags(), ...context } };
  }

  passRole(field: string, service: string): Permission[] {
    const role = this.text(field);
    if (!role) return [];
    const resource = role.startsWith('arn:') ? role : this.global(`role/${role}`);
    return [{ action: 'iam:PassRole', resource, context: { 'iam:PassedToService': service } }];
  }

  /** Tags that a request gives, in the two spellings of the APIs. */
  private tags(): ConditionContext {
    const tags = this.request.input.Tags ?? this.request.input.tags;
    if (!Array.isArray(tags)) return {};
    const pairs = (tags as Record<string, string>[]).map((tag): [string, string] => [
      `aws:RequestTag/${tag.Key ?? tag.key}`,
      tag.Value ?? tag.value ?? '',
    ]);
    return pairs.length ? Object.fromEntries(pairs) : {};
  }
}

const SERVICES: Readonly<Record<string, Resources>> = {
  sts: (_, operation) => {
    if (operation === 'GetCallerIdentity') return []; // needs no permission
    return operation === 'AssumeRole' ? [] : undefined; // judged with the trust policy, by the service itself
  },

  iam: (n, operation) => {
    const context: Record<string, string> = {};
    if (n.text('PermissionsBoundary')) context['iam:PermissionsBoundary'] = n.text('PermissionsBoundary');
    if (n.text('PolicyArn')) context['iam:PolicyARN'] = n.text('PolicyArn');
    if (operation === 'CreateServiceLinkedRole') {
      const service = n.text('AWSServiceName');
      return [n.on(n.global(`role/aws-service-role/${service}/new`), { 'iam:AWSServiceName': service })];
    }
    if (n.text('RoleName')) return [n.on(n.global(`role/${n.text('RoleName')}`), context)];
    if (n.text('PolicyName')) return [n.on(n.global(`policy/${n.text('PolicyName')}`), context)];
    if (n.text('PolicyArn')) return [n.on(n.text('PolicyArn'))];
    return undefined;
  },

  s3: (n, operation) => {
    const bucket = n.text('Bucket');
    if (!bucket) return undefined;
    const action = S3_ACTIONS[operation] ?? operation;
    const key = n.text('Key');
    const isObject = key !== '' && /Object|Multipart|UploadPart|Parts/.test(operation);
    return [n.on(n.global(isObject ? `${bucket}/${key}` : bucket, 's3'), {}, action)];
  },

  ecr: (n, operation) => {
    if (operation === 'GetAuthorizationToken') return undefined;
    const several = n.texts('repositoryNames');
    const names = several.length
      ? several
      : [n.text('repositoryName') || (operation === 'DescribeRepositories' ? '*' : '')];
    return names.map((name) => n.on(n.arn(`repository/${name}`)));
  },

  ecs: ecs,

  ec2: (n, operation) => {
    if (operation.startsWith('Describe')) return undefined;
    const ids = n
      .everyText()
      .filter((text) => EC2_TYPES.has(text.split('-')[0] ?? '') && /^[a-z]+-[\da-f]{8,}$/.test(text));
    const resources = ids.map((id) => `${EC2_TYPES.get(id.split('-')[0] ?? '')}/${id}`);
    const made = EC2_MADE[operation];
    if (made) resources.push(`${made}/new`);
    return resources.length ? [...new Set(resources)].map((resource) => n.on(n.arn(resource))) : undefined;
  },

  cloudformation: (n, operation) => {
    const stack = n.text('StackName');
    if (!stack) return undefined;
    const resource = stack.startsWith('arn:') ? stack : n.arn(`stack/${stack}/any`);
    return [
      n.on(resource),
      ...(operation === 'CreateStack' || operation === 'CreateChangeSet' || operation === 'UpdateStack'
        ? n.passRole('RoleARN', 'cloudformation.amazonaws.com')
        : []),
    ];
  },

  codebuild: (n, operation) => {
    if (operation.startsWith('List')) return undefined;
    const names = [...n.texts('names'), n.text('name'), n.text('projectName')].filter(Boolean);
    return [
      ...names.map((name) => n.on(name.startsWith('arn:') ? name : n.arn(`project/${name}`))),
      ...(operation === 'CreateProject' || operation === 'UpdateProject'
        ? n.passRole('serviceRole', 'codebuild.amazonaws.com')
        : []),
    ];
  },

  logs: (n, operation) => {
    const group = n.text('logGroupName') || n.text('logGroupNamePrefix');
    const arn = n.text('resourceArn') || n.text('logGroupIdentifier');
    if (arn.startsWith('arn:')) return [n.on(arn)];
    if (operation === 'DescribeLogGroups') return [n.on(n.arn(`log-group:${group}`))];
    const stream = n.text('logStreamName');
    return group ? [n.on(n.arn(`log-group:${group}${stream ? `:log-stream:${stream}` : ''}`))] : undefined;
  },

  ssm: (n) => {
    const names = [...n.texts('Names'), n.text('Name'), n.text('Path')].filter(Boolean);
    return names.length
      ? names.map((name) => n.on(n.arn(`parameter/${name.replace(/^\//, '')}`)))
      : undefined;
  },

  secretsmanager: (n) => {
    const id = n.text('SecretId') || n.text('Name');
    if (!id) return undefined;
    // A name stands for the ARN that ends in it and six more characters.
    return [n.on(id.startsWith('arn:') ? id : n.arn(`secret:${id}-abcdef`))];
  },
};

function ecs(n: Names, operation: string): Permission[] | undefined {
  const cluster = lastPart(n.text('cluster') || n.text('clusterName') || 'default');
  const service = (name: string): string => n.arn(`service/${cluster}/${lastPart(name)}`);
  const inCluster = { 'ecs:cluster': n.arn(`cluster/${cluster}`) };
  switch (operation) {
    case 'RegisterTaskDefinition':
      return [
        n.on(n.arn(`task-definition/${n.text('family')}:0`)),
        ...n.passRole('executionRoleArn', 'ecs-tasks.amazonaws.com'),
        ...n.passRole('taskRoleArn', 'ecs-tasks.amazonaws.com'),
      ];
    case 'CreateService':
      return [n.on(service(n.text('serviceName')), inCluster)];
    case 'UpdateService':
    case 'DeleteService':
      return [n.on(service(n.text('service')), inCluster)];
    case 'DescribeServices':
      return n.texts('services').map((name) => n.on(service(name), inCluster));
    case 'DescribeTasks':
      return n.texts('tasks').map((task) => n.on(n.arn(`task/${cluster}/${lastPart(task)}`), inCluster));
    case 'ListTasks':
      return [n.on('*', inCluster)];
    case 'DescribeClusters':
      return n.texts('clusters').map((name) => n.on(n.arn(`cluster/${lastPart(name)}`)));
    case 'CreateCluster':
    case 'DeleteCluster':
    case 'UpdateCluster':
    case 'PutClusterCapacityProviders':
      return [n.on(n.arn(`cluster/${cluster}`))];
    case 'TagResource':
    case 'UntagResource':
    case 'ListTagsForResource':
      return [n.on(n.text('resourceArn'))];
    default:
      return undefined;
  }
}

function lastPart(arnOrName: string): string {
  return arnOrName.split('/').pop() ?? '';
}

/** Where the permission has another name than the operation. */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  HeadObject: 'GetObject',
  CopyObject: 'PutObject',
  DeleteObjects: 'DeleteObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
};

const EC2_TYPES: ReadonlyMap<string, string> = new Map([
  ['vpc', 'vpc'],
  ['subnet', 'subnet'],
  ['sg', 'security-group'],
  ['igw', 'internet-gateway'],
  ['rtb', 'route-table'],
  ['nat', 'natgateway'],
  ['eipalloc', 'elastic-ip'],
  ['eni', 'network-interface'],
]);

const EC2_MADE: Readonly<Record<string, string>> = {
  AllocateAddress: 'elastic-ip',
  CreateInternetGateway: 'internet-gateway',
  CreateNatGateway: 'natgateway',
  CreateRouteTable: 'route-table',
  CreateSecurityGroup: 'security-group',
  CreateSubnet: 'subnet',
  CreateVpc: 'vpc',
};
