import type { PipelineConfig } from '../../lib/config';
import mangoo from '../../config/mangoo';
import {
  all,
  isAllowed,
  listed,
  type PolicyDocument,
  PUSH_AND_PULL,
  type Request,
  type Statement,
  surprises,
} from './decision';
import { HERE, resolved, type TemplateJson } from './resolved';
import { only, synthesize } from './synthesized';

const ACCOUNT = HERE.account;
const PROJECT = `arn:aws:codebuild:us-east-1:${ACCOUNT}:project/mangoo-build-deploy`;

interface Role {
  readonly RoleName: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly Policies: readonly { readonly PolicyName: string; readonly PolicyDocument: PolicyDocument }[];
}

let role: Role;
let policies: PolicyDocument[];

beforeAll(() => {
  role = buildRole();
  policies = documents(role);
});

function buildRole(config?: Partial<PipelineConfig>): Role {
  const { template } = synthesize({ config });
  const { Properties } = only(template, 'AWS::IAM::Role', { RoleName: 'mangoo-build-deploy-role' });
  return resolved(template.toJSON() as TemplateJson, Properties) as Role;
}

function documents({ Policies }: Role): PolicyDocument[] {
  return Policies.map(({ PolicyDocument }) => PolicyDocument);
}

function regional(service: string, resource: string, account = ACCOUNT, region = 'us-east-1'): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

function roleArn(name: string, account = ACCOUNT): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

const REPOSITORIES = [
  regional('ecr', 'repository/mangoo-backend'),
  regional('ecr', 'repository/mangoo-frontend'),
];
const SERVICES = [
  regional('ecs', 'service/mangoo-cluster/mangoo-backend-service'),
  regional('ecs', 'service/mangoo-cluster/mangoo-frontend-service'),
];
const ARTIFACT = `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/builds/0a1b2c3d/cdk-outputs.json`;
const STREAM = regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:0a1b2c3d');
const OTHER_CLUSTER = { 'ecs:cluster': regional('ecs', 'cluster/other') };
const CLUSTER = { 'ecs:cluster': regional('ecs', 'cluster/mangoo-cluster') };

const POLICIES = ['images', 'deployment', 'turn', 'output', 'record', 'configuration'];
const TURN = ['codebuild:BatchGetBuilds', 'codebuild:ListBuildsForProject', 'codebuild:StopBuild'];
const RELEASE = regional('ssm', 'parameter/mangoo-releases/default');
const HEAL = [
  'ecr:CreateRepository',
  'ecr:DescribeRepositories',
  'ecr:PutLifecyclePolicy',
  'ecr:TagResource',
];

