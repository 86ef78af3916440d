import { overriddenVariable } from '../../../tools/preflight/rules/overridden-variable';
import { said } from '../example';

const variables = (lines: Readonly<Record<string, string>>): { buildspec: string } => ({
  buildspec: JSON.stringify({
    version: '0.2',
    env: { variables: lines },
    phases: { build: { commands: ['make'] } },
  }),
});

test('nothing is said of the example', () => {
  expect(said(overriddenVariable)).toEqual([]);
});

test('a value of the buildspec that the project replaces is told', () => {
  expect(said(overriddenVariable, variables({ NODEJS_VERSION: '20' }))).toEqual([
    "warning buildspec.yml:1 the value of NODEJS_VERSION is never used: the project app-build has another, and it goes before the buildspec's",
  ]);
});

test('the same value in both is no matter', () => {
  expect(said(overriddenVariable, variables({ NODEJS_VERSION: '22' }))).toEqual([]);
});

test('a PATH with variables in it leaves the shell without any program', () => {
  expect(said(overriddenVariable, variables({ PATH: '$PATH:/opt/bin' }))).toEqual([
    'error buildspec.yml:1 PATH has the text $PATH in it, not its value: variables are taken as they are written',
  ]);
});

test('another value with the name of a variable in it may be meant so', () => {
  expect(said(overriddenVariable, variables({ OUT: '${CODEBUILD_SRC_DIR}/out' }))).toEqual([
    expect.stringMatching(/^warning .* OUT has the text \$\{CODEBUILD_SRC_DIR\} in it/),
  ]);
});

test('a dollar that names nothing is a dollar', () => {
  expect(
    said(
      overriddenVariable,
      variables({ QUERY: '$.Stacks[0]', PATTERN: '^v[0-9]+$', PRICE: '$5', T: '$UNSET_HERE' }),
    ),
  ).toEqual([]);
});

test("the project's variables are taken as written too", () => {
  const Environment = { EnvironmentVariables: [{ Name: 'PATH', Value: '/opt/bin:$PATH' }] };

  expect(said(overriddenVariable, { project: { Environment } })).toEqual([
    expect.stringMatching(
      /^error cdk\.out\/PipelineStack\.template\.json:\d+ PATH has the text \$PATH in it/,
    ),
  ]);
});
