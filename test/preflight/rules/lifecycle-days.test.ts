import { lifecycleDays } from '../../../tools/preflight/rules/lifecycle-days';
import { example, said } from '../example';

const rule = (properties: object): Record<string, unknown> => ({
  Artifacts: {
    Properties: { LifecycleConfiguration: { Rules: [{ Id: 'old', Status: 'Enabled', ...properties }] } },
  },
});
const to = (StorageClass: string, TransitionInDays: unknown): object => ({ StorageClass, TransitionInDays });

test.each(['STANDARD_IA', 'ONEZONE_IA'])(
  'a move to %s before day 30 is an error: S3 refuses the bucket',
  (storage) => {
    const resources = rule({ Transitions: [to(storage, 7)] });
    expect(said(lifecycleDays, { resources })).toEqual([
      expect.stringMatching(`^error .*old: objects go to ${storage} after 7 days, and S3 wants 30 at least$`),
    ]);
    expect([...lifecycleDays.check(example({ resources }))][0]?.awsError).toBe(
      `'Days' in Transition action must be greater than or equal to 30 for storageClass '${storage}'`,
    );
  },
);

test('what expires before it moves, or on that day, is an error', () => {
  expect(
    said(lifecycleDays, { resources: rule({ Transitions: [to('GLACIER', 90)], ExpirationInDays: 90 }) }),
  ).toEqual([expect.stringContaining('objects go to GLACIER after 90 days, and expire after 90')]);
});

test('old versions have the same limits', () => {
  const resources = rule({ NoncurrentVersionTransitions: [to('STANDARD_IA', '29')] });
  expect(said(lifecycleDays, { resources })).toHaveLength(1);
});

test.each<[string, object]>([
  ['to STANDARD_IA on day 30', { Transitions: [to('STANDARD_IA', 30)], ExpirationInDays: 31 }],
  ['to INTELLIGENT_TIERING on day 7', { Transitions: [to('INTELLIGENT_TIERING', 7)], ExpirationInDays: 30 }],
  ['to GLACIER at once', { Transitions: [to('GLACIER', 0)] }],
  ['on a date', { Transitions: [{ StorageClass: 'STANDARD_IA', TransitionDate: '2030-01-01T00:00:00Z' }] }],
  ['after days that nobody knows', { Transitions: [to('STANDARD_IA', { Ref: 'Days' })] }],
  ['never', { ExpirationInDays: 1, Transitions: null }],
])('nothing is said of objects that move %s', (_what, properties) => {
  expect(said(lifecycleDays, { resources: rule(properties) })).toEqual([]);
});
