import { fleet, PROJECT, removeDirectories } from './fleet';

afterAll(removeDirectories);

const buildspecOverride = `version: 0.2
phases:
  build:
    commands:
      - test -e kept/file && echo it was kept || echo it is new
      - mkdir -p kept && touch kept/file
cache:
  paths: ['kept/**/*']
`;

test('a build that is started with another place for its cache finds nothing of the former', async () => {
  const { call, builds, logs } = await fleet();
  const said = async (location: string): Promise<string[]> => {
    const cacheOverride = { type: 'S3', location };
    const { build } = await call('StartBuild', {
      projectName: PROJECT.name,
      buildspecOverride,
      cacheOverride,
    });
    await builds.ended(build.id);
    const log = logs.get(build.id.slice('p:'.length)) ?? '';
    return log.split('\n').filter((line) => /^it /.test(line));
  };

  expect(await said('bucket/one')).toEqual(['it is new']);
  expect(await said('bucket/two')).toEqual(['it is new']);
  expect(await said('bucket/one')).toEqual(['it was kept']);
});
