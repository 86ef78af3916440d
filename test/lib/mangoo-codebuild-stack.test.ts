import dockerServer from '../../config/examples/docker-server';
import mangoo from '../../config/mangoo';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import type { PipelineConfig } from '../../lib/config';
import { OFF, ON, only, type Synthesized, synthesize } from './synthesized';

const CONNECTION =
  'arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef';

let agnostic: Synthesized;
let placed: Synthesized;
let connected: Synthesized;
let bare: Synthesized;
let full: Synthesized;

beforeAll(() => {
  agnostic = synthesize();
  placed = synthesize({ env: { account: '111122223333', region: 'eu-west-1' } });
  connected = synthesize({
    config: { github: { owner: 'jhonmezaa', repo: 'mangoo', connectionArn: CONNECTION } },
  });
  bare = synthesize({ config: OFF });
  full = synthesize({ config: ON });
});

function project(template: Template = agnostic.template): Record<string, unknown> {
  return only(template, 'AWS::CodeBuild::Project').Properties;
}

function variables(template: Template): { Name: string; Type: string; Value: string }[] {
  return (project(template).Environment as { EnvironmentVariables: never }).EnvironmentVariables;
}

function bucket(): Record<string, unknown> {
  return only(agnostic.template, 'AWS::S3::Bucket').Properties;
}

interface LifecycleRule {
  readonly rulePriority: number;
  readonly selection: Readonly<Record<string, unknown>>;
  readonly action: { readonly type: string };
}

function lifecycles(template: Template = agnostic.template): LifecycleRule[][] {
  return Object.values(template.findResources('AWS::ECR::Repository')).map((repository) => {
    const { LifecyclePolicy } = repository.Properties as { LifecyclePolicy: { LifecyclePolicyText: string } };
    return (JSON.parse(LifecyclePolicy.LifecyclePolicyText) as { rules: LifecycleRule[] }).rules;
  });
}

describe('what starts a build', () => {
  test('a push to exactly the branch, unless its message says [skip ci], and nothing else', () => {
    expect(project().Triggers).toEqual({
      Webhook: true,
      FilterGroups: [
        [
          { Type: 'EVENT', Pattern: 'PUSH' },
          { Type: 'HEAD_REF', Pattern: '^refs/heads/main$' },
          { Type: 'COMMIT_MESSAGE', Pattern: '\\[skip ci\\]', ExcludeMatchedPattern: true },
        ],
      ],
    });
  });

  test("another environment's branch is the only one that its project builds", () => {
    const { template } = synthesize({ environment: { name: 'dev', branch: 'release/1.2' } });

    expect(project(template)).toMatchObject({
      Name: 'mangoo-build-dev',
      SourceVersion: 'release/1.2',
      Triggers: { FilterGroups: [[{}, { Pattern: '^refs/heads/release/1\\.2$' }, {}]] },
    });
  });

  test('a build that somebody starts by hand without saying what builds the branch, not the default branch', () => {
    expect(project().SourceVersion).toBe('main');
  });

  test('no push is dropped because another build runs', () => {
    expect(project()).not.toHaveProperty('ConcurrentBuildLimit');
    expect(project()).not.toHaveProperty('AutoRetryLimit');
  });
});

