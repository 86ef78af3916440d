import path from 'node:path';
import {
  BACKEND_DIGEST,
  errors,
  FRONTEND_DIGEST,
  type Outcome,
  REGISTRY,
  ScratchBuild,
} from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
  await build.answers('cdk/node_modules/.bin/cdk', [{ to: 'synth *' }, { to: 'deploy *' }]);
});
afterEach(() => build.remove());

async function synthAndDeploy(
  env: Record<string, string> = {},
): Promise<{ outcome: Outcome; synth: string[]; deploy: string[] }> {
  const outcome = await build.run('deploy.sh', env);
  const [synth, deploy] = outcome.calls;
  return { outcome, synth: [...(synth?.args ?? [])], deploy: [...(deploy?.args ?? [])] };
}

test('the application is synthesized once, with the pushed images by digest', async () => {
  const { outcome, synth } = await synthAndDeploy();

  expect(outcome.code).toBe(0);
  expect(outcome.calls.map(({ args, cwd }) => [args[0], cwd])).toEqual([
    ['synth', 'cdk'],
    ['deploy', 'cdk'],
  ]);
  expect(synth).toEqual([
    'synth',
    '--quiet',
    '--no-notices',
    '--output',
    path.join(build.root, '.artifacts/cdk/cdk.out'),
    '--context',
    '@aws-cdk/core:bootstrapQualifier=mangoo',
    '--context',
    `backendImage=${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}`,
    '--context',
    `frontendImage=${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}`,
  ]);
});

test('exactly that assembly is deployed, and it is what the artifacts have', async () => {
  const { synth, deploy } = await synthAndDeploy();

  const assembly = synth[synth.indexOf('--output') + 1];
  expect(deploy[deploy.indexOf('--app') + 1]).toBe(assembly);
  expect(deploy[deploy.indexOf('--outputs-file') + 1]).toBe(
    path.join(build.root, '.artifacts/cdk-outputs.json'),
  );
  expect(deploy).not.toContain('--context');
});

test('no stack is deployed but the configured ones, not even those that they depend on', async () => {
  const { deploy } = await synthAndDeploy({ CDK_STACK_NAME: 'MangooNetwork  MangooStack' });

  expect(deploy.slice(-2)).toEqual(['MangooNetwork', 'MangooStack']);
  expect(deploy.filter((word) => /Stack|Network/.test(word))).toHaveLength(2);
  expect(deploy).toContain('--exclusively');
  expect(deploy).not.toContain('--all');
});

test('nobody is asked: a build cannot answer', async () => {
  const { deploy } = await synthAndDeploy();

  expect(deploy[deploy.indexOf('--require-approval') + 1]).toBe('never');
});

test('the application reads its environment', async () => {
  const { outcome } = await synthAndDeploy({ CDK_ENV: "it's dev", ENVIRONMENT: 'dev' });

  expect(outcome.calls.map(({ env }) => env)).toEqual([
    expect.objectContaining({ CDK_ENV: "it's dev", ENVIRONMENT: 'dev' }),
    expect.objectContaining({ CDK_ENV: "it's dev", ENVIRONMENT: 'dev' }),
  ]);
});

test('the roles that deploy are those of the environment, whatever the application has in its cdk.json', async () => {
  const { synth } = await synthAndDeploy({ BOOTSTRAP_QUALIFIER: 'mangoodev' });

  expect(synth.filter((word) => word.includes('ootstrapQualifier'))).toEqual([
    '@aws-cdk/core:bootstrapQualifier=mangoodev',
  ]);
});

describe('in another region', () => {
  const region = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' };

  test('stacks that name none are deployed there, not where the build runs', async () => {
    const { outcome } = await synthAndDeploy({ ...region, TARGET_REGION: 'ap-south-1' });

    expect(outcome.calls.map(({ env }) => [env.AWS_REGION, env.AWS_DEFAULT_REGION])).toEqual([
      ['ap-south-1', 'ap-south-1'],
      ['ap-south-1', 'ap-south-1'],
    ]);
  });

  test("without one, the region is the build's", async () => {
    const { outcome } = await synthAndDeploy(region);

    expect(outcome.calls.map(({ env }) => env.AWS_REGION)).toEqual(['eu-west-1', 'eu-west-1']);
  });
});

test('it is found where APP_DIR says', async () => {
  await build.answers('examples/mangoo/cdk/node_modules/.bin/cdk', [{ to: 'synth *' }, { to: 'deploy *' }]);

  const { outcome } = await synthAndDeploy({ APP_DIR: 'examples/mangoo' });

  expect(outcome.calls.map(({ cwd }) => cwd)).toEqual(['examples/mangoo/cdk', 'examples/mangoo/cdk']);
});

test.each(["a 'quoted' $(tag)", 'a*'])('an image URI such as %s stays one word', async (uri) => {
  await build.file('.artifacts/images.tsv', `backend\tr\t${uri}\ts\tpushed\n`);

  expect((await synthAndDeploy()).synth.slice(-2)).toEqual(['--context', `backendImage=${uri}`]);
});

test('what cannot be synthesized is not deployed', async () => {
  await build.answers('cdk/node_modules/.bin/cdk', [
    { to: 'synth *', stderr: 'backendImage: expected…\n', exit: 1 },
  ]);

  const { outcome } = await synthAndDeploy();

  expect(outcome.code).not.toBe(0);
  expect(outcome.calls).toHaveLength(1);
});

test('a deployment that rolls back fails the build', async () => {
  await build.answers('cdk/node_modules/.bin/cdk', [{ to: 'synth *' }, { to: 'deploy *', exit: 1 }]);

  expect((await synthAndDeploy()).outcome.code).not.toBe(0);
});

test('an application that does not pin the CLI is told so, and no other CLI is taken', async () => {
  const outcome = await build.run('deploy.sh', { APP_DIR: 'other' });
  expect(outcome.code).not.toBe(0);

  await build.file('other/cdk/package.json', '{}');
  const told = await build.run('deploy.sh', { APP_DIR: 'other' });

  expect(errors(told)).toEqual([
    'ERROR: other/cdk/package.json does not have aws-cdk: the CLI is the one that the lock file pins',
  ]);
  expect(told.calls).toEqual([]);
});
