import { execFileSync } from 'node:child_process';
import {
  type Answer,
  callsOf,
  errors,
  type Outcome,
  option,
  ScratchBuild,
  structured,
} from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

const LIVE = 'fedcba9876543210fedcba9876543210fedcba98';
const BEGAN = '1764000000.123';

/** Rows of `aws codebuild batch-get-builds`, as `turn.sh` asks for them. */
function listed(...rows: readonly (readonly [number: number, status: string, phase: string])[]): Answer[] {
  return [
    { to: 'codebuild list-builds-for-project *', stdout: `None\t${rows.map(([n]) => `p:${n}`).join(' ')}\n` },
    {
      to: 'codebuild batch-get-builds *',
      stdout: rows.map((row) => [...row, 30, BEGAN].join('\t')).join('\n'),
    },
  ];
}

const OWN = [7, 'IN_PROGRESS', 'POST_BUILD'] as const;
/** What CloudFormation says of a stack, as `describe_stacks` asks for it. */
function stackIs(status: string, name = 'MangooStack'): Answer {
  return {
    to: `cloudformation describe-stacks --stack-name ${name} *`,
    stdout: JSON.stringify({ StackName: name, StackStatus: status }),
  };
}

const QUIET = stackIs('UPDATE_COMPLETE');
const NO_RECORD: Answer = {
  to: 'ssm get-parameter *',
  stderr: 'An error occurred (ParameterNotFound) when calling the GetParameter operation: \n',
  exit: 254,
};

function recorded(record: unknown): Answer {
  return { to: 'ssm get-parameter *', stdout: `${JSON.stringify(record)}\n` };
}

