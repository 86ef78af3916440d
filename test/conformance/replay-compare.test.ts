import type { Outcome } from '../../tools/conformance/behaviours';
import { compare, type Observed } from '../../tools/conformance/compare';

const OBSERVED: Observed = {
  status: 'SUCCEEDED',
  phases: { BUILD: 'SUCCEEDED' },
  contexts: {},
  printed: ['one'],
  log: ['Entering phase BUILD'],
  output: 'one\n',
  exportedVariables: { A: '1' },
  artifacts: [{ identifier: 'b', files: ['z', 'y'] }, { files: ['x'] }],
  reports: [{ name: 'r', total: 1, passed: 1, failed: 0, skipped: 0 }],
};

test('what is as expected, or was not asked for, is no difference; the order of artifacts is none either', () => {
  const { printed, reports, phases } = OBSERVED;
  const artifacts = [{ files: ['x'] }, { identifier: 'b', files: ['y', 'z'] }];

  expect(compare(OBSERVED, { status: 'SUCCEEDED' }).differences).toEqual([]);
  expect(
    compare(OBSERVED, {
      status: 'SUCCEEDED',
      printed,
      reports,
      phases,
      artifacts,
      log: ['Entering phase BUILD'],
    }).differences,
  ).toEqual([]);
});

test.each<[keyof Outcome, Partial<Outcome>]>([
  ['status', { status: 'FAILED' }],
  ['contexts', { contexts: { BUILD: 'COMMAND_EXECUTION_ERROR: Error' } }],
  ['phases', { phases: { INSTALL: 'SUCCEEDED', BUILD: 'SUCCEEDED' } }],
  ['printed', { printed: ['one', 'two'] }],
  ['log', { log: ['Entering phase BUILD', 'Entering phase INSTALL'] }],
  ['absent', { absent: ['on'] }],
  ['exportedVariables', { exportedVariables: {} }],
  ['artifacts', { artifacts: [{ files: ['x'] }] }],
  ['reports', { reports: [] }],
])('a build whose %s is another than expected differs in that alone', (what, expected) => {
  const { differences } = compare(OBSERVED, { status: 'SUCCEEDED', ...expected });
  expect(differences.map((difference) => difference.what)).toEqual([what]);
});

test('a phase that failed without anybody expecting it is a difference', () => {
  const failed = { ...OBSERVED, contexts: { BUILD: 'COMMAND_EXECUTION_ERROR: Error' } };
  expect(compare(failed, { status: 'SUCCEEDED' }).differences).toHaveLength(1);
});

test('what only the simulator says is compared where it is there, and else counted as not seen', () => {
  const expected = { status: 'SUCCEEDED', simulated: ['run-as'] };
  expect(compare(OBSERVED, expected)).toEqual({ differences: [], unseen: ['simulated'] });
  expect(compare({ ...OBSERVED, simulated: [] }, expected)).toMatchObject({
    differences: [{ what: 'simulated' }],
    unseen: [],
  });
});
