import { cacheExport } from '../../../tools/preflight/rules/cache-export';
import { type Changes, said } from '../example';

const build = (...commands: string[]): Changes => ({
  buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`,
});
const ECR = 'type=registry,ref=111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:cache,mode=max';
const CREATE = 'docker buildx create --use --driver docker-container';

test.each([`type=registry,ref=ghcr.io/a/b:cache`, 'type=local,dest=/cache', 'ghcr.io/a/b:cache'])(
  "the default builder of CodeBuild's images cannot export %s, so that the build does not end there",
  (cache) => {
    expect(said(cacheExport, build(`docker buildx build --cache-to ${cache} backend`))).toEqual([
      expect.stringMatching(/^error buildspec.yml:5 --cache-to type=\w+ needs a builder of its own/),
    ]);
    expect(said(cacheExport, build(CREATE, `docker buildx build --cache-to ${cache} backend`))).toEqual([]);
  },
);

test.each([
  'docker build --cache-to type=inline backend',
  'docker build --cache-to=type=inline backend',
  'docker build --cache-from type=registry,ref=ghcr.io/a/b backend',
  'docker build --cache-to "$CACHE" backend',
  'docker buildx build --builder cloud --cache-to type=local,dest=/cache backend',
  'export BUILDX_BUILDER=ci; docker buildx build --cache-to type=local,dest=/cache backend',
])('%s asks nothing of it', (command) => {
  expect(said(cacheExport, build(command))).toEqual([]);
});

test('a builder that the project names, or another store of the daemon, is as good', () => {
  const command = 'docker build --cache-to type=local,dest=/c backend';
  const variables = [{ Name: 'BUILDX_BUILDER', Value: 'ci' }];
  expect(
    said(cacheExport, { ...build(command), project: { Environment: { EnvironmentVariables: variables } } }),
  ).toEqual([]);
  expect(said(cacheExport, build('cp ci/containerd.json /etc/docker/daemon.json', command))).toEqual([]);
});

test('another image may have another daemon: then it is a warning', () => {
  const image = { Environment: { Image: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/build:1' } };
  expect(
    said(cacheExport, { ...build('docker build --cache-to type=local,dest=/c backend'), project: image }),
  ).toEqual([expect.stringMatching(/^warning /)]);
});

test('a cache in ECR has to be an image manifest', () => {
  const levels = (cache: string): string[] =>
    said(cacheExport, build(CREATE, `docker buildx build --cache-to ${cache} backend`)).map(
      (line) => line.split(' ')[0]!,
    );
  expect(levels(ECR)).toEqual(['warning']);
  expect(levels(`${ECR},image-manifest=true,oci-mediatypes=false`)).toEqual(['error']);
  expect(levels(`${ECR},image-manifest=false`)).toEqual(['error']);
  expect(levels(`${ECR},image-manifest=true`)).toEqual([]);
  expect(levels(`${ECR},image-manifest=true,oci-mediatypes=true`)).toEqual([]);
  expect(levels('type=registry,ref=ghcr.io/a/b')).toEqual([]);
});
