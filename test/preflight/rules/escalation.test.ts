import { escalation } from '../../../tools/preflight/rules/escalation';
import { said } from '../example';
import { roleMay } from './changes';

const ACCOUNT = 'arn:aws:iam::111122223333';
const may = (...granted: Parameters<typeof roleMay>): string[] =>
  said(escalation, { resources: roleMay(...granted) });

test('the role of the example can only do what it is given', () => {
  expect(said(escalation)).toEqual([]);
});

describe('a role that can take more is told of, with the way', () => {
  test.each<[string, Parameters<typeof roleMay>]>([
    ['it is allowed everything of IAM on every role', ['*']],
    ['it is allowed everything of IAM on every role', ['iam:*']],
    ['iam:PutRolePolicy on itself', ['iam:Put*', `${ACCOUNT}:role/app-*`]],
    ['iam:AttachRolePolicy on every role', ['iam:AttachRolePolicy', `${ACCOUNT}:role/*`]],
    ['iam:UpdateAssumeRolePolicy on every role', ['iam:UpdateAssumeRolePolicy']],
    ['iam:CreatePolicyVersion on every policy', ['iam:CreatePolicyVersion', '*']],
    ['iam:CreateAccessKey on every user', ['iam:CreateAccessKey', '*']],
    ['lambda:UpdateFunctionCode on every function', ['lambda:*', '*']],
    ['sts:AssumeRole on every role that trusts the account', ['sts:AssumeRole', '*']],
    [
      `iam:CreateRole and iam:PutRolePolicy on ${ACCOUNT}:role/task-*, without a permissions boundary`,
      [['iam:CreateRole', 'iam:PutRolePolicy'], `${ACCOUNT}:role/task-*`],
    ],
    [
      'iam:PassRole on every role, and lambda:CreateFunction, lambda:InvokeFunction',
      [['iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction']],
    ],
  ])('%s', (way, granted) => {
    expect(may(...granted)).toEqual([
      expect.stringMatching(/^warning .* app-build can take more permissions than it has: /),
    ]);
    expect(may(...granted)[0]).toContain(way);
    // Every role is itself too.
    if (way.includes('every role')) expect(may(...granted)[0]).not.toContain('on itself');
  });

  test("with the managed policies of AWS's that give everything", () => {
    const attached = (name: string): string[] =>
      said(escalation, {
        resources: { Role: { Properties: { ManagedPolicyArns: [`arn:aws:iam::aws:policy/${name}`] } } },
      });
    expect(attached('AdministratorAccess')).toHaveLength(1);
    expect(attached('IAMFullAccess')).toHaveLength(1);
    expect(attached('ReadOnlyAccess')).toEqual([]);
  });
});

describe('a way that is closed is none', () => {
  const boundary = { StringEquals: { 'iam:PermissionsBoundary': `${ACCOUNT}:policy/limits` } };
  const toTasks = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };

  test.each<[string, Parameters<typeof roleMay>]>([
    [
      'roles are made with a boundary',
      [['iam:CreateRole', 'iam:PutRolePolicy', 'iam:AttachRolePolicy'], `${ACCOUNT}:role/task-*`, boundary],
    ],
    ['roles are made, and given nothing', ['iam:CreateRole', '*']],
    ['a role is passed, and nothing is started', ['iam:PassRole', '*']],
    [
      'one role is passed',
      [['iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction'], `${ACCOUNT}:role/task`],
    ],
    ['a role is passed to another service than is started', [['iam:PassRole'], '*', toTasks]],
    ["the CDK's roles are assumed", ['sts:AssumeRole', `${ACCOUNT}:role/cdk-hnb659fds-*`]],
    ['roles are only read', [['iam:Get*', 'iam:List*'], '*']],
    [
      'one function is updated',
      ['lambda:UpdateFunctionCode', 'arn:aws:lambda:eu-west-1:111122223333:function:app-*'],
    ],
  ])('because %s', (_, granted) => {
    expect(may(...granted)).toEqual([]);
  });

  test('by the boundary of the role itself', () => {
    const Limits = {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        PolicyDocument: { Statement: [{ Effect: 'Allow', Action: ['ecr:*', 'logs:*'], Resource: '*' }] },
      },
    };
    const bounded = roleMay('iam:*');
    const Role = bounded.Role as { Properties: object };
    const resources = {
      Limits,
      Role: { Properties: { ...Role.Properties, PermissionsBoundary: { Ref: 'Limits' } } },
    };
    expect(said(escalation, { resources })).toEqual([]);
  });
});
