import { AwsSolutionsChecks } from 'cdk-nag';
import devAndProd from '../../config/examples/dev-and-prod';
import release from '../../config/examples/release';
import twoAccounts from '../../config/examples/two-accounts';
import type { PipelineConfig } from '../../lib/config';
import { trusts } from '../../tools/iam/evaluate';
import type { PolicyDocument as TrustPolicy } from '../../tools/iam/policy';
import { all, type PolicyDocument, type Request, surprises } from './decision';
import { HERE, type Place, resolved, type TemplateJson } from './resolved';
import { OFF, ON, only, synthesizeAll } from './synthesized';

type All = ReturnType<typeof synthesizeAll>;

const STACK = 'MangooReleaseStack';
const ACCOUNT = HERE.account;
const OTHER = '444455556666';
const STEPS = ['build', 'deploy-dev', 'prepare-prod', 'deploy-prod'];

/** Of three environments, the last of which is in another account. */
const THREE: PipelineConfig = {
  ...release,
  ...ON,
  build: { ...release.build, cache: 's3' },
  pipeline: { account: ACCOUNT, region: 'us-east-1' },
  environments: [
    ...devAndProd.environments,
    { name: 'abroad', branch: 'abroad', account: OTHER, region: 'eu-west-1' },
  ],
};

let usual: All;
let without: All;
let quiet: All;
let three: All;

beforeAll(() => {
  usual = synthesizeAll(release);
  without = synthesizeAll({ ...release, release: undefined });
  quiet = synthesizeAll({ ...release, ...OFF, release: {} });
  three = synthesizeAll(THREE);
});

function json({ stacks }: All, stack = STACK): TemplateJson {
  const found = stacks[stack];
  if (!found) throw new Error(`no stack ${stack}, only ${Object.keys(stacks).join()}`);
  return found.template.toJSON() as TemplateJson;
}

function resource(all: All, type: string, properties: Record<string, unknown> = {}, stack = STACK): unknown {
  const template = all.stacks[stack]?.template;
  if (!template) throw new Error(`no stack ${stack}`);
  return resolved(json(all, stack), only(template, type, properties).Properties);
}

interface Action {
  readonly Name: string;
  readonly ActionTypeId: { readonly Provider: string };
  readonly Configuration: Readonly<Record<string, string>>;
  readonly InputArtifacts?: readonly { readonly Name: string }[];
  readonly OutputArtifacts?: readonly { readonly Name: string }[];
  readonly RunOrder: number;
  readonly TimeoutInMinutes?: number;
}

interface Pipeline {
  readonly ExecutionMode: string;
  readonly PipelineType: string;
  readonly RoleArn: string;
  readonly ArtifactStore: unknown;
  readonly Stages: readonly {
    readonly Name: string;
    readonly Actions: readonly Action[];
    readonly OnFailure?: unknown;
  }[];
  readonly Triggers: unknown;
}

function pipelineOf(all: All): Pipeline {
  return resource(all, 'AWS::CodePipeline::Pipeline') as Pipeline;
}

function action(all: All, stage: string, name: string): Action {
  const found = pipelineOf(all)
    .Stages.find(({ Name }) => Name === stage)
    ?.Actions.find(({ Name }) => Name === name);
  if (!found) throw new Error(`no action ${name} in ${stage}`);
  return found;
}

interface Project {
  readonly Description: string;
  readonly Environment: {
    readonly ComputeType: string;
    readonly PrivilegedMode: boolean;
    readonly EnvironmentVariables: readonly { readonly Name: string; readonly Value: string }[];
  };
  readonly Source: { readonly Type: string; readonly BuildSpec: string };
  readonly Triggers?: { readonly Webhook?: boolean };
}

function project(all: All, step: string): Project {
  return resource(all, 'AWS::CodeBuild::Project', { Name: `mangoo-release-${step}` }) as Project;
}

function variables(all: All, step: string): Record<string, string> {
  return Object.fromEntries(
    project(all, step).Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]),
  );
}

