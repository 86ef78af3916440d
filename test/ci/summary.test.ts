import { BACKEND_DIGEST, COMMIT, FRONTEND_DIGEST, REGISTRY, ScratchBuild, structured } from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  build.commit("It's 100% done");
  await build.images();
  await build.file('.artifacts/services.tsv', `mangoo-backend-service\t${BACKEND_DIGEST}\trolled\n`);
  await build.file(
    '.artifacts/cdk-outputs.json',
    JSON.stringify({ MangooStack: { Url: 'http://x.example', Vpc: 'vpc-1' } }),
  );
});
afterEach(() => build.remove());

test('the end of the log says what runs where, from which commit, and where to look', async () => {
  const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'Deployed v1 of https://github.com/jhonmezaa/mangoo to prod',
    '  release  7',
    `  commit   ${COMMIT}  Ada: It's 100% done`,
    '  build    https://console.example/build',
    `  image    backend  ${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}  pushed`,
    `  image    frontend  ${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}  found`,
    `  service  mangoo-backend-service  ${BACKEND_DIGEST}  rolled`,
    '  output   MangooStack.Url = http://x.example',
    '  output   MangooStack.Vpc = vpc-1',
    expect.stringMatching(/^ {2}time {5}\d+(\.\d)? s, of which it waited for$/),
    expect.stringMatching(/^ {4}\d+\.\d s 100 % {2}before the first step$/),
    expect.stringMatching(/^ +\d+\.\d s {3}0 % {2}all else$/),
    '',
  ]);
});

test('it says why each image was built or not, and why the stacks were deployed or not', async () => {
  await build.file(
    '.artifacts/plan.tsv',
    'backend\tbuild\t-\tcontent-1\tits content is new\nfrontend\tunchanged\tsha256:x\tcontent-2\tas before\n',
  );
  await build.file('.artifacts/deployment.tsv', 'skip\tkey\tnothing changed\n');

  const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect(code).toBe(0);
  expect(stdout).toContain(`mangoo-backend@${BACKEND_DIGEST}  build: its content is new\n`);
  expect(stdout).toContain(`mangoo-frontend@${FRONTEND_DIGEST}  unchanged: as before\n`);
  expect(stdout).toContain('  stacks   skip: nothing changed\n');
});

test('a release says which repository it is of: CodeBuild does not tell it to builds of CodePipeline', async () => {
  const { code, stdout } = await build.run('summary.sh', {
    IMAGE_TAG: 'v1',
    CODEBUILD_SOURCE_REPO_URL: undefined,
    REPOSITORY_URL: 'https://github.com/jhonmezaa/mangoo',
  });

  expect(code).toBe(0);
  expect(stdout).toContain('Deployed v1 of https://github.com/jhonmezaa/mangoo to prod\n');
});

test('a rollback says that it is one, so that nobody takes it for what was pushed last', async () => {
  const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1', ROLLBACK: '1' });

  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Rolled back, nothing was built: v1 of https:\/\/github.com\/jhonmezaa\/mangoo to prod\n/,
  );
});

test('whoever has no access to the log finds it among the artifacts', async () => {
  const { stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect(await build.read('.artifacts/summary.txt')).toBe(stdout);
});

test('a stack without outputs is no error', async () => {
  await build.file('.artifacts/cdk-outputs.json', '{}');

  const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect({ code, outputs: stdout.includes('output') }).toEqual({ code: 0, outputs: false });
});

test('a summary that cannot be told is no silent success', async () => {
  await build.file('.artifacts/cdk-outputs.json', '{');

  expect((await build.run('summary.sh', { IMAGE_TAG: 'v1' })).code).not.toBe(0);
});

describe('what this build has cost', () => {
  const cost = async (env: Record<string, string>): Promise<string[]> => {
    const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1', ...env });
    expect(code).toBe(0);
    return stdout.split('\n').filter((line) => line.startsWith('  cost'));
  };
  const ago = (seconds: number): string => String(Date.now() - seconds * 1000);

  test('a minute that has begun is paid whole', async () => {
    expect(await cost({ BUILD_MINUTE_USD: '0.02', CODEBUILD_START_TIME: ago(14 * 60 + 1) })).toEqual([
      '  cost     about $0.30: 15 min at $0.02',
    ]);
  });

  test.each(['', 'free', '0,02', '-1', '1e3', '0.02 USD'])(
    'a price of %j is none, and nothing is told rather than something wrong',
    async (BUILD_MINUTE_USD) => {
      expect(await cost({ BUILD_MINUTE_USD })).toEqual([]);
    },
  );

  test('where the price is not known, nothing is told', async () => {
    expect(await cost({})).toEqual([]);
  });
});

test('whoever wants it faster reads what the build has waited for, and what ran beside', async () => {
  const start = Date.now() - 100_000;
  const at = (seconds: number): number => start + seconds * 1000;
  await build.file(
    '.artifacts/steps.tsv',
    [
      `test-and-build.sh\t${at(10)}`,
      `test backend\t${at(10)}\t${at(40)}\t-\tpassed`,
      `image backend\t${at(40)}\t${at(50)}\ttest backend\tpassed`,
      `test frontend\t${at(10)}\t${at(30)}\t-\tpassed`,
      `deploy.sh\t${at(50)}\n`,
    ].join('\n'),
  );

  const outcome = await build.run('summary.sh', { IMAGE_TAG: 'v1', CODEBUILD_START_TIME: String(start) });

  const lines = outcome.stdout.split('\n').slice(-8, -1);
  expect(lines.slice(1, 4)).toEqual([
    '       10.0 s  10 %  before the first step',
    '       30.0 s  30 %  test backend',
    '       10.0 s  10 %  image backend',
  ]);
  expect(lines.at(-1)).toBe('  beside   test-and-build.sh: 40 s for steps of 60 s');
  expect(structured(outcome, 'steps')).toEqual([
    expect.objectContaining({
      sideBySide: [{ name: 'test-and-build.sh', seconds: 40, criticalPath: 40, sequential: 60 }],
    }),
  ]);
});
