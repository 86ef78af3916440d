import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseBuildspec } from '../../tools/buildspec/buildspec';
import { junit } from '../../tools/simulator/engine/reports/tests';
import { callsOf, ScratchBuild } from './scratch-build';

const env = { IMAGES_TO_BUILD: 'backend frontend' };

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('backend/requirements.txt');
  await build.file('backend/tests/test_x.py');
  await build.answers('backend/.venv/bin/python', [{ to: '-m pytest *' }]);
  await build.answers('npm', [{ to: 'test*' }]);
  await frontend('vitest run');
});
afterEach(() => build.remove());

function frontend(test?: string): Promise<void> {
  return build.file('frontend/package.json', JSON.stringify({ scripts: { test } }));
}

/** Where CodeBuild looks for a report. */
function report(name: string): string {
  const found = parseBuildspec(readFileSync('buildspec.yml', 'utf8')).reports.find((r) => r.name === name);
  return path.join(build.root, found?.baseDirectory ?? '', found?.files[0] ?? '');
}

test('the tests of both run in their folders, and report where CodeBuild looks', async () => {
  const outcome = await build.run('test.sh', env);

  expect(outcome.code).toBe(0);
  expect(outcome.calls.map(({ cwd, program, args }) => [cwd, program, ...args])).toEqual([
    ['backend', 'python', '-m', 'pytest', 'tests', `--junitxml=${report('backend-tests')}`],
    [
      'frontend',
      'npm',
      'test',
      '--',
      '--reporter=default',
      '--reporter=junit',
      `--outputFile.junit=${report('frontend-tests')}`,
    ],
  ]);
});

test('jest reports too', async () => {
  await frontend('jest --coverage');

  const [npm] = callsOf(await build.run('test.sh', env), 'npm');

  expect(npm?.args).toEqual(['test', '--', '--ci', '--reporters=default', '--reporters=jest-junit']);
  expect(npm?.env.JEST_JUNIT_OUTPUT_FILE).toBe(report('frontend-tests'));
});

test('another runner is run as it is, and the missing report told', async () => {
  await frontend('node --test');

  const outcome = await build.run('test.sh', env);

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'npm')[0]?.args).toEqual(['test']);
  expect(outcome.stderr).toContain('==> no report: the test script is neither vitest nor jest');
});

test('missing frontend tests are told, not guessed', async () => {
  await frontend(undefined);

  const outcome = await build.run('test.sh', env);

  expect(outcome.code).toBe(0);
  expect(outcome.stderr).toContain('==> no tests: /frontend/package.json has no test script');
  expect(callsOf(outcome, 'npm')).toEqual([]);
});

test('missing backend tests are told, and those of the frontend run', async () => {
  await build.file('other/requirements.txt');
  const IMAGES = 'backend,other,r,s frontend,frontend,r,s';

  const outcome = await build.run('test.sh', { ...env, IMAGES });

  expect(outcome.stderr).toContain('==> no tests: /other/tests does not exist');
  expect(callsOf(outcome, 'python')).toEqual([]);
  expect(callsOf(outcome, 'npm')).toHaveLength(1);
});

test('a failing backend test ends the build there', async () => {
  await build.answers('backend/.venv/bin/python', [{ to: '-m pytest *', exit: 1 }]);

  const outcome = await build.run('test.sh', env);

  expect(outcome.code).toBe(1);
  expect(callsOf(outcome, 'npm')).toEqual([]);
});

test.each(['vitest', 'jest', 'mocha'])('a failing frontend test of %s ends the build', async (runner) => {
  await frontend(runner);
  await build.answers('npm', [{ to: 'test*', exit: 1 }]);

  expect((await build.run('test.sh', env)).code).toBe(1);
});

test.each([
  ['nothing is built', { IMAGES_TO_BUILD: '' }],
  ['neither has tests that report', { IMAGES_TO_BUILD: 'frontend' }],
])(
  'when %s, every group has a report that says so: without one, CodeBuild fails a build that has deployed',
  async (_, given) => {
    await frontend('node --test');

    expect((await build.run('test.sh', given)).code).toBe(0);

    for (const name of ['backend-tests', 'frontend-tests']) {
      expect(junit(readFileSync(report(name), 'utf8'))).toEqual({
        total: 1,
        passed: 0,
        failed: 0,
        skipped: 1,
      });
    }
  },
);

test('what is deployed from the registry was tested when it was built', async () => {
  const outcome = await build.run('test.sh', { IMAGES_TO_BUILD: 'frontend' });
  expect(outcome.calls.map(({ program }) => program)).toEqual(['npm']);

  expect((await build.run('test.sh', { IMAGES_TO_BUILD: '' })).calls).toEqual([]);
});

test('a test that reads its input does not make the next image untested', async () => {
  await build.answers('npm', [{ to: 'test*', reads: true }]);
  const IMAGES = 'frontend,frontend,r,s backend,backend,r,s';

  const outcome = await build.run('test.sh', { ...env, IMAGES });

  expect(outcome.calls.map(({ program }) => program)).toEqual(['npm', 'python']);
});
