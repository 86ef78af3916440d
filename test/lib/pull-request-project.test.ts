import devAndProd from '../../config/examples/dev-and-prod';
import mangoo from '../../config/mangoo';
import type { EnvironmentConfig, PipelineConfig } from '../../lib/config';
import { BUILDSPEC_PHASES, parseBuildspec } from '../../tools/buildspec/buildspec';
import { all, listed, type PolicyDocument, type Request, surprises } from './decision';
import { HERE, resolved, type TemplateJson } from './resolved';
import { OFF, ON, only, synthesize, synthesizeAll } from './synthesized';

const ACCOUNT = HERE.account;
const PROJECT = `arn:aws:codebuild:us-east-1:${ACCOUNT}:project/mangoo-pull-requests`;
const CONNECTION = `arn:aws:codeconnections:us-east-1:${ACCOUNT}:connection/01234567-89ab-cdef-0123-456789abcdef`;

interface Project {
  readonly Name: string;
  readonly ServiceRole: unknown;
  readonly Source: Readonly<Record<string, unknown>> & { readonly BuildSpec: string };
  readonly Artifacts: unknown;
  readonly Cache: unknown;
  readonly LogsConfig: { readonly CloudWatchLogs: { readonly GroupName: unknown } };
  readonly Triggers: {
    readonly FilterGroups: readonly (readonly { readonly Type: string; readonly Pattern: string }[])[];
    readonly PullRequestBuildPolicy?: unknown;
  };
  readonly Environment: Readonly<Record<string, unknown>> & {
    readonly EnvironmentVariables: readonly {
      readonly Name: string;
      readonly Type: string;
      readonly Value: string;
    }[];
  };
}

interface Role {
  readonly AssumeRolePolicyDocument: unknown;
  readonly Policies: readonly { readonly PolicyName: string; readonly PolicyDocument: PolicyDocument }[];
}

interface Made {
  readonly template: TemplateJson;
  readonly text: string;
  readonly project: Project;
  readonly role: Role;
}

function made(config: Partial<PipelineConfig> = {}, environment?: Partial<EnvironmentConfig>): Made {
  const { template, text } = synthesize({ config: { pullRequests: {}, ...config }, environment });
  const json = template.toJSON() as TemplateJson;
  const find = (type: string, properties: Record<string, unknown>): unknown =>
    resolved(json, only(template, type, properties).Properties);
  return {
    template: json,
    text,
    project: find('AWS::CodeBuild::Project', { Name: 'mangoo-pull-requests' }) as Project,
    role: find('AWS::IAM::Role', { RoleName: 'mangoo-pull-requests-role' }) as Role,
  };
}

function documents({ Policies }: Role): PolicyDocument[] {
  return Policies.map(({ PolicyDocument }) => PolicyDocument);
}

let plain: Made;

beforeAll(() => {
  plain = made();
});