interface Role {
  readonly AssumeRolePolicyDocument: TrustPolicy;
  readonly Policies: readonly { readonly PolicyDocument: PolicyDocument }[];
}

function role(all: All, name: string, stack = STACK): Role {
  return resource(all, 'AWS::IAM::Role', { RoleName: name }, stack) as Role;
}

function may(all: All, step: string): PolicyDocument[] {
  const { Policies } = role(all, `mangoo-release${step && `-${step}`}-role`);
  return Policies.map(({ PolicyDocument }) => PolicyDocument);
}

function regional(service: string, name: string, { account, region }: Place = HERE): string {
  return `arn:aws:${service}:${region}:${account}:${name}`;
}

function roleArn(name: string, account = ACCOUNT): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

function bootstrap(environment: string, ...roles: string[]): Request[] {
  return all(
    ['sts:AssumeRole'],
    ...roles.map((name) => roleArn(`cdk-mangoo${environment}-${name}-role-${ACCOUNT}-us-east-1`)),
  );
}

function artifact(name: string): string {
  return `arn:aws:s3:::mangoo-release-${ACCOUNT}/mangoo-release/${name}/AbCdEf1`;
}

const REPOSITORY = regional('ecr', 'repository/mangoo-backend');
const UPLOADS = all(
  ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:CreateRepository'],
  REPOSITORY,
);
const RECORDS = ['ssm:PutParameter'];
const TAGS = all(['ecr:BatchGetImage', 'ecr:PutImage'], REPOSITORY);

describe('without it', () => {
  test('nothing of it exists, and the environments build what is pushed', () => {
    expect(Object.keys(without.stacks)).not.toContain(STACK);
    expect(
      Object.values(without.stacks).filter(({ text }) => /mangoo-release(?!s\/)|CodePipeline/i.test(text)),
    ).toEqual([]);
    for (const name of ['dev', 'prod']) {
      const { Triggers } = resource(
        without,
        'AWS::CodeBuild::Project',
        {},
        `MangooCodeBuildStack-${name}`,
      ) as Project;
      expect(Triggers?.Webhook).toBe(true);
    }
  });
});

describe('with it', () => {
  test.each(['dev', 'prod'])(
    'no push starts the project of %s, or every commit would be built twice',
    (name) => {
      const stack = `MangooCodeBuildStack-${name}`;
      const { Triggers } = resource(usual, 'AWS::CodeBuild::Project', {}, stack) as Project;

      expect(Triggers).toEqual({ Webhook: false });
      expect(usual.stacks[stack]?.text).not.toMatch(/FilterGroups|HEAD_REF/);
    },
  );

  test('the environments are else as they were, but for whom they tell of: it can be switched on and off', () => {
    const silent = synthesizeAll({ ...release, ...OFF, release: undefined });
    for (const name of ['MangooCodeBuildStack-dev', 'MangooCodeBuildStack-prod', 'MangooImagesStack']) {
      const plain = (all: All): unknown =>
        Object.fromEntries(
          Object.entries(json(all, name).Resources).map(([id, { Type, Properties }]) => [
            id,
            Type === 'AWS::CodeBuild::Project'
              ? { ...Properties, Triggers: undefined, Description: undefined }
              : Properties,
          ]),
        );
      expect(plain(quiet)).toEqual(plain(silent));
    }
  });

  test.each([
    ['dev', ['build', 'deploy-dev'], ['prepare-prod', 'deploy-prod']],
    ['prod', ['prepare-prod', 'deploy-prod'], ['build', 'deploy-dev']],
  ])(
    'whoever is told of failed builds of %s is told of its part of a release',
    async (name, told, untold) => {
      const stack = `MangooCodeBuildStack-${name}`;
      const rules = Object.values(json(usual, stack).Resources)
        .filter(({ Type }) => Type === 'AWS::Events::Rule')
        .map(({ Properties }) => Properties as { EventPattern: { detail: Record<string, unknown> } })
        .filter(({ EventPattern }) => 'project-name' in EventPattern.detail);
      const projects = [`mangoo-build-${name}`, ...told.map((step) => `mangoo-release-${step}`)];
      expect(rules.map(({ EventPattern }) => EventPattern.detail['project-name'])).toEqual([
        projects,
        projects,
      ]);

      const notifier = Object.values(json(usual, stack).Resources).find(
        ({ Type, Properties }) =>
          Type === 'AWS::IAM::Role' && JSON.stringify(Properties).includes('lambda.amazonaws.com'),
      );
      const { Policies } = resolved(json(usual, stack), notifier?.Properties) as Role;
      const reads = (steps: readonly string[]): Request[] =>
        steps.flatMap((step) => [
          ...all(['codebuild:BatchGetBuilds'], regional('codebuild', `project/mangoo-release-${step}`)),
          ...all(
            ['logs:GetLogEvents'],
            regional('logs', `log-group:/aws/codebuild/mangoo-release-${step}:log-stream:0a1b`),
          ),
        ]);
      const policies = Policies.map(({ PolicyDocument }) => PolicyDocument);
      expect(await surprises('allowed', policies, reads(told))).toEqual([]);
      expect(await surprises('denied', policies, reads(untold))).toEqual([]);
    },
  );

  test('it is deployed after the stacks whose bootstraps and topics it uses', () => {
    const dependencies = usual.stacks[STACK]?.stack.dependencies.map(({ stackName }) => stackName).sort();

    expect(dependencies).toEqual(['MangooCodeBuildStack-dev', 'MangooCodeBuildStack-prod']);
  });
});

