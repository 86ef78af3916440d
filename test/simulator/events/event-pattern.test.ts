import { eventPattern, matches } from '../../../tools/simulator/events/event-pattern';

/** The example of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html, with more in its detail. */
const EVENT = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '111122223333',
  time: '2017-12-22T18:43:48Z',
  region: 'us-west-1',
  resources: ['arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0'],
  detail: {
    'instance-id': 'i-1234567890abcdef0',
    state: 'terminated',
    FileName: 'dir/sub/image.png',
    'c-count': 5,
    'x-limit': 301.8,
    empty: '',
    nothing: null,
    none: [],
    flag: true,
    tags: ['a', 'b'],
    users: [
      { name: 'Ada', city: 'London' },
      { name: 'Bob', city: 'Paris' },
    ],
  },
};

test.each([
  ['the documentation’s first', { source: ['aws.ec2'], detail: { state: ['terminated'] } }, true],
  ['another state', { source: ['aws.ec2'], detail: { state: ['running'] } }, false],
  ['one of several values', { detail: { state: ['running', 'terminated'] } }, true],
  ['a field that is not there', { detail: { absent: ['x'] } }, false],
  ['a value of a list', { detail: { tags: ['b', 'z'] } }, true],
  ['no value of a list', { detail: { tags: ['z'] } }, false],
  ['the empty text', { detail: { empty: [''] } }, true],
  ['null', { detail: { nothing: [null] } }, true],
  ['null for what is not there', { detail: { absent: [null] } }, false],
  ['a number', { detail: { 'c-count': [5] } }, true],
  ['a number for a text of it', { detail: { 'c-count': ['5'] } }, false],
  ['a boolean', { detail: { flag: [true] } }, true],
  ['case', { detail: { state: ['Terminated'] } }, false],

  ['prefix', { time: [{ prefix: '2017-12-22' }] }, true],
  ['prefix of another day', { time: [{ prefix: '2017-10-02' }] }, false],
  ['prefix in another case', { source: [{ prefix: { 'equals-ignore-case': 'AWS.E' } }] }, true],
  ['suffix', { detail: { FileName: [{ suffix: '.png' }] } }, true],
  ['suffix of another', { detail: { FileName: [{ suffix: '.jpg' }] } }, false],
  ['suffix in another case', { detail: { FileName: [{ suffix: { 'equals-ignore-case': '.PNG' } }] } }, true],
  ['prefix of a number', { detail: { 'c-count': [{ prefix: '5' }] } }, false],
  ['equals-ignore-case', { detail: { state: [{ 'equals-ignore-case': 'TERMINATED' }] } }, true],

  ['anything-but', { detail: { state: [{ 'anything-but': 'initializing' }] } }, true],
  ['anything-but it', { detail: { state: [{ 'anything-but': 'terminated' }] } }, false],
  ['anything-but a list', { detail: { state: [{ 'anything-but': ['stopped', 'terminated'] }] } }, false],
  ['anything-but numbers', { detail: { 'x-limit': [{ 'anything-but': [100, 200, 300] }] } }, true],
  ['anything-but that number', { detail: { 'c-count': [{ 'anything-but': 5 }] } }, false],
  ['anything-but of what is not there', { detail: { absent: [{ 'anything-but': 'x' }] } }, false],
  ['anything-but a prefix', { detail: { state: [{ 'anything-but': { prefix: 'init' } }] } }, true],
  [
    'anything-but its prefix',
    { detail: { state: [{ 'anything-but': { prefix: ['init', 'term'] } }] } },
    false,
  ],
  ['anything-but a suffix', { detail: { FileName: [{ 'anything-but': { suffix: '.png' } }] } }, false],
  [
    'anything-but in any case',
    { detail: { state: [{ 'anything-but': { 'equals-ignore-case': ['TERMINATED'] } }] } },
    false,
  ],
  ['anything-but a path', { detail: { FileName: [{ 'anything-but': { wildcard: '*/lib/*' } }] } }, true],

  ['numeric', { detail: { 'c-count': [{ numeric: ['>', 0, '<=', 5] }] } }, true],
  ['numeric beyond', { detail: { 'c-count': [{ numeric: ['>', 0, '<', 5] }] } }, false],
  ['numeric equality', { detail: { 'x-limit': [{ numeric: ['=', 3.018e2] }] } }, true],
  ['numeric of a text', { detail: { state: [{ numeric: ['>', 0] }] } }, false],

  ['exists', { detail: { state: [{ exists: true }] } }, true],
  ['exists not', { detail: { absent: [{ exists: false }] } }, true],
  ['exists not, of what is there', { detail: { state: [{ exists: false }] } }, false],
  ['exists, of an object', { detail: [{ exists: true }] }, false],
  ['exists, of an empty list', { detail: { none: [{ exists: true }] } }, false],
  ['exists not, below what is not there', { detail: { absent: { deeper: [{ exists: false }] } } }, true],
  ['a value or absence', { detail: { absent: ['x', { exists: false }] } }, true],

  ['wildcard', { detail: { FileName: [{ wildcard: 'dir/*.png' }] } }, true],
  ['wildcard elsewhere', { detail: { FileName: [{ wildcard: 'other/*.png' }] } }, false],
  ['wildcard, whose dots are dots', { source: [{ wildcard: 'a.s*' }] }, false],
  ['wildcard with a star of its own', { source: [{ wildcard: 'aws\\*' }] }, false],

  ['$or, the second', { detail: { $or: [{ state: ['x'] }, { 'c-count': [{ numeric: ['>', 4] }] }] } }, true],
  ['$or, none', { detail: { $or: [{ state: ['x'] }, { 'c-count': [{ numeric: ['>', 5] }] }] } }, false],
  ['$or beside a field', { source: ['aws.s3'], $or: [{ region: ['us-west-1'] }, { id: ['x'] }] }, false],

  ['an object of a list', { detail: { users: { name: ['Ada'], city: ['London'] } } }, true],
  ['two objects of a list for one', { detail: { users: { name: ['Ada'], city: ['Paris'] } } }, false],
])('%s: a rule fires when EventBridge’s would', (_, pattern, expected) => {
  expect(matches(pattern, EVENT)).toBe(expected);
  expect(matches(JSON.stringify(pattern), EVENT)).toBe(expected);
});

