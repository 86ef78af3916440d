import { Template } from 'aws-cdk-lib/assertions';
import devAndProd from '../../config/examples/dev-and-prod';
import registryCache from '../../config/examples/registry-cache';
import release from '../../config/examples/release';
import type { PipelineConfig } from '../../lib/config';
import { all, type PolicyDocument, PUSH_AND_PULL, surprises } from './decision';
import { HERE, resolved, type TemplateJson } from './resolved';
import { only, type Synthesized, synthesize, synthesizeAll } from './synthesized';

let kept: Synthesized;
let without: Synthesized;
let stacks: Readonly<Record<string, { template: Template; text: string }>>;

beforeAll(() => {
  kept = synthesize({ config: { ...registryCache, pullRequests: {} } });
  without = synthesize({ config: { pullRequests: {} } });
  stacks = synthesizeAll(everywhere({ ...release, pullRequests: {} })).stacks;
});

function everywhere(config: PipelineConfig): PipelineConfig {
  return { ...config, build: { ...config.build, registryCache: true } };
}

function repository(name: string): string {
  return `arn:aws:ecr:us-east-1:${HERE.account}:repository/${name}`;
}

/** What a role may do, by its inline policies. */
function policies(template: Template, RoleName: string): PolicyDocument[] {
  const { Properties } = only(template, 'AWS::IAM::Role', { RoleName });
  const { Policies } = resolved(template.toJSON() as TemplateJson, Properties) as {
    Policies: { PolicyDocument: PolicyDocument }[];
  };
  return Policies.map(({ PolicyDocument }) => PolicyDocument);
}

function layerCaches({ template }: { template: Template }): string[] {
  return Object.values(template.findResources('AWS::ECR::Repository'))
    .map(({ Properties }) => (Properties as { RepositoryName: string }).RepositoryName)
    .filter((name) => name.includes('layer-cache'));
}

function variable(template: Template, project: string): unknown {
  const { Properties } = only(template, 'AWS::CodeBuild::Project', { Name: project });
  const { EnvironmentVariables } = Properties.Environment as {
    EnvironmentVariables: { Name: string; Value: unknown }[];
  };
  return EnvironmentVariables.find(({ Name }) => Name === 'LAYER_CACHE')?.Value;
}

describe('the repository of the layers', () => {
  test('forgets: what was replaced after a day, and all after two weeks', () => {
    const { Properties } = only(kept.template, 'AWS::ECR::Repository', {
      RepositoryName: 'mangoo-layer-cache',
    });
    const { LifecyclePolicyText } = Properties.LifecyclePolicy as { LifecyclePolicyText: string };
    const { rules } = JSON.parse(LifecyclePolicyText) as { rules: { selection: object; action: object }[] };

    expect(rules.map(({ selection, action }) => ({ ...selection, ...action }))).toEqual([
      {
        tagStatus: 'untagged',
        countType: 'sinceImagePushed',
        countNumber: 1,
        countUnit: 'days',
        type: 'expire',
      },
      { tagStatus: 'any', countType: 'sinceImagePushed', countNumber: 14, countUnit: 'days', type: 'expire' },
    ]);
  });

  test('lets each build move its tags, and scans nothing: nothing of it runs', () => {
    const { Properties } = only(kept.template, 'AWS::ECR::Repository', {
      RepositoryName: 'mangoo-layer-cache',
    });

    expect(Properties).toMatchObject({ ImageTagMutability: 'MUTABLE' });
    expect(Properties).not.toHaveProperty('ImageScanningConfiguration.ScanOnPush', true);
    expect(Properties).not.toHaveProperty('RepositoryPolicyText');
  });

  test('goes with the stack, whatever is in it; the images stay', () => {
    const found = Object.values(kept.template.findResources('AWS::ECR::Repository')).map(
      ({ Properties, DeletionPolicy }) => {
        const { RepositoryName, EmptyOnDelete } = Properties as Record<string, unknown>;
        return [RepositoryName, DeletionPolicy as unknown, EmptyOnDelete];
      },
    );

    expect(found.sort()).toEqual([
      ['mangoo-backend', 'RetainExceptOnCreate', undefined],
      ['mangoo-frontend', 'RetainExceptOnCreate', undefined],
      ['mangoo-layer-cache', 'Delete', true],
    ]);
    expect(kept.text).not.toContain('Custom::');
  });

  test('is told to the builds of its project', () => {
    expect(variable(kept.template, 'mangoo-build-deploy')).toBe('mangoo-layer-cache');
  });
});

