import { unknownRuntimeVersion } from '../../../tools/preflight/rules/unknown-runtime-version';
import { example, said } from '../example';

const install = (versions: string): string =>
  `version: 0.2\nphases:\n  install:\n    runtime-versions:\n      ${versions}\n  build:\n    commands: [make]\n`;
const image = (Image: string): Record<string, unknown> => ({ Environment: { Image } });

test('nothing is said of the example', () => {
  expect(said(unknownRuntimeVersion)).toEqual([]);
});

test('a version that an older image lacks ends the build', () => {
  const changes = { project: image('aws/codebuild/standard:5.0'), buildspec: install('nodejs: 22') };

  expect([...unknownRuntimeVersion.check(example(changes))]).toMatchObject([
    {
      level: 'error',
      place: { line: 5 },
      message: 'aws/codebuild/standard:5.0 has no nodejs 22: it has 12, 14',
      awsError:
        "YAML_FILE_ERROR Message: Unknown runtime version named '22' of nodejs. This build image has the following versions: 12, 14",
      fix: 'nodejs: "14"',
    },
  ]);
});

test('a version that a newer image lacks is downloaded, which works', () => {
  const changes = { project: image('aws/codebuild/standard:8.0'), buildspec: install('nodejs: 20') };

  expect(said(unknownRuntimeVersion, changes)).toEqual([
    'warning buildspec.yml:5 aws/codebuild/standard:8.0 has no nodejs 20, so that every build downloads it, if there is such a version; it has 22, 24',
  ]);
});

test.each(['nodejs: 22', 'nodejs: 22.x', 'nodejs: latest', 'golang: 1.20', 'python: "3.10"'])(
  '%s is a version that the image has',
  (versions) => {
    expect(said(unknownRuntimeVersion, { buildspec: install(versions) })).toEqual([]);
  },
);

test('a variable stands for the value that the project gives it, whatever the buildspec says', () => {
  const buildspec = `env: { variables: { NODEJS_VERSION: "22" } }\n${install('nodejs: "$NODEJS_VERSION"')}`;
  const Environment = { EnvironmentVariables: [{ Name: 'NODEJS_VERSION', Value: '19' }] };

  expect(said(unknownRuntimeVersion, { buildspec, project: { Environment } })).toEqual([
    expect.stringMatching(/^warning buildspec\.yml:6 .* has no nodejs 19,/),
  ]);
  expect(said(unknownRuntimeVersion, { buildspec })).toEqual([]);
});

test('of a variable that only the start of a build knows nothing is said', () => {
  expect(said(unknownRuntimeVersion, { buildspec: install('nodejs: $VERSION_OF_TODAY') })).toEqual([]);
});
