import { scriptNotExecutable } from '../../../tools/preflight/rules/script-not-executable';
import { buildspecOf } from '../buildspec-of';
import { type Changes, said } from '../example';

const FILES = {
  'ci/deploy.sh': '#!/bin/bash\nexit 0\n',
  'ci/ok.sh': { text: '#!/bin/sh\n', mode: '100755' as const },
};
const told = (...build: string[]): string[] =>
  said(scriptNotExecutable, { files: FILES, buildspec: buildspecOf({ build }) });

test('a script that git has without its bit fails with exit 126', () => {
  expect(told('ci/deploy.sh prod')).toEqual([
    'error buildspec.yml:6 ci/deploy.sh is called by its path, but git records it as 100644, not executable',
  ]);
});

test.each([
  ['from another folder', 'cd ci && ./deploy.sh', 'error'],
  ['through another program', 'time timeout 60 ./ci/deploy.sh', 'error'],
  ['perhaps', 'if [ -n "$X" ]; then ci/deploy.sh; fi', 'warning'],
  ['without counting', 'ci/deploy.sh || true', 'warning'],
  ['after another one got its bit', 'chmod +x ci/ok.sh && ci/deploy.sh', 'error'],
  ['after a word about it', 'echo chmod +x ci/deploy.sh && ci/deploy.sh', 'error'],
  ['after it lost what it had', 'chmod 644 ci/deploy.sh; ci/deploy.sh', 'error'],
])('%s', (_, command, level) => {
  expect(told(command)).toEqual([expect.stringMatching(`^${level} `)]);
});

test('npm scripts and other scripts call scripts, too', () => {
  const changes: Changes = {
    buildspec: buildspecOf({ build: ['npm run deploy'] }),
    files: { ...FILES, 'package.json': '{\n  "scripts": { "deploy": "./ci/deploy.sh" }\n}\n' },
  };

  expect(said(scriptNotExecutable, changes)).toEqual([expect.stringMatching(/^error package.json:2 /)]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(scriptNotExecutable)).toEqual([]));

  test.each([
    'ci/ok.sh',
    'bash ci/deploy.sh',
    'sh ./ci/deploy.sh',
    'source ci/deploy.sh',
    '. ci/deploy.sh',
    'chmod +x ci/deploy.sh && ci/deploy.sh',
    'chmod 755 ./ci/*.sh; ci/deploy.sh',
    'chmod -R u+x ci; ci/deploy.sh',
    'chmod -R +x .; ci/deploy.sh',
    'cd ci; chmod a+x deploy.sh; ./deploy.sh',
    "find . -name '*.sh' -exec chmod +x {} +; ci/deploy.sh",
    'chmod +x $SCRIPTS; ci/deploy.sh',
    'cd $X; chmod +x *.sh; cd $CODEBUILD_SRC_DIR; ci/deploy.sh',
    'ci/generated.sh',
    '$SCRIPT',
  ])('%s', (command) => {
    expect(told(command)).toEqual([]);
  });
});
