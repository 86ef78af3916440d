import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CloudFormation } from './cloudformation/cloudformation';
import type { Stack } from './cloudformation/stack';
import { buildStateChange } from './codebuild/build-events';
import { BuildRecords } from './codebuild/build-records';
import { Projects } from './codebuild/projects';
import { CodeBuildService } from './codebuild/service';
import { SourceCredentials } from './codebuild/source-credentials';
import { type Emulator, startEmulator, useEmulator } from './emulator';
import { awsEnvironment, credentialVariables } from './environment';
import { EventBus, type Message } from './events/event-bus';
import { FunctionCode } from './events/function-code';
import { Functions } from './events/functions';
import type { Faults } from './faults';
import { Authorizer } from './gateway/authorizer';
import { Emulated } from './gateway/emulated';
import { Ledger } from './gateway/ledger';
import { type Gateway, type Route, startGateway } from './gateway/server';
import { type Session, Sessions } from './gateway/sessions';
import { throttle } from './gateway/throttling';
import { DeployRoles } from './iam/deploy-role';
import { RoleDirectory } from './iam/role-policies';
import { BucketPolicies } from './services/bucket-policies';
import { BuildLogs } from './services/build-logs';
import { CloudTrail } from './services/cloudtrail';
import { CodeConnections } from './services/code-connections';
import { Ecr } from './services/ecr';
import { Ecs } from './services/ecs';
import { EcsRollouts } from './services/ecs-rollouts';
import { Iam } from './services/iam';
import { ImageScans } from './services/image-scans';
import { Layers } from './services/layers';
import { Logs } from './services/logs';
import { Registry } from './services/registry';
import { RegistryTokens } from './services/registry-tokens';
import { ServiceQuotas } from './services/service-quotas';
import { Sns } from './services/sns';
import { Ssm } from './services/ssm';
import { Sts } from './services/sts';
import type { Engine } from './standins/docker/engine';
import { EngineTasks } from './standins/docker/engine-tasks';
import { Keeper } from './state/keeper';
import { StateDirectory } from './state/state-directory';

export interface EmulatedAwsOptions {
  readonly account: string;
  readonly region: string;
  /** For build logs, the AWS configuration file and, without `state`, image layers; the caller removes it. */
  readonly directory: string;
  /** A directory that keeps the emulated AWS between runs, made when missing; its layout stands at StateDirectory. */
  readonly state?: string;
  readonly faults: Faults;
  /** How many builds run at once, as Service Quotas tells it. @default 60, as AWS's */
  readonly quota?: number;
  /** An emulator that runs already; otherwise moto is started. */
  readonly endpointUrl?: string;
  /** Of the gateway. @default a free one */
  readonly port?: number;
  /** Of the gateway, besides those of AWS. */
  readonly routes?: Readonly<Record<string, Route>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Runs the tasks of ECS services; without, they are played. */
  readonly engine?: Engine;
  /** Told what the simulator or the emulator failed on, one line each. */
  readonly log: (line: string) => void;
  /** Told of each message to an SNS topic. */
  readonly notified?: (message: Message) => void;
}

/** One account in one region of AWS, on this machine: the gateway, the services that it plays, and the emulator behind it. */
export class EmulatedAws {
  private constructor(
    readonly account: string,
    readonly region: string,
    /** May do everything, like the person who deploys the pipeline. */
    readonly administrator: Session,
    readonly sessions: Sessions,
    readonly authorizer: Authorizer,
    readonly ledger: Ledger,
    readonly deployRoles: DeployRoles,
    readonly projects: Projects,
    readonly codeBuild: CodeBuildService,
    readonly buildRecords: BuildRecords,
    readonly buildLogs: BuildLogs,
    readonly cloudFormation: CloudFormation,
    readonly events: EventBus,
    private readonly functions: Functions,
    readonly imageScans: ImageScans,
    readonly codeConnections: CodeConnections,
    readonly serviceQuotas: ServiceQuotas,
    readonly rollouts: EcsRollouts,
    readonly faults: Faults,
    /** An AWS configuration file without profiles. */
    readonly configFile: string,
    private readonly emulator: Emulator,
    private readonly gateway: Gateway,
    private readonly keeper: Keeper | undefined,
    private readonly tasks: EngineTasks | undefined,
    private readonly log: (line: string) => void,
  ) {}

  /** @throws UserError when there is no emulator, when `state` cannot be used, or `port` is taken */
  static async start(options: EmulatedAwsOptions): Promise<EmulatedAws> {
    const { account, region, endpointUrl } = options;
    const emulator = endpointUrl ?? 'moto';
    const state = options.state
      ? await StateDirectory.open(path.resolve(options.state), { account, region, emulator })
      : undefined;
    try {
      return await EmulatedAws.startWith(state, options);
    } catch (error) {
      await state?.close();
      throw error;
    }
  }

