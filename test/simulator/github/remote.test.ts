import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readEvent } from '../../../tools/simulator/github/event-file';
import { type EventListener, Remote, sendEvent } from '../../../tools/simulator/github/remote';
import type { PushEvent, WebhookEvent } from '../../../tools/simulator/github/types';

let directory: string;
let server: Server;
let remote: Remote;
let routeUrl: string;
/** Replaced by each test. */
let onEvent: EventListener;

const source = (): string => path.join(directory, 'source');
const url = (): string => path.join(directory, "git hub's.git");

/** The user's own git: their settings, which are not the simulator's, and no more of this process. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: path.join(directory, 'home'),
  LC_ALL: 'C',
});

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-remote-test-'));
  mkdirSync(source());
  mkdirSync(path.join(directory, 'home'));
  writeFileSync(
    path.join(directory, 'home/.gitconfig'),
    '[user]\nname = Test\nemail = test@example.org\n[core]\nhooksPath = /nowhere\n' +
      '[receive]\ndenyNonFastForwards = true\ndenyDeletes = true\n[push]\ndefault = current\n',
  );
  onEvent = () => Promise.resolve();
  remote = new Remote(url(), (event, write) => onEvent(event, write));
  server = createServer((request, response) => {
    Promise.resolve(remote.route(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  routeUrl = `http://localhost:${(server.address() as AddressInfo).port}/_simulator/github`;
  await remote.init(routeUrl);
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'simulator', remote.url);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: source(), env: environment(), encoding: 'utf8' }).trim();
}

function commit(file: string, text = file): string {
  writeFileSync(path.join(source(), file), text);
  git('add', '--all');
  git('commit', '--quiet', '--message', `Write ${file}`);
  return git('rev-parse', 'HEAD');
}

interface Push {
  readonly child: ChildProcess;
  /** All that it has said so far. */
  text(): string;
  /** Resolves when it has said so. */
  said(words: string): Promise<void>;
  ended: Promise<number | null>;
}

/** `git push` of the user, beside the server in this process. */
function push(...args: string[]): Push {
  const child = spawn('git', ['push', 'simulator', ...args], {
    cwd: source(),
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const waiting: { words: string; resolve: () => void }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const { words, resolve } of waiting) if (text.includes(words)) resolve();
    });
  }
  return {
    child,
    text: () => text,
    said: (words) =>
      new Promise((resolve) => (text.includes(words) ? resolve() : waiting.push({ words, resolve }))),
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
}

/** Collects the events of pushes. */
function collected(): PushEvent[] {
  const events: PushEvent[] = [];
  onEvent = (event) => {
    events.push(event as PushEvent);
    return Promise.resolve();
  };
  return events;
}

test('a push shows, while the build runs, what the build says, and ends with it', async () => {
  const head = commit('one.txt');
  onEvent = async (event, write) => {
    write(`webhook: ${event.event}\n`);
    // Would wait for ever if it came at the end only.
    await current.said('remote: webhook: PUSH');
    write('first half, ');
    write('second half\nlast\n');
  };
  const current = push('main');
  expect(await current.ended).toBe(0);
  const lines = current.text().match(/^remote: .*\S/gm);
  expect(lines).toEqual(['remote: webhook: PUSH', 'remote: first half, second half', 'remote: last']);
  expect(git('ls-remote', 'simulator', 'refs/heads/main')).toContain(head);
});

test('each ref of a push is an event of its own, in the order of the push', async () => {
  const events = collected();
  const first = commit('one.txt');
  git('tag', '--annotate', '--message', 'One', 'v1');
  git('branch', 'feature/a');
  expect(await push('main', 'feature/a', 'v1').ended).toBe(0);
  const made = { before: '0'.repeat(40), headCommitMessage: 'Write one.txt\n\n' };
  expect(events).toMatchObject([
    { ...made, ref: 'refs/heads/main', after: first, changedFiles: ['one.txt'] },
    { ...made, ref: 'refs/heads/feature/a', after: first, changedFiles: [] },
    { ...made, ref: 'refs/tags/v1', after: git('rev-parse', 'v1'), changedFiles: [] },
  ]);
});

test('a new branch tells the files of its own commits, not those of the whole repository', async () => {
  commit('one.txt');
  await push('main').ended;
  git('checkout', '--quiet', '-b', 'feature/b');
  commit('two.txt');
  const events = collected();
  await push('feature/b').ended;
  expect(events).toMatchObject([{ ref: 'refs/heads/feature/b', changedFiles: ['two.txt'] }]);
});

