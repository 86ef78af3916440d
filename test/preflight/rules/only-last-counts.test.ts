import { onlyLastCounts } from '../../../tools/preflight/rules/only-last-counts';
import { buildspecOf } from '../buildspec-of';
import { type Changes, said } from '../example';

const build = (...commands: string[]): Changes => ({ buildspec: buildspecOf({ build: commands }) });

test('a block that goes on after a failed docker build is told, at that line', () => {
  expect(said(onlyLastCounts, build('docker build -t a .\ndocker tag a b\necho done'))).toEqual([
    'warning buildspec.yml:7 `docker build -t a .` may fail without the build failing: its entry goes on after it',
  ]);
});

test('so is a list on one line, once, however much it passes over', () => {
  expect(said(onlyLastCounts, build('npm ci; npm test; npm run build; echo done'))).toEqual([
    'warning buildspec.yml:6 `npm ci` may fail without the build failing: its entry goes on after it, and 2 more like it',
  ]);
});

test('so is a script, at its own line, once, though two entries call it', () => {
  const files = {
    'ci/test.sh': { text: '#!/bin/bash\ncd backend\npytest\necho done\n', mode: '100755' as const },
  };

  expect(said(onlyLastCounts, { ...build('ci/test.sh', 'bash ci/test.sh'), files })).toEqual([
    'warning ci/test.sh:3 `pytest` may fail without the build failing: ci/test.sh goes on after it, and 1 more like it',
  ]);
});

test('so is a loop of which only the last turn counts', () => {
  expect(said(onlyLastCounts, build('for s in a b; do docker build $s; done'))).toHaveLength(1);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(onlyLastCounts)).toEqual([]));

  test.each([
    ['a block that stops by itself', 'set -e\ndocker build -t a .\necho done'],
    ['a script for its errors, with others', 'set -euo pipefail\nnpm ci\nnpm test'],
    ['a chain', 'docker build -t a . && docker tag a b && echo done'],
    [
      'a block whose last command is the only one that can fail',
      'export A=1\nmkdir -p out\necho building\ndocker build .',
    ],
    ['questions before it', 'if [ -f x ]; then\n  echo y\nfi\nnpm ci'],
    ['a status that is looked at', 'npm test\nif [ $? -ne 0 ]; then exit 1; fi\necho done'],
    ['reading', 'aws ecr describe-repositories\ngit log -1\nls\necho done'],
  ])('%s', (_, entry) => {
    expect(said(onlyLastCounts, build(entry))).toEqual([]);
  });

  test('single commands, each an entry', () => {
    expect(said(onlyLastCounts, build('npm ci', 'npm test', 'docker build .'))).toEqual([]);
  });

  test('entries after a set -e of which nobody knows how long it lasts', () => {
    expect(said(onlyLastCounts, build('set -e', 'npm ci; npm test'))).toEqual([]);
  });

  test('a script that has set -e on its first line', () => {
    const files = { 'x.sh': { text: '#!/bin/bash -e\npytest\necho done\n', mode: '100755' as const } };

    expect(said(onlyLastCounts, { ...build('./x.sh'), files })).toEqual([]);
  });
});
