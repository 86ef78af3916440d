import { AwsError, type AwsRequest } from '../../../tools/simulator/gateway/request';
import { type Session, Sessions } from '../../../tools/simulator/gateway/sessions';
import { Sts } from '../../../tools/simulator/services/sts';

const ROLE = 'arn:aws:iam::123456789012:role/service-role/deploy';

function setUp(allowed = true) {
  const sessions = new Sessions();
  const caller = sessions.issue({
    arn: 'arn:aws:sts::123456789012:assumed-role/build/b1',
    roleArn: 'arn:aws:iam::123456789012:role/build',
    phase: () => 'BUILD',
  });
  const mayAssume = jest.fn((_session: Session, roleArn: string) =>
    Promise.resolve({
      allowed,
      message: `not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    }),
  );
  const sts = new Sts('123456789012', sessions, { mayAssume });
  const call = async (operation: string, input: object = {}): Promise<string> => {
    const { body } = await sts.handle({ operation, input, session: caller, protocol: 'query' } as AwsRequest);
    return body as string;
  };
  return { sessions, caller, mayAssume, call };
}

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
  expect(mayAssume).toHaveBeenCalledWith(caller, ROLE, {
    'sts:RoleSessionName': 'cdk',
    'sts:ExternalId': 'x',
  });
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

test('an operation that is not simulated says so instead of handing out credentials of the emulator', async () => {
  await expect(setUp().call('GetSessionToken')).rejects.toThrow(AwsError);
});
