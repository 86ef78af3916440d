import type { Build, Report } from '@aws-sdk/client-codebuild';
import { observed, type Seen } from '../../tools/conformance/replay/observed';
import type { ExpectedBuild } from '../../tools/conformance/behaviours';
import { type Result, table } from '../../tools/conformance/results';

const UUID = '11111111-2222-3333-4444-555555555555';
const succeeded = (phaseType: string): object => ({
  phaseType,
  phaseStatus: 'SUCCEEDED',
  contexts: [{ statusCode: '', message: '' }],
});

/** What the service shows of a build, with the lines given. */
function see(
  lines: readonly string[],
  seen: Partial<Seen> = {},
  expected: Partial<ExpectedBuild> = {},
): ReturnType<typeof observed> {
  const build = { id: `mangoo-conformance:${UUID}`, buildStatus: 'SUCCEEDED' } as Build;
  const log = lines
    .map((line) => `${line.replace(/^@ /, '[Container] 2026/11/25 10:00:00.123456 ')}\n`)
    .join('');
  return observed(
    {
      ...{ build, log, reports: [], keys: [], commands: [] },
      artifactFolder: (identifier = 'primary') => `artifacts/case/${identifier}`,
      ...seen,
    },
    { status: 'SUCCEEDED', ...expected },
    (text) => text.replaceAll('mangoo-conformance/case/', ''),
  );
}

test('the log of CodeBuild itself reads as that of the engine: no numbered directory, no commands of the image', () => {
  const { log, printed } = see([
    '@ Phase is DOWNLOAD_SOURCE',
    '@ CODEBUILD_SRC_DIR=/codebuild/output/src1234567/src',
    '@ Running command echo "Installing Python version 3.11 ..."',
    'Installing Python version 3.11 ...',
    '',
    '@ Entering phase BUILD',
    '@ Running command pwd',
    '/codebuild/output/src1234567/src',
    '',
    '@ Running command cat mangoo-conformance/case/key',
    'mangoo-conformance/case/key',
    '',
    'end',
  ]);

  expect(printed).toEqual(['/codebuild/src', 'key', '', 'end']);
  expect(log).toContain('CODEBUILD_SRC_DIR=/codebuild/src');
  expect(log).toContain('Running command cat key');
});

test('the lines of a logged command are not taken for its output', () => {
  const { log, printed } = see(
    [
      '@ Entering phase BUILD',
      ...['@ Running command echo one', 'false', '', 'one'],
      ...['@ Command did not exit successfully echo one', 'false', ' exit status 1'],
    ],
    { commands: ['echo one\nfalse\n'] },
  );

  expect(printed).toEqual(['one']);
  expect(log).toContain(' exit status 1');
});

test('a phase that succeeded has no context, though the API gives it an empty one', () => {
  const failed = {
    phaseType: 'BUILD',
    phaseStatus: 'FAILED',
    contexts: [{ statusCode: 'COMMAND_EXECUTION_ERROR', message: 'Error' }],
  };
  const phases = ['SUBMITTED', 'PROVISIONING', 'INSTALL'].map(succeeded);

  const { contexts, ...rest } = see([], { build: { phases: [...phases, failed] } });

  expect(rest.phases).toEqual({ INSTALL: 'SUCCEEDED', BUILD: 'FAILED' });
  expect(contexts).toEqual({ BUILD: 'COMMAND_EXECUTION_ERROR: Error' });
});

test('artifacts are what lies in the bucket, and only that of this build', () => {
  const folder = `artifacts/case/primary/${UUID}`;
  const keys = [
    'sources/case.zip',
    'artifacts/case/primary/another-build/web-1/index.html',
    `releases/${folder}/web-1/index.html`,
    `releases/${folder}/web-1/js/app.js`,
  ];
  const name = 'web-1';

  expect(see([], { keys }, { artifacts: [{ name, files: [] }] }).artifacts).toEqual([
    { name, s3Prefix: 'releases', files: ['index.html', 'js/app.js'] },
  ]);
  expect(see([], { keys }, { artifacts: [{ name: 'web-2', files: [] }] }).artifacts).toEqual([
    { s3Prefix: 'releases', files: ['web-1/index.html', 'web-1/js/app.js'] },
  ]);
});

test('reports have the names of the buildspec; an error counts as a failure', () => {
  const statusCounts = { SUCCEEDED: 3, FAILED: 1, ERROR: 1, SKIPPED: 2, UNKNOWN: 0 };
  const report = (name: string): Report => ({
    name: `mangoo-conformance-${name}`,
    testSummary: { total: 7, statusCounts, durationInNanoSeconds: 1 },
  });
  const totals = { total: 7, passed: 3, failed: 2, skipped: 2 };
  const expected = ['b', 'a'].map((name) => ({ name, ...totals }));

  expect(see([], { reports: [report('a'), report('b')] }, { reports: expected }).reports).toEqual(expected);
});

test('what the documentation does not settle is told apart, with what AWS did', () => {
  const settled: Result = {
    name: 'known',
    claim: 'c',
    verdict: 'ok',
    builds: [{ differences: [], unseen: ['simulated'] }],
  };
  const differences = [{ what: 'status', expected: 'FAILED', got: 'SUCCEEDED' }] as const;
  const results: Result[] = [
    settled,
    { ...settled, name: 'guessed', unverified: 'not documented' },
    {
      ...settled,
      name: 'wrong',
      unverified: 'not documented',
      verdict: 'differs',
      builds: [{ differences, unseen: [] }],
    },
  ];

  expect(table(results, true)).toEqual([
    'ok       known',
    '',
    'What the documentation does not settle:',
    'verified now  guessed',
    'DIFFERS       wrong',
    '    status: expected "FAILED"',
    '                 got "SUCCEEDED"',
    '',
    '3 behaviours: 2 ok, 1 differ, 0 skipped; 2 expectations that only the simulator can show',
  ]);
  expect(table(results, false).join('\n')).not.toMatch(/verified|documentation/);
});
