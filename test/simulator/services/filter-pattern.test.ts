import { filterOf } from '../../../tools/simulator/services/filter-pattern';

// The documentation's own: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
const EVENTS = [
  '[ERROR 400] BAD REQUEST',
  '[ERROR 401] UNAUTHORIZED REQUEST',
  '[ERROR 419] MISSING ARGUMENTS',
  '[WARN] error in "quotes" REQUEST',
];

test.each([
  ['', [0, 1, 2, 3]],
  ['ERROR', [0, 1, 2]],
  ['error', [3]],
  ['ERROR REQUEST', [0, 1]],
  ['AUTHORIZED', [1]],
  ['"BAD REQUEST"', [0]],
  ['REQUEST BAD', [0]],
  ['"REQUEST BAD"', []],
  ['?WARN ?ARGUMENTS', [2, 3]],
  ['?"[WARN]" ?"ERROR 400"', [0, 3]],
  ['-ERROR', [3]],
  ['REQUEST -"ERROR 400"', [1, 3]],
  ['?ARGUMENTS REQUEST', [0, 1, 3]],
  ['"\\"quotes\\""', [3]],
])('the pattern %s selects what AWS selects', (pattern, expected) => {
  const selected = filterOf(pattern);

  expect(EVENTS.flatMap((event, index) => (selected(event) ? index : []))).toEqual(expected);
});

test('a term that AWS wants in quotes is refused in its words', () => {
  expect(() => filterOf('ok exit-code')).toThrow(
    "Invalid filter pattern: Invalid character(s) in term 'exit-code'",
  );
});

test.each(['{ $.level = "error" }', '[time, level=ERROR]', '%ERR(OR)?%', 'a ?%x%'])(
  'the pattern %s is refused, and not taken for one that selects everything',
  (pattern) => {
    expect(() => filterOf(pattern)).toThrow(/^Invalid filter pattern: The simulator plays terms/);
  },
);
