import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith, startOf } from '../../tools/simulator/processes';
import { WorkingDirectory } from '../../tools/simulator/working-directory';
import { killed, scriptProcess } from './state/harness';

let parent: string;
const simulators: ChildProcess[] = [];
const log: string[] = [];

beforeEach(async () => {
  parent = await realpath(await mkdtemp(path.join(tmpdir(), 'mangoo-working-test-')));
});

afterEach(async () => {
  for (const child of simulators.splice(0)) await killed(child);
  for (const pid of await processesWith(`MANGOO_TEST=${parent}`)) process.kill(pid, 'SIGKILL');
  await rm(parent, { recursive: true, force: true });
  log.length = 0;
});

const create = (): Promise<WorkingDirectory> =>
  WorkingDirectory.create({ TMPDIR: parent }, (line) => log.push(line));

/** A simulator in a process of its own, with an emulator and a process that has gone off on its own as daemons do. */
async function simulator(): Promise<{
  child: ChildProcess;
  directory: string;
  emulator: string;
  daemon: number;
}> {
  const { child, line } = await scriptProcess(`
    const { spawn } = require('node:child_process');
    const { mkdirSync } = require('node:fs');
    const { WorkingDirectory } = require('./tools/simulator/working-directory.ts');
    const { startEmulator } = require('./tools/simulator/emulator.ts');
    (async () => {
      const parent = ${JSON.stringify(parent)};
      const { path: directory } = await WorkingDirectory.create({ TMPDIR: parent }, () => {});
      const TMPDIR = directory + '/tmp';
      mkdirSync(TMPDIR);
      const env = { ...process.env, TMPDIR, MANGOO_TEST: parent };
      const emulator = await startEmulator({ env, signal: new AbortController().signal, note: () => {} });
      const daemon = spawn('sleep', ['1000'], { env, detached: true, stdio: 'ignore' });
      daemon.unref();
      console.log(JSON.stringify({ directory, emulator: emulator.url, daemon: daemon.pid }));
    })();
  `);
  simulators.push(child);
  return { child, ...(JSON.parse(line) as { directory: string; emulator: string; daemon: number }) };
}

