import type { Emulated } from '../gateway/emulated';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import type { EcsRollouts, EmulatedService, ServiceSettings } from './ecs-rollouts';
import type { Task, TaskDefinition } from './ecs-tasks';

/** Of one question: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html */
const MOST_SERVICES = 10;
/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
const MOST_TASKS = 100;

/**
 * ECS's services and their tasks. Clusters, task definitions and the services' data are the emulator's; deployments and tasks
 * are played. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
 */
export class Ecs implements Service {
  constructor(
    private readonly emulated: Emulated,
    private readonly rollouts: EcsRollouts,
  ) {}

  async handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    const operation = this.operations[request.operation];
    const output = await operation?.(request, request.input);
    if (!output) return undefined;
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    return { status: 200, headers, body: JSON.stringify(output) };
  }

  /** Undefined leaves the answer to the emulator. */
  private readonly operations: Readonly<
    Record<string, (request: AwsRequest, input: Input) => Promise<object | undefined>>
  > = {
    CreateService: async (request, input) => {
      const cluster = input.cluster ?? 'default';
      const existing = await this.services(request, cluster, [input.serviceName ?? '']);
      if (existing.services.some(({ status }) => status === 'ACTIVE')) {
        throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.');
      }
      const { service } = await this.emulated.call<ServiceOutput>(request, 'CreateService', {
        ...input,
        cluster,
      });
      this.rollouts.create(
        request,
        service,
        await this.definition(request, input.taskDefinition),
        settings(input),
      );
      return { service: this.rollouts.describe(service) };
    },

    UpdateService: async (request, input) => {
      const cluster = input.cluster ?? 'default';
      const before = await this.existing(request, cluster, input.service ?? '');
      const described = this.rollouts.describe(before).taskDefinition as string;
      const definition = await this.definition(request, input.taskDefinition ?? described);
      await this.emulated.call<ServiceOutput>(request, 'UpdateService', {
        ...input,
        cluster,
        taskDefinition: definition.taskDefinitionArn,
      });
      const { services } = await this.services(request, cluster, [before.serviceName]);
      const service = services[0] ?? before;
      this.rollouts.update(request, service, definition, settings(input), input.forceNewDeployment ?? false);
      return { service: this.rollouts.describe(service) };
    },

    DeleteService: async (request, input) => {
      const cluster = input.cluster ?? 'default';
      const before = await this.existing(request, cluster, input.service ?? '');
      const { service } = await this.emulated.call<ServiceOutput>(request, 'DeleteService', {
        ...input,
        cluster,
      });
      this.rollouts.delete(before);
      return {
        service: { ...service, status: 'DRAINING', runningCount: 0, pendingCount: 0, deployments: [] },
      };
    },

    DescribeServices: async (request, input) => {
      refuseMoreThan(MOST_SERVICES, 'service names', input.services);
      const found = await this.services(request, input.cluster ?? 'default', input.services ?? []);
      for (const service of found.services) {
        await this.known(request, service);
        // `aws ecs wait` looks every 15 seconds: better one answer that comes when the rollout has ended.
        await this.rollouts.untilServiceSettled(service);
      }
      const { services, failures } = await this.services(
        request,
        input.cluster ?? 'default',
        input.services ?? [],
      );
      return { services: services.map((service) => this.rollouts.describe(service)), failures };
    },

    ListServices: async (request, input) => {
      const cluster = input.cluster ?? 'default';
      const { serviceArns } = await this.emulated.call<{ serviceArns: string[] }>(
        request,
        'ListServices',
        input,
      );
      // moto lists deleted services too.
      const { services } = await this.services(request, cluster, serviceArns);
      return {
        serviceArns: services
          .filter(({ status }) => status !== 'INACTIVE')
          .map(({ serviceArn }) => serviceArn),
      };
    },

    ListTasks: async (request, input) => {
      const cluster = input.cluster ?? 'default';
      const own = this.tasksOf(cluster)
        .filter(({ service }) => !input.serviceName || nameOf(input.serviceName) === service.serviceName)
        .map(({ task }) => task)
        .filter((task) => task.desiredStatus === (input.desiredStatus ?? 'RUNNING'))
        .filter((task) => !input.startedBy || task.startedBy === input.startedBy)
        .filter((task) => !input.family || familyOf(task) === input.family);
      if (input.serviceName) {
        await this.existing(request, cluster, input.serviceName);
        return { taskArns: own.map(({ taskArn }) => taskArn) };
      }
      const { taskArns } = await this.emulated.call<{ taskArns: string[] }>(request, 'ListTasks', input);
      return { taskArns: [...own.map(({ taskArn }) => taskArn), ...taskArns] };
    },

    DescribeTasks: async (request, input) => {
      refuseMoreThan(MOST_TASKS, 'task IDs', input.tasks);
      const wanted = input.tasks ?? [];
      const own = this.tasksOf(input.cluster ?? 'default').map(({ task }) => task);
      const tasks = wanted.map((name) => own.find(({ taskArn }) => nameOf(taskArn) === nameOf(name)));
      const others = wanted.filter((_, index) => !tasks[index]);
      const rest = others.length
        ? await this.emulated.call<{ tasks: object[]; failures: object[] }>(request, 'DescribeTasks', {
            ...input,
            tasks: others,
          })
        : { tasks: [], failures: [] };
      return { tasks: [...tasks.filter(Boolean), ...rest.tasks], failures: rest.failures };
    },

    StopTask: async (_request, input) => {
      const task = this.rollouts.stopTask(input.task ?? '', input.reason ?? 'Task stopped by user');
      return Promise.resolve(task && { task });
    },
  };

  private tasksOf(cluster: string): { readonly service: EmulatedService; readonly task: Task }[] {
    return this.rollouts.tasks().filter(({ service }) => nameOf(service.clusterArn) === nameOf(cluster));
  }

  /** @throws AwsError ServiceNotFoundException */
  private async existing(request: AwsRequest, cluster: string, name: string): Promise<EmulatedService> {
    const { services } = await this.services(request, cluster, [name]);
    const [service] = services;
    if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    if (service.status !== 'ACTIVE')
      throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    await this.known(request, service);
    return service;
  }

  private async known(request: AwsRequest, service: EmulatedService): Promise<void> {
    if (service.status !== 'ACTIVE' || this.rollouts.knows(service)) return;
    await this.rollouts.adopt(service, await this.definition(request, service.taskDefinition as string));
  }

  private services(
    request: AwsRequest,
    cluster: string,
    services: readonly string[],
  ): Promise<{ services: EmulatedService[]; failures: object[] }> {
    return this.emulated.call(request, 'DescribeServices', { cluster, services });
  }

  private async definition(request: AwsRequest, name: string | undefined): Promise<TaskDefinition> {
    const { taskDefinition } = await this.emulated.call<{ taskDefinition: TaskDefinition }>(
      request,
      'DescribeTaskDefinition',
      { taskDefinition: name ?? '' },
    );
    return taskDefinition;
  }
}