describe('what starts a release', () => {
  test('a push to the branch of the first environment; no other branch, no tag, no pull request', () => {
    expect(pipelineOf(usual).Triggers).toEqual([
      {
        ProviderType: 'CodeStarSourceConnection',
        GitConfiguration: {
          SourceActionName: 'Source',
          Push: [{ Branches: { Includes: ['develop'] } }],
        },
      },
    ]);
  });

  test('and nothing twice: the source does not watch the branch itself', () => {
    expect(action(usual, 'Source', 'Source').Configuration).toEqual({
      ConnectionArn: release.github.connectionArn,
      FullRepositoryId: 'jhonmezaa/mangoo',
      BranchName: 'develop',
      DetectChanges: false,
      // With git's history, which ci/ asks.
      OutputArtifactFormat: 'CODEBUILD_CLONE_REF',
    });
  });
});

describe('the way of a release', () => {
  test('it is built once, goes to dev as it comes, and to prod when somebody has approved', () => {
    const { Stages, PipelineType } = pipelineOf(usual);

    expect(PipelineType).toBe('V2');
    expect(
      Stages.map(({ Name, Actions }) => [
        Name,
        [...Actions]
          .sort((a, b) => a.RunOrder - b.RunOrder)
          .map((one) => `${one.RunOrder} ${one.Name} ${one.ActionTypeId.Provider}`),
      ]),
    ).toEqual([
      ['Source', ['1 Source CodeStarSourceConnection']],
      ['Build', ['1 Build CodeBuild']],
      ['dev', ['1 Deploy CodeBuild']],
      // In one stage: rolled back, a stage whose approval is elsewhere would deploy unasked.
      ['prod', ['1 Prepare CodeBuild', '2 Approve Manual', '3 Deploy CodeBuild']],
    ]);
  });

  test('every further environment has an approval of its own', () => {
    const { Stages } = pipelineOf(three);

    expect(Stages.map(({ Name, Actions }) => [Name, Actions.map((one) => one.Name)]).slice(2)).toEqual([
      ['dev', ['Deploy']],
      ['prod', ['Prepare', 'Approve', 'Deploy']],
      ['abroad', ['Prepare', 'Approve', 'Deploy']],
    ]);
  });

  test('images are built by one step, and the others deploy its digests: prod what it was asked for', () => {
    const flow = (stage: string, name: string): unknown => {
      const { InputArtifacts, OutputArtifacts, Configuration } = action(three, stage, name);
      return [
        Configuration.ProjectName,
        InputArtifacts?.map(({ Name }) => Name),
        OutputArtifacts?.map(({ Name }) => Name),
      ];
    };

    expect(flow('Build', 'Build')).toEqual(['mangoo-release-build', ['Source'], ['Built']]);
    expect(flow('dev', 'Deploy')).toEqual(['mangoo-release-deploy-dev', ['Source', 'Built'], undefined]);
    expect(flow('prod', 'Prepare')).toEqual([
      'mangoo-release-prepare-prod',
      ['Source', 'Built'],
      ['Changes1'],
    ]);
    expect(flow('prod', 'Deploy')).toEqual(['mangoo-release-deploy-prod', ['Source', 'Changes1'], undefined]);
    expect(flow('abroad', 'Deploy')).toEqual([
      'mangoo-release-deploy-abroad',
      ['Source', 'Changes2'],
      undefined,
    ]);
    for (const [stage, name, input] of [
      ['dev', 'deploy-dev', 'Built'],
      ['prod', 'prepare-prod', 'Built'],
      ['prod', 'deploy-prod', 'Changes1'],
      ['abroad', 'deploy-abroad', 'Changes2'],
    ] as const) {
      expect([stage, variables(three, name).INPUT_ARTIFACT]).toEqual([stage, input]);
    }
  });

  test('each step has its buildspec, and only the one that builds has Docker and expensive compute', () => {
    const { computeType, cache } = release.build;
    expect([computeType, cache]).toEqual(['LARGE', 'local']);
    expect(
      STEPS.map((step) => {
        const { Source, Environment } = project(usual, step);
        return [step, Source.BuildSpec, Environment.ComputeType, Environment.PrivilegedMode];
      }),
    ).toEqual([
      ['build', 'buildspec-build.yml', 'BUILD_GENERAL1_LARGE', true],
      ['deploy-dev', 'buildspec-deploy.yml', 'BUILD_GENERAL1_SMALL', false],
      ['prepare-prod', 'buildspec-prepare.yml', 'BUILD_GENERAL1_SMALL', false],
      ['deploy-prod', 'buildspec-deploy.yml', 'BUILD_GENERAL1_SMALL', false],
    ]);
  });

  test('no step can be started but by the pipeline: it has no source of its own, and no webhook', () => {
    for (const step of STEPS) {
      const { Source, Triggers } = project(usual, step);
      expect([step, Source.Type, Triggers]).toEqual([step, 'CODEPIPELINE', undefined]);
    }
  });

  test('each environment is deployed as its own build would: its stacks, cluster, bootstrap and tag', () => {
    const { Environment } = resource(
      usual,
      'AWS::CodeBuild::Project',
      {},
      'MangooCodeBuildStack-prod',
    ) as Project;
    const own = Object.fromEntries(Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]));
    const names = [
      'CDK_STACK_NAME',
      'ECS_CLUSTER',
      'CDK_ENV',
      'ENVIRONMENT',
      'BOOTSTRAP_QUALIFIER',
      'PERMISSIONS_BOUNDARY',
      'IMAGES',
      'APP_DIR',
    ];
    const of = (values: Record<string, string>, ...which: string[]): unknown =>
      which.map((name) => values[name]);

    expect(of(own, 'CDK_STACK_NAME', 'DEPLOYED_TAG', 'RELEASE_PARAMETER')).toEqual([
      'MangooStack-Prod',
      'latest-prod',
      '/mangoo-releases/prod',
    ]);
    expect(of(variables(usual, 'prepare-prod'), ...names)).toEqual(of(own, ...names));
    expect(of(variables(usual, 'deploy-prod'), ...names, 'DEPLOYED_TAG', 'RELEASE_PARAMETER')).toEqual(
      of(own, ...names, 'DEPLOYED_TAG', 'RELEASE_PARAMETER'),
    );
  });

  test('a build that others wait for never overtakes: newer ones replace what waits, one stage at a time', () => {
    expect(pipelineOf(usual).ExecutionMode).toBe('SUPERSEDED');
  });

  test('nothing is rolled back by itself: a refusal would count as a failure', () => {
    expect(pipelineOf(usual).Stages.filter(({ OnFailure }) => OnFailure)).toEqual([]);
  });
});

