import { namesOf } from '../../lib/names';

// The longest, one that begins another, and what names are made of.
const ENVIRONMENTS = [
  ...['default', 'dev', 'dev2', 'prod', 'a', 'x'.repeat(20)],
  ...[
    'build',
    'network',
    'services',
    'identity',
    'boundary',
    'rollout',
    'role',
    'notifier',
    'slack',
    'mangoo',
  ],
];

test('no two environments have a name in common, so that several live in one account', () => {
  const all = ENVIRONMENTS.flatMap((environment) => {
    const { policyPrefix, ...names } = namesOf(environment);
    const policies = ['network', 'services', 'identity'].map((part) => `${policyPrefix}-${part}`);
    return [...new Set([...Object.values(names), ...policies])].map((name) => ({ environment, name }));
  });
  const clashes = all.filter(({ name, environment }) =>
    all.some((other) => other.name === name && other.environment !== environment),
  );

  expect(clashes).toEqual([]);
});

test('a prefix that IAM allows one environment is not the beginning of a name of another', () => {
  const prefixes = (environment: string): string[] => {
    const { project, logGroup, bucketPrefix } = namesOf(environment);
    return [`${project}-`, `${logGroup}:`, `${bucketPrefix}-1`];
  };
  for (const environment of ENVIRONMENTS) {
    for (const other of ENVIRONMENTS.filter((name) => name !== environment)) {
      for (const [i, prefix] of prefixes(environment).entries()) {
        expect(prefixes(other)[i]?.startsWith(prefix)).toBe(false);
      }
    }
  }
});

test('the longest names fit into what AWS takes', () => {
  const names = namesOf('x'.repeat(20));

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  for (const role of [names.role, names.rolloutRole]) expect(role.length).toBeLessThanOrEqual(64);
  for (const policy of [`${names.policyPrefix}-services`, names.boundary]) {
    expect(policy.length).toBeLessThanOrEqual(128);
  }
  expect(`${names.bucketPrefix}-111122223333`.length).toBeLessThanOrEqual(63);
  expect(names.notifier.length).toBeLessThanOrEqual(64);
  expect(names.deadLetters.length).toBeLessThanOrEqual(80);
});
