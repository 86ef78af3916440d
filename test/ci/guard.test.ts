import { exportsOf } from './es-module';

interface ResourceChange {
  readonly [field: string]: unknown;
}

interface Finding {
  readonly refused: boolean;
  readonly what: string;
}

interface Allowance {
  readonly commit: string;
  readonly resource: string;
  readonly reason: string;
}

const { examine, judge, refusal } = exportsOf<{
  examine: (change: ResourceChange) => Finding[];
  judge: (
    changes: readonly { resource: string; change: ResourceChange }[],
    commit: string,
    allowed: readonly Allowance[],
  ) => { refused: { resource: string; line: string }[]; notes: string[] };
  refusal: (refused: readonly { resource: string; line: string }[], commit: string, next: string) => string[];
}>('ci/guard.mjs');

const COMMIT = 'c'.repeat(40);

/** A change as DescribeChangeSet has it with property values: contexts are JSON, whose numbers and truth values are texts. */
function change(
  Action: string,
  ResourceType: string,
  { before, after, ...rest }: { before?: object; after?: object } & Record<string, unknown> = {},
): ResourceChange {
  return {
    Action,
    ResourceType,
    LogicalResourceId: 'Resource',
    ...(before && { BeforeContext: JSON.stringify({ Properties: before }) }),
    ...(after && { AfterContext: JSON.stringify({ Properties: after }) }),
    ...rest,
  };
}

function replaced(type: string, Replacement = 'True', PolicyAction = 'ReplaceAndDelete'): ResourceChange {
  const Target = { Attribute: 'Properties', Name: 'DatabaseName', RequiresRecreation: 'Always' };
  const tags = { Attribute: 'Tags', RequiresRecreation: 'Never' };
  return change('Modify', type, {
    Replacement,
    PolicyAction,
    Scope: ['Properties'],
    Details: [{ Target: tags }, { Target }],
  });
}

function refusals(one: ResourceChange): string[] {
  return examine(one).map(({ refused, what }) => `${refused ? 'refused' : 'told'}: ${what}`);
}

describe('what holds data', () => {
  test.each([
    ['AWS::RDS::DBCluster', 'ReplaceAndDelete', ''],
    ['AWS::RDS::DBCluster', 'ReplaceAndSnapshot', ', of which a snapshot is left'],
    ['AWS::Cognito::UserPool', 'ReplaceAndRetain', '; the old one is kept, but no longer used'],
  ])('a replaced %s (%s) is refused: the application would get an empty one', (type, policy, left) => {
    expect(refusals(replaced(type, 'True', policy))).toEqual([
      `refused: would be replaced by an empty one (DatabaseName)${left}`,
    ]);
  });

  test('one that may be replaced is refused, and said to be no certainty', () => {
    expect(refusals(replaced('AWS::DynamoDB::Table', 'Conditional'))).toEqual([
      'refused: may be replaced by an empty one (DatabaseName)',
    ]);
    expect(refusals(change('Dynamic', 'AWS::S3::Bucket'))).toEqual([
      'refused: may be replaced or removed: the change set cannot tell',
    ]);
  });

  test.each(
    `AWS::S3::Bucket AWS::RDS::DBInstance AWS::SecretsManager::Secret AWS::KMS::Key AWS::EFS::FileSystem AWS::SQS::Queue
    AWS::EC2::VPC AWS::EC2::Subnet AWS::ECR::Repository AWS::Logs::LogGroup AWS::Backup::BackupVault AWS::SSM::Parameter
    AWS::Route53::HostedZone AWS::OpenSearchService::Domain AWS::ElastiCache::ReplicationGroup AWS::MSK::Cluster
    AWS::CloudFormation::Stack`.split(/\s+/),
  )('a removed %s is refused', (type) => {
    expect(refusals(change('Remove', type, { PolicyAction: 'Delete' }))).toEqual([
      'refused: would be removed',
    ]);
  });

  test('a removed one of which only a snapshot is left is refused: what runs would have no database', () => {
    expect(refusals(change('Remove', 'AWS::RDS::DBCluster', { PolicyAction: 'Snapshot' }))).toEqual([
      'refused: would be removed, of which a snapshot is left',
    ]);
  });

  test('one that leaves the stack and is kept passes, and is told: somebody has to look after it', () => {
    expect(refusals(change('Remove', 'AWS::S3::Bucket', { PolicyAction: 'Retain' }))).toEqual([
      'told: leaves the stack, and is kept: nothing deletes it any more',
    ]);
  });

  test("without CloudFormation's own word, the policy of the template counts", () => {
    const kept = { BeforeContext: JSON.stringify({ Properties: {}, DeletionPolicy: 'Retain' }) };

    expect(refusals(change('Remove', 'AWS::S3::Bucket', kept))[0]).toMatch(/^told/);
    expect(refusals(change('Remove', 'AWS::S3::Bucket'))).toEqual(['refused: would be removed']);
  });

  test.each([
    change('Modify', 'AWS::RDS::DBCluster', { Replacement: 'False', Scope: ['Properties'] }),
    change('Add', 'AWS::RDS::DBCluster'),
    change('Import', 'AWS::S3::Bucket'),
    replaced('AWS::ECS::TaskDefinition'),
    change('Remove', 'AWS::CloudWatch::Alarm', { PolicyAction: 'Delete' }),
  ])('what every release may do passes without a word (%#)', (one) => {
    expect(examine(one)).toEqual([]);
  });
});