describe('how the build reaches GitHub', () => {
  test("without a connection, by the account's imported credential: the template holds no credential of any kind", () => {
    const source = project().Source as Record<string, unknown>;

    expect(source).toMatchObject({
      Type: 'GITHUB',
      Location: 'https://github.com/jhonmezaa/mangoo.git',
      BuildSpec: 'buildspec.yml',
    });
    expect(source).not.toHaveProperty('Auth');
    agnostic.template.resourceCountIs('AWS::CodeBuild::SourceCredential', 0);
    expect(agnostic.text).not.toMatch(/codeconnections|codestar-connections|oauth|resolve:secretsmanager/i);
    expect(agnostic.text).not.toMatch(/gh[pousr]_|github_pat_/);
  });

  test('with a connection, by it, and the role may use it from its first second', () => {
    expect(project(connected.template).Source).toMatchObject({
      Auth: { Type: 'CODECONNECTIONS', Resource: CONNECTION },
    });
    // In the role's own resource: a policy of its own would come after the webhook was refused.
    connected.template.hasResourceProperties('AWS::IAM::Role', {
      Policies: Match.arrayWith([
        {
          PolicyName: 'connection',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: [
                  'codeconnections:GetConnection',
                  'codeconnections:GetConnectionToken',
                  'codeconnections:UseConnection',
                ],
                Resource: CONNECTION,
              },
            ],
          },
        },
      ]),
    });
    connected.template.resourceCountIs('AWS::IAM::Policy', 0);
    connected.template.resourceCountIs('AWS::CodeBuild::SourceCredential', 0);
  });

  test("a connection made before 2024 is used under both of its service's names", () => {
    const old = CONNECTION.replace('codeconnections', 'codestar-connections');
    const { text } = synthesize({
      config: { github: { owner: 'jhonmezaa', repo: 'mangoo', connectionArn: old } },
    });

    expect(text).toContain('"codestar-connections:UseConnection"');
    expect(text).toContain('"codeconnections:UseConnection"');
  });

  test('whoever looks at the commit on GitHub sees whether its build failed', () => {
    expect(project().Source).toMatchObject({ ReportBuildStatus: true });
  });
});

test('a README can show whether the last build passed, and nobody sees logs or artifacts for that', () => {
  expect(project().BadgeEnabled).toBe(true);
  // What would make them public.
  expect(project()).not.toHaveProperty('Visibility');
  expect(project()).not.toHaveProperty('ResourceAccessRole');
});

