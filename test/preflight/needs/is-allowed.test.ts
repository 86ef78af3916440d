import { isAllowed } from '../../../tools/preflight/needs/is-allowed';
import { allow, roleWith } from './roles';

const APP = 'arn:aws:ecr:eu-west-1:111122223333:repository/app';
const SOME = 'arn:‹AWS::Partition›:ecr:‹AWS::Region›:‹AWS::AccountId›:repository/‹…›';

describe('what a role may do for certain', () => {
  test('what a statement names, and nothing else', () => {
    const role = roleWith([allow('ecr:Put*', APP)]);
    expect(isAllowed(role, 'ecr:PutImage', APP)).toBe('yes');
    expect(isAllowed(role, 'ecr:BatchGetImage', APP)).toBe('no');
    expect(isAllowed(role, 'ecr:PutImage', `${APP}-2`)).toBe('no');
  });

  test('an action without a resource needs the star: the ARN of a repository does not give the token', () => {
    expect(isAllowed(roleWith([allow('ecr:*', APP)]), 'ecr:GetAuthorizationToken', '*')).toBe('no');
    expect(isAllowed(roleWith([allow('ecr:*')]), 'ecr:GetAuthorizationToken', '*')).toBe('yes');
  });

  test('capitals do not count: the CLI does not tell them', () => {
    expect(isAllowed(roleWith([allow('rds:DescribeDBClusters')]), 'rds:DescribeDbClusters', '*')).toBe('yes');
  });
});

describe('what cannot be known is neither allowed nor denied', () => {
  test('a repository that only the shell knows', () => {
    expect(isAllowed(roleWith([allow('ecr:PutImage', APP)]), 'ecr:PutImage', SOME)).toBe('unknown');
    expect(isAllowed(roleWith([allow('ecr:GetImage', APP)]), 'ecr:PutImage', SOME)).toBe('no');
  });

  test("a managed policy of AWS's, whose statements no template has", () => {
    const role = roleWith([], { ManagedPolicyArns: ['arn:aws:iam::aws:policy/PowerUserAccess'] });
    expect(isAllowed(role, 'ecr:PutImage', APP)).toBe('unknown');
  });

  test('a condition on what the request may carry', () => {
    const tagged = { StringEquals: { 'aws:ResourceTag/team': 'blue' } };
    expect(isAllowed(roleWith([allow('ecr:PutImage', APP, tagged)]), 'ecr:PutImage', APP)).toBe('unknown');
  });

  test('a deny that may not apply; one that applies for certain denies', () => {
    const deny = (Resource: string): Parameters<typeof roleWith>[0] => [
      allow('ecr:*'),
      { Effect: 'Deny', Action: 'ecr:PutImage', Resource },
    ];
    expect(isAllowed(roleWith(deny(APP)), 'ecr:PutImage', SOME)).toBe('unknown');
    expect(isAllowed(roleWith(deny(APP)), 'ecr:PutImage', APP)).toBe('no');
    expect(isAllowed(roleWith(deny(`${APP}-2`)), 'ecr:PutImage', APP)).toBe('yes');
  });

  test('a boundary that no template tells', () => {
    const role = roleWith([allow('ecr:*')], {
      PermissionsBoundary: 'arn:aws:iam::111122223333:policy/limits',
    });
    expect(isAllowed(role, 'ecr:PutImage', APP)).toBe('unknown');
    expect(isAllowed(role, 's3:PutObject', 'arn:aws:s3:::a/b')).toBe('no');
  });
});

describe('the condition on iam:PassedToService', () => {
  const limited = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };
  const role = roleWith([allow(['iam:PassRole', 'iam:CreateRole'], '*', limited)]);
  const ROLE = 'arn:aws:iam::111122223333:role/task';

  test('lets the role be passed to that service alone', () => {
    const to = (service: string): string =>
      isAllowed(role, 'iam:PassRole', ROLE, { 'iam:PassedToService': service });
    expect(to('ecs-tasks.amazonaws.com')).toBe('yes');
    expect(to('lambda.amazonaws.com')).toBe('no');
  });

  test('takes away every other action, whose request never carries it', () => {
    expect(isAllowed(role, 'iam:CreateRole', ROLE)).toBe('no');
  });
});
