import { S3_ACTIONS } from '../../iam/s3-actions';
import { type Names, type Permission } from './names';

/** The permissions of one operation; undefined: its action on `*`. */
type Resources = (names: Names, operation: string) => Permission[] | undefined;

/** By IAM's prefix. */
export const SERVICES: Readonly<Record<string, Resources>> = {
  sts: (_, operation) => {
    // The first needs no permission; the others are judged, or refused, by the service itself.
    return /^(GetCallerIdentity|AssumeRole.*|GetSessionToken|GetFederationToken)$/.test(operation)
      ? []
      : undefined;
  },

  iam: (n, operation) => {
    const context: Record<string, string> = {};
    if (n.text('PermissionsBoundary')) context['iam:PermissionsBoundary'] = n.text('PermissionsBoundary');
    if (n.text('PolicyArn')) context['iam:PolicyARN'] = n.text('PolicyArn');
    // Only what is made tells its path.
    const path = n.text('Path') || '/';
    const on = (kind: string, field: string): Permission[] => [
      n.on(n.global(`${kind}${path}${n.text(field)}`), context),
    ];
    if (operation === 'CreateServiceLinkedRole') {
      const service = n.text('AWSServiceName');
      return [n.on(n.global(`role/aws-service-role/${service}/new`), { 'iam:AWSServiceName': service })];
    }
    if (n.text('InstanceProfileName')) {
      const passes = operation === 'AddRoleToInstanceProfile';
      return [
        ...on('instance-profile', 'InstanceProfileName'),
        ...(passes ? n.passRole(n.text('RoleName'), 'ec2.amazonaws.com') : []),
      ];
    }
    for (const [kind, field] of [
      ['role', 'RoleName'],
      ['user', 'UserName'],
      ['group', 'GroupName'],
      ['policy', 'PolicyName'],
    ] as const) {
      if (n.text(field)) return on(kind, field);
    }
    const arn = n.text('PolicyArn') || n.text('OpenIDConnectProviderArn');
    return arn ? [n.on(arn)] : undefined;
  },

  s3: (n, operation) => {
    const bucket = n.text('Bucket');
    const action = S3_ACTIONS[operation] ?? operation;
    if (!bucket) return [n.on('*', {}, action)];
    const object = (key: string): string => n.global(`${bucket}/${key}`, 's3');
    if (operation === 'DeleteObjects') {
      const { Objects = [] } = n.structure('Delete') as { Objects?: { Key: string; VersionId?: string }[] };
      if (!Objects.length) return [n.on('*', {}, 'DeleteObject')];
      return Objects.map(({ Key, VersionId }) => {
        return n.on(object(Key), {}, VersionId ? 'DeleteObjectVersion' : 'DeleteObject');
      });
    }
    const key = n.text('Key');
    const isObject = key !== '' && /Object|Multipart|UploadPart|Parts/.test(operation);
    if (!isObject) {
      const prefix = n.text('Prefix');
      return [n.on(n.global(bucket, 's3'), prefix ? { 's3:prefix': prefix } : {}, action)];
    }
    const version = n.text('VersionId') && /^(Get|Delete)Object/.test(action);
    const source = n.text('CopySource').replace(/^\/|\?versionId=.*$/g, '');
    return [
      n.on(object(key), {}, version ? action.replace('Object', 'ObjectVersion') : action),
      ...(source ? [n.on(n.global(source, 's3'), {}, 'GetObject')] : []),
    ];
  },

  ecr: (n, operation) => {
    if (operation === 'GetAuthorizationToken' || /Registry|Replication/.test(operation)) return undefined;
    if (n.text('resourceArn')) return [n.on(n.text('resourceArn'))];
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
        ? n.passRole(n.text('RoleARN'), 'cloudformation.amazonaws.com')
        : []),
    ];
  },

  // A build is judged on its project, whose name its id begins with.
  codebuild: (n, operation) => {
    if (/SourceCredentials$/.test(operation)) return undefined;
    const project = (id: string): string =>
      `project/${id.replace(/^.*:(?:build|project)\//, '').split(':')[0]}`;
    const named = [
      ...['names', 'ids'].flatMap((field) => n.texts(field)),
      ...['name', 'projectName', 'id', 'arn'].map((field) => n.text(field)),
    ].filter(Boolean);
    if (!named.length) return undefined;
    const group = /ReportGroup/.test(operation);
    return [
      ...named.map((name) => {
        if (/:(project|report-group)\//.test(name)) return n.on(name);
        return n.on(n.arn(group ? `report-group/${name}` : project(name)));
      }),
      ...(operation === 'CreateProject' || operation === 'UpdateProject'
        ? n.passRole(n.text('serviceRole'), 'codebuild.amazonaws.com')
        : []),
    ];
  },

  // But for tags, a group's ARN ends in `:log-stream:`, and a policy must name it with `:*`.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
  logs: (n, operation) => {
    const resourceArn = n.text('resourceArn');
    if (resourceArn) return [n.on(resourceArn)];
    const groups = [
      ...['logGroupName', 'logGroupNamePrefix', 'logGroupIdentifier'].map((field) => n.text(field)),
      ...['logGroupNames', 'logGroupIdentifiers'].flatMap((field) => n.texts(field)),
    ].filter(Boolean);
    if (!groups.length && operation === 'DescribeLogGroups') groups.push('');
    if (!groups.length) return undefined;
    const stream = operation === 'DescribeLogStreams' ? '' : n.text('logStreamName');
    return groups.map((group) => {
      const name = group.replace(/^arn:.*:log-group:|:\*$/g, '');
      return n.on(n.arn(`log-group:${name}:log-stream:${stream}`));
    });
  },

  ssm: (n, operation) => {
    if (/Document/.test(operation)) return n.onEach(['Name'], (name) => `document/${name}`);
    const resourceId = n.text('ResourceType') === 'Parameter' ? ['ResourceId'] : [];
    // A version or label after the name is no part of it.
    return n.onEach(['Names', 'Name', 'Path', ...resourceId], (name) => {
      return `parameter/${name.replace(/^\//, '').replace(/:.*$/, '')}`;
    });
  },

  secretsmanager: (n, operation) => {
    if (operation === 'BatchGetSecretValue') {
      const each = n.texts('SecretIdList').map((id) => n.on(secret(n, id), {}, 'GetSecretValue'));
      return [n.on('*'), ...each];
    }
    const id = n.text('SecretId') || n.text('Name');
    return id ? [n.on(secret(n, id))] : undefined;
  },

  sns: (n, operation) => {
    const subscription = n.text('SubscriptionArn');
    if (subscription) return [n.on(subscription.split(':').slice(0, 6).join(':'))];
    if (operation === 'PublishBatch') return n.onEach(['TopicArn'], (topic) => topic, 'Publish');
    return n.onEach(['TopicArn', 'TargetArn', 'ResourceArn', 'Name'], (name) => name);
  },

  sqs: (n, operation) => {
    // The batches have no permissions of their own.
    const action = operation.replace(/^(SendMessage|DeleteMessage|ChangeMessageVisibility)Batch$/, '$1');
    return n.onEach(['QueueUrl', 'QueueName'], lastPart, action);
  },

  events: (n, operation) => {
    if (operation === 'PutEvents') {
      const buses = n.items('Entries').map(({ EventBusName }) => lastPart(String(EventBusName ?? 'default')));
      return [...new Set(buses)].map((bus) => n.on(n.arn(`event-bus/${bus}`)));
    }
    if (/EventBus$/.test(operation)) return n.onEach(['Name'], (name) => `event-bus/${name}`);
    const bus = lastPart(n.text('EventBusName'));
    const rule = n.onEach(['Rule', 'Name', 'ResourceARN'], (name) => {
      return bus && bus !== 'default' ? `rule/${bus}/${name}` : `rule/${name}`;
    });
    const roles = n.items('Targets').flatMap(({ RoleArn }) => (typeof RoleArn === 'string' ? [RoleArn] : []));
    return rule && [...rule, ...roles.flatMap((role) => n.passRole(role, 'events.amazonaws.com'))];
  },

  cloudwatch: (n, operation) => {
    if (operation === 'PutMetricData') return [n.on('*', { 'cloudwatch:namespace': n.text('Namespace') })];
    if (/Dashboard/.test(operation)) {
      const names = [n.text('DashboardName'), ...n.texts('DashboardNames')].filter(Boolean);
      return names.length
        ? names.map((name) => n.on(n.global(`dashboard/${name}`, 'cloudwatch')))
        : undefined;
    }
    const alarms = n.onEach(['AlarmName', 'AlarmNames', 'ResourceARN'], (name) => `alarm:${name}`);
    return alarms ?? (operation === 'DescribeAlarms' ? [n.on(n.arn('alarm:*'))] : undefined);
  },

  // A key's alias is no resource of what uses the key.
  kms: (n) => {
    const key = (id: string): string => `key/${id.startsWith('alias/') ? 'any' : id}`;
    const alias = n.onEach(['AliasName'], (name) => name) ?? [];
    const keys = n.onEach(['KeyId', 'TargetKeyId'], key) ?? [];
    return alias.length || keys.length ? [...alias, ...keys] : undefined;
  },

  dynamodb: (n, operation) => {
    const table = (name: string): string => `table/${lastPart(name)}`;
    if (operation.startsWith('TransactWrite') || operation.startsWith('TransactGet')) {
      return n.items('TransactItems').flatMap((item) =>
        Object.entries(item).map(([kind, inner]) => {
          const action = kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`;
          return n.on(n.arn(table(String((inner as { TableName?: unknown }).TableName))), {}, action);
        }),
      );
    }
    const several = n.keys('RequestItems');
    if (several.length) return several.map((name) => n.on(n.arn(table(name))));
    const index = n.text('IndexName');
    return n.onEach(['TableName', 'ResourceArn', 'StreamArn'], (name) => {
      return index ? `${table(name)}/index/${index}` : table(name);
    });
  },

  rds: (n, operation) => {
    const named = (
      [
        ['DBClusterIdentifier', 'cluster'],
        ['DBInstanceIdentifier', 'db'],
        ['DBSubnetGroupName', 'subgrp'],
        ['DBClusterSnapshotIdentifier', 'cluster-snapshot'],
        ['DBSnapshotIdentifier', 'snapshot'],
        ['DBClusterParameterGroupName', 'cluster-pg'],
        ['DBParameterGroupName', 'pg'],
        ['ResourceName', ''],
      ] as const
    ).flatMap(([field, kind]) => n.onEach([field], (name) => `${kind}:${name}`) ?? []);
    if (named.length) return named;
    const described: Readonly<Record<string, string>> = {
      DescribeDBClusters: 'cluster',
      DescribeDBInstances: 'db',
      DescribeDBSubnetGroups: 'subgrp',
    };
    const kind = described[operation];
    return kind ? [n.on(n.arn(`${kind}:*`))] : undefined;
  },

  elasticloadbalancing: (n, operation) => {
    if (operation.startsWith('Describe')) return undefined;
    const kind = { network: 'net', gateway: 'gwy' }[n.text('Type')] ?? 'app';
    if (operation === 'CreateLoadBalancer') {
      return n.onEach(['Name'], (name) => `loadbalancer/${kind}/${name}/new`);
    }
    if (operation === 'CreateTargetGroup') return n.onEach(['Name'], (name) => `targetgroup/${name}/new`);
    const rules = n.items('RulePriorities').map(({ RuleArn }) => n.on(String(RuleArn)));
    if (rules.length) return rules;
    const fields = ['ResourceArns', 'RuleArn', 'ListenerArn', 'TargetGroupArn', 'LoadBalancerArn'];
    // What is made is judged on what it belongs to; a target group in an action is no resource of it.
    const field = fields.find((name) => n.text(name) || n.texts(name).length);
    return field ? n.onEach([field], (arn) => arn) : undefined;
  },

  'application-autoscaling': (n, operation) => {
    return operation.startsWith('Describe') ? undefined : [n.on(n.arn('scalable-target/any'))];
  },

  'cognito-idp': (n) => n.onEach(['UserPoolId', 'ResourceArn'], (id) => `userpool/${id}`),

  codeconnections: (n) => n.onEach(['ConnectionArn'], (arn) => arn),

  acm: (n) => n.onEach(['CertificateArn'], (arn) => arn),
};

/** A name stands for the ARN that ends in it and six more characters. */
function secret(n: Names, id: string): string {
  return id.startsWith('arn:') ? id : n.arn(`secret:${id}-abcdef`);
}

function ecs(n: Names, operation: string): Permission[] | undefined {
  const cluster = lastPart(n.text('cluster') || n.text('clusterName') || 'default');
  const service = (name: string): string => n.arn(`service/${cluster}/${lastPart(name)}`);
  const inCluster = { 'ecs:cluster': n.arn(`cluster/${cluster}`) };
  switch (operation) {
    case 'RegisterTaskDefinition':
      return [
        n.on(n.arn(`task-definition/${n.text('family')}:0`)),
        ...n.passRole(n.text('executionRoleArn'), 'ecs-tasks.amazonaws.com'),
        ...n.passRole(n.text('taskRoleArn'), 'ecs-tasks.amazonaws.com'),
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
    case 'ListServices':
      return [n.on('*', inCluster)];
    case 'RunTask':
      return n.onEach(['taskDefinition'], taskDefinition)?.map((one) => ({
        ...one,
        context: { ...one.context, ...inCluster },
      }));
    case 'StopTask':
      return [n.on(n.arn(`task/${cluster}/${lastPart(n.text('task'))}`), inCluster)];
    case 'ExecuteCommand':
      return [
        n.on(n.arn(`cluster/${cluster}`), inCluster),
        n.on(n.arn(`task/${cluster}/${lastPart(n.text('task'))}`), inCluster),
      ];
    case 'ListServiceDeployments':
      return [n.on(service(n.text('service')), inCluster)];
    case 'DescribeServiceDeployments':
    case 'DescribeServiceRevisions':
    case 'StopServiceDeployment':
      return ofServices(n);
    case 'DescribeClusters':
      return n.texts('clusters').map((name) => n.on(n.arn(`cluster/${lastPart(name)}`)));
    case 'CreateCluster':
    case 'DeleteCluster':
    case 'UpdateCluster':
    case 'UpdateClusterSettings':
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

/** `family` is its newest revision. */
function taskDefinition(name: string): string {
  return `task-definition/${name.includes(':') ? name : `${name}:0`}`;
}

/** Deployments and revisions of a service are judged on the service too, which their ARNs name. */
function ofServices(n: Names): Permission[] | undefined {
  const fields = ['serviceDeploymentArns', 'serviceRevisionArns', 'serviceDeploymentArn'];
  const arns = fields.flatMap((field) => [n.text(field), ...n.texts(field)]).filter(Boolean);
  return arns.flatMap((arn) => {
    const [, cluster = '', name = ''] = arn.split('/');
    const inCluster = { 'ecs:cluster': n.arn(`cluster/${cluster}`) };
    const services = /:service-deployment\//.test(arn) ? [n.arn(`service/${cluster}/${name}`)] : [];
    return [...services, arn].map((resource) => n.on(resource, inCluster));
  });
}

function lastPart(arnOrName: string): string {
  return arnOrName.split('/').pop() ?? '';
}

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