describe('an approval', () => {
  test('it shows the very change set that is executed, the commit and the digests', () => {
    const { Configuration, TimeoutInMinutes } = action(usual, 'prod', 'Approve');

    expect(Configuration).toMatchObject({
      ExternalEntityLink: '#{Prepare-prod.CHANGE_SET_URL}',
      CustomData: 'Deploy to prod (mangoo-build-prod)? commit #{Source.CommitId}, #{Build.DIGESTS}',
    });
    expect(TimeoutInMinutes).toBe(72 * 60);
  });

  test('a change set is never taken for that of another release', () => {
    const { EnvironmentVariables } = action(usual, 'prod', 'Prepare').Configuration;

    expect(JSON.parse(EnvironmentVariables ?? '')).toEqual([
      { name: 'CHANGE_SET', type: 'PLAINTEXT', value: 'mangoo-release-#{codepipeline.PipelineExecutionId}' },
    ]);
  });

  test('those who look after the environment are asked', async () => {
    const topic = regional('sns', 'mangoo-build-prod-notifications');

    expect(action(usual, 'prod', 'Approve').Configuration.NotificationArn).toBe(topic);
    expect(
      resource(usual, 'AWS::SNS::Topic', { TopicName: topic.split(':')[5] }, 'MangooCodeBuildStack-prod'),
    ).toBeTruthy();
    expect(await surprises('allowed', may(usual, ''), all(['sns:Publish'], topic))).toEqual([]);
  });

  test('without notifications nobody is, and the pipeline may publish nowhere', () => {
    expect(action(quiet, 'prod', 'Approve').Configuration.NotificationArn).toBeUndefined();
    expect(JSON.stringify(may(quiet, ''))).not.toContain('sns:');
  });

  test("unless it says otherwise, CodePipeline's own week is waited", () => {
    expect(action(quiet, 'prod', 'Approve').TimeoutInMinutes).toBeUndefined();
  });

  test('an administrator finds what to allow whoever may approve', () => {
    const { Outputs } = usual.stacks[STACK]?.template.toJSON() as {
      Outputs: Record<string, { Value: unknown }>;
    };
    const resources = json(usual).Resources;
    const pipeline = Object.entries(resources).find(([, { Type }]) => Type === 'AWS::CodePipeline::Pipeline');

    expect(JSON.stringify(Outputs.ApprovalArnprod?.Value)).toContain('/prod/Approve');
    expect(JSON.stringify(Outputs.ApprovalArnprod?.Value)).toContain(pipeline?.[0]);
  });
});

