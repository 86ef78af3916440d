import { dummyLookup } from '../../../tools/preflight/rules/dummy-lookup';
import { said } from '../example';

const subnet = (AvailabilityZone: string): Record<string, unknown> => ({
  Subnet: { Type: 'AWS::EC2::Subnet', Properties: { AvailabilityZone } },
});

test('an availability zone that nobody has looked up is told', () => {
  expect(said(dummyLookup, { application: subnet('dummy1a') })).toEqual([
    expect.stringMatching(
      /^warning cdk\.out\/AppStack\.template\.json:\d+ AppStack has dummy1a, .* git has no cdk\.context\.json$/,
    ),
  ]);
});

test('a hosted zone that nobody has looked up is told', () => {
  const Record = { Type: 'AWS::Route53::RecordSet', Properties: { HostedZoneId: 'DUMMY' } };
  expect(said(dummyLookup, { application: { Record } })).toEqual([
    expect.stringContaining('AppStack has DUMMY'),
  ]);
});

test('where git ignores the file that would have it, the rule is named', () => {
  const ignored = { 'cdk.context.json': '.gitignore:4:cdk.context.json' };
  expect(said(dummyLookup, { application: subnet('dummy1a'), ignored })).toEqual([
    expect.stringContaining('(ignored by .gitignore:4:cdk.context.json)'),
  ]);
});

test('nothing is said of values that were looked up, and of names that only begin like a placeholder', () => {
  expect(said(dummyLookup)).toEqual([]);
  expect(said(dummyLookup, { application: subnet('eu-west-1a') })).toEqual([]);
  expect(said(dummyLookup, { application: subnet('dummy1atom') })).toEqual([]);
  expect(said(dummyLookup, { application: subnet('vpc-123456') })).toEqual([]);
  expect(said(dummyLookup, { application: subnet('DUMMY') })).toEqual([]);
});
