import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Observed } from './harness';
import { build, commandsOf, directory, removeDirectories } from './harness';
import { processesWith } from '../../../tools/simulator/processes';

afterAll(removeDirectories);

/** A process that leaves its parent, its group and its session, as daemons do. */
const DAEMON = 'setsid sh -c "while :; do sleep 0.05; done" </dev/null >/dev/null 2>&1 &';

const named = (id: string): Readonly<Record<string, string>> => ({
  PATH: process.env.PATH ?? '',
  CODEBUILD_BUILD_ID: id,
});

const allPhases = ({ result }: Observed): string[] =>
  result.phases.map(({ name, status }) => `${name} ${status}`);

/** Aborts as soon as the build has written a text. */
function stopAt(text: string): { readonly stop: AbortSignal; readonly watch: (written: string) => void } {
  const controller = new AbortController();
  return {
    stop: controller.signal,
    watch: (written) => {
      if (written.startsWith(text)) controller.abort();
    },
  };
}

describe('a build that is stopped', () => {
  test('ends at once with all that it started, daemons too, so that nothing of it goes on deploying', async () => {
    const observed = await build({
      environment: named('stopped:1'),
      buildspec: commandsOf({
        build: [DAEMON, 'echo deploying; sleep 300 & sleep 300'],
        post_build: ['echo never'],
      }),
      ...stopAt('deploying'),
    });

    expect(observed.result.status).toBe('STOPPED');
    expect(observed.phases).toEqual({
      DOWNLOAD_SOURCE: 'SUCCEEDED',
      INSTALL: 'SUCCEEDED',
      PRE_BUILD: 'SUCCEEDED',
      BUILD: 'STOPPED',
    });
    expect(observed.contexts).toEqual({});
    expect(observed.printed).toEqual(['deploying']);
    expect(allPhases(observed).slice(-2)).toEqual(['BUILD STOPPED', 'COMPLETED SUCCEEDED']);
    expect(await processesWith('CODEBUILD_BUILD_ID=stopped:1')).toEqual([]);
  });

  test('runs no finally block, which on CodeBuild has no container any more', async () => {
    const observed = await build({
      buildspec: JSON.stringify({
        version: '0.2',
        phases: { build: { commands: ['echo started; sleep 300'], finally: ['echo never'] } },
      }),
      ...stopAt('started'),
    });

    expect(observed.result.status).toBe('STOPPED');
    expect(observed.printed).toEqual(['started']);
  });

  test('in the queue never starts, so that a place that comes too late is not needed', async () => {
    const controller = new AbortController();
    const observed = await build({
      buildspec: commandsOf({ build: ['echo never'] }),
      place: () => {
        controller.abort();
        return new Promise(() => undefined);
      },
      stop: controller.signal,
    });

    expect(observed.result.status).toBe('STOPPED');
    expect(allPhases(observed)).toEqual(['SUBMITTED SUCCEEDED', 'QUEUED STOPPED', 'COMPLETED SUCCEEDED']);
    expect(observed.output).toBe('');
  });

  test('does not wait for a source that never comes', async () => {
    const controller = new AbortController();
    const observed = await build({
      buildspec: commandsOf({ build: ['echo never'] }),
      downloadSource: () => {
        controller.abort();
        return new Promise(() => undefined);
      },
      stop: controller.signal,
    });

    expect(observed.phases).toEqual({ DOWNLOAD_SOURCE: 'STOPPED' });
  });
});

describe('a build that takes too long', () => {
  test('times out with CodeBuild’s words, and ends with all that it started', async () => {
    const observed = await build({
      environment: named('late:1'),
      buildspec: commandsOf({ build: [DAEMON, 'sleep 300'], post_build: ['echo never'] }),
      timeoutSeconds: 1,
    });

    expect(observed.result.status).toBe('TIMED_OUT');
    expect(observed.phases).toMatchObject({ BUILD: 'TIMED_OUT' });
    expect(observed.phases).not.toHaveProperty('POST_BUILD');
    expect(observed.contexts).toEqual({ BUILD: 'BUILD_TIMED_OUT: Build has timed out.' });
    expect(observed.printed).toEqual([]);
    expect(await processesWith('CODEBUILD_BUILD_ID=late:1')).toEqual([]);
  });

  test('does not count its time in the queue, which has a limit of its own', async () => {
    const buildspec = commandsOf({ build: ['echo built'] });
    const waited = await build({
      buildspec,
      timeoutSeconds: 1,
      place: () => new Promise((resolve) => setTimeout(resolve, 1200)),
    });
    const tooLong = await build({
      buildspec,
      queuedTimeoutSeconds: 0.1,
      place: () => new Promise(() => undefined),
    });

    expect(waited.result.status).toBe('SUCCEEDED');
    expect(tooLong.result.status).toBe('TIMED_OUT');
    expect(allPhases(tooLong)).toEqual(['SUBMITTED SUCCEEDED', 'QUEUED TIMED_OUT', 'COMPLETED SUCCEEDED']);
  });
});

