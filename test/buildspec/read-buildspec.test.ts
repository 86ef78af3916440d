import fc from '../drawn-inputs';
import { stringify } from 'yaml';
import { parseBuildspec, readBuildspec } from '../../tools/buildspec/buildspec';

test('everything that is wrong is told at once, with its line, so that nobody finds the second mistake by a second build', () => {
  const { problems } = readBuildspec(`version: 0.3
env:
  shell: zsh
  parameter-store:
    # DB_PASSWORD: /app/db
phases:
  install:
    runtime-versions:
  build:
    on-failure: STOP
    commands:
      - echo fine
      - echo "Done: $RESULT"
  deploy:
    commands: [ls]
reports:
  tests:
    files: []
    file-format: TAP
cache:
  action: keep
`);

  expect(problems).toEqual([
    { kind: 'structure', line: 1, message: 'invalid buildspec `version` specified: 0.3, see documentation' },
    { kind: 'value', line: 3, message: "env/shell: expected bash or /bin/sh, got 'zsh'" },
    {
      kind: 'structure',
      line: 14,
      message: 'Invalid buildspec phase name: deploy. Expecting: build,install,post_build,pre_build',
    },
    { kind: 'empty', line: 4, message: 'Expected ParameterStore to be non-empty' },
    { kind: 'empty', line: 8, message: 'Expected RuntimeVersions to be non-empty' },
    {
      kind: 'subkeys',
      line: 13,
      message:
        'Expected Commands[1] to be of string type: found subkeys instead at line 13, value of the key tag on line 12 might be empty',
    },
    {
      kind: 'value',
      line: 10,
      message:
        "phases/build/on-failure: expected ABORT, CONTINUE, RETRY, RETRY-<count up to 100>, RETRY-<regex> or RETRY-<count>-<regex>, got 'STOP'",
    },
    {
      kind: 'value',
      line: 19,
      message: expect.stringMatching(
        /^reports\/tests\/file-format: expected one of .*, got 'TAP'$/,
      ) as string,
    },
    { kind: 'required', line: 18, message: 'Expected Files to be non-empty in reports/tests' },
    { kind: 'value', line: 21, message: "cache/action: expected restore or save, got 'keep'" },
  ]);
});

test('what is not wrong is read nevertheless, commands at their own indexes', () => {
  const { content } = readBuildspec('phases:\n  build:\n    commands:\n      - a: b\n      - two\n');

  expect(content.phases.build?.commands).toEqual(['', 'two']);
});

test.each([
  ['a batch', 'version: 0.2\nbatch:\n  build-list:\n    - { identifier: one, buildspec: one.yml }\n'],
  [
    'a shell of Windows',
    'version: 0.2\nenv: { shell: powershell.exe }\nphases:\n  build:\n    commands: dir\n',
  ],
])('%s is refused by the simulator alone, not by CodeBuild', (_, text) => {
  expect(readBuildspec(text)).toMatchObject({ problems: [], unplayable: [expect.any(String)] });
  expect(() => parseBuildspec(text)).toThrow(/simulat/);
});

test('every node has its line, whatever ends the lines, so that a finding leads to it', () => {
  const text = [
    '# One',
    'version: 0.2',
    'env:',
    '  variables:',
    '    A: &a |',
    '      one',
    'phases:',
    '  build:',
    '    commands:',
    '      - echo 1',
    '      - |',
    '        echo 2',
    '      - *a',
    '    <<: { finally: [x] }',
  ];
  for (const read of [text.join('\n'), text.join('\r\n'), `\uFEFF${text.join('\n')}`].map(readBuildspec)) {
    expect(read.problems).toEqual([]);
    expect(
      [
        ['env', 'variables', 'A'],
        ['phases', 'build'],
        ['phases', 'build', 'commands', 0],
        ['phases', 'build', 'commands', 1],
        ['phases', 'build', 'finally'],
        ['phases', 'build', 'commands', 7],
        ['phases', 'install', 'commands'],
        ['cache'],
      ].map((path) => [read.lineOf(...path), read.has(...path)]),
    ).toEqual([
      [5, true],
      [8, true],
      [10, true],
      [11, true],
      [14, true],
      [9, false],
      [7, false],
      [1, false],
    ]);
  }
});

test('a value is known as it is written, so that 3.10 can be told from 3.1', () => {
  const { content, scalarAt } = readBuildspec(`phases:
  install:
    runtime-versions: { python: 3.10, nodejs: "22" }
    commands:
      - |
        x
`);

  expect(content.runtimeVersions).toEqual({ python: '3.1', nodejs: '22' });
  const at = (name: string) => scalarAt('phases', 'install', 'runtime-versions', name);
  expect(at('python')).toEqual({ written: '3.10', quoted: false, block: false });
  expect(at('nodejs')).toEqual({ written: '22', quoted: true, block: false });
  expect(at('ruby')).toBeUndefined();
  expect(scalarAt('phases', 'install')).toBeUndefined();
  expect(scalarAt('phases', 'install', 'commands', 0)).toEqual({
    written: 'x\n',
    quoted: false,
    block: true,
  });
});

