import type { Judgement } from '../../../tools/simulator/gateway/ledger';
import { evaluate, type NamedPolicy, type Request } from '../../../tools/iam/evaluate';
import type { PolicyDocument, Statement } from '../../../tools/iam/policy';
import { minimalPolicy, unusedGrants, usageOf } from '../../../tools/simulator/iam/usage';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/build`;
const repository = (name: string): string => `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/${name}`;

const PASS: Statement = {
  Sid: 'Pass',
  Effect: 'Allow',
  Action: 'iam:PassRole',
  Resource: '*',
  Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
};
const POLICIES: NamedPolicy[] = [
  {
    name: 'images',
    document: {
      Statement: [
        {
          Effect: 'Allow',
          Action: ['ecr:PutImage', 'ecr:BatchGetImage'],
          Resource: [repository('mangoo-*'), repository('old')],
        },
        { Effect: 'Allow', Action: ['s3:Put*', 's3:Delete*'], Resource: 'arn:aws:s3:::artifacts/*' },
        { Effect: 'Deny', Action: 's3:DeleteBucket', Resource: '*' },
      ],
    },
  },
  { name: 'roles', document: { Statement: PASS } },
];

function request(action: string, resource: string, context: Request['context'] = {}): Request {
  return {
    action,
    resource,
    context,
    principal: { arn: `${ROLE}/session`, roleArn: ROLE, account: ACCOUNT },
  };
}

/** Judged by the policies above, as the authorizer does it. */
function judged(asked: Request, phase = 'BUILD', count = 1): Judgement & { count: number } {
  const verdict = evaluate(asked, { identity: POLICIES });
  const { action, resource, context } = asked;
  return {
    call: {
      phase,
      principal: 'build',
      action,
      resource,
      decision: verdict.allowed ? 'allowed' : 'denied',
      reason: verdict.allowed ? undefined : verdict.message,
    },
    roleArn: ROLE,
    context,
    grant: verdict.by?.statement,
    count,
  };
}

const TASKS = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
const RUN = [
  judged(request('ecr:PutImage', repository('mangoo-backend')), 'BUILD', 2),
  judged(request('ecr:PutImage', repository('mangoo-frontend'))),
  judged(request('ecr:BatchGetImage', repository('mangoo-backend'))),
  judged(request('iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/task`, TASKS), 'POST_BUILD'),
];

function allows(document: PolicyDocument, asked: Request): boolean {
  return evaluate(asked, { identity: [{ name: 'minimal', document }] }).allowed;
}

describe('the minimal policy of a run', () => {
  const minimal = minimalPolicy(RUN);

  test('names what was used, by resource, and keeps the conditions of what granted it', () => {
    expect(minimal).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['ecr:BatchGetImage', 'ecr:PutImage'],
          Resource: repository('mangoo-backend'),
        },
        { Effect: 'Allow', Action: 'ecr:PutImage', Resource: repository('mangoo-frontend') },
        {
          Effect: 'Allow',
          Action: 'iam:PassRole',
          Resource: `arn:aws:iam::${ACCOUNT}:role/task`,
          Condition: PASS.Condition,
        },
      ],
    });
  });

  test('allows every call of the run again', () => {
    for (const { call, context } of RUN) {
      expect([call.action, allows(minimal, request(call.action, call.resource, context))]).toEqual([
        call.action,
        true,
      ]);
    }
  });

  test('allows nothing of another repository, nor another action, nor without the condition', () => {
    expect(allows(minimal, request('ecr:PutImage', repository('mangoo-other')))).toBe(false);
    expect(allows(minimal, request('ecr:BatchGetImage', repository('mangoo-frontend')))).toBe(false);
    expect(allows(minimal, request('ecr:DeleteRepository', repository('mangoo-backend')))).toBe(false);
    expect(allows(minimal, request('iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/task`))).toBe(false);
  });

  test('keeps a wildcard for many files of one folder, and no wider than that folder', () => {
    const files = Array.from({ length: 20 }, (_, i) => `arn:aws:s3:::artifacts/builds/1/dist/${i}.js`);
    const policy = minimalPolicy(files.map((file) => judged(request('s3:PutObject', file))));

    expect(policy.Statement).toEqual([
      { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::artifacts/builds/1/dist/*' },
    ]);
  });

  test('lists many repositories one by one: a wildcard would let others in', () => {
    const names = Array.from({ length: 20 }, (_, i) => repository(`mangoo-${i}`));
    const policy = minimalPolicy(names.map((name) => judged(request('ecr:PutImage', name))));

    expect(policy.Statement).toEqual([
      { Effect: 'Allow', Action: 'ecr:PutImage', Resource: [...names].sort() },
    ]);
  });
});

test('what is granted for nothing is told by action and resource, as the policy writes it', () => {
  expect(unusedGrants(POLICIES, RUN, ACCOUNT)).toEqual([
    {
      policy: 'images',
      statement: '#1',
      actions: ['ecr:BatchGetImage', 'ecr:PutImage'],
      resources: [repository('old')],
    },
    {
      policy: 'images',
      statement: '#2',
      actions: ['s3:Delete*', 's3:Put*'],
      resources: ['arn:aws:s3:::artifacts/*'],
    },
  ]);
});

test('a call outside its condition does not make the grant used', () => {
  const elsewhere = judged(
    request('iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/task`, {
      'iam:PassedToService': 'ec2.amazonaws.com',
    }),
  );
  expect(unusedGrants(POLICIES, [elsewhere], ACCOUNT)).toContainEqual({
    policy: 'roles',
    statement: 'Pass',
    actions: ['iam:PassRole'],
    resources: ['*'],
  });
});

test('a run is told by principal and phase; the administrator has no policy to shrink', () => {
  const denied = judged(request('ecr:PutImage', repository('other')));
  const remedy = { cause: 'missing', change: 'add it' } as const;
  const administrator: Judgement & { count: number } = {
    call: { principal: 'administrator', action: 'iam:CreateRole', resource: ROLE, decision: 'allowed' },
    context: {},
    count: 1,
  };
  const [build, admin] = usageOf(
    [...RUN, { ...denied, remedy }, administrator],
    ACCOUNT,
    new Map([[ROLE, POLICIES]]),
  );

  expect(build?.phases).toEqual([
    {
      phase: 'BUILD',
      used: [
        { action: 'ecr:PutImage', resource: repository('mangoo-backend'), count: 2 },
        { action: 'ecr:PutImage', resource: repository('mangoo-frontend'), count: 1 },
        { action: 'ecr:BatchGetImage', resource: repository('mangoo-backend'), count: 1 },
      ],
      denied: [
        {
          action: 'ecr:PutImage',
          resource: repository('other'),
          count: 1,
          reason: denied.call.reason,
          ...remedy,
        },
      ],
    },
    {
      phase: 'POST_BUILD',
      used: [{ action: 'iam:PassRole', resource: `arn:aws:iam::${ACCOUNT}:role/task`, count: 1 }],
      denied: [],
    },
  ]);
  expect(build?.minimalPolicy).toEqual(minimalPolicy(RUN));
  expect(admin).toEqual({
    principal: 'administrator',
    phases: [
      { phase: undefined, used: [{ action: 'iam:CreateRole', resource: ROLE, count: 1 }], denied: [] },
    ],
    unused: [],
  });
});
