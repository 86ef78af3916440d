import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from '../faults';
import type { Emulated } from '../gateway/emulated';
import type { AwsRequest } from '../gateway/request';
import {
  type LoadBalancer,
  type RunningContainers,
  runningTask,
  seconds,
  stoppedTask,
  type Task,
  type TaskDefinition,
  taskId,
  type TaskRunner,
  TaskStopped,
} from './ecs-tasks';
import { type ImagePullParts, PullError } from './image-pull';
import { startContainer } from './task-start';

/** A service as moto describes it, in the API's form. */
export interface EmulatedService {
  readonly serviceArn: string;
  readonly serviceName: string;
  readonly clusterArn: string;
  readonly status: string;
  readonly desiredCount: number;
  readonly launchType?: string;
  readonly [member: string]: unknown;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html */
interface Deployment {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly forced: boolean;
  readonly createdAt: number;
  status: 'PRIMARY' | 'ACTIVE';
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
  failedTasks: number;
}

/** As whom and where the emulator is called. */
type Caller = Pick<AwsRequest, 'service' | 'region' | 'headers'>;

export interface SavedRollouts {
  readonly states: readonly Omit<ServiceState, 'settled' | 'containers'>[];
  readonly failed: readonly ServiceReport[];
}

/** What a rollout needs to know of CreateService's and UpdateService's input, which moto forgets. */
export interface ServiceSettings {
  readonly deploymentConfiguration?: {
    readonly deploymentCircuitBreaker?: { readonly enable?: boolean; readonly rollback?: boolean };
  };
  readonly loadBalancers?: readonly LoadBalancer[];
  readonly [member: string]: unknown;
}

interface ServiceState {
  base: EmulatedService;
  settings: ServiceSettings;
  /** Newest first; the first is PRIMARY. */
  deployments: Deployment[];
  tasks: Task[];
  readonly events: { id: string; createdAt: number; message: string }[];
  /** The last deployment that completed: what a rollback goes back to. */
  completed?: Deployment;
  /** The task definition that was asked for last. */
  asked?: string;
  /** What really runs of the completed deployment, where an engine runs tasks. */
  containers?: RunningContainers;
  /** How the last deployment that somebody asked for ended. */
  outcome?: {
    readonly deployment: Deployment;
    readonly state: 'COMPLETED' | 'FAILED';
    readonly reason?: string;
  };
  /** Resolves when nothing moves any more. */
  settled: Promise<void>;
}

export interface ServiceReport {
  readonly name: string;
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly images: readonly string[];
  readonly rollout: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  /** Whether the last deployment was asked for by `forceNewDeployment` alone. */
  readonly forced: boolean;
  /** Why the rollout failed: the reason of its stopped tasks. */
  readonly reason?: string;
}

/** How CloudFormation words a circuit breaker. */
const BREAKER = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.";
/** How CloudFormation words a service without a circuit breaker that does not become stable, after three hours. */
const UNSTABLE = 'Exceeded attempts to wait';

/** What DescribeServices answers at most. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html */
const EVENTS = 100;
/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
const STOPPED_SHOWN_SECONDS = 3600;

/** The smallest threshold of the circuit breaker. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html */
const FAILURES = 3;

/**
 * Plays what moto's services never do: deployments that start tasks, complete, or fail and are rolled back. With a runner, one
 * task of each deployment really runs and must become healthy; it stands for all that the service wants.
 */
export class EcsRollouts {
  private readonly states = new Map<string, ServiceState>();
  /** Reports of deleted services. */
  private readonly failed: ServiceReport[] = [];
  /** Deployments that have not ended. */
  private moving = 0;

  /** @param seconds how long a rollout takes */
  constructor(
    private readonly parts: ImagePullParts & {
      readonly emulated: Emulated;
      readonly faults: Faults;
      readonly runner?: TaskRunner;
    },
    private readonly seconds = 1.5,
  ) {}

  get isMoving(): boolean {
    return this.moving > 0;
  }

  save(): SavedRollouts {
    const states = [...this.states.values()].map(({ settled: _, containers: __, ...state }) => state);
    return { states, failed: this.failed };
  }

  /** Takes up what was saved; deployments that had not ended begin anew, as ECS's outlive whoever asked for them. */
  restore({ states, failed }: SavedRollouts): void {
    this.failed.push(...failed);
    for (const saved of states) {
      const state: ServiceState = { ...saved, settled: Promise.resolve() };
      this.states.set(state.base.serviceArn, state);
      const [primary, previous] = state.deployments;
      if (!primary || primary.rolloutState !== 'IN_PROGRESS' || state.outcome) continue;
      const region = state.base.serviceArn.split(':')[3] ?? '';
      const caller = { service: 'ecs', region, headers: {} };
      this.play(caller, state, primary, previous?.definition);
    }
  }

