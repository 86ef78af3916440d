import type { Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import devAndProd from '../../config/examples/dev-and-prod';
import twoAccounts from '../../config/examples/two-accounts';
import mangoo from '../../config/mangoo';
import type { PipelineConfig } from '../../lib/config';
import { only, ON, synthesize, synthesizeAll } from './synthesized';

type All = ReturnType<typeof synthesizeAll>;

const DEV = {
  name: 'dev',
  branch: 'develop',
  variables: { CDK_STACK_NAME: 'Mangoo-Dev', ECS_CLUSTER: 'mangoo-dev' },
};

let one: All;
let withDefault: All;
let named: All;
let far: All;

beforeAll(() => {
  const full = { ...ON, build: devAndProd.build };
  one = synthesizeAll({ ...mangoo, ...full });
  withDefault = synthesizeAll({ ...mangoo, ...full, environments: [...mangoo.environments, DEV] });
  named = synthesizeAll({ ...devAndProd, ...full });
  far = synthesizeAll({ ...twoAccounts, ...full });
});

function at(all: All, name: string): All['stacks'][string] {
  const found = all.stacks[name];
  if (!found) throw new Error(`no stack ${name}, only ${Object.keys(all.stacks).join()}`);
  return found;
}

function resources(
  all: All,
  name: string,
): Record<string, { Type: string; Properties?: Record<string, unknown> }> {
  return at(all, name).template.toJSON().Resources as never;
}

function dependencies(stack: Stack): string[] {
  return stack.dependencies.map(({ stackName }) => stackName).sort();
}

function variables(all: All, name: string): Record<string, unknown> {
  const { Environment } = only(at(all, name).template, 'AWS::CodeBuild::Project').Properties as {
    Environment: { EnvironmentVariables: { Name: string; Value: unknown }[] };
  };
  return Object.fromEntries(Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]));
}

function outputs(all: All, name: string): Record<string, { Value: unknown }> {
  return at(all, name).template.toJSON().Outputs as never;
}

