import { errors, NOT_FOUND, type Outcome, ScratchBuild } from './scratch-build';

// That it gets the settings of the stack's: contract.test.ts.

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

  const outcome = await build.run('repositories.sh');

  expect(outcome).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(outcome.calls).toHaveLength(1);
});

test('where all images were found, their repositories are there: nothing is asked', async () => {
  const outcome = await build.run('repositories.sh', { IMAGES_TO_BUILD: '' });

  expect(outcome.code).toBe(0);
  expect(outcome.calls).toEqual([]);
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
    const outcome = await build.run('repositories.sh');

    expect(outcome).toMatchObject({ code: 0, stdout: '' });
    expect(changes(outcome)).toEqual(['create-repository', 'put-lifecycle-policy']);
    expect(outcome.stderr).toContain('WARNING: repository mangoo-frontend is missing');
    expect(outcome.stderr).not.toContain('mangoo-backend');
    expect(errors(outcome)).toEqual([]);
  });

  test('it is not made by a build whose images run in another account, which could not pull from it', async () => {
    const outcome = await build.run('repositories.sh', { TARGET_ACCOUNT: '444455556666' });

    expect(outcome.code).toBe(1);
    expect(changes(outcome)).toEqual([]);
    expect(errors(outcome)).toEqual([
      "ERROR: repository mangoo-frontend is missing: make it again as an administrator, with the policy that lets account 444455556666 pull; the pipeline's stack has it",
    ]);
  });

  test('it is made where the images run in the same account, though in another region', async () => {
    const outcome = await build.run('repositories.sh', {
      TARGET_ACCOUNT: '123456789012',
      TARGET_REGION: 'ap-south-1',
    });

    expect(outcome.code).toBe(0);
    expect(changes(outcome)).toEqual(['create-repository', 'put-lifecycle-policy']);
  });
});

test('another error than a missing repository ends the build, with its words, and nothing is made', async () => {
  await build.answers('aws', [
    { to: both, stderr: 'An error occurred (AccessDeniedException): no\n', exit: 254 },
  ]);

  const outcome = await build.run('repositories.sh');

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual(['ERROR: An error occurred (AccessDeniedException): no']);
  expect(changes(outcome)).toEqual([]);
});

test('a repository that cannot be made ends the build', async () => {
  await build.answers('aws', [
    { to: 'ecr describe-repositories *', stderr: NOT_FOUND, exit: 254 },
    { to: 'ecr create-repository *', stderr: 'An error occurred (LimitExceededException)\n', exit: 254 },
  ]);

  const outcome = await build.run('repositories.sh');

  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('LimitExceededException');
  expect(changes(outcome)).toEqual(['create-repository']);
});
