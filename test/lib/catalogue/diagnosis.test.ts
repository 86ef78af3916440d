import { FailureReader } from '../../../lib/catalogue/diagnosis';

const at = '[Container] 2026/11/25 10:00:00.000 ';
const FAILED = 'COMMAND_EXECUTION_ERROR: Error while executing command: ci/push.sh. Reason: exit status 1';

type Phase = Parameters<FailureReader['diagnosis']>[0][number];

/** The ids and causes that are found in a log, given line by line, and the contexts of phases. */
function causes(log: readonly string[], ...phases: readonly Phase[]): string[] {
  const reader = new FailureReader();
  for (const line of log) reader.readLine(line);
  return reader.diagnosis(phases).map(({ id, cause }) => `${id} ${cause}`);
}

const failing = (...output: string[]): string[] => [
  `${at}Running command ci/push.sh`,
  ...output,
  `${at}Command did not exit successfully ci/push.sh exit status 1`,
];

test('the command that failed says why, with the names that AWS gives', () => {
  const log = failing(
    "tag invalid: The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable.",
  );

  expect(causes(log, { status: 'FAILED', context: FAILED })).toEqual([
    'F53 tags of web are immutable, and v1 is another image there already',
  ]);
});

test('what an earlier command survived is no cause, and neither is what a later one stumbles over', () => {
  const log = [
    `${at}Running command ci/login.sh`,
    'toomanyrequests: Rate exceeded',
    ...failing('no space left on device'),
    `${at}Running command cleanup`,
    'no basic auth credentials',
  ];

  expect(causes(log, { status: 'FAILED', context: FAILED })).toEqual([
    'F37 the disk of the build environment is full',
  ]);
});

test('where nothing is recognised, the command is named, so that nobody is left without a place to look', () => {
  expect(causes(failing('what a pity'), { status: 'FAILED', context: FAILED })).toEqual([
    'F95 `ci/push.sh` ended with exit status 1',
  ]);
});

test('that a stack was rolled back is told only where its cause is not known', () => {
  const rolledBack =
    'MangooStack | 3/6 | 10:00:00 AM | UPDATE_FAILED | AWS::ECS::Service | Web Resource handler returned message: "no"';
  const breaker = `${rolledBack} 'ECS Deployment Circuit Breaker was triggered'`;

  expect(causes(failing(rolledBack), { status: 'FAILED', context: FAILED })).toEqual([
    'F94 AWS::ECS::Service Web could not be deployed, so CloudFormation put the stack back: Resource handler returned message: "no"',
  ]);
  expect(causes(failing(rolledBack, breaker), { status: 'FAILED', context: FAILED })).toEqual([
    expect.stringMatching(/^F77 /),
  ]);
});

test('a build that was stopped or timed out fails for that, whatever it printed', () => {
  const log = [`${at}Running command ci/push.sh`, 'no space left on device'];

  expect(causes(log, { status: 'STOPPED' })).toEqual([expect.stringMatching(/^F93 /)]);
  expect(causes(log, { status: 'TIMED_OUT', context: 'BUILD_TIMED_OUT: Build has timed out.' })).toEqual([
    expect.stringMatching(/^F39 /),
  ]);
});

test('colours hide nothing', () => {
  const log = failing('\u001b[31mtoomanyreq\u001b[1muests: \u001b[0mRate exceeded');

  expect(causes(log, { status: 'FAILED', context: FAILED })).toEqual([expect.stringMatching(/^F86 /)]);
});
