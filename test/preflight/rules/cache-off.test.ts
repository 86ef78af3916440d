import { cacheOff } from '../../../tools/preflight/rules/cache-off';
import { buildspecOf } from '../buildspec-of';
import { said } from '../example';

const WITHOUT_PATHS = 'version: 0.2\nphases:\n  build:\n    commands:\n      - npm test\n';
const local = (...Modes: readonly string[]): Record<string, unknown> => ({ Cache: { Type: 'LOCAL', Modes } });

test.each<[string, Record<string, unknown>, RegExp]>([
  ['in a VPC', { VpcConfig: { VpcId: 'vpc-1' } }, /builds in a VPC have no local cache/],
  [
    'on a machine without',
    { Environment: { ComputeType: 'BUILD_GENERAL1_2XLARGE' } },
    /BUILD_GENERAL1_2XLARGE has no local/,
  ],
  [
    'of Docker layers without privileged mode',
    { ...local('LOCAL_DOCKER_LAYER_CACHE'), Environment: { PrivilegedMode: false } },
    /LOCAL_DOCKER_LAYER_CACHE needs privileged mode/,
  ],
])('a local cache %s is told, because it is silently off', (_what, project, message) => {
  expect(said(cacheOff, { project: { ...project } })).toEqual([expect.stringMatching(message)]);
});

test('a custom cache without paths is told', () => {
  expect(said(cacheOff, { buildspec: WITHOUT_PATHS })).toEqual([
    'warning buildspec.yml:1 app-build has LOCAL_CUSTOM_CACHE, and this buildspec has no cache.paths',
  ]);
});

test('a file among the paths of a local cache is told, with its line', () => {
  const buildspec = `${WITHOUT_PATHS}cache:\n  paths:\n    - frontend/package-lock.json\n    - node_modules/**/*\n`;
  expect(said(cacheOff, { buildspec })).toEqual([
    expect.stringMatching(/^warning buildspec\.yml:8 frontend\/package-lock\.json is a file/),
  ]);
});

test('paths of an inline buildspec in a project without a cache are told; a file may serve other projects, too', () => {
  const BuildSpec = `${WITHOUT_PATHS}cache:\n  paths:\n    - /root/.npm/**/*\n`;
  expect(said(cacheOff, { project: { Cache: null, Source: { BuildSpec } } })).toEqual([
    expect.stringContaining('app-build has no cache, so the cache.paths of its buildspec are ignored'),
  ]);
  expect(said(cacheOff, { project: { Cache: null } })).toEqual([]);
});

describe('a cache of node_modules', () => {
  const told = (path: string, ...build: readonly string[]): string[] =>
    said(cacheOff, { buildspec: `${buildspecOf({ build })}cache:\n  paths:\n    - ${path}\n` });

  test('is told where npm ci deletes it first, so that nobody waits for what is thrown away', () => {
    expect(told('frontend/node_modules/**/*', 'cd frontend && npm ci')).toEqual([
      'warning buildspec.yml:9 frontend/node_modules/**/* comes out of the cache for nothing: `npm ci` (buildspec.yml:6) deletes it first',
    ]);
    expect(told('./frontend/node_modules', 'npm --prefix frontend ci')).toHaveLength(1);
    expect(told('node_modules/**/*', 'npm clean-install')).toHaveLength(1);
  });

  test.each([
    ['frontend/node_modules/**/*', 'npm ci --prefix cdk'],
    ['frontend/node_modules/**/*', 'npm install --prefix frontend'],
    ['node_modules/**/*', 'yarn install --frozen-lockfile'],
    ['/root/.npm/**/*', 'npm ci'],
  ])('is not where it stays: %s, %s', (path, command) => {
    expect(told(path, command)).toEqual([]);
  });
});

test('nothing is said of a cache that works', () => {
  expect(said(cacheOff)).toEqual([]);
  expect(said(cacheOff, { project: local('LOCAL_DOCKER_LAYER_CACHE', 'LOCAL_SOURCE_CACHE') })).toEqual([]);
  const inS3 = { Cache: { Type: 'S3', Location: 'bucket/cache' }, VpcConfig: { VpcId: 'vpc-1' } };
  expect(said(cacheOff, { project: inS3, buildspec: WITHOUT_PATHS })).toEqual([]);
});