describe('what is allowed', () => {
  const allow = (Action: unknown, Resource: unknown, more: object = {}): object => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...more,
  });
  const document = (...Statement: object[]): object => ({
    PolicyDocument: { Version: '2012-10-17', Statement },
  });
  const policy = (before: object, after: object): string[] =>
    refusals(change('Modify', 'AWS::IAM::Policy', { before, after }));

  test('a new action is refused, and the ones that were there are not told', () => {
    expect(
      policy(document(allow('s3:GetObject', 'b/*')), document(allow(['s3:GetObject', 's3:Put*'], 'b/*'))),
    ).toEqual(['refused: would allow s3:Put* on b/*, by PolicyDocument']);
  });

  test.each([
    ['a resource', document(allow('s3:GetObject', ['b/*', 'c/*'])), 's3:GetObject on c/*'],
    ['a wildcard', document(allow('s3:GetObject', '*')), 's3:GetObject on *'],
    [
      'all but something',
      document(allow('s3:GetObject', 'b/*'), { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }),
      '{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}',
    ],
  ])('%s more is refused', (_, after, found) => {
    expect(policy(document(allow('s3:GetObject', 'b/*')), after)).toEqual([
      `refused: would allow ${found}, by PolicyDocument`,
    ]);
  });

  test('a condition that is gone, or is another, is refused', () => {
    const conditional = (value: string): object =>
      document(allow('kms:Decrypt', '*', { Condition: { StringEquals: { 'kms:ViaService': value } } }));

    expect(policy(conditional('s3'), document(allow('kms:Decrypt', '*')))).toEqual([
      'refused: would allow kms:Decrypt on *, by PolicyDocument',
    ]);
    expect(policy(conditional('s3'), conditional('sqs'))).toHaveLength(1);
    expect(policy(document(allow('kms:Decrypt', '*')), conditional('sqs'))).toEqual([]);
  });

  test('a denial that is gone is refused', () => {
    const deny = { Effect: 'Deny', Action: 's3:*', Resource: '*' };

    expect(policy(document(deny, allow('s3:*', '*')), document(allow('s3:*', '*')))).toEqual([
      'refused: would no longer deny s3:* on *, by PolicyDocument',
    ]);
    const removed = (...statements: object[]): string[] =>
      refusals(change('Remove', 'AWS::IAM::Policy', { before: document(...statements) }));
    expect(removed(deny)).toHaveLength(1);
    expect(removed(allow('s3:*', '*'))).toEqual([]);
  });

  test.each([
    ['fewer actions', document(allow('s3:GetObject', 'b/*'))],
    ['part of a wildcard', document(allow(['S3:getobject', 's3:PutObject'], 'b/x'))],
    [
      'another order, in other statements',
      document(allow('s3:*', ['b/*']), allow(['sqs:SendMessage'], ['q'])),
    ],
    ['one more denial', document(allow('s3:*', 'b/*'), { Effect: 'Deny', Action: '*', Resource: '*' })],
  ])('%s passes', (_, after) => {
    expect(policy(document(allow('sqs:SendMessage', 'q'), allow('s3:*', 'b/*')), after)).toEqual([]);
  });

  test('a reference to what each release replaces, such as a task definition, passes', () => {
    const unknown = '{{changeSet:KNOWN_AFTER_APPLY}}';

    expect(policy(document(allow('ecs:RunTask', 'arn:1')), document(allow('ecs:RunTask', unknown)))).toEqual(
      [],
    );
    expect(
      policy(document(allow('ecs:RunTask', 'arn:1')), document(allow('ecs:RunTask', ['arn:1', unknown]))),
    ).toEqual(['refused: would allow ecs:RunTask on (a new resource), by PolicyDocument']);
  });

  describe('a role', () => {
    const trust = (Principal: unknown): object => ({
      AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] },
    });
    const role = (before: object, after: object): string[] =>
      refusals(change('Modify', 'AWS::IAM::Role', { before, after }));

    test('that more may assume is refused', () => {
      const tasks = { Service: 'ecs-tasks.amazonaws.com' };

      expect(role(trust(tasks), trust({ ...tasks, AWS: '*' }))).toEqual([
        'refused: would allow sts:AssumeRole for everybody, by AssumeRolePolicyDocument',
      ]);
    });

    test('that gets a managed policy, or an inline one, is refused', () => {
      const admin = 'arn:aws:iam::aws:policy/AdministratorAccess';
      const inline = [{ PolicyName: 'p', ...document(allow('*', '*')) }];

      expect(role({}, { ManagedPolicyArns: [admin] })).toEqual([`refused: gets the policy ${admin}`]);
      expect(role({}, { Policies: inline })).toEqual(['refused: would allow * on *, by Policies']);
      expect(role({ ManagedPolicyArns: [admin], Policies: inline }, {})).toEqual([]);
    });

    test('that loses its boundary, or gets another, is refused; one that gets its first is not', () => {
      expect(role({ PermissionsBoundary: 'arn:b' }, {})).toEqual(['refused: would lose its boundary arn:b']);
      expect(role({ PermissionsBoundary: 'arn:b' }, { PermissionsBoundary: 'arn:c' })).toEqual([
        'refused: would be bound by arn:c instead of arn:b',
      ]);
      expect(role({}, { PermissionsBoundary: 'arn:b' })).toEqual([]);
    });

    test('that is new in a stack that is there is refused with what it may do', () => {
      const after = { ...trust({ Service: 'lambda.amazonaws.com' }), ManagedPolicyArns: ['arn:p'] };

      expect(refusals(change('Add', 'AWS::IAM::Role', { after }))).toEqual([
        'refused: would allow sts:AssumeRole for Service lambda.amazonaws.com, by AssumeRolePolicyDocument',
        'refused: gets the policy arn:p',
      ]);
    });
  });

  test('a policy that is attached to one more role is refused', () => {
    const of = (...Roles: string[]): object => ({ ...document(allow('s3:*', '*')), Roles });

    expect(policy(of('a'), of('a', 'b'))).toEqual(['refused: is attached, by Roles, to b']);
  });

  test('the policy of a bucket that was there counts, that of a new key does not', () => {
    const open = {
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'b/*' }],
    };

    expect(refusals(change('Add', 'AWS::S3::BucketPolicy', { after: { PolicyDocument: open } }))).toEqual([
      'refused: would allow s3:GetObject on b/* for everybody, by PolicyDocument',
    ]);
    expect(examine(change('Add', 'AWS::KMS::Key', { after: { KeyPolicy: open } }))).toEqual([]);
    expect(
      refusals(change('Modify', 'AWS::KMS::Key', { before: {}, after: { KeyPolicy: open } })),
    ).toHaveLength(1);
  });

  test('what a change set does not show is not taken for harmless', () => {
    const hidden = ['refused: changes what is allowed, and the change set does not show how'];

    expect(refusals(change('Modify', 'AWS::IAM::Role', { Scope: ['Properties'] }))).toEqual(hidden);
    expect(refusals(change('Add', 'AWS::IAM::Policy'))).toEqual(hidden);
    expect(examine(change('Modify', 'AWS::IAM::Role', { Scope: ['Tags', 'Metadata'] }))).toEqual([]);
    expect(examine(change('Modify', 'AWS::ECS::Service', { Scope: ['Properties'] }))).toEqual([]);
  });

  test('a long list is cut, and what is cut is counted', () => {
    const actions = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `s3:${name}`);

    expect(policy(document(), document(allow(actions, 'x')))[0]).toMatch(/s3:d on x; and 2 more, by/);
  });

  describe('a security group', () => {
    const from = (CidrIp: string, port = '5432'): object => ({
      IpProtocol: 'tcp',
      FromPort: port,
      ToPort: port,
      CidrIp,
    });
    const group = (before: object[], after: object[]): string[] =>
      refusals(
        change('Modify', 'AWS::EC2::SecurityGroup', {
          before: { SecurityGroupIngress: before },
          after: { SecurityGroupIngress: after },
        }),
      );

    test('that is opened to everybody is refused', () => {
      expect(group([from('10.0.0.0/8')], [from('0.0.0.0/0')])).toEqual([
        'refused: would be open to 0.0.0.0/0, tcp 5432',
      ]);
      const CidrIpv6 = '::/0';
      expect(
        refusals(change('Add', 'AWS::EC2::SecurityGroupIngress', { after: { IpProtocol: '-1', CidrIpv6 } })),
      ).toEqual(['refused: would be open to ::/0, all traffic']);
    });

    test('that was open, as that of a load balancer, passes', () => {
      expect(group([from('0.0.0.0/0', '80')], [from('0.0.0.0/0', '80'), from('10.0.0.0/8')])).toEqual([]);
    });
  });
});