/** A zombie, which nobody has waited for, is not. */
async function alive(pid: number): Promise<boolean> {
  return (await processesWith(`MANGOO_TEST=${parent}`)).includes(pid);
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

test('kill -9 of the simulator leaves nothing that the next start does not clean up, and it says so', async () => {
  const dead = await simulator();
  await writeFile(path.join(dead.directory, 'tmp', 'file'), 'of a build');
  await killed(dead.child);
  expect(await alive(dead.daemon)).toBe(true);

  const next = await create();

  expect(await alive(dead.daemon)).toBe(false);
  expect(await readdir(parent)).toEqual([path.basename(next.path)]);
  expect(await processesWith(`TMPDIR=${dead.directory}/tmp`)).toEqual([]);
  expect(log).toEqual([
    expect.stringMatching(
      /^cleaned up after a simulator that was killed: removed 1 directory and ended [1-9]\d* process(es)?$/,
    ),
  ]);
  while (await answers(dead.emulator)) await delay(50);
});

test('a run that still runs is left alone, whatever a run beside it cleans up', async () => {
  const living = await simulator();
  const dead = await simulator();
  await killed(dead.child);

  await create();
  await create();

  expect(existsSync(living.directory)).toBe(true);
  expect(existsSync(dead.directory)).toBe(false);
  expect(await alive(living.daemon)).toBe(true);
  expect(await answers(living.emulator)).toBe(true);
  expect(log).toHaveLength(1);
});

test('a new process with the number of the dead one does not make its directory look used', async () => {
  const directory = path.join(parent, 'mangoo-simulator-reused');
  await mkdir(directory);
  const marker = JSON.stringify({ pid: process.pid, started: '1' });
  await writeFile(path.join(directory, 'simulator-process.json'), marker);

  await create();

  expect(existsSync(directory)).toBe(false);
  expect(log).toEqual(['cleaned up after a simulator that was killed: removed 1 directory']);
});

test('what a simulator inside a dead build had started goes too', async () => {
  const dead = JSON.stringify({ pid: process.pid, started: '1' });
  const outer = path.join(parent, 'mangoo-simulator-outer');
  const inner = path.join(outer, 'tmp', 'mangoo-simulator-inner');
  await mkdir(inner, { recursive: true });
  await writeFile(path.join(outer, 'simulator-process.json'), dead);
  await writeFile(path.join(inner, 'simulator-process.json'), dead);
  const env = { ...process.env, TMPDIR: path.join(inner, 'tmp'), MANGOO_TEST: parent };
  const { pid = 0 } = spawn('sleep', ['1000'], { env, detached: true, stdio: 'ignore' });

  await create();

  expect(existsSync(outer)).toBe(false);
  while (await alive(pid)) await delay(20);
});

test('a directory of --state stays, without the processes of its dead simulator', async () => {
  const state = path.join(parent, 'state');
  await mkdir(path.join(state, 'tmp'), { recursive: true });
  await writeFile(path.join(state, 'simulator.json'), '{}');
  const env = { ...process.env, TMPDIR: path.join(state, 'tmp'), MANGOO_TEST: parent };
  const start = (): number => spawn('sleep', ['1000'], { env, stdio: 'ignore' }).pid ?? 0;
  const use = async (started: string): Promise<WorkingDirectory> => {
    for (const name of ['builds/b', 'registry-logins/l'])
      await mkdir(path.join(state, name), { recursive: true });
    await writeFile(path.join(state, 'lock'), JSON.stringify({ pid: process.ppid, started }));
    return WorkingDirectory.create({ TMPDIR: parent }, (line) => log.push(line), state);
  };
  const pid = start();

  const directory = await use('1');

  expect(directory.path).toBe(state);
  while (await alive(pid)) await delay(20);
  expect(log).toEqual(['cleaned up after a simulator that was killed: ended 1 process']);
  await directory.remove();
  expect((await readdir(state)).sort()).toEqual(['lock', 'simulator.json']);

  const ofTheLiving = start();
  await use((await startOf(process.ppid)) ?? '');
  expect(await alive(ofTheLiving)).toBe(true);
  expect(existsSync(path.join(state, 'builds/b'))).toBe(true);
});

describe('what does not carry our marker stays', () => {
  test('a directory that was kept for the user', async () => {
    const { child, line } = await scriptProcess(`
      const { WorkingDirectory } = require('./tools/simulator/working-directory.ts');
      WorkingDirectory.create({ TMPDIR: ${JSON.stringify(parent)} }, () => {})
        .then(async (directory) => { await directory.keep(); console.log(directory.path); setInterval(() => {}, 1000); });
    `);
    await killed(child);

    await create();

    expect(existsSync(line)).toBe(true);
    expect(log).toEqual([]);
  });

  test("somebody else's directory of a like name, a file, and a link to elsewhere", async () => {
    const elsewhere = path.join(parent, 'precious');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, 'simulator-process.json'), '{"pid":1,"started":"1"}');
    await symlink(elsewhere, path.join(parent, 'mangoo-simulator-link'));
    await mkdir(path.join(parent, 'mangoo-simulator-notes'));
    await writeFile(path.join(parent, 'mangoo-simulator-file'), '');
    const before = await readdir(parent);

    const own = await create();
    await own.remove();

    expect(await readdir(parent)).toEqual(before);
    expect(await readdir(elsewhere)).toEqual(['simulator-process.json']);
    expect(log).toEqual([]);
  });
});

describe('the directory of --state', () => {
  const state = (name: string): Promise<WorkingDirectory> =>
    WorkingDirectory.create({ TMPDIR: parent }, (line) => log.push(line), path.join(parent, name));

  test("somebody's own directory is refused, so that a mistyped path does not fill it with files", async () => {
    await mkdir(path.join(parent, 'photos'));
    await writeFile(path.join(parent, 'photos', 'cat.jpg'), '');

    await expect(state('photos')).rejects.toThrow(
      `--state ${parent}/photos: is not a state of the simulator, it holds cat.jpg; name a new or empty directory`,
    );
    expect(await readdir(path.join(parent, 'photos'))).toEqual(['cat.jpg']);
  });

  test('one that a killed start has left without a first save is taken up', async () => {
    for (const name of ['tmp', 'github.git', 'build-logs']) {
      await mkdir(path.join(parent, 'state', name), { recursive: true });
    }
    await writeFile(path.join(parent, 'state', 'aws-config'), '');

    expect((await state('state')).path).toBe(path.join(parent, 'state'));
  });

  test('a file, or a place that does not exist, is told in one line', async () => {
    await writeFile(path.join(parent, 'file'), '');

    await expect(state('file')).rejects.toThrow(`--state ${parent}/file: expected a directory, got a file`);
    await expect(state('file/x')).rejects.toThrow(/^--state .*: cannot be made: ENOTDIR/);
    await expect(state('a/b')).rejects.toThrow(
      `--state ${parent}/a/b: there is no directory ${parent}/a; make it, or name another`,
    );
    expect(await readdir(parent)).toEqual(['file']);
  });
});
