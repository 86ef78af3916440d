import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runBuild } from '../engine/build';
import type { BuildRequest, BuildResult, EnvironmentVariable, PhaseName, PhaseResult } from '../engine/types';
import { awsEnvironment } from '../environment';
import type { EventBus } from '../events/event-bus';
import type { Faults } from '../faults';
import type { Authorizer } from '../gateway/authorizer';
import { AwsError } from '../gateway/request';
import type { Session, Sessions } from '../gateway/sessions';
import type { BuildLog } from '../services/build-log';
import type { BuildLogs } from '../services/build-logs';
import { buildPhaseChange, buildStateChange } from './build-events';
import { BuildFaults } from './build-faults';
import type { BuildRecords } from './build-records';
import { Places } from './places';
import type { Project } from './projects';
import { type BuildRecord, uuidOf } from './record';
import { BuildStorage } from './storage';

/** Whoever watches a build. */
export interface BuildWatcher {
  output?(text: string): void;
  phaseStarted?(name: PhaseName): void;
  phaseEnded?(phase: PhaseResult): void;
}

/** Why a build starts, and what it sees of that. */
export interface Trigger {
  readonly initiator: string;
  /** What CODEBUILD_SOURCE_VERSION says, and what is checked out. */
  readonly sourceVersion?: string;
  /** CODEBUILD_WEBHOOK_…, where a webhook starts it. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Where sources come from. */
export interface SourceProvider {
  /** Puts a version of the source into an empty directory, and resolves to its commit. */
  checkout(
    sourceVersion: string,
    directory: string,
    options: { readonly depth?: number; readonly note?: (line: string) => void },
  ): Promise<string>;
}

export interface BuildsOptions {
  readonly aws: {
    readonly account: string;
    readonly region: string;
    readonly url: string;
    readonly configFile: string;
    readonly sessions: Sessions;
    readonly authorizer: Authorizer;
    readonly faults: Faults;
    readonly buildLogs: BuildLogs;
    readonly buildRecords: BuildRecords;
    readonly events: Pick<EventBus, 'put'>;
    /** Called when a record has changed. */
    changed(): void;
    /** Where the gateway gives out a session's credentials. */
    credentialsUrl(session: Session): string;
  };
  readonly source: SourceProvider;
  /** Below it, each build gets a directory, which goes with the build. */
  readonly directory: string;
  readonly keepDirectories: boolean;
  /** Where project caches stay between runs. */
  readonly cacheDirectory: string;
  /** What every build sees of this machine: PATH with the stand-in tools in front, npm's settings. */
  readonly environment: Readonly<Record<string, string>>;
  /** How many builds run at once. */
  readonly quota: number;
  /** What others do while a build is in a phase; its first command waits for it. */
  readonly meanwhile?: (record: BuildRecord) => Promise<void>;
}

interface Running {
  readonly stop: AbortController;
  readonly done: Promise<BuildRecord>;
}

/** The build fleet: runs builds of projects on this machine, each with a fresh directory and the credentials of its role. */
export class Builds {
  private readonly running = new Map<string, Running>();
  private readonly places: Places;

  constructor(private readonly options: BuildsOptions) {
    this.places = new Places(options.quota);
  }

