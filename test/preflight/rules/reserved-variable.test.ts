import { reservedVariable } from '../../../tools/preflight/rules/reserved-variable';
import { said } from '../example';

const buildspec = (name: string): string =>
  `version: 0.2\nenv:\n  variables:\n    ${name}: "1"\nphases:\n  build:\n    commands: [make]\n`;

test('nothing is said of the example', () => {
  expect(said(reservedVariable)).toEqual([]);
});

test("a name of CodeBuild's is told, in the buildspec and in the project", () => {
  expect(said(reservedVariable, { buildspec: buildspec('CODEBUILD_ENV') })).toEqual([
    "warning buildspec.yml:4 CODEBUILD_ENV: names that begin with CODEBUILD_ are CodeBuild's own",
  ]);
  const Environment = { EnvironmentVariables: [{ Name: 'CODEBUILD_ENV', Value: '1' }] };
  expect(said(reservedVariable, { project: { Environment } })).toEqual([
    expect.stringMatching(/^warning cdk\.out\/.* CODEBUILD_ENV:/),
  ]);
});

test("a name with CODEBUILD elsewhere in it is anybody's", () => {
  expect(said(reservedVariable, { buildspec: buildspec('MY_CODEBUILD_ENV') })).toEqual([]);
});
