import { evaluate, type Policies, type Request } from '../../../tools/iam/evaluate';
import type { PolicyDocument, Statement } from '../../../tools/iam/policy';
import { type Remedy, remedyFor, trustRemedy } from '../../../tools/simulator/iam/remedy';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/build`;
const REPOSITORY = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/mangoo-backend`;

function request(action: string, resource: string, context: Request['context'] = {}): Request {
  const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/build/one`;
  return { action, resource, context, principal: { arn, roleArn: ROLE, account: ACCOUNT } };
}

function policy(...statements: Partial<Statement>[]): PolicyDocument {
  return {
    Statement: statements.map((one) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...one })),
  };
}

function remedy(asked: Request, policies: Policies): Remedy {
  const verdict = evaluate(asked, policies);
  expect(verdict.allowed).toBe(false);
  return remedyFor(asked, verdict, policies, { role: 'build', boundary: 'arn:boundary' });
}

const inline = (...statements: Partial<Statement>[]): Policies['identity'] => [
  { name: 'inline', document: policy(...statements) },
];

test('what no policy allows is allowed by the statement that is told, and by no smaller one', () => {
  const asked = request('ecr:PutImage', REPOSITORY);
  const told = remedy(asked, { identity: inline({ Action: 'ecr:BatchGetImage' }) });

  expect(told).toEqual({
    cause: 'missing',
    statement: { Effect: 'Allow', Action: 'ecr:PutImage', Resource: REPOSITORY },
    change: 'add the statement to a policy of build',
  });
  expect(evaluate(asked, { identity: inline(told.statement as Statement) }).allowed).toBe(true);
});

test('what is not known before it is made is told as a pattern, which allows the request too', () => {
  const asked = request('ec2:CreateSubnet', `arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/new`);
  const { statement } = remedy(asked, { identity: [] });

  expect(statement?.Resource).toBe(`arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/*`);
  expect(evaluate(asked, { identity: inline(statement as Statement) }).allowed).toBe(true);
});

test('a boundary that would go on denying is named at once', () => {
  const boundary = policy({ Action: 's3:*' });
  const missing = remedy(request('ecr:PutImage', REPOSITORY), { identity: [], boundary });
  expect(missing).toMatchObject({
    cause: 'missing',
    change: 'add the statement to a policy of build, and to the permissions boundary arn:boundary',
  });

  const bounded = remedy(request('ecr:PutImage', REPOSITORY), { identity: inline({}), boundary });
  expect(bounded).toMatchObject({
    cause: 'boundary',
    statement: { Action: 'ecr:PutImage', Resource: REPOSITORY },
    change: 'add the statement to the permissions boundary arn:boundary of build',
  });
});

test('an explicit deny has no statement that would help: the one that denies is named', () => {
  const told = remedy(request('ecr:PutImage', REPOSITORY), {
    identity: inline({}, { Sid: 'Freeze', Effect: 'Deny', Action: 'ecr:Put*' }),
  });
  expect(told).toEqual({
    cause: 'explicitDeny',
    change: `except ecr:PutImage on ${REPOSITORY} from statement Freeze of inline, which denies it`,
  });

  const resource = policy({ Effect: 'Deny', Principal: '*', Action: 'ecr:*' });
  expect(remedy(request('ecr:PutImage', REPOSITORY), { identity: inline({}), resource }).change).toBe(
    `except ecr:PutImage on ${REPOSITORY} from statement #1 of a resource-based policy, which denies it`,
  );
});

test('a condition that does not hold is told with what the request carried, not answered with a wider statement', () => {
  const identity = inline({
    Action: 'iam:PassRole',
    Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
  });
  const passed = (context: Request['context']): Remedy =>
    remedy(request('iam:PassRole', ROLE, context), { identity });

  const wrong = passed({ 'iam:PassedToService': 'ec2.amazonaws.com' });
  expect(wrong).toMatchObject({ cause: 'condition' });
  expect(wrong.statement).toBeUndefined();
  expect(wrong.change).toContain(
    'statement #1 of inline allows it only with StringEquals iam:PassedToService ecs-tasks.amazonaws.com, but it is ec2.amazonaws.com',
  );
  expect(passed({}).change).toContain('but it is not in the request');
});

test('a session policy that limits is told apart from the role', () => {
  expect(
    remedy(request('ecr:PutImage', REPOSITORY), {
      identity: inline({}),
      session: [policy({ Action: 's3:*' })],
    }),
  ).toMatchObject({
    cause: 'sessionPolicy',
    change: 'add the statement to the session policy with which build was assumed',
  });
});

describe('a role that does not let in', () => {
  const deploy = `arn:aws:iam::${ACCOUNT}:role/deploy`;
  const asked = request('sts:AssumeRole', deploy, { 'sts:ExternalId': 'y' });
  const trust = (one: Partial<Statement>): PolicyDocument => ({
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', ...one },
  });

  test('is told with the statement for its trust policy', () => {
    expect(trustRemedy(asked, trust({ Principal: { Service: 'ecs.amazonaws.com' } }), 'deploy')).toEqual({
      cause: 'trustPolicy',
      statement: { Effect: 'Allow', Principal: { AWS: ROLE }, Action: 'sts:AssumeRole' },
      change: 'add the statement to the trust policy of deploy',
    });
  });

  test('because of a condition is told with the condition', () => {
    const conditional = trust({
      Principal: { AWS: ROLE },
      Condition: { StringEquals: { 'sts:ExternalId': 'x' } },
    });
    const told = trustRemedy(asked, conditional, 'deploy');
    expect(told.statement).toBeUndefined();
    expect(told.change).toContain('StringEquals sts:ExternalId x, but it is y');
  });

  test('by a deny is told with the deny', () => {
    const denying = trust({ Sid: 'NotBuilds', Effect: 'Deny', Principal: { AWS: ROLE } });
    const told = trustRemedy(asked, denying, 'deploy');
    expect(told.statement).toBeUndefined();
    expect(told.change).toContain('statement NotBuilds of the trust policy of deploy');
  });

  test('because it is not there is told so', () => {
    expect(trustRemedy(asked, undefined, 'deploy').change).toContain('there is none');
  });
});
