import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { callsOf, errors, type Outcome, ScratchBuild } from './scratch-build';

const env = { IMAGE_TAG: 'v1', IMAGES_TO_BUILD: 'backend frontend' };

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('backend/requirements.txt');
  await build.file('backend/tests/test_x.py');
  await build.file('frontend/package.json', '{"scripts":{"test":"vitest run","build":"vite build"}}');
  build.commit('Make it');
  await build.answers('backend/.venv/bin/python', [{ to: '-m pytest *' }]);
  await build.answers('docker', [{ to: 'build *' }]);
  await npm('', '');
});
afterEach(() => build.remove());

function npm(test: string, compile: string): Promise<void> {
  return build.answers('npm', [
    { to: 'test*', does: test },
    { to: 'run build*', does: compile },
  ]);
}

/** What was called in a folder, or of it. */
function inOrder(outcome: Outcome): string[] {
  return outcome.calls.map(({ program, args }) => `${program} ${args.at(program === 'docker' ? -1 : 0)}`);
}

async function steps(): Promise<string[][]> {
  const text = await build.read('.artifacts/steps.tsv');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((row) => row.length > 2);
}

test('everything that is built is tested, compiled, and becomes an image, whose own tests came before', async () => {
  const outcome = await build.run('test-and-build.sh', env);

  expect(outcome.code).toBe(0);
  const order = inOrder(outcome);
  expect([...order].sort()).toEqual([
    'docker ./backend',
    'docker ./frontend',
    'npm run',
    'npm test',
    'python -m',
  ]);
  expect(order.indexOf('docker ./backend')).toBeGreaterThan(order.indexOf('python -m'));
  expect(order.indexOf('docker ./frontend')).toBeGreaterThan(order.indexOf('npm test'));
  expect(order.indexOf('docker ./frontend')).toBeGreaterThan(order.indexOf('npm run'));
  expect((await steps()).map(([name, , , after, how]) => [name, after, how]).sort()).toEqual([
    ['compile frontend', '-', 'passed'],
    ['image backend', 'test backend', 'passed'],
    ['image frontend', 'test frontend,compile frontend', 'passed'],
    ['test backend', '-', 'passed'],
    ['test frontend', '-', 'passed'],
  ]);
});

test('layers that are kept in a registry need a builder, which is made once, meanwhile, before the first image', async () => {
  await build.answers('docker', [
    { to: 'buildx inspect --bootstrap', stdout: 'Driver: docker-container\n' },
    { to: 'buildx build *' },
  ]);

  const outcome = await build.run('test-and-build.sh', { ...env, LAYER_CACHE: 'mangoo-layer-cache' });

  expect(outcome.code).toBe(0);
  expect((await steps()).map(([name, , , after, how]) => [name, after, how]).sort()).toEqual([
    ['builder', '-', 'passed'],
    ['compile frontend', '-', 'passed'],
    ['image backend', 'test backend,builder', 'passed'],
    ['image frontend', 'test frontend,compile frontend,builder', 'passed'],
    ['test backend', '-', 'passed'],
    ['test frontend', '-', 'passed'],
  ]);
});

test('no builder is made where there is no image to build', async () => {
  const outcome = await build.run('test-and-build.sh', {
    LAYER_CACHE: 'mangoo-layer-cache',
    IMAGES_TO_BUILD: '',
  });

  expect([outcome.code, outcome.calls]).toEqual([0, []]);
});

test('compiling does not wait for the tests: each goes on only when the other has begun', async () => {
  const meets = (mine: string, other: string): string =>
    `touch "$HOME/${mine}"; for _ in {1..600}; do [[ ! -e $HOME/${other} ]] || break; sleep 0.1; done; [[ -e $HOME/${other} ]] || exit 9`;
  await npm(meets('test', 'compile'), meets('compile', 'test'));

  const outcome = await build.run('test-and-build.sh', {
    ...env,
    IMAGES_TO_BUILD: 'frontend',
    STEPS_AT_ONCE: '2',
  });

  expect(outcome.code).toBe(0);
});

test.each(['test', 'compile'])(
  'what fails to %s becomes no image, and that is what the end of the log says',
  async (what) => {
    await npm(what === 'test' ? 'exit 3' : '', what === 'compile' ? 'exit 3' : '');

    const outcome = await build.run('test-and-build.sh', env);

    expect(outcome.code).toBe(3);
    expect(inOrder(outcome)).not.toContain('docker ./frontend');
    expect(errors(outcome)).toEqual([
      expect.stringMatching(
        new RegExp(`^ERROR: ${what} frontend failed with exit status 3(; stopped with it: .*)?$`),
      ),
    ]);
    expect(outcome.stderr.trimEnd().split('\n').at(-1)).toBe(errors(outcome)[0]);
  },
);

test('with nothing to build nothing runs, and every report group has its file', async () => {
  const outcome = await build.run('test-and-build.sh', { ...env, IMAGES_TO_BUILD: '' });

  expect([outcome.code, outcome.calls]).toEqual([0, []]);
  for (const name of ['backend', 'frontend']) {
    expect(await build.read(`.artifacts/test-reports/${name}.xml`)).toContain('no report in this build');
  }
});

test("the tests of one image leave the others' reports alone", async () => {
  await build.answers('backend/.venv/bin/python', [
    { to: '-m pytest *', does: 'echo "<real/>" >"${4#--junitxml=}"' },
  ]);

  expect((await build.run('test-and-build.sh', { ...env, STEPS_AT_ONCE: '1' })).code).toBe(0);

  expect(await readFile(path.join(build.root, '.artifacts/test-reports/backend.xml'), 'utf8')).toBe(
    '<real/>\n',
  );
});

test('what a program reads is in a line of its own still, whatever it runs beside', async () => {
  const outcome = await build.run('test-and-build.sh', env);

  expect(outcome.stderr.split('\n').filter((line) => line.startsWith('{"mangoo":"cache"'))).toHaveLength(
    callsOf(outcome, 'docker build').length,
  );
});