describe('what a build may do', () => {
  const ALLOWED: Readonly<Record<string, readonly Request[]>> = {
    'log in to the registry': [{ action: 'ecr:GetAuthorizationToken', on: '*' }],
    'push images to its repositories, and heal them': all([...PUSH_AND_PULL, ...HEAL], ...REPOSITORIES),
    'put its artifacts': [
      ...all(['s3:PutObject'], ARTIFACT),
      ...all(['s3:GetBucketAcl', 's3:GetBucketLocation'], `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}`),
    ],
    'write its log': all(['logs:CreateLogStream', 'logs:PutLogEvents'], STREAM),
    'report its tests': all(
      [
        'codebuild:BatchPutTestCases',
        'codebuild:CreateReport',
        'codebuild:CreateReportGroup',
        'codebuild:UpdateReport',
      ],
      regional('codebuild', 'report-group/mangoo-build-deploy-backend-tests'),
    ),
    "have the application deployed by its bootstrap's roles": all(
      ['sts:AssumeRole'],
      roleArn(`cdk-mangoo-deploy-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-mangoo-file-publishing-role-${ACCOUNT}-us-east-1`),
    ),
    'watch its services, and roll them': all(['ecs:DescribeServices', 'ecs:UpdateService'], ...SERVICES),
    'look at the tasks of its cluster': [
      {
        action: 'ecs:ListTasks',
        on: regional('ecs', 'container-instance/mangoo-cluster/0a1b'),
        with: CLUSTER,
      },
      { action: 'ecs:DescribeTasks', on: regional('ecs', 'task/mangoo-cluster/0a1b'), with: CLUSTER },
    ],
    'look at the builds of its project, and stop itself': all(TURN, PROJECT),
    'see whether a stack of its application still changes, also one that is not there': all(
      ['cloudformation:DescribeStacks'],
      regional('cloudformation', 'stack/MangooStack/0a1b'),
    ),
    'tell what tasks of a rollout that failed have logged': [
      ...all(['cloudformation:DescribeStackResources'], regional('cloudformation', 'stack/MangooStack/0a1b')),
      ...all(
        ['logs:GetLogEvents'],
        regional('logs', 'log-group:MangooStack-BackendLogs0a1b:log-stream:backend/app/0a1b'),
      ),
    ],
    'read what is live, and what was': all(['ssm:GetParameter', 'ssm:GetParameterHistory'], RELEASE),
    'record its release': all(['ssm:PutParameter'], RELEASE),
    'read parameters under /mangoo/': all(
      ['ssm:GetParameters'],
      regional('ssm', 'parameter/mangoo/prod/db-password'),
    ),
    'read secrets under mangoo/': all(
      ['secretsmanager:GetSecretValue'],
      regional('secretsmanager', 'secret:mangoo/prod/database-AbCdEf'),
    ),
  };

  test.each(Object.entries(ALLOWED))('%s', async (_, requests) => {
    expect(await surprises('allowed', policies, requests)).toEqual([]);
  });

  test('and nothing more: each permission of the role is one of those above', () => {
    const known = new Set(Object.values(ALLOWED).flatMap((requests) => requests.map(({ action }) => action)));
    const given = policies.flatMap(({ Statement }) => Statement).flatMap(({ Action }) => listed(Action));

    expect(given.filter((action) => !known.has(action))).toEqual([]);
  });
});

