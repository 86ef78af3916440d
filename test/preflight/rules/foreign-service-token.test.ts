import { foreignServiceToken } from '../../../tools/preflight/rules/foreign-service-token';
import { said } from '../example';

const asks = (ServiceToken: unknown): Record<string, unknown> => ({
  Thing: { Type: 'Custom::Thing', Properties: { ServiceToken } },
});
const told = (token: unknown): string[] => said(foreignServiceToken, { application: asks(token) });

test.each<[string, string, RegExp]>([
  [
    "an account of AWS's documentation",
    'arn:aws:lambda:eu-west-1:123456789012:function:f',
    /^error .*is an example/,
  ],
  ['no account', 'arn:aws:lambda:eu-west-1:ACCOUNT_ID:function:f', /^error .*has ACCOUNT_ID for an account/],
  [
    'another region',
    'arn:aws:lambda:us-east-1:111122223333:function:f',
    /^error .*of another region than AppStack, eu-west-1/,
  ],
  ['no ARN', 'my-function', /^error .*is no ARN/],
  [
    'a function of another account',
    'arn:aws:lambda:eu-west-1:210987654321:function:f',
    /^warning .*of another account/,
  ],
])('%s in a service token is told', (_what, token, message) => {
  expect(told(token)).toEqual([expect.stringMatching(message)]);
});

test('nothing is said of the own account, of references, and of what only the deployment knows', () => {
  expect(told('arn:aws:lambda:eu-west-1:111122223333:function:f')).toEqual([]);
  expect(told('arn:aws:sns:eu-west-1:111122223333:topic')).toEqual([]);
  expect(told({ 'Fn::GetAtt': ['Function', 'Arn'] })).toEqual([]);
  expect(told({ 'Fn::Sub': 'arn:aws:lambda:${AWS::Region}:${Account}:function:f' })).toEqual([]);
  expect(told({ 'Fn::ImportValue': 'token' })).toEqual([]);
  expect(said(foreignServiceToken)).toEqual([]);
});