describe('where a build runs', () => {
  test('as the guide asks: standard:7.0, LARGE, 60 minutes, and privileged, or Docker would not start', () => {
    expect(project()).toMatchObject({
      Name: 'mangoo-build-deploy',
      TimeoutInMinutes: 60,
      Environment: {
        Type: 'LINUX_CONTAINER',
        Image: 'aws/codebuild/standard:7.0',
        ImagePullCredentialsType: 'CODEBUILD',
        ComputeType: 'BUILD_GENERAL1_LARGE',
        PrivilegedMode: true,
      },
    });
  });

  test.each([
    ['SMALL', 'BUILD_GENERAL1_SMALL'],
    ['MEDIUM', 'BUILD_GENERAL1_MEDIUM'],
    ['XLARGE', 'BUILD_GENERAL1_XLARGE'],
    ['2XLARGE', 'BUILD_GENERAL1_2XLARGE'],
  ] as const)(
    '%s is the size that CodeBuild calls %s, so nobody pays for another',
    (computeType, expected) => {
      const { template } = synthesize({
        config: {
          build: {
            image: 'standard:7.0',
            computeType,
            timeoutMinutes: 5,
            nodejs: '20',
            python: '3.11',
            cache: 'none',
          },
        },
      });

      expect(project(template)).toMatchObject({
        TimeoutInMinutes: 5,
        Environment: { ComputeType: expected },
        Cache: { Type: 'NO_CACHE' },
      });
    },
  );

  test("a Docker server keeps the images' layers, so that the host need not; without one, nothing of it is there", () => {
    const { template } = synthesize({ config: dockerServer });

    expect(project(template)).toMatchObject({
      Environment: { DockerServer: { ComputeType: 'BUILD_GENERAL1_SMALL' }, PrivilegedMode: true },
      Cache: { Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE'] },
    });
    expect(project(template)).not.toHaveProperty('Environment.DockerServer.SecurityGroupIds');
    expect(project()).not.toHaveProperty('Environment.DockerServer');
  });

  test.each([
    ['MEDIUM', 'BUILD_GENERAL1_MEDIUM'],
    ['LARGE', 'BUILD_GENERAL1_LARGE'],
    ['XLARGE', 'BUILD_GENERAL1_XLARGE'],
    ['2XLARGE', 'BUILD_GENERAL1_2XLARGE'],
  ] as const)(
    'a Docker server of %s is what CodeBuild calls %s, so nobody pays for another',
    (size, expected) => {
      const { template } = synthesize({ config: { build: { ...mangoo.build, dockerServer: size } } });

      expect(project(template)).toMatchObject({ Environment: { DockerServer: { ComputeType: expected } } });
    },
  );

  test('Docker layers and download caches stay on the host, and nothing of the source does', () => {
    expect(project().Cache).toEqual({
      Type: 'LOCAL',
      Modes: ['LOCAL_DOCKER_LAYER_CACHE', 'LOCAL_CUSTOM_CACHE'],
    });
  });

  test("no variable of the build is a secret's plain text, and an environment's own variables win", () => {
    const { template } = synthesize({
      environment: { variables: { CDK_ENV: 'staging', FEATURE: 'on' } },
    });
    const given = variables(template);

    expect(Object.fromEntries(given.map(({ Name, Value }) => [Name, Value as unknown]))).toEqual({
      APP_DIR: '.',
      IMAGES:
        'backend,backend,mangoo-backend,mangoo-backend-service,200 frontend,frontend,mangoo-frontend,mangoo-frontend-service,50',
      ECS_CLUSTER: 'mangoo-cluster',
      CDK_STACK_NAME: 'MangooStack',
      CDK_ENV: 'staging',
      ENVIRONMENT: 'prod',
      NODEJS_VERSION: '20',
      PYTHON_VERSION: '3.11',
      ECR_LIFECYCLE_POLICY: expect.stringContaining('"rules"') as unknown,
      RESOURCE_TAGS: expect.stringContaining('{"Key":"project","Value":"mangoo"}') as unknown,
      DEPLOYED_TAG: 'latest',
      RELEASE_PARAMETER: '/mangoo-releases/default',
      BOOTSTRAP_QUALIFIER: 'mangoo',
      PERMISSIONS_BOUNDARY: 'mangoo-deploy-boundary',
      FEATURE: 'on',
    });
    expect(given.filter(({ Type }) => Type !== 'PLAINTEXT')).toEqual([]);
  });

  test('an image without a target keeps its place in the list, so that no script takes a field for another', () => {
    const [image] = mangoo.images;
    if (!image) throw new Error('config/mangoo.ts has lost its images');
    const { template } = synthesize({ config: { images: [{ ...image, maxSizeMB: undefined }] } });

    expect(variables(template)).toContainEqual({
      Name: 'IMAGES',
      Type: 'PLAINTEXT',
      Value: 'backend,backend,mangoo-backend,mangoo-backend-service,',
    });
  });

  test('a build is told which vulnerabilities it refuses, as the configuration has it, and only where it refuses any', () => {
    const [scan] = variables(full.template).filter(({ Name }) => Name === 'IMAGE_SCAN');

    expect(JSON.parse(scan?.Value ?? '')).toEqual(ON.imageScan);
    expect(variables(agnostic.template).map(({ Name }) => Name)).not.toContain('IMAGE_SCAN');
  });
});

describe('what a build leaves', () => {
  test('its files directly in builds/{build-id}/, unpacked, and encrypted', () => {
    const { id } = only(agnostic.template, 'AWS::S3::Bucket');
    const artifacts = project().Artifacts;

    expect(artifacts).toEqual({
      Type: 'S3',
      Location: { Ref: id },
      Path: 'builds',
      NamespaceType: 'BUILD_ID',
      Name: '/',
      Packaging: 'NONE',
    });
    expect(artifacts).not.toHaveProperty('EncryptionDisabled');
  });

  test('its output in one log group, that forgets after 30 days', () => {
    const { id, Properties } = only(agnostic.template, 'AWS::Logs::LogGroup', {
      LogGroupName: '/aws/codebuild/mangoo',
    });

    expect(Properties).toMatchObject({ RetentionInDays: 30 });
    expect(project().LogsConfig).toEqual({
      CloudWatchLogs: { GroupName: { Ref: id }, Status: 'ENABLED' },
    });
  });
});

describe('the bucket', () => {
  test('is named after its account, encrypted, closed to the public, without ACLs', () => {
    expect(bucket()).toMatchObject({
      BucketName: { 'Fn::Join': ['', ['mangoo-artifacts-', { Ref: 'AWS::AccountId' }]] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    expect(bucket()).not.toHaveProperty('AccessControl');
    expect(bucket()).not.toHaveProperty('WebsiteConfiguration');
  });

  test('refuses everybody who comes without TLS, and its policy lets nobody in', () => {
    const { id } = only(agnostic.template, 'AWS::S3::Bucket');
    const arn = { 'Fn::GetAtt': [id, 'Arn'] };

    expect(only(agnostic.template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
  });

  test('tiers after 7 days, forgets after 30, and clears away uploads that never ended', () => {
    expect(bucket().LifecycleConfiguration).toEqual({
      Rules: [
        {
          Id: 'ExpireArtifacts',
          Status: 'Enabled',
          ExpirationInDays: 30,
          Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 7 }],
        },
        {
          Id: 'AbortIncompleteUploads',
          Status: 'Enabled',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    });
    // S3 refuses it before day 30, and the deployment would fail.
    expect(agnostic.text).not.toMatch(/STANDARD_IA|ONEZONE_IA/);
  });

  test('tiers nothing when nobody asked for it', () => {
    const { text, template } = synthesize({
      config: { retention: { artifactDays: 5, logDays: 1, imagesKept: 2 } },
    });

    expect(text).not.toContain('INTELLIGENT_TIERING');
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 5 })]) },
    });
  });
});

