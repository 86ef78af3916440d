import { BucketServer } from './bucket-server';
import { type Fleet, fleet, PROJECT, removeDirectories } from './fleet';

let s3: BucketServer;
beforeEach(async () => (s3 = await BucketServer.started()));
afterEach(() => s3.close());
afterAll(removeDirectories);

const buildspec = (key = ''): string => `version: 0.2
phases:
  build:
    commands:
      - test -e kept/file && cat kept/file || echo it is new
      - mkdir -p kept && echo "it was kept" > kept/file && ln -sf file kept/link
cache:
  ${key}
  paths: ['kept/**/*']
`;

/** What a build finds of former ones. */
async function said(
  { call, builds, logs }: Fleet,
  location: string,
  buildspecOverride = buildspec(),
): Promise<string[]> {
  const cacheOverride = { type: 'S3', location };
  const { build } = await call('StartBuild', {
    projectName: PROJECT.name,
    buildspecOverride,
    cacheOverride,
  });
  await builds.ended(build.id);
  const log = logs.get(build.id.slice('p:'.length)) ?? '';
  return log.split('\n').filter((line) => /^it /.test(line));
}

test('a build that is started with another place for its cache finds nothing of the former', async () => {
  const mine = await fleet({}, undefined, s3.url);

  expect(await said(mine, 'bucket/one')).toEqual(['it is new']);
  expect(await said(mine, 'bucket/two')).toEqual(['it is new']);
  expect(await said(mine, 'bucket/one')).toEqual(['it was kept']);
});

test('a cache in S3 is one object for each key, in the place that the project names and nowhere else', async () => {
  const mine = await fleet({}, undefined, s3.url);
  await said(mine, 'bucket/p', buildspec('key: downloads-a/b'));
  await said(mine, 'bucket/p', buildspec('key: downloads-c'));
  await said(mine, 'bucket/p');

  expect([...s3.objects.keys()].map((name) => name.replace(/\/[\da-f]{16}\//, '/VERSION/'))).toEqual([
    'bucket/p/VERSION/keys/downloads-a%2Fb',
    'bucket/p/VERSION/keys/downloads-c',
    'bucket/p/VERSION/latest',
  ]);
});

test('what begins with a fallback key is found where the key itself is new', async () => {
  const mine = await fleet({}, undefined, s3.url);
  const after = buildspec('key: downloads-b\n  fallback-keys: [downloads-]');

  expect(await said(mine, 'bucket', buildspec('key: downloads-a'))).toEqual(['it is new']);
  expect(await said(mine, 'bucket', after)).toEqual(['it was kept']);
});

test('a copy with a key is never written again', async () => {
  const mine = await fleet({}, undefined, s3.url);
  const keyed = buildspec('key: downloads-a');
  await said(mine, 'bucket', keyed);
  const [before] = s3.objects.values();
  await said(mine, 'bucket', keyed);

  expect([...s3.objects.values()][0]).toBe(before);
});

test('a cache that is invalidated is not found any more, however many objects are left', async () => {
  const mine = await fleet({}, undefined, s3.url);
  await mine.call('UpdateProject', { ...PROJECT, cache: { type: 'S3', location: 'bucket' } });
  expect(await said(mine, 'bucket')).toEqual(['it is new']);
  await mine.call('InvalidateProjectCache', { projectName: PROJECT.name });

  expect(await said(mine, 'bucket')).toEqual(['it is new']);
  expect(await said(mine, 'bucket')).toEqual(['it was kept']);
});

test('a bucket that cannot be reached costs the cache, not the build', async () => {
  const mine = await fleet();
  const { build } = await mine.call('StartBuild', {
    projectName: PROJECT.name,
    buildspecOverride: buildspec(),
    cacheOverride: { type: 'S3', location: 'bucket' },
  });
  const record = await mine.builds.ended(build.id);

  expect(record?.status).toBe('SUCCEEDED');
  expect([...mine.logs.values()].join('')).toMatch(
    /Cache is not restored: .*\n(?:.*\n)*.*Cache is not saved: /,
  );
});