describe('a build that ends', () => {
  test('leaves no process behind, so that a forgotten server does not outlive it', async () => {
    const observed = await build({
      environment: named('forgetful:1'),
      buildspec: commandsOf({ build: [DAEMON, 'sleep 300 &'] }),
    });

    expect(observed.result.status).toBe('SUCCEEDED');
    expect(allPhases(observed).slice(-2)).toEqual(['FINALIZING SUCCEEDED', 'COMPLETED SUCCEEDED']);
    expect(await processesWith('CODEBUILD_BUILD_ID=forgetful:1')).toEqual([]);
  });

  test('had only the variables that it was given, so that nothing of this machine decides over it', async () => {
    process.env.LEAKED = 'yes';
    const { printed } = await build({
      buildspec: commandsOf({ build: ["env | sed -n 's/=.*//p' | sort"] }),
    });
    delete process.env.LEAKED;

    expect(printed.filter((name) => !['OLDPWD', 'PWD', 'SHLVL', '_'].includes(name))).toEqual([
      'CODEBUILD_BUILD_ID',
      'CODEBUILD_BUILD_SUCCEEDING',
      'CODEBUILD_RESOLVED_SOURCE_VERSION',
      'CODEBUILD_SRC_DIR',
      'HOME',
      'PATH',
    ]);
  });

  test('shows a secret neither in a fault’s output nor among its exported variables, nor leaves it in a file', async () => {
    const root = directory();
    const observed = await build({
      directory: root,
      buildspec: JSON.stringify({
        version: '0.2',
        env: { 'secrets-manager': { PASSWORD: 'db' }, 'exported-variables': ['PASSWORD'] },
        phases: { build: { commands: ['true', 'true'] } },
      }),
      secrets: { db: 'hunter2-hunter2' },
      beforeCommand: (_phase, index) =>
        Promise.resolve(index === 1 ? 'echo cannot log in with hunter2-hunter2; exit 1' : undefined),
    });

    expect(observed.printed).toEqual(['cannot log in with ***']);
    expect(JSON.stringify(observed)).not.toContain('hunter2');
    expect(() => execFileSync('grep', ['-r', 'hunter2', root])).toThrow('Command failed');
    expect(observed.result.exportedVariables).toEqual({ PASSWORD: '***' });
  });
});

describe('a build that is retried', () => {
  const retrying = (commands: readonly string[]): string =>
    JSON.stringify({ version: '0.2', phases: { build: { 'on-failure': 'RETRY-2', commands } } });

  test('starts from an empty directory and counts by its last attempt', async () => {
    const found: string[][] = [];
    const observed = await build({
      environment: named('again:1'),
      buildspec: retrying([DAEMON, 'touch made-by-the-build', 'test -e second']),
      downloadSource: (directory) => {
        found.push(readdirSync(directory));
        if (found.length === 2) writeFileSync(path.join(directory, 'second'), '');
        return Promise.resolve({});
      },
    });

    expect(observed.result.status).toBe('SUCCEEDED');
    expect(found).toEqual([[], []]);
    expect(allPhases(observed).filter((phase) => /SOURCE|BUILD [SF]/.test(phase))).toEqual([
      'DOWNLOAD_SOURCE SUCCEEDED',
      'PRE_BUILD SUCCEEDED',
      'BUILD FAILED',
      'DOWNLOAD_SOURCE SUCCEEDED',
      'PRE_BUILD SUCCEEDED',
      'BUILD SUCCEEDED',
      'POST_BUILD SUCCEEDED',
    ]);
    expect(observed.log).toContain('(simulated) BUILD failed and on-failure retries the build: 1 of 2');
    expect(await processesWith('CODEBUILD_BUILD_ID=again:1')).toEqual([]);
  });

  test('is not in an image of one’s own, where CodeBuild does not retry, and that is told', async () => {
    const observed = await build({ buildspec: retrying(['echo attempt; false']), image: 'node:22' });

    expect(observed.printed).toEqual(['attempt']);
    expect(observed.result.simulated).toEqual([
      'on-failure: CodeBuild retries builds only in images of its own, so this one is not',
    ]);
  });

  test('is not when it was stopped', async () => {
    const observed = await build({
      buildspec: retrying(['echo attempt; sleep 300']),
      ...stopAt('attempt'),
    });

    expect(observed.printed).toEqual(['attempt']);
    expect(observed.result.status).toBe('STOPPED');
  });
});
