import { UserError } from '../../../tools/command';
import { handmade, resolved } from './handmade';

const bucket = (properties?: object): object => ({ Type: 'AWS::S3::Bucket', Properties: properties });

describe('what a template says', () => {
  test.each<[string, unknown, unknown]>([
    ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['a list joined', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }, 3]] }, 'a-111111111111-3'],
    ['a text filled in', { 'Fn::Sub': '${AWS::AccountId}.x ${!KEPT}' }, '111111111111.x ${KEPT}'],
    ['a text with variables', { 'Fn::Sub': ['${a}/${AWS::Region}', { a: 'b' }] }, 'b/us-east-1'],
    ['a part of a text', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    ['an index that is a text', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['a text encoded', { 'Fn::Base64': 'a' }, 'YQ=='],
    ['an object as JSON', { 'Fn::ToJsonString': { a: { Ref: 'AWS::Region' } } }, '{"a":"us-east-1"}'],
    ['an entry of a list that does not exist', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['an object with more than one key', { Ref: 'Bucket', other: 1 }, { Ref: 'Bucket', other: 1 }],
  ])('%s is read', (_what, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  test('names and ARNs of named resources are known, so that a permission can be compared with what needs it', () => {
    const resources = {
      Bucket: bucket({ BucketName: { 'Fn::Sub': 'x-${AWS::AccountId}' } }),
      Repo: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'app' } },
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } },
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r', Path: '/p/' } },
    };
    const value = {
      bucket: { Ref: 'Bucket' },
      bucketArn: { 'Fn::GetAtt': ['Bucket', 'Arn'] },
      uri: { 'Fn::GetAtt': 'Repo.RepositoryUri' },
      // As the CDK writes a repository's URI.
      joined: { 'Fn::Select': [4, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Repo', 'Arn'] }] }] },
      topic: { 'Fn::Sub': '${Topic} ${Topic.TopicName}' },
      role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    };
    expect(resolved(value, resources)).toEqual({
      bucket: 'x-111111111111',
      bucketArn: 'arn:aws:s3:::x-111111111111',
      uri: '111111111111.dkr.ecr.us-east-1.amazonaws.com/app',
      joined: '111111111111',
      topic: 'arn:aws:sns:us-east-1:111111111111:t t',
      role: 'arn:aws:iam::111111111111:role/p/r',
    });
  });

  test('what only the deployment will know stays in the text, so that equal values stay equal', () => {
    const resources = { Bucket: bucket(), Thing: { Type: 'Custom::Thing' } };
    const value = {
      name: { Ref: 'Bucket' },
      arn: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '/*']] },
      attribute: { 'Fn::GetAtt': ['Thing', 'Url'] },
      zones: { 'Fn::GetAZs': '' },
      missing: { Ref: 'Nothing' },
      region: { Ref: 'AWS::Region' },
    };
    expect(resolved(value, resources, {}, { region: undefined })).toEqual({
      name: '‹Bucket›',
      arn: 'arn:aws:s3:::‹Bucket›/*',
      attribute: '‹Thing.Url›',
      zones: '‹Fn::GetAZs›',
      missing: '‹Nothing›',
      region: '‹AWS::Region›',
    });
  });

  test('the colons of a placeholder separate nothing', () => {
    const resources = { Repo: { Type: 'AWS::ECR::Repository' } };
    const value = { 'Fn::Select': [3, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Repo', 'Arn'] }] }] };
    expect(resolved(value, resources, {}, { region: undefined })).toBe('‹AWS::Region›');
  });

  test('China and GovCloud have partitions of their own', () => {
    const arn = { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::b.${AWS::URLSuffix}' };
    expect(resolved(arn, {}, {}, { region: 'cn-north-1' })).toBe('arn:aws-cn:s3:::b.amazonaws.com.cn');
    expect(resolved(arn, {}, {}, { region: 'us-gov-west-1' })).toBe('arn:aws-us-gov:s3:::b.amazonaws.com');
  });

  test.each<[string, object, unknown]>([
    ['its default', { Type: 'String', Default: 'a' }, 'a'],
    ['an empty default', { Type: 'String', Default: '' }, ''],
    ['a list of defaults', { Type: 'CommaDelimitedList', Default: 'a, b' }, ['a', 'b']],
    ['nothing where it has none', { Type: 'String' }, '‹P›'],
    [
      'nothing where Systems Manager has it',
      { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/a' },
      '‹P›',
    ],
  ])('of a parameter, %s is taken', (_what, parameter, expected) => {
    expect(resolved({ Ref: 'P' }, {}, { Parameters: { P: parameter } })).toEqual(expected);
  });

  test('a condition decides where it is known, and nothing is guessed where it is not', () => {
    const template = {
      Parameters: { Stage: { Type: 'String', Default: 'prod' }, Given: { Type: 'String' } },
      Conditions: {
        Prod: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
        Dev: { 'Fn::Not': [{ Condition: 'Prod' }] },
        Asked: { 'Fn::Equals': [{ Ref: 'Given' }, 'yes'] },
        ProdOrAsked: { 'Fn::Or': [{ Condition: 'Prod' }, { Condition: 'Asked' }] },
        ProdAndAsked: { 'Fn::And': [{ Condition: 'Prod' }, { Condition: 'Asked' }] },
        Circle: { Condition: 'Circle' },
      },
    };
    const chosen = (condition: string): unknown =>
      resolved({ 'Fn::If': [condition, 'yes', 'no'] }, {}, template);
    expect(['Prod', 'Dev', 'ProdOrAsked'].map(chosen)).toEqual(['yes', 'no', 'yes']);
    expect(['Asked', 'ProdAndAsked', 'Circle', 'Nowhere'].map(chosen)).toEqual([
      '‹Fn::If Asked›',
      '‹Fn::If ProdAndAsked›',
      '‹Fn::If Circle›',
      '‹Fn::If Nowhere›',
    ]);
  });

  test('a resource whose condition does not hold is not there; one whose condition is not known is', () => {
    const [stack] = handmade({
      App: {
        template: {
          Parameters: { Given: { Type: 'String' } },
          Conditions: { No: { 'Fn::Equals': ['a', 'b'] }, Asked: { 'Fn::Equals': [{ Ref: 'Given' }, 'b'] } },
          Resources: { A: { Type: 'T', Condition: 'No' }, B: { Type: 'T', Condition: 'Asked' } },
        },
      },
    });
    expect(stack?.resources.map(({ logicalId }) => logicalId)).toEqual(['B']);
  });

  test('a mapping is looked up by the region', () => {
    const template = { Mappings: { M: { 'us-east-1': { ami: 'ami-1' } } } };
    const value = (key: string): object => ({ 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, key] });
    expect(resolved(value('ami'), {}, template)).toBe('ami-1');
    expect(resolved(value('constructor'), {}, template)).toBe('‹Fn::FindInMap›');
  });
});

describe('what stacks take from each other', () => {
  const producer = {
    template: {
      Resources: { Bucket: bucket({ BucketName: 'shared' }) },
      Outputs: { Name: { Value: { Ref: 'Bucket' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}-b' } } } },
    },
  };
  const taken = (value: unknown, stacks: Parameters<typeof handmade>[0]): unknown =>
    handmade({ ...stacks, B: { resources: { It: { Type: 'T', Properties: { value } } } } })
      .at(-1)
      ?.resources.at(0)?.properties.value;

  test('an export, and an output that is read without one, are followed', () => {
    expect(taken({ 'Fn::ImportValue': 'A-b' }, { A: producer })).toBe('shared');
    expect(taken({ 'Fn::GetStackOutput': { StackName: 'A', OutputName: 'Name' } }, { A: producer })).toBe(
      'shared',
    );
  });

  test('what no stack exports is not known', () => {
    expect(taken({ 'Fn::ImportValue': 'other' }, { A: producer })).toBe('‹Fn::ImportValue›');
    expect(taken({ 'Fn::GetStackOutput': { StackName: 'Z', OutputName: 'Name' } }, { A: producer })).toBe(
      '‹Fn::GetStackOutput›',
    );
  });

  test('a nested stack takes its parameters from its parent, and gives outputs back', () => {
    const [parent, nested] = handmade({
      App: {
        resources: {
          Bucket: bucket({ BucketName: 'b' }),
          Nested: {
            Type: 'AWS::CloudFormation::Stack',
            Properties: { Parameters: { Given: { Ref: 'Bucket' } } },
          },
          It: { Type: 'T', Properties: { value: { 'Fn::GetAtt': ['Nested', 'Outputs.Out'] } } },
        },
      },
      'App/Nested': {
        nestedIn: { name: 'App', logicalId: 'Nested' },
        template: {
          Parameters: { Given: { Type: 'String' } },
          Resources: { It: { Type: 'T', Properties: { value: { Ref: 'Given' } } } },
          Outputs: { Out: { Value: { 'Fn::Sub': 'out-${Given}' } } },
        },
      },
    });
    expect(nested?.resources[0]?.properties.value).toBe('b');
    expect(parent?.resources[2]?.properties.value).toBe('out-b');
  });

  test('values that go round in a circle end as placeholders', () => {
    const circular = (mine: string, other: string): object => ({
      template: {
        Resources: { [mine]: bucket({ BucketName: { 'Fn::ImportValue': other } }) },
        Outputs: { Out: { Value: { Ref: mine }, Export: { Name: mine } } },
      },
    });
    const stacks = handmade({ A: circular('X', 'Y'), B: circular('Y', 'X') });
    expect(JSON.stringify(stacks[0]?.resources[0]?.properties)).toContain('‹');
    expect(
      resolved(
        { Ref: 'P' },
        { P: bucket({ BucketName: { Ref: 'Q' } }), Q: bucket({ BucketName: { Ref: 'P' } }) },
      ),
    ).toMatch(/^‹[PQ]›$/);
  });
});

describe('where things stand', () => {
  test('a resource has the line of its logical id, in JSON as the CDK prints it and in YAML', () => {
    const [json, yaml, small] = handmade({
      Json: {
        template:
          '{\n "Description": "{ \\"Resources\\": 1",\n "Resources": {\n  "A": {\n   "Type": "T",\n   "Properties": { "B": {} }\n  },\n  "B": {"Type": "T"}\n }\n}',
      },
      Yaml: {
        template:
          '# first\nResources:\n  A:\n    Type: T\n  B:\n    Type: T\n    Properties: {x: !Sub "${AWS::Region}"}\n',
      },
      Small: { template: '{"Resources":{"A":{"Type":"T"}}}' },
    });
    const lines = (stack: typeof json): unknown => stack?.resources.map(({ place }) => place.line);
    expect(lines(json)).toEqual([4, 8]);
    expect(lines(yaml)).toEqual([3, 5]);
    expect(lines(small)).toEqual([1]);
  });

  test("a resource of the CDK is called by its construct's path", () => {
    const [stack] = handmade({
      App: {
        resources: {
          A1B2: { Type: 'T', Metadata: { 'aws:cdk:path': 'App/Bucket/Resource' } },
          C: { Type: 'T' },
        },
      },
    });
    expect(stack?.resources.map(({ place }) => place.resource)).toEqual(['App/Bucket', 'C']);
  });
});

test('the short forms of YAML say what the long ones do', () => {
  const [stack] = handmade({
    App: {
      template: `
Conditions: {Yes: !Equals [a, a]}
Resources:
  Bucket: {Type: 'AWS::S3::Bucket', Properties: {BucketName: b}}
  It:
    Type: T
    Properties:
      ref: !Ref Bucket
      sub: !Sub 'x-\${Bucket}'
      with: !Sub ['\${a}', {a: !Ref Bucket}]
      arn: !GetAtt Bucket.Arn
      arn2: !GetAtt [Bucket, Arn]
      join: !Join ['-', [!Ref Bucket, c]]
      select: !Select [1, !Split [':', 'a:b']]
      if: !If [Yes, !Ref Bucket, no]
      other: !Custom thing
`,
    },
  });
  expect(stack?.resources[1]?.properties).toEqual({
    ref: 'b',
    sub: 'x-b',
    with: 'b',
    arn: 'arn:aws:s3:::b',
    arn2: 'arn:aws:s3:::b',
    join: 'b-c',
    select: 'b',
    if: 'b',
    other: 'thing',
  });
});

describe('whatever is given', () => {
  test.each<[string, string, RegExp]>([
    [
      'broken JSON',
      '{\n "Resources": {\n  "A": x\n }\n}',
      /^cdk\.out\/App\.template\.json:3: is broken JSON: expected a value, got x$/,
    ],
    [
      'JSON that ends too early',
      '{\n "Resources": {\n',
      /^cdk\.out\/App\.template\.json:2: is broken JSON: expected a key or '}', got the end$/,
    ],
    ['broken YAML', 'Resources:\n  A: {Type: T\n', /^cdk\.out\/App\.template\.json:\d: is broken YAML: /],
    ['YAML with a tab', 'Resources:\n\tA: 1\n', /^cdk\.out\/App\.template\.json:2: is broken YAML: /],
    ['a list', '[1]', /^cdk\.out\/App\.template\.json: is not a template/],
    ['nothing', '', /^cdk\.out\/App\.template\.json: is not a template/],
    [
      'aliases that unfold to billions',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`,
      /cannot be read as YAML/,
    ],
    ['YAML that is nested too deep', `Resources: ${'['.repeat(50_000)}`, /cannot be read as YAML: it nests/],
    ['YAML of lists in lists', `Resources:\n${'- '.repeat(50_000)}x`, /cannot be read as YAML: it nests/],
  ])('%s is told in one line', (_what, text, message) => {
    let told: unknown;
    try {
      handmade({ App: { template: text } });
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(UserError);
    expect((told as UserError).message).toMatch(message);
    expect((told as UserError).message).not.toContain('\n');
  });

  test('members of the wrong kind are as good as absent', () => {
    for (const Resources of [
      null,
      1,
      'x',
      [],
      { A: null, B: 'x', C: { Type: 1, Properties: 'x', Metadata: null } },
    ]) {
      expect(() =>
        handmade({
          App: { template: { Resources, Parameters: 1, Outputs: null, Conditions: 'x', Mappings: [] } },
        }),
      ).not.toThrow();
    }
    const bad = [1, null, [], ['-'], 'x', { a: 1 }, [null, null], ['-', 5], [[], {}]];
    const names = [
      'Join',
      'Sub',
      'Select',
      'Split',
      'If',
      'FindInMap',
      'GetAtt',
      'ImportValue',
      'GetStackOutput',
      'Base64',
    ];
    for (const name of names) {
      for (const argument of bad) expect(() => resolved({ [`Fn::${name}`]: argument })).not.toThrow();
    }
    for (const argument of bad) expect(() => resolved({ Ref: argument })).not.toThrow();
    expect(resolved({ Ref: 'toString' })).toBe('‹toString›');
  });

  test('nesting deeper than any template ends in a placeholder', () => {
    const text = `{"Resources":{"It":{"Type":"T","Properties":{"value":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}}`;
    const [stack] = handmade({ App: { template: text } });
    expect(stack?.resources).toHaveLength(1);
  });

  test('a byte-order mark and Windows line ends are read', () => {
    const [stack] = handmade({ App: { template: '\uFEFF{\r\n"Resources": {\r\n"A": {"Type": "T"}}}' } });
    expect(stack?.resources[0]?.place.line).toBe(3);
  });
});