describe('what the build may do', () => {
  test('push images, keep what it built, and report', async () => {
    expect(
      await surprises('allowed', may(usual, 'build'), [
        ...UPLOADS,
        ...TAGS,
        ...all(['s3:PutObject'], artifact('Built')),
        ...all(['s3:GetObject'], artifact('Source')),
        ...all(
          ['codebuild:CreateReportGroup'],
          regional('codebuild', 'report-group/mangoo-release-build-backend-tests'),
        ),
        ...all(
          ['codeconnections:UseConnection', 'codestar-connections:UseConnection'],
          release.github.connectionArn ?? '',
        ).slice(0, 1),
        ...all(['ssm:GetParameters'], regional('ssm', 'parameter/mangoo/shared/token')),
      ]),
    ).toEqual([]);
  });

  test("not deploy, in any way, nor read what is an environment's own", async () => {
    expect(
      await surprises('denied', may(usual, 'build'), [
        ...bootstrap('dev', 'deploy', 'file-publishing', 'cfn-exec'),
        ...bootstrap('prod', 'deploy', 'file-publishing', 'cfn-exec'),
        ...all(['ecs:UpdateService'], regional('ecs', 'service/mangoo-prod/mangoo-backend-service')),
        ...all(
          ['cloudformation:ExecuteChangeSet'],
          regional('cloudformation', 'stack/MangooStack-Prod/0a1b'),
        ),
        ...all(['ssm:GetParameters'], regional('ssm', 'parameter/mangoo/prod/token')),
        ...all(
          RECORDS,
          regional('ssm', 'parameter/mangoo-releases/dev'),
          regional('ssm', 'parameter/mangoo-releases/prod'),
        ),
        ...all(['s3:PutObject'], artifact('Changes1'), artifact('Source')),
      ]),
    ).toEqual([]);
  });
});

