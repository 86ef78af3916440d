import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  type ContainerDefinition,
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type Service,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { type Harness, startHarness } from '../gateway/harness';

const ROLE = 'arn:aws:iam::123456789012:role/execution';
const ECR_IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app';
const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };

let aws: Harness;
let ecs: ECSClient;

beforeAll(async () => {
  aws = await startHarness([{ name: 'rollout-fails', argument: 'unlucky' }]);
  ecs = new ECSClient(aws.client);
  await ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
  await new ECRClient(aws.client).send(new CreateRepositoryCommand({ repositoryName: 'app' }));
});

afterAll(() => aws.stop());

afterEach(() => aws.authorizer.denied.clear());

async function taskDefinition(
  family: string,
  image: string,
  executionRoleArn: string | undefined = ROLE,
  container: Partial<ContainerDefinition> = {},
): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      executionRoleArn,
      containerDefinitions: [{ name: 'app', image, memory: 128, ...container }],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

async function create(
  serviceName: string,
  image: string,
  more: Partial<CreateServiceCommandInput> = {},
): Promise<string> {
  const definition = await taskDefinition(serviceName, image);
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'c',
      serviceName,
      taskDefinition: definition,
      desiredCount: 2,
      launchType: 'FARGATE',
      deploymentConfiguration: BREAKER,
      ...more,
    }),
  );
  return definition;
}

async function described(service: string): Promise<Service> {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'c', services: [service] }));
  return services?.[0] as Service;
}

async function tasksOf(serviceName: string, desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING') {
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster: 'c', serviceName, desiredStatus }),
  );
  if (!taskArns.length) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: 'c', tasks: taskArns }));
  return tasks;
}

const messages = (service: Service): string[] =>
  (service.events ?? []).map(({ message = '' }) =>
    message.replace(/ecs-svc\/\d+/g, 'ecs-svc/N').replace(/\(task [0-9a-f]{32}\)/g, '(task T)'),
  );

describe('a rollout that succeeds', () => {
  test('the service becomes stable, which moto never does', async () => {
    const definition = await create('web', 'public.ecr.aws/nginx/nginx:1.27');

    expect(await aws.rollouts.waitUntilSettled('c', 'web')).toEqual({ state: 'COMPLETED' });
    const service = await described('web');
    expect(service).toMatchObject({
      status: 'ACTIVE',
      runningCount: 2,
      pendingCount: 0,
      taskDefinition: definition,
      deploymentConfiguration: BREAKER,
      deployments: [
        { status: 'PRIMARY', rolloutState: 'COMPLETED', taskDefinition: definition, runningCount: 2 },
      ],
    });
    expect(service.deployments?.[0]?.id).toMatch(/^ecs-svc\/\d+$/);
    expect(messages(service)).toEqual([
      '(service web) has reached a steady state.',
      '(service web) (deployment ecs-svc/N) deployment completed.',
      '(service web) has started 2 tasks: (task T) (task T).',
    ]);
  });

  test('while it lasts, the old tasks run on', async () => {
    const definition = await taskDefinition('web', 'public.ecr.aws/nginx/nginx:1.28');
    const { service } = await ecs.send(
      new UpdateServiceCommand({ cluster: 'c', service: 'web', taskDefinition: definition }),
    );

    expect(service?.deployments).toMatchObject([
      {
        status: 'PRIMARY',
        rolloutState: 'IN_PROGRESS',
        taskDefinition: definition,
        runningCount: 0,
        pendingCount: 2,
      },
      { status: 'ACTIVE', rolloutState: 'COMPLETED', runningCount: 2 },
    ]);
    expect(await tasksOf('web')).toHaveLength(2);
  });

  test('whoever asks for the service gets its state after the rollout, so that `aws ecs wait` need not poll', async () => {
    const service = await described('web');

    expect(service.deployments).toHaveLength(1);
    const tasks = await tasksOf('web');
    expect(tasks.map(({ taskDefinitionArn }) => taskDefinitionArn)).toEqual([
      service.taskDefinition,
      service.taskDefinition,
    ]);
    expect(tasks[0]?.containers).toMatchObject([
      { name: 'app', image: 'public.ecr.aws/nginx/nginx:1.28', lastStatus: 'RUNNING' },
    ]);
    expect(await tasksOf('web', 'STOPPED')).toHaveLength(2);
  });

  test('a forced deployment replaces the tasks, and nothing else does without a change', async () => {
    const before = await described('web');
    const same = await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'web' }));
    expect(same.service?.deployments?.[0]?.id).toBe(before.deployments?.[0]?.id);
    const old = (await tasksOf('web')).map(({ taskArn }) => taskArn);

    await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'web', forceNewDeployment: true }));
    await aws.rollouts.waitUntilSettled('c', 'web');

    expect((await described('web')).deployments?.[0]?.id).not.toBe(before.deployments?.[0]?.id);
    const running = (await tasksOf('web')).map(({ taskArn }) => taskArn);
    expect(running).toHaveLength(2);
    expect(old.filter((arn) => running.includes(arn))).toEqual([]);
    expect(aws.rollouts.services()).toMatchObject([
      { name: 'web', cluster: 'c', rollout: 'COMPLETED', forced: true },
    ]);
  });

  test('another number of tasks is no deployment', async () => {
    const before = await described('web');
    await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'web', desiredCount: 1 }));

    expect(await described('web')).toMatchObject({
      runningCount: 1,
      desiredCount: 1,
      deployments: [{ id: before.deployments?.[0]?.id, runningCount: 1 }],
    });
  });

  test('a stopped task is replaced', async () => {
    const [task] = await tasksOf('web');
    await ecs.send(new StopTaskCommand({ cluster: 'c', task: task?.taskArn, reason: 'test' }));

    const [replacement] = await tasksOf('web');
    expect(replacement?.taskArn).not.toBe(task?.taskArn);
    const stopped = (await tasksOf('web', 'STOPPED')).find(({ taskArn }) => taskArn === task?.taskArn);
    expect(stopped).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'test' });
  });
});

