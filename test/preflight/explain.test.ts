import { UserError } from '../../tools/command';
import { explained, listed } from '../../tools/preflight/explain';
import { ruleWith } from './handmade';

const RULES = [
  { ...ruleWith('F24'), name: 'swallowed-failure' },
  { ...ruleWith('F25'), name: 'push-after-failure' },
  { ...ruleWith('F53'), name: 'immutable-tag' },
  { ...ruleWith('S01'), name: 'unanchored-filter' },
];

test.each(['F25', 'f25', 'push-after-failure'])(
  '%s is explained with what AWS says, cause, fix and page',
  (wanted) => {
    expect(explained(wanted, RULES)).toEqual([
      'F25 push-after-failure: What F25 is about',
      '',
      'AWS: F25 failed',
      'why: cause of F25',
      'fix: fix of F25',
      'see: https://docs.aws.amazon.com/',
    ]);
  },
);

test('where the catalogue of failures has a line of a log, it is the example', () => {
  expect(explained('F53', RULES)).toContainEqual(
    expect.stringMatching(/^in a log: tag invalid: The image tag 'v1'/),
  );
});

test('a mistyped id is answered with the nearest ones, as misuse', () => {
  const explain = (wanted: string) => () => explained(wanted, RULES);
  expect(explain('F5')).toThrow(UserError);
  expect(explain('F5')).toThrow(
    '--explain F5: there is no such rule; near to it are F25 push-after-failure, F53 immut',
  );
  expect(explain('imutable-tags')).toThrow('near to it are F53 immutable-tag,');
  expect(explain('x'.repeat(100_000))).toThrow(/^--explain x{39}…: there is no such rule/);
});

test('the list has a line for each rule', () => {
  expect(listed(RULES)[1]).toBe('F25  push-after-failure  What F25 is about');
  expect(listed(RULES)).toHaveLength(RULES.length);
});
