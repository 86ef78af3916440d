import { isWildcardOnlyAction } from '@cloud-copilot/iam-simulate';
import type { Template } from 'aws-cdk-lib/assertions';
import mangoo from '../../config/mangoo';
import {
  HANDLER_PERMISSIONS,
  type HandlerPermissions,
  NO_RESOURCE,
} from '../../lib/catalogue/handler-permissions';
import { isAllowed, listed, type PolicyDocument, type Request, type Statement, surprises } from './decision';

import { synthesizeExample } from './example-template';
import { HERE, type Place, resolved, type TemplateJson } from './resolved';
import { synthesize } from './synthesized';

const ACCOUNT = HERE.account;
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/mangoo-deploy-boundary`;

let template: Template;
let documents: Readonly<Record<string, PolicyDocument>>;
/** Of CloudFormation's execution role: all of them but the boundary. */
let policies: PolicyDocument[];
let boundary: PolicyDocument;
let example: TemplateJson;

beforeAll(() => {
  template = synthesize().template;
  documents = policiesOf(template);
  const { 'mangoo-deploy-boundary': bound, ...others } = documents;
  boundary = bound ?? { Version: '2012-10-17', Statement: [] };
  policies = Object.values(others);
  example = synthesizeExample();
});

function policiesOf(of: Template, place: Place = HERE): Record<string, PolicyDocument> {
  const json = of.toJSON() as TemplateJson;
  return Object.fromEntries(
    Object.values(of.findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => {
      const { ManagedPolicyName, PolicyDocument } = Properties as Record<string, unknown>;
      return [ManagedPolicyName as string, resolved(json, PolicyDocument, place) as PolicyDocument];
    }),
  );
}

function regional(service: string, resource: string): string {
  return `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`;
}

function global(resource: string): string {
  return `arn:aws:iam::${ACCOUNT}:${resource}`;
}

function all(
  actions: readonly string[],
  resources: readonly string[],
  keys?: Readonly<Record<string, string>>,
): Request[] {
  return resources.flatMap((on) => actions.map((action) => ({ action, on, with: keys })));
}

function statements(): Statement[] {
  return Object.values(documents).flatMap(({ Statement }) => Statement);
}

const BOUND = { 'iam:PermissionsBoundary': BOUNDARY };
const TASK_ROLE = global('role/MangooStack-BackendTaskTaskRoleAB477026-AbCd1234EfGh');

describe('the policies', () => {
  test('are these four', () => {
    expect(Object.keys(documents).sort()).toEqual([
      'mangoo-deploy-boundary',
      'mangoo-deploy-identity',
      'mangoo-deploy-network',
      'mangoo-deploy-services',
    ]);
  });

  test('each fit into what IAM takes, where names are longest too', () => {
    const far = { ...HERE, partition: 'aws-us-gov', region: 'us-gov-west-1' };

    for (const document of Object.values(policiesOf(template, far))) {
      // IAM counts the characters without white space.
      expect(JSON.stringify(document).replaceAll(/\s/g, '').length).toBeLessThan(6144);
    }
  });

  test('let a stack of a long name deploy too, whose name CloudFormation cuts in that of a role or a database', async () => {
    const stacks = ['MangooPlatformForEverybodyStack'];
    const { 'mangoo-deploy-boundary': _, ...others } = policiesOf(
      synthesize({ config: { application: { ...mangoo.application, stacks } } }).template,
    );
    const long = Object.values(others);

    expect(
      await surprises('allowed', long, [
        {
          action: 'iam:CreateRole',
          on: global('role/MangooPlatformForEverybod-BackendTaskTaskRoleAB4770-AbCd1234EfGh'),
          with: BOUND,
        },
        {
          action: 'rds:CreateDBCluster',
          on: regional('rds', 'cluster:mangooplatformforeverybod-databaseb269d8bb-abcd1234efgh'),
        },
      ]),
    ).toEqual([]);
  });

  test('let one stack read the outputs of another where there are several, and none describe any other', async () => {
    const describeStacks = (stack: string): Request => ({
      action: 'cloudformation:DescribeStacks',
      on: regional('cloudformation', `stack/${stack}/0a1b`),
    });
    const stacks = ['MangooNetwork', 'MangooStack'];
    const { 'mangoo-deploy-boundary': _, ...others } = policiesOf(
      synthesize({ config: { application: { ...mangoo.application, stacks } } }).template,
    );

    expect(await surprises('allowed', Object.values(others), stacks.map(describeStacks))).toEqual([]);
    expect(await surprises('denied', Object.values(others), [describeStacks('Other')])).toEqual([]);
    expect(await surprises('denied', policies, [describeStacks('MangooStack')])).toEqual([]);
  });

  test('belong to nobody until an administrator bootstraps with them', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::ManagedPolicy'))) {
      for (const holder of ['Groups', 'Roles', 'Users']) expect(Properties).not.toHaveProperty(holder);
    }
  });

  test('allow no service whole, and no action by a pattern but describing load balancers', () => {
    const patterns = statements()
      .flatMap(({ Action }) => listed(Action))
      .filter((action) => action.includes('*'));

    expect(patterns).toEqual(['elasticloadbalancing:Describe*']);
  });

  test('allow on every resource only what describes or has no resource', () => {
    const everywhere = statements()
      .filter(({ Resource }) => listed(Resource).includes('*'))
      .flatMap(({ Action }) => listed(Action))
      .filter((action) => !/^[a-z0-9-]+:Describe/.test(action));

    expect(everywhere.sort()).toEqual([
      'ecr:GetAuthorizationToken',
      // Cannot be limited to a task definition; what runs is not changed by it.
      'ecs:DeregisterTaskDefinition',
      'secretsmanager:GetRandomPassword',
    ]);
  });
});

describe('which roles a deployment may make and hand on', () => {
  test('roles of its stack, with the boundary', async () => {
    const make = ['iam:AttachRolePolicy', 'iam:CreateRole', 'iam:PutRolePolicy'];

    expect(await surprises('allowed', policies, all(make, [TASK_ROLE], BOUND))).toEqual([]);
  });

  test.each([
    ['without a boundary', undefined],
    ['with another boundary', { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
    [
      "with another account's boundary",
      { 'iam:PermissionsBoundary': BOUNDARY.replace(ACCOUNT, '444455556666') },
    ],
  ])('no role %s, and none is changed that has been made so', async (_, keys) => {
    const change = [
      'iam:AttachRolePolicy',
      'iam:CreateRole',
      'iam:DeleteRolePolicy',
      'iam:DetachRolePolicy',
      'iam:PutRolePermissionsBoundary',
      'iam:PutRolePolicy',
    ];

    expect(await surprises('denied', policies, all(change, [TASK_ROLE], keys))).toEqual([]);
  });

  test('the boundary is never taken from a role, nor changed itself', async () => {
    expect(
      await surprises('denied', policies, [
        ...all(['iam:DeleteRolePermissionsBoundary'], [TASK_ROLE], BOUND),
        ...all(
          [
            'iam:CreatePolicyVersion',
            'iam:DeletePolicy',
            'iam:DeletePolicyVersion',
            'iam:SetDefaultPolicyVersion',
          ],
          [BOUNDARY],
        ),
      ]),
    ).toEqual([]);
  });

  test('roles are passed to tasks and to nothing else', async () => {
    const pass = (on: string, to?: string): Request => ({
      action: 'iam:PassRole',
      on,
      with: to === undefined ? undefined : { 'iam:PassedToService': to },
    });

    expect(await isAllowed(policies, pass(TASK_ROLE, 'ecs-tasks.amazonaws.com'))).toBe(true);
    expect(
      await surprises('denied', policies, [
        pass(TASK_ROLE),
        pass(TASK_ROLE, 'ec2.amazonaws.com'),
        pass(TASK_ROLE, 'lambda.amazonaws.com'),
        pass(TASK_ROLE, 'codebuild.amazonaws.com'),
        pass(TASK_ROLE, 'cloudformation.amazonaws.com'),
        pass(global('role/mangoo-build-deploy-role'), 'ecs-tasks.amazonaws.com'),
        pass(global(`role/cdk-mangoo-cfn-exec-role-${ACCOUNT}-us-east-1`), 'ecs-tasks.amazonaws.com'),
        pass(global('role/Admin'), 'ecs-tasks.amazonaws.com'),
      ]),
    ).toEqual([]);
  });

  test('PassRole stands alone: its condition is in no other request, and would forbid what stood beside it', () => {
    const passing = statements().filter(({ Action }) => listed(Action).includes('iam:PassRole'));

    expect(passing).toEqual([
      {
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: global('role/MangooStack-*'),
        Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      },
    ]);
    expect(
      statements().filter(
        (statement) =>
          !passing.includes(statement) &&
          JSON.stringify(statement.Condition ?? {}).includes('PassedToService'),
      ),
    ).toEqual([]);
  });

  test('service-linked roles are made for the services in use, and for no others', async () => {
    const link = (service: string): Request => ({
      action: 'iam:CreateServiceLinkedRole',
      on: global(`role/aws-service-role/${service}/AWSServiceRoleForIt`),
      with: { 'iam:AWSServiceName': service },
    });

    expect(
      await surprises(
        'allowed',
        policies,
        ['ecs', 'elasticloadbalancing', 'rds'].map((name) => link(`${name}.amazonaws.com`)),
      ),
    ).toEqual([]);
    expect(
      await surprises(
        'denied',
        policies,
        ['organizations', 'sso', 'config'].map((name) => link(`${name}.amazonaws.com`)),
      ),
    ).toEqual([]);
  });
});

describe('what no deployment of the application may do, whatever its CDK app says', () => {
  const DENIED: Readonly<Record<string, readonly Request[]>> = {
    "change the pipeline's role or the bootstrap's, even to bind it": all(
      [
        'iam:AttachRolePolicy',
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:PutRolePermissionsBoundary',
        'iam:PutRolePolicy',
        'iam:TagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
      ],
      [
        global('role/mangoo-build-deploy-role'),
        global(`role/cdk-mangoo-cfn-exec-role-${ACCOUNT}-us-east-1`),
        global(`role/cdk-mangoo-deploy-role-${ACCOUNT}-us-east-1`),
        global(`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-us-east-1`),
        global('role/Admin'),
      ],
      BOUND,
    ),
    'change its own policies, or make others': all(
      [
        'iam:CreatePolicy',
        'iam:CreatePolicyVersion',
        'iam:DeletePolicy',
        'iam:DeletePolicyVersion',
        'iam:SetDefaultPolicyVersion',
      ],
      [
        'mangoo-deploy-boundary',
        'mangoo-deploy-identity',
        'mangoo-deploy-network',
        'mangoo-deploy-services',
      ].map((name) => global(`policy/${name}`)),
    ),
    'make a user, or a key for one': all(
      ['iam:AttachUserPolicy', 'iam:CreateAccessKey', 'iam:CreateUser', 'iam:PutUserPolicy'],
      [global('user/back-door')],
    ),
    'take a role': all(['sts:AssumeRole'], [TASK_ROLE, global('role/mangoo-build-deploy-role')]),
    'change, start or delete the project': all(
      [
        'codebuild:CreateWebhook',
        'codebuild:DeleteProject',
        'codebuild:StartBuild',
        'codebuild:UpdateProject',
        'codebuild:UpdateWebhook',
      ],
      [regional('codebuild', 'project/mangoo-build-deploy')],
    ),
    "change stacks: CloudFormation does it with the deploying role's permissions": all(
      ['cloudformation:CreateChangeSet', 'cloudformation:DeleteStack', 'cloudformation:UpdateStack'],
      ['MangooCodeBuildStack', 'CDKToolkit-mangoo', 'MangooStack'].map((name) =>
        regional('cloudformation', `stack/${name}/0a1b`),
      ),
    ),
    'push, delete or share images': all(
      [
        'ecr:BatchDeleteImage',
        'ecr:DeleteRepository',
        'ecr:PutImage',
        'ecr:PutImageTagMutability',
        'ecr:SetRepositoryPolicy',
      ],
      [regional('ecr', 'repository/mangoo-backend')],
    ),
    'reach the artifacts': [
      ...all(
        ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        [`arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/builds/0a1b/cdk-outputs.json`],
      ),
      ...all(
        ['s3:DeleteBucket', 's3:PutBucketPolicy', 's3:PutLifecycleConfiguration'],
        [`arn:aws:s3:::mangoo-artifacts-${ACCOUNT}`],
      ),
    ],
    "delete or shorten the builds' log": all(
      ['logs:DeleteLogGroup', 'logs:DeleteRetentionPolicy', 'logs:PutRetentionPolicy'],
      [regional('logs', 'log-group:/aws/codebuild/mangoo')],
    ),
    "read or change the builds' configuration, or the bootstrap's version": [
      ...all(
        ['ssm:GetParameters', 'ssm:PutParameter'],
        [regional('ssm', 'parameter/mangoo/prod/db-password')],
      ),
      ...all(
        ['ssm:DeleteParameter', 'ssm:PutParameter'],
        [regional('ssm', 'parameter/cdk-bootstrap/mangoo/version')],
      ),
      ...all(
        [
          'secretsmanager:DeleteSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecret',
        ],
        [regional('secretsmanager', 'secret:mangoo/prod/database-AbCdEf')],
      ),
    ],
    'touch what other stacks made, where names tell': [
      ...all(['rds:DeleteDBCluster', 'rds:ModifyDBCluster'], [regional('rds', 'cluster:other-database')]),
      ...all(
        ['ecs:DeleteCluster', 'ecs:UpdateCluster'],
        [regional('ecs', 'cluster/other'), regional('ecs', 'cluster/mangoo-cluster-2')],
      ),
      ...all(['ecs:DeleteService', 'ecs:UpdateService'], [regional('ecs', 'service/other/api')]),
      ...all(['logs:DeleteLogGroup'], [regional('logs', 'log-group:/aws/lambda/other')]),
      ...all(['iam:DeleteRole'], [global('role/MangooStack2-Role-1')]),
    ],
    'run machines or functions': [
      { action: 'ec2:RunInstances', on: regional('ec2', 'subnet/subnet-0a1b') },
      { action: 'lambda:CreateFunction', on: regional('lambda', 'function:x') },
    ],
  };

  test.each(Object.entries(DENIED))('%s', async (_, requests) => {
    expect(await surprises('denied', policies, requests)).toEqual([]);
  });
});

describe("what CloudFormation needs for the example's stack", () => {
  const HANDLERS = ['create', 'read', 'update', 'delete'] as const satisfies (keyof HandlerPermissions)[];

  const ec2 = (resource: string): string => regional('ec2', resource);
  const balancing = (resource: string): string => regional('elasticloadbalancing', resource);
  const VPC = ec2('vpc/vpc-0a1b');
  const SUBNET = ec2('subnet/subnet-0a1b');
  const ROUTE_TABLE = ec2('route-table/rtb-0a1b');
  const GATEWAY = ec2('internet-gateway/igw-0a1b');
  const ADDRESS = ec2('elastic-ip/eipalloc-0a1b');
  const GROUP = ec2('security-group/sg-0a1b');
  const RULE = ec2('security-group-rule/sgr-0a1b');
  // Names as CloudFormation makes them: load balancers' are cut, databases' in lower case.
  const BALANCER = balancing('loadbalancer/app/Mangoo-LoadB-AbCd1234EfGh/0a1b');
  const LISTENER = balancing('listener/app/Mangoo-LoadB-AbCd1234EfGh/0a1b/2c3d');
  const LISTENER_RULE = balancing('listener-rule/app/Mangoo-LoadB-AbCd1234EfGh/0a1b/2c3d/4e5f');
  const DATABASE = regional('rds', 'cluster:mangoostack-databaseb269d8bb-abcd1234efgh');
  const INSTANCE = regional('rds', 'db:mangoostack-databasewriter7794273e-abcd1234efgh');
  const SNAPSHOT = regional('rds', 'cluster-snapshot:mangoostack-snapshot-databaseb269d8bb-abcd1234efgh');
  const SUBNETS = regional('rds', 'subgrp:mangoostack-databasesubnets56f17b9a-abcd1234efgh');
  const CLUSTER_PARAMETERS = regional('rds', 'cluster-pg:default.aurora-postgresql16');
  const PARAMETERS = regional('rds', 'pg:default.aurora-postgresql16');
  const OPTIONS = regional('rds', 'og:default:aurora-postgresql-16');
  const SERVICE = regional('ecs', 'service/mangoo-cluster/mangoo-backend-service');
  const DEPLOYMENT = regional('ecs', 'service-deployment/mangoo-cluster/mangoo-backend-service/0a1b');

  /** The resource itself, on which an action is judged unless `JUDGED_ON` says otherwise. */
  const ITSELF: Readonly<Record<string, string>> = {
    'AWS::EC2::EIP': ADDRESS,
    'AWS::EC2::InternetGateway': GATEWAY,
    'AWS::EC2::NatGateway': ec2('natgateway/nat-0a1b'),
    'AWS::EC2::Route': ROUTE_TABLE,
    'AWS::EC2::RouteTable': ROUTE_TABLE,
    'AWS::EC2::SecurityGroup': GROUP,
    'AWS::EC2::SecurityGroupEgress': GROUP,
    'AWS::EC2::SecurityGroupIngress': GROUP,
    'AWS::EC2::Subnet': SUBNET,
    'AWS::EC2::SubnetRouteTableAssociation': ROUTE_TABLE,
    'AWS::EC2::VPC': VPC,
    'AWS::EC2::VPCGatewayAttachment': GATEWAY,
    'AWS::ECS::Cluster': regional('ecs', 'cluster/mangoo-cluster'),
    'AWS::ECS::Service': SERVICE,
    'AWS::ECS::TaskDefinition': regional('ecs', 'task-definition/MangooStackBackendTask5A2C0F9B:7'),
    'AWS::ElasticLoadBalancingV2::Listener': LISTENER,
    'AWS::ElasticLoadBalancingV2::ListenerRule': LISTENER_RULE,
    'AWS::ElasticLoadBalancingV2::LoadBalancer': BALANCER,
    'AWS::ElasticLoadBalancingV2::TargetGroup': balancing('targetgroup/Mangoo-LoadB-IjKl5678MnOp/0a1b'),
    'AWS::IAM::Policy': TASK_ROLE,
    'AWS::IAM::Role': TASK_ROLE,
    'AWS::Logs::LogGroup': regional('logs', 'log-group:MangooStack-BackendLogs21FC23BC-AbCd1234EfGh'),
    'AWS::RDS::DBCluster': DATABASE,
    'AWS::RDS::DBInstance': INSTANCE,
    'AWS::RDS::DBSubnetGroup': SUBNETS,
    'AWS::SecretsManager::Secret': regional(
      'secretsmanager',
      'secret:mangoo-app/MangooStack/database-AbCdEf',
    ),
    'AWS::SecretsManager::SecretTargetAttachment': regional(
      'secretsmanager',
      'secret:mangoo-app/MangooStack/database-AbCdEf',
    ),
  };

  const JUDGED_ON: Readonly<Record<string, readonly string[]>> = {
    'ec2:AssociateRouteTable': [ROUTE_TABLE, SUBNET],
    'ec2:AttachInternetGateway': [GATEWAY, VPC],
    'ec2:AuthorizeSecurityGroupEgress': [GROUP, RULE],
    'ec2:AuthorizeSecurityGroupIngress': [GROUP, RULE],
    'ec2:CreateNatGateway': [ec2('natgateway/nat-0a1b'), SUBNET, ADDRESS],
    'ec2:CreateRouteTable': [ROUTE_TABLE, VPC],
    'ec2:CreateSecurityGroup': [GROUP, VPC],
    'ec2:CreateSubnet': [SUBNET, VPC],
    'ec2:DescribeVpcAttribute': [VPC],
    'ec2:DetachInternetGateway': [GATEWAY, VPC],
    'ec2:DisassociateRouteTable': [ROUTE_TABLE, SUBNET],
    'ec2:ReplaceRouteTableAssociation': [ROUTE_TABLE, SUBNET],
    'ec2:RevokeSecurityGroupEgress': [GROUP],
    'ecs:DescribeServiceDeployments': [SERVICE, DEPLOYMENT],
    'ecs:StopServiceDeployment': [SERVICE, DEPLOYMENT],
    'elasticloadbalancing:CreateListener': [BALANCER],
    'elasticloadbalancing:CreateRule': [LISTENER],
    'iam:GetRole': [TASK_ROLE],
    'iam:PassRole': [TASK_ROLE],
    'rds:CreateDBCluster': [DATABASE, CLUSTER_PARAMETERS, OPTIONS, SUBNETS],
    'rds:CreateDBClusterSnapshot': [DATABASE, SNAPSHOT],
    'rds:CreateDBInstance': [INSTANCE, DATABASE, PARAMETERS, OPTIONS, SUBNETS],
    'rds:DeleteDBCluster': [DATABASE, SNAPSHOT],
    'rds:DeleteDBInstance': [INSTANCE],
    'rds:DescribeDBClusters': [DATABASE],
    'rds:DescribeDBInstances': [INSTANCE],
    'rds:DescribeDBSubnetGroups': [SUBNETS],
    'rds:ModifyDBCluster': [DATABASE, CLUSTER_PARAMETERS],
    'rds:ModifyDBInstance': [INSTANCE, PARAMETERS],
  };

  const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'iam:AttachRolePolicy': BOUND,
    'iam:CreateRole': BOUND,
    'iam:DeleteRolePolicy': BOUND,
    'iam:DetachRolePolicy': BOUND,
    'iam:PassRole': { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    'iam:PutRolePermissionsBoundary': BOUND,
    'iam:PutRolePolicy': BOUND,
  };

  async function requestsOf(type: string, actions: readonly string[]): Promise<Request[]> {
    const requests = actions.map(async (action): Promise<Request[]> => {
      const [service = '', name = ''] = action.split(':');
      if (action === 'iam:CreateServiceLinkedRole') return [serviceLinkedRole(type)];
      const itself = ITSELF[type];
      const on = (await isWildcardOnlyAction(service, name))
        ? ['*']
        : (JUDGED_ON[action] ?? (itself === undefined ? [] : [itself]));
      return all([action], on, KEYS[action]);
    });
    return (await Promise.all(requests)).flat();
  }

  function serviceLinkedRole(type: string): Request {
    const name = /^AWS::(\w+?)(?:V2)?::/.exec(type)?.[1]?.toLowerCase() ?? '';
    return {
      action: 'iam:CreateServiceLinkedRole',
      on: global(`role/aws-service-role/${name}.amazonaws.com/AWSServiceRoleForIt`),
      with: { 'iam:AWSServiceName': `${name}.amazonaws.com` },
    };
  }

  const ofTheExample = Object.entries(HANDLER_PERMISSIONS).filter(([type]) => type in ITSELF);

  test('is written down for every type that the stack has', () => {
    const types = new Set(Object.values(example.Resources).map(({ Type }) => Type));

    expect(Object.keys(HANDLER_PERMISSIONS)).toEqual(expect.arrayContaining([...types]));
    expect(Object.keys(ITSELF).sort()).toEqual([...types].sort());
  });

  test('names the actions that have no resource as AWS does, or a policy for them would be wrong', async () => {
    const actions = new Set(
      Object.values(HANDLER_PERMISSIONS).flatMap((needs) => [
        ...HANDLERS.flatMap((handler) => needs[handler]),
        ...Object.keys(needs.spared ?? {}),
      ]),
    );
    actions.delete('s3:REST.PUT.OBJECT');
    const known = await Promise.all(
      [...actions].map(async (action) => {
        const [service = '', name = ''] = action.split(':');
        return (await isWildcardOnlyAction(service, name)) ? [action] : [];
      }),
    );

    expect([...NO_RESOURCE].sort()).toEqual(known.flat().sort());
  });

  test.each(ofTheExample)('%s: every handler gets what it calls', async (type, needs) => {
    const denied = await Promise.all(
      HANDLERS.map(async (handler) =>
        (await surprises('allowed', policies, await requestsOf(type, needs[handler]))).map(
          (surprise) => `${handler}: ${surprise}`,
        ),
      ),
    );

    expect(denied.flat()).toEqual([]);
  });

  test('nothing is both needed and spared', () => {
    for (const needs of Object.values(HANDLER_PERMISSIONS)) {
      const needed = new Set(HANDLERS.flatMap((handler) => needs[handler]));
      expect(Object.keys(needs.spared ?? {}).filter((action) => needed.has(action))).toEqual([]);
    }
  });

  test("what a property would need that the stack does not have is spared for that property's absence", () => {
    const properties = new Map<string, Set<string>>();
    for (const { Type, Properties } of Object.values(example.Resources)) {
      const known = properties.get(Type) ?? new Set();
      properties.set(Type, new Set([...known, ...Object.keys(Properties ?? {})]));
    }

    for (const [type, { spared = {} }] of ofTheExample) {
      const present = Object.values(spared).filter((reason) => properties.get(type)?.has(reason));
      expect(present).toEqual([]);
    }
  });

  test("the template's own needs: availability zones, the bootstrap's version, the database's password", async () => {
    const zones = ['ec2:DescribeAvailabilityZones', 'ec2:DescribeSubnets', 'ec2:DescribeAccountAttributes'];

    expect(
      await surprises('allowed', policies, [
        ...all(zones, ['*']),
        ...all(['ssm:GetParameters'], [regional('ssm', 'parameter/cdk-bootstrap/mangoo/version')]),
        ...all(
          ['secretsmanager:GetSecretValue'],
          [regional('secretsmanager', 'secret:mangoo-app/MangooStack/database-AbCdEf')],
        ),
      ]),
    ).toEqual([]);
  });
});

describe('the boundary', () => {
  /** Concrete, as tasks ask: a wildcard at the end becomes a name. */
  function asked({ Action, Resource }: Statement): Request[] {
    const on = listed(Resource).map((resource) =>
      resource === '*'
        ? '*'
        : resource.includes(':log-group:')
          ? resource.replace(/:\*$/, ':log-stream:backend/app/0a1b')
          : resource.replace(/\*$/, '0a1b'),
    );
    return all(listed(Action), on);
  }

  function taskPolicies(): { role: string; document: PolicyDocument }[] {
    return Object.values(example.Resources)
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .map(({ Properties }) => ({
        role: JSON.stringify(Properties?.Roles),
        document: resolved(example, Properties?.PolicyDocument) as PolicyDocument,
      }));
  }

  test("leaves the application's tasks all that their own policies give", async () => {
    const lost: string[] = [];
    for (const { role, document } of taskPolicies()) {
      for (const request of document.Statement.flatMap(asked)) {
        if (!(await isAllowed([document], request, { boundary }))) {
          lost.push(`${role}: ${request.action} on ${request.on}`);
        }
      }
    }

    expect(taskPolicies().length).toBeGreaterThan(0);
    expect(lost).toEqual([]);
  });

  test("is on every role of the example's stack, or its deployment would be refused", () => {
    const roles = Object.values(example.Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');

    expect(roles.length).toBeGreaterThan(0);
    for (const { Properties } of roles) {
      expect(JSON.stringify(Properties?.PermissionsBoundary)).toContain(':policy/mangoo-deploy-boundary');
    }
  });

  test('holds a task back, though its own policy gave everything', async () => {
    const everything: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    };
    const requests: Request[] = [
      ...all(['iam:CreateRole', 'iam:PassRole', 'iam:PutRolePolicy'], [TASK_ROLE], BOUND),
      ...all(['sts:AssumeRole'], [global(`role/cdk-mangoo-deploy-role-${ACCOUNT}-us-east-1`)]),
      ...all(['codebuild:StartBuild'], [regional('codebuild', 'project/mangoo-build-deploy')]),
      ...all(['ecr:PutImage'], [regional('ecr', 'repository/mangoo-backend')]),
      ...all(['ecr:BatchGetImage'], [regional('ecr', 'repository/other')]),
      ...all(['s3:GetObject'], [`arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/builds/0a1b/cdk-outputs.json`]),
      ...all(
        ['secretsmanager:GetSecretValue'],
        [
          regional('secretsmanager', 'secret:mangoo/prod/database-AbCdEf'),
          regional('secretsmanager', 'secret:other-AbCdEf'),
        ],
      ),
      ...all(['logs:PutLogEvents'], [regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:1')]),
      ...all(['ec2:DeleteVpc'], [regional('ec2', 'vpc/vpc-0a1b')]),
    ];

    const answers = await Promise.all(
      requests.map((request) => isAllowed([everything], request, { boundary })),
    );

    expect(requests.filter((_, i) => answers[i])).toEqual([]);
    expect(await surprises('allowed', [everything], requests)).toEqual([]);
  });
});
