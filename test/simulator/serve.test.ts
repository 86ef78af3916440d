import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { processesWith } from '../../tools/simulator/processes';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

/** The user's own tools against `simulate serve`, one after the other, as a day with it would go. */

const CDK = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');

let directory: string;
let source: string;
let state: string;
let server: ChildProcess;
/** On its standard error. */
let said: string;
let environment: Record<string, string>;
let remote: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-serve-test-'));
  state = path.join(directory, 'state');
  source = path.join(directory, 'source');
  copyMiniature(source);
  await serve();
});

afterAll(async () => {
  await end('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

async function serve(): Promise<void> {
  const args = ['--require', 'ts-node/register/transpile-only', 'tools/simulator/cli.ts'];
  server = spawn(process.execPath, [...args, 'serve', '--port', '0', '--state', state], {
    cwd: ROOT,
    env: {
      ...process.env,
      TMPDIR: directory,
      AWS_PROFILE: 'production',
      AWS_ACCESS_KEY_ID: 'AKIAREALONE',
      // The same everywhere: with an engine, the base images would be needed.
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  said = '';
  server.stdout?.on('data', (text: Buffer) => (out += text.toString()));
  const ready = new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('Ready.')) resolve();
    });
    server.on('exit', () => reject(new Error(said)));
  });
  await ready;
  environment = Object.fromEntries(
    [...out.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^'|'$/g, ''),
    ]),
  );
  remote = /git push (\S+) HEAD:main/.exec(out)?.[1] ?? '';
}

async function end(signal: NodeJS.Signals): Promise<number | null> {
  if (server.exitCode !== null) return server.exitCode;
  server.kill(signal);
  await once(server, 'exit');
  return server.exitCode;
}

interface Ran {
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Both. */
  readonly all: string;
}

/** A program in the shell of a user who has typed the `export` lines. */
async function run(file: string, args: readonly string[], cwd = ROOT): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    ...environment,
    GIT_CONFIG_GLOBAL: '/dev/null',
    CI: 'true',
  };
  const child = spawn(file, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let all = '';
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
    all += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => (all += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, all };
}

const cdk = (...args: string[]): Promise<Ran> =>
  run(process.execPath, [CDK, ...args, '--context', 'config=config/mangoo.ts', '--no-color', '--no-notices']);

async function aws<T>(...args: string[]): Promise<T> {
  const { code, out, all } = await run('aws', [...args, '--output', 'json']);
  if (code !== 0) throw new Error(all);
  return JSON.parse(out || '{}') as T;
}

const git = (...args: string[]): string => gitIn(source, ...args);

interface Builds {
  builds: {
    id: string;
    buildStatus: string;
    resolvedSourceVersion: string;
    initiator: string;
    phases: { phaseType: string; phaseStatus?: string }[];
  }[];
}

async function ended(id: string): Promise<Builds['builds'][number]> {
  for (;;) {
    const { builds } = await aws<Builds>('codebuild', 'batch-get-builds', '--ids', id);
    const [build] = builds;
    if (build && build.buildStatus !== 'IN_PROGRESS') return build;
    await setTimeout(500);
  }
}

test('the export lines are all that a shell needs, and nothing in them reaches real AWS', async () => {
  expect(environment.AWS_ENDPOINT_URL).toMatch(/^http:\/\/localhost:\d+$/);
  expect(JSON.stringify(environment)).not.toMatch(/AKIAREALONE|production/);
  expect(await aws('sts', 'get-caller-identity')).toMatchObject({
    Arn: 'arn:aws:iam::123456789012:user/administrator',
  });
});

test('the pipeline is deployed by the commands of the README, and a second look finds no difference', async () => {
  const bootstrap = await cdk('bootstrap', 'aws://123456789012/us-east-1');
  expect(bootstrap.all).toMatch(/Environment aws:\/\/123456789012\/us-east-1 bootstrapped/);
  const deploy = await cdk('deploy', 'MangooCodeBuildStack', '--require-approval', 'never');
  expect({ code: deploy.code, told: deploy.all.slice(-3000) }).toMatchObject({ code: 0 });

  const command = /BootstrapCommand = npx cdk (.*)/.exec(deploy.all)?.[1] ?? '';
  const application = await cdk(...command.trim().split(/\s+/));
  expect(application.all).toMatch(/bootstrapped/);
  const diff = await cdk('diff', 'MangooCodeBuildStack', '--fail');
  expect({ code: diff.code, told: diff.all }).toMatchObject({ code: 0 });
});

test("git push shows which filter matched, then the build's log as it comes, then how it ended", async () => {
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Say hello');
  const { code, all } = await run('git', ['push', remote, 'HEAD:main'], source);

  expect({ code, all }).toMatchObject({ code: 0, all: expect.stringMatching(/SUCCEEDED after/) as string });
  const order = [
    'remote: webhook of mangoo-build-deploy: starts mangoo-build-deploy:',
    'remote:   EVENT PUSH matches PUSH',
    'HEAD_REF ^refs/heads/main$ matches refs/heads/main',
    'Entering phase INSTALL',
    'Entering phase POST_BUILD',
    'SUCCEEDED after',
  ].map((text) => all.indexOf(text));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order).not.toContain(-1);
});

