import { exportsOf } from './es-module';
import {
  type Answer,
  ASSUMED,
  callsOf,
  changeSetOf,
  executes,
  type Outcome,
  ScratchBuild,
  type StackEvent,
} from './scratch-build';

const { failed, reasonOf, logsOf } = exportsOf<{
  failed: (task: object) => boolean;
  reasonOf: (task: object) => string;
  logsOf: (template: object, service: string) => object[];
}>('ci/stopped-tasks.mjs');

test.each([
  ['Scaling activity initiated by (deployment ecs-svc/1)', false],
  ['Task failed ELB health checks in (target-group arn)', true],
  ['Essential container in task exited', true],
])('a task that another has replaced is no reason (%s)', (stoppedReason, is) => {
  expect(failed({ stoppedReason })).toBe(is);
});

test('what a task says is one line: why, and how each container ended', () => {
  const containers = [
    { name: 'app', exitCode: 1 },
    { name: 'sidecar', exitCode: 0 },
    { name: 'init', reason: 'OutOfMemoryError', exitCode: 137 },
  ];

  expect(reasonOf({ taskArn: 'arn:task/c/0a1b', stoppedReason: 'Essential container', containers })).toBe(
    'task 0a1b stopped: Essential container; app, exit code 1; init, exit code 137, OutOfMemoryError',
  );
  expect(reasonOf({ taskArn: 'arn:task/c/0a1b' })).toBe('task 0a1b stopped: no reason given');
});

/** As CDK writes it. */
const TEMPLATE = {
  Resources: {
    Service: {
      Type: 'AWS::ECS::Service',
      Properties: { ServiceName: 'mangoo-backend-service', TaskDefinition: { Ref: 'Task' } },
    },
    Task: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: {
        ContainerDefinitions: [
          {
            Name: 'app',
            LogConfiguration: {
              LogDriver: 'awslogs',
              Options: { 'awslogs-group': { Ref: 'Logs' }, 'awslogs-stream-prefix': 'backend' },
            },
          },
          { Name: 'quiet' },
          { Name: 'elsewhere', LogConfiguration: { LogDriver: 'splunk' } },
        ],
      },
    },
  },
};

test("a service's logs are where its own template puts them", () => {
  expect(logsOf(TEMPLATE, 'mangoo-backend-service')).toEqual([
    { container: 'app', group: { Ref: 'Logs' }, prefix: 'backend' },
  ]);
  expect(logsOf(TEMPLATE, 'other')).toEqual([]);
  expect(logsOf({}, 'other')).toEqual([]);
});

