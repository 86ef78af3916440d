import { type Caller, trusts } from '../../tools/iam/evaluate';
import type { PolicyDocument, Statement } from '../../tools/iam/policy';

const ROLE = 'arn:aws:iam::123456789012:role/mangoo-build-deploy-role';
const PROJECT = 'arn:aws:codebuild:us-east-1:123456789012:project/mangoo-build-deploy';
const build: Caller = {
  arn: 'arn:aws:sts::123456789012:assumed-role/build/one',
  roleArn: 'arn:aws:iam::123456789012:role/build',
  account: '123456789012',
};
const codebuild: Caller = { arn: 'codebuild.amazonaws.com', account: '123456789012' };

function trust(...statements: Partial<Statement>[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement })),
  };
}

describe('a role that only this project may use', () => {
  const policy = trust({
    Principal: { Service: 'codebuild.amazonaws.com' },
    Condition: {
      ArnEquals: { 'aws:SourceArn': PROJECT },
      StringEquals: { 'aws:SourceAccount': '123456789012' },
    },
  });
  const from = (project: string): Record<string, string> => ({
    'aws:SourceArn': project,
    'aws:SourceAccount': '123456789012',
  });

  test('is assumed for its project', () => {
    expect(trusts(policy, codebuild, ROLE, from(PROJECT))).toBe('yes');
  });

  test('is not assumed for another project of the account', () => {
    expect(trusts(policy, codebuild, ROLE, from(`${PROJECT}-2`))).toBe('no');
  });

  test('is not assumed by another service, nor by a session of the account', () => {
    expect(trusts(policy, { ...codebuild, arn: 'lambda.amazonaws.com' }, ROLE, from(PROJECT))).toBe('no');
    expect(trusts(policy, build, ROLE, from(PROJECT))).toBe('no');
  });
});

test('a role that trusts its account is open to those whose own policies allow it, and to no other account', () => {
  const policy = trust({ Principal: { AWS: 'arn:aws:iam::123456789012:root' } });
  expect(trusts(policy, build, ROLE, {})).toBe('delegated');
  expect(trusts(policy, { ...build, account: '210987654321' }, ROLE, {})).toBe('no');
  expect(trusts(trust({ Principal: { AWS: '123456789012' } }), build, ROLE, {})).toBe('delegated');
});

test('a role that names another role is assumed by it without more', () => {
  expect(trusts(trust({ Principal: { AWS: build.roleArn ?? '' } }), build, ROLE, {})).toBe('yes');
});

test('a deny wins over every allow', () => {
  const policy = trust(
    { Principal: { AWS: build.roleArn ?? '' } },
    { Effect: 'Deny', Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  );
  expect(trusts(policy, build, ROLE, { 'aws:SecureTransport': 'true' })).toBe('yes');
  expect(trusts(policy, build, ROLE, { 'aws:SecureTransport': 'false' })).toBe('no');
});

test('a condition that the simulator cannot judge lets nobody in', () => {
  const principal = { AWS: build.roleArn ?? '' };
  const unknown = { BinaryEquals: { 'aws:SourceArn': 'QmxvYg==' } };
  expect(
    trusts(trust({ Principal: principal, Condition: unknown }), build, ROLE, { 'aws:SourceArn': 'x' }),
  ).toBe('no');
  const denied = trust(
    { Principal: principal },
    { Effect: 'Deny', Principal: principal, Condition: unknown },
  );
  expect(trusts(denied, build, ROLE, { 'aws:SourceArn': 'x' })).toBe('no');
});