test.each(['main-2', 'maintenance', 'feature/main'])(
  'a push to %s starts nothing and says why, so that nobody waits for it',
  async (branch) => {
    const before = (await aws<{ ids: string[] }>('codebuild', 'list-builds')).ids.length;
    const { code, all } = await run('git', ['push', remote, `HEAD:refs/heads/${branch}`], source);
    expect({ code, all }).toMatchObject({ code: 0 });
    expect(all).toContain('webhook of mangoo-build-deploy: starts nothing');
    expect(all).toContain(`HEAD_REF ^refs/heads/main$ does not match refs/heads/${branch}`);
    expect((await aws<{ ids: string[] }>('codebuild', 'list-builds')).ids).toHaveLength(before);
  },
);

test("a stranger's pull request, of a branch called main, builds and deploys nothing, and is told why", async () => {
  const before = (await aws<{ ids: string[] }>('codebuild', 'list-builds')).ids.length;
  const event = path.join(__dirname, 'github/events/pull-request-of-a-fork.json');
  const simulate = ['--require', 'ts-node/register/transpile-only', 'tools/simulator/cli.ts', 'event', event];
  const { code, out } = await run(process.execPath, [...simulate, '--remote', remote, '--source', source]);
  expect({ code, out }).toMatchObject({ code: 0 });
  expect(out).toContain('webhook of mangoo-build-deploy: starts nothing');
  expect(out).toMatch(/EVENT PUSH does not match PULL_REQUEST_\w+/);
  expect((await aws<{ ids: string[] }>('codebuild', 'list-builds')).ids).toHaveLength(before);
});

test('start-build with overrides runs what they say, on the version that they name', async () => {
  const buildspec =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo "who $WHO is on $(git log -1 --format=%s)"\n';
  const { build } = await aws<{ build: { id: string } }>(
    'codebuild',
    'start-build',
    '--project-name=mangoo-build-deploy',
    '--source-version=main',
    `--buildspec-override=${buildspec}`,
    '--artifacts-override=type=NO_ARTIFACTS',
    '--environment-variables-override=name=WHO,value=Ada,type=PLAINTEXT',
  );
  expect(await ended(build.id)).toMatchObject({
    buildStatus: 'SUCCEEDED',
    initiator: 'administrator',
    resolvedSourceVersion: git('rev-parse', 'HEAD'),
  });
  const stream = build.id.split(':')[1] ?? '';
  const { events } = await aws<{ events: { message: string }[] }>(
    'logs',
    'get-log-events',
    '--log-group-name=/aws/codebuild/mangoo',
    `--log-stream-name=${stream}`,
    '--start-from-head',
  );
  expect(events.map(({ message }) => message)).toContain('who Ada is on Say hello\n');

  const { build: retried } = await aws<{ build: { id: string } }>(
    'codebuild',
    'retry-build',
    '--id',
    build.id,
  );
  expect(await ended(retried.id)).toMatchObject({ buildStatus: 'SUCCEEDED' });
});

/** Starts a build of these commands after the pushed `ci/turn.sh`, or before it, which go on when a file is there. */
async function startTurn(...commands: readonly string[]): Promise<{ id: string; number: number }> {
  const lines = commands.map((command) => `      - ${command}`).join('\n');
  const { build } = await aws<{ build: { id: string; buildNumber: number } }>(
    'codebuild',
    'start-build',
    '--project-name=mangoo-build-deploy',
    '--source-version=main',
    `--buildspec-override=version: 0.2\nenv:\n  shell: bash\nphases:\n  post_build:\n    commands:\n${lines}\n`,
    '--artifacts-override=type=NO_ARTIFACTS',
    '--environment-variables-override=name=TURN_POLL_SECONDS,value=0.2,type=PLAINTEXT',
  );
  return { id: build.id, number: build.buildNumber };
}

async function logOf({ id }: { id: string }): Promise<string> {
  const { events } = await aws<{ events: { message: string }[] }>(
    'logs',
    'get-log-events',
    '--log-group-name=/aws/codebuild/mangoo',
    `--log-stream-name=${id.split(':')[1]}`,
    '--start-from-head',
  );
  return events.map(({ message }) => message).join('');
}

describe('two builds side by side, with the permissions that the role has', () => {
  const gate = (name: string): string => `until [ -e '${path.join(directory, name)}' ]; do sleep 0.1; done`;
  const open = (name: string): void => writeFileSync(path.join(directory, name), '');

  test('the older one stops itself before it deploys, for the newer, which deploys', async () => {
    const older = await startTurn(gate('newer-is-there'), 'ci/turn.sh', 'echo deploying');
    const newer = await startTurn('ci/turn.sh', 'echo deploying');
    open('newer-is-there');

    expect(await ended(older.id)).toMatchObject({ buildStatus: 'STOPPED' });
    expect(await ended(newer.id)).toMatchObject({ buildStatus: 'SUCCEEDED' });
    const log = await logOf(older);
    expect(log).toContain(`{"mangoo":"superseded","by":${newer.number}}\n`);
    expect(log).not.toMatch(/^deploying$/m);
    expect(await logOf(newer)).toMatch(/^deploying$/m);
  });

  test('where the older one deploys already, the newer waits for its end', async () => {
    const older = await startTurn('ci/turn.sh', gate('may-end'));
    while (!(await logOf(older)).includes('Running command until')) await setTimeout(200);
    const newer = await startTurn('ci/turn.sh', 'echo deploying');
    const waits = `==> waiting for build ${older.number} (POST_BUILD)`;
    while (!(await logOf(newer).catch(() => '')).includes(waits)) await setTimeout(200);
    open('may-end');

    expect(await ended(older.id)).toMatchObject({ buildStatus: 'SUCCEEDED' });
    expect(await ended(newer.id)).toMatchObject({ buildStatus: 'SUCCEEDED' });
  });
});