describe('what is built', () => {
  test('pull requests to exactly the branch that is deployed; their own branch says nothing, since a fork may have a main', () => {
    expect(plain.project.Triggers.FilterGroups).toEqual([
      [
        { Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED, PULL_REQUEST_REOPENED' },
        { Type: 'BASE_REF', Pattern: '^refs/heads/main$' },
      ],
    ]);
  });

  test('without branches of their own, those of all environments, each once', () => {
    const [first] = mangoo.environments;
    const environments = ['main', 'release/1.2', 'main'].map((branch) => ({
      ...first,
      name: 'default',
      branch,
    }));
    const { project } = made({ environments });

    expect(project.Triggers.FilterGroups.map(([, base]) => base)).toEqual([
      { Type: 'BASE_REF', Pattern: '^refs/heads/main$' },
      { Type: 'BASE_REF', Pattern: '^refs/heads/release/1\\.2$' },
    ]);
  });

  test('with branches of their own, these and no others', () => {
    const { project } = made({ pullRequests: { branches: ['develop'] } });

    expect(project.Triggers.FilterGroups.map(([, base]) => base)).toEqual([
      { Type: 'BASE_REF', Pattern: '^refs/heads/develop$' },
    ]);
  });

  test("a stranger's, after somebody who may write to the repository has approved the commit", () => {
    expect(plain.project.Triggers.PullRequestBuildPolicy).toEqual({
      RequiresCommentApproval: 'ALL_PULL_REQUESTS',
      ApproverRoles: ['GITHUB_ADMIN', 'GITHUB_MAINTAIN', 'GITHUB_WRITE'],
    });
    expect(made({ pullRequests: { approval: 'FORK_PULL_REQUESTS' } }).project.Triggers).toMatchObject({
      PullRequestBuildPolicy: { RequiresCommentApproval: 'FORK_PULL_REQUESTS' },
    });
  });

  test('of several environments, one has the project, and it builds pull requests to the branches of all', () => {
    const { stacks } = synthesizeAll({ ...devAndProd, pullRequests: {} });
    const asked = Object.entries(stacks).filter(([, { text }]) => text.includes('mangoo-pull-requests'));

    expect(asked.map(([name]) => name)).toEqual(['MangooCodeBuildStack-dev']);
    const [, { template }] = asked[0] ?? ['', { template: undefined }];
    const project = template && only(template, 'AWS::CodeBuild::Project', { Name: 'mangoo-pull-requests' });
    expect(project?.Properties.Triggers).toMatchObject({
      FilterGroups: [
        [{}, { Type: 'BASE_REF', Pattern: '^refs/heads/develop$' }],
        [{}, { Type: 'BASE_REF', Pattern: '^refs/heads/main$' }],
      ],
    });
  });
});

describe('what a build is', () => {
  test('its steps are the project’s own: a pull request that edits buildspec.yml changes nothing', () => {
    const buildspec = parseBuildspec(plain.project.Source.BuildSpec);

    expect(BUILDSPEC_PHASES.flatMap((phase) => buildspec.phases[phase]?.commands ?? [])).toEqual([
      'ci/install.sh',
      'ci/test.sh',
      'ci/check.sh',
    ]);
    expect(Object.keys(buildspec.variables)).toEqual(['PIP_DISABLE_PIP_VERSION_CHECK', 'IMAGES_TO_BUILD']);
    expect(buildspec.variables.IMAGES_TO_BUILD).toBe('backend frontend');
    expect(plain.project.Source.BuildSpec).not.toMatch(/parameter-store|secrets-manager|artifacts:\n|batch/);
  });

  test('it reports the tests of each image', () => {
    expect(
      parseBuildspec(plain.project.Source.BuildSpec).reports.map(({ name, files }) => [name, files]),
    ).toEqual([
      ['backend-tests', ['backend.xml']],
      ['frontend-tests', ['frontend.xml']],
    ]);
  });

  test('it is on a small machine, whose quota is not that of deployments, without the rights that Docker takes', () => {
    expect(plain.project.Environment).toMatchObject({
      ComputeType: 'BUILD_GENERAL1_SMALL',
      PrivilegedMode: false,
      Type: 'LINUX_CONTAINER',
    });
    expect(plain.project).not.toHaveProperty('VpcConfig');
    expect(made({ pullRequests: { computeType: 'MEDIUM' } }).project.Environment.ComputeType).toBe(
      'BUILD_GENERAL1_MEDIUM',
    );
  });

  test("no variable of the environment's own reaches it: one may be what nobody else should know", () => {
    const { project, text } = made(
      {},
      {
        variables: {
          PAYMENT_KEY: 'sk_live_0123',
          CDK_ENV: 'dev',
          CDK_STACK_NAME: 'MangooDev',
          ENVIRONMENT: 'dev',
        },
      },
    );
    const given = Object.fromEntries(
      project.Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]),
    );

    expect(text).toContain('sk_live_0123');
    expect(JSON.stringify(project)).not.toContain('sk_live_0123');
    expect(given).toEqual({
      APP_DIR: '.',
      BOOTSTRAP_QUALIFIER: 'mangoo',
      CDK_ENV: 'dev',
      CDK_STACK_NAME: 'MangooDev',
      ECS_CLUSTER: 'mangoo-cluster',
      ENVIRONMENT: 'dev',
      IMAGES:
        'backend,backend,mangoo-backend,mangoo-backend-service,200 frontend,frontend,mangoo-frontend,mangoo-frontend-service,50',
      NODEJS_VERSION: '20',
      PERMISSIONS_BOUNDARY: 'mangoo-deploy-boundary',
      PYTHON_VERSION: '3.11',
    });
    expect(new Set(project.Environment.EnvironmentVariables.map(({ Type }) => Type))).toEqual(
      new Set(['PLAINTEXT']),
    );
  });

  test('it stores no artifacts, and its cache is local, of this project alone: what it leaves there comes into no deployment', () => {
    const { project } = plain;

    expect(project.Artifacts).toEqual({ Type: 'NO_ARTIFACTS' });
    expect(project.Cache).toEqual({ Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE'] });
    expect(made({ build: { ...mangoo.build, cache: 'none' } }).project.Cache).toEqual({ Type: 'NO_CACHE' });
    // AWS has no local cache for it.
    expect(made({ pullRequests: { computeType: '2XLARGE' } }).project.Cache).toEqual({ Type: 'NO_CACHE' });
  });

  test('it logs apart from deployments, for as long, and its logs go with the project', () => {
    const [group] = Object.values(plain.template.Resources).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::Logs::LogGroup' && Properties?.LogGroupName === '/aws/codebuild/mangoo-pull-requests',
    );

    expect(plain.project.LogsConfig.CloudWatchLogs.GroupName).toBe('/aws/codebuild/mangoo-pull-requests');
    expect(group).toMatchObject({
      Properties: { RetentionInDays: mangoo.retention.logDays },
      DeletionPolicy: 'Delete',
    });
  });

  test('it has no badge, which tells of what is deployed, and nothing of it is public', () => {
    expect(plain.project).not.toHaveProperty('BadgeEnabled');
    expect(plain.project).not.toHaveProperty('Visibility');
  });

  test('GitHub shows how it went, by a name that a branch protection rule can require', () => {
    expect(plain.project.Source).toMatchObject({
      Location: 'https://github.com/jhonmezaa/mangoo.git',
      ReportBuildStatus: true,
      BuildStatusConfig: { Context: 'mangoo/pull-request' },
    });
  });
});

