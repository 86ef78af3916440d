import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Repository, uncommittedChanges } from '../../../tools/simulator/github/repository';

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