/** Text with something for each intrinsic. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  return join ? join[1].map(text).join(join[0]) : '…';
}

const REPOSITORIES = ['mangoo-backend', 'mangoo-frontend'];

function repositories(all: All): Record<string, unknown[]> {
  return Object.fromEntries(
    Object.entries(all.stacks).flatMap(([name, { template }]) => {
      const found = Object.values(template.findResources('AWS::ECR::Repository'));
      const names = found.map(({ Properties }) => (Properties as { RepositoryName: string }).RepositoryName);
      return names.length ? [[name, names]] : [];
    }),
  );
}

describe('which stacks there are', () => {
  test('with one environment called default, the one that the guide names, and no other', () => {
    expect(Object.keys(one.stacks)).toEqual(['MangooCodeBuildStack']);
  });

  test('one per environment, one for the images, and one where an environment is elsewhere', () => {
    expect(Object.keys(named.stacks).sort()).toEqual([
      'MangooCodeBuildStack-dev',
      'MangooCodeBuildStack-prod',
      'MangooImagesStack',
    ]);
    expect(Object.keys(far.stacks).sort()).toEqual([
      'MangooCodeBuildStack-dev',
      'MangooCodeBuildStack-prod',
      'MangooDeployTarget-prod',
      'MangooImagesStack',
    ]);
  });

  test('all of the pipeline is in its own place; what is elsewhere is what deployments need', () => {
    const places = Object.entries(far.stacks).map(([name, { stack }]) => [name, stack.account, stack.region]);

    expect(places.sort()).toEqual([
      ['MangooCodeBuildStack-dev', '111122223333', 'us-east-1'],
      ['MangooCodeBuildStack-prod', '111122223333', 'us-east-1'],
      ['MangooDeployTarget-prod', '444455556666', 'eu-west-1'],
      ['MangooImagesStack', '111122223333', 'us-east-1'],
    ]);
    expect(
      [...new Set(Object.values(resources(far, 'MangooDeployTarget-prod')).map(({ Type }) => Type))].sort(),
    ).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Role']);
  });

  test('an environment can be deployed alone, in its own account, after the images', () => {
    expect(dependencies(at(far, 'MangooDeployTarget-prod').stack)).toEqual([]);
    expect(dependencies(at(named, 'MangooImagesStack').stack)).toEqual([]);
    const quiet = synthesizeAll(twoAccounts);
    expect(dependencies(at(quiet, 'MangooCodeBuildStack-prod').stack)).toEqual(['MangooImagesStack']);
  });

  test('stacks refer to each other by names alone, so that none keeps another from being changed', () => {
    for (const { text: template } of [named, withDefault, far].flatMap(({ stacks }) =>
      Object.values(stacks),
    )) {
      expect(template).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput/);
      expect(template).not.toContain('"Export"');
    }
  });
});

describe('what a deployed pipeline keeps when environments are added', () => {
  test('its stack, the names and the logical ids of everything that lasts', () => {
    const lasting =
      /^AWS::(?:S3::Bucket|ECR::Repository|Logs::LogGroup|IAM::(?:Role|ManagedPolicy)|CodeBuild::Project|SNS::Topic|SQS::Queue)$/;
    const kept = (all: All): unknown[] =>
      Object.entries(resources(all, 'MangooCodeBuildStack'))
        .filter(([, { Type }]) => lasting.test(Type))
        .map(([id, { Type, Properties = {} }]) => [
          id,
          Type,
          Object.entries(Properties).filter(([name]) => /^(?:\w+Name|Name)$/.test(name)),
        ]);

    expect(kept(one).length).toBeGreaterThan(12);
    expect(kept(withDefault)).toEqual(kept(one));
  });

  test('the ids that a deployed stack has today', () => {
    const ids = (type: string): string[] =>
      Object.keys(at(one, 'MangooCodeBuildStack').template.findResources(type));

    expect(ids('AWS::S3::Bucket')).toEqual(['ArtifactsBucket88671897']);
    expect(ids('AWS::ECR::Repository')).toEqual(['ImagesbackendC8434832', 'Imagesfrontend2D8F5221']);
    expect(ids('AWS::CodeBuild::Project')).toEqual(['ProjectC78D97AD']);
    expect(ids('AWS::Logs::LogGroup')).toContain('BuildLogs3759266E');
  });

  test('the repositories, since resources cannot move: they stay with default, and are nowhere twice', () => {
    expect(repositories(one)).toEqual({ MangooCodeBuildStack: REPOSITORIES });
    expect(repositories(withDefault)).toEqual({ MangooCodeBuildStack: REPOSITORIES });
    expect(repositories(named)).toEqual({ MangooImagesStack: REPOSITORIES });
    // Alone, too: a second one moves nothing.
    const [, prod] = devAndProd.environments;
    expect(repositories(synthesizeAll({ ...devAndProd, environments: prod ? [prod] : [] }))).toEqual({
      MangooImagesStack: REPOSITORIES,
    });
  });
});

describe('what environments share', () => {
  test('the image repositories, and no other name', () => {
    const names = (name: string): string[] =>
      Object.values(resources(named, name))
        .flatMap(({ Properties = {} }) => Object.entries(Properties))
        .filter(([key]) => /^(?:\w+Name|Name)$/.test(key) && key !== 'MetricName')
        .map(([, value]) => text(value))
        // A reference to a resource of the same stack.
        .filter((value) => value !== '…');
    const ofDev = new Set(names('MangooCodeBuildStack-dev'));

    expect(ofDev.size).toBeGreaterThan(12);
    expect(names('MangooCodeBuildStack-prod').filter((name) => ofDev.has(name))).toEqual([]);
  });

  test('what one may keep others from: the image that each runs stays, however many another pushes', () => {
    const [repository] = Object.values(
      at(named, 'MangooImagesStack').template.findResources('AWS::ECR::Repository'),
    );
    const { LifecyclePolicy } = repository?.Properties as {
      LifecyclePolicy: { LifecyclePolicyText: string };
    };
    const { rules } = JSON.parse(LifecyclePolicy.LifecyclePolicyText) as {
      rules: { rulePriority: number; selection: { tagPatternList?: string[]; countNumber: number } }[];
    };

    expect(
      rules.map(({ rulePriority, selection }) => [
        rulePriority,
        selection.tagPatternList,
        selection.countNumber,
      ]),
    ).toEqual([
      [1, ['latest-dev'], 1],
      [2, ['latest-prod'], 1],
      [3, ['*'], 20],
      [4, undefined, 7],
    ]);
    expect(variables(named, 'MangooCodeBuildStack-dev').DEPLOYED_TAG).toBe('latest-dev');
    expect(variables(named, 'MangooCodeBuildStack-prod').DEPLOYED_TAG).toBe('latest-prod');
    for (const name of ['dev', 'prod']) {
      expect(variables(named, `MangooCodeBuildStack-${name}`).ECR_LIFECYCLE_POLICY).toBe(
        LifecyclePolicy.LifecyclePolicyText,
      );
    }
  });

  test('a build that makes a repository again gives it the tags that it had', () => {
    const [repository] = Object.values(
      at(named, 'MangooImagesStack').template.findResources('AWS::ECR::Repository'),
    );
    const { Tags } = repository?.Properties as { Tags: unknown[] };

    expect(JSON.parse(variables(named, 'MangooCodeBuildStack-dev').RESOURCE_TAGS as string)).toEqual(
      expect.arrayContaining(Tags),
    );
    expect(Tags).toContainEqual({ Key: 'environment', Value: 'shared' });
  });

  test('one tells of an image, and not each environment of the same', () => {
    const rules = (name: string): string[] =>
      Object.values(at(named, name).template.findResources('AWS::Events::Rule')).map(
        ({ Properties }) =>
          (Properties as { EventPattern: { source: string[] } }).EventPattern.source[0] ?? '',
      );

    expect(rules('MangooCodeBuildStack-dev').sort()).toEqual([
      ...['aws.codebuild', 'aws.codebuild', 'aws.ecr'],
      ...['aws.inspector2', 'aws.inspector2'],
    ]);
    expect(rules('MangooCodeBuildStack-prod')).toEqual(['aws.codebuild', 'aws.codebuild']);
  });

  test('the Slack channel, which can be configured once per account: others publish to its topic, and are deployed after it', () => {
    const channels = Object.entries(named.stacks).filter(
      ([, { template }]) =>
        Object.keys(template.findResources('AWS::Chatbot::SlackChannelConfiguration')).length,
    );
    expect(channels.map(([name]) => name)).toEqual(['MangooCodeBuildStack-dev']);

    const { template, stack } = at(named, 'MangooCodeBuildStack-prod');
    const [notifier] = Object.values(template.findResources('AWS::Lambda::Function'));
    const { Environment } = notifier?.Properties as { Environment: { Variables: Record<string, unknown> } };
    expect(text(Environment.Variables.SLACK_TOPIC_ARN)).toMatch(/:mangoo-build-dev-slack$/);
    expect(dependencies(stack)).toEqual(['MangooCodeBuildStack-dev', 'MangooImagesStack']);
    // default, where there is one, so that nothing depends on itself.
    expect(at(withDefault, 'MangooCodeBuildStack').text).toContain('AWS::Chatbot');
    expect(at(withDefault, 'MangooCodeBuildStack-dev').text).not.toContain('AWS::Chatbot');
  });
});

describe('what each environment has of its own', () => {
  test('the variables of its builds', () => {
    expect(variables(named, 'MangooCodeBuildStack-dev')).toMatchObject({
      CDK_ENV: 'dev',
      ENVIRONMENT: 'dev',
      CDK_STACK_NAME: 'MangooStack-Dev',
      ECS_CLUSTER: 'mangoo-dev',
      BOOTSTRAP_QUALIFIER: 'mangoodev',
      PERMISSIONS_BOUNDARY: 'mangoo-deploy-dev-boundary',
    });
    expect(variables(named, 'MangooCodeBuildStack-dev')).not.toHaveProperty('TARGET_ACCOUNT');
    expect(variables(far, 'MangooCodeBuildStack-prod')).toMatchObject({
      BOOTSTRAP_QUALIFIER: 'mangooprod',
      TARGET_ACCOUNT: '444455556666',
      TARGET_REGION: 'eu-west-1',
    });
    expect(text(variables(far, 'MangooCodeBuildStack-prod').ROLLOUT_ROLE_ARN)).toMatch(
      /:iam::444455556666:role\/mangoo-build-prod-rollout$/,
    );
  });

  test('the branch', () => {
    const filter = (name: string): unknown => {
      const { Triggers } = only(at(named, name).template, 'AWS::CodeBuild::Project').Properties as {
        Triggers: { FilterGroups: { Type: string; Pattern: string }[][] };
      };
      return Triggers.FilterGroups.map((group) => group.find(({ Type }) => Type === 'HEAD_REF')?.Pattern);
    };

    expect(filter('MangooCodeBuildStack-dev')).toEqual(['^refs/heads/develop$']);
    expect(filter('MangooCodeBuildStack-prod')).toEqual(['^refs/heads/main$']);
  });

  test('how long its logs and artifacts are kept', () => {
    const days = (name: string): unknown => {
      const { LifecycleConfiguration } = only(at(named, name).template, 'AWS::S3::Bucket').Properties as {
        LifecycleConfiguration: { Rules: { ExpirationInDays?: number }[] };
      };
      const logs = only(at(named, name).template, 'AWS::Logs::LogGroup', {
        LogGroupName: `/aws/codebuild/mangoo-${name.split('-')[1]}`,
      });
      return [LifecycleConfiguration.Rules[0]?.ExpirationInDays, logs.Properties.RetentionInDays];
    };

    expect(days('MangooCodeBuildStack-dev')).toEqual([14, 14]);
    expect(days('MangooCodeBuildStack-prod')).toEqual([30, 30]);
  });

  test('the bootstrap, told by the stack of the account that it is for; elsewhere it trusts the pipeline', () => {
    expect(text(outputs(named, 'MangooCodeBuildStack-dev').BootstrapCommand?.Value)).toMatch(
      /^npx cdk bootstrap aws:\/\/…\/us-east-1 --qualifier mangoodev --toolkit-stack-name CDKToolkit-mangoodev --cloudformation-execution-policies …,…,…$/,
    );
    expect(text(outputs(far, 'MangooDeployTarget-prod').BootstrapCommand?.Value)).toBe(
      'npx cdk bootstrap aws://444455556666/eu-west-1 --qualifier mangooprod --toolkit-stack-name CDKToolkit-mangooprod ' +
        '--trust 111122223333 --cloudformation-execution-policies …,…,…',
    );
    expect(outputs(far, 'MangooCodeBuildStack-prod')).not.toHaveProperty('BootstrapCommand');
    const { text: pipeline } = at(far, 'MangooCodeBuildStack-prod');
    expect(pipeline).not.toContain('AWS::IAM::ManagedPolicy');
  });

  test('in another region of the same account, nobody has to be trusted', () => {
    const [dev, prod] = devAndProd.environments;
    if (!dev || !prod) throw new Error('config/examples/dev-and-prod.ts has lost an environment');
    const config: PipelineConfig = { ...twoAccounts, environments: [dev, { ...prod, region: 'eu-west-1' }] };
    const command = text(outputs(synthesizeAll(config), 'MangooDeployTarget-prod').BootstrapCommand?.Value);

    expect(command).toContain('aws://111122223333/eu-west-1 --qualifier mangooprod');
    expect(command).not.toContain('--trust');
  });
});

describe('who may pull images', () => {
  const policy = (all: All): unknown[] =>
    Object.values(all.stacks)
      .flatMap(({ template }) => Object.values(template.findResources('AWS::ECR::Repository')))
      .map(({ Properties }) => (Properties as { RepositoryPolicyText?: unknown }).RepositoryPolicyText);

  test('nobody outside the account, where every environment is in it', () => {
    expect(policy(named)).toEqual([undefined, undefined]);
    expect(policy(one)).toEqual([undefined, undefined]);
  });

  test('the account of an environment that is elsewhere, and it may only pull', () => {
    expect(policy(far)).toHaveLength(2);
    for (const { Statement } of policy(far) as { Statement: { Principal: { AWS: unknown } }[] }[]) {
      expect(Statement).toEqual([
        {
          Effect: 'Allow',
          Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          Principal: { AWS: expect.anything() as unknown },
        },
      ]);
      expect(text(Statement[0]?.Principal.AWS)).toMatch(/:iam::444455556666:root$/);
    }
  });
});

describe('whoever reviews', () => {
  test.each(['one', 'default and dev', 'dev and prod', 'two accounts'])(
    'the AWS Solutions rules have nothing to say that was not answered (%s)',
    (which) => {
      const { app } =
        { one, 'default and dev': withDefault, 'dev and prod': named, 'two accounts': far }[which] ?? one;
      const findings = new AwsSolutionsChecks(app)
        .validateScope(app)
        .violations.flatMap(({ ruleName, violatingResources }) =>
          violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
        );

      expect(findings).toEqual([]);
    },
  );

  test("CDK's check by CloudFormation's schemas finds nothing to refuse, and nothing is warned of", () => {
    for (const config of [devAndProd, twoAccounts]) {
      const { app } = synthesizeAll({ ...config, ...ON, build: config.build }, { validated: true });
      const warnings = app.node
        .findAll()
        .flatMap(({ node }) => node.metadata)
        .filter(({ type }) => /warning|error/.test(type));

      expect(warnings).toEqual([]);
    }
  });

  test('the stack alone is what the app makes of it', () => {
    expect(at(synthesizeAll(mangoo), 'MangooCodeBuildStack').template.toJSON().Resources).toEqual(
      synthesize({ env: { region: 'us-east-1' } }).template.toJSON().Resources,
    );
  });
});
