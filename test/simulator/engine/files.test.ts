import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findFiles } from '../../../tools/simulator/engine/files';
import { directory, removeDirectories } from './harness';

afterAll(removeDirectories);

function tree(root: string, ...files: readonly string[]): string {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), '');
  }
  return root;
}

async function found(root: string, ...files: readonly string[]): Promise<string[] | undefined> {
  const all = await findFiles({ files, discardPaths: false }, { root, log: () => undefined });
  return all?.map((file) => file.path);
}

test.each([
  ['*', ['.hidden', 'a.js']],
  ['**/*', ['(b)/x.js', '.hidden', 'a.js', 'a/b/c.js', 'a/b.js', 'a/b.jsx']],
  ['**', ['(b)/x.js', '.hidden', 'a.js', 'a/b/c.js', 'a/b.js', 'a/b.jsx']],
  ['**/*.js', ['(b)/x.js', 'a.js', 'a/b/c.js', 'a/b.js']],
  ['a/*', ['a/b.js', 'a/b.jsx']],
  ['a/**/*', ['a/b/c.js', 'a/b.js', 'a/b.jsx']],
  ['a/**/b/*', ['a/b/c.js']],
  ['./a/b.js', ['a/b.js']],
  ['a//b.js', ['a/b.js']],
  ['a/../a.js', ['a.js']],
  ['a/b.js?', ['a/b.jsx']],
  ['(b)/*', ['(b)/x.js']],
  ['a', []],
  ['a/', []],
  ['!a.js', []],
  ['missing/*', []],
])('%s', async (pattern, expected) => {
  const root = tree(directory(), 'a.js', '.hidden', 'a/b.js', 'a/b.jsx', 'a/b/c.js', '(b)/x.js');

  expect((await found(root, pattern))?.sort()).toEqual([...expected].sort());
});

test('a source whose own path looks like a pattern is searched all the same', async () => {
  const root = tree(path.join(directory(), 'my (app) [v1] {x}*'), 'src/a.js');

  expect(await found(root, 'src/*', '**/*')).toEqual(['src/a.js']);
});

test('links that lead round in circles end', async () => {
  const root = tree(directory(), 'a/b.js');
  symlinkSync('..', path.join(root, 'a/up'));
  symlinkSync(root, path.join(root, 'self'));

  expect(await found(root, '**/*')).toEqual(['a/b.js']);
});

test('5,000 files are found by every pattern, each once', async () => {
  const root = directory();
  for (let i = 0; i < 50; i += 1) {
    mkdirSync(path.join(root, `d${i}`));
    for (let j = 0; j < 100; j += 1) writeFileSync(path.join(root, `d${i}/${j}.txt`), '');
  }

  expect(await found(root, '**/*', '**/*.txt', 'd*/*')).toHaveLength(5_000);
});
