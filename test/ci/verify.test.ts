import {
  type Answer,
  BACKEND_DIGEST,
  type Call,
  callsOf,
  COMMIT,
  errors,
  FRONTEND_DIGEST,
  option,
  ScratchBuild,
  structured,
} from './scratch-build';

const BACKEND = 'mangoo-backend-service';
const FRONTEND = 'mangoo-frontend-service';
const OLD = `sha256:${'0'.repeat(64)}`;
const env = { ROLLOUT_POLL_SECONDS: '0' };

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
});
afterEach(() => build.remove());

/** One service's row among the rollouts. */
function state(service: string, rollout: string, deployments = 1, tasks = 1): string {
  return `${service}\t${rollout}\t${deployments}\tarn:${service}:7\t${tasks}\n`;
}

function rollouts(stdout: string, times?: number): Answer {
  return { to: 'ecs describe-services *--query services*rolloutState*', stdout, times };
}

/** The cluster's tasks. */
const listed: Answer = {
  to: 'ecs list-tasks --cluster mangoo-cluster --query taskArns --output text',
  stdout: 'arn:1\tarn:2\n',
};

/** What is wanted of the tasks, and what they are. */
function running(
  digests: Readonly<Record<string, string>>,
  status: readonly [desired: string, last: string] = ['RUNNING', 'RUNNING'],
  times?: number,
): Answer {
  return {
    to: 'ecs describe-tasks *--query tasks*desiredStatus, lastStatus*imageDigest*',
    stdout: Object.entries(digests)
      .map(([service, digest]) => `${[`service:${service}`, ...status, digest].join('\t')}\n`)
      .join(''),
    times,
  };
}

const forces: Answer = { to: 'ecs update-service *', stdout: 'done\n' };
const steady = rollouts(state(BACKEND, 'COMPLETED') + state(FRONTEND, 'COMPLETED'));
const both = { [BACKEND]: BACKEND_DIGEST, [FRONTEND]: FRONTEND_DIGEST };
/** What the service and its stopped tasks say when something went wrong. */
const reasons: Answer[] = [
  {
    to: 'ecs describe-services * --output json *',
    stdout: JSON.stringify({
      services: [{ events: [{ message: 'unable to place a task' }, { message: 'no capacity' }] }],
    }),
  },
  {
    to: 'ecs list-tasks *--desired-status STOPPED *',
    stdout: JSON.stringify({ taskArns: ['arn:1', 'arn:2'] }),
  },
  {
    to: 'ecs describe-tasks * --output json *',
    stdout: JSON.stringify({ tasks: [{ taskArn: 'arn:1', stoppedReason: 'CannotPullContainerError' }] }),
  },
];

