import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, isIPv4, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Mask } from '../../engine/mask';
import { credentialVariables } from '../../environment';
import type { Session } from '../../gateway/sessions';
import {
  type ContainerDefinition,
  type LoadBalancer,
  type RunningContainers,
  type TaskDefinition,
  type TaskRunner,
  TaskStopped,
} from '../../services/ecs-tasks';
import { ecrImage, type ImagePullParts, PullError } from '../../services/image-pull';
import type { RegistryTokens } from '../../services/registry-tokens';
import { taskSecrets } from '../../services/task-secrets';
import { taskSession } from '../../services/task-session';
import { isRunning } from '../../processes';
import { shellWord } from '../../shell-word';
import { type Engine, EngineError, LABEL } from './engine';
import { HealthCheck, type TargetGroup } from './health-check';

/** Under which name the images of the run are on the engine. */
const REGISTRY_LABEL = 'mangoo.simulator.registry';

/** A task that nobody asks anything must stay up as long. */
const STEADY_SECONDS = 3;
const LOOK_MS = 250;
const LOG_LINES = 15;

type Service = Parameters<TaskRunner['start']>[0];

export interface EngineTasksParts extends Pick<ImagePullParts, 'account' | 'emulated' | 'sessions'> {
  readonly engine: Engine;
  readonly tokens: RegistryTokens;
  readonly region: string;
  /** For logins; need not exist. */
  readonly directory: string;
  /** Of the emulated AWS, once it listens. */
  url(): string;
  /** The properties of a target group, by its ARN. */
  targetGroup(arn: string): TargetGroup | undefined;
  /** Told what runs, what it answered, and the last words of what did not; a line each. */
  log(line: string): void;
}

interface Container {
  readonly id: string;
  readonly definition: ContainerDefinition;
}

/** What `docker inspect` tells of a container. https://docs.docker.com/reference/api/engine/ */
interface Inspected {
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Health?: { readonly Status: string };
  };
  readonly NetworkSettings: {
    readonly Ports?: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
}

/**
 * Runs the containers of ECS tasks on a Docker engine: images pulled by digest from the emulated registry as the execution role,
 * with the task definition's environment, secrets and memory, one network for the task as in `awsvpc` mode, and its ports on free
 * ones of the loopback interface. The containers carry a label, by which those of a run that was killed are found.
 */
export class EngineTasks implements TaskRunner {
  private readonly starting = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();
  private readonly sessions = new Set<Session>();
  private endpoint: Promise<{ readonly url: string; readonly server: Server } | undefined> | undefined;

  /** @param healthySeconds how long a task may take to become healthy, besides the start period of its own checks */
  constructor(
    private readonly parts: EngineTasksParts,
    private readonly healthySeconds = 30,
  ) {}

  start(
    service: Service,
    definition: TaskDefinition,
    digests: readonly string[],
  ): Promise<RunningContainers> {
    const started = this.startTask(service, definition, digests);
    const settled = started.catch(() => undefined).finally(() => this.starting.delete(settled));
    this.starting.add(settled);
    return started;
  }

  /** Removes what other runs left that have ended without removing it: theirs were killed. */
  async removeLeftovers(): Promise<void> {
    const format = `{{.ID}}\t{{.Label "${LABEL}"}}\t{{.Label "${REGISTRY_LABEL}"}}`;
    const { stdout } = await this.docker('ps', '--all', '--filter', `label=${LABEL}`, '--format', format);
    for (const line of stdout.split('\n').filter(Boolean)) {
      const [id = '', run = '', registry = ''] = line.split('\t');
      const [host, pid] = run.split('/');
      if (host !== hostname() || isRunning(Number(pid))) continue;
      this.parts.log(`removing a container that a killed run has left: ${id}`);
      await this.docker('rm', '--force', '--volumes', id);
      await this.removeImages(registry);
    }
  }

  /** Ends everything that runs, and what is about to; forgets the images of this run. */
  async close(): Promise<void> {
    this.closing.abort(new Error('the simulator ends'));
    await Promise.all(this.starting);
    await this.parts.engine.removeContainers();
    await this.removeImages(this.registry);
    for (const session of this.sessions) this.parts.sessions.revoke(session);
    (await this.endpoint)?.server.close();
  }