describe('a rollout that fails', () => {
  test('a new image whose tasks stop is rolled back, and the old tasks never stop', async () => {
    await create('steady', 'public.ecr.aws/nginx/nginx:1');
    await aws.rollouts.waitUntilSettled('c', 'steady');
    const before = await described('steady');
    const definition = await taskDefinition('steady', `${ECR_IMAGE}@sha256:${'0'.repeat(64)}`);

    await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'steady', taskDefinition: definition }));

    expect(await aws.rollouts.waitUntilSettled('c', 'steady')).toEqual({
      state: 'FAILED',
      reason: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.",
    });
    const after = await described('steady');
    expect(after.taskDefinition).toBe(before.taskDefinition);
    expect(after.deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'COMPLETED', runningCount: 2 },
    ]);
    expect(messages(after).slice(0, 7)).toEqual([
      '(service steady) has reached a steady state.',
      '(service steady) (deployment ecs-svc/N) deployment completed.',
      '(service steady) rolling back to deployment ecs-svc/N.',
      '(service steady) (deployment ecs-svc/N) deployment failed: tasks failed to start.',
      ...Array<string>(3).fill(
        `(service steady) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${ECR_IMAGE}@sha256:${'0'.repeat(64)}: ${ECR_IMAGE}@sha256:${'0'.repeat(64)}: not found.`,
      ),
    ]);
    const failed = await tasksOf('steady', 'STOPPED');
    expect(failed).toHaveLength(3);
    expect(failed[0]).toMatchObject({ stopCode: 'TaskFailedToStart', taskDefinitionArn: definition });
    expect(failed[0]?.stoppedReason).toMatch(/^CannotPullContainerError/);
    expect(aws.rollouts.services().find(({ name }) => name === 'steady')).toMatchObject({
      rollout: 'FAILED',
      taskDefinition: before.taskDefinition,
    });
  });

  test('the next deployment of a good image is not held responsible', async () => {
    const definition = await taskDefinition('steady', 'public.ecr.aws/nginx/nginx:2');
    await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'steady', taskDefinition: definition }));

    expect(await aws.rollouts.waitUntilSettled('c', 'steady')).toEqual({ state: 'COMPLETED' });
  });

  test('an execution role that may not pull from ECR is found out', async () => {
    aws.authorizer.denied.add('ecr:BatchGetImage');
    await create('unpulled', `${ECR_IMAGE}:v1`);

    expect(await aws.rollouts.waitUntilSettled('c', 'unpulled')).toMatchObject({ state: 'FAILED' });
    expect((await tasksOf('unpulled', 'STOPPED'))[0]?.stoppedReason).toMatch(
      /AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role\/execution\/[0-9a-f]+ is not authorized to perform: ecr:BatchGetImage/,
    );
  });

  test.each([
    [
      'secretsmanager:GetSecretValue',
      {
        secrets: [
          {
            name: 'P',
            valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:password::',
          },
        ],
      },
      /^ResourceInitializationError: unable to pull secrets .* failed to fetch secret arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf from secrets manager: AccessDeniedException: .*secretsmanager:GetSecretValue/,
    ],
    [
      'ssm:GetParameters',
      { secrets: [{ name: 'P', valueFrom: '/app/key' }] },
      /^ResourceInitializationError: unable to pull secrets .* secrets from ssm: .*ssm:GetParameters/,
    ],
    [
      'logs:CreateLogStream',
      { logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': 'app' } } },
      /^ResourceInitializationError: failed to validate logger args: .*logs:CreateLogStream/,
    ],
  ])(
    'an execution role without %s is found out before the container runs',
    async (action, container, reason) => {
      const name = action.replace(':', '-');
      const definition = await taskDefinition(name, 'registry.example/app:1', ROLE, container);
      const service = (serviceName: string): Promise<unknown> =>
        ecs.send(
          new CreateServiceCommand({
            cluster: 'c',
            serviceName,
            taskDefinition: definition,
            desiredCount: 1,
            launchType: 'FARGATE',
            deploymentConfiguration: BREAKER,
          }),
        );
      await service(`${name}-allowed`);
      expect(await aws.rollouts.waitUntilSettled('c', `${name}-allowed`)).toEqual({ state: 'COMPLETED' });

      aws.authorizer.denied.add(action);
      await service(name);
      expect(await aws.rollouts.waitUntilSettled('c', name)).toMatchObject({ state: 'FAILED' });
      expect((await tasksOf(name, 'STOPPED'))[0]?.stoppedReason).toMatch(reason);
    },
  );

  test('an execution role that does not trust ECS is found out', async () => {
    aws.authorizer.denied.add('sts:AssumeRole');
    await create('untrusting', `${ECR_IMAGE}:v1`);

    expect(await aws.rollouts.waitUntilSettled('c', 'untrusting')).toMatchObject({ state: 'FAILED' });
    expect((await tasksOf('untrusting', 'STOPPED'))[0]?.stoppedReason).toMatch(
      /^ECS was unable to assume the role 'arn:aws:iam::123456789012:role\/execution' that was provided for this task\./,
    );
  });

  test('a first deployment has nothing to be rolled back to', async () => {
    expect(await described('unpulled')).toMatchObject({
      runningCount: 0,
      deployments: [
        {
          rolloutState: 'FAILED',
          rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
          failedTasks: 3,
        },
      ],
    });
  });

  test('without a circuit breaker the deployment never ends, which CloudFormation gives up on', async () => {
    await create('unbroken', `${ECR_IMAGE}:none`, { deploymentConfiguration: undefined });

    expect(await aws.rollouts.waitUntilSettled('c', 'unbroken')).toEqual({
      state: 'FAILED',
      reason: 'Exceeded attempts to wait',
    });
    expect((await described('unbroken')).deployments?.[0]?.rolloutState).toBe('IN_PROGRESS');
  });

  test('the fault rollout-fails fails its service, and only with a new image', async () => {
    await create('unlucky', 'public.ecr.aws/nginx/nginx:1');
    expect((await aws.rollouts.waitUntilSettled('c', 'unlucky')).state).toBe('FAILED');
    expect((await tasksOf('unlucky', 'STOPPED'))[0]).toMatchObject({
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 1 }],
    });

    await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'unlucky', forceNewDeployment: true }));
    expect((await aws.rollouts.waitUntilSettled('c', 'unlucky')).state).toBe('COMPLETED');
  });
});

