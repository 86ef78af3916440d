import {
  type Answer,
  BACKEND_DIGEST,
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
function state(service: string, rollout: string, deployments = 1): string {
  return `${service}\t${rollout}\t${deployments}\tarn:${service}:7\n`;
}

function rollouts(stdout: string, times?: number): Answer {
  return { to: 'ecs describe-services *--query services*rolloutState*', stdout, times };
}

/** The service's one task. */
function task(service: string): Answer {
  return { to: `ecs list-tasks *--service-name ${service} --query *`, stdout: `arn:${service}\n` };
}

function running(digests: Readonly<Record<string, string>>, status = 'RUNNING', times?: number): Answer {
  return {
    to: 'ecs describe-tasks *--query tasks*imageDigest*',
    stdout: Object.entries(digests)
      .map(([service, digest]) => `service:${service}\t${status}\t${digest}\n`)
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
  await build.answers('aws', [steady, task(BACKEND), task(FRONTEND), running(both)]);

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
    await build.answers('aws', [steady, task(BACKEND), task(FRONTEND), running(both)]);
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
      task(BACKEND),
      task(FRONTEND),
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
      task(BACKEND),
      task(FRONTEND),
      running(both),
    ]);

    const outcome = await build.run('verify.sh', { ...elsewhere, AWS_REGION: 'eu-west-1' });

    expect(outcome.code).toBe(0);
    const [assume, ...others] = outcome.calls;
    expect(assume && option(assume, '--role-session-name')).toBe('5e1f');
    expect(others.length).toBeGreaterThan(3);
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
    task(BACKEND),
    task(FRONTEND),
    running({ [BACKEND]: `${OLD},${BACKEND_DIGEST}`, [FRONTEND]: `${FRONTEND_DIGEST},${OLD}` }),
  ]);

  expect((await build.run('verify.sh', env)).code).toBe(0);
});

test('a rollout in progress is waited for, not forced', async () => {
  await build.answers('aws', [
    rollouts(state(BACKEND, 'IN_PROGRESS', 2) + state(FRONTEND, 'COMPLETED', 2), 2),
    steady,
    task(BACKEND),
    task(FRONTEND),
    running({ [BACKEND]: OLD, [FRONTEND]: OLD }, 'RUNNING', 2),
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
    task(BACKEND),
    task(FRONTEND),
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
      task(BACKEND),
      task(FRONTEND),
      running({ [BACKEND]: BACKEND_DIGEST, [FRONTEND]: OLD }, 'RUNNING', 3),
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
      task(BACKEND),
      task(FRONTEND),
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
      steady,
      { to: `ecs list-tasks *--service-name ${BACKEND} --query *`, stdout: '\n' },
      task(FRONTEND),
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
      task(BACKEND),
      task(FRONTEND),
      { ...mixed, stdout: `${mixed.stdout}service:${BACKEND}\tRUNNING\t${OLD}\n` },
      forces,
      ...reasons,
    ]);

    expect((await build.run('verify.sh', env)).code).toBe(1);
  });
});

test('a task that auto scaling starts meanwhile is waited for: no second rollout for nothing', async () => {
  const starting = running(both, 'RUNNING', 1);
  await build.answers('aws', [
    steady,
    task(BACKEND),
    task(FRONTEND),
    { ...starting, stdout: `${starting.stdout}service:${BACKEND}\tPENDING\t\n` },
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
    task(BACKEND),
    task(FRONTEND),
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
    task(BACKEND),
    task(FRONTEND),
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
  await build.answers('aws', [
    rollouts(state(BACKEND, 'COMPLETED')),
    task(BACKEND),
    task(FRONTEND),
    running(both),
  ]);

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
    task(BACKEND),
    task(FRONTEND),
    running(both),
  ]);

  expect(errors(await build.run('verify.sh', env))[0]).toContain(`there is no service ${FRONTEND}`);
});

test('ECS that does not answer ends the build', async () => {
  await build.answers('aws', [{ to: '*', stderr: 'ServerException\n', exit: 254 }]);

  const outcome = await build.run('verify.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(outcome.calls).toHaveLength(1);
});
