import { swallowedFailure } from '../../../tools/preflight/rules/swallowed-failure';
import { buildspecOf } from '../buildspec-of';
import { example, said } from '../example';

const told = (...commands: string[]): string[] =>
  said(swallowedFailure, { buildspec: buildspecOf({ build: commands }) });

test('a rollout that fails with nothing but a word about it is told', () => {
  expect(told('aws ecs update-service --cluster c --service s || echo "no service yet"')).toEqual([
    'warning buildspec.yml:6 `aws ecs update-service --cluster c --service s` may fail unnoticed: `|| echo "no service yet"` makes a success of it',
  ]);
});

test.each([
  ['npm test || true', '`|| true`'],
  ['npm run test:unit || :', '`|| :`'],
  ['cdk deploy A || (echo failed)', '`|| (echo failed)`'],
  ['docker push a || exit 0', '`|| exit 0`'],
  ['pytest | tee test.log', 'of a pipe'],
  ['docker build . 2>&1 | grep -v warn', 'of a pipe'],
  ['docker build a & docker build b & wait', 'in the background'],
  ['docker build -q . > /dev/null 2>&1', 'goes to /dev/null'],
  ['npm ci 2>/dev/null', 'goes to /dev/null'],
])('%s', (written, how) => {
  expect(told(written)[0]).toContain(how);
});

test('export hides how the script in it ended', () => {
  const files = { 'ci/tag.sh': '#!/bin/sh\ngit describe\n' };
  const buildspec = buildspecOf({ build: ['export TAG="$(bash ci/tag.sh)"'] });

  expect(said(swallowedFailure, { buildspec, files })).toEqual([
    'warning buildspec.yml:6 `bash ci/tag.sh` may fail unnoticed: `export`, `local` and their like succeed whatever `$(…)` does',
  ]);
});

test('the fix for a pipe says what it takes in a buildspec', () => {
  const [found] = [
    ...swallowedFailure.check(example({ buildspec: buildspecOf({ build: ['pytest | tee x'] }) })),
  ];

  expect(found!.fix).toContain('env: shell: bash');
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(swallowedFailure)).toEqual([]));

  test.each([
    'docker pull $IMAGE:latest || true',
    'docker rm -f test || true',
    'aws ecr describe-repositories --repository-names a || aws ecr create-repository --repository-name a',
    'aws ecr create-repository --repository-name a || true',
    'aws cloudformation describe-stacks --stack-name a > /dev/null 2>&1 || echo new',
    'aws ecr get-login-password | docker login --username AWS --password-stdin $R',
    'cdk diff || true',
    'cdk bootstrap || true',
    'npm audit || true',
    'npm run lint || true',
    'pip install --upgrade pip || true',
    'set -o pipefail; pytest | tee test.log',
    'npm test || exit 1',
    'npm test || { echo failed; exit 1; }',
    'npm test || (echo failed && exit 1)',
    'npm ci || npm install',
    'docker build a & first=$!; docker build b && wait $first',
    'export ACCOUNT=$(aws sts get-caller-identity --query Account --output text)',
    'X=$(bash ci/tag.sh) && export X',
    'docker build . > build.log',
    'docker build -q . > /dev/null',
    'if npm test; then echo good; else exit 1; fi',
    './ci/notify.sh || true',
  ])('%s', (written) => {
    expect(told(written)).toEqual([]);
  });

  test('pipes after a pipefail of which nobody knows how long it lasts', () => {
    expect(told('set -o pipefail', 'pytest | tee test.log')).toEqual([]);
  });
});
