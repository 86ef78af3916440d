import { unanchoredActor } from '../../../tools/preflight/rules/unanchored-actor';
import { said } from '../example';

const filtered = (Pattern: string, ExcludeMatchedPattern = false): string[] =>
  said(unanchoredActor, {
    project: {
      Triggers: {
        FilterGroups: [
          [
            { Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED' },
            { Type: 'ACTOR_ACCOUNT_ID', Pattern, ExcludeMatchedPattern },
          ],
        ],
      },
    },
  });

test.each([
  ['1234567', '12345670'],
  ['^1234567', '12345670'],
  ['1234567$', '91234567'],
  ['^1234567$|7654321', '76543210'],
  ['^(1234567|7654321)', '12345670'],
])('%s lets the stranger %s start builds', (pattern, stranger) => {
  expect(filtered(pattern)).toEqual([
    expect.stringContaining(`the ACTOR_ACCOUNT_ID pattern ${pattern} also matches the account ${stranger}`),
  ]);
});

test.each(['^1234567$', '^(1234567|7654321)$', '^1234567$|^7654321$', '(^1234567$)', '^[0-9]{5}$'])(
  '%s lets nobody else in',
  (pattern) => {
    expect(filtered(pattern)).toEqual([]);
  },
);

test('a pattern that everybody matches is told, one that leaves somebody out is not', () => {
  expect(filtered('.*')).toEqual([expect.stringContaining('matches everybody')]);
  expect(filtered('1234567', true)).toEqual([]);
});
