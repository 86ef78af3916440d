import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  type RunningContainers,
  type TaskDefinition,
  type TaskRunner,
  TaskStopped,
} from '../../../tools/simulator/services/ecs-tasks';
import { type Harness, startHarness } from '../gateway/harness';

/** Runs nothing, but knows what should run. */
class FakeRunner implements TaskRunner {
  readonly running = new Set<string>();
  readonly started: Parameters<TaskRunner['start']>[0][] = [];
  failure?: Error;
  /** What the next start waits for. */
  gate = Promise.resolve();

  async start(
    service: Parameters<TaskRunner['start']>[0],
    { containerDefinitions: [container] }: TaskDefinition,
  ): Promise<RunningContainers> {
    this.started.push(service);
    await this.gate;
    if (this.failure) throw this.failure;
    const what = `${service.serviceName} ${container?.image}`;
    this.running.add(what);
    return {
      stop: () => {
        this.running.delete(what);
        return Promise.resolve();
      },
    };
  }
}

const runner = new FakeRunner();
const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };
let aws: Harness;
let ecs: ECSClient;

beforeAll(async () => {
  aws = await startHarness([], 0.05, runner);
  ecs = new ECSClient(aws.client);
  await ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
});

afterAll(() => aws.stop());

beforeEach(() => {
  runner.failure = undefined;
  runner.running.clear();
  runner.started.length = 0;
});

async function definition(family: string, image: string): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [{ name: 'app', image, memory: 128 }],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

async function create(service: string, image: string, desiredCount = 2): Promise<string> {
  const taskDefinition = await definition(service, image);
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'c',
      serviceName: service,
      taskDefinition,
      desiredCount,
      deploymentConfiguration: BREAKER,
      loadBalancers: [{ targetGroupArn: 'arn:group', containerName: 'app', containerPort: 8000 }],
    }),
  );
  return taskDefinition;
}

async function update(service: string, image: string): Promise<void> {
  const taskDefinition = await definition(service, image);
  await ecs.send(new UpdateServiceCommand({ cluster: 'c', service, taskDefinition }));
}

const settled = (service: string): Promise<object> => aws.rollouts.waitUntilSettled('c', service);

const report = (service: string): object | undefined =>
  aws.rollouts.services().find(({ name }) => name === service);

test('a rollout completes once its containers are healthy, and not before', async () => {
  let open = (): void => undefined;
  runner.gate = new Promise((resolve) => (open = resolve));
  await create('slow', 'app:1');
  while (!runner.started.length) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(report('slow')).toMatchObject({ rollout: 'IN_PROGRESS' });

  open();

  expect(await settled('slow')).toEqual({ state: 'COMPLETED' });
  expect([...runner.running]).toEqual(['slow app:1']);
  expect(runner.started).toMatchObject([
    { serviceName: 'slow', loadBalancers: [{ targetGroupArn: 'arn:group', containerPort: 8000 }] },
  ]);
});

test('a replaced deployment stops, one set of containers a deployment', async () => {
  await create('web', 'app:1');
  await settled('web');
  await update('web', 'app:2');
  expect(await settled('web')).toEqual({ state: 'COMPLETED' });
  expect([...runner.running]).toEqual(['web app:2']);
});

test('containers that do not become healthy fail the rollout with their reason, and the old ones run on', async () => {
  const old = await create('api', 'app:1');
  await settled('api');
  runner.failure = new TaskStopped(
    'Essential container in task exited',
    'EssentialContainerExited',
    3,
    'container app, exit code 3',
  );
  await update('api', 'app:2');

  expect(await settled('api')).toEqual({
    state: 'FAILED',
    reason: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.",
  });

  // CloudFormation's own rollback asks for what the circuit breaker has gone back to.
  await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'api', taskDefinition: old }));
  expect(await settled('api')).toEqual({ state: 'COMPLETED' });
  expect([...runner.running]).toEqual(['api app:1']);
  expect(report('api')).toMatchObject({
    rollout: 'FAILED',
    images: ['app:1'],
    reason: 'Essential container in task exited: container app, exit code 3',
  });
  const { taskArns } = await ecs.send(
    new ListTasksCommand({ cluster: 'c', serviceName: 'api', desiredStatus: 'STOPPED' }),
  );
  const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'c', tasks: taskArns }));
  expect(tasks?.filter(({ stopCode }) => stopCode === 'EssentialContainerExited')[0]).toMatchObject({
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'app', exitCode: 3 }],
  });
});

test('a deleted service leaves nothing running, not even what was only starting', async () => {
  await create('gone', 'app:1');
  await settled('gone');
  let open = (): void => undefined;
  runner.gate = new Promise((resolve) => (open = resolve));
  await update('gone', 'app:2');
  while (runner.started.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));

  await ecs.send(new DeleteServiceCommand({ cluster: 'c', service: 'gone', force: true }));
  expect([...runner.running]).toEqual([]);
  open();
  await new Promise((resolve) => setTimeout(resolve, 50));

  expect([...runner.running]).toEqual([]);
});

test('a service that wants no task gets none, and loses those it has', async () => {
  await create('idle', 'app:1', 0);
  expect(await settled('idle')).toEqual({ state: 'COMPLETED' });
  expect(runner.started).toEqual([]);

  await create('shrinking', 'app:1');
  await settled('shrinking');
  await ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'shrinking', desiredCount: 0 }));
  expect([...runner.running]).toEqual([]);
});
