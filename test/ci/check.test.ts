import path from 'node:path';
import { errors, type Outcome, REGISTRY, ScratchBuild } from './scratch-build';

const NOTHING = `sha256:${'0'.repeat(64)}`;

let build: ScratchBuild;

beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('backend/requirements.txt', 'fastapi\n');
  await build.file('backend/Dockerfile', 'FROM scratch\n');
  await build.file('frontend/package.json', '{}');
  await build.file('frontend/Dockerfile', 'FROM scratch\n');
  await build.answers('npm', [{ to: 'run build --if-present' }]);
  await build.answers('cdk/node_modules/.bin/cdk', [{ to: 'synth *' }]);
});

afterEach(() => build.remove());

/** Neither `docker` nor `aws` has an answer here: a call of one ends the test. */
function check(): Promise<Outcome> {
  return build.run('check.sh');
}

test('what compiles is compiled, and the application synthesized with images that nobody has', async () => {
  const { code, calls } = await check();

  expect(code).toBe(0);
  expect(calls.map(({ program, args, cwd }) => [program, args, cwd])).toEqual([
    ['npm', ['run', 'build', '--if-present'], 'frontend'],
    [
      'cdk',
      [
        'synth',
        '--quiet',
        '--no-notices',
        '--output',
        path.join(build.root, '.artifacts/cdk/cdk.out'),
        '--context',
        '@aws-cdk/core:bootstrapQualifier=mangoo',
        '--context',
        `backendImage=${REGISTRY}/mangoo-backend@${NOTHING}`,
        '--context',
        `frontendImage=${REGISTRY}/mangoo-frontend@${NOTHING}`,
      ],
      'cdk',
    ],
  ]);
});

test('an author reads that no image was built, and does not take the check for more than it is', async () => {
  const { stderr } = await check();

  expect(stderr).toContain('no image was built');
});

test('what does not compile fails the check, and is not synthesized', async () => {
  await build.answers('npm', [{ to: 'run build --if-present', stderr: 'error TS2304', exit: 2 }]);
  const { code, calls } = await check();

  expect(code).toBe(2);
  expect(calls.map(({ program }) => program)).toEqual(['npm']);
});

test('an application that does not synthesize fails the check', async () => {
  await build.answers('cdk/node_modules/.bin/cdk', [{ to: 'synth *', stderr: 'no such stack', exit: 1 }]);

  expect((await check()).code).toBe(1);
});

test('every missing Dockerfile is told at once, before anything compiles', async () => {
  await build.file('api/package.json', '{}');
  const outcome = await build.run('check.sh', {
    IMAGES:
      'api,api,mangoo-api,api-service frontend,frontend,mangoo-frontend,s worker,worker,mangoo-worker,w',
  });

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual([
    'ERROR: ./api/Dockerfile is missing: the image of api is built by it',
    'ERROR: ./worker/Dockerfile is missing: the image of worker is built by it',
  ]);
  expect(outcome.calls).toEqual([]);
});

test('an application that does not pin the CLI is told so, and no other CLI is taken', async () => {
  await build.file('other/cdk/package.json', '{}');
  await build.file('other/app/requirements.txt', '');
  await build.file('other/app/Dockerfile', 'FROM scratch\n');
  const told = await build.run('check.sh', { APP_DIR: 'other', IMAGES: 'app,app,mangoo-app,app-service' });

  expect(errors(told)).toEqual([
    'ERROR: other/cdk/package.json does not have aws-cdk: the CLI is the one that the lock file pins',
  ]);
  expect(told.calls).toEqual([]);
});
