import { generatedPrefix } from '../../../lib/names';
import { generatedName } from '../../../tools/simulator/cloudformation/generated-name';

// Names that CloudFormation has given: https://github.com/KensioSoftware/yulin/issues/1113
test.each([
  ['RainlyticsSummariesJobFunctionRole1C6CB09C', 64, 'ChineseboostAnalyticsStac-RainlyticsSummariesJobFun-'],
  ['RainlyticsLogsBucket8DF4E5F6', 63, 'ChineseboostAnalyticsStac-RainlyticsLogsBucket8DF4-'],
  [
    'RainlyticsSummariesJobLogs1C6CB09C',
    512,
    'ChineseboostAnalyticsStack-RainlyticsSummariesJobLogs1C6CB09C-',
  ],
])('%s, of at most %d characters, is cut as CloudFormation does it', (logicalId, maximum, begins) => {
  const name = generatedName({ stackName: 'ChineseboostAnalyticsStack', logicalId }, maximum);

  expect(name.slice(0, -12)).toBe(begins);
  expect(name.length).toBeLessThanOrEqual(maximum);
});

test.each(['Mangoo', 'M'.repeat(25), 'M'.repeat(26), 'M'.repeat(128)])(
  'what deployments may touch of stack %s has its names, whatever its resources are called',
  (stackName) => {
    for (const length of [1, 24, 25, 26, 200]) {
      for (const maximum of [63, 64]) {
        expect(generatedName({ stackName, logicalId: 'L'.repeat(length) }, maximum)).toMatch(
          new RegExp(`^${generatedPrefix(stackName)}`),
        );
      }
    }
  },
);
