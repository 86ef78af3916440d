import { randomBytes } from 'node:crypto';

/** The parts of a task definition that a rollout looks at. */
export interface TaskDefinition {
  readonly taskDefinitionArn: string;
  readonly executionRoleArn?: string;
  readonly taskRoleArn?: string;
  readonly cpu?: string;
  /** In MiB. */
  readonly memory?: string;
  readonly containerDefinitions: readonly ContainerDefinition[];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  /** @default true */
  readonly essential?: boolean;
  /** In MiB. */
  readonly memory?: number;
  readonly portMappings?: readonly { readonly containerPort?: number; readonly protocol?: string }[];
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly logConfiguration?: {
    readonly logDriver: string;
    readonly options?: Readonly<Record<string, string>>;
  };
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly user?: string;
  readonly readonlyRootFilesystem?: boolean;
  readonly linuxParameters?: { readonly initProcessEnabled?: boolean };
  readonly mountPoints?: readonly { readonly containerPath?: string }[];
  /** In seconds. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
  readonly healthCheck?: {
    readonly command: readonly string[];
    readonly interval?: number;
    readonly timeout?: number;
    readonly retries?: number;
    readonly startPeriod?: number;
  };
}

/** Really runs tasks, where an engine can. */
export interface TaskRunner {
  /**
   * Resolves once the task's containers are up and healthy.
   *
   * @param digests of the images, in the order of the containers
   * @throws TaskStopped when they are not
   */
  start(
    service: { readonly serviceName: string; readonly loadBalancers?: readonly LoadBalancer[] },
    definition: TaskDefinition,
    digests: readonly string[],
  ): Promise<RunningContainers>;
}

export interface RunningContainers {
  stop(): Promise<void>;
}

/** What ties a service's container to a target group. */
export interface LoadBalancer {
  readonly targetGroupArn?: string;
  readonly containerName?: string;
  readonly containerPort?: number;
}

/**
 * A task that ended although it should run; the message is its stopped reason.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
export class TaskStopped extends Error {
  constructor(
    stoppedReason: string,
    readonly stopCode: 'EssentialContainerExited' | 'TaskFailedToStart' | 'ServiceSchedulerInitiated',
    /** Undefined where the containers never ran. */
    readonly exitCode?: number,
    /** What ECS does not say in the reason, and a person wants to know. */
    readonly detail?: string,
  ) {
    super(stoppedReason);
  }
}

/** A task in the API's form. */
export interface Task {
  readonly taskArn: string;
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly [member: string]: unknown;
}

export interface NewTask {
  readonly serviceArn: string;
  readonly clusterArn: string;
  readonly serviceName: string;
  readonly launchType: string;
  readonly deploymentId: string;
  readonly definition: TaskDefinition;
  /** In the order of the containers; undefined for an image that could not be pulled. */
  readonly digests: readonly (string | undefined)[];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
export function runningTask(task: NewTask): Task {
  const id = randomBytes(16).toString('hex');
  const cluster = task.clusterArn.split('/').at(-1) ?? '';
  const prefix = task.serviceArn.split(':').slice(0, 5).join(':');
  const taskArn = `${prefix}:task/${cluster}/${id}`;
  const now = seconds();
  return {
    taskArn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.definition.taskDefinitionArn,
    group: `service:${task.serviceName}`,
    startedBy: task.deploymentId,
    launchType: task.launchType,
    cpu: task.definition.cpu,
    memory: task.definition.memory,
    createdAt: now,
    startedAt: now,
    desiredStatus: 'RUNNING',
    lastStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
    connectivity: 'CONNECTED',
    attachments: [],
    containers: task.definition.containerDefinitions.map(({ name, image }, index) => ({
      containerArn: `${prefix}:container/${cluster}/${id}/${randomBytes(8).toString('hex')}`,
      taskArn,
      name,
      image,
      imageDigest: task.digests[index],
      runtimeId: `${id}-${index}`,
      lastStatus: 'RUNNING',
      healthStatus: 'UNKNOWN',
      networkInterfaces: [],
    })),
  };
}

/**
 * The task after its end.
 *
 * @param exitCode of its containers; undefined where they never started
 */
export function stoppedTask(task: Task, stopCode: string, stoppedReason: string, exitCode?: number): Task {
  const now = seconds();
  return {
    ...task,
    desiredStatus: 'STOPPED',
    lastStatus: 'STOPPED',
    stopCode,
    stoppedReason,
    stoppingAt: now,
    stoppedAt: now,
    executionStoppedAt: now,
    containers: (task.containers as object[]).map((container) => ({
      ...container,
      lastStatus: 'STOPPED',
      ...(exitCode === undefined ? { reason: stoppedReason } : { exitCode }),
    })),
  };
}

/** The id at the end of a task's ARN. */
export function taskId(task: Task): string {
  return task.taskArn.split('/').at(-1) ?? '';
}

export function seconds(): number {
  return Date.now() / 1000;
}
