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

test.each(['[time, level=ERROR]', '%ERR(OR)?%', 'a ?%x%'])(
  'the pattern %s is refused, and not taken for one that selects everything',
  (pattern) => {
    expect(() => filterOf(pattern)).toThrow(/^Invalid filter pattern: The simulator plays terms/);
  },
);

/** The documentation's, from https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html */
const JSON_EVENT = JSON.stringify({
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  'cluster.name': 'c',
  ThisFlag: true,
  bandwidth: 75,
  user: { id: 1, email: 'John.Stiles@example.com' },
  users: [{ id: 2, email: 'John.Doe@example.com' }],
  actions: ['GET', 'PUT', 'DELETE'],
  coordinates: [[0, 1, 2]],
  price: '5 $?',
});

test.each([
  ['{ $.eventType = "UpdateTrail" }', true],
  ['{$.eventType=UpdateTrail}', true],
  ['{ $.eventType = "updateTrail" }', false],
  ['{ $.eventType = "*Trail" }', true],
  ['{ $.eventType = "Trail" }', false],
  ['{ $.sourceIPAddress != 123.123.* }', true],
  ['{ $.sourceIPAddress != 111.111.* }', false],
  ['{ $.arrayKey[0] = "value" }', true],
  ['{ $.objectList[1].id = 2 }', true],
  ['{ $.objectList[1].number = 2 }', false],
  [`{ $.['cluster.name'] = "c" }`, true],
  ['{ $.SomeObject IS NULL }', true],
  ['{ $.eventType IS NULL }', false],
  ['{ $.SomeOtherObject IS NULL }', false],
  ['{ $.SomeOtherObject NOT EXISTS }', true],
  ['{ $.eventType NOT EXISTS }', false],
  ['{ $.toString NOT EXISTS }', true],
  ['{ $.ThisFlag IS TRUE }', true],
  ['{ $.ThisFlag IS FALSE }', false],
  ['{ $.bandwidth = 75 }', true],
  ['{ $.bandwidth = 7.5e1 }', true],
  ['{ $.bandwidth = "*" }', true],
  ['{ $.bandwidth > 75 }', false],
  ['{ $.bandwidth >= 75 }', true],
  ['{ $.bandwidth < 75.5 }', true],
  ['{ $.bandwidth <= 74 }', false],
  ['{ $.eventType > 1 }', false],
  ['{ $.absent != "x" }', false],
  ['{ $.price = "5 $?" }', true],
  ['{ $.price = "5 $$" }', false],
  ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', true],
  ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', false],
  [
    '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }',
    true,
  ],
  [
    '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }',
    false,
  ],
])('%s: a metric counts the lines that it would count on AWS', (pattern, expected) => {
  expect(filterOf(pattern)(JSON_EVENT)).toBe(expected);
});

test('a line that is no JSON object is counted by no pattern of JSON', () => {
  const selected = filterOf('{ $.absent NOT EXISTS }');

  expect(['', 'text', '{ broken', '[{}]', 'x {}'].filter(selected)).toEqual([]);
  expect(selected('{}')).toBe(true);
});

test.each([
  ['{ $.a = "b"', /ends with }/],
  ['{ }', /ends too early/],
  ['{ a = "b" }', /expected a selector such as \$\.name, got a/],
  ['{ $.a }', /ends too early/],
  ['{ $.a == 1 }', /expected a value, got =/],
  ['{ $.a ~ 1 }', /expected IS NULL, IS TRUE, IS FALSE or NOT EXISTS, got ~ 1/],
  ['{ $.a > big }', /> compares numbers, and big is none/],
  ['{ ($.a = 1 }', /not closed/],
  ['{ $.a = 1 $.b = 2 }', /unexpected \$\.b/],
  // Neither is supported on AWS, the documentation says.
  ['{ $.a EXISTS }', /ends too early/],
  ['{ $.a IS NOT NULL }', /got IS NOT/],
  ['{ $.a = %x% }', /does not play regular expressions/],
])('the pattern %s is refused with what is wrong in it', (pattern, why) => {
  expect(() => filterOf(pattern)).toThrow(why);
});