/** The later answers are those that hold when the earlier ones are used up. */
async function turn(
  answers: readonly Answer[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  await build.answers('aws', answers);
  return build.run('turn.sh', { TURN_POLL_SECONDS: '0.01', CODEBUILD_BUILD_NUMBER: '7', ...env });
}

const told = ({ stderr }: Outcome): string[] => stderr.split('\n').filter((line) => line.startsWith('==> '));

/** The project's timeout is far away. */
const later = (answers: Answer[]): Answer[] =>
  answers.map((answer) => ({ ...answer, stdout: answer.stdout?.replaceAll('\t30\t', '\t99999999\t') }));

test('whoever goes on has the record of what is live and the stacks for the deployment, not those of before it waited', async () => {
  await build.file('.artifacts/live.json', '{}');
  await build.file('.artifacts/stacks.json', '');

  await turn([...listed(OWN), QUIET, recorded({ commit: LIVE, release: '6' })]);

  expect(JSON.parse(await build.read('.artifacts/live.json'))).toEqual({ commit: LIVE, release: '6' });
  expect(await build.read('.artifacts/stacks.json')).toBe(`${QUIET.stdout}\u001e`);
});

test('the only build goes on at once, having asked for its own project, its stacks and its record, and nothing else', async () => {
  const outcome = await turn([...listed(OWN), QUIET, NO_RECORD]);

  expect(outcome).toMatchObject({ code: 0, stdout: '' });
  expect(told(outcome)).toEqual(['==> no release is recorded as live yet']);
  const calls = callsOf(outcome, 'aws');
  expect(calls.map(({ args }) => args.slice(0, 2).join(' ')).sort()).toEqual([
    'cloudformation describe-stacks',
    'codebuild batch-get-builds',
    'codebuild list-builds-for-project',
    'ssm get-parameter',
  ]);
  const [list, batch] = calls;
  expect(list && option(list, '--project-name')).toBe('mangoo-build-deploy');
  expect(batch && option(batch, '--ids')).toBe('p:7');
  const [stack] = callsOf(outcome, 'aws cloudformation');
  expect(stack && option(stack, '--stack-name')).toBe('MangooStack');
  const [record] = callsOf(outcome, 'aws ssm');
  expect(record && option(record, '--name')).toBe('/mangoo-releases/default');
});

test('builds are asked for in the default order: sorted, more than 100 are refused', async () => {
  const outcome = await turn([...listed(OWN), QUIET, NO_RECORD]);

  expect(callsOf(outcome, 'aws codebuild').flatMap(({ args }) => args)).not.toContain('--sort-order');
});

describe('a newer build', () => {
  test.each([
    ['runs', 'IN_PROGRESS', 'BUILD'],
    ['waits for a place', 'IN_PROGRESS', 'QUEUED'],
    ['has succeeded', 'SUCCEEDED', 'COMPLETED'],
  ])('that %s makes this one stop itself, and no later command of it runs', async (_, status, phase) => {
    const outcome = await turn([
      ...listed([9, 'FAILED', 'COMPLETED'], [8, status, phase], OWN),
      QUIET,
      NO_RECORD,
      { to: 'codebuild stop-build *' },
    ]);

    const [stop] = callsOf(outcome, 'aws codebuild stop-build');
    expect(stop && option(stop, '--id')).toBe('mangoo-build-deploy:5e1f');
    expect(structured(outcome, 'superseded')).toEqual([{ mangoo: 'superseded', by: 8 }]);
    expect(told(outcome)).toEqual([
      '==> superseded by build 8: this build stops itself, and deploys nothing',
    ]);
    // Here the stop never comes.
    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      'ERROR: superseded by build 8; CodeBuild was asked to stop this build and has not done it',
    ]);
  });

  test('is told to the notifier before CodeBuild is asked, since nothing may be written after that', async () => {
    const outcome = await turn([
      ...listed([8, 'IN_PROGRESS', 'BUILD'], OWN),
      QUIET,
      NO_RECORD,
      { to: 'codebuild stop-build *', stderr: 'asked\n' },
    ]);

    expect(outcome.stderr.indexOf('"superseded"')).toBeLessThan(outcome.stderr.indexOf('asked\n'));
  });

  test('that cannot be made way for, because the stop is denied, ends the build all the same', async () => {
    const outcome = await turn([
      ...listed([8, 'IN_PROGRESS', 'BUILD'], OWN),
      QUIET,
      NO_RECORD,
      { to: 'codebuild stop-build *', stderr: 'AccessDeniedException\n', exit: 254 },
    ]);

    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain('AccessDeniedException');
  });

  test.each(['FAILED', 'STOPPED', 'FAULT', 'TIMED_OUT'])(
    'that ended as %s is none to make way for',
    async (status) => {
      expect(await turn([...listed([8, status, 'COMPLETED'], OWN), QUIET, NO_RECORD])).toMatchObject({
        code: 0,
      });
    },
  );
});

describe('an older build', () => {
  test('that has begun is waited for, which is said once, and then this one goes on', async () => {
    const [list, busy] = later(listed(OWN, [6, 'IN_PROGRESS', 'POST_BUILD'])) as [Answer, Answer];
    const [, quiet] = listed(OWN, [6, 'SUCCEEDED', 'COMPLETED']) as [Answer, Answer];
    const outcome = await turn([list, { ...busy, times: 3 }, quiet, QUIET, NO_RECORD]);

    expect(outcome.code).toBe(0);
    expect(told(outcome)).toEqual([
      '==> waiting for build 6 (POST_BUILD)',
      '==> no release is recorded as live yet',
    ]);
    expect(callsOf(outcome, 'aws codebuild batch-get-builds')).toHaveLength(4);
    // What is live is what the older one left: it is asked after its end.
    const last = outcome.calls.map(({ args }) => args[1]).lastIndexOf('batch-get-builds');
    expect(
      outcome.calls
        .slice(last + 1)
        .map(({ args }) => args[1])
        .sort(),
    ).toEqual(['describe-stacks', 'get-parameter']);
  });

  test.each(['SUBMITTED', 'QUEUED', 'PROVISIONING'])(
    'in %s is not waited for: it may wait for the place of this one',
    async (phase) => {
      expect(await turn([...listed(OWN, [6, 'IN_PROGRESS', phase]), QUIET, NO_RECORD])).toMatchObject({
        code: 0,
      });
    },
  );

  test('that does not end is given up on before this build times out, with its number', async () => {
    const outcome = await turn([...listed(OWN, [6, 'IN_PROGRESS', 'BUILD']), QUIET, NO_RECORD]);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      "ERROR: this build's time is up, and it still waits for build 6 (BUILD): start it again when that has ended, or raise build.timeoutMinutes",
    ]);
  });

  test('behind a hundred newer ones is found on a later page', async () => {
    const page = (token: string, ids: string): Answer => ({
      to: 'codebuild list-builds-for-project *',
      stdout: `${token}\t${ids}\n`,
    });
    const outcome = await turn([
      {
        ...page('more', 'p:6'),
        to: 'codebuild list-builds-for-project *--next-token more *',
        stdout: 'even-more\tp:6\n',
      },
      page('more', 'p:7'),
      { to: 'codebuild batch-get-builds --ids p:7 *', stdout: `${[...OWN, 30, BEGAN].join('\t')}\n` },
      { to: 'codebuild batch-get-builds --ids p:6 *', stdout: `6\tSUCCEEDED\tCOMPLETED\t30\t${BEGAN}\n` },
      QUIET,
      NO_RECORD,
    ]);

    expect(outcome.code).toBe(0);
    // A page on which all have ended is the last one: a year's builds are not read.
    expect(callsOf(outcome, 'aws codebuild list-builds-for-project')).toHaveLength(2);
  });
});