describe('what a deployment may do', () => {
  test('the first assumes the roles of its environment, watches its rollout, and moves its tag', async () => {
    expect(
      await surprises('allowed', may(usual, 'deploy-dev'), [
        ...bootstrap('dev', 'deploy', 'file-publishing'),
        ...all(['ecs:UpdateService'], regional('ecs', 'service/mangoo-dev/mangoo-backend-service')),
        ...TAGS,
        ...all(RECORDS, regional('ssm', 'parameter/mangoo-releases/dev')),
        ...all(['s3:GetObject'], artifact('Source'), artifact('Built')),
      ]),
    ).toEqual([]);
  });

  test('the preparation uploads templates and makes change sets; it has nothing of ECS or ECR', async () => {
    expect(
      await surprises('allowed', may(usual, 'prepare-prod'), [
        ...bootstrap('prod', 'deploy', 'file-publishing'),
        ...all(['s3:PutObject'], artifact('Changes1')),
        ...all(['s3:GetObject'], artifact('Built')),
      ]),
    ).toEqual([]);
    expect(
      await surprises('denied', may(usual, 'prepare-prod'), [
        ...TAGS,
        ...all(RECORDS, regional('ssm', 'parameter/mangoo-releases/prod')),
        ...all(['ecs:UpdateService'], regional('ecs', 'service/mangoo-prod/mangoo-backend-service')),
      ]),
    ).toEqual([]);
  });

  test('what was approved is executed, and nothing new is uploaded for it', async () => {
    expect(
      await surprises('allowed', may(usual, 'deploy-prod'), [
        ...bootstrap('prod', 'deploy'),
        ...all(['ecs:UpdateService'], regional('ecs', 'service/mangoo-prod/mangoo-backend-service')),
        ...TAGS,
        ...all(RECORDS, regional('ssm', 'parameter/mangoo-releases/prod')),
        ...all(['s3:GetObject'], artifact('Changes1')),
      ]),
    ).toEqual([]);
    expect(
      await surprises('denied', may(usual, 'deploy-prod'), bootstrap('prod', 'file-publishing')),
    ).toEqual([]);
  });

  test.each(['deploy-dev', 'prepare-prod', 'deploy-prod'])('%s pushes no image', async (step) => {
    expect(
      await surprises('denied', may(usual, step), [...UPLOADS, ...all(['ecr:GetAuthorizationToken'], '*')]),
    ).toEqual([]);
  });

  test.each([
    ['deploy-dev', 'prod'],
    ['prepare-prod', 'dev'],
    ['deploy-prod', 'dev'],
  ])('%s cannot touch %s', async (step, other) => {
    expect(
      await surprises('denied', may(usual, step), [
        ...bootstrap(other, 'deploy', 'file-publishing', 'cfn-exec'),
        ...all(['ecs:UpdateService'], regional('ecs', `service/mangoo-${other}/mangoo-backend-service`)),
        ...all(['ssm:GetParameters'], regional('ssm', `parameter/mangoo/${other}/token`)),
        ...all(RECORDS, regional('ssm', `parameter/mangoo-releases/${other}`)),
      ]),
    ).toEqual([]);
  });

  test.each(['deploy-dev', 'deploy-prod'])('%s leaves nothing that another step would take', async (step) => {
    expect(
      await surprises(
        'denied',
        may(usual, step),
        all(['s3:PutObject'], artifact('Source'), artifact('Built'), artifact('Changes1')),
      ),
    ).toEqual([]);
  });

  test('what was built cannot be replaced before it is approved', async () => {
    expect(
      await surprises('denied', may(usual, 'prepare-prod'), all(['s3:PutObject'], artifact('Built'))),
    ).toEqual([]);
  });
});