  /**
   * Resolves when a service's last deployment has ended, rolled back or not.
   *
   * @param cluster name or ARN
   * @param service name or ARN
   */
  async waitUntilSettled(
    cluster: string,
    service: string,
  ): Promise<{ state: 'COMPLETED' | 'FAILED'; reason?: string }> {
    const state = this.find(cluster, service);
    if (!state) return { state: 'FAILED', reason: `service ${service}: not found in cluster ${cluster}` };
    await this.untilSettled(state);
    const { outcome, asked } = state;
    // A rollback asks for what a circuit breaker has gone back to already: that is no failure any more.
    return outcome?.state === 'FAILED' && outcome.deployment.definition.taskDefinitionArn === asked
      ? { state: 'FAILED', reason: breaks(state) ? BREAKER : UNSTABLE }
      : { state: 'COMPLETED' };
  }

  /** Every service as the run leaves it; those that failed even where a rollback has deleted them. */
  services(): ServiceReport[] {
    return [...this.failed, ...[...this.states.values()].flatMap(reportOf)];
  }

  knows(service: EmulatedService): boolean {
    return this.states.has(service.serviceArn);
  }

  /** Takes a service in and starts its first deployment. */
  create(
    request: AwsRequest,
    base: EmulatedService,
    definition: TaskDefinition,
    settings: ServiceSettings,
  ): void {
    const state = newState(base, settings);
    state.asked = definition.taskDefinitionArn;
    this.states.set(base.serviceArn, state);
    this.deploy(request, state, definition, false);
  }

  /** Takes a service in that was there before this process, as running what it should. */
  async adopt(base: EmulatedService, definition: TaskDefinition): Promise<void> {
    const state = newState(base, {});
    this.states.set(base.serviceArn, state);
    const deployment = newDeployment(definition, false);
    state.deployments = [deployment];
    const digests = await this.pull(definition).catch(() => []);
    this.complete(state, deployment, digests);
    state.events.length = 0;
  }

  /** Applies an update; starts a deployment where ECS would. */
  update(
    request: AwsRequest,
    base: EmulatedService,
    definition: TaskDefinition,
    settings: ServiceSettings,
    forceNewDeployment: boolean,
  ): void {
    const state = this.states.get(base.serviceArn);
    if (!state) return this.create(request, base, definition, settings);
    const [primary] = state.deployments;
    const changed =
      primary?.definition.taskDefinitionArn !== definition.taskDefinitionArn ||
      DEPLOYED_SETTINGS.some(
        (name) => settings[name] !== undefined && differs(settings[name], state.settings[name]),
      );
    const scaled = base.desiredCount !== state.base.desiredCount;
    state.base = base;
    state.asked = definition.taskDefinitionArn;
    state.settings = { ...state.settings, ...settings };
    if (changed || forceNewDeployment) this.deploy(request, state, definition, !changed);
    else if (scaled && primary?.rolloutState === 'COMPLETED') this.scale(state, primary);
    return undefined;
  }

  /** Forgets a deleted service; its tasks stop. */
  delete(service: EmulatedService): void {
    const state = this.states.get(service.serviceArn);
    if (state?.outcome?.state === 'FAILED') this.failed.push(...reportOf(state));
    this.states.delete(service.serviceArn);
    void state?.containers?.stop();
  }

  async untilServiceSettled(service: EmulatedService): Promise<void> {
    const state = this.states.get(service.serviceArn);
    if (state) await this.untilSettled(state);
  }

  /** A service in the API's form: moto's, with what is played here. */
  describe(service: EmulatedService): EmulatedService {
    const state = this.states.get(service.serviceArn);
    if (!state) return service;
    const { settings, deployments, tasks, events } = state;
    const [primary] = deployments;
    const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
    return {
      ...service,
      ...settings,
      taskDefinition: primary?.definition.taskDefinitionArn,
      runningCount: running,
      pendingCount: Math.max(0, service.desiredCount - running),
      deployments: deployments.map((deployment) => this.describeDeployment(state, deployment)),
      events: [...events].reverse(),
      createdAt: deployments.at(-1)?.createdAt,
    };
  }

  /** Running tasks and those that stopped lately, of all services. */
  tasks(): { readonly service: EmulatedService; readonly task: Task }[] {
    return [...this.states.values()].flatMap(({ base, tasks }) =>
      tasks.map((task) => ({ service: base, task })),
    );
  }

