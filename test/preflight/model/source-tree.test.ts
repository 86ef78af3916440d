import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gitTree } from '../../../tools/preflight/model/source-tree';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'mangoo-tree-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, text: string | Buffer = ''): void {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function git(...args: string[]): void {
  execFileSync('git', args, { cwd: root, stdio: 'pipe' });
}

function repository(): void {
  git('init', '--quiet');
}

test('git tells where the repository is kept, and a folder of none tells nothing', () => {
  expect(gitTree(root).remotes).toEqual([]);
  repository();
  put('a');
  git('add', '.');
  expect(gitTree(root).remotes).toEqual([]);
  git('remote', 'add', 'origin', 'git@github.com:example/app.git');
  git('remote', 'add', 'fork', 'https://github.com/somebody/app');
  expect(gitTree(root).remotes).toEqual([
    'git@github.com:example/app.git',
    'https://github.com/somebody/app',
  ]);
});

test('a file that was never added, or is ignored, is told from one that CodeBuild gets', () => {
  repository();
  put('.gitignore', 'build/\n\n*.js\n!kept.js\n');
  put('app/a.ts', 'a');
  put('app/b.js');
  put('app/kept.js');
  git('add', '.');
  put('app/new.ts');
  const tree = gitTree(root);
  expect([...tree.files.keys()]).toEqual(['.gitignore', 'app/a.ts', 'app/kept.js']);
  expect(tree.isGit).toBe(true);
  expect(
    ['app/a.ts', './app//b.js', 'app/new.ts', 'app/none.ts', 'app', '../x'].map((name) =>
      tree.isUntracked(name),
    ),
  ).toEqual([false, true, true, false, false, false]);
  expect(
    ['app/a.ts', 'app/b.js', 'app/kept.js', 'app/new.ts', 'none.js', '../x.js'].map((name) =>
      tree.ignoredBy(name),
    ),
  ).toEqual([undefined, '.gitignore:3:*.js', undefined, undefined, '.gitignore:3:*.js', undefined]);
  expect(['app/a.ts', 'app/b.js', '../x', 'none'].map((name) => tree.read(name))).toEqual([
    'a',
    undefined,
    undefined,
    undefined,
  ]);
  expect(['', '.', 'app', 'app/', 'app/a.ts', 'none'].map((name) => tree.isFolder(name))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('modes are those that git has recorded, whatever the disk says, so that exit 126 is foreseen', () => {
  repository();
  put('a.sh');
  put('b.sh');
  chmodSync(path.join(root, 'b.sh'), 0o755);
  git('-c', 'core.fileMode=true', 'add', '.');
  chmodSync(path.join(root, 'a.sh'), 0o755);
  const tree = gitTree(root);
  expect([...tree.files.values()].map(({ mode }) => mode)).toEqual(['100644', '100755']);
});

test('of a folder within a repository, what is below it counts, with paths from there', () => {
  repository();
  put('.gitignore', '*.log\n');
  put('service/a.ts', 'a');
  put('other/b.ts');
  git('add', '.');
  const tree = gitTree(path.join(root, 'service'));
  expect([...tree.files.keys()]).toEqual(['a.ts']);
  expect(tree.read('a.ts')).toBe('a');
  expect(tree.ignoredBy('x.log')).toBe('.gitignore:1:*.log');
});

test('a folder without a repository, or with one around that has nothing of it, is its files', () => {
  put('made/a.sh');
  chmodSync(path.join(root, 'made/a.sh'), 0o755);
  put('made/node_modules/x/index.js');
  symlinkSync('..', path.join(root, 'made/up'));
  const files = [
    ['a.sh', '100755'],
    ['up', '120000'],
  ];
  const seen = (): unknown =>
    [...gitTree(path.join(root, 'made')).files.values()].map(({ path: name, mode }) => [name, mode]);
  expect(gitTree(path.join(root, 'made')).isGit).toBe(false);
  expect(seen()).toEqual(files);
  repository();
  expect(seen()).toEqual(files);
});

test('a repository that has nothing yet gives CodeBuild nothing', () => {
  repository();
  put('buildspec.yml');
  const tree = gitTree(root);
  expect(tree.files.size).toBe(0);
  expect(tree.isUntracked('buildspec.yml')).toBe(true);
});

test('a machine without git sees the files of the folder', () => {
  repository();
  put('a.ts', 'a');
  const { PATH } = process.env;
  process.env.PATH = path.join(root, 'nowhere');
  try {
    expect(gitTree(root).isGit).toBe(false);
    expect(gitTree(root).read('a.ts')).toBe('a');
  } finally {
    process.env.PATH = PATH;
  }
});

test('what git says of a broken index is passed on in a line, and so is a folder that is none', () => {
  repository();
  writeFileSync(path.join(root, '.git/index'), 'x');
  expect(() => gitTree(root)).toThrow(/^\S+: git refuses it: fatal: .*index file smaller than expected$/);
  expect(() => gitTree(path.join(root, 'none'))).toThrow('none: cannot be read (ENOENT)');
  put('file');
  expect(() => gitTree(path.join(root, 'file'))).toThrow('file: not a directory');
});

test('links are followed within the source only, and those in a circle are nothing', () => {
  repository();
  put('real/a.ts', 'a');
  symlinkSync('real', path.join(root, 'link'));
  symlinkSync('circle', path.join(root, 'circle'));
  symlinkSync(tmpdir(), path.join(root, 'out'));
  symlinkSync('../secret', path.join(root, 'escape'));
  git('add', '.');
  const tree = gitTree(root);
  expect(tree.read('link/a.ts')).toBe('a');
  expect(tree.isUntracked('link/a.ts')).toBe(false);
  expect(tree.isFolder('link')).toBe(true);
  for (const name of ['circle', 'circle/x', 'out', 'out/x', 'escape']) {
    expect([tree.read(name), tree.isFolder(name), tree.isUntracked(name)]).toEqual([undefined, false, false]);
  }
});

test('what git lists and nobody can read has no text: gone, a folder, a pipe, larger than 5 MB', () => {
  repository();
  for (const name of ['gone', 'folder', 'pipe']) put(name, 'x');
  put('large', Buffer.alloc(5 * 1024 * 1024 + 1, 32));
  put('binary', Buffer.from([0, 255, 254, 0]));
  git('add', '.');
  for (const name of ['gone', 'folder', 'pipe']) rmSync(path.join(root, name));
  mkdirSync(path.join(root, 'folder'));
  execFileSync('mkfifo', [path.join(root, 'pipe')]);
  const tree = gitTree(root);
  for (const name of ['gone', 'folder', 'pipe', 'large']) expect(tree.read(name)).toBeUndefined();
  expect(tree.read('binary')).toHaveLength(4);
});

test('what lies in a submodule belongs to its own repository, so that it is not called forgotten', () => {
  repository();
  git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '--message=x');
  const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  git('update-index', '--add', '--cacheinfo', `160000,${head},vendor/lib`);
  put('vendor/lib/a.ts');
  put('vendor/b.ts');
  const tree = gitTree(root);
  expect(tree.isFolder('vendor/lib')).toBe(true);
  expect([tree.isUntracked('vendor/lib/a.ts'), tree.isUntracked('vendor/b.ts')]).toEqual([false, true]);
});