test('stop-build ends a build with all that it has started', async () => {
  const buildspec = 'version: 0.2\nphases:\n  build:\n    commands:\n      - setsid sleep 600 & sleep 600\n';
  const { build } = await aws<{ build: { id: string } }>(
    'codebuild',
    'start-build',
    '--project-name=mangoo-build-deploy',
    `--buildspec-override=${buildspec}`,
  );
  const entry = `CODEBUILD_BUILD_ID=${build.id}`;
  while (!(await processesWith(entry)).length) await setTimeout(50);
  await aws('codebuild', 'stop-build', '--id', build.id);

  expect(await ended(build.id)).toMatchObject({ buildStatus: 'STOPPED' });
  expect(await processesWith(entry)).toEqual([]);
});

test('whoever watches serve sees that a stopped build would be told to people', async () => {
  while (!said.includes('notified')) await setTimeout(100);

  // One: nobody is told of the build that stopped itself for a newer one.
  expect(
    said
      .split('\n')
      .filter((line) => /^notified \(simulated\) mangoo-build-deploy-notifications: .*STOPPED/.test(line)),
  ).toHaveLength(1);
});

test('after a restart with the same state, builds, stacks and the export lines are what they were', async () => {
  const before = {
    environment,
    builds: await aws('codebuild', 'list-builds'),
    url: environment.AWS_ENDPOINT_URL,
  };
  expect(await end('SIGINT')).toBe(0);
  await serve();
  const { AWS_ENDPOINT_URL: _, ...same } = before.environment;
  expect(environment).toMatchObject(same);
  expect(await aws('codebuild', 'list-builds')).toEqual(before.builds);
  const diff = await cdk('diff', 'MangooCodeBuildStack', '--fail');
  expect({ code: diff.code, told: diff.all }).toMatchObject({ code: 0 });
});

test('a second push of the same commit builds nothing anew, because the registry has survived too', async () => {
  git('commit', '--quiet', '--allow-empty', '--message', 'Again');
  git('reset', '--quiet', '--hard', 'HEAD~1');
  const { build } = await aws<{ build: { id: string } }>(
    'codebuild',
    'start-build',
    '--project-name=mangoo-build-deploy',
  );
  expect(await ended(build.id)).toMatchObject({ buildStatus: 'SUCCEEDED' });
  const stream = build.id.split(':')[1] ?? '';
  const log = await aws<{ events: { message: string }[] }>(
    'logs',
    'filter-log-events',
    '--log-group-name=/aws/codebuild/mangoo',
    `--log-stream-names=${stream}`,
  );
  const text = log.events.map(({ message }) => message).join('\n');
  for (const image of ['backend', 'frontend']) {
    expect(text).toContain(`==> ${image}: found: the registry has it as `);
  }
  expect(text).toContain('==> nothing to install: no image is built, and nothing is synthesized');
});

test('cdk destroy removes the pipeline once nothing uses its policies any more, and what is retained stays', async () => {
  const early = await cdk('destroy', 'MangooCodeBuildStack', '--force');
  expect({ code: early.code, all: early.all }).toMatchObject({
    code: 1,
    all: expect.stringMatching(/DELETE_FAILED/) as string,
  });
  for (const stack of ['MangooStack', 'CDKToolkit-mangoo']) {
    await aws('cloudformation', 'delete-stack', '--stack-name', stack);
    await aws('cloudformation', 'wait', 'stack-delete-complete', '--stack-name', stack);
  }
  const { code, all } = await cdk('destroy', 'MangooCodeBuildStack', '--force');
  expect({ code, all }).toMatchObject({ code: 0, all: expect.stringMatching(/destroyed/) as string });
  expect(await aws('codebuild', 'list-projects')).toEqual({ projects: [] });
  const { repositories } = await aws<{ repositories: object[] }>('ecr', 'describe-repositories');
  expect(repositories.length).toBeGreaterThan(0);
});

test('when serve ends, no process of it and no temporary directory is left', async () => {
  expect(await end('SIGINT')).toBe(0);
  expect(await processesWith(`TMPDIR=${path.join(state, 'tmp')}`)).toEqual([]);
  expect(existsSync(state)).toBe(true);
  expect(readdirSync(directory).filter((name) => name.startsWith('mangoo-simulator-'))).toEqual([]);
});