/** In the words that ECS has for services. */
function refuseMoreThan(most: number, what: string, names: readonly string[] = []): void {
  if (names.length <= most) return;
  throw new AwsError('InvalidParameterException', `${what} can have at most ${most} items.`);
}

interface ServiceOutput {
  readonly service: EmulatedService;
}

/** The union of the operations' inputs. */
interface Input extends ServiceSettings {
  readonly cluster?: string;
  readonly service?: string;
  readonly serviceName?: string;
  readonly services?: readonly string[];
  readonly taskDefinition?: string;
  readonly forceNewDeployment?: boolean;
  readonly task?: string;
  readonly tasks?: readonly string[];
  readonly reason?: string;
  readonly desiredStatus?: string;
  readonly startedBy?: string;
  readonly family?: string;
}

/** Members of an input that are the service's own settings, and that moto forgets or mistakes. */
const SETTINGS = [
  'deploymentConfiguration',
  'networkConfiguration',
  'loadBalancers',
  'serviceRegistries',
  'platformVersion',
  'capacityProviderStrategy',
  'healthCheckGracePeriodSeconds',
  'enableExecuteCommand',
  'enableECSManagedTags',
  'availabilityZoneRebalancing',
];

function settings(input: Input): ServiceSettings {
  return Object.fromEntries(
    SETTINGS.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]),
  );
}

function familyOf(task: Task): string | undefined {
  return /task-definition\/([^:]+):/.exec(task.taskDefinitionArn as string)?.[1];
}

function nameOf(arnOrName: string): string {
  return arnOrName.split('/').at(-1) ?? arnOrName;
}