  /**
   * Starts a build, or puts it into the queue.
   *
   * @throws AwsError AccountLimitExceededException
   */
  start(project: Project, trigger: Trigger, watcher: BuildWatcher = {}): BuildRecord {
    const unfinished = this.records.all(project.name).filter(({ endTime }) => endTime === undefined);
    const limit = project.concurrentBuildLimit;
    if (limit !== undefined && unfinished.length >= limit) {
      // Of a project with a limit, no build waits; the API's own words are not documented.
      throw new AwsError(
        'AccountLimitExceededException',
        `Cannot have more than ${limit} running builds for project ${project.name}`,
      );
    }
    const place = this.places.enter();
    const uuid = randomUUID();
    const id = `${project.name}:${uuid}`;
    const now = Date.now();
    const logs = project.logsConfig?.cloudWatchLogs;
    const record: BuildRecord = {
      id,
      arn: project.arn.replace(/:project\/.*/, `:build/${id}`),
      number: (this.records.all(project.name)[0]?.number ?? 0) + 1,
      project,
      initiator: trigger.initiator,
      sourceVersion: trigger.sourceVersion,
      logGroup: logs?.groupName ?? `/aws/codebuild/${project.name}`,
      logStream: logs?.streamName ? `${logs.streamName}/${uuid}` : uuid,
      startTime: now,
      status: 'IN_PROGRESS',
      phases: [],
      currentPhase: 'SUBMITTED',
      currentPhaseStartedAt: now,
      exportedVariables: {},
      artifacts: [],
      reports: [],
      simulated: [],
    };
    this.records.put(record);
    this.options.aws.events.put(buildStateChange(record));
    const stop = new AbortController();
    const done = this.run(record, trigger, stop, watcher, place.taken).finally(() => {
      place.leave();
      this.running.delete(id);
      this.options.aws.changed();
    });
    this.running.set(id, { stop, done });
    this.options.aws.changed();
    return record;
  }

  /** Resolves when the build has ended; at once for one that has. Never rejects. */
  async ended(id: string): Promise<BuildRecord | undefined> {
    return this.running.get(id)?.done ?? this.records.get(id);
  }

  stop(id: string): void {
    this.running.get(id)?.stop.abort();
  }

  delete(id: string): boolean {
    if (this.running.has(id)) return false;
    const deleted = this.records.delete(id);
    this.options.aws.changed();
    return deleted;
  }

  /** As `aws codebuild invalidate-project-cache`. */
  async invalidateCache(project: Project): Promise<void> {
    await rm(this.cacheDirectory(project), { recursive: true, force: true });
    if (project.cache?.type !== 'S3') return;
    await mkdir(this.cacheDirectory(project), { recursive: true });
    await writeFile(this.generationFile(project), randomUUID());
  }

  /** Stops every build, and resolves when all have ended; also those that are started meanwhile. */
  async stopAll(): Promise<void> {
    while (this.running.size) {
      const running = [...this.running.values()];
      for (const { stop } of running) stop.abort();
      await Promise.all(running.map(({ done }) => done));
    }
  }

  private get records(): BuildRecords {
    return this.options.aws.buildRecords;
  }