test('a key given twice is told with both of its lines, one of an anchor once only', () => {
  const { duplicates } = readBuildspec(`phases:
  install: &install
    commands: [one]
    commands: [two]
  install:
    runtime-versions: { nodejs: 22 }
  build:
    <<: *install
    commands: [three]
`);

  expect(duplicates).toEqual([
    { key: 'commands', line: 4, firstLine: 3, same: false },
    { key: 'install', line: 5, firstLine: 2, same: false },
  ]);
});

test('of a text that is no YAML only that is told, where CodeBuild tells it', () => {
  const read = readBuildspec('version: 0.2\nphases:\n\tbuild:\n\t\tcommands: [ls]\nartifacts: 1\n');

  expect(read.problems).toEqual([
    { kind: 'syntax', line: 3, message: 'found character that cannot start any token at line 3' },
  ]);
  expect(read.content.phases).toEqual({});
});

test('aliases of aliases as a key cost nothing either', () => {
  const lines = Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);

  expect(
    readBuildspec(`a0: &a0 [x]\n${lines.join('\n')}\nphases:\n  ? *a60\n  : x\n`).problems,
  ).toContainEqual(
    expect.objectContaining({ message: expect.stringMatching(/^Expected phases to be of/) as string }),
  );
});

test('a long line with an error at every letter is refused at once', () => {
  expect(readBuildspec('"'.repeat(300_001)).problems).toHaveLength(1);
});

test('ten thousand commands are read, each with its line', () => {
  const commands = Array.from({ length: 10_000 }, (_, i) => `      - echo "${i}: x" ${i}`);
  const { problems } = readBuildspec(
    `version: 0.2\nphases:\n  build:\n    commands:\n${commands.join('\n')}\n`,
  );

  expect(problems).toHaveLength(10_000);
  expect(problems.at(-1)).toMatchObject({ line: 10_004 });
});

const word = fc.stringMatching(/^[A-Za-z][\w ./$"'{}:#|&*!-]{0,20}$/);
const files = fc.record({ files: fc.array(word, { minLength: 1 }), 'base-directory': word });
const good = fc.record({
  version: fc.constantFrom('0.1', '0.2'),
  env: fc.record({ shell: fc.constantFrom('bash', '/bin/sh'), variables: fc.dictionary(word, word) }),
  phases: fc.record(
    {
      install: fc.record({ commands: fc.array(word) }),
      build: fc.record({ commands: fc.array(word, { minLength: 1 }), finally: fc.array(word) }),
    },
    { requiredKeys: ['build'] },
  ),
  artifacts: files,
});

test('whatever a good buildspec says is read as it was meant, as YAML and as JSON', () => {
  fc.assert(
    fc.property(good, (meant) => {
      for (const text of [stringify(meant, { version: '1.1' }), JSON.stringify(meant)]) {
        const { content, problems, has } = readBuildspec(text);
        expect(problems).toEqual([]);
        expect(content).toMatchObject({
          version: meant.version,
          shell: meant.env.shell,
          variables: meant.env.variables,
          phases: meant.phases,
          artifacts: [{ files: meant.artifacts.files, baseDirectory: meant.artifacts['base-directory'] }],
        });
        meant.phases.build.commands.forEach((_, i) =>
          expect(has('phases', 'build', 'commands', i)).toBe(true),
        );
      }
    }),
  );
});

const pieces = [
  ...['version: 0.2', 'phases:', 'build:', 'commands:', 'env:', 'artifacts:', 'files:', 'reports:', 'cache:'],
  ...[
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '\n      ',
    '\r\n',
    '\t',
    '"',
    "'",
    '|\n',
    '>\n',
    '{',
    '}',
    '[',
    ']',
    ',',
  ],
  ...[
    ': ',
    '&a ',
    '*a',
    '<<: ',
    '!!set ',
    '!!omap ',
    '? ',
    '# ',
    '---\n',
    '%',
    '@',
    '`',
    '\0',
    '\uFEFF',
    'x',
  ],
];
const yamlish = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), {
  maxLength: 60,
});

test('a value that goes on in the next line is told in one, so that a finding stays a line', () => {
  expect(readBuildspec('version: 0.2\n  beta\nphases:\n').problems[0]?.message).toBe(
    'invalid buildspec `version` specified: 0.2 beta, see documentation',
  );
});

test('whatever the text is, it is read or refused: the same by the simulator and by preflight', () => {
  fc.assert(
    fc.property(yamlish, (parts) => {
      const { problems, unplayable, lineOf, has, scalarAt } = readBuildspec(parts.join(''));
      expect(lineOf('phases', 'build', 'commands', 0)).toBeGreaterThan(0);
      expect(scalarAt('phases') === undefined || has('phases')).toBe(true);
      for (const { line, message } of problems) {
        expect(line).toBeGreaterThan(0);
        expect(message).not.toMatch(/undefined|\n/);
      }
      const parse = (): unknown => parseBuildspec(parts.join(''));
      if (problems.length + unplayable.length) expect(parse).toThrow();
      else expect(parse).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});
