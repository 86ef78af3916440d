import { unquotedColon } from '../../../tools/preflight/rules/unquoted-colon';
import { example, said } from '../example';

const commands = (...lines: string[]): string =>
  ['version: 0.2', 'phases:', '  build:', '    commands:', ...lines.map((line) => `      ${line}`), ''].join(
    '\n',
  );

test('nothing is said of the example', () => {
  expect(said(unquotedColon)).toEqual([]);
});

test('a command with a colon and a blank is told with its line and in quotes, because CodeBuild refuses it in other words', () => {
  const buildspec = commands('- make', `- echo "It's done: all"`);

  expect(said(unquotedColon, { buildspec })).toEqual([
    `error buildspec.yml:6 a command is read as a map of keys: - echo "It's done: all"`,
  ]);
  expect([...unquotedColon.check(example({ buildspec }))]).toMatchObject([
    {
      awsError:
        'YAML_FILE_ERROR Message: Expected Commands[1] to be of string type: found subkeys instead at line 6, value of the key tag on line 5 might be empty',
      fix: `quote the whole command: - 'echo "It''s done: all"'`,
    },
  ]);
});

test('a colon in quotes, in a block or without a blank is none', () => {
  const buildspec = commands(
    `- 'echo "a: b"'`,
    '- |',
    '  echo "a: b"',
    '- docker push app:latest',
    '- echo a :b',
  );

  expect(said(unquotedColon, { buildspec })).toEqual([]);
});

test('every such command is told, of a buildspec within a template with the line of its text', () => {
  const BuildSpec = commands('- echo a: b', '- echo c: d');

  expect(said(unquotedColon, { project: { Source: { BuildSpec } } })).toEqual([
    expect.stringMatching(
      /^error cdk\.out\/PipelineStack\.template\.json:\d+ .* \(line 5 of the buildspec\): - echo a: b$/,
    ),
    expect.stringMatching(/\(line 6 of the buildspec\): - echo c: d$/),
  ]);
});

test('what two projects build with is told once', () => {
  const buildspec = commands('- echo a: b');
  const resources = {
    Nightly: {
      Type: 'AWS::CodeBuild::Project',
      Properties: { Name: 'nightly', Source: { Type: 'GITHUB' } },
    },
  };

  expect(example({ buildspec, resources }).builds).toHaveLength(2);
  expect(said(unquotedColon, { buildspec, resources })).toHaveLength(1);
});