describe('a deployment that ECS rolls back', () => {
  const json = (value: object): string => JSON.stringify(value);
  const task = (id: string, stoppedReason: string, stoppedAt: string): object => ({
    taskArn: `arn:task/c/${id}`,
    stoppedReason,
    stoppedAt,
    containers: [{ name: 'app', exitCode: 3 }],
  });
  const stopped: Answer = {
    to: 'ecs describe-tasks *',
    stdout: json({
      tasks: [
        task('old', 'Essential container in task exited', '2026-11-25T10:00:00Z'),
        task('new', 'Essential container in task exited', '2026-11-25T10:05:00Z'),
        task('replaced', 'Scaling activity initiated by (deployment x)', '2026-11-25T10:06:00Z'),
      ],
    }),
  };
  const services: Answer = {
    to: 'ecs describe-services *',
    stdout: json({ services: [{ events: [{ message: 'rolling back to deployment x' }] }] }),
  };
  const tasks: Answer[] = [
    { to: 'ecs list-tasks *mangoo-backend-service*', stdout: json({ taskArns: ['arn:task/c/new'] }) },
    { to: 'ecs list-tasks *', stdout: json({ taskArns: [] }) },
  ];
  const group: Answer = {
    to: 'cloudformation describe-stack-resources --stack-name MangooStack --logical-resource-id Logs *',
    stdout: json({ StackResources: [{ PhysicalResourceId: 'MangooStack-Logs-1' }] }),
  };
  const log: Answer = {
    to: 'logs get-log-events --log-group-name MangooStack-Logs-1 --log-stream-name backend/app/new --limit 20 *',
    stdout: json({ events: [{ message: 'Traceback\n' }, { message: 'KeyError: DATABASE_HOST' }] }),
  };

  let build: ScratchBuild;
  beforeEach(async () => {
    build = await ScratchBuild.create();
    await build.images();
    await build.file(
      '.artifacts/cdk/cdk.out/manifest.json',
      json({
        artifacts: {
          Tree: { type: 'cdk:tree' },
          MangooStack: {
            type: 'aws:cloudformation:stack',
            properties: { templateFile: 'MangooStack.template.json' },
          },
        },
      }),
    );
    await build.file('.artifacts/cdk/cdk.out/MangooStack.template.json', json(TEMPLATE));
    await build.file('.artifacts/change-sets.tsv', `MangooStack\t${changeSetOf('MangooStack')}\n`);
  });
  afterEach(() => build.remove());

  const run = async (
    answers: Answer[],
    env: Record<string, string> = {},
    reason = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.",
  ): Promise<Outcome> => {
    const service: StackEvent = {
      ResourceStatus: 'UPDATE_FAILED',
      ResourceStatusReason: reason,
      ...{ ResourceType: 'AWS::ECS::Service', LogicalResourceId: 'Service', PhysicalResourceId: 's' },
    };
    const StackStatus = 'UPDATE_ROLLBACK_COMPLETE';
    await build.answers('aws', [
      ...answers,
      ASSUMED,
      ...executes('MangooStack', { status: StackStatus, events: [service] }),
      { to: 'cloudformation describe-stacks *', stdout: json({ Stacks: [{ StackStatus }] }) },
    ]);
    return build.run('execute.sh', env);
  };

  test('fails the build, whose log ends with why the tasks stopped and what the newest has logged', async () => {
    const outcome = await run([services, ...tasks, stopped, group, log]);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr.split('\n').slice(-8)).toEqual([
      'rolling back to deployment x',
      'task new stopped: Essential container in task exited; app, exit code 3',
      'task old stopped: Essential container in task exited; app, exit code 3',
      'the last lines of app, from MangooStack-Logs-1:',
      '  | Traceback',
      '  | KeyError: DATABASE_HOST',
      'rolling back to deployment x',
      '',
    ]);
  });

  test('is still told in its own words where the logs may not be read, or are gone with the stack', async () => {
    const outcome = await run([
      services,
      ...tasks,
      stopped,
      group,
      { to: 'logs *', stderr: '\nAn error occurred (ResourceNotFoundException): no stream\n', exit: 254 },
    ]);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('task new stopped');
    expect(outcome.stderr).toContain(
      'logs get-log-events: An error occurred (ResourceNotFoundException): no stream\n',
    );
  });

  test('is not looked for where CloudFormation has told another reason', async () => {
    const outcome = await run([], {}, 'AlreadyExists');

    expect([outcome.code, outcome.stderr.split('\n').at(-2)]).toEqual([
      1,
      'ERROR: MangooStack was not deployed, and is UPDATE_ROLLBACK_COMPLETE: Service: AlreadyExists',
    ]);
    expect(callsOf(outcome, 'aws ecs')).toEqual([]);
  });

  test('elsewhere, is looked at by the role that watches rollouts there', async () => {
    const outcome = await run(
      [
        { to: 'sts assume-role --role-arn arn:role *', stdout: 'ASIA\tsecret\ttoken\n' },
        services,
        ...tasks,
        stopped,
        group,
        log,
      ],
      { ROLLOUT_ROLE_ARN: 'arn:role', TARGET_REGION: 'ap-south-1' },
    );

    const asked = [...callsOf(outcome, 'aws ecs'), ...callsOf(outcome, 'aws logs')];
    expect(asked.length).toBeGreaterThan(3);
    for (const { env } of asked) {
      expect([env.AWS_ACCESS_KEY_ID, env.AWS_REGION]).toEqual(['ASIA', 'ap-south-1']);
    }
  });
});