describe('what a build may not do, whoever has pushed its source', () => {
  const DENIED: Readonly<Record<string, readonly Request[]>> = {
    'touch repositories of others': all(
      [...PUSH_AND_PULL, ...HEAL],
      regional('ecr', 'repository/other'),
      regional('ecr', 'repository/mangoo-backend-2'),
      regional('ecr', 'repository/mangoo-backend', '444455556666'),
      regional('ecr', 'repository/mangoo-backend', ACCOUNT, 'eu-west-1'),
    ),
    'delete images or repositories, share them, or make tags movable': all(
      [
        'ecr:BatchDeleteImage',
        'ecr:DeleteLifecyclePolicy',
        'ecr:DeleteRepository',
        'ecr:DeleteRepositoryPolicy',
        'ecr:PutImageScanningConfiguration',
        'ecr:PutImageTagMutability',
        'ecr:SetRepositoryPolicy',
      ],
      ...REPOSITORIES,
    ),
    'read, delete or hide artifacts, its own included': all(
      [
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:GetObject',
        's3:PutObjectAcl',
        's3:PutObjectRetention',
        's3:RestoreObject',
      ],
      ARTIFACT,
    ),
    'put objects elsewhere': all(
      ['s3:PutObject'],
      `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/elsewhere`,
      `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/other/builds/1`,
      `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}-2/builds/1`,
      `arn:aws:s3:::cdk-mangoo-assets-${ACCOUNT}-us-east-1/template.json`,
      'arn:aws:s3:::somebody/builds/1',
    ),
    'reconfigure the bucket': all(
      [
        's3:DeleteBucket',
        's3:DeleteBucketPolicy',
        's3:ListBucket',
        's3:PutBucketPolicy',
        's3:PutBucketPublicAccessBlock',
        's3:PutEncryptionConfiguration',
        's3:PutLifecycleConfiguration',
      ],
      `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}`,
    ),
    'write into logs of others': all(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      regional('logs', 'log-group:/aws/codebuild/other:log-stream:1'),
      regional('logs', 'log-group:/aws/codebuild/mangoo-2:log-stream:1'),
      regional('logs', 'log-group:/aws/codebuild/mangoo-build-deploy:log-stream:1'),
      regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:1', '444455556666'),
    ),
    'make or unmake log groups, or what they say': [
      ...all(
        [
          'logs:CreateLogGroup',
          'logs:DeleteLogGroup',
          'logs:DeleteRetentionPolicy',
          'logs:PutRetentionPolicy',
        ],
        regional('logs', 'log-group:/aws/codebuild/mangoo'),
        regional('logs', 'log-group:/aws/codebuild/mangoo-build-deploy'),
      ),
      ...all(['logs:DeleteLogStream', 'logs:GetLogEvents'], STREAM),
    ],
    "take a role that is not the application's bootstrap's deploying or publishing one": all(
      ['sts:AssumeRole'],
      roleArn(`cdk-mangoo-cfn-exec-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-mangoo-lookup-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-mangoo-image-publishing-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-hnb659fds-deploy-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-hnb659fds-file-publishing-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-us-east-1`),
      roleArn(`cdk-mangoo-deploy-role-${ACCOUNT}-eu-west-1`),
      roleArn('cdk-mangoo-deploy-role-444455556666-us-east-1', '444455556666'),
      roleArn(`cdk-mangoo-deploy-role-${ACCOUNT}-us-east-1`, '444455556666'),
      roleArn('mangoo-build-deploy-role'),
      roleArn('Admin'),
    ),
    'change any role, policy or user': [
      ...all(
        [
          'iam:AttachRolePolicy',
          'iam:CreateRole',
          'iam:DeleteRole',
          'iam:DeleteRolePermissionsBoundary',
          'iam:GetRole',
          'iam:PassRole',
          'iam:PutRolePermissionsBoundary',
          'iam:PutRolePolicy',
          'iam:UpdateAssumeRolePolicy',
        ],
        roleArn('mangoo-build-deploy-role'),
        roleArn('MangooStack-BackendTaskRole-1'),
      ),
      ...all(['iam:CreatePolicyVersion'], `arn:aws:iam::${ACCOUNT}:policy/mangoo-deploy-identity`),
      ...all(['iam:CreateAccessKey', 'iam:CreateUser'], `arn:aws:iam::${ACCOUNT}:user/back-door`),
    ],
    'deploy past its bootstrap, or change the pipeline': [
      ...all(
        [
          'cloudformation:CreateChangeSet',
          'cloudformation:DeleteStack',
          'cloudformation:ExecuteChangeSet',
          'cloudformation:UpdateStack',
        ],
        regional('cloudformation', 'stack/MangooCodeBuildStack/0a1b'),
        regional('cloudformation', 'stack/MangooStack/0a1b'),
      ),
      ...all(
        [
          'codebuild:DeleteProject',
          'codebuild:StartBuild',
          'codebuild:UpdateProject',
          'codebuild:UpdateWebhook',
        ],
        PROJECT,
      ),
    ],
    'look at builds of other projects, or stop them': all(
      TURN,
      regional('codebuild', 'project/mangoo-build-dev'),
      regional('codebuild', 'project/mangoo-build-deploy-2'),
      regional('codebuild', 'project/mangoo-build-deploy', '444455556666'),
      regional('codebuild', 'project/mangoo-build-deploy', ACCOUNT, 'eu-west-1'),
    ),
    'look at stacks of others, the pipeline among them, or into its own': [
      ...all(
        ['cloudformation:DescribeStacks'],
        regional('cloudformation', 'stack/MangooCodeBuildStack/0a1b'),
        regional('cloudformation', 'stack/MangooStack-Dev/0a1b'),
        regional('cloudformation', 'stack/MangooStack/0a1b', '444455556666'),
      ),
      ...all(
        ['cloudformation:DescribeChangeSet', 'cloudformation:GetTemplate'],
        regional('cloudformation', 'stack/MangooStack/0a1b'),
      ),
      ...all(
        ['cloudformation:DescribeStackResources'],
        regional('cloudformation', 'stack/MangooCodeBuildStack/0a1b'),
      ),
    ],
    'read logs of others, its own among them': all(
      ['logs:GetLogEvents', 'logs:FilterLogEvents'],
      STREAM,
      regional('logs', 'log-group:MangooStack:log-stream:x'),
      regional('logs', 'log-group:/aws/lambda/other:log-stream:x'),
    ),
    'read what is live elsewhere, or remove the record': [
      ...all(
        ['ssm:GetParameter', 'ssm:GetParameterHistory'],
        regional('ssm', 'parameter/mangoo-releases/dev'),
        regional('ssm', 'parameter/mangoo-releases/default/x'),
        regional('ssm', 'parameter/mangoo/prod/db-password'),
      ),
      ...all(['ssm:DeleteParameter', 'ssm:LabelParameterVersion'], RELEASE),
    ],
    'touch services of others, or more than roll its own': [
      ...all(
        ['ecs:DescribeServices', 'ecs:UpdateService'],
        regional('ecs', 'service/mangoo-cluster/other-service'),
        regional('ecs', 'service/other/mangoo-backend-service'),
      ),
      ...all(['ecs:CreateService', 'ecs:DeleteService'], ...SERVICES),
      ...all(['ecs:ExecuteCommand', 'ecs:StopTask'], regional('ecs', 'task/mangoo-cluster/0a1b')),
      ...all(['ecs:RegisterTaskDefinition'], regional('ecs', 'task-definition/MangooStackBackendTask:1')),
    ],
    'look at tasks of other clusters': [
      { action: 'ecs:ListTasks', on: regional('ecs', 'container-instance/other/0a1b'), with: OTHER_CLUSTER },
      { action: 'ecs:DescribeTasks', on: regional('ecs', 'task/other/0a1b'), with: OTHER_CLUSTER },
      { action: 'ecs:DescribeTasks', on: regional('ecs', 'task/other/0a1b') },
    ],
    "read other parameters and secrets, the application's password among them, or write any": [
      ...all(
        ['ssm:GetParameters'],
        regional('ssm', 'parameter/other'),
        regional('ssm', 'parameter/mangoo-app/x'),
        regional('ssm', 'parameter/mangoo/x', '444455556666'),
      ),
      ...all(
        ['ssm:DeleteParameter', 'ssm:GetParametersByPath', 'ssm:PutParameter'],
        regional('ssm', 'parameter/mangoo/x'),
      ),
      ...all(
        ['ssm:GetParameter', 'ssm:PutParameter'],
        regional('ssm', 'parameter/mangoo-releases'),
        regional('ssm', 'parameter/mangoo-releases/dev'),
        regional('ssm', 'parameter/mangoo-releases/default/x'),
      ),
      ...all(
        ['ssm:DeleteParameter', 'ssm:GetParameters'],
        regional('ssm', 'parameter/mangoo-releases/default'),
      ),
      ...all(
        ['secretsmanager:GetSecretValue'],
        regional('secretsmanager', 'secret:mangoo-app/MangooStack/database-AbCdEf'),
        regional('secretsmanager', 'secret:mangoo-AbCdEf'),
        regional('secretsmanager', 'secret:other/mangoo/x-AbCdEf'),
      ),
      ...all(
        ['secretsmanager:DeleteSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecret'],
        regional('secretsmanager', 'secret:mangoo/x-AbCdEf'),
      ),
    ],
    "write into other projects' reports, or delete its own": [
      ...all(['codebuild:CreateReport'], regional('codebuild', 'report-group/other-tests')),
      ...all(
        ['codebuild:DeleteReportGroup'],
        regional('codebuild', 'report-group/mangoo-build-deploy-backend-tests'),
      ),
    ],
    "imitate or silence the pipeline's own messages": [
      ...all(
        ['s3:GetObject', 's3:PutObject'],
        `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/notifications/mangoo-build-deploy:0a1b`,
      ),
      ...all(['sns:Publish', 'sns:Unsubscribe'], regional('sns', 'mangoo-build-deploy-notifications')),
      ...all(['sqs:PurgeQueue', 'sqs:SendMessage'], regional('sqs', 'mangoo-build-deploy-dead-letters')),
      ...all(
        ['lambda:InvokeFunction', 'lambda:UpdateFunctionCode'],
        regional('lambda', 'function:mangoo-build-deploy-notifier'),
      ),
      ...all(['events:DisableRule', 'events:PutRule'], regional('events', 'rule/MangooCodeBuildStack-1')),
      ...all(
        ['cloudwatch:DeleteAlarms', 'cloudwatch:SetAlarmState'],
        regional('cloudwatch', 'alarm:mangoo-build-deploy-duration'),
      ),
      { action: 'cloudwatch:PutMetricData', on: '*' },
    ],
    'make machines, networks or databases': [
      { action: 'ec2:RunInstances', on: regional('ec2', 'instance/*') },
      { action: 'ec2:CreateVpc', on: regional('ec2', 'vpc/vpc-0a1b') },
      { action: 'rds:DeleteDBCluster', on: regional('rds', 'cluster:mangoostack-database') },
      { action: 'lambda:CreateFunction', on: regional('lambda', 'function:x') },
    ],
  };

  test.each(Object.entries(DENIED))('%s', async (_, requests) => {
    expect(await surprises('denied', policies, requests)).toEqual([]);
  });

  test('use a connection to GitHub, when it has none', async () => {
    const on = regional('codeconnections', 'connection/01234567-89ab-cdef-0123-456789abcdef');

    expect(await isAllowed(policies, { action: 'codeconnections:UseConnection', on })).toBe(false);
  });
});