  private static async startWith(
    state: StateDirectory | undefined,
    options: EmulatedAwsOptions,
  ): Promise<EmulatedAws> {
    const { account, region, directory, faults, quota = 60, env, signal, log } = options;
    const configFile = path.join(directory, 'aws-config');
    // The default for `localhost` is the bucket as host name, which not every resolver finds.
    await writeFile(configFile, '[default]\ns3 =\n    addressing_style = path\n');
    const emulator = options.endpointUrl
      ? await useEmulator(options.endpointUrl)
      : await startEmulator({ env, signal, account, state: state?.motoFile, note: log });
    try {
      const emulated = new Emulated(emulator.url, log);
      const sessions = new Sessions();
      const ledger = new Ledger();
      const projects = new Projects();
      const buildRecords = new BuildRecords();
      const sourceCredentials = new SourceCredentials();
      const codeBuild = new CodeBuildService(account, projects, buildRecords, sourceCredentials);
      const codeConnections = new CodeConnections(account);
      const serviceQuotas = new ServiceQuotas(quota);
      const buildLogs = new BuildLogs(path.join(directory, 'build-logs'));
      const bucketPolicies = new BucketPolicies(emulated);
      const policies = new RoleDirectory(emulator.url);
      const authorizer = new Authorizer({
        account,
        region,
        policies,
        ledger,
        faults,
        bucketPolicy: (bucket) => bucketPolicies.get(bucket),
      });
      const tokens = new RegistryTokens(sessions);
      const layers = new Layers(state?.layers ?? path.join(directory, 'layers'));
      const imageScans = new ImageScans({
        account,
        emulated,
        faults,
        events: { put: (event) => events.put(event) },
        changed: () => keeper?.changed(),
        log,
      });
      const ecr = new Ecr(account, emulated, tokens, layers, imageScans);
      const administrator = new Administrator(account, sessions);
      const deployRoles = new DeployRoles(authorizer);
      const parts = { account, emulated, sessions, authorizer };
      const tasks =
        options.engine &&
        new EngineTasks({
          ...parts,
          engine: options.engine,
          tokens,
          region,
          directory: path.join(directory, 'registry-logins'),
          url: () => gateway.url,
          targetGroup: (arn) => propertiesOf(cloudFormation, arn),
          log,
        });
      const rollouts = new EcsRollouts({ ...parts, faults, runner: tasks });
      const functionCode = new FunctionCode(path.join(directory, 'functions'));
      const cloudFormation = new CloudFormation({
        account,
        region,
        sessions,
        administrator: () => administrator.session,
        authorizer,
        deployRoles,
        faults,
        functionCode,
        url: () => gateway.url,
        async untilServiceIsSteady(cluster, service) {
          const { state, reason } = await rollouts.waitUntilSettled(cluster, service);
          if (state === 'FAILED') throw new Error(reason);
        },
      });
      const stacks = (): readonly Stack[] => cloudFormation.all();
      const functions = new Functions({
        account,
        region,
        sessions,
        authorizer,
        code: functionCode,
        configFile,
        url: () => gateway.url,
        stacks,
      });
      signal.addEventListener('abort', () => functions.stop(), { once: true });
      const events = new EventBus({
        account,
        region,
        functions,
        emulated,
        stacks,
        log,
        notified: options.notified,
      });
      const isBusy = (): boolean => rollouts.isMoving || cloudFormation.isBusy;
      const kept = {
        sessions,
        administrator,
        registryTokens: tokens,
        bucketPolicies,
        layers,
        imageScans,
        projects,
        sourceCredentials,
        codeConnections,
        buildRecords,
        rollouts,
        cloudFormation,
      };
      const keeper = state && new Keeper({ directory: state, kept, emulator, emulated, isBusy, log });
      keeper?.restore();
      const gateway = await startGateway({
        answered: () => keeper?.changed(),
        emulated,
        authorizer: {
          authorize: async (request) => {
            throttle(request, faults);
            await authorizer.authorize(request);
          },
          forget: () => authorizer.forget(),
        },
        sessions,
        services: {
          sts: new Sts(account, sessions, authorizer, policies),
          cloudformation: cloudFormation,
          codebuild: codeBuild,
          codeconnections: codeConnections,
          ecr,
          ecs: new Ecs(emulated, rollouts),
          s3: bucketPolicies,
          cloudtrail: new CloudTrail(),
          iam: new Iam(emulator.url),
          logs: new Logs(account, emulated, buildLogs),
          sns: new Sns(emulator.url, region, emulated, (message) => events.record(message)),
          servicequotas: serviceQuotas,
          ssm: new Ssm(),
        },
        routes: {
          ...options.routes,
          '/v2/': new Registry({ account, ecr, layers, tokens, faults, authorizer }).handle,
        },
        port: options.port,
        log,
      });
      cloudFormation.rollBackInterrupted();
      for (const record of buildRecords.interrupted) events.put(buildStateChange(record));
      await tasks?.removeLeftovers().catch((error: Error) => log(`docker: ${error.message}`));
      return new EmulatedAws(
        account,
        region,
        administrator.session,
        sessions,
        authorizer,
        ledger,
        deployRoles,
        projects,
        codeBuild,
        buildRecords,
        buildLogs,
        cloudFormation,
        events,
        functions,
        imageScans,
        codeConnections,
        serviceQuotas,
        rollouts,
        faults,
        configFile,
        emulator,
        gateway,
        keeper,
        tasks,
        log,
      );
    } catch (error) {
      await emulator.stop();
      throw error;
    }
  }

