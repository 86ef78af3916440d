import { connectionDenied } from '../../../tools/preflight/rules/connection-denied';
import { said } from '../example';
import { PIPELINE } from '../example-templates';
import { roleHas, roleLacks } from './changes';

const CONNECTION = PIPELINE.Project.Properties.Source.Auth.Resource;

test('a role that may not use the connection cannot clone, and its project is not even made', () => {
  expect(said(connectionDenied)).toEqual([]);
  expect(
    said(connectionDenied, {
      resources: roleLacks('codeconnections:GetConnection'),
    }),
  ).toEqual([
    expect.stringMatching(
      /^error .* app-build is not allowed codeconnections:GetConnection, codeconnections:GetConnectionToken on arn:aws:codeconnections:/,
    ),
  ]);
});

test('one of both permissions is not enough', () => {
  const half = roleHas((statements) => [
    ...statements.slice(1),
    { Effect: 'Allow', Action: 'codeconnections:GetConnection', Resource: CONNECTION },
  ]);
  expect(said(connectionDenied, { resources: half })).toEqual([
    expect.stringContaining('is not allowed codeconnections:GetConnectionToken on'),
  ]);
});

test('the former name of the service may do', () => {
  const former = roleHas((statements) => [
    ...statements.slice(1),
    { Effect: 'Allow', Action: 'codestar-connections:Get*', Resource: CONNECTION },
  ]);
  expect(said(connectionDenied, { resources: former })).toEqual([]);
});

test('a credential of the account that is a connection is used by every project of its server', () => {
  const Credential = {
    Type: 'AWS::CodeBuild::SourceCredential',
    Properties: { AuthType: 'CODECONNECTIONS', ServerType: 'GITHUB', Token: CONNECTION },
  };
  const resources = { ...roleLacks('codeconnections:GetConnection'), Credential };
  const source = (Type: string): Record<string, unknown> => ({ Source: { Type, Auth: null } });
  expect(said(connectionDenied, { project: source('GITHUB'), resources })).toHaveLength(1);
  expect(said(connectionDenied, { project: source('BITBUCKET'), resources })).toEqual([]);
});

describe('a policy that is a resource of its own may come after the project', () => {
  const Policy = {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'connection',
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'codeconnections:*', Resource: CONNECTION }] },
    },
  };
  const resources = { ...roleLacks('codeconnections:GetConnection'), Policy };

  test('so its webhook may be refused', () => {
    expect(said(connectionDenied, { resources })).toEqual([
      expect.stringMatching(/^warning .* app-build may be made before the policy/),
    ]);
  });

  test('unless the project waits for it, or has no webhook', () => {
    expect(
      said(connectionDenied, { resources: { ...resources, Project: { DependsOn: ['Policy'] } } }),
    ).toEqual([]);
    expect(said(connectionDenied, { resources, project: { Triggers: { Webhook: false } } })).toEqual([]);
  });
});
