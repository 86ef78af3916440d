import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import devAndProd from '../../config/examples/dev-and-prod';
import { Faults } from '../../tools/simulator/faults';
import { type PushOptions, PushRun, simulatePush } from '../../tools/simulator/push';
import type { PushResult } from '../../tools/simulator/report/result';
import type { Simulator } from '../../tools/simulator/simulator';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

let directory: string;
let source: string;
let output: string[];
let simulator: Simulator;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-environments-test-'));
  source = path.join(directory, 'source');
  copyMiniature(source);
  gitIn(source, 'init', '--quiet', '--initial-branch=work');
  // The miniature's application lies in the root of its repository.
  writeFileSync(
    path.join(directory, 'config.ts'),
    `import config from ${JSON.stringify(path.join(ROOT, 'config/examples/dev-and-prod'))};\nexport default { ...config, appDir: '.' };\n`,
  );
  output = [];
  commit();
  simulator = await runOf('main').prepare();
});

afterAll(async () => {
  await simulator.stop();
  rmSync(directory, { recursive: true, force: true });
});

function options(branch: string): PushOptions {
  return {
    source,
    branch,
    config: path.join(directory, 'config.ts'),
    faults: new Faults(),
    require: [],
    keep: false,
    verbose: true,
    results: path.join(directory, 'results'),
  };
}

function context(): ConstructorParameters<typeof PushRun>[4] {
  const tell = (line: string): void => void output.push(line);
  // The same everywhere: with an engine, the base images would be needed.
  const env = { ...process.env, TMPDIR: directory, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  return { cwd: ROOT, env, signal: new AbortController().signal, out: tell, err: tell };
}

function runOf(branch: string): PushRun {
  return new PushRun(path.join(directory, 'work'), devAndProd, undefined, options(branch), context());
}

let commits = 0;
function commit(): string {
  commits += 1;
  writeFileSync(path.join(source, 'frontend/index.txt'), `release ${commits}\n`);
  gitIn(source, 'add', '--all');
  gitIn(source, 'commit', '--quiet', '--message', `Release ${commits}`);
  return gitIn(source, 'rev-parse', 'HEAD');
}

function push(branch: string): Promise<PushResult> {
  output.length = 0;
  return runOf(branch).push(simulator);
}

/** By whom AWS was called in a build, from a place in the ledger on. */
function rolesOf({ aws }: PushResult, since: number): string[] {
  const calls = aws.calls.slice(since).filter(({ phase }) => phase !== undefined);
  return [...new Set(calls.map(({ principal }) => principal))].sort();
}

function running({ services }: PushResult): Record<string, string> {
  return Object.fromEntries(
    services.map(({ taskDefinition, image, rollout }) => [
      (taskDefinition.split('/').at(-1) ?? '').replace(/:\d+$/, ''),
      `${rollout} ${image.split('@')[1]}`,
    ]),
  );
}

test.each(['development', 'develop-2', 'feature/develop', 'Develop', 'main-2', 'maintenance', 'prod', 'dev'])(
  'a push to %s starts nothing, though it is called almost like a branch that is deployed',
  async (branch) => {
    commit();
    const { build, webhook, services } = await push(branch);

    expect(build).toBeUndefined();
    expect(webhook.matched).toBe(false);
    // Both projects say why.
    expect(webhook.reasons).toHaveLength(2);
    expect(services).toEqual([]);
  },
);

test('a push to develop is built, deployed and verified in dev, by roles of dev; then the same commit on main in prod, with the images of dev', async () => {
  const head = commit();
  const before = simulator.aws.ledger.all().length;
  const dev = await push('develop');

  expect(`${dev.build?.status}\n${output.join('\n')}`).toMatch(/^SUCCEEDED\n/);
  expect(dev.build?.id).toMatch(/^mangoo-build-dev:/);
  expect(dev.meanwhile).toEqual([]);
  expect(dev.stacks.filter(({ application }) => application).map(({ name }) => name)).toEqual([
    'MangooStack-Dev',
  ]);
  const digests = dev.images.map(({ digest }) => digest);
  expect(digests).toHaveLength(2);
  expect(Object.keys(running(dev)).sort()).toEqual(['MangooStack-Dev-backend', 'MangooStack-Dev-frontend']);
  for (const runs of Object.values(running(dev)))
    expect(digests.map((digest) => `COMPLETED ${digest}`)).toContain(runs);
  expect(rolesOf(dev, before).filter((role) => /build|cdk-/.test(role))).toEqual([
    expect.stringMatching(/^cdk-mangoodev-cfn-exec-role/),
    expect.stringMatching(/^cdk-mangoodev-deploy-role/),
    expect.stringMatching(/^cdk-mangoodev-file-publishing-role/),
    'mangoo-build-dev-role',
  ]);
  expect(dev.aws.calls.filter(({ decision }) => decision === 'denied')).toEqual([]);

  const between = simulator.aws.ledger.all().length;
  const prod = await push('main');

  expect(`${prod.build?.status}\n${output.join('\n')}`).toMatch(/^SUCCEEDED\n/);
  expect(prod.build?.id).toMatch(/^mangoo-build-prod:/);
  expect(prod.build?.exportedVariables.IMAGE_TAG).toBe(head);
  // Promoted, not built again.
  expect(prod.images.map(({ digest, built }) => [digest, built])).toEqual(
    digests.map((digest) => [digest, false]),
  );
  expect(Object.keys(running(prod)).sort()).toEqual([
    'MangooStack-Dev-backend',
    'MangooStack-Dev-frontend',
    'MangooStack-Prod-backend',
    'MangooStack-Prod-frontend',
  ]);
  expect(running(prod)).toMatchObject(running(dev));
  expect(rolesOf(prod, between).filter((role) => /dev/.test(role))).toEqual([]);
  expect(prod.aws.calls.filter(({ decision }) => decision === 'denied')).toEqual([]);
});

test('environments of several accounts are refused with what can be played, before anything is started', async () => {
  const config = path.join(ROOT, 'config/examples/two-accounts.ts');

  await expect(simulatePush({ ...options('main'), config }, context())).rejects.toThrow(
    'config/examples/two-accounts.ts: prod (444455556666, eu-west-1): expected every environment where the pipeline is, because one account and region are emulated; leave it out, or its account and region',
  );
});
