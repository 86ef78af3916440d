import type { Statement } from '../../../tools/iam/policy';
import { openTrust } from '../../../tools/preflight/rules/open-trust';
import { said } from '../example';
import { roleTrusts } from './changes';

const trusting = (Principal: Statement['Principal'], Condition?: Statement['Condition']): string[] =>
  said(openTrust, {
    resources: roleTrusts({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal,
      ...(Condition && { Condition }),
    }),
  });

test('a role that trusts everybody is everybody’s', () => {
  expect(trusting({ AWS: '*' })).toEqual([expect.stringMatching(/^error .* everybody may assume app-build/)]);
  expect(trusting('*')).toHaveLength(1);
});

test('one that trusts a whole account of somebody else may be given to anybody by it', () => {
  for (const account of ['444455556666', 'arn:aws:iam::444455556666:root']) {
    expect(trusting({ AWS: account })).toEqual([
      expect.stringMatching(/^warning .* account 444455556666 may assume app-build without an external id/),
    ]);
  }
});

test.each<[string, Statement['Principal'], Statement['Condition']]>([
  ['an external id is asked for', { AWS: '444455556666' }, { StringEquals: { 'sts:ExternalId': 'x' } }],
  ['the organization is', { AWS: '*' }, { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }],
  ['one role there is named', { AWS: 'arn:aws:iam::444455556666:role/deploy' }, undefined],
  ['the account is our own', { AWS: 'arn:aws:iam::111122223333:root' }, undefined],
  ['a service is named', { Service: 'codebuild.amazonaws.com' }, undefined],
])('nothing is said where %s', (_, principal, condition) => {
  expect(trusting(principal, condition)).toEqual([]);
});