describe('a build', () => {
  test('reads and writes layers', async () => {
    const given = policies(kept.template, 'mangoo-build-deploy-role');

    expect(await surprises('allowed', given, all(PUSH_AND_PULL, repository('mangoo-layer-cache')))).toEqual(
      [],
    );
  });

  test('can neither delete, share nor make the repository, nor change how long it keeps what', async () => {
    const given = policies(kept.template, 'mangoo-build-deploy-role');
    const more = [
      'ecr:BatchDeleteImage',
      'ecr:CreateRepository',
      'ecr:DeleteRepository',
      'ecr:DescribeImages',
      'ecr:DescribeRepositories',
      'ecr:PutLifecyclePolicy',
      'ecr:SetRepositoryPolicy',
      'ecr:TagResource',
    ];

    expect(await surprises('denied', given, all(more, repository('mangoo-layer-cache')))).toEqual([]);
  });

  test('of another environment has a repository of its own, so that neither decides what is in an image of the other', async () => {
    const { dev, prod } = Object.fromEntries(
      ['dev', 'prod'].map((name) => [name, stacks[`MangooCodeBuildStack-${name}`]?.template]),
    ) as Record<'dev' | 'prod', Template>;

    expect(variable(dev, 'mangoo-build-dev')).toBe('mangoo-layer-cache-dev');
    expect(variable(prod, 'mangoo-build-prod')).toBe('mangoo-layer-cache-prod');
    for (const [template, mine, other] of [
      [dev, 'dev', 'prod'],
      [prod, 'prod', 'dev'],
    ] as const) {
      const given = policies(template, `mangoo-build-${mine}-role`);
      expect(
        await surprises('allowed', given, all(PUSH_AND_PULL, repository(`mangoo-layer-cache-${mine}`))),
      ).toEqual([]);
      expect(
        await surprises(
          'denied',
          given,
          all(
            PUSH_AND_PULL,
            repository(`mangoo-layer-cache-${other}`),
            repository('mangoo-layer-cache'),
            repository('mangoo-release-layer-cache'),
          ),
        ),
      ).toEqual([]);
    }
  });

  test('of a release has one too, which its other steps cannot touch', async () => {
    const { template } = stacks.MangooReleaseStack as { template: Template };

    expect(variable(template, 'mangoo-release-build')).toBe('mangoo-release-layer-cache');
    const requests = all(PUSH_AND_PULL, repository('mangoo-release-layer-cache'));
    expect(await surprises('allowed', policies(template, 'mangoo-release-build-role'), requests)).toEqual([]);
    for (const step of ['deploy-dev', 'prepare-prod', 'deploy-prod']) {
      expect(variable(template, `mangoo-release-${step}`)).toBeUndefined();
      expect(await surprises('denied', policies(template, `mangoo-release-${step}-role`), requests)).toEqual(
        [],
      );
    }
  });
});

test('a pull request gets none: what a stranger puts into a layer would come into the next release', async () => {
  expect(variable(kept.template, 'mangoo-pull-requests')).toBeUndefined();
  expect(
    await surprises('denied', policies(kept.template, 'mangoo-pull-requests-role'), [
      { action: 'ecr:GetAuthorizationToken', on: '*' },
      ...all(PUSH_AND_PULL, repository('mangoo-layer-cache')),
    ]),
  ).toEqual([]);
});

test('what deploys the application cannot touch it, nor can anything that runs', async () => {
  const managed = Object.values(kept.template.findResources('AWS::IAM::ManagedPolicy')).map(
    ({ Properties }) =>
      (resolved(kept.template.toJSON() as TemplateJson, Properties) as { PolicyDocument: PolicyDocument })
        .PolicyDocument,
  );

  expect(managed.length).toBeGreaterThan(3);
  expect(await surprises('denied', managed, all(PUSH_AND_PULL, repository('mangoo-layer-cache')))).toEqual(
    [],
  );
});

test('the stack of the images that environments share has none: it outlives them', () => {
  const { stacks: shared } = synthesizeAll(everywhere(devAndProd));

  expect(
    Object.entries(shared).flatMap(([name, stack]) => layerCaches(stack).map((cache) => [name, cache])),
  ).toEqual([
    ['MangooCodeBuildStack-dev', 'mangoo-layer-cache-dev'],
    ['MangooCodeBuildStack-prod', 'mangoo-layer-cache-prod'],
  ]);
});

test('who does not ask for it has no such repository, no permission and no variable', async () => {
  expect(layerCaches(without)).toEqual([]);
  expect(variable(without.template, 'mangoo-build-deploy')).toBeUndefined();
  expect(without.text).not.toContain('layer-cache');
  expect(
    await surprises(
      'denied',
      policies(without.template, 'mangoo-build-deploy-role'),
      all(PUSH_AND_PULL, repository('mangoo-layer-cache')),
    ),
  ).toEqual([]);
});
