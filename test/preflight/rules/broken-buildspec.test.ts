import { brokenBuildspec } from '../../../tools/preflight/rules/broken-buildspec';
import { example, said } from '../example';

const found = (buildspec: string): object[] => [...brokenBuildspec.check(example({ buildspec }))];

test('nothing is said of the example', () => {
  expect(said(brokenBuildspec)).toEqual([]);
});

test('a bracket that is never closed is told where CodeBuild tells it', () => {
  const buildspec = 'version: 0.2\nphases:\n  build:\n    commands: [make\nartifacts: {}\n';

  expect(found(buildspec)).toMatchObject([
    { level: 'error', awsError: expect.stringMatching(/^YAML_FILE_ERROR Message: .* at line \d$/) as string },
  ]);
});

test('a test in brackets is a list to YAML: it is told with the quotes that it needs', () => {
  const buildspec =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - [ -f app ] && echo yes\n      - make\n';

  expect(found(buildspec)).toMatchObject([
    {
      level: 'error',
      place: { file: 'buildspec.yml', line: 5 },
      fix: "quote the whole entry: - '[ -f app ] && echo yes'",
    },
  ]);
});

test('the same test in quotes is a command', () => {
  expect(
    found("version: 0.2\nphases:\n  build:\n    commands:\n      - '[ -f app ] && echo yes'\n      - make\n"),
  ).toEqual([]);
});

test.each([
  ['version: 2\nphases: { build: { commands: [ls] } }\n', 1, 'version: 0.2'],
  ['version: 0.2\nphases:\n  test: { commands: [ls] }\n', 3, /^the phases are install, pre_build/],
  ['version: 0.2\nphases:\n  pre-build: { commands: [ls] }\n', 3, 'pre_build:'],
  [
    'version: 0.2\nphases:\n  build: { commands: [ls] }\n  artifacts: { files: [a] }\n',
    4,
    /^artifacts: belongs beside phases:/,
  ],
  ['version: 0.2\n', 1, /^phases:/],
])('what has another shape than a buildspec is told with what it should have: %j', (buildspec, line, fix) => {
  expect(found(buildspec)).toMatchObject([
    {
      level: 'error',
      place: { line },
      fix: typeof fix === 'string' ? fix : (expect.stringMatching(fix) as string),
    },
  ]);
});

test('a value that is not documented is no error, because nobody knows what CodeBuild makes of it', () => {
  const buildspec =
    'version: 0.2\nphases: { build: { commands: [ls] } }\nreports:\n  tests: { files: [a], file-format: TAP }\n';

  expect(found(buildspec)).toMatchObject([{ level: 'warning', place: { line: 4 } }]);
});

test('a phase in capitals is no error, because CodeBuild has written them so itself', () => {
  expect(found('version: 0.2\nphases:\n  BUILD: { commands: [ls] }\n')).toMatchObject([
    { level: 'warning', fix: 'build:' },
  ]);
});

test('a batch, and a shell of Windows, are nothing broken', () => {
  expect(found('version: 0.2\nbatch:\n  build-list:\n    - { identifier: a, buildspec: a.yml }\n')).toEqual(
    [],
  );
  expect(
    found('version: 0.2\nenv: { shell: powershell.exe }\nphases:\n  build:\n    commands: [Get-ChildItem]\n'),
  ).toEqual([]);
});

test('a broken buildspec within a template is told where its project stands', () => {
  expect(
    said(brokenBuildspec, { project: { Source: { BuildSpec: '{"version": "0.2", "phases": [}' } } }),
  ).toEqual([
    expect.stringMatching(/^error cdk\.out\/PipelineStack\.template\.json:\d+ .*\(line 1 of the buildspec\)/),
  ]);
});
