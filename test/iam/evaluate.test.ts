import { evaluate, type Policies, type Request } from '../../tools/iam/evaluate';
import type { PolicyDocument, Statement } from '../../tools/iam/policy';

const SESSION = 'arn:aws:sts::123456789012:assumed-role/build/one';
const ROLE = 'arn:aws:iam::123456789012:role/build';
const REQUEST: Request = {
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::b/k',
  principal: { arn: SESSION, roleArn: ROLE, account: '123456789012' },
  context: {},
};

function allow(more: Partial<Statement> = {}): PolicyDocument {
  return { Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...more }] };
}

const NOTHING: PolicyDocument = { Statement: [] };

test("a bucket that names the session lets it in whatever the session's own policies say, as one that names the role does not", () => {
  const policies = (principal: string): Policies => ({
    identity: [],
    session: [NOTHING],
    resource: allow({ Principal: { AWS: principal } }),
  });
  expect(evaluate(REQUEST, policies(SESSION)).allowed).toBe(true);
  expect(evaluate(REQUEST, policies(ROLE))).toMatchObject({ allowed: false, reason: 'sessionPolicy' });
});

test('session policies allow together, and each can deny', () => {
  const identity = [{ name: 'all', document: allow() }];
  expect(evaluate(REQUEST, { identity, session: [NOTHING, allow()] }).allowed).toBe(true);
  expect(evaluate(REQUEST, { identity, session: [allow(), allow({ Effect: 'Deny' })] })).toMatchObject({
    reason: 'explicitDeny',
    message: expect.stringContaining('with an explicit deny in a session policy') as string,
  });
});

test('a verdict names the statement that decided, so that a person finds it', () => {
  const [statement] = allow().Statement as Statement[];
  const document: PolicyDocument = {
    Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }, statement as Statement],
  };
  expect(evaluate(REQUEST, { identity: [{ name: 'inline', document }] }).by).toEqual({
    policy: 'inline',
    statement,
  });
});
