import type { Statement } from '../../../tools/iam/policy';
import { githubTrust } from '../../../tools/preflight/rules/github-trust';
import { said } from '../example';
import { roleTrusts } from './changes';

const ISSUER = 'token.actions.githubusercontent.com';
const audience = { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } };

const under = (Condition: Statement['Condition'], provider = ISSUER): string[] =>
  said(githubTrust, {
    resources: roleTrusts({
      Effect: 'Allow',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${provider}` },
      Condition,
    }),
  });

test.each<[string, Statement['Condition']]>([
  ['no condition at all', undefined],
  ['the audience alone', audience],
  ['any subject', { ...audience, StringLike: { [`${ISSUER}:sub`]: '*' } }],
  ['any repository', { ...audience, StringLike: { [`${ISSUER}:sub`]: 'repo:*' } }],
])('%s lets the workflows of every repository in', (_, condition) => {
  expect(under(condition)).toEqual([
    expect.stringMatching(/^error .* app-build trusts the workflows of every repository/),
  ]);
});

test('a subject that names the repository does not; nor is another provider GitHub', () => {
  expect(under({ ...audience, StringLike: { [`${ISSUER}:sub`]: 'repo:example/app:*' } })).toEqual([]);
  expect(under({ StringEquals: { [`${ISSUER}:sub`]: ['repo:example/app:ref:refs/heads/main'] } })).toEqual(
    [],
  );
  expect(under(undefined, 'gitlab.com')).toEqual([]);
  expect(said(githubTrust)).toEqual([]);
});
