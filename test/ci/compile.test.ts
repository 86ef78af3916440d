import { ScratchBuild } from './scratch-build';

const env = { IMAGES_TO_BUILD: 'backend frontend' };

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.answers('npm', [{ to: 'run build*', does: 'mkdir -p dist && echo made >dist/index.html' }]);
  await build.file('backend/requirements.txt');
  await build.file('frontend/package.json', '{"scripts":{"build":"vite build"}}');
});
afterEach(() => build.remove());

test('what is no Python is compiled in its folder, and stored', async () => {
  const outcome = await build.run('compile.sh', env);

  expect(outcome.code).toBe(0);
  expect(outcome.calls.map(({ program, cwd, args }) => [program, cwd, ...args])).toEqual([
    ['npm', 'frontend', 'run', 'build', '--if-present'],
  ]);
  expect(await build.read('.artifacts/frontend/dist/index.html')).toBe('made\n');
});

test('what the registry has is not compiled again', async () => {
  expect((await build.run('compile.sh', { IMAGES_TO_BUILD: 'backend' })).calls).toEqual([]);
});

test('what does not compile ends the build', async () => {
  await build.answers('npm', [{ to: 'run build*', exit: 2 }]);

  expect((await build.run('compile.sh', env)).code).toBe(2);
});

test('a package without a build script has nothing to compile', async () => {
  await build.answers('npm', [
    { to: 'run build --if-present' },
    { to: 'run build', stderr: 'npm error Missing script: "build"\n', exit: 1 },
  ]);

  expect((await build.run('compile.sh', env)).code).toBe(0);
});

test('a compiler that reads its input does not make the next image uncompiled', async () => {
  await build.answers('npm', [{ to: 'run build*', reads: true, does: 'mkdir -p dist' }]);
  const IMAGES = 'one,one,r,s two,two,r,s';
  await build.file('one/package.json', '{}');
  await build.file('two/package.json', '{}');

  expect((await build.run('compile.sh', { IMAGES, IMAGES_TO_BUILD: 'one two' })).calls).toHaveLength(2);
});