describe('services that are not there', () => {
  test('a deleted service is neither listed nor running, and its name is free again', async () => {
    await ecs.send(new DeleteServiceCommand({ cluster: 'c', service: 'unlucky', force: true }));

    const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster: 'c' }));
    expect(serviceArns.map((arn) => arn.split('/').at(-1))).not.toContain('unlucky');
    expect(await described('unlucky')).toMatchObject({ status: 'INACTIVE' });
    await create('unlucky', 'public.ecr.aws/nginx/nginx:1');
    expect(await described('unlucky')).toMatchObject({ status: 'ACTIVE' });
  });

  test('a name that exists cannot be created again', async () => {
    await expect(create('web', 'x')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Creation of service was not idempotent.',
    });
  });

  test('more services or tasks than one question may name are refused: with eleven images, a build would fail on AWS alone', async () => {
    const names = (number: number): string[] => Array.from({ length: number }, (_, i) => `s-${i}`);
    const about = (services: string[]): Promise<unknown> =>
      ecs.send(new DescribeServicesCommand({ cluster: 'c', services }));

    await expect(about(names(11))).rejects.toThrow('service names can have at most 10 items.');
    await expect(about(names(10))).resolves.toMatchObject({ services: [] });
    await expect(
      ecs.send(new DescribeTasksCommand({ cluster: 'c', tasks: names(101) })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('an unknown service is an error to change, and a failure to describe', async () => {
    await expect(
      ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'nobody' })),
    ).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
      message: 'Service not found.',
    });
    const { failures } = await ecs.send(new DescribeServicesCommand({ cluster: 'c', services: ['nobody'] }));
    expect(failures).toMatchObject([{ reason: 'MISSING' }]);
  });
});
