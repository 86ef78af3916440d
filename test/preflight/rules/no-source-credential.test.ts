import { noSourceCredential } from '../../../tools/preflight/rules/no-source-credential';
import { said } from '../example';

const Source = { Auth: null };
const credential = (ServerType: string): Record<string, unknown> => ({
  Type: 'AWS::CodeBuild::SourceCredential',
  Properties: { AuthType: 'PERSONAL_ACCESS_TOKEN', ServerType, Token: '{{resolve:secretsmanager:token}}' },
});

test('a webhook of a source without a credential is told, because the deployment of the pipeline fails on it', () => {
  expect(said(noSourceCredential, { project: { Source } })).toEqual([
    expect.stringMatching(
      /^warning .*app-build: a webhook of GITHUB needs a credential; the source names none/,
    ),
  ]);
});

test('a credential of another kind of server is none', () => {
  expect(
    said(noSourceCredential, { project: { Source }, resources: { Token: credential('BITBUCKET') } }),
  ).toEqual([expect.stringContaining('needs a credential')]);
});

test('a credential of the same stack that may be made after the webhook is told', () => {
  expect(
    said(noSourceCredential, { project: { Source }, resources: { Token: credential('GITHUB') } }),
  ).toEqual([expect.stringContaining('may be made before the credential Token')]);
});

test('a credential on which the project depends is enough, directly or through another resource', () => {
  const Token = credential('GITHUB');
  for (const resources of [
    { Token, Project: { DependsOn: 'Token' } },
    { Token, Role: { DependsOn: ['Token'] } },
  ]) {
    expect(said(noSourceCredential, { project: { Source }, resources })).toEqual([]);
  }
});

test('nothing is said of a connection, a project without a webhook, or a repository that says how it imports a credential', () => {
  expect(said(noSourceCredential)).toEqual([]);
  expect(said(noSourceCredential, { project: { Source, Triggers: null } })).toEqual([]);
  const files = { 'docs/setup.md': 'Once: `aws codebuild import-source-credentials --server-type GITHUB`' };
  expect(said(noSourceCredential, { project: { Source }, files })).toEqual([]);
});
