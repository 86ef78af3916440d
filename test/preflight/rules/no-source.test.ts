import { noSource } from '../../../tools/preflight/rules/no-source';
import { said } from '../example';

const project = {
  Source: { Type: 'NO_SOURCE', Location: null, Auth: null, BuildSpec: 'buildspec.yml' },
  Triggers: null,
};
const spec = (...commands: readonly string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;

test('a clone of the default branch in a project without a source is told', () => {
  expect(
    said(noSource, { project, buildspec: spec('git clone https://github.com/example/app.git') }),
  ).toEqual([
    'warning buildspec.yml:5 app-build has no source: it builds what the default branch has when somebody starts it, and no push does',
  ]);
});

test('a tag of the commit that such a project does not know is told', () => {
  expect(
    said(noSource, { project, buildspec: spec('docker tag a b:$CODEBUILD_RESOLVED_SOURCE_VERSION') }),
  ).toEqual([
    'warning buildspec.yml:5 app-build has no source, so CODEBUILD_RESOLVED_SOURCE_VERSION is not set',
  ]);
});

test('nothing is said where the commit is chosen, or a default stands in', () => {
  expect(
    said(noSource, { project, buildspec: spec('git clone --branch "$BRANCH" https://x/y.git') }),
  ).toEqual([]);
  expect(
    said(noSource, { project, buildspec: spec('git clone https://x/y.git', 'git -C y checkout "$SHA"') }),
  ).toEqual([]);
  expect(
    said(noSource, { project, buildspec: spec('echo "${CODEBUILD_RESOLVED_SOURCE_VERSION:-latest}"') }),
  ).toEqual([]);
});

test('nothing is said of a project that has a source', () => {
  expect(
    said(noSource, {
      buildspec: spec('git clone https://x/y.git', 'echo $CODEBUILD_RESOLVED_SOURCE_VERSION'),
    }),
  ).toEqual([]);
});