test('a forced push and a deletion are taken, whatever the user has set for other repositories', async () => {
  const first = commit('one.txt');
  await push('main', 'main:other').ended;
  git('commit', '--quiet', '--amend', '--message', 'Again');
  const events = collected();
  expect(await push('--force', 'main').ended).toBe(0);
  expect(await push('--delete', 'other').ended).toBe(0);
  expect(events).toMatchObject([
    { ref: 'refs/heads/main', before: first, after: git('rev-parse', 'main') },
    { ref: 'refs/heads/other', before: first, after: '0'.repeat(40), changedFiles: [] },
  ]);
});

test('the default branch cannot be deleted, nor a pull request pushed, as on GitHub', async () => {
  commit('one.txt');
  await push('main').ended;
  const events = collected();
  const deletion = push('--delete', 'main');
  expect(await deletion.ended).toBe(1);
  expect(deletion.text()).toContain('refusing to delete the current branch: refs/heads/main');
  const pull = push('main:refs/pull/1/head');
  expect(await pull.ended).toBe(1);
  expect(pull.text()).toContain('deny updating a hidden ref');
  expect(events).toEqual([]);
});

test('a ref that is neither a branch nor a tag is stored, and starts nothing', async () => {
  commit('one.txt');
  const events = collected();
  const notes = push('main:refs/notes/commits');
  expect(await notes.ended).toBe(0);
  expect(notes.text()).toContain(
    'remote: refs/notes/commits: no event, webhooks tell of branches and tags only',
  );
  expect(events).toEqual([]);
});

test('a push that is interrupted leaves its build running, and the next one starts too', async () => {
  commit('one.txt');
  git('branch', 'other');
  let interrupted: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (interrupted = resolve));
  const finished: string[] = [];
  let all: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (all = resolve));
  onEvent = async (event, write) => {
    write('started\n');
    await gone;
    write('goes on, although nobody reads\n');
    finished.push((event as PushEvent).ref);
    if (finished.length === 2) all();
  };
  const stopped = push('main', 'other');
  await stopped.said('remote: started');
  process.kill(-(stopped.child.pid ?? NaN), 'SIGINT');
  await stopped.ended;
  interrupted();
  await both;
  expect(finished).toEqual(['refs/heads/main', 'refs/heads/other']);
});

test('a build that cannot be started is told in the push, which has succeeded', async () => {
  commit('one.txt');
  onEvent = () => Promise.reject(new Error('no project'));
  const failed = push('main');
  expect(await failed.ended).toBe(0);
  expect(failed.text()).toContain('remote: the simulator failed: no project');
});

test('when the simulator is gone, the push succeeds and says that nobody listens', async () => {
  const head = commit('one.txt');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const alone = push('main');
  expect(await alone.ended).toBe(0);
  expect(alone.text()).toContain('remote: No build: the simulator does not listen.');
  expect(git('ls-remote', 'simulator', 'refs/heads/main')).toContain(head);
});

test('a simulator that dies under a push ends the push, which says so', async () => {
  commit('one.txt');
  onEvent = (_, write) => {
    write('started\n');
    return new Promise(() => undefined);
  };
  const orphan = push('main');
  await orphan.said('remote: started');
  server.closeAllConnections();
  expect(await orphan.ended).toBe(0);
  expect(orphan.text()).toContain('remote: The simulator stopped answering: its builds ended with it.');
});

test('a simulator that starts again takes the repository as it is, and its hook finds the new address', async () => {
  const first = commit('one.txt');
  await push('main').ended;
  const events: string[] = [];
  remote = new Remote(url(), (event) => {
    events.push((event as PushEvent).before);
    return Promise.resolve();
  });
  await remote.init(routeUrl);
  commit('two.txt');
  expect(await push('main').ended).toBe(0);
  expect(events).toEqual([first]);
});