describe('what nobody of the pipeline may', () => {
  const PIPELINE = regional('codepipeline', 'mangoo-release');

  test.each(['', ...STEPS])('approve, start or change a release (%s)', async (step) => {
    expect(
      await surprises('denied', may(usual, step), [
        ...all(['codepipeline:PutApprovalResult'], `${PIPELINE}/prod/Approve`),
        ...all(['codepipeline:StartPipelineExecution', 'codepipeline:UpdatePipeline'], PIPELINE),
        ...all(['codepipeline:RollbackStage', 'codepipeline:RetryStageExecution'], `${PIPELINE}/prod`),
      ]),
    ).toEqual([]);
  });

  test('only the pipeline starts its steps, and no other project', async () => {
    const steps = STEPS.map((step) => regional('codebuild', `project/mangoo-release-${step}`));
    const start = all(['codebuild:StartBuild', 'codebuild:StopBuild'], ...steps);

    expect(await surprises('allowed', may(usual, ''), start)).toEqual([]);
    for (const step of STEPS) expect(await surprises('denied', may(usual, step), start)).toEqual([]);
    expect(
      await surprises('denied', may(usual, ''), [
        ...all(['codebuild:StartBuild'], regional('codebuild', 'project/mangoo-build-prod')),
        ...all(['codebuild:UpdateProject'], ...steps),
      ]),
    ).toEqual([]);
  });

  test('the pipeline itself neither pushes nor deploys', async () => {
    expect(
      await surprises('denied', may(usual, ''), [
        ...UPLOADS,
        ...TAGS,
        ...bootstrap('dev', 'deploy'),
        ...bootstrap('prod', 'deploy'),
      ]),
    ).toEqual([]);
  });

  test('every role is for its own project, of this account', () => {
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/x/y`;
    for (const step of STEPS) {
      const { AssumeRolePolicyDocument } = role(usual, `mangoo-release-${step}-role`);
      const conditions = JSON.stringify(AssumeRolePolicyDocument);
      expect(conditions).toContain(regional('codebuild', `project/mangoo-release-${step}"`));
      expect(conditions).toContain(`"aws:SourceAccount":"${ACCOUNT}"`);
      expect(trusts(AssumeRolePolicyDocument, { arn: session, account: ACCOUNT }, roleArn('x'), {})).toBe(
        'no',
      );
    }
    expect(JSON.stringify(role(usual, 'mangoo-release-role').AssumeRolePolicyDocument)).toContain(
      `"aws:SourceArn":"${PIPELINE}"`,
    );
  });

  test('CDK gave none of them more: it grants wider than needed', () => {
    expect(usual.stacks[STACK]?.template.findResources('AWS::IAM::Policy')).toEqual({});
  });
});

test('a connection of either name of the service can be used, by all who clone and by the pipeline', async () => {
  const connectionArn = release.github.connectionArn ?? '';
  for (const service of ['codeconnections', 'codestar-connections']) {
    const arn = connectionArn.replace('codeconnections', service);
    const { stacks, app } = synthesizeAll({ ...release, github: { ...release.github, connectionArn: arn } });
    for (const step of ['', ...STEPS]) {
      const policies = may({ stacks, app }, step);
      expect(await surprises('allowed', policies, all([`${service}:UseConnection`], arn))).toEqual([]);
      expect(
        await surprises('denied', policies, all([`${service}:UseConnection`], `${arn.slice(0, -1)}e`)),
      ).toEqual([]);
    }
  }
});