function regional(service: string, resource: string): string {
  return `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`;
}

function roleArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${name}`;
}

const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const REPORT = [
  'codebuild:BatchPutTestCases',
  'codebuild:CreateReport',
  'codebuild:CreateReportGroup',
  'codebuild:UpdateReport',
];
const USE = [
  'codeconnections:GetConnection',
  'codeconnections:GetConnectionToken',
  'codeconnections:UseConnection',
];

describe('what a build may do', () => {
  const ALLOWED = [
    ...all(LOG, regional('logs', 'log-group:/aws/codebuild/mangoo-pull-requests:log-stream:0a1b')),
    ...all(REPORT, regional('codebuild', 'report-group/mangoo-pull-requests-backend-tests')),
  ];

  test('write its log and its reports', async () => {
    expect(await surprises('allowed', documents(plain.role), ALLOWED)).toEqual([]);
  });

  test('and nothing more', () => {
    const given = documents(plain.role)
      .flatMap(({ Statement }) => Statement)
      .flatMap(({ Action }) => listed(Action));

    expect([...given].sort()).toEqual([...LOG, ...REPORT].sort());
    expect(plain.role).not.toHaveProperty('ManagedPolicyArns');
    expect(Object.values(plain.template.Resources).filter(({ Type }) => Type === 'AWS::IAM::Policy')).toEqual(
      [],
    );
  });

  test('with a connection, have CodeBuild clone by this one, and no other', async () => {
    const connected = made({ github: { ...mangoo.github, connectionArn: CONNECTION } });

    expect(connected.project.Source.Auth).toEqual({ Type: 'CODECONNECTIONS', Resource: CONNECTION });
    expect(await surprises('allowed', documents(connected.role), all(USE, CONNECTION))).toEqual([]);
    expect(
      await surprises('denied', documents(connected.role), [
        ...all(USE, CONNECTION.replace('0123', '3210')),
        ...all(['codeconnections:DeleteConnection', 'codeconnections:PassConnection'], CONNECTION),
      ]),
    ).toEqual([]);
    expect(connected.role.Policies.map(({ PolicyName }) => PolicyName)).toEqual(['output', 'connection']);
  });
});

describe('what a build may not do, whatever a pull request has it run', () => {
  const DENIED: Readonly<Record<string, readonly Request[]>> = {
    'push an image, or look into the registry': [
      { action: 'ecr:GetAuthorizationToken', on: '*' },
      ...all(
        [
          'ecr:BatchGetImage',
          'ecr:CompleteLayerUpload',
          'ecr:CreateRepository',
          'ecr:DescribeImages',
          'ecr:GetDownloadUrlForLayer',
          'ecr:InitiateLayerUpload',
          'ecr:PutImage',
          'ecr:UploadLayerPart',
        ],
        regional('ecr', 'repository/mangoo-backend'),
        regional('ecr', 'repository/mangoo-pull-requests'),
      ),
    ],
    'take any role, least of all one that deploys': all(
      ['sts:AssumeRole'],
      ...['deploy', 'file-publishing', 'image-publishing', 'lookup', 'cfn-exec'].flatMap((role) => [
        roleArn(`cdk-mangoo-${role}-role-${ACCOUNT}-us-east-1`),
        roleArn(`cdk-hnb659fds-${role}-role-${ACCOUNT}-us-east-1`),
      ]),
      roleArn('mangoo-build-deploy-role'),
      roleArn('mangoo-pull-requests-role'),
      'arn:aws:iam::444455556666:role/Admin',
    ),
    'pass a role, or change one': [
      ...all(
        [
          'iam:AttachRolePolicy',
          'iam:CreateRole',
          'iam:PassRole',
          'iam:PutRolePolicy',
          'iam:UpdateAssumeRolePolicy',
        ],
        roleArn('mangoo-pull-requests-role'),
        roleArn('mangoo-build-deploy-role'),
        roleArn(`cdk-mangoo-cfn-exec-role-${ACCOUNT}-us-east-1`),
      ),
      ...all(['iam:CreateAccessKey', 'iam:CreateUser'], `arn:aws:iam::${ACCOUNT}:user/back-door`),
    ],
    deploy: [
      ...all(
        [
          'cloudformation:CreateChangeSet',
          'cloudformation:DeleteStack',
          'cloudformation:ExecuteChangeSet',
          'cloudformation:UpdateStack',
        ],
        regional('cloudformation', 'stack/MangooStack/0a1b'),
        regional('cloudformation', 'stack/MangooCodeBuildStack/0a1b'),
      ),
      ...all(['ecs:UpdateService'], regional('ecs', 'service/mangoo-cluster/mangoo-backend-service')),
      ...all(['ecs:ExecuteCommand'], regional('ecs', 'task/mangoo-cluster/0a1b')),
    ],
    'read a parameter or a secret': [
      ...all(
        ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
        regional('ssm', 'parameter/mangoo/prod/db-password'),
        regional('ssm', 'parameter/mangoo-pull-requests/x'),
        regional('ssm', 'parameter/cdk-bootstrap/mangoo/version'),
      ),
      ...all(
        ['secretsmanager:GetSecretValue'],
        regional('secretsmanager', 'secret:mangoo/npm-AbCdEf'),
        regional('secretsmanager', 'secret:mangoo-app/MangooStack/database-AbCdEf'),
      ),
    ],
    "read or write artifacts, or a bootstrap's assets": all(
      ['s3:GetObject', 's3:PutObject'],
      `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/builds/0a1b/images.tsv`,
      `arn:aws:s3:::cdk-mangoo-assets-${ACCOUNT}-us-east-1/template.json`,
    ),
    'list a bucket': all(['s3:ListBucket'], `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}`),
    "write into the deployments' log, whose lines raise alarms, or read any": [
      ...all(
        LOG,
        regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:0a1b'),
        regional('logs', 'log-group:/aws/codebuild/mangoo-pull-requests-2:log-stream:0a1b'),
        regional('logs', 'log-group:/aws/codebuild/mangoo-build-deploy:log-stream:0a1b'),
      ),
      ...all(
        ['logs:GetLogEvents'],
        regional('logs', 'log-group:/aws/codebuild/mangoo-pull-requests:log-stream:0a1b'),
      ),
      ...all(
        ['logs:CreateLogGroup', 'logs:DeleteLogGroup', 'logs:PutRetentionPolicy'],
        regional('logs', 'log-group:/aws/codebuild/mangoo-pull-requests'),
      ),
    ],
    "write the deployments' test reports": all(
      REPORT,
      regional('codebuild', 'report-group/mangoo-build-deploy-backend-tests'),
    ),
    'change a project, its hook, or start one that deploys': all(
      [
        'codebuild:CreateWebhook',
        'codebuild:DeleteProject',
        'codebuild:InvalidateProjectCache',
        'codebuild:StartBuild',
        'codebuild:UpdateProject',
        'codebuild:UpdateWebhook',
      ],
      PROJECT,
      regional('codebuild', 'project/mangoo-build-deploy'),
    ),
    'speak in the name of the pipeline': [
      ...all(['sns:Publish'], regional('sns', 'mangoo-build-deploy-notifications')),
      ...all(['events:PutEvents'], regional('events', 'event-bus/default')),
      { action: 'cloudwatch:PutMetricData', on: '*' },
    ],
    'be entered by Session Manager': all(
      ['ssmmessages:CreateDataChannel', 'ssmmessages:OpenDataChannel'],
      '*',
    ),
    'use a connection to GitHub, when it has none': all(USE, CONNECTION),
  };

  test.each(Object.entries(DENIED))('%s', async (_, requests) => {
    expect(await surprises('denied', documents(plain.role), requests)).toEqual([]);
  });

  test('nor does anything else that a configuration asks for open it', () => {
    expect(made({ ...ON, pullRequests: {} }).role.Policies).toEqual(plain.role.Policies);
  });
});

describe('whose role it is', () => {
  test('that of CodeBuild, for this project of this account, and of nobody else', () => {
    expect(plain.role.AssumeRolePolicyDocument).toEqual({
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

  test.each<[string, Partial<PipelineConfig>]>([
    ['the pipeline alone', { ...OFF, pullRequests: {} }],
    ['everything on', { ...ON }],
    ['a connection', { github: { ...mangoo.github, connectionArn: CONNECTION } }],
    [
      'branches of their own',
      { pullRequests: { branches: ['main', 'develop'], approval: 'FORK_PULL_REQUESTS' } },
    ],
  ])(
    'with %s, no pull request comes to a project with another role, and no push to this one',
    (_, config) => {
      const { template } = made(config);
      const projects = Object.values(template.Resources)
        .filter(({ Type }) => Type === 'AWS::CodeBuild::Project')
        .map(({ Properties }) => resolved(template, Properties) as Project);
      const events = ({ Triggers }: Project): string[] =>
        Triggers.FilterGroups.map(
          (group) => group.find(({ Type }) => Type === 'EVENT')?.Pattern ?? 'anything',
        );

      expect(projects.map((project) => [project.ServiceRole, [...new Set(events(project))]])).toEqual([
        [roleArn('mangoo-build-deploy-role'), ['PUSH']],
        [
          roleArn('mangoo-pull-requests-role'),
          ['PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED, PULL_REQUEST_REOPENED'],
        ],
      ]);
      expect(projects.every(({ Triggers }) => Triggers.FilterGroups.length > 0)).toBe(true);
    },
  );
});

describe('a configuration that does not ask for it', () => {
  test('gets none of it', () => {
    const { text } = synthesize();

    expect(text).not.toMatch(/pull.?request/i);
  });

  test('and one that does gets nothing else: what there was stays as it was', () => {
    const before = synthesize().template.toJSON() as TemplateJson;
    const others = Object.entries(plain.template.Resources).filter(([id]) => !id.startsWith('PullRequests'));

    expect(Object.fromEntries(others)).toEqual(before.Resources);
  });

  test('nobody is told of pull requests: an author sees the status at GitHub', () => {
    const { template } = made({ ...ON });
    const rules = Object.values(template.Resources).filter(({ Type }) =>
      /^AWS::(?:Events::Rule|CloudWatch::|Logs::MetricFilter)/.test(Type),
    );

    expect(rules.length).toBeGreaterThan(0);
    expect(JSON.stringify(rules)).not.toContain('mangoo-pull-requests');
    expect(JSON.stringify(rules)).not.toContain('PullRequests');
  });
});