test('nobody starts a build without the token of the hook, which is for the user alone', async () => {
  const head = commit('one.txt');
  await push('main').ended;
  const events = collected();
  const body = `${'0'.repeat(40)} ${head} refs/heads/main\n`;
  const file = path.join(url(), 'simulator.json');
  const { token } = JSON.parse(readFileSync(file, 'utf8')) as { token: string };
  const post = async (headers: Record<string, string>): Promise<number> => {
    const response = await fetch(routeUrl, { method: 'POST', body, headers });
    await response.text();
    return response.status;
  };
  expect(await post({})).toBe(403);
  expect(await post({ 'x-simulator-token': token.replace(/./, 'x') })).toBe(403);
  expect(
    await fetch(routeUrl, { headers: { 'x-simulator-token': token } }).then(({ status }) => status),
  ).toBe(403);
  expect(events).toEqual([]);
  expect(await post({ 'x-simulator-token': token })).toBe(200);
  expect(events).toHaveLength(1);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('a push that is not read, because it was suspended, neither holds its build up nor fills the memory', async () => {
  const head = commit('one.txt');
  await push('main').ended;
  const line = `${'x'.repeat(1023)}\n`;
  const lines = 64 * 1024;
  onEvent = (_, write) => {
    for (let count = 0; count < lines; count += 1) write(line);
    return Promise.resolve();
  };
  const { token } = JSON.parse(readFileSync(path.join(url(), 'simulator.json'), 'utf8')) as { token: string };
  const body = `${'0'.repeat(40)} ${head} refs/heads/main\n`;
  const response = await fetch(routeUrl, { method: 'POST', body, headers: { 'x-simulator-token': token } });
  const text = await response.text();
  const [, leftOut] = /… (\d+) bytes are not shown: nobody read them …\n$/.exec(text) ?? [];
  const shown = text.split('\n').filter((shownLine) => shownLine.startsWith('x')).length;
  expect(shown * line.length + Number(leftOut)).toBe(lines * line.length);
  expect(shown * line.length).toBeLessThan(32 * 1024 * 1024);
});

test('the first branch that comes is the default one, so that a build without a version finds it', async () => {
  const head = commit('one.txt');
  git('branch', '-m', 'trunk');
  await push('trunk').ended;
  const checkout = path.join(directory, 'checkout');
  mkdirSync(checkout);
  expect(await remote.repository.checkout('', checkout)).toBe(head);
});

test('a clone of a part of the history can be pushed', async () => {
  commit('one.txt');
  commit('two.txt');
  const full = source();
  const shallow = path.join(directory, 'shallow');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${full}`, shallow], {
    env: environment(),
  });
  const events = collected();
  const child = spawn('git', ['push', '--quiet', url(), 'main'], { cwd: shallow, env: environment() });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  expect(events).toMatchObject([{ changedFiles: ['one.txt', 'two.txt'] }]);
});

describe('an event that no push brings', () => {
  const { signal } = new AbortController();
  const pullRequest = (): WebhookEvent => readEvent(path.join(__dirname, 'events/pull-request-opened.json'));

  test('a pull request arrives with commits of the source, and its build is shown as it goes', async () => {
    commit('a');
    const seen: WebhookEvent[] = [];
    onEvent = (event, write) => {
      seen.push(event);
      write('building\n');
      return Promise.resolve();
    };
    let shown = '';
    const told = { event: pullRequest(), source: source() };
    await sendEvent(remote.url, told, (text) => (shown += text), signal);

    expect(seen).toEqual([
      expect.objectContaining({ event: 'PULL_REQUEST_CREATED', headCommit: git('rev-parse', 'HEAD') }),
    ]);
    expect(shown).toMatch(/stands in for it\nbuilding\n$/);
  });

  test('a directory that is no remote, and a simulator that has gone, are one line each', async () => {
    commit('a');
    const told = { event: pullRequest(), source: source() };
    await expect(sendEvent(source(), told, () => undefined, signal)).rejects.toThrow(
      `--remote ${source()}: expected the remote that \`simulate serve\` prints`,
    );
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(sendEvent(remote.url, told, () => undefined, signal)).rejects.toThrow('does not listen');
  });

  test('a source without a commit is told to whoever sends the event, and the simulator lives on', async () => {
    let shown = '';
    await sendEvent(
      remote.url,
      { event: pullRequest(), source: source() },
      (text) => (shown += text),
      signal,
    );
    expect(shown).toContain('has no commit yet');
    commit('a');
    await sendEvent(
      remote.url,
      { event: pullRequest(), source: source() },
      (text) => (shown += text),
      signal,
    );
    expect(shown).toContain('stands in for it');
  });
});