  get url(): string {
    return this.gateway.url;
  }

  /** The name of the image registry; what it stands for is at `url`, below `/v2/`. */
  get imageRegistry(): string {
    return `${this.account}.dkr.ecr.${this.region}.amazonaws.com`;
  }

  /** The emulator itself, past the gateway: what is asked there is neither judged nor recorded. */
  get emulatorUrl(): string {
    return this.emulator.url;
  }

  credentialsUrl(session: Session): string {
    return this.gateway.credentialsUrl(session);
  }

  /** What a process sees that acts as `session`. */
  environmentFor(session: Session): Record<string, string> {
    return { ...awsEnvironment(this), ...credentialVariables(session) };
  }

  /** What of this AWS is played, a line each. */
  simulated(): string[] {
    const accepted = new Map<string, number>();
    for (const stack of this.cloudFormation.all()) {
      for (const { kind, type } of stack.resources.values()) {
        if (kind === 'accepted') accepted.set(type, (accepted.get(type) ?? 0) + 1);
      }
    }
    const types = [...accepted].map(([type, count]) => `${type}${count > 1 ? ` ×${count}` : ''}`);
    const has = (type: string): boolean =>
      this.cloudFormation
        .all()
        .some(({ resources }) => [...resources.values()].some((r) => r.type === type && r.kind === 'made'));
    return [
      'AWS: moto behind a gateway that plays IAM, CloudFormation, CodeBuild, the image registry and ECS rollouts',
      ...this.imageScans.simulated(),
      ...(this.tasks ? ['ECS: one task of each deployment really runs, whatever the desired count'] : []),
      ...(has('AWS::Lambda::Function')
        ? [`Lambda: functions of Node.js run on ${process.version} of this machine; retries do not wait`]
        : []),
      ...(has('AWS::SNS::Topic') ? ['SNS: messages are told and go to nobody outside of this machine'] : []),
      ...(has('AWS::CloudWatch::Alarm')
        ? ['CloudWatch: alarms and metric filters are made, and measure nothing']
        : []),
      ...(types.length ? [`resources accepted, not made: ${types.sort().join(', ')}`] : []),
    ];
  }

  /** Tells that something has changed without a request, so that `state` is saved soon. */
  changed(): void {
    this.keeper?.changed();
  }

  async stop(): Promise<void> {
    await this.imageScans.close();
    this.functions.stop();
    await this.events.settled();
    // First: what fails because its containers end has nobody to ask any more.
    await this.gateway.close();
    await this.keeper?.close();
    await this.tasks?.close().catch((error: Error) => this.log(`docker: ${error.message}`));
    await this.emulator.stop();
  }
}

/** Whoever deploys the pipeline; the same credentials for as long as the state is kept. */
class Administrator {
  private known?: Session;

  constructor(
    private readonly account: string,
    private readonly sessions: Sessions,
  ) {}

  get session(): Session {
    this.known ??= this.sessions.issue({ arn: `arn:aws:iam::${this.account}:user/administrator` });
    return this.known;
  }

  save(): string {
    return this.session.credentials.accessKeyId;
  }

  restore(accessKeyId: string): void {
    this.known = this.sessions.find(accessKeyId);
  }
}

/** Of the deployed resource with this physical id. */
function propertiesOf(cloudFormation: CloudFormation, physicalId: string): object | undefined {
  const resources = cloudFormation.all().flatMap((stack) => [...stack.resources.values()]);
  return resources.find((resource) => resource.physicalId === physicalId)?.properties;
}