test('a list that does not have this build yet decides nothing', async () => {
  const [list, none] = listed([6, 'SUCCEEDED', 'COMPLETED']) as [Answer, Answer];
  const [, own] = listed(OWN) as [Answer, Answer];
  const outcome = await turn([list, { ...none, times: 1 }, own, QUIET, NO_RECORD]);

  expect(outcome.code).toBe(0);
  expect(told(outcome)[0]).toBe(
    "==> waiting for CodeBuild's list of builds, which does not have this one yet",
  );
});

describe('a stack', () => {
  test.each(['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'])(
    'that is still %s after a build that was stopped is waited for',
    async (status) => {
      const outcome = await turn([
        ...later(listed(OWN, [6, 'STOPPED', 'COMPLETED'])),
        { ...stackIs(status), times: 2 },
        QUIET,
        NO_RECORD,
      ]);

      expect(outcome.code).toBe(0);
      expect(told(outcome)[0]).toBe(`==> waiting for stack MangooStack (${status})`);
    },
  );

  test('that waits for the review of its first change set would be waited for in vain', async () => {
    const outcome = await turn([...listed(OWN), stackIs('REVIEW_IN_PROGRESS'), NO_RECORD]);

    expect(outcome.code).toBe(0);
  });

  test('that is not there yet holds nobody up; each of several is asked for', async () => {
    const missing = 'An error occurred (ValidationError) …: Stack with id A does not exist\n';
    const outcome = await turn(
      [
        ...later(listed(OWN)),
        { to: 'cloudformation describe-stacks --stack-name A *', stderr: missing, exit: 254 },
        { ...stackIs('CREATE_IN_PROGRESS', 'B'), times: 1 },
        stackIs('CREATE_COMPLETE', 'B'),
        NO_RECORD,
      ],
      { CDK_STACK_NAME: 'A B' },
    );

    expect(outcome.code).toBe(0);
    expect(told(outcome)[0]).toBe('==> waiting for stack B (CREATE_IN_PROGRESS)');
  });

  test('that may not be looked at ends the build with the reason: nothing is deployed blindly', async () => {
    const denied = 'An error occurred (AccessDenied) when calling the DescribeStacks operation: no\n';
    const outcome = await turn([
      ...listed(OWN),
      { to: 'cloudformation describe-stacks *', stderr: denied, exit: 254 },
      NO_RECORD,
    ]);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([`ERROR: ${denied.trim()}`]);
  });

  test('elsewhere is looked at by the role that watches the rollout; the builds and the record are not', async () => {
    const outcome = await turn(
      [...listed(OWN), QUIET, NO_RECORD, { to: 'sts assume-role *', stdout: 'KEY\tSECRET\tTOKEN\n' }],
      { ROLLOUT_ROLE_ARN: 'arn:aws:iam::444455556666:role/r', TARGET_REGION: 'eu-north-1' },
    );

    expect(outcome.code).toBe(0);
    const used = Object.fromEntries(
      callsOf(outcome, 'aws').map(({ args, env }) => [
        String(args[1]),
        [env.AWS_REGION, env.AWS_SESSION_TOKEN],
      ]),
    );
    expect(used).toEqual({
      'assume-role': ['eu-north-1', ''],
      'describe-stacks': ['eu-north-1', 'TOKEN'],
      'get-parameter': ['', ''],
      'list-builds-for-project': ['', ''],
      'batch-get-builds': ['', ''],
    });
  });
});

