import { BuildspecError, parseBuildspec } from '../../tools/buildspec/buildspec';
import { parseOnFailure } from '../../tools/buildspec/on-failure';

const BUILDSPEC = `version: 0.2
run-as: nobody
env:
  shell: bash
  variables: { A: "b", C: 1.10 }
  exported-variables: [A]
phases: &phases
  install:
    on-failure: RETRY-2-.*
    runtime-versions: { nodejs: 22 }
    commands: [ 'echo "a: b"', "x" ]
  build:
    commands:
      - |
        one
        two
    finally:
      - three
reports:
  tests:
    files: ['**/*']
artifacts:
  files: ["*"]
  secondary-artifacts: { one: { files: a } }
cache:
  paths: [a]
`;

test('whatever a buildspec looks like, the build ends with a YAML_FILE_ERROR, never with an exception of ours', () => {
  const odd = [
    '*',
    '&a *a',
    '&a [*a]',
    '<<: 1',
    '{}',
    '[]',
    '""',
    '\0',
    '%',
    '!x y',
    '? a',
    '---',
    '- -',
    '@',
    '\t',
  ];
  const texts = [
    ...odd,
    ...odd.map((text) => `version: 0.2\nphases: ${text}\n`),
    ...odd.map((text) => `version: 0.2\nphases:\n  build:\n    commands: ${text}\n    finally: ${text}\n`),
    ...odd.flatMap((text) =>
      ['env', 'reports', 'artifacts', 'cache', 'run-as', 'proxy', 'batch'].map(
        (key) => `version: 0.2\n${key}: ${text}\nphases:\n  build:\n    commands: x\n`,
      ),
    ),
    // Cut off, and with a letter that YAML minds, everywhere.
    ...Array.from(BUILDSPEC, (_, at) => BUILDSPEC.slice(0, at)),
    ...Array.from(BUILDSPEC, (_, at) => `${BUILDSPEC.slice(0, at)}:${BUILDSPEC.slice(at + 1)}`),
    ...Array.from(BUILDSPEC, (_, at) => `${BUILDSPEC.slice(0, at)}"${BUILDSPEC.slice(at)}`),
    '['.repeat(100_000),
  ];
  let refused = 0;
  for (const text of texts) {
    try {
      parseBuildspec(text);
    } catch (error) {
      refused += 1;
      if (!(error instanceof BuildspecError)) throw new Error(`of ${text}`, { cause: error });
      expect(error.message).not.toMatch(/undefined|\n/);
    }
  }
  expect(refused).toBeGreaterThan(500);
});

test('a good buildspec is read whole', () => {
  expect(parseBuildspec(BUILDSPEC)).toMatchObject({
    shell: 'bash',
    variables: { A: 'b', C: '1.10' },
    runtimeVersions: { nodejs: '22' },
    phases: {
      install: { commands: ['echo "a: b"', 'x'], onFailure: { action: 'RETRY', count: 2 } },
      build: { commands: ['one\ntwo\n'], finally: ['three'] },
    },
  });
});

test('of several documents in one file the first is the buildspec', () => {
  const text = 'version: 0.2\nphases:\n  build:\n    commands: one\n---\nversion: 0.2\nphases: none\n';

  expect(parseBuildspec(text).phases.build?.commands).toEqual(['one']);
});

test('an alias within its own anchor is refused instead of followed for ever', () => {
  expect(() => parseBuildspec('version: 0.2\nphases: &all\n  build: *all\n')).toThrow(
    "anchor 'all' value contains itself",
  );
});

test('aliases of aliases cost nothing, so that no buildspec fills the memory', () => {
  const lines = Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);
  const text = `a0: &a0 [x]\n${lines.join('\n')}\nversion: 0.2\nphases:\n  build:\n    commands: x\n`;

  expect(parseBuildspec(text).phases.build?.commands).toEqual(['x']);
});

test('on-failure is read in every form of the documentation', () => {
  expect(
    [
      'ABORT',
      'continue',
      'RETRY',
      'RETRY-4',
      'Retry-.*Error: Unable to connect.*',
      'RETRY-8-invalid+',
      'RETRY-0',
    ].map(parseOnFailure),
  ).toEqual([
    { action: 'ABORT' },
    { action: 'CONTINUE' },
    { action: 'RETRY', count: 3, message: /.*/ },
    { action: 'RETRY', count: 4, message: /.*/ },
    { action: 'RETRY', count: 3, message: /.*Error: Unable to connect.*/ },
    { action: 'RETRY', count: 8, message: /invalid+/ },
    { action: 'RETRY', count: 0, message: /.*/ },
  ]);
  expect(['', 'ABORTED', 'RETRY-', 'RETRY-101', 'RETRY-2-(', 'RETRYING'].map(parseOnFailure)).toEqual(
    Array(6).fill(undefined),
  );
});
