import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith } from '../../tools/simulator/processes';
import { killed } from './state/harness';

let parent: string;
let simulator: ChildProcess | undefined;
let said = '';

beforeEach(async () => {
  parent = await realpath(await mkdtemp(path.join(tmpdir(), 'mangoo-cli-test-')));
  await Promise.all(['tmp', 'source'].map((name) => mkdir(path.join(parent, name))));
  said = '';
});

afterEach(async () => {
  if (simulator) await killed(simulator);
  await rm(parent, { recursive: true, force: true });
});

function build(options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const register = require.resolve('ts-node/register/transpile-only');
  const cli = path.resolve('tools/simulator/cli.ts');
  const args = ['--require', register, cli, 'build', '--source', 'source', ...options];
  simulator = spawn(process.execPath, args, {
    cwd: parent,
    env: {
      ...process.env,
      TMPDIR: path.join(parent, 'tmp'),
      TS_NODE_PROJECT: path.resolve('tsconfig.json'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [simulator.stdout, simulator.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  }
  return simulator;
}

/** One whose command runs. */
async function building(buildspec: string): Promise<ChildProcess> {
  await writeFile(path.join(parent, 'source', 'buildspec.yml'), buildspec);
  said = '';
  const child = build(['--verbose']);
  await until(() => said.includes('│ it runs') || child.exitCode !== null);
  return child;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve));
}

async function left(): Promise<string[]> {
  const names = await readdir(path.join(parent, 'tmp'));
  return names.filter((name) => name.startsWith('mangoo-simulator-'));
}

const SLEEPS = `version: 0.2
phases:
  build:
    commands:
      - echo it runs
      - sleep 1000
`;

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s ends a build with the exit code by which a script tells, and nothing stays',
  async (signal, code) => {
    const child = await building(SLEEPS);
    const end = ended(child);
    child.kill(signal);

    expect(await end).toBe(code);
    expect(said).toContain(`${signal}: cleaning up…`);
    expect(said).not.toMatch(/^ +at /m);
    expect(await left()).toEqual([]);
  },
);

test('a killed build leaves what the next run removes, its processes too', async () => {
  const child = await building(SLEEPS);
  const [directory = ''] = await left();
  await killed(child);

  const next = await building(SLEEPS.replace('1000', '0'));
  expect(await ended(next)).toBe(0);
  expect(said).toContain('cleaned up after a simulator that was killed');
  expect(await left()).toEqual([]);
  expect(await processesWith(`TMPDIR=${path.join(parent, 'tmp', directory, 'tmp')}`)).toEqual([]);
});

test('a buildspec that is not there is misuse, in one line, and nothing is made', async () => {
  expect(await ended(build())).toBe(2);
  expect(said).toBe(
    `--buildspec buildspec.yml: no such file in ${parent}/source; say where it is with --buildspec FILE\n`,
  );
  expect((await readdir(parent)).sort()).toEqual(['source', 'tmp']);
  expect(await left()).toEqual([]);
});

test('git and Python are asked for in one line each, before a build fails over them', async () => {
  await writeFile(path.join(parent, 'source', 'buildspec.yml'), SLEEPS);

  expect(await ended(build([], { PATH: path.join(parent, 'nothing') }))).toBe(2);
  expect(said).toBe(
    'git is not on the PATH; get it from https://git-scm.com\npython3 is not on the PATH; get it from https://www.python.org\n',
  );
  expect(await left()).toEqual([]);
});