describe('the repositories', () => {
  test('are one per image, scanned on push and encrypted', () => {
    const repositories = Object.values(agnostic.template.findResources('AWS::ECR::Repository'));

    expect(
      repositories.map((repository) => (repository.Properties as Record<string, unknown>).RepositoryName),
    ).toEqual(['mangoo-backend', 'mangoo-frontend']);
    for (const { Properties } of repositories) {
      const properties = Properties as Record<string, unknown>;
      expect(properties).toMatchObject({ ImageScanningConfiguration: { ScanOnPush: true } });
      // AES-256 is what ECR does when the property is absent; CDK leaves it out.
      expect(properties.EncryptionConfiguration ?? { EncryptionType: 'AES256' }).toEqual({
        EncryptionType: 'AES256',
      });
      expect(properties).not.toHaveProperty('EmptyOnDelete');
      expect(properties).not.toHaveProperty('RepositoryPolicyText');
    }
  });

  test("a commit's tag never points to another image; only tags of what runs move, and those of what an image is made of", () => {
    agnostic.template.allResourcesProperties('AWS::ECR::Repository', {
      ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      ImageTagMutabilityExclusionFilters: [
        {
          ImageTagMutabilityExclusionFilterType: 'WILDCARD',
          ImageTagMutabilityExclusionFilterValue: 'latest*',
        },
        {
          ImageTagMutabilityExclusionFilterType: 'WILDCARD',
          ImageTagMutabilityExclusionFilterValue: 'content-*',
        },
      ],
    });
  });

  test('prune what has no tag and what exceeds 20, and never touch a tagged image for its age', () => {
    expect(lifecycles()).toHaveLength(2);
    for (const rules of lifecycles()) {
      const by = (tagStatus: string): object[] =>
        rules.map(({ selection }) => selection).filter((selection) => selection.tagStatus === tagStatus);

      expect(by('untagged')).toEqual([
        { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 7 },
      ]);
      expect(by('tagged')).toEqual([
        {
          tagStatus: 'tagged',
          tagPatternList: ['latest'],
          countType: 'imageCountMoreThan',
          countNumber: 1,
        },
        { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'imageCountMoreThan', countNumber: 20 },
      ]);
      expect(by('any')).toEqual([]);
    }
  });

  test('keep the deployed image whatever was pushed since: the rule for latest is judged first', () => {
    for (const rules of lifecycles()) {
      const [first] = [...rules].sort((a, b) => a.rulePriority - b.rulePriority);

      expect(first?.selection.tagPatternList).toEqual(['latest']);
      expect(new Set(rules.map(({ rulePriority }) => rulePriority)).size).toBe(rules.length);
    }
  });

  test('are healed by the build with the very policy that the stack gave them', () => {
    const healed =
      variables(agnostic.template).find(({ Name }) => Name === 'ECR_LIFECYCLE_POLICY')?.Value ?? '';

    for (const rules of lifecycles())
      expect((JSON.parse(healed) as { rules: object[] }).rules).toEqual(rules);
  });
});

