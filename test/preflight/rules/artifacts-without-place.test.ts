import { artifactsWithoutPlace } from '../../../tools/preflight/rules/artifacts-without-place';
import { said } from '../example';

const buildspec = (artifacts: string): string =>
  `version: 0.2\nphases:\n  build:\n    commands: [make]\n${artifacts}`;
const none = { project: { Artifacts: { Type: 'NO_ARTIFACTS' } } };

test('nothing is said of the example', () => {
  expect(said(artifactsWithoutPlace)).toEqual([]);
});

test('a bucket that stays empty for ever is told', () => {
  expect(said(artifactsWithoutPlace, { buildspec: buildspec('') })).toEqual([
    expect.stringMatching(
      /^warning cdk\.out\/PipelineStack\.template\.json:\d+ app-build stores artifacts in ‹Artifacts›, and its buildspec \(buildspec\.yml\) has none: nothing is ever stored$/,
    ),
  ]);
});

test('artifacts that nobody stores are told', () => {
  expect(said(artifactsWithoutPlace, none)).toEqual([
    expect.stringMatching(/^warning buildspec\.yml:\d+ app-build has NO_ARTIFACTS, so that the artifacts/),
  ]);
});

test('neither artifacts nor a place for them, and a pipeline that takes what it needs, are in order', () => {
  expect(said(artifactsWithoutPlace, { ...none, buildspec: buildspec('') })).toEqual([]);
  const project = { Artifacts: { Type: 'CODEPIPELINE' } };
  expect(said(artifactsWithoutPlace, { project, buildspec: buildspec('') })).toEqual([]);
});

test('secondary artifacts alone fail the upload of a project that stores its own, not that of a pipeline', () => {
  const changes = {
    buildspec: buildspec('artifacts:\n  secondary-artifacts:\n    site: { files: ["**/*"] }\n'),
  };

  expect(said(artifactsWithoutPlace, changes)).toEqual([
    'error buildspec.yml:5 app-build stores artifacts, and the buildspec has no files for them',
  ]);
  const project = { Artifacts: { Type: 'CODEPIPELINE' } };
  expect(said(artifactsWithoutPlace, { ...changes, project })).toEqual([]);
});

test('a project with secondary artifacts alone stores them', () => {
  const project = {
    Artifacts: { Type: 'NO_ARTIFACTS' },
    SecondaryArtifacts: [{ Type: 'S3', ArtifactIdentifier: 'site' }],
  };

  expect(said(artifactsWithoutPlace, { project })).toEqual([]);
});

test('of a buildspec that cannot be read nobody knows what it stores', () => {
  expect(said(artifactsWithoutPlace, { buildspec: 'version: 0.2\nphases: [\n' })).toEqual([]);
});