  /** Stops a service's task; the service starts another. @returns undefined for an unknown task */
  stopTask(arnOrId: string, reason: string): Task | undefined {
    for (const state of this.states.values()) {
      const index = state.tasks.findIndex((task) => task.taskArn === arnOrId || taskId(task) === arnOrId);
      const task = state.tasks[index];
      if (!task) continue;
      if (task.lastStatus === 'STOPPED') return task;
      const stopped = stoppedTask(task, 'UserInitiated', reason, 0);
      state.tasks[index] = stopped;
      const deployment = state.deployments.find(({ id }) => id === task.startedBy);
      if (deployment) this.start(state, deployment, 1, digestsOf(task));
      return stopped;
    }
    return undefined;
  }

  private deploy(
    request: AwsRequest,
    state: ServiceState,
    definition: TaskDefinition,
    forced: boolean,
  ): void {
    const previous = state.deployments[0];
    const deployment = newDeployment(definition, forced);
    const longAgo = seconds() - STOPPED_SHOWN_SECONDS;
    state.tasks = state.tasks.filter(
      ({ stoppedAt }) => stoppedAt === undefined || Number(stoppedAt) > longAgo,
    );
    for (const other of state.deployments) other.status = 'ACTIVE';
    state.deployments = [deployment, ...(previous ? [previous] : [])];
    state.outcome = undefined;
    this.play(request, state, deployment, previous?.definition);
  }

  private play(
    caller: Caller,
    state: ServiceState,
    deployment: Deployment,
    previous: TaskDefinition | undefined,
  ): void {
    this.moving += 1;
    state.settled = this.untilEnded(caller, state, deployment, previous)
      .catch((error: Error) => {
        state.outcome = { deployment, state: 'FAILED', reason: error.message };
      })
      .finally(() => {
        this.moving -= 1;
      });
  }

  private async untilEnded(
    caller: Caller,
    state: ServiceState,
    deployment: Deployment,
    previous: TaskDefinition | undefined,
  ): Promise<void> {
    let digests: readonly string[] = [];
    let containers: RunningContainers | undefined;
    let failure: Error | undefined;
    const superseded = (): boolean =>
      state.deployments[0] !== deployment || this.states.get(state.base.serviceArn) !== state;
    try {
      digests = await this.pullRepeatedly(deployment.definition);
      failure = this.fault(state, deployment, previous);
      if (!failure && state.base.desiredCount > 0 && !superseded()) {
        const service = { ...state.settings, serviceName: state.base.serviceName };
        containers = await this.parts.runner?.start(service, deployment.definition, digests);
      }
    } catch (error) {
      failure = error as Error;
    }
    // A newer deployment has taken over, or the service is gone.
    if (superseded()) {
      await containers?.stop();
    } else if (!failure || state.base.desiredCount === 0) {
      const old = state.containers;
      state.containers = containers;
      this.complete(state, deployment, digests);
      state.outcome = { deployment, state: 'COMPLETED' };
      await old?.stop();
    } else {
      await this.fail(caller, state, deployment, failure);
    }
  }

  /** Takes the time of a rollout: tasks that cannot pull their image are started again, up to the breaker's threshold. */
  private async pullRepeatedly(definition: TaskDefinition): Promise<string[]> {
    const pause = (this.seconds * 1000) / (FAILURES - 1);
    for (let left = FAILURES - 1; left > 0; left -= 1) {
      const digests = await this.pull(definition).catch(() => undefined);
      await delay(digests ? pause * left : pause, undefined, { ref: false });
      if (digests) return digests;
    }
    return this.pull(definition);
  }

  private complete(
    state: ServiceState,
    deployment: Deployment,
    digests: readonly (string | undefined)[],
  ): void {
    const { base } = state;
    const started = this.start(state, deployment, base.desiredCount, digests);
    if (started.length) this.event(state, `has started ${started.length} tasks: ${listed(started)}.`);
    const old = state.tasks.filter(
      (task) => task.lastStatus !== 'STOPPED' && task.startedBy !== deployment.id && !started.includes(task),
    );
    this.stop(state, old, deployment.id);
    deployment.rolloutState = 'COMPLETED';
    deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
    state.deployments = [deployment];
    state.completed = deployment;
    this.event(state, `(deployment ${deployment.id}) deployment completed.`);
    this.event(state, 'has reached a steady state.');
    if (this.parts.faults.asks('rollout-never-stable', base.serviceName)) this.unsettle(state, deployment);
  }