describe('with a connection', () => {
  const mine = regional('codeconnections', 'connection/01234567-89ab-cdef-0123-456789abcdef');

  test('a build may use it, may use no other, and may change neither', async () => {
    const connected = documents(
      buildRole({ github: { owner: 'jhonmezaa', repo: 'mangoo', connectionArn: mine } }),
    );
    const other = mine.replace('0123', '3210');
    const use = [
      'codeconnections:GetConnection',
      'codeconnections:GetConnectionToken',
      'codeconnections:UseConnection',
    ];

    expect(await surprises('allowed', connected, all(use, mine))).toEqual([]);
    expect(
      await surprises('denied', connected, [
        ...all(use, other),
        ...all(['codeconnections:DeleteConnection', 'codeconnections:PassConnection'], mine),
      ]),
    ).toEqual([]);
  });
});

describe('what only a configuration that asks for it gives', () => {
  const FINDINGS = [
    ...all(['ecr:DescribeImageScanFindings'], ...REPOSITORIES),
    // Asked by ECR in the build's name, where the registry has enhanced scanning.
    ...all(['inspector2:ListCoverage', 'inspector2:ListFindings'], '*'),
  ];
  const CHANNELS = all(
    [
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    '*',
  );

  test('a build that refuses vulnerabilities reads what was found in its images, and in no others', async () => {
    const given = buildRole({ imageScan: { refuse: 'HIGH' } });

    expect(await surprises('allowed', documents(given), FINDINGS)).toEqual([]);
    expect(
      await surprises('denied', documents(given), [
        ...all(['ecr:DescribeImageScanFindings'], regional('ecr', 'repository/other')),
        ...all(['ecr:StartImageScan', 'ecr:PutImageScanningConfiguration'], ...REPOSITORIES),
      ]),
    ).toEqual([]);
    expect(await surprises('denied', documents(given), CHANNELS)).toEqual([]);
    expect(given.Policies.map(({ PolicyName }) => PolicyName)).toEqual([...POLICIES, 'scan']);
  });

  test('a build that may be entered opens the channels of Session Manager, and no session itself', async () => {
    const given = buildRole({ build: { ...mangoo.build, debugSessions: true } });

    expect(await surprises('allowed', documents(given), CHANNELS)).toEqual([]);
    expect(
      await surprises('denied', documents(given), [
        { action: 'ssm:StartSession', on: regional('ssm', 'document/SSM-SessionManagerRunShell') },
        ...FINDINGS,
      ]),
    ).toEqual([]);
    expect(given.Policies.map(({ PolicyName }) => PolicyName)).toEqual([...POLICIES, 'debugging']);
  });

  test('otherwise none of it is there', async () => {
    expect(await surprises('denied', policies, [...FINDINGS, ...CHANNELS])).toEqual([]);
    expect(buildRole({ build: { ...mangoo.build, debugSessions: false } })).toEqual(role);
  });
});

describe('who may take the role', () => {
  test('CodeBuild, for this project of this account, and nobody else', () => {
    expect(role.AssumeRolePolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'codebuild.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceArn': PROJECT, 'aws:SourceAccount': ACCOUNT } },
        },
      ],
    });
  });

  test('the project that takes it is the one that the condition names', () => {
    const { template } = synthesize();
    const { Properties } = only(template, 'AWS::CodeBuild::Project');

    expect(PROJECT.endsWith(`/${String(Properties.Name)}`)).toBe(true);
    expect(Properties.ServiceRole).toEqual({
      'Fn::GetAtt': [only(template, 'AWS::IAM::Role', { RoleName: 'mangoo-build-deploy-role' }).id, 'Arn'],
    });
  });
});

