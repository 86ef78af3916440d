import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CheckoutOptions,
  Repository,
  uncommittedChanges,
} from '../../../tools/simulator/github/repository';
import type {
  PullRequestEvent,
  PushEvent,
  ReleaseEvent,
  WebhookEvent,
} from '../../../tools/simulator/github/types';

let directory: string;
let source: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-github-test-'));
  source = path.join(directory, 'source');
  mkdirSync(source);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: source, encoding: 'utf8' }).trim();
}

function commit(file: string, text: string): string {
  git('init', '--quiet');
  writeFileSync(path.join(source, file), text);
  git('add', '--all');
  git('commit', '--quiet', '--message', `Write ${file}`);
  return git('rev-parse', 'HEAD');
}

const github = (): Promise<Repository> => Repository.create(path.join(directory, 'github.git'));

test('a push tells what GitHub tells: the commits before and after, the message and the changed files', async () => {
  const repository = await github();
  const first = commit('one.txt', 'one\n');
  expect(await repository.push({ source, branch: 'main' })).toMatchObject({
    event: 'PUSH',
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: first,
    changedFiles: ['one.txt'],
  });
  const second = commit('zwei ü.txt', 'two\n');
  expect(await repository.push({ source, branch: 'main' })).toMatchObject({
    before: first,
    after: second,
    headCommitMessage: 'Write zwei ü.txt\n\n',
    changedFiles: ['zwei ü.txt'],
  });
});

test('the build gets what is committed, not what lies about, and the work tree stays as it is', async () => {
  const repository = await github();
  commit('one.txt', 'committed\n');
  writeFileSync(path.join(source, 'one.txt'), 'uncommitted\n');
  const before = git('status', '--porcelain=v2', '--branch');
  const event = await repository.push({ source, branch: 'main' });
  const checkout = path.join(directory, 'checkout');
  mkdirSync(checkout);
  await repository.checkout(event.after, checkout);

  expect(readFileSync(path.join(checkout, 'one.txt'), 'utf8')).toBe('committed\n');
  expect(git('status', '--porcelain=v2', '--branch')).toBe(before);
  expect(await uncommittedChanges(source)).toEqual(['one.txt']);
});

test('a shallow clone, such as CI makes, can be pushed', async () => {
  commit('one.txt', 'one\n');
  commit('two.txt', 'two\n');
  const shallow = path.join(directory, 'shallow');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${source}`, shallow]);
  const event = await (await github()).push({ source: shallow, branch: 'main' });
  expect(event.changedFiles).toEqual(['one.txt', 'two.txt']);
});

test.each([
  ['no directory', (): string => path.join(directory, 'missing'), /^--source .*missing: no such directory$/],
  ['a file', (): string => __filename, /^--source .*: expected a directory, got a file$/],
  [
    'no repository',
    (): string => source,
    /^--source .*: not a git repository; run git init and commit, a push takes commits only$/,
  ],
])('a source that is %s is refused in one line', async (_, of, message) => {
  await expect((await github()).push({ source: of(), branch: 'main' })).rejects.toThrow(message);
});

test('a repository without a commit is refused in one line', async () => {
  git('init', '--quiet');
  await expect((await github()).push({ source, branch: 'main' })).rejects.toThrow(
    /^--source .*: has no commit yet; a push takes commits only$/,
  );
});

test.each(['', 'a..b', 'has space', '-x~1'])('%j is no branch', async (branch) => {
  commit('one.txt', 'one\n');
  await expect((await github()).push({ source, branch })).rejects.toThrow(
    `--branch: expected a branch's name, got '${branch}'`,
  );
});

test('a reference is no branch: refs/heads/refs/heads/main would match no webhook, and nobody would see why', async () => {
  commit('one.txt', 'one\n');
  await expect((await github()).push({ source, branch: 'refs/heads/main' })).rejects.toThrow(
    "--branch: expected a branch's name such as main, got the reference 'refs/heads/main'",
  );
});

/** A repository with what a build can ask for, and the commits by the name of their file. */
async function furnished(): Promise<{ repository: Repository; commits: Record<string, string> }> {
  const repository = await github();
  const commits: Record<string, string> = { first: commit('first.txt', '1\n') };
  const pushed = async (name: string, branch: string): Promise<void> => {
    commits[name] = commit(`${name}.txt`, `${name}\n`);
    await repository.push({ source, branch });
  };
  await pushed('main', 'main');
  await pushed('feature', 'feature/a');
  // A branch and a tag of one name, a pull request that no branch leads to, and a commit that a forced push left behind.
  await pushed('branch', 'both');
  await pushed('tagged', 'elsewhere');
  git('push', '--quiet', path.join(directory, 'github.git'), `${commits.tagged}:refs/tags/v1`);
  git('push', '--quiet', path.join(directory, 'github.git'), `${commits.tagged}:refs/tags/both`);
  await pushed('left', 'moving');
  git('reset', '--quiet', '--hard', commits.main ?? '');
  await pushed('moving', 'moving');
  commits.pull = commit('pull.txt', 'pull\n');
  git('push', '--quiet', path.join(directory, 'github.git'), `${commits.pull}:refs/pull/7/head`);
  return { repository, commits };
}