  private async startTask(
    service: Service,
    definition: TaskDefinition,
    digests: readonly string[],
  ): Promise<RunningContainers> {
    const secrets = await taskSecrets(definition, this.parts.emulated);
    const images = await Promise.all(
      definition.containerDefinitions.map(({ image }, i) =>
        this.pull(image, digests[i] ?? '', definition.executionRoleArn),
      ),
    );
    const containers: Container[] = [];
    const session = definition.taskRoleArn
      ? taskSession(this.parts.sessions, definition.taskRoleArn)
      : undefined;
    if (session) this.sessions.add(session);
    const stop = async (): Promise<void> => {
      if (session) this.parts.sessions.revoke(session);
      await this.remove(containers.splice(0).map(({ id }) => id));
    };
    try {
      const aws = await this.awsVariables(session);
      for (const [index, container] of definition.containerDefinitions.entries()) {
        this.closing.signal.throwIfAborted();
        const first = containers[0]?.id;
        const args = first ? ['--network', `container:${first}`] : published(definition, service);
        const variables = { ...aws, ...variablesOf(container), ...secrets[container.name] };
        containers.push({
          id: await this.create(service, definition, container, images[index] ?? '', args, variables),
          definition: container,
        });
        await this.docker('start', containers.at(-1)?.id ?? '');
      }
      await this.untilHealthy(service, containers);
      return { stop };
    } catch (error) {
      await this.tellLogs(service, containers, Object.values(secrets).flatMap(Object.values<string>));
      await stop();
      if (!(error instanceof EngineError)) throw error;
      throw new TaskStopped(`CannotStartContainerError: ${error.message}`, 'TaskFailedToStart');
    }
  }

  /** @returns the name of the image on the engine */
  private async pull(image: string, digest: string, executionRoleArn: string | undefined): Promise<string> {
    const { account, repositoryName } = ecrImage(image) ?? {};
    const { signal } = this.closing;
    try {
      if (account !== this.parts.account || !repositoryName || !executionRoleArn) {
        const here = await this.docker('image', 'inspect', image).catch(() => undefined);
        if (!here) await this.parts.engine.run(['pull', '--quiet', image], { signal });
        return image;
      }
      const name = `${this.registry}/${repositoryName}@${digest}`;
      await this.loggedIn(executionRoleArn, (DOCKER_CONFIG) =>
        this.parts.engine.run(['pull', '--quiet', name], { env: { DOCKER_CONFIG }, signal }),
      );
      return name;
    } catch (error) {
      signal.throwIfAborted();
      throw new PullError(`CannotPullContainerError: ${(error as Error).message}`);
    }
  }

