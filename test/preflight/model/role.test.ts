import { statementsOf } from '../../../tools/iam/policy';
import { rolesOf } from '../../../tools/preflight/model/role';
import { type Handmade, handmade } from './handmade';

const allows = (...actions: readonly string[]): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});
const role = (properties: object = {}): object => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'codebuild.amazonaws.com' } },
      ],
    },
    ...properties,
  },
});

function only(
  resources: object,
  others: Readonly<Record<string, Handmade>> = {},
): ReturnType<typeof rolesOf>[number] {
  const [found] = rolesOf(handmade({ App: { resources: { ...resources } }, ...others }));
  if (!found) throw new Error('there is no role');
  return found;
}

/** Policy names with their actions. */
function policies({ policies: all }: ReturnType<typeof rolesOf>[number]): string[] {
  return all.map(
    ({ name, document }) =>
      `${name}: ${statementsOf(document)
        .flatMap(({ Action }) => Action ?? [])
        .join(' ')}`,
  );
}

test('a role has the policies of its own, of other resources and managed ones, whichever side attaches them', () => {
  const found = only({
    Role: role({
      RoleName: 'build',
      Policies: [{ PolicyName: 'own', PolicyDocument: allows('a:A') }],
      ManagedPolicyArns: [{ Ref: 'FromTheRole' }, { Ref: 'FromBoth' }],
    }),
    Policy: {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'default', PolicyDocument: allows('b:B'), Roles: [{ Ref: 'Role' }] },
    },
    RolePolicy: {
      Type: 'AWS::IAM::RolePolicy',
      Properties: { PolicyName: 'single', PolicyDocument: allows('c:C'), RoleName: 'build' },
    },
    FromTheRole: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: allows('d:D') } },
    FromThePolicy: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { ManagedPolicyName: 'e', PolicyDocument: allows('e:E'), Roles: [{ Ref: 'Role' }] },
    },
    FromBoth: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { ManagedPolicyName: 'f', PolicyDocument: allows('f:F'), Roles: [{ Ref: 'Role' }] },
    },
    NotAttached: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: allows('x:X') } },
    OfAnother: {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'other', PolicyDocument: allows('y:Y'), Roles: ['another'] },
    },
  });
  expect(policies(found).sort()).toEqual([
    'default: b:B',
    'e: e:E',
    'f: f:F',
    'own: a:A',
    'single: c:C',
    '‹FromTheRole›: d:D',
  ]);
  expect(found).toMatchObject({ name: 'build', arn: 'arn:aws:iam::111111111111:role/build', unread: [] });
  expect(statementsOf(found.trust)[0]?.Principal).toEqual({ Service: 'codebuild.amazonaws.com' });
});

test('a policy of another stack is attached to the role that it means, not to one of the same logical id', () => {
  const policy = {
    Type: 'AWS::IAM::Policy',
    Properties: { PolicyName: 'p', PolicyDocument: allows('a:A'), Roles: [{ Ref: 'Role' }] },
  };
  const [one, two] = rolesOf(
    handmade({ One: { resources: { Role: role() } }, Two: { resources: { Role: role(), Policy: policy } } }),
  );
  expect([one, two].map((found) => found && policies(found))).toEqual([[], ['p: a:A']]);
});

test('a role of the same name in another account gets nothing', () => {
  const policy = {
    Type: 'AWS::IAM::Policy',
    Properties: { PolicyName: 'p', PolicyDocument: allows('a:A'), Roles: ['build'] },
  };
  const [dev, prod] = rolesOf(
    handmade({
      Dev: { resources: { Role: role({ RoleName: 'build' }) }, account: '222222222222' },
      Prod: { resources: { Role: role({ RoleName: 'build' }) } },
      Policies: { resources: { Policy: policy } },
    }),
  );
  expect([dev, prod].map((found) => found && policies(found))).toEqual([[], ['p: a:A']]);
});

test("AdministratorAccess allows everything; of AWS's other policies nothing is known", () => {
  const aws = (name: string): object => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::aws:policy/${name}`]],
  });
  expect(policies(only({ Role: role({ ManagedPolicyArns: [aws('AdministratorAccess')] }) }))).toEqual([
    'AdministratorAccess: *',
  ]);
  expect(only({ Role: role({ ManagedPolicyArns: [aws('PowerUserAccess')] }) })).toMatchObject({
    policies: [],
    unread: ['arn:aws:iam::aws:policy/PowerUserAccess'],
  });
});

test('a boundary of the template is read; one that is not there limits nothing that is known', () => {
  const Boundary = { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: allows('a:A') } };
  const bound = only({ Role: role({ PermissionsBoundary: { Ref: 'Boundary' } }), Boundary });
  expect(bound.boundary && statementsOf(bound.boundary)[0]?.Action).toEqual(['a:A']);
  expect(
    only({ Role: role({ PermissionsBoundary: 'arn:aws:iam::111111111111:policy/x' }) }).boundary,
  ).toBeUndefined();
});

test('a statement that a condition decides on makes the policy unread, so that nobody says what it denies', () => {
  const document = {
    Statement: [
      { Effect: 'Allow', Action: 'a:A', Resource: '*' },
      { 'Fn::If': ['Asked', { Effect: 'Allow', Action: 'b:B', Resource: '*' }, { Ref: 'AWS::NoValue' }] },
    ],
  };
  const found = only({ Role: role({ Policies: [{ PolicyName: 'own', PolicyDocument: document }] }) });
  expect(policies(found)).toEqual(['own: a:A']);
  expect(found.unread).toEqual(['own']);
});

test('policies of any kind are read without complaint', () => {
  for (const wrong of [null, 1, 'x', [], {}, { Statement: null }, { Statement: [null, 1, 'x', {}] }]) {
    const found = only({
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { AssumeRolePolicyDocument: wrong, Policies: [{ PolicyDocument: wrong }] },
      },
      A: { Type: 'AWS::IAM::Policy', Properties: wrong },
      B: { Type: 'AWS::IAM::ManagedPolicy', Properties: { Roles: wrong, PolicyDocument: wrong } },
    });
    expect(statementsOf(found.trust)).toEqual([]);
    expect(found.unread).toEqual(['inline']);
  }
});
