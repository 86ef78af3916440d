import {
  conditionHolds,
  KNOWN_AFTER_APPLY,
  references,
  resolve,
  type Scope,
} from '../../../tools/simulator/cloudformation/resolver';
import { parseTemplate } from '../../../tools/simulator/cloudformation/template';

function scope(template: object = {}): Scope {
  return {
    template: { Resources: {}, ...template },
    parameters: { Stage: 'prod', Zones: ['a', 'b'] },
    pseudo: { 'AWS::Region': 'eu-west-1', 'AWS::AccountId': '123456789012' },
    ref: (id) => (id === 'Bucket' ? 'mangoo-artifacts' : id === 'New' ? KNOWN_AFTER_APPLY : undefined),
    attribute: (id, name) => `${id}.${name}`,
    imported: (name) => `imported ${name}`,
    output: (stack, name) => `${name} of ${stack}`,
  };
}

const CASES: [what: string, value: unknown, expected: unknown][] = [
  ['a parameter', { Ref: 'Stage' }, 'prod'],
  ['a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-west-1'],
  ['a resource', { Ref: 'Bucket' }, 'mangoo-artifacts'],
  ['an attribute', { 'Fn::GetAtt': ['Cluster', 'Endpoint.Address'] }, 'Cluster.Endpoint.Address'],
  ['an attribute in one text', { 'Fn::GetAtt': 'Cluster.Endpoint.Address' }, 'Cluster.Endpoint.Address'],
  ['a list of values', { 'Fn::Join': ['-', [{ Ref: 'Stage' }, 1, true]] }, 'prod-1-true'],
  ['a list that is a parameter', { 'Fn::Join': [',', { Ref: 'Zones' }] }, 'a,b'],
  [
    'a text with names',
    { 'Fn::Sub': '${Stage}/${Bucket}/${Cluster.Arn}/${!Literal}' },
    'prod/mangoo-artifacts/Cluster.Arn/${Literal}',
  ],
  [
    'a text with variables of its own',
    { 'Fn::Sub': ['${A}-${Stage}', { A: { Ref: 'Bucket' } }] },
    'mangoo-artifacts-prod',
  ],
  ['one of a split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  [
    "another stack's output",
    { 'Fn::GetStackOutput': { StackName: 'Network', Region: { Ref: 'AWS::Region' }, OutputName: 'Vpc' } },
    'Vpc of Network',
  ],
  ['an import', { 'Fn::ImportValue': { 'Fn::Sub': '${Stage}-vpc' } }, 'imported prod-vpc'],
  ['the zones of a region', { 'Fn::GetAZs': '' }, ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
  [
    'blocks of a network',
    { 'Fn::Cidr': ['10.0.0.0/16', 3, 8] },
    ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24'],
  ],
  ['base 64', { 'Fn::Base64': { Ref: 'Stage' } }, 'cHJvZA=='],
  ['JSON', { 'Fn::ToJsonString': { a: { Ref: 'Stage' } } }, '{"a":"prod"}'],
  [
    'a value that only the deployment knows',
    { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'New' }] }] },
    KNOWN_AFTER_APPLY,
  ],
  [
    'nothing, where a property is not wanted',
    { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] },
    { b: [1] },
  ],
  ['a key that only looks like a function', { Ref: 'x', b: 1 }, { Ref: 'x', b: 1 }],
];

test.each(CASES)('%s is what CloudFormation makes of it', (_, value, expected) => {
  expect(resolve(value, scope())).toEqual(expected);
});

test('a map gives the value of two keys, and says which it lacks', () => {
  const mapped = scope({ Mappings: { Sizes: { prod: { cpu: 1024 } } } });
  expect(resolve({ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'cpu'] }, mapped)).toBe(1024);
  expect(() => resolve({ 'Fn::FindInMap': ['Sizes', 'dev', 'cpu'] }, mapped)).toThrow(
    'Unable to get mapping for Sizes::dev::cpu',
  );
});

test('conditions are judged, however nested', () => {
  const isProd = { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] };
  const isFar = { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] }] };
  const with_ = scope({
    Conditions: {
      IsProd: isProd,
      Both: { 'Fn::And': [{ Condition: 'IsProd' }, isFar] },
      Either: { 'Fn::Or': [{ Condition: 'IsProd' }, isFar] },
    },
  });
  expect(conditionHolds('Both', with_)).toBe(false);
  expect(conditionHolds('Either', with_)).toBe(true);
  expect(resolve({ 'Fn::If': ['IsProd', { Ref: 'Bucket' }, { Ref: 'Missing' }] }, with_)).toBe(
    'mangoo-artifacts',
  );
});

test('a function that is not played fails by name, instead of deploying what nobody meant', () => {
  expect(() => resolve({ 'Fn::Transform': { Name: 'AWS::Include' } }, scope())).toThrow(
    'The simulator does not play the intrinsic function Fn::Transform',
  );
});

test('a name that nothing has fails by name', () => {
  expect(() => resolve({ Ref: 'Missing' }, scope())).toThrow(
    'Unresolved resource dependencies [Missing] in the template',
  );
  expect(() => resolve({ 'Fn::Select': [3, ['a']] }, scope())).toThrow(
    'Fn::Select cannot select nonexistent value at index 3',
  );
});

test('everything that a resource refers to is found, so that it is made after it', () => {
  const value = {
    A: { Ref: 'One' },
    B: [{ 'Fn::GetAtt': ['Two', 'Arn'] }, { 'Fn::GetAtt': 'Three.Arn' }],
    C: { 'Fn::Sub': ['${Four}${Five.Arn}${Own}${!Not}', { Own: { Ref: 'Six' } }] },
  };
  expect(references(value).sort()).toEqual(['Five', 'Four', 'One', 'Six', 'Three', 'Two']);
});

test('YAML with the short forms is the template that its long form is', () => {
  const yaml = [
    'Resources:',
    '  Bucket:',
    '    Type: AWS::S3::Bucket',
    '    Properties:',
    '      BucketName: !Sub "${Stage}-files"',
    '      Tags:',
    '        - { Key: cluster, Value: !GetAtt Cluster.Endpoint.Address }',
    '        - { Key: list, Value: !Join ["-", [!Ref Stage, b]] }',
  ].join('\n');
  expect(parseTemplate(yaml).Resources.Bucket?.Properties).toEqual({
    BucketName: { 'Fn::Sub': '${Stage}-files' },
    Tags: [
      { Key: 'cluster', Value: { 'Fn::GetAtt': ['Cluster', 'Endpoint.Address'] } },
      { Key: 'list', Value: { 'Fn::Join': ['-', [{ Ref: 'Stage' }, 'b']] } },
    ],
  });
});

test('a text that is no template is refused', () => {
  expect(() => parseTemplate('{"Resources":')).toThrow(/^Template format error: /);
  expect(() => parseTemplate('Outputs: {}')).toThrow(
    'Template format error: At least one Resources member must be defined.',
  );
});