let checkouts = 0;
async function checkedOut(
  repository: Repository,
  version: string,
  options?: CheckoutOptions,
): Promise<{ commit: string; files: string[]; of: (...args: string[]) => string }> {
  const checkout = path.join(directory, `checkout-${(checkouts += 1)}`);
  mkdirSync(checkout);
  const resolved = await repository.checkout(version, checkout, options);
  const of = (...args: string[]): string =>
    execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trim();
  expect(of('rev-parse', 'HEAD')).toBe(resolved);
  expect(of('status', '--porcelain')).toBe('');
  return { commit: resolved, files: of('ls-files').split('\n'), of };
}

test('a build checks out what its source version names: nothing, a branch, a tag, a pull request, a commit, or two of them', async () => {
  const { repository, commits } = await furnished();
  const { main, feature, branch, tagged, left, moving, pull } = commits;
  const versions: [string, string | undefined][] = [
    ['', main],
    ['main', main],
    ['feature/a', feature],
    ['refs/heads/feature/a', feature],
    ['v1', tagged],
    ['refs/tags/v1', tagged],
    ['both', branch],
    ['refs/tags/both', tagged],
    ['pr/7', pull],
    ['refs/pull/7/head', pull],
    [`pr/7^{${pull}}`, pull],
    [String(feature), feature],
    [String(left), left],
    [String(pull), pull],
    [`refs/heads/main^{${main}}`, main],
    // A newer push has gone past it.
    [`refs/heads/moving^{${left}}`, left],
    [`moving^{${moving}}`, moving],
  ];
  for (const [version, expected] of versions) {
    const { commit: resolved } = await checkedOut(repository, version);
    expect([version, resolved]).toEqual([version, expected]);
  }
});

test('a build has the history of every branch, or no more of the named one than the project asks for', async () => {
  const { repository, commits } = await furnished();
  const full = await checkedOut(repository, commits.feature ?? '');
  expect(full.files).toEqual(['feature.txt', 'first.txt', 'main.txt']);
  expect(full.of('rev-list', '--count', 'HEAD')).toBe('3');
  expect(full.of('branch', '--remotes', '--list', 'origin/both')).toContain('origin/both');

  for (const version of ['feature/a', `feature/a^{${commits.feature}}`]) {
    const { files, of } = await checkedOut(repository, version, { depth: 1 });
    expect(files).toEqual(full.files);
    expect(of('rev-list', '--count', 'HEAD')).toBe('1');
    expect(of('branch', '--remotes')).toBe('origin/feature/a');
  }
  const pull = await checkedOut(repository, 'pr/7', { depth: 2 });
  expect(pull.of('rev-list', '--count', 'HEAD')).toBe('2');
});

const MISSING = [
  'missing',
  'v2',
  'refs/heads/missing',
  'pr/8',
  'pr/0',
  '0123456789012345678901234567890123456789',
  'refs/heads/main^{0123456789012345678901234567890123456789}',
  'missing^{0123456789012345678901234567890123456789}',
  // Expressions and options of git, and what a shell would run.
  'main~1',
  'main^',
  'HEAD@{1}',
  'main:first.txt',
  '--upload-pack=touch pwned',
  '--upload-pack=touch${IFS}pwned',
  '-x',
  '$(touch pwned)',
  ';touch pwned',
  'ext::sh -c touch% pwned',
  'main\n--exec=x',
  '../../main',
];

test('a source version that is not there, or is none, ends the build in the words of CodeBuild', async () => {
  const { repository } = await furnished();
  const checkout = path.join(directory, 'empty');
  mkdirSync(checkout);
  for (const version of MISSING) {
    await expect(repository.checkout(version, checkout)).rejects.toThrow(
      new Error(`reference not found for primary source and source version ${version}`),
    );
    expect(readdirSync(checkout)).toEqual([]);
    expect(readdirSync(directory)).not.toContain('pwned');
  }
});

test('a branch whose name looks like an option is a branch', async () => {
  const repository = await github();
  const head = commit('one.txt', 'one\n');
  const event = await repository.push({ source, branch: '--upload-pack=x' });
  expect(event.ref).toBe('refs/heads/--upload-pack=x');
  for (const depth of [0, 1]) {
    expect((await checkedOut(repository, '--upload-pack=x', { depth })).commit).toBe(head);
  }
});

test('an empty repository has no default branch to build', async () => {
  const repository = await github();
  await expect(repository.checkout('', directory)).rejects.toThrow(
    new Error('reference not found for primary source'),
  );
});

