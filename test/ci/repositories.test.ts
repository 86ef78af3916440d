import { callsOf, errors, option, type Outcome, ScratchBuild } from './scratch-build';
import { projectVariables, synthesized } from './synthesized';

const template = synthesized();
const env = { ECR_LIFECYCLE_POLICY: projectVariables(template).ECR_LIFECYCLE_POLICY };
const NOT_FOUND =
  'An error occurred (RepositoryNotFoundException) when calling the DescribeRepositories operation: …\n';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

const both = 'ecr describe-repositories --repository-names mangoo-backend mangoo-frontend *';
const one = (name: string): string => `ecr describe-repositories --repository-names ${name} *`;

function changes(outcome: Outcome): string[] {
  return outcome.calls.map(({ args }) => args[1] ?? '').filter((action) => !action.startsWith('describe-'));
}

test('with all repositories there, one question is asked and nothing is made', async () => {
  await build.answers('aws', [{ to: both, stdout: '[]' }]);

  const outcome = await build.run('repositories.sh', env);

  expect(outcome).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(outcome.calls).toHaveLength(1);
});

describe('a repository that was deleted', () => {
  beforeEach(() =>
    build.answers('aws', [
      { to: both, stderr: NOT_FOUND, exit: 254 },
      { to: one('mangoo-backend'), stdout: '[]' },
      { to: one('mangoo-frontend'), stderr: NOT_FOUND, exit: 254 },
      { to: 'ecr create-repository --repository-name mangoo-frontend *', stdout: '{}' },
      { to: 'ecr put-lifecycle-policy --repository-name mangoo-frontend *', stdout: '{}' },
    ]),
  );

  test('it is made again, it alone, and whoever reads the log is warned', async () => {
    const outcome = await build.run('repositories.sh', env);

    expect(outcome).toMatchObject({ code: 0, stdout: '' });
    expect(changes(outcome)).toEqual(['create-repository', 'put-lifecycle-policy']);
    expect(outcome.stderr).toContain('WARNING: repository mangoo-frontend is missing');
    expect(outcome.stderr).not.toContain('mangoo-backend');
    expect(errors(outcome)).toEqual([]);
  });

  /** The stack's repository, as the script's calls would make it. */
  async function healed(): Promise<Record<string, unknown>> {
    const outcome = await build.run('repositories.sh', env);
    const [create] = callsOf(outcome, 'aws ecr create-repository');
    const [policy] = callsOf(outcome, 'aws ecr put-lifecycle-policy');
    if (!create || !policy) throw new Error('nothing was made');
    const [type, filter] = (option(create, '--image-tag-mutability-exclusion-filters') ?? '').split(',');
    return {
      RepositoryName: option(create, '--repository-name'),
      ImageScanningConfiguration: {
        ScanOnPush: option(create, '--image-scanning-configuration') === 'scanOnPush=true',
      },
      EncryptionConfiguration: {
        EncryptionType: option(create, '--encryption-configuration')?.replace('encryptionType=', ''),
      },
      ImageTagMutability: option(create, '--image-tag-mutability'),
      ImageTagMutabilityExclusionFilters: [
        {
          ImageTagMutabilityExclusionFilterType: type?.replace('filterType=', ''),
          ImageTagMutabilityExclusionFilterValue: filter?.replace('filter=', ''),
        },
      ],
      LifecyclePolicy: { LifecyclePolicyText: option(policy, '--lifecycle-policy-text') },
    };
  }

  function ofTheStack(): Record<string, unknown> {
    const found = Object.values(template.findResources('AWS::ECR::Repository'))
      .map(({ Properties }) => Properties as Record<string, unknown>)
      .find(({ RepositoryName }) => RepositoryName === 'mangoo-frontend');
    return found ?? {};
  }

  test('it has the settings of the stack: nobody notices later that tags are mutable or images unscanned', async () => {
    const settings = ofTheStack();
    delete settings.Tags;

    expect(await healed()).toEqual(settings);
  });
});

test('another error than a missing repository ends the build, with its words, and nothing is made', async () => {
  await build.answers('aws', [
    { to: both, stderr: 'An error occurred (AccessDeniedException): no\n', exit: 254 },
  ]);

  const outcome = await build.run('repositories.sh', env);

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual(['ERROR: An error occurred (AccessDeniedException): no']);
  expect(changes(outcome)).toEqual([]);
});

test('a repository that cannot be made ends the build', async () => {
  await build.answers('aws', [
    { to: 'ecr describe-repositories *', stderr: NOT_FOUND, exit: 254 },
    { to: 'ecr create-repository *', stderr: 'An error occurred (LimitExceededException)\n', exit: 254 },
  ]);

  const outcome = await build.run('repositories.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('LimitExceededException');
  expect(changes(outcome)).toEqual(['create-repository']);
});