describe('an environment in another account', () => {
  const there = { account: OTHER, region: 'eu-west-1' };
  const rollout = roleArn('mangoo-build-abroad-rollout', OTHER);
  const deploy = roleArn(`cdk-mangooabro-deploy-role-${OTHER}-eu-west-1`, OTHER);

  test('it is deployed from here, by the roles that it has for that', async () => {
    expect(
      await surprises('allowed', may(three, 'deploy-abroad'), all(['sts:AssumeRole'], deploy, rollout)),
    ).toEqual([]);
    expect(variables(three, 'deploy-abroad')).toMatchObject({
      TARGET_ACCOUNT: OTHER,
      TARGET_REGION: there.region,
      ROLLOUT_ROLE_ARN: rollout,
    });
    expect(await surprises('denied', may(three, 'prepare-abroad'), all(['sts:AssumeRole'], rollout))).toEqual(
      [],
    );
    expect(
      await surprises('denied', may(three, 'deploy-prod'), all(['sts:AssumeRole'], deploy, rollout)),
    ).toEqual([]);
  });

  test('there, the step that deploys may watch the rollout, and no other step', () => {
    const target = 'MangooDeployTarget-abroad';
    const asks = (all_: All, name: string): string => {
      const { AssumeRolePolicyDocument } = role(all_, 'mangoo-build-abroad-rollout', target);
      const caller = {
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/b`,
        roleArn: roleArn(name),
        account: ACCOUNT,
      };
      return trusts(AssumeRolePolicyDocument, caller, rollout, { 'aws:PrincipalArn': roleArn(name) });
    };
    const off = synthesizeAll({ ...THREE, release: undefined });

    expect(asks(three, 'mangoo-release-deploy-abroad-role')).toBe('delegated');
    expect(asks(three, 'mangoo-build-abroad-role')).toBe('delegated');
    for (const step of ['prepare-abroad', 'deploy-prod', 'build']) {
      expect(asks(three, `mangoo-release-${step}-role`)).toBe('no');
    }
    expect(asks(off, 'mangoo-release-deploy-abroad-role')).toBe('no');
  });

  test('no artifact leaves the account, so there is no key to pay for', () => {
    expect(pipelineOf(three).ArtifactStore).toEqual({ Type: 'S3', Location: `mangoo-release-${ACCOUNT}` });
    expect(three.stacks[STACK]?.text).not.toMatch(/AWS::KMS/);
  });
});

test('a cache in S3 is one of its own: what a step without an approval left there comes into no other build', async () => {
  const object = `arn:aws:s3:::mangoo-release-cache-${ACCOUNT}/mangoo-release-build/downloads-1`;
  const requests = all(['s3:GetObject', 's3:PutObject'], object);

  expect(await surprises('allowed', may(three, 'build'), requests)).toEqual([]);
  for (const step of ['deploy-dev', 'prepare-prod', 'deploy-prod']) {
    expect(await surprises('denied', may(three, step), requests)).toEqual([]);
  }
});

test.each(['usual', 'quiet', 'three'])(
  'the AWS Solutions rules have nothing to say that was not answered (%s)',
  (variant) => {
    const { app } = { usual, quiet, three }[variant] ?? usual;

    expect(
      new AwsSolutionsChecks(app)
        .validateScope(app)
        .violations.flatMap(({ ruleName, violatingResources }) =>
          violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
        ),
    ).toEqual([]);
  },
);

test("CloudFormation's own rules find nothing in its template", () => {
  expect(Object.keys(synthesizeAll(release, { validated: true }).stacks)).toContain(STACK);
});

test('two accounts release like one: the example of them needs the connection and nothing else', () => {
  const { stacks } = synthesizeAll({
    ...twoAccounts,
    github: release.github,
    release: {},
  });

  expect(Object.keys(stacks)).toContain(STACK);
});