describe('how the role is written', () => {
  /** Every action that is allowed on all resources, with the reason why it cannot be on fewer. */
  const EVERYWHERE: Readonly<Record<string, string>> = {
    'ecr:GetAuthorizationToken': 'the API has no resource: the token is for the whole registry',
    'ecs:DescribeTasks': 'task ids are not known beforehand; the cluster is a condition',
    'ecs:ListTasks': 'judged on container instances, which Fargate does not have; the cluster is a condition',
  };

  function statements(): Statement[] {
    return policies.flatMap(({ Statement }) => Statement);
  }

  test('no action is allowed on every resource but those that have a reason', () => {
    const everywhere = statements()
      .filter(({ Resource }) => listed(Resource).includes('*'))
      .flatMap(({ Action }) => listed(Action));

    expect(everywhere.sort()).toEqual(Object.keys(EVERYWHERE).sort());
  });

  test('no action is a pattern, and nothing is denied, excepted or inverted', () => {
    const written = statements();

    expect(written.flatMap(({ Action }) => listed(Action)).filter((action) => /[*?]/.test(action))).toEqual(
      [],
    );
    expect(written.filter(({ Effect }) => Effect !== 'Allow')).toEqual([]);
    expect(JSON.stringify(written)).not.toMatch(/NotAction|NotResource|NotPrincipal/);
  });

  test("a wildcard only ever ends a name under a prefix of the pipeline's own", () => {
    const wildcards = statements()
      .flatMap(({ Resource }) => listed(Resource))
      .filter((resource) => resource !== '*' && resource.includes('*'));

    expect(wildcards.filter((resource) => !/^[^*?]*mangoo[^*?]*\*$/i.test(resource))).toEqual([]);
  });

  test('nothing is attached to it from outside, so what stands here is all', () => {
    const { template } = synthesize();

    expect(role).not.toHaveProperty('ManagedPolicyArns');
    template.resourceCountIs('AWS::IAM::Policy', 0);
    expect(role.Policies.map(({ PolicyName }) => PolicyName)).toEqual(POLICIES);
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::ManagedPolicy'))) {
      expect(Properties).not.toHaveProperty('Roles');
    }
  });
});