describe('the configuration', () => {
  const changes = [{ resource: 'MangooStack/Data', change: replaced('AWS::RDS::DBCluster') }];
  const entry = { commit: COMMIT, resource: 'MangooStack/Data', reason: 'moved by hand' };

  test('allows a resource for a commit, and the build says so', () => {
    expect(judge(changes, COMMIT, [entry])).toEqual({
      refused: [],
      notes: [
        'MangooStack/Data (AWS::RDS::DBCluster) would be replaced by an empty one (DatabaseName): allowed for this commit: moved by hand',
      ],
    });
  });

  test.each([
    { ...entry, commit: 'd'.repeat(40) },
    { ...entry, resource: 'MangooStack/Other' },
    { ...entry, resource: 'Other/Data' },
  ])('allows nothing else: not the next commit, not another resource (%#)', (other) => {
    expect(judge(changes, COMMIT, [other]).refused).toHaveLength(1);
  });

  test('is told of an entry for this commit that nothing needs', () => {
    expect(judge([], COMMIT, [entry]).notes).toEqual([
      'application.allowedChanges: this commit does nothing to MangooStack/Data that needs it',
    ]);
  });
});

test('whoever is refused reads every finding, and the entries that would allow them', () => {
  const resource = 'MangooStack/Data';
  const { refused } = judge(
    [
      { resource, change: replaced('AWS::RDS::DBCluster') },
      {
        resource: 'MangooStack/Files',
        change: change('Remove', 'AWS::S3::Bucket', { PolicyAction: 'Delete' }),
      },
    ],
    COMMIT,
    [],
  );

  const lines = refusal(refused, COMMIT, 'start it again');
  expect(lines.slice(0, 2)).toEqual([
    'MangooStack/Data (AWS::RDS::DBCluster) would be replaced by an empty one (DatabaseName)',
    'MangooStack/Files (AWS::S3::Bucket) would be removed',
  ]);
  expect(lines[2]).toMatch(
    /^2 change\(s\) are refused; of the change sets that were read, none is executed\./,
  );
  expect(lines.slice(3)).toEqual([
    `  { commit: '${COMMIT}', resource: 'MangooStack/Data', reason: 'why, in one line' },`,
    `  { commit: '${COMMIT}', resource: 'MangooStack/Files', reason: 'why, in one line' },`,
  ]);
});