test('the build ends well when every task runs the pushed digest, and nothing is restarted for it', async () => {
  await build.answers('aws', [steady, listed, running(both)]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
  expect(await build.read('.artifacts/services.tsv')).toBe(
    `${BACKEND}\t${BACKEND_DIGEST}\trolled\tarn:${BACKEND}:7\n${FRONTEND}\t${FRONTEND_DIGEST}\trolled\tarn:${FRONTEND}:7\n`,
  );
  expect(outcome.calls.map((call) => option(call, '--cluster'))).toEqual(
    outcome.calls.map(() => 'mangoo-cluster'),
  );
});

describe('the deployment that programs count', () => {
  test('it is told once, at the end, with what whoever pushed has waited for', async () => {
    await build.answers('aws', [steady, listed, running(both)]);
    const CODEBUILD_START_TIME = String(Date.now() - 412_000);

    const outcome = await build.run('verify.sh', { ...env, CODEBUILD_START_TIME });

    const [told, ...more] = structured(outcome, 'deployment') as { seconds: number }[];
    expect(more).toEqual([]);
    expect(told).toEqual({ mangoo: 'deployment', commit: COMMIT, seconds: told?.seconds });
    expect(told?.seconds).toBeGreaterThanOrEqual(411);
    expect(told?.seconds).toBeLessThan(512);
    expect(outcome.stderr.trimEnd().split('\n').at(-1)).toBe(JSON.stringify(told));
  });

  test('one that did not come about is not counted', async () => {
    await build.answers('aws', [
      rollouts(state(BACKEND, 'COMPLETED') + state(FRONTEND, 'FAILED', 2)),
      listed,
      running(both),
      ...reasons,
    ]);

    expect(structured(await build.run('verify.sh', env), 'deployment')).toEqual([]);
  });
});

describe('an application in another account', () => {
  const ROLE = 'arn:aws:iam::444455556666:role/mangoo-build-prod-rollout';
  const elsewhere = { ...env, ROLLOUT_ROLE_ARN: ROLE, TARGET_REGION: 'ap-south-1' };

  test('it is looked at there, by the role that may; the session is named by the build', async () => {
    await build.answers('aws', [
      { to: `sts assume-role --role-arn ${ROLE} *`, stdout: 'ASIAKEY\ts/e+cr=et\ttok/en==\n' },
      steady,
      listed,
      running(both),
    ]);

    const outcome = await build.run('verify.sh', { ...elsewhere, AWS_REGION: 'eu-west-1' });

    expect(outcome.code).toBe(0);
    const [assume, ...others] = outcome.calls;
    expect(assume && option(assume, '--role-session-name')).toBe('5e1f');
    expect(others).toHaveLength(3);
    for (const call of others) {
      expect(call.env).toMatchObject({
        AWS_ACCESS_KEY_ID: 'ASIAKEY',
        AWS_SECRET_ACCESS_KEY: 's/e+cr=et',
        AWS_SESSION_TOKEN: 'tok/en==',
        AWS_REGION: 'ap-south-1',
        AWS_DEFAULT_REGION: 'ap-south-1',
      });
    }
    // The log is for many to read.
    expect(outcome.stdout + outcome.stderr).not.toMatch(/ASIAKEY|s\/e\+cr|tok\/en/);
  });

  test("a role that cannot be assumed ends the build: the pipeline's own account has another cluster of that name", async () => {
    await build.answers('aws', [
      { to: 'sts assume-role *', stderr: 'An error occurred (AccessDenied)\n', exit: 254 },
    ]);

    const outcome = await build.run('verify.sh', elsewhere);

    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain('AccessDenied');
    expect(outcome.calls).toHaveLength(1);
  });
});

test('a sidecar beside the pushed image does not count against it', async () => {
  await build.answers('aws', [
    steady,
    listed,
    running({ [BACKEND]: `${OLD},${BACKEND_DIGEST}`, [FRONTEND]: `${FRONTEND_DIGEST},${OLD}` }),
  ]);

  expect((await build.run('verify.sh', env)).code).toBe(0);
});

test('a rollout in progress is waited for, not forced', async () => {
  await build.answers('aws', [
    rollouts(state(BACKEND, 'IN_PROGRESS', 2) + state(FRONTEND, 'COMPLETED', 2), 2),
    steady,
    listed,
    running({ [BACKEND]: OLD, [FRONTEND]: OLD }, undefined, 2),
    running(both),
  ]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
  expect(await build.read('.artifacts/services.tsv')).not.toContain('forced');
});

test('a service that is steady is not asked again while another is waited for', async () => {
  await build.answers('aws', [
    rollouts(state(BACKEND, 'COMPLETED') + state(FRONTEND, 'IN_PROGRESS'), 1),
    rollouts(state(FRONTEND, 'COMPLETED')),
    listed,
    running(both),
  ]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'aws ecs describe-services').map(({ args }) => args.includes(BACKEND))).toEqual([
    true,
    false,
  ]);
});

describe('a service that the deployment has not rolled', () => {
  test('it is forced to deploy anew, once, and the other is left alone', async () => {
    await build.answers('aws', [
      rollouts(state(BACKEND, 'COMPLETED') + state(FRONTEND, 'COMPLETED'), 1),
      rollouts(state(FRONTEND, 'IN_PROGRESS', 2), 2),
      rollouts(state(FRONTEND, 'COMPLETED')),
      listed,
      running({ [BACKEND]: BACKEND_DIGEST, [FRONTEND]: OLD }, undefined, 3),
      running(both),
      forces,
    ]);

    const outcome = await build.run('verify.sh', env);

    expect(outcome.code).toBe(0);
    const forced = callsOf(outcome, 'aws ecs update-service');
    expect(forced.map((call) => option(call, '--service'))).toEqual([FRONTEND]);
    expect(forced[0]?.args).toContain('--force-new-deployment');
    expect(await build.read('.artifacts/services.tsv')).toBe(
      `${BACKEND}\t${BACKEND_DIGEST}\trolled\tarn:${BACKEND}:7\n${FRONTEND}\t${FRONTEND_DIGEST}\tforced\tarn:${FRONTEND}:7\n`,
    );
  });

  test('still on the old image after that, it fails the build, with its reasons, and is not forced for ever', async () => {
    await build.answers('aws', [
      steady,
      listed,
      running({ [BACKEND]: OLD, [FRONTEND]: FRONTEND_DIGEST }),
      forces,
      ...reasons,
    ]);

    const outcome = await build.run('verify.sh', env);

    expect(outcome.code).toBe(1);
    expect(callsOf(outcome, 'aws ecs update-service')).toHaveLength(1);
    expect(errors(outcome)).toEqual([
      `ERROR: ${BACKEND} does not run ${BACKEND_DIGEST}: ECS went back to what ran before, or the task definition names another image`,
    ]);
    expect(outcome.stderr).toContain('CannotPullContainerError');
  });

  test('without a task it runs nothing, whatever ECS calls it', async () => {
    await build.answers('aws', [
      rollouts(state(BACKEND, 'COMPLETED', 1, 0) + state(FRONTEND, 'COMPLETED')),
      listed,
      running({ [FRONTEND]: FRONTEND_DIGEST }),
      forces,
      ...reasons,
    ]);

    const outcome = await build.run('verify.sh', env);

    expect(outcome.code).toBe(1);
    expect(callsOf(outcome, 'aws ecs update-service').map((call) => option(call, '--service'))).toEqual([
      BACKEND,
    ]);
  });

  test('one old task among new ones is seen', async () => {
    const mixed = running({ [BACKEND]: BACKEND_DIGEST, [FRONTEND]: FRONTEND_DIGEST });
    await build.answers('aws', [
      steady,
      listed,
      { ...mixed, stdout: `${mixed.stdout}service:${BACKEND}\tRUNNING\tRUNNING\t${OLD}\n` },
      forces,
      ...reasons,
    ]);

    expect((await build.run('verify.sh', env)).code).toBe(1);
  });
});

test('a task that auto scaling starts meanwhile is waited for: no second rollout for nothing', async () => {
  const starting = running(both, undefined, 1);
  await build.answers('aws', [
    steady,
    listed,
    { ...starting, stdout: `${starting.stdout}service:${BACKEND}\tRUNNING\tPENDING\t\n` },
    running(both),
    forces,
  ]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
});

test('tasks that cannot be listed are an error, no reason to restart a healthy service', async () => {
  await build.answers('aws', [
    steady,
    { to: 'ecs list-tasks *--query taskArns --output text', stderr: 'AccessDeniedException\n', exit: 254 },
    forces,
    ...reasons,
  ]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
});

test('a rollout that failed fails the build, and the log has the reasons of service and tasks', async () => {
  await build.answers('aws', [
    rollouts(state(BACKEND, 'COMPLETED') + state(FRONTEND, 'FAILED', 2)),
    listed,
    running(both),
    ...reasons,
  ]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain(
    'unable to place a task\nno capacity\ntask arn:1 stopped: CannotPullContainerError\n',
  );
  expect(errors(outcome)).toEqual([`ERROR: the rollout of ${FRONTEND} failed; its last events are above`]);
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
  const [stopped] = callsOf(outcome, 'aws ecs describe-tasks').filter(({ args }) =>
    args.join(' ').includes('--output json'),
  );
  expect(stopped?.args).toEqual(expect.arrayContaining(['arn:1', 'arn:2']));
});

test('a service that never becomes steady ends the build in time, with its reasons', async () => {
  await build.answers('aws', [
    rollouts(state(BACKEND, 'COMPLETED') + state(FRONTEND, 'IN_PROGRESS', 2), 1),
    rollouts(state(FRONTEND, 'IN_PROGRESS', 2)),
    listed,
    running(both),
    ...reasons,
  ]);

  const outcome = await build.run('verify.sh', { ROLLOUT_POLL_SECONDS: '0.2', ROLLOUT_TIMEOUT_SECONDS: '1' });

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual([`ERROR: after 1 s these services are not steady: ${FRONTEND}`]);
  expect(outcome.stderr).toContain('no capacity');
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
});

test('a service that does not exist is told with where its name comes from', async () => {
  await build.answers('aws', [rollouts(state(BACKEND, 'COMPLETED')), listed, running(both)]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual([
    `ERROR: there is no service ${FRONTEND} in cluster mangoo-cluster: images[].service and application.cluster of the configuration name what the application's stack must make`,
  ]);
  expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
});

test('a service whose name only begins like ours is another', async () => {
  await build.answers('aws', [
    rollouts(
      state(BACKEND, 'COMPLETED') + state(`${FRONTEND}-2`, 'COMPLETED') + state(`x${FRONTEND}`, 'COMPLETED'),
    ),
    listed,
    running(both),
  ]);

  expect(errors(await build.run('verify.sh', env))[0]).toContain(`there is no service ${FRONTEND}`);
});

test('ECS that does not answer ends the build', async () => {
  await build.answers('aws', [{ to: '*', stderr: 'ServerException\n', exit: 254 }]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(callsOf(outcome, 'aws ecs describe-services')).toHaveLength(1);
  expect(callsOf(outcome, 'aws ecs describe-tasks')).toEqual([]);
  // Once, whatever else was asked meanwhile.
  expect(outcome.stderr).toBe('ServerException\n');
});

describe('one look', () => {
  const meets = (mine: string, other: string): string =>
    `touch "$HOME/${mine}"; for _ in {1..300}; do [[ ! -e $HOME/${other} ]] || break; sleep 0.1; done; [[ -e $HOME/${other} ]] || exit 9`;

  test('asks for the services and for the tasks at the same time, which is most of what a verification takes', async () => {
    await build.answers('aws', [
      { ...steady, does: meets('a', 'b') },
      { ...listed, does: meets('b', 'a') },
      running(both),
    ]);

    expect((await build.run('verify.sh', env)).code).toBe(0);
  });

  // A circuit breaker has gone back between the list and the state, and what it takes away still runs: no task that the state
  // is of is on the list.
  test('that lists tasks of before and finds a steady service does not take the one for the other', async () => {
    await build.answers('aws', [
      steady,
      listed,
      running(both, ['STOPPED', 'RUNNING'], 1),
      running({ [BACKEND]: OLD, [FRONTEND]: FRONTEND_DIGEST }),
      forces,
      ...reasons,
    ]);

    const outcome = await build.run('verify.sh', { ROLLOUT_POLL_SECONDS: '0.1' });

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      expect.stringContaining(`ERROR: ${BACKEND} does not run ${BACKEND_DIGEST}`),
    ]);
  });

  test('that finds a task on its way out is taken again at once, and nothing is restarted for it', async () => {
    await build.answers('aws', [
      steady,
      listed,
      running({ [BACKEND]: OLD, [FRONTEND]: OLD }, ['STOPPED', 'DEACTIVATING'], 1),
      running(both),
      forces,
    ]);

    const outcome = await build.run('verify.sh', { ROLLOUT_POLL_SECONDS: '10000' });

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
  });

  test('that lists no task of a service that had some when it was looked at is taken again at once, too', async () => {
    await build.answers('aws', [
      steady,
      { ...listed, stdout: 'arn:2\n', times: 1 },
      listed,
      running({ [FRONTEND]: FRONTEND_DIGEST }, undefined, 1),
      running(both),
      forces,
    ]);

    const outcome = await build.run('verify.sh', { ROLLOUT_POLL_SECONDS: '10000' });

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'aws ecs update-service')).toEqual([]);
  });

  const many = Array.from({ length: 12 }, (_, i) => `s${i}`);

  test('of more services and tasks than one call takes asks in several: ten services, a hundred tasks', async () => {
    await build.file(
      '.artifacts/images.tsv',
      many.map((name) => `${name}\tr\tu@${BACKEND_DIGEST}\t${name}\tpushed\n`).join(''),
    );
    const services = (call: Call): readonly string[] =>
      call.args.slice(call.args.indexOf('--services') + 1, call.args.indexOf('--query'));
    const tasks = (call: Call): readonly string[] =>
      call.args.slice(call.args.indexOf('--tasks') + 1, call.args.indexOf('--query'));
    const told = (option: string, row: string): string =>
      `while [[ $1 != ${option} ]]; do shift; done; shift; while [[ $1 != --query ]]; do printf '${row}' "$1"; shift; done`;
    await build.answers('aws', [
      {
        to: 'ecs describe-services *--query services*rolloutState*',
        does: told('--services', '%s\\tCOMPLETED\\t1\\tarn:7\\t12\\n'),
      },
      // A page of the answer is a line.
      {
        to: 'ecs list-tasks *',
        does: `for name in ${many.join(' ')}; do for i in {1..12}; do printf 'arn:%s/%d\\t' "$name" "$i"; done; echo; done`,
      },
      {
        to: 'ecs describe-tasks *',
        does:
          told('--tasks', '%s\\n') +
          ` | sed -E 's|arn:(.*)/.*|service:\\1\\tRUNNING\\tRUNNING\\t${BACKEND_DIGEST}|'`,
      },
    ]);

    const outcome = await build.run('verify.sh', env);

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'aws ecs describe-services').flatMap(services).sort()).toEqual([...many].sort());
    expect(callsOf(outcome, 'aws ecs describe-services').map((call) => services(call).length)).toEqual(
      expect.arrayContaining([10, 2]),
    );
    const asked = callsOf(outcome, 'aws ecs describe-tasks').map((call) => tasks(call).length);
    expect(asked.sort()).toEqual([100, 44]);
    expect((await build.read('.artifacts/services.tsv')).trimEnd().split('\n')).toHaveLength(12);
  });

  test('that has no answer about some of many services fails with why, once, and passes none', async () => {
    await build.file(
      '.artifacts/images.tsv',
      many.map((name) => `${name}\tr\tu@${BACKEND_DIGEST}\t${name}\tpushed\n`).join(''),
    );
    await build.answers('aws', [
      { to: 'ecs describe-services *', stderr: 'AccessDeniedException\n', exit: 254 },
      listed,
    ]);

    const outcome = await build.run('verify.sh', env);

    expect(outcome.code).toBe(254);
    expect(outcome.stderr).toBe('AccessDeniedException\n');
    expect(await build.read('.artifacts/services.tsv')).toBe('');
  });

  test('tells of a service that is not there where its name comes from', async () => {
    await build.answers('aws', [rollouts(state(BACKEND, 'COMPLETED')), listed]);

    const outcome = await build.run('verify.sh', env);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr.trimEnd()).toBe(
      errors(outcome).find((line) => line.startsWith(`ERROR: there is no service ${FRONTEND}`)),
    );
  });
});