  private async loggedIn(roleArn: string, work: (configuration: string) => Promise<unknown>): Promise<void> {
    const session = taskSession(this.parts.sessions, roleArn);
    const password = this.parts.tokens.issue({ session, region: this.parts.region });
    const directory = path.join(this.parts.directory, randomBytes(8).toString('hex'));
    const auth = Buffer.from(`AWS:${password}`).toString('base64');
    try {
      await mkdir(directory, { recursive: true });
      const configuration = JSON.stringify({ auths: { [this.registry]: { auth } } });
      await writeFile(path.join(directory, 'config.json'), configuration, { mode: 0o600 });
      await work(directory);
    } finally {
      this.parts.sessions.revoke(session);
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async create(
    { serviceName }: Service,
    definition: TaskDefinition,
    container: ContainerDefinition,
    image: string,
    args: readonly string[],
    variables: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { name, entryPoint = [], command = [], healthCheck, linuxParameters } = container;
    const memory = container.memory ?? definition.memory;
    // Values come from the client's environment, so that no process list shows a secret. What the client itself listens to is
    // given in the open.
    const secret = Object.keys(variables).filter((key) => !/^(DOCKER|BUILDX)_|^HOME$/.test(key));
    const plain = Object.keys(variables).filter((key) => !secret.includes(key));
    const [program, ...programArgs] = entryPoint;
    const { stdout } = await this.parts.engine.run(
      [
        'create',
        ...['--name', `${serviceName}-${name}-${randomBytes(4).toString('hex')}`],
        ...['--label', this.parts.engine.label, '--label', `${REGISTRY_LABEL}=${this.registry}`],
        ...(memory ? ['--memory', `${memory}m`] : []),
        ...secret.flatMap((key) => ['--env', key]),
        ...plain.flatMap((key) => ['--env', `${key}=${variables[key]}`]),
        ...(container.workingDirectory ? ['--workdir', container.workingDirectory] : []),
        ...(container.user ? ['--user', container.user] : []),
        ...(container.readonlyRootFilesystem ? ['--read-only'] : []),
        ...(linuxParameters?.initProcessEnabled ? ['--init'] : []),
        ...(container.mountPoints ?? []).flatMap(({ containerPath }) =>
          containerPath ? ['--volume', containerPath] : [],
        ),
        ...healthArguments(healthCheck),
        ...args,
        ...(program === undefined ? [] : ['--entrypoint', program]),
        image,
        ...programArgs,
        ...command,
      ],
      { env: Object.fromEntries(secret.map((key) => [key, variables[key] ?? ''])) },
    );
    return stdout.trim();
  }

  /** @throws TaskStopped */
  private async untilHealthy(service: Service, containers: readonly Container[]): Promise<void> {
    const began = performance.now();
    const checks = checksOf(service, containers, (arn) => this.parts.targetGroup(arn));
    const waits = containers.map(({ definition: { healthCheck } }) => healthCheck?.startPeriod ?? 0);
    const limit = this.healthySeconds + Math.max(0, ...waits);
    const required = checks.filter((check) => check.required);
    for (;;) {
      this.closing.signal.throwIfAborted();
      const inspected = await this.inspect(containers);
      containers.forEach((container, i) => throwIfEnded(container, inspected[i]));
      const commands = containers.every((container, i) => isHealthy(container, inspected[i]));
      const ports = inspected[0]?.NetworkSettings.Ports ?? {};
      for (const check of checks) {
        if (!check.answer) await check.ask(Number(ports[`${check.port}/tcp`]?.[0]?.HostPort));
      }
      const seconds = (performance.now() - began) / 1000;
      const open = checks.filter(({ answer }) => !answer);
      const asked = checks.length + containers.filter(({ definition }) => definition.healthCheck).length > 0;
      if (commands && !open.length && (asked || seconds > STEADY_SECONDS)) break;
      if (commands && open.every((check) => !check.required) && !required.length && seconds > STEADY_SECONDS)
        break;
      if (seconds > limit)
        throw unhealthy(
          open.find((check) => check.required),
          limit,
        );
      await delay(LOOK_MS);
    }
    for (const check of checks) this.parts.log(`${service.serviceName}: ${check.told()}`);
  }

  private async inspect(containers: readonly Container[]): Promise<Inspected[]> {
    const { stdout } = await this.docker('inspect', '--type', 'container', ...containers.map(({ id }) => id));
    return JSON.parse(stdout) as Inspected[];
  }

  /** The last words of a task that failed, its secrets hidden: what CloudWatch Logs would have. */
  private async tellLogs(
    { serviceName }: Service,
    containers: readonly Container[],
    secrets: readonly string[],
  ): Promise<void> {
    if (this.closing.signal.aborted) return;
    const mask = new Mask(secrets, () => undefined);
    for (const { id, definition } of containers) {
      const output = await this.docker('logs', '--tail', String(LOG_LINES), id).catch(() => undefined);
      const text = mask.masked(`${output?.stdout ?? ''}${output?.stderr ?? ''}`).trimEnd();
      const lines = text ? text.split('\n').slice(-LOG_LINES) : ['(it wrote nothing)'];
      for (const line of lines) this.parts.log(`${serviceName}, container ${definition.name}: ${line}`);
    }
  }

  /** The task role's credentials, and the emulated AWS where containers can reach it. Never the real one. */
  private async awsVariables(session: Session | undefined): Promise<Record<string, string>> {
    this.endpoint ??= this.openEndpoint();
    const endpoint = await this.endpoint;
    const { region } = this.parts;
    return {
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...(endpoint && { AWS_ENDPOINT_URL: endpoint.url }),
      ...(endpoint && session && credentialVariables(session)),
    };
  }

  /**
   * The gateway listens on loopback addresses, which containers do not share. Where the address of the engine's bridge is one
   * of this machine's (that of a rootless engine is not), a port there leads to it.
   */
  private async openEndpoint(): Promise<{ url: string; server: Server } | undefined> {
    const { port } = new URL(this.parts.url());
    try {
      const format = '{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}';
      const { stdout } = await this.docker('network', 'inspect', 'bridge', '--format', format);
      const [gateway, subnet = ''] = stdout.trimEnd().split(' ');
      // Without a gateway of its own it is the first address of the subnet.
      const address = gateway || subnet.replace(/\d+\/\d+$/, '1');
      if (!isIPv4(address)) throw new Error(`the engine's bridge has no IPv4 address`);
      const server = createServer((socket) => relay(socket, Number(port))).unref();
      server.listen(0, address);
      await once(server, 'listening');
      return { url: `http://${address}:${(server.address() as AddressInfo).port}`, server };
    } catch (error) {
      const reason = (error as Error).message;
      this.parts.log(`containers cannot reach the emulated AWS here, and get no credentials: ${reason}`);
      return undefined;
    }
  }

  private async remove(ids: readonly string[]): Promise<void> {
    // One that is gone already is no failure.
    if (ids.length) await this.docker('rm', '--force', '--volumes', ...ids).catch(() => undefined);
  }

  private async removeImages(registry: string): Promise<void> {
    const { stdout } = await this.docker(
      ...['images', '--all', '--digests', '--format', '{{.Repository}}\t{{.Tag}}\t{{.Digest}}'],
    );
    const names = stdout
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([repository]) => registry && repository?.startsWith(`${registry}/`))
      .flatMap(([repository, tag, digest]) => [
        ...(tag === '<none>' ? [] : [`${repository}:${tag}`]),
        ...(digest === '<none>' ? [] : [`${repository}@${digest}`]),
      ]);
    // An image that a container of the user's still needs stays.
    if (names.length) await this.docker('rmi', ...new Set(names)).catch(() => undefined);
  }

  private get registry(): string {
    return new URL(this.parts.url()).host;
  }

  private docker(...args: string[]): ReturnType<Engine['run']> {
    return this.parts.engine.run(args);
  }
}

/** Ports on free ones of the loopback interface: the host's network is not the task's. */
function published({ containerDefinitions }: TaskDefinition, { loadBalancers = [] }: Service): string[] {
  const mapped = containerDefinitions.flatMap(({ portMappings = [] }) =>
    portMappings.flatMap(({ containerPort, protocol }) =>
      containerPort && protocol !== 'udp' ? [containerPort] : [],
    ),
  );
  const balanced = loadBalancers.flatMap(({ containerPort }) => containerPort ?? []);
  return [...new Set([...mapped, ...balanced])].flatMap((port) => ['--publish', `127.0.0.1::${port}`]);
}

function variablesOf({ environment = [] }: ContainerDefinition): Record<string, string> {
  return Object.fromEntries(environment.map(({ name, value }) => [name, value]));
}

/** ECS knows only the task definition's check, not the image's. */
function healthArguments(check: ContainerDefinition['healthCheck']): string[] {
  const [form, ...rest] = check?.command ?? [];
  if (!check || form === undefined || form === 'NONE') return ['--no-healthcheck'];
  const command =
    form === 'CMD-SHELL'
      ? rest.join(' ')
      : (form === 'CMD' ? rest : [form, ...rest]).map(shellWord).join(' ');
  const { interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = check;
  return [
    ...['--health-cmd', command, '--health-timeout', `${timeout}s`, '--health-retries', String(retries)],
    // A service that is well need not wait half a minute for its first check.
    ...['--health-interval', `${Math.min(interval, 2)}s`, '--health-start-period', `${startPeriod}s`],
  ];
}

function checksOf(
  { loadBalancers = [] }: Service,
  containers: readonly Container[],
  targetGroup: (arn: string) => TargetGroup | undefined,
): HealthCheck[] {
  const balanced = loadBalancers.flatMap(({ targetGroupArn = '', containerPort }: LoadBalancer) =>
    containerPort
      ? [HealthCheck.ofTargetGroup(targetGroupArn, targetGroup(targetGroupArn) ?? {}, containerPort)]
      : [],
  );
  const [port] = containers.flatMap(({ definition }) => definition.portMappings ?? []);
  const checked = containers.some(({ definition }) => definition.healthCheck);
  return balanced.length || checked || !port?.containerPort
    ? balanced
    : [HealthCheck.unasked(port.containerPort)];
}

/** @throws TaskStopped when it has ended, and the task with it */
function throwIfEnded(
  { definition: { name, essential } }: Container,
  inspected: Inspected | undefined,
): void {
  if (!inspected || inspected.State.Running || essential === false) return;
  const { ExitCode, OOMKilled } = inspected.State;
  const reason = OOMKilled
    ? 'OutOfMemoryError: Container killed due to memory usage'
    : 'Essential container in task exited';
  const detail = `container ${name}, exit code ${ExitCode}`;
  throw new TaskStopped(reason, 'EssentialContainerExited', ExitCode, detail);
}

function isHealthy({ definition }: Container, inspected: Inspected | undefined): boolean {
  if (!definition.healthCheck || definition.essential === false) return true;
  const status = inspected?.State.Health?.Status;
  if (status === 'unhealthy') {
    throw new TaskStopped('Task failed container health checks', 'ServiceSchedulerInitiated', 137);
  }
  return status === undefined || status === 'healthy';
}

function unhealthy(check: HealthCheck | undefined, seconds: number): TaskStopped {
  const reason = check
    ? `Task failed ELB health checks in (target-group ${check.targetGroupArn})`
    : 'Task failed container health checks';
  const detail = `${check ? check.told() : 'not healthy'}, for ${seconds} s`;
  return new TaskStopped(reason, 'ServiceSchedulerInitiated', 137, detail);
}

function relay(socket: Socket, port: number): void {
  const onward = connect(port, '127.0.0.1');
  socket.on('error', () => onward.destroy());
  onward.on('error', () => socket.destroy());
  socket.pipe(onward).pipe(socket);
}
