import { missingBuildspec } from '../../../tools/preflight/rules/missing-buildspec';
import { said } from '../example';

const project = 'cdk.out/PipelineStack.template.json:';
const buildspec = (BuildSpec: unknown, Type = 'GITHUB'): Parameters<typeof said>[1] => ({
  project: { Source: { Type, BuildSpec } },
});

test('a buildspec that git has, wherever the project says, is fine', () => {
  expect(said(missingBuildspec)).toEqual([]);
  expect(said(missingBuildspec, buildspec('./buildspec.yml'))).toEqual([]);
  expect(
    said(missingBuildspec, { ...buildspec('deploy/app.yml'), files: { 'deploy/app.yml': 'version: 0.2' } }),
  ).toEqual([]);
});

test('a buildspec that is only on the disk of who wrote it is found before the first build', () => {
  expect(
    said(missingBuildspec, {
      files: { 'buildspec.yml': null },
      ignored: { 'buildspec.yml': '.gitignore:2:*.yml' },
    }),
  ).toEqual([
    expect.stringMatching(
      `^error ${project}\\d+ buildspec.yml is not in git: .gitignore:2:\\*.yml ignores it$`,
    ),
  ]);
});

test('a repository that keeps it in a subfolder is told the path', () => {
  expect(
    said(missingBuildspec, { files: { 'buildspec.yml': null, 'service/buildspec.yaml': 'version: 0.2' } }),
  ).toEqual([
    expect.stringMatching(/^error .* there is no buildspec.yml; there is service\/buildspec.yaml$/),
  ]);
});

test('a source that another step of a pipeline may make, or another repository, is no certain error', () => {
  const Other = {
    Type: 'AWS::CodeBuild::Project',
    Properties: { Source: { Type: 'GITHUB', Location: 'https://github.com/example/other.git' } },
  };
  expect(said(missingBuildspec, { resources: { Other }, files: { 'buildspec.yml': null } })).toEqual([
    expect.stringMatching(/^warning /),
    expect.stringMatching(/^warning /),
  ]);
  expect(said(missingBuildspec, buildspec('made.yml', 'CODEPIPELINE'))).toEqual([
    expect.stringMatching(/^warning .* there is no made.yml$/),
  ]);
});

test('a repository that deploys the pipeline of another is not asked for its buildspec', () => {
  const told = (...remotes: readonly string[]): string[] =>
    said(missingBuildspec, { remotes, files: { 'buildspec.yml': null } });

  expect(told('git@github.com:example/infrastructure.git')).toEqual([]);
  expect(told('git@github.com:somebody/App.git')).toEqual([expect.stringMatching(/^error /)]);
  expect(told('https://github.com/example/infrastructure', 'https://github.com/example/app/')).toHaveLength(
    1,
  );
});

test.each([
  ['whole', 'version: 0.2\nphases: {}\n'],
  ['in a bucket', 'arn:aws:s3:::bucket/buildspec.yml'],
  ['not known', { Ref: 'Buildspec' }],
  ['of a secondary source', '$CODEBUILD_SRC_DIR_other/buildspec.yml'],
])('a buildspec that is %s is none of the source', (_, written) => {
  expect(said(missingBuildspec, buildspec(written))).toEqual([]);
});

test('a buildspec in a submodule is in no index of ours', () => {
  const files = { vendor: { text: '', mode: '160000' as const } };
  expect(said(missingBuildspec, { ...buildspec('vendor/ci/build.yml'), files })).toEqual([]);
  expect(said(missingBuildspec, { ...buildspec('vendors/build.yml'), files })).toHaveLength(1);
});

test('a project without a source has none there', () => {
  expect(
    said(missingBuildspec, { ...buildspec(undefined, 'NO_SOURCE'), files: { 'buildspec.yml': null } }),
  ).toEqual([]);
});
