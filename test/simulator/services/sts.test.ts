import type { AwsRequest } from '../../../tools/simulator/gateway/request';
import { type Session, Sessions } from '../../../tools/simulator/gateway/sessions';
import type { PolicyDocument } from '../../../tools/iam/policy';
import { type ManagedPolicies, Sts } from '../../../tools/simulator/services/sts';

const ROLE = 'arn:aws:iam::123456789012:role/service-role/deploy';

function setUp(allowed: boolean | readonly string[] = true, of: object = {}) {
  const sessions = new Sessions();
  const caller = sessions.issue({
    ...of,
    arn: 'arn:aws:sts::123456789012:assumed-role/build/b1',
    roleArn: 'arn:aws:iam::123456789012:role/build',
    phase: () => 'BUILD',
  });
  const mayAssume = jest.fn((_session: Session, roleArn: string, _context: object, action: string) =>
    Promise.resolve({
      allowed: typeof allowed === 'boolean' ? allowed : allowed.includes(action),
      message: `not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    }),
  );
  const sts = new Sts('123456789012', sessions, { mayAssume }, managedPolicies);
  const call = async (operation: string, input: object = {}): Promise<string> => {
    const { body } = await sts.handle({ operation, input, session: caller, protocol: 'query' } as AwsRequest);
    return body as string;
  };
  return { sessions, caller, mayAssume, call };
}

const READ_ONLY: PolicyDocument = { Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*' } };
const managedPolicies: ManagedPolicies = {
  managed: (arn) =>
    arn.endsWith('/read-only') ? Promise.resolve({ document: READ_ONLY }) : Promise.reject(new Error('none')),
};

const element = (name: string, xml: string): string =>
  new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1] ?? '';

test('a session knows who it is', async () => {
  const { call, caller } = setUp();

  const answer = await call('GetCallerIdentity');

  expect(element('Account', answer)).toBe('123456789012');
  expect(element('Arn', answer)).toBe(caller.arn);
  expect(element('UserId', answer)).toMatch(/^AROA\w+:b1$/);
});

test("an assumed role's session acts as the role, and belongs to the build and phase that assumed it", async () => {
  const { call, caller, sessions, mayAssume } = setUp();

  const answer = await call('AssumeRole', { RoleArn: ROLE, RoleSessionName: 'cdk', ExternalId: 'x' });

  const session = sessions.find(element('AccessKeyId', answer));
  expect(session).toMatchObject({
    // The path of a role is no part of its sessions' names.
    arn: 'arn:aws:sts::123456789012:assumed-role/deploy/cdk',
    roleArn: ROLE,
    parent: caller,
  });
  expect(session?.phase()).toBe('BUILD');
  expect(mayAssume).toHaveBeenCalledWith(
    caller,
    ROLE,
    {
      'sts:RoleSessionName': 'cdk',
      'sts:ExternalId': 'x',
    },
    'sts:AssumeRole',
  );
  expect(Date.parse(element('Expiration', answer))).toBeGreaterThan(Date.now());
});

test('a role that does not trust the caller gives no credentials', async () => {
  const { call } = setUp(false);

  await expect(call('AssumeRole', { RoleArn: ROLE, RoleSessionName: 'cdk' })).rejects.toMatchObject({
    code: 'AccessDenied',
    status: 403,
    message: `not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
  });
});

test.each([
  ['a role that is no ARN', { RoleArn: 'deploy', RoleSessionName: 'cdk' }],
  ['a session name that AWS refuses', { RoleArn: ROLE, RoleSessionName: 'with space' }],
  ['no session name', { RoleArn: ROLE }],
])('%s is a ValidationError', async (_what, input) => {
  const { call, mayAssume } = setUp();

  await expect(call('AssumeRole', input)).rejects.toMatchObject({ code: 'ValidationError' });
  expect(mayAssume).not.toHaveBeenCalled();
});