  private async run(
    record: BuildRecord,
    trigger: Trigger,
    stop: AbortController,
    watcher: BuildWatcher,
    place: Promise<void>,
  ): Promise<BuildRecord> {
    const { aws, environment, keepDirectories, meanwhile } = this.options;
    const { project } = record;
    const uuid = uuidOf(record.id);
    const directory = path.join(this.options.directory, uuid);
    const log = new Output(() => aws.buildLogs.open(record.logGroup, record.logStream), watcher, stop);
    // A build that is stopped does not wait for its source; its directory goes when nothing writes into it any more.
    let download: Promise<unknown> = Promise.resolve();
    try {
      // Its credentials outlive the build, as on AWS: a stack that is still changing goes on.
      const session = aws.sessions.issue({
        arn: `${project.serviceRole.replace(':iam:', ':sts:').replace(/:role\/(?:.*\/)?/, ':assumed-role/')}/AWSCodeBuild-${uuid}`,
        roleArn: project.serviceRole,
        phase: () => record.currentPhase,
      });
      const storage = new BuildStorage({ aws, record, session, directory });
      const faults = new BuildFaults(aws.faults, {
        stop: () => this.stop(record.id),
        expire: () => aws.sessions.expire(session),
      });
      await mkdir(directory, { recursive: true });
      const result = await runBuild({
        directory,
        environment: {
          ...environment,
          ...awsEnvironment(aws),
          AWS_CONTAINER_CREDENTIALS_FULL_URI: aws.credentialsUrl(session),
          ...this.codeBuildVariables(record),
          ...trigger.variables,
        },
        variables: faults.variables(
          (project.environment.environmentVariables ?? []).map(
            ({ name, value, type }): EnvironmentVariable => ({ name, value, type: type ?? 'PLAINTEXT' }),
          ),
        ),
        image: project.environment.image,
        place: () => place,
        downloadSource: (sourceDirectory) => {
          const downloaded = this.downloadSource(record, storage, sourceDirectory, (line) =>
            log.write(`${line}\n`),
          ).then(async (learnt) => {
            await faults.breakSource(sourceDirectory);
            return learnt;
          });
          download = downloaded.catch(() => undefined);
          return downloaded;
        },
        buildspec: buildspecOf(project),
        queuedTimeoutSeconds: (project.queuedTimeoutInMinutes ?? 480) * 60,
        timeoutSeconds: (project.timeoutInMinutes ?? 60) * 60,
        timeUp: faults.timeUp,
        stop: stop.signal,
        cache: await this.cache(project, storage, directory),
        artifactsType: project.artifacts.type === 'S3' ? 'S3' : 'NO_ARTIFACTS',
        parameters: (names) => storage.parameters(names),
        secret: (reference) => storage.secret(reference),
        uploadArtifacts: (uploads) => storage.upload(uploads),
        storeReport: (report) => storage.report(report),
        output: (text) => log.write(text),
        phaseStarted: (name) => {
          record.currentPhase = name;
          record.currentPhaseStartedAt = Date.now();
          const ended = record.phases.at(-1);
          if (ended) aws.events.put(buildPhaseChange(record, ended));
          faults.phaseStarted(name);
          watcher.phaseStarted?.(name);
        },
        phaseEnded: (phase) => {
          record.phases.push(phase);
          aws.changed();
          watcher.phaseEnded?.(phase);
        },
        beforeCommand: async (name, index) => {
          if (index > 0) return undefined;
          await meanwhile?.(record);
          return faults.insteadOfFirstCommand(name);
        },
      });
      Object.assign(record, log.failure ? faulty(result, log.failure) : result);
    } catch (error) {
      // The simulator's own failure: CodeBuild calls the like a fault.
      record.status = 'FAULT';
      const { currentPhase: name, currentPhaseStartedAt: startedAt } = record;
      const context = faultContext(error as Error);
      const fault: PhaseResult = { name, status: 'FAULT', startedAt, seconds: 0, context, commands: [] };
      record.phases.push(fault);
      aws.events.put(buildPhaseChange(record, fault));
    }
    log.end();
    record.endTime = Date.now();
    // Whoever hears of it reads the record and the log, which are whole by now.
    aws.events.put(buildStateChange(record));
    await download;
    // What cannot be removed goes with the simulator's own directory.
    if (!keepDirectories)
      await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    return record;
  }

  private async downloadSource(
    record: BuildRecord,
    storage: BuildStorage,
    directory: string,
    note: (line: string) => void,
  ): Promise<Record<string, string>> {
    const { project } = record;
    const { type, location = '', gitCloneDepth: depth } = project.source;
    await this.assumeServiceRole(project);
    await storage.checkLogs();
    if (type === 'NO_SOURCE') return {};
    if (type === 'S3') {
      await storage.downloadSource(location, directory);
      return {};
    }
    if (!type.startsWith('GITHUB'))
      throw new Error(`the simulator plays sources on GitHub and S3, not ${type}`);
    const commit = await this.options.source.checkout(record.sourceVersion ?? '', directory, { depth, note });
    record.resolvedSourceVersion = commit;
    return { CODEBUILD_RESOLVED_SOURCE_VERSION: commit };
  }