describe('what is live', () => {
  /** Two commits, of which the first is older. */
  async function history(): Promise<{ first: string; second: string }> {
    await build.file('a', '1');
    build.commit('One');
    const head = (): string =>
      execFileSync('git', ['rev-parse', 'HEAD'], { cwd: build.root, encoding: 'utf8' }).trim();
    const first = head();
    await build.file('a', '2');
    build.commit('Two');
    return { first, second: head() };
  }

  test('and newer than this commit refuses it, with the way back', async () => {
    const { first, second } = await history();
    const answers = [...listed(OWN), QUIET, recorded({ commit: second, release: '6' })];
    const outcome = await turn(answers, { CODEBUILD_RESOLVED_SOURCE_VERSION: first });

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      `ERROR: this commit is older than what is live (${second}, of release 6): nothing is deployed. To go back on purpose: npm run rollback, or start the build with ROLLBACK=1`,
    ]);
    expect(await turn(answers, { CODEBUILD_RESOLVED_SOURCE_VERSION: first, ROLLBACK: '1' })).toMatchObject({
      code: 0,
    });
  });

  test('and older than this commit, or this very commit, is no reason to stop or to speak', async () => {
    const { first, second } = await history();
    for (const commit of [first, second]) {
      const outcome = await turn([...listed(OWN), QUIET, recorded({ commit, release: '6' })], {
        CODEBUILD_RESOLVED_SOURCE_VERSION: second,
      });
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test.each([
    ['not in this clone, after a forced push', { commit: LIVE, release: '6' }, LIVE],
    ['no commit, but something for git to trip over', { commit: '--help' }, 'the record does not say'],
    ['recorded by somebody else', 'hello', 'the record does not say'],
  ])('and %s is told, and the build goes on', async (_, record, what) => {
    await history();
    const outcome = await turn([...listed(OWN), QUIET, recorded(record)]);

    expect(outcome.code).toBe(0);
    expect(told(outcome)).toEqual([
      `==> WARNING: whether this commit is older than what is live (${what}) cannot be told, because this clone does not have that commit`,
    ]);
  });

  test('and may not be read ends the build with the reason', async () => {
    const denied = 'An error occurred (AccessDeniedException) when calling the GetParameter operation: no\n';
    const outcome = await turn([
      ...listed(OWN),
      QUIET,
      { to: 'ssm get-parameter *', stderr: denied, exit: 254 },
    ]);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([`ERROR: ${denied.trim()}`]);
  });
});

test('the time of a build is read as both versions of the AWS CLI print it', async () => {
  for (const began of [String(Date.now() / 1000), new Date().toISOString()]) {
    const [list, busy] = listed(OWN, [6, 'IN_PROGRESS', 'BUILD']) as [Answer, Answer];
    const [, quiet] = listed(OWN) as [Answer, Answer];
    const soon = { ...busy, stdout: busy.stdout?.replaceAll(BEGAN, began), times: 1 };
    const outcome = await turn([list, soon, quiet, QUIET, NO_RECORD]);

    expect(told(outcome)[0]).toBe('==> waiting for build 6 (BUILD)');
    expect(outcome.code).toBe(0);
    await build.remove();
    build = await ScratchBuild.create();
  }
});