test('a session begun with policies is limited by them, inline and managed', async () => {
  const { call, sessions } = setUp();
  const inline = { Statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' } };

  const answer = await call('AssumeRole', {
    RoleArn: ROLE,
    RoleSessionName: 'cdk',
    Policy: JSON.stringify(inline),
    PolicyArns: [{ arn: 'arn:aws:iam::123456789012:policy/read-only' }],
  });

  expect(sessions.find(element('AccessKeyId', answer))?.policies).toEqual([inline, READ_ONLY]);
  const unlimited = await call('AssumeRole', { RoleArn: ROLE, RoleSessionName: 'cdk' });
  expect(sessions.find(element('AccessKeyId', unlimited))?.policies).toBeUndefined();
});

test('tags are given only by who may tag sessions, and follow the chain where they are transitive', async () => {
  const tags = {
    Tags: [
      { Key: 'team', Value: 'a' },
      { Key: 'stage', Value: 'b' },
    ],
    TransitiveTagKeys: ['team'],
  };
  const input = { RoleArn: ROLE, RoleSessionName: 'cdk' };
  await expect(setUp(['sts:AssumeRole']).call('AssumeRole', { ...input, ...tags })).rejects.toMatchObject({
    code: 'AccessDenied',
  });

  const { call, mayAssume, sessions } = setUp(['sts:AssumeRole', 'sts:TagSession']);
  const session = sessions.find(element('AccessKeyId', await call('AssumeRole', { ...input, ...tags })));
  expect(session).toMatchObject({ tags: { team: 'a', stage: 'b' }, transitiveTags: ['team'] });
  expect(mayAssume.mock.calls[1]?.[2]).toMatchObject({
    'aws:RequestTag/team': 'a',
    'aws:TagKeys': ['team', 'stage'],
  });

  const next = setUp(true, { tags: session?.tags, transitiveTags: session?.transitiveTags });
  const chained = next.sessions.find(element('AccessKeyId', await next.call('AssumeRole', input)));
  expect(chained?.tags).toEqual({ team: 'a' });
  await expect(next.call('AssumeRole', { ...input, ...tags })).rejects.toMatchObject({
    code: 'InvalidParameterValue',
  });
});

test('a source identity needs its own permission, and stays for the whole chain', async () => {
  const input = { RoleArn: ROLE, RoleSessionName: 'cdk', SourceIdentity: 'ada' };
  await expect(setUp(['sts:AssumeRole']).call('AssumeRole', input)).rejects.toMatchObject({
    code: 'AccessDenied',
  });

  const { call, sessions } = setUp(true, { sourceIdentity: 'ada' });
  const answer = await call('AssumeRole', { ...input, SourceIdentity: undefined });
  expect(sessions.find(element('AccessKeyId', answer))?.sourceIdentity).toBe('ada');
});

test.each([
  [
    'longer than an hour, in a chain of roles',
    { DurationSeconds: '7200' },
    'ValidationError',
    'role chaining',
  ],
  ['shorter than AWS gives', { DurationSeconds: '60' }, 'ValidationError', 'durationSeconds'],
  ['with a policy that is no JSON', { Policy: '{' }, 'MalformedPolicyDocument', 'invalid Json'],
  ['with a managed policy that is not there', { PolicyArns: [{ arn: 'arn:x' }] }, 'ValidationError', 'arn:x'],
])('a session %s is refused', async (_, input, code, message) => {
  const asked = setUp().call('AssumeRole', { RoleArn: ROLE, RoleSessionName: 'cdk', ...input });
  await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
});

test.each([
  ['GetSessionToken', 'AccessDenied', 'Cannot call GetSessionToken with session credentials'],
  ['GetFederationToken', 'AccessDenied', 'Cannot call GetFederationToken with session credentials'],
  ['AssumeRoleWithWebIdentity', 'InvalidIdentityToken', 'its account has no identity provider'],
  ['AssumeRoleWithSAML', 'InvalidIdentityToken', 'its account has no identity provider'],
  ['DecodeAuthorizationMessage', 'InvalidAction', 'does not answer sts:DecodeAuthorizationMessage'],
])('%s hands out no credentials, and says why', async (operation, code, message) => {
  const asked = setUp().call(operation, { RoleArn: ROLE, RoleSessionName: 'cdk' });
  await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
});