test.each([
  [{}, /must be an object with fields/],
  [{ source: 'aws.ec2' }, /"source" must be an object or an array/],
  [{ source: [] }, /"source": empty arrays are not allowed/],
  [{ detail: {} }, /"detail": empty objects are not allowed/],
  [{ source: [{ contains: 'ec2' }] }, /"source": unrecognized match type contains/],
  [{ source: [{ constructor: 'x' }] }, /unrecognized match type constructor/],
  [{ source: [{ prefix: 'a', suffix: 'b' }] }, /only one key allowed/],
  [{ source: [{ prefix: 1 }] }, /prefix must be a string/],
  [{ n: [{ numeric: ['>', '0'] }] }, /must be followed by a number/],
  [{ n: [{ numeric: ['~', 0] }] }, /unrecognized numeric range operator: ~/],
  [{ n: [{ numeric: [] }] }, /one or two comparisons/],
  [{ n: [{ 'anything-but': ['a', 1] }] }, /strings only or numbers only/],
  [{ n: [{ 'anything-but': [] }] }, /empty arrays/],
  [{ n: [{ exists: 'yes' }] }, /must be true or false/],
  [{ n: [{ wildcard: 'a**b' }] }, /consecutive wildcard characters/],
  [{ n: [{ wildcard: 'a\\b' }] }, /backslash/],
  [{ $or: [{ a: ['b'] }] }, /at least two objects/],
  [{ ip: [{ cidr: '10.0.0.0/24' }] }, /the simulator does not play the operator cidr/],
])('%j is refused when the rule is made, so that no rule is silent for ever', (pattern, why) => {
  expect(() => eventPattern(pattern)).toThrow(why);
});