  /** `--fault rollout-never-stable`: the tasks stop, and those that are started for them are never ready. */
  private unsettle(state: ServiceState, deployment: Deployment): void {
    const digests = deployment.definition.containerDefinitions.map(() => undefined);
    state.tasks = state.tasks.flatMap((task): Task[] => {
      if (task.lastStatus !== 'RUNNING') return [task];
      const next = runningTask({ ...this.newTask(state, deployment), digests });
      return [
        stoppedTask(task, 'EssentialContainerExited', 'Essential container in task exited', 1),
        { ...next, lastStatus: 'PENDING' },
      ];
    });
    this.event(state, 'is unable to consistently start tasks successfully.');
  }

  private async fail(
    caller: Caller,
    state: ServiceState,
    deployment: Deployment,
    failure: Error,
  ): Promise<void> {
    const { stopCode, exitCode } = endOf(failure);
    const started = stopCode !== 'TaskFailedToStart';
    const digests = deployment.definition.containerDefinitions.map(() => undefined);
    for (let i = 0; i < FAILURES; i += 1) {
      const task = runningTask({ ...this.newTask(state, deployment), digests });
      state.tasks.push(stoppedTask(task, stopCode, failure.message, exitCode));
      this.event(
        state,
        started
          ? `has started 1 tasks: ${listed([task])}.`
          : `was unable to place a task. Reason: ${failure.message}.`,
      );
    }
    deployment.failedTasks = FAILURES;
    const detail = failure instanceof TaskStopped && failure.detail ? `: ${failure.detail}` : '';
    state.outcome = { deployment, state: 'FAILED', reason: `${failure.message}${detail}` };
    const breaker = state.settings.deploymentConfiguration?.deploymentCircuitBreaker;
    if (!breaker?.enable) {
      this.event(state, 'is unable to consistently start tasks successfully.');
      return;
    }
    deployment.rolloutState = 'FAILED';
    deployment.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
    this.event(state, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
    if (breaker.rollback && state.completed) await this.rollBack(caller, state, deployment, state.completed);
  }

  private async rollBack(
    caller: Caller,
    state: ServiceState,
    failed: Deployment,
    completed: Deployment,
  ): Promise<void> {
    const rollback = newDeployment(completed.definition, false);
    rollback.rolloutStateReason = `ECS deployment circuit breaker: rolling back to deploymentId ${completed.id}.`;
    failed.status = 'ACTIVE';
    state.deployments = [rollback, failed];
    this.event(state, `rolling back to deployment ${completed.id}.`);
    const { clusterArn: cluster, serviceName: service } = state.base;
    const { taskDefinitionArn: taskDefinition } = completed.definition;
    await this.parts.emulated.call(caller, 'UpdateService', { cluster, service, taskDefinition });
    // The tasks of before have never stopped: the rollback takes them over.
    state.tasks = state.tasks.map((task) =>
      task.lastStatus === 'RUNNING' ? { ...task, startedBy: rollback.id } : task,
    );
    await delay((this.seconds * 1000) / 3, undefined, { ref: false });
    if (state.deployments[0] === rollback) this.complete(state, rollback, []);
  }

  private scale(state: ServiceState, primary: Deployment): void {
    if (state.base.desiredCount === 0) void state.containers?.stop();
    const running = state.tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING');
    const digests = running[0] ? digestsOf(running[0]) : [];
    this.start(state, primary, state.base.desiredCount, digests);
    this.stop(state, running.slice(state.base.desiredCount), primary.id);
    this.event(state, 'has reached a steady state.');
  }

  /** Starts what `deployment` lacks of `count` running tasks. */
  private start(
    state: ServiceState,
    deployment: Deployment,
    count: number,
    digests: readonly (string | undefined)[],
  ): Task[] {
    const own = state.tasks.filter(
      (task) => task.lastStatus === 'RUNNING' && task.startedBy === deployment.id,
    );
    const missing = Math.max(0, count - own.length);
    const started = Array.from({ length: missing }, () =>
      runningTask({ ...this.newTask(state, deployment), digests }),
    );
    state.tasks.push(...started);
    return started;
  }

  private stop(state: ServiceState, tasks: readonly Task[], deploymentId: string): void {
    if (!tasks.length) return;
    const reason = `Scaling activity initiated by (deployment ${deploymentId})`;
    state.tasks = state.tasks.map((task) =>
      tasks.includes(task) ? stoppedTask(task, 'ServiceSchedulerInitiated', reason, 0) : task,
    );
    this.event(state, `has stopped ${tasks.length} running tasks: ${listed(tasks)}.`);
  }

  private pull(definition: TaskDefinition): Promise<string[]> {
    return Promise.all(
      definition.containerDefinitions.map((container) => startContainer(definition, container, this.parts)),
    );
  }

  /** Whether the run is to see this rollout fail: one that brings another image. */
  private fault(
    state: ServiceState,
    deployment: Deployment,
    previous: TaskDefinition | undefined,
  ): Error | undefined {
    const asked = this.parts.faults.asks('rollout-fails', state.base.serviceName);
    const images = (definition?: TaskDefinition): string =>
      JSON.stringify(definition?.containerDefinitions.map(({ image }) => image));
    if (!asked || images(previous) === images(deployment.definition)) return undefined;
    return new Error('Essential container in task exited');
  }

  private event(state: ServiceState, message: string): void {
    const last = state.events.at(-1)?.createdAt ?? 0;
    state.events.push({
      id: randomUUID(),
      // Strictly increasing, so that clients which sort them keep the order.
      createdAt: Math.max(seconds(), last + 0.001),
      message: `(service ${state.base.serviceName}) ${message}`,
    });
    if (state.events.length > EVENTS) state.events.shift();
  }

  private newTask(
    { base }: ServiceState,
    deployment: Deployment,
  ): Omit<Parameters<typeof runningTask>[0], 'digests'> {
    const { serviceArn, clusterArn, serviceName, launchType = 'FARGATE' } = base;
    return {
      serviceArn,
      clusterArn,
      serviceName,
      launchType,
      deploymentId: deployment.id,
      definition: deployment.definition,
    };
  }

  private describeDeployment({ base, tasks }: ServiceState, deployment: Deployment): object {
    const { id, status, rolloutState, rolloutStateReason, failedTasks, createdAt, definition } = deployment;
    const running = tasks.filter((task) => task.startedBy === id && task.lastStatus === 'RUNNING').length;
    const desiredCount = status === 'PRIMARY' ? base.desiredCount : running;
    return {
      id,
      status,
      taskDefinition: definition.taskDefinitionArn,
      desiredCount,
      runningCount: running,
      pendingCount: rolloutState === 'FAILED' ? 0 : Math.max(0, desiredCount - running),
      failedTasks,
      createdAt,
      updatedAt: createdAt,
      launchType: base.launchType,
      networkConfiguration: base.networkConfiguration,
      rolloutState,
      rolloutStateReason,
    };
  }

  private find(cluster: string, service: string): ServiceState | undefined {
    return [...this.states.values()].find(
      ({ base }) => nameOf(base.clusterArn) === nameOf(cluster) && base.serviceName === nameOf(service),
    );
  }

  /** A deployment that starts meanwhile counts too. */
  private async untilSettled(state: ServiceState): Promise<void> {
    let settled: Promise<void>;
    do {
      settled = state.settled;
      await settled;
    } while (settled !== state.settled);
  }
}

/** A change of these starts a deployment. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html */
const DEPLOYED_SETTINGS = ['networkConfiguration', 'loadBalancers', 'platformVersion', 'serviceRegistries'];

function reportOf({ base, deployments: [primary], outcome }: ServiceState): ServiceReport[] {
  if (!primary) return [];
  return [
    {
      name: base.serviceName,
      cluster: nameOf(base.clusterArn),
      taskDefinition: primary.definition.taskDefinitionArn,
      images: primary.definition.containerDefinitions.map(({ image }) => image),
      rollout: outcome?.state ?? primary.rolloutState,
      forced: (outcome?.deployment ?? primary).forced,
      reason: outcome?.reason,
    },
  ];
}

function newState(base: EmulatedService, settings: ServiceSettings): ServiceState {
  return { base, settings, deployments: [], tasks: [], events: [], settled: Promise.resolve() };
}

function newDeployment(definition: TaskDefinition, forced: boolean): Deployment {
  const id = `ecs-svc/${randomInt(1e9, 1e10)}${randomInt(1e8, 1e9)}`;
  return {
    id,
    definition,
    forced,
    createdAt: seconds(),
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
  };
}

function endOf(failure: Error): Pick<TaskStopped, 'stopCode' | 'exitCode'> {
  if (failure instanceof TaskStopped) return failure;
  return failure instanceof PullError
    ? { stopCode: 'TaskFailedToStart' }
    : { stopCode: 'EssentialContainerExited', exitCode: 1 };
}

function breaks({ settings }: ServiceState): boolean {
  return settings.deploymentConfiguration?.deploymentCircuitBreaker?.enable ?? false;
}

function digestsOf(task: Task): (string | undefined)[] {
  return (task.containers as { imageDigest?: string }[]).map(({ imageDigest }) => imageDigest);
}

function listed(tasks: readonly Task[]): string {
  return tasks.map((task) => `(task ${taskId(task)})`).join(' ');
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function nameOf(arnOrName: string): string {
  return arnOrName.split('/').at(-1) ?? arnOrName;
}