describe('what outlives the stack', () => {
  const STATEFUL = {
    'AWS::ECR::Repository': ['ImagesbackendC8434832', 'Imagesfrontend2D8F5221'],
    'AWS::Logs::LogGroup': ['BuildLogs3759266E'],
    'AWS::S3::Bucket': ['ArtifactsBucket88671897'],
  };

  test.each(Object.entries(STATEFUL))(
    '%s keeps its logical ids, so that a refactoring cannot replace it',
    (type, ids) => {
      expect(Object.keys(bare.template.findResources(type))).toEqual(ids);
    },
  );

  test.each(Object.keys(STATEFUL))(
    '%s stays when the stack is deleted or the resource replaced; a first deployment that fails leaves none to stumble over',
    (type) => {
      bare.template.allResources(type, {
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    },
  );

  test('nothing else claims to', () => {
    const resources = full.template.toJSON().Resources as Record<string, { DeletionPolicy?: string }>;
    const retained = Object.entries(resources)
      .filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')
      .map(([id]) => id);

    expect(new Set(retained)).toEqual(new Set(Object.values(STATEFUL).flat()));
  });
});

describe('what the stack is made of', () => {
  function types({ template }: Synthesized): string[] {
    const resources = template.toJSON().Resources as Record<string, { Type: string }>;
    return Object.values(resources)
      .map(({ Type }) => Type)
      .sort();
  }

  test('with everything off, these resources and no others: no function, no topic, no alarm, no key, no user', () => {
    expect(types(bare)).toEqual([
      'AWS::CodeBuild::Project',
      'AWS::ECR::Repository',
      'AWS::ECR::Repository',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::Role',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
    ]);
  });

  const NOTIFICATIONS = [
    ...Array.from({ length: 5 }, () => 'AWS::Events::Rule'),
    'AWS::IAM::Role',
    'AWS::Lambda::EventInvokeConfig',
    'AWS::Lambda::Function',
    ...Array.from({ length: 5 }, () => 'AWS::Lambda::Permission'),
    'AWS::Logs::LogGroup',
    'AWS::SNS::Topic',
    'AWS::SNS::TopicPolicy',
    'AWS::SQS::Queue',
    'AWS::SQS::QueuePolicy',
  ];
  const MONITORING = [
    'AWS::CloudWatch::Alarm',
    'AWS::CloudWatch::Alarm',
    'AWS::CloudWatch::Dashboard',
    ...Array.from({ length: 4 }, () => 'AWS::Logs::MetricFilter'),
  ];

  test.each<[string, Partial<PipelineConfig>, string[]]>([
    ['notifications without anybody to tell', { notifications: {} }, NOTIFICATIONS],
    ['monitoring without notifications', { monitoring: ON.monitoring }, MONITORING],
    ['a refusal of vulnerable images', { imageScan: ON.imageScan }, []],
    ['debug sessions', { build: ON.build }, []],
    [
      'all of it',
      ON,
      [
        ...NOTIFICATIONS,
        ...MONITORING,
        // For messages that could not be sent.
        'AWS::CloudWatch::Alarm',
        'AWS::Chatbot::SlackChannelConfiguration',
        'AWS::IAM::Role',
        'AWS::SNS::Topic',
        'AWS::SNS::TopicPolicy',
        // E-mail and https; the one of Slack is made by Amazon Q.
        'AWS::SNS::Subscription',
        'AWS::SNS::Subscription',
      ],
    ],
  ])('%s adds what it needs, and nothing else', (_, config, added) => {
    expect(types(synthesize({ config: { ...OFF, ...config } }))).toEqual([...types(bare), ...added].sort());
  });

  test('everything that can be tagged says whose it is', () => {
    const tags = [
      { Key: 'component', Value: 'ci-cd' },
      { Key: 'environment', Value: 'default' },
      { Key: 'project', Value: 'mangoo' },
    ];

    for (const type of [
      'AWS::CodeBuild::Project',
      'AWS::ECR::Repository',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
    ]) {
      full.template.allResourcesProperties(type, { Tags: tags });
    }
  });

  test('an administrator finds what to type and where to look in the outputs', () => {
    const outputs = Object.keys(agnostic.template.findOutputs('*'));

    expect(outputs).toEqual([
      'ProjectName',
      'ProjectConsole',
      'BadgeCommand',
      'LogGroupName',
      'LogConsole',
      'ArtifactBucketName',
      'ArtifactConsole',
      'TopicArn',
      'TopicConsole',
      'DashboardConsole',
      'BackendRepositoryUri',
      'FrontendRepositoryUri',
      'DeployPolicyArns',
      'BootstrapCommand',
    ]);
  });

  test('no output leads to what is not there', () => {
    const outputs = Object.keys(bare.template.findOutputs('*'));

    expect(outputs.filter((id) => /Topic|Dashboard/.test(id))).toEqual([]);
  });

  test('the links lead into the region, and the bootstrap command bootstraps the application alone', () => {
    const outputs = placed.template.findOutputs('*') as Record<string, { Value: unknown }>;
    const text = (id: string): string => {
      const value = outputs[id]?.Value;
      if (typeof value === 'string') return value;
      const [, parts] = (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
      return parts.map((part) => (typeof part === 'string' ? part : '…')).join('');
    };

    expect(text('ProjectConsole')).toBe(
      'https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/111122223333/projects/mangoo-build-deploy/history',
    );
    // In one word: an unquoted blank or bracket would mean something else to a shell.
    expect(text('BadgeCommand')).toBe(
      "aws codebuild batch-get-projects --names mangoo-build-deploy --query 'projects[0].badge.badgeRequestUrl' --output text",
    );
    expect(text('LogConsole')).toBe(
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/log-group/$252Faws$252Fcodebuild$252Fmangoo',
    );
    expect(text('TopicConsole')).toBe('https://eu-west-1.console.aws.amazon.com/sns/v3/home#/topic/…');
    expect(text('DashboardConsole')).toBe(
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/mangoo-build-deploy',
    );
    expect(text('ArtifactConsole')).toBe('https://s3.console.aws.amazon.com/s3/buckets/…?prefix=builds/');
    expect(text('BootstrapCommand')).toBe(
      'npx cdk bootstrap aws://111122223333/eu-west-1 --qualifier mangoo --toolkit-stack-name CDKToolkit-mangoo ' +
        '--cloudformation-execution-policies …,…,…',
    );
  });
});

describe('where the stack can be deployed', () => {
  test("wherever CloudFormation is: CDK's check by its schemas finds nothing to refuse", () => {
    expect(() => synthesize({ config: ON, validated: true })).not.toThrow();
    expect(() => synthesize({ config: OFF, validated: true })).not.toThrow();
  });

  test('in any account, region and partition: the template names none', () => {
    expect(full.text).not.toContain('arn:aws');
    expect(full.text).not.toMatch(/(?<![\da-f])\d{12}(?![\da-f])|us-east-1/);
  });

  test('in a given account and region, whose partition is still left to CloudFormation', () => {
    expect(placed.text).toContain('eu-west-1');
    expect(placed.text).toContain('111122223333');
    expect(placed.text).not.toContain('arn:aws');
    // Else a resource would be looked for where the stack is not.
    expect(placed.text).not.toContain('us-east-1');
  });

  test('with the same logical ids either way', () => {
    const ids = ({ template }: Synthesized): string[] =>
      Object.keys(template.toJSON().Resources as Record<string, unknown>);

    expect(ids(placed)).toEqual(ids(agnostic));
  });

  test('twice in one account, for two environments, without a name in common but the images they share', () => {
    const { text } = synthesize({ config: ON, environment: { name: 'dev', branch: 'develop' } });

    for (const name of [
      '"mangoo-build-deploy"',
      '"mangoo-build-deploy-role"',
      '"/aws/codebuild/mangoo"',
      '"mangoo-artifacts-"',
      '"mangoo-deploy-network"',
      '"mangoo-deploy-boundary"',
      '"mangoo-build-deploy-notifications"',
      '"mangoo-build-deploy-slack"',
      '"mangoo-build-deploy-notifier"',
      '"/aws/lambda/mangoo-build-deploy-notifier"',
      '"mangoo-build-deploy-dead-letters"',
      '"mangoo-build-deploy-duration"',
      '"mangoo-build-deploy-success-rate"',
      '"Mangoo/mangoo-build-deploy"',
    ]) {
      expect(full.text).toContain(name);
      expect(text).not.toContain(name);
    }
  });
});

test('a reviewer sees in the snapshot what a refactoring really did', () => {
  const masked = JSON.parse(agnostic.text.replaceAll(/[\da-f]{64}/g, '<asset hash>')) as unknown;

  expect(masked).toMatchSnapshot();
});