test('submodules are not fetched, and the build is told which', async () => {
  const repository = await github();
  const head = commit('one.txt', 'one\n');
  git('update-index', '--add', '--cacheinfo', `160000,${head},libs/prompts of others`);
  git('commit', '--quiet', '--message', 'Use the prompts of others');
  mkdirSync(path.join(source, 'libs/prompts of others'), { recursive: true });
  await repository.push({ source, branch: 'main' });
  const notes: string[] = [];
  const checkout = path.join(directory, 'checkout');
  mkdirSync(checkout);
  await repository.checkout('main', checkout, { note: (line) => notes.push(line) });
  expect(notes).toEqual(['submodule libs/prompts of others: not fetched (simulated)']);
});

const told = { actorAccountId: '1000002', repository: 'mangoo' };
const UNKNOWN = '0123456789'.repeat(4);

describe('the commits of an event from a file', () => {
  const notes: string[] = [];
  const received = async <Event extends WebhookEvent>(
    repository: Repository,
    event: Event,
  ): Promise<Event> => {
    notes.length = 0;
    return (await repository.receive(event, source, (line) => notes.push(line))) as Event;
  };

  const push = (after: string): PushEvent => ({
    ...told,
    event: 'PUSH',
    ref: 'refs/heads/main',
    before: UNKNOWN,
    after,
    headCommitMessage: 'As the payload tells',
    changedFiles: ['backend/app/main.py'],
  });

  test('a push builds its own commit where the source has it, although the source has gone on', async () => {
    const repository = await github();
    const wanted = commit('one.txt', 'one\n');
    commit('two.txt', 'two\n');
    expect(await received(repository, push(wanted))).toEqual(push(wanted));
    expect(notes).toEqual([]);
    expect((await checkedOut(repository, 'main')).files).toEqual(['one.txt']);
  });

  test('the HEAD of the source stands in for a commit that it does not have, and the output says so', async () => {
    const repository = await github();
    const head = commit('one.txt', 'one\n');
    // What the filters see stays what the payload tells.
    expect(await received(repository, push(UNKNOWN))).toEqual(push(head));
    expect(notes).toEqual([
      `the commit 0123456 of the event is not in ${source}: its HEAD, ${head.slice(0, 7)}, stands in for it`,
    ]);
    expect((await checkedOut(repository, 'main')).commit).toBe(head);
  });

  test('a deletion deletes', async () => {
    const repository = await github();
    commit('one.txt', 'one\n');
    await repository.push({ source, branch: 'main' });
    await repository.push({ source, branch: 'other' });
    const event = { ...push('0'.repeat(40)), ref: 'refs/heads/other' };
    expect(await received(repository, event)).toEqual(event);
    await expect(repository.checkout('other', directory)).rejects.toThrow('reference not found');
    expect((await checkedOut(repository, 'main')).files).toEqual(['one.txt']);
  });

  test('a pull request gets the files and the message that its payload does not tell, and its head is pr/N', async () => {
    const repository = await github();
    const fork = commit('one.txt', 'one\n');
    const baseCommit = commit('base.txt', 'only in the base\n');
    git('checkout', '--quiet', '-b', 'feature', fork);
    const headCommit = commit('two.txt', 'two\n');
    const event: PullRequestEvent = {
      ...told,
      event: 'PULL_REQUEST_CREATED',
      number: 7,
      headRef: 'refs/heads/feature',
      headCommit,
      baseRef: 'refs/heads/main',
      baseCommit,
      fork: false,
    };
    expect(await received(repository, event)).toEqual({
      ...event,
      headCommitMessage: 'Write two.txt\n\n',
      changedFiles: ['two.txt'],
    });
    expect(notes).toEqual([]);
    const { commit: built, of } = await checkedOut(repository, 'pr/7');
    expect(built).toBe(headCommit);
    expect(of('rev-parse', 'origin/main')).toBe(baseCommit);

    const strange = await received(repository, {
      ...event,
      number: 8,
      headCommit: UNKNOWN,
      baseCommit: UNKNOWN,
    });
    expect(strange).toMatchObject({ headCommit, headCommitMessage: 'Write two.txt\n\n' });
    expect(strange.changedFiles).toBeUndefined();
    expect(notes).toHaveLength(1);
  });

  test('a release builds its tag, or the HEAD of a source that does not have it', async () => {
    const repository = await github();
    const tagged = commit('one.txt', 'one\n');
    git('tag', '--annotate', '--message', 'One', 'v1');
    const head = commit('two.txt', 'two\n');
    const event: ReleaseEvent = { ...told, event: 'RELEASED', tag: 'v1', name: '' };
    await received(repository, event);
    expect(notes).toEqual([]);
    expect((await checkedOut(repository, 'refs/tags/v1')).commit).toBe(tagged);
    await received(repository, { ...event, tag: 'v2' });
    expect(notes).toEqual([`the tag v2 of the event is not in ${source}: its HEAD stands in for it`]);
    expect((await checkedOut(repository, 'refs/tags/v2')).commit).toBe(head);
  });

  test('a source without a commit has nothing to build', async () => {
    git('init', '--quiet');
    await expect(received(await github(), push(UNKNOWN))).rejects.toThrow(/has no commit yet/);
  });
});