  /** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
  private codeBuildVariables(record: BuildRecord): Record<string, string> {
    const { account, region } = this.options.aws;
    const { project, id, arn } = record;
    const console_ = `https://${region}.console.aws.amazon.com/codesuite/codebuild/${account}`;
    return {
      CODEBUILD_BUILD_ARN: arn,
      CODEBUILD_BUILD_ID: id,
      CODEBUILD_BUILD_IMAGE: project.environment.image,
      CODEBUILD_BUILD_NUMBER: String(record.number),
      CODEBUILD_BUILD_URL: `${console_}/projects/${project.name}/build/${encodeURIComponent(id)}`,
      CODEBUILD_INITIATOR: record.initiator,
      CODEBUILD_KMS_KEY_ID: `arn:aws:kms:${region}:${account}:alias/aws/s3`,
      CODEBUILD_PROJECT_ARN: project.arn,
      CODEBUILD_SOURCE_REPO_URL: project.source.location ?? '',
      CODEBUILD_START_TIME: String(record.startTime),
      ...(record.sourceVersion !== undefined && { CODEBUILD_SOURCE_VERSION: record.sourceVersion }),
    };
  }

  /** A trust policy that does not let CodeBuild in ends the build before any command. */
  private async assumeServiceRole(project: Project): Promise<void> {
    const { account, authorizer } = this.options.aws;
    const verdict = await authorizer.mayAssume('codebuild.amazonaws.com', project.serviceRole, {
      'aws:SourceArn': project.arn,
      'aws:SourceAccount': account,
    });
    if (verdict.allowed) return;
    throw new Error(
      `CodeBuild is not authorized to perform: sts:AssumeRole on service role ${project.serviceRole}. ` +
        `Check the role's trust policy: ${verdict.message}`,
    );
  }

  private async cache(
    project: Project,
    storage: BuildStorage,
    directory: string,
  ): Promise<BuildRequest['cache']> {
    const { type = 'NO_CACHE', location = '' } = project.cache ?? {};
    if (type === 'NO_CACHE') return undefined;
    if (type !== 'S3') return { directory: this.cacheDirectory(project), keyed: false };
    const generation = await readFile(this.generationFile(project), 'utf8').catch(() => '');
    const bucket = storage.cache(location, generation);
    return { directory: path.join(directory, 'cache'), keyed: true, bucket };
  }

  private cacheDirectory({ name }: Project): string {
    return path.join(this.options.cacheDirectory, name);
  }

  /** Objects of an S3 cache are left where they are when it is invalidated, and lie in another folder from then on. */
  private generationFile(project: Project): string {
    return path.join(this.cacheDirectory(project), 'generation');
  }
}

/**
 * Where the output of a build goes. It comes from pipes, whose listeners nobody can catch an error of: a log that cannot be
 * written, because the disk is full, ends the build and not the simulator.
 */
class Output {
  failure?: Error;
  private log?: BuildLog;
  private ended = false;

  constructor(
    private readonly open: () => BuildLog,
    private readonly watcher: BuildWatcher,
    private readonly stop: AbortController,
  ) {}

  write(text: string): void {
    if (this.ended) return;
    this.attempt(() => (this.log ??= this.open()).write(text));
    this.watcher.output?.(text);
  }

  /** What comes later is nobody's. */
  end(): void {
    this.ended = true;
    this.attempt(() => this.log?.end());
  }

  private attempt(work: () => void): void {
    if (this.failure) return;
    try {
      work();
    } catch (error) {
      this.failure = error as Error;
      this.stop.abort();
    }
  }
}

/** A build that was stopped because of an error of the simulator. */
function faulty(result: BuildResult, error: Error): BuildResult {
  const context = faultContext(error);
  const phases = result.phases.map((phase): PhaseResult =>
    phase.status === 'STOPPED' ? { ...phase, status: 'FAULT', context } : phase,
  );
  return { ...result, status: 'FAULT', phases };
}

function faultContext({ message }: Error): string {
  return `INTERNAL_SERVICE_ERROR: ${message}`;
}

function buildspecOf(project: Project): { path: string } | { text: string } {
  const buildspec = project.source.buildspec || 'buildspec.yml';
  // CodeBuild takes a value of several lines (or a JSON object) for the buildspec itself, any other for a path.
  return /\n|^\s*\{/.test(buildspec) ? { text: buildspec } : { path: buildspec };
}
