import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { managedImage } from '../../../lib/catalogue/build-images';
import { killProcessesWith } from '../processes';
import { assembleArtifacts } from './artifacts';
import {
  type Buildspec,
  BuildspecError,
  type BuildspecPhase,
  parseBuildspec,
} from '../../buildspec/buildspec';
import { Cache } from './cache';
import { installHashFiles } from './hash-files';
import { Mask } from './mask';
import type { OnFailure } from '../../buildspec/on-failure';
import { readReports } from './reports';
import { selectRuntimes } from './runtimes';
import { Shell } from './shell';
import type {
  BuildRequest,
  BuildResult,
  BuildStatus,
  CommandRun,
  EnvironmentVariable,
  PhaseName,
  PhaseResult,
  PhaseStatus,
  ReportResult,
} from './types';

const exec = promisify(execFile);

/** A phase did not succeed; what is known of it is its status and context. */
class PhaseFailure extends Error {
  constructor(
    readonly status: PhaseStatus,
    /** Empty, as the message, where CodeBuild gives no context. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** How much of a failed command's output is looked at for the message that `on-failure: RETRY-<regex>` asks for. */
const OUTPUT_KEPT = 64 * 1024;

const PHASES_OF_BUILDSPEC = [
  ['install', 'INSTALL'],
  ['pre_build', 'PRE_BUILD'],
  ['build', 'BUILD'],
  ['post_build', 'POST_BUILD'],
] as const;

/** Those that wait for somebody else. Commands are ended, with all that they print, when the build is over. */
const WAITING: readonly PhaseName[] = ['QUEUED', 'DOWNLOAD_SOURCE', 'UPLOAD_ARTIFACTS'];

/** Those that run where the log is written. */
const LOGGED: readonly PhaseName[] = [
  'DOWNLOAD_SOURCE',
  ...PHASES_OF_BUILDSPEC.map(([, name]) => name),
  'UPLOAD_ARTIFACTS',
];

/**
 * Runs one build as CodeBuild does: phase by phase, with its order after failures, its environment and its log.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html; what differs or is unverified
 * stands in docs/simulator-differences.md. Never throws for what the build does.
 */
export async function runBuild(request: BuildRequest): Promise<BuildResult> {
  return new Build(request).run();
}

class Build {
  private readonly source: string;
  private readonly home: string;
  private readonly phases: PhaseResult[] = [];
  private readonly reports: ReportResult[] = [];
  private readonly simulated = new Set<string>();
  /** Aborted when the build was stopped or has timed out; everything that runs ends then. */
  private readonly over = new AbortController();
  private timedOut = false;
  private mask: Mask;
  private shell?: Shell;
  private buildspec?: Buildspec;
  private cache?: Cache;
  private artifacts: string[] = [];
  private exported: Record<string, string> = {};
  private succeeding = true;
  private retries = 0;
  /** Where among the phases the last attempt begins, which alone decides. */
  private attemptFrom = 0;
  /** Of the phase that runs. */
  private commandRuns: CommandRun[] = [];
  /** The end of what the command that runs has printed. */
  private printed = '';
  /** In the environment of all that runs. */
  private readonly id: string;

  constructor(private readonly request: BuildRequest) {
    this.source = path.join(request.directory, 'src');
    this.home = path.join(request.directory, 'home');
    this.id = request.environment.CODEBUILD_BUILD_ID ?? `simulated:${randomUUID()}`;
    this.mask = new Mask([], (text) => request.output(text));
  }

  async run(): Promise<BuildResult> {
    const { request } = this;
    const stop = (): void => this.over.abort();
    if (request.stop.aborted) stop();
    request.stop.addEventListener('abort', stop, { once: true });
    request.timeUp?.addEventListener('abort', () => this.timeIsUp(), { once: true });
    try {
      await this.runPhases();
    } finally {
      request.stop.removeEventListener('abort', stop);
    }
    return {
      status: this.status(),
      phases: this.phases,
      exportedVariables: this.exported,
      artifacts: this.artifacts,
      reports: this.reports,
      simulated: [...this.simulated],
    };
  }

  private async runPhases(): Promise<void> {
    await this.phase('SUBMITTED', () => Promise.resolve());
    const queued = this.timeout(this.request.queuedTimeoutSeconds);
    const placed = await this.phase('QUEUED', () => this.request.place?.() ?? Promise.resolve());
    clearTimeout(queued);
    if (placed) {
      const timeout = this.timeout(this.request.timeoutSeconds);
      await this.phase('PROVISIONING', () => Promise.resolve());
      while (await this.attempt()) await this.startAgain();
      // One that was stopped or timed out has none: its container is gone.
      if (this.over.signal.aborted) await this.finalize();
      else await this.phase('FINALIZING', () => this.finalize());
      clearTimeout(timeout);
    }
    await this.phase('COMPLETED', () => Promise.resolve());
  }

  private timeout(seconds: number | undefined): NodeJS.Timeout | undefined {
    if (seconds === undefined) return undefined;
    return setTimeout(() => this.timeIsUp(), seconds * 1000);
  }

  private timeIsUp(): void {
    this.timedOut = !this.over.signal.aborted;
    this.over.abort();
  }

  /** Runs the build from its source on. True when `on-failure` wants it once more. */
  private async attempt(): Promise<boolean> {
    if (!(await this.phase('DOWNLOAD_SOURCE', () => this.downloadSource()))) return false;
    const outcome = await this.commands();
    if (outcome === 'retry') return true;
    if (outcome === 'upload' && !this.over.signal.aborted)
      await this.phase('UPLOAD_ARTIFACTS', () => this.uploadArtifacts());
    return false;
  }

  /**
   * The four phases of the buildspec. After a failed install or pre_build no other follows; after a failed build, post_build
   * does. `on-failure` decides where it is given. Artifacts are uploaded whenever build was reached.
   */
  private async commands(): Promise<'upload' | 'end' | 'retry'> {
    for (const [key, name] of PHASES_OF_BUILDSPEC) {
      if (await this.phase(name, () => this.buildspecPhase(key, name))) continue;
      const onFailure = this.buildspec?.phases[key]?.onFailure;
      if (onFailure?.action === 'RETRY' && this.mayRetry(onFailure, name)) return 'retry';
      const goesOn =
        onFailure === undefined || onFailure.action === 'RETRY'
          ? name === 'BUILD'
          : onFailure.action === 'CONTINUE';
      if (!goesOn || this.over.signal.aborted)
        return name === 'BUILD' || name === 'POST_BUILD' ? 'upload' : 'end';
    }
    return 'upload';
  }

  private mayRetry({ count, message }: Extract<OnFailure, { action: 'RETRY' }>, name: PhaseName): boolean {
    if (this.over.signal.aborted || this.retries >= count) return false;
    if (!this.request.image.startsWith('aws/codebuild/')) {
      this.simulated.add(
        'on-failure: CodeBuild retries builds only in images of its own, so this one is not',
      );
      return false;
    }
    const context = this.phases.at(-1)?.context ?? '';
    if (!message.test(context) && !message.test(this.printed)) return false;
    this.retries += 1;
    this.log(`(simulated) ${name} failed and on-failure retries the build: ${this.retries} of ${count}`);
    return true;
  }

  /** As if nothing had run: a fresh source, home and environment. */
  private async startAgain(): Promise<void> {
    this.shell?.close();
    this.shell = undefined;
    await killProcessesWith(`CODEBUILD_BUILD_ID=${this.id}`);
    for (const directory of [this.source, this.home]) await rm(directory, { recursive: true, force: true });
    this.succeeding = true;
    this.attemptFrom = this.phases.length;
  }

  /** Runs one phase, with its lines in the log. False when it failed. */
  private async phase(name: PhaseName, work: () => Promise<void>): Promise<boolean> {
    const start = performance.now();
    const startedAt = Date.now();
    this.commandRuns = [];
    this.request.phaseStarted(name);
    let failure: PhaseFailure | undefined;
    try {
      await (WAITING.includes(name) ? this.unlessOver(work()) : work());
    } catch (error) {
      failure = error instanceof PhaseFailure ? error : asFailure(name, error);
      this.succeeding = false;
    }
    this.mask.flush();
    if (LOGGED.includes(name)) {
      this.log(`Phase complete: ${name} State: ${failure?.status ?? 'SUCCEEDED'}`);
      this.log(`Phase context status code: ${failure?.code ?? ''} Message: ${failure?.message ?? ''}`);
    }
    const result: PhaseResult = {
      name,
      status: failure?.status ?? 'SUCCEEDED',
      startedAt,
      commands: this.commandRuns,
      seconds: (performance.now() - start) / 1000,
      context: failure?.code ? this.mask.masked(`${failure.code}: ${failure.message}`) : undefined,
    };
    this.phases.push(result);
    this.request.phaseEnded(result);
    return !failure;
  }

  /** What a phase waits for may never come; a build that is over does not wait for it. */
  private async unlessOver<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.over;
    let over = (): void => undefined;
    const isOver = new Promise<never>((_, reject) => {
      over = () => reject(this.overFailure());
      if (signal.aborted) over();
      signal.addEventListener('abort', over, { once: true });
    });
    return Promise.race([work, isOver]).finally(() => signal.removeEventListener('abort', over));
  }

  private async downloadSource(): Promise<void> {
    const { request } = this;
    await mkdir(this.source, { recursive: true });
    await mkdir(this.home, { recursive: true });
    const PATH = await installHashFiles(path.join(request.directory, 'output/bin'), request.environment.PATH);
    this.log('Phase is DOWNLOAD_SOURCE');
    const learnt = await request.downloadSource(this.source);
    this.log(`CODEBUILD_SRC_DIR=${this.source}`);

    const text = await this.buildspecText();
    const buildspec = parseBuildspec(text);
    this.buildspec = buildspec;
    for (const line of buildspec.notPlayed) this.simulated.add(line);
    for (const line of buildspec.notPlayed) this.log(`(simulated) ${line}`);
    for (const [name, phase] of Object.entries(buildspec.phases)) {
      if (!phase.commands.length) this.log(`No commands found for phase name: ${name}`);
    }
    this.log('Processing environment variables');
    const given = merged(buildspec, request.variables);
    const { values, secrets } = await this.resolved(given);
    this.mask = new Mask(secrets, (chunk) => request.output(chunk));
    await this.selectRuntimes(buildspec, { ...request.environment, ...values });
    // Nobody waits any more, and nothing may be started: from here to the shell nothing is waited for.
    if (this.over.signal.aborted) throw this.overFailure();
    this.log(`Moving to directory ${this.source}`);
    this.shell = new Shell({
      shell: buildspec.shell,
      version: buildspec.version,
      directory: path.join(request.directory, 'output/tmp'),
      workingDirectory: this.source,
      environment: {
        ...values,
        ...request.environment,
        ...learnt,
        PATH,
        HOME: this.home,
        CODEBUILD_BUILD_ID: this.id,
        CODEBUILD_SRC_DIR: this.source,
      },
      mark: { name: 'CODEBUILD_BUILD_ID', value: this.id },
    });
    await this.restoreCache(buildspec, this.shell);
    this.log(`Phases found in YAML: ${Object.keys(buildspec.phases).length}`);
    for (const [name, phase] of Object.entries(buildspec.phases)) {
      this.log(` ${name.toUpperCase()}: ${phase.commands.length} commands`);
    }
  }

  /** A cache only saves time: without it, the build goes on. */
  private async restoreCache({ cache }: Buildspec, shell: Shell): Promise<void> {
    const { request, source, home } = this;
    if (!request.cache || !cache) return;
    try {
      this.cache = await Cache.open(cache, {
        ...request.cache,
        source,
        home,
        evaluate: (text) => shell.evaluate(text),
        log: (line) => this.tell(line),
      });
      await this.cache?.restore();
    } catch (error) {
      this.log(`Cache is not restored: ${(error as Error).message}`);
    }
  }

  private async buildspecText(): Promise<string> {
    const { buildspec } = this.request;
    if ('text' in buildspec) return buildspec.text;
    const file = path.join(this.source, buildspec.path);
    this.log(`YAML location is ${file}`);
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EISDIR')
        throw new BuildspecError(`read ${file}: is a directory`);
      throw new BuildspecError(
        // The project names no other one.
        buildspec.path === 'buildspec.yml'
          ? 'YAML file does not exist'
          : `stat ${file}: no such file or directory`,
      );
    }
  }

  /** The image's table decides; this machine's own versions are used, and told where they are others. */
  private async selectRuntimes(
    buildspec: Buildspec,
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { image } = this.request;
    const selected = selectRuntimes(image, buildspec.runtimeVersions, environment, (line) => this.log(line));
    if (image.startsWith('aws/codebuild/') && !managedImage(image))
      this.simulated.add(`runtime-versions: not checked, nothing is known here of ${image}`);
    for (const { runtime, label, args } of HOST_RUNTIMES) {
      const wanted = selected.find(({ name }) => name === runtime)?.version;
      const here = wanted && (await hostVersion(args, environment));
      if (!here || `${here}.`.startsWith(`${wanted}.`)) continue;
      this.simulated.add(`${label}: the buildspec asks for ${wanted}, this machine has ${here}`);
    }
  }

  /** Parameters and secrets by reference. What is missing, or not permitted, ends the build here. */
  private async resolved(
    variables: readonly EnvironmentVariable[],
  ): Promise<{ values: Record<string, string>; secrets: string[] }> {
    const values: Record<string, string> = {};
    const secrets: string[] = [];
    const found = await this.parameters(variables);
    for (const { name, value, type } of variables) {
      values[name] = value;
      if (type === 'PARAMETER_STORE') values[name] = found[value] ?? '';
      if (type === 'SECRETS_MANAGER') values[name] = await this.secret(value);
      if (type !== 'PLAINTEXT') secrets.push(values[name]);
    }
    return { values, secrets };
  }

  private async parameters(
    variables: readonly EnvironmentVariable[],
  ): Promise<Readonly<Record<string, string>>> {
    const names = variables.flatMap(({ type, value }) => (type === 'PARAMETER_STORE' ? [value] : []));
    if (!names.length) return {};
    this.log('Decrypting parameter store environment variables');
    const code = 'Decrypted Variables Error';
    const found = await this.request.parameters(names).catch((error: unknown) => {
      throw new PhaseFailure('FAILED', code, withName(error));
    });
    const missing = names.filter((name) => found[name] === undefined);
    if (!missing.length) return found;
    throw new PhaseFailure('FAILED', code, `parameter does not exist: ${missing.join(', ')}`);
  }

  private async secret(reference: string): Promise<string> {
    return this.request.secret(reference).catch((error: unknown) => {
      throw new PhaseFailure('FAILED', 'Secrets Manager Error', withName(error));
    });
  }

  private async buildspecPhase(key: BuildspecPhase, name: PhaseName): Promise<void> {
    const phase = this.buildspec?.phases[key];
    this.log(`Entering phase ${name}`);
    let failure: PhaseFailure | undefined;
    try {
      await this.runAll(name, phase?.commands ?? [], 'commands');
    } catch (error) {
      failure = error as PhaseFailure;
      this.succeeding = false;
    }
    // Runs after a failed command too; both decide over the phase.
    if (!this.over.signal.aborted) await this.runAll(name, phase?.finally ?? [], 'finally');
    if (key === 'post_build' && !this.over.signal.aborted) await this.exportVariables();
    if (failure) throw failure;
  }

  /**
   * Values as they are after post_build. Not exported are CodeBuild's exceptions: `AWS_…`, and parameters and secrets of the
   * project; those of the buildspec are, which here are hidden all the same.
   */
  private async exportVariables(): Promise<void> {
    const secret = new Set(
      this.request.variables.filter(({ type }) => type !== 'PLAINTEXT').map(({ name }) => name),
    );
    const names = (this.buildspec?.exportedVariables ?? []).filter(
      (name) => /^(?!AWS_)[A-Za-z_]\w*$/.test(name) && !secret.has(name),
    );
    const values = Object.entries((await this.shell?.variables(names)) ?? {});
    this.exported = Object.fromEntries(values.map(([name, value]) => [name, this.mask.masked(value)]));
  }

  private async runAll(
    name: PhaseName,
    commands: readonly string[],
    block: CommandRun['block'],
  ): Promise<void> {
    const { shell } = this;
    for (const [index, command] of commands.entries()) {
      this.log(`Running command ${command}`);
      shell?.export({ CODEBUILD_BUILD_SUCCEEDING: this.succeeding ? '1' : '0' });
      const startedAt = Date.now();
      this.printed = '';
      const instead = block === 'commands' ? await this.request.beforeCommand?.(name, index) : undefined;
      const result = await shell?.run(instead ?? command, (text) => this.print(text), this.over.signal);
      this.mask.flush();
      this.commandRuns.push({
        command: this.mask.masked(command),
        block,
        startedAt,
        seconds: (Date.now() - startedAt) / 1000,
        exitCode: result?.exitCode ?? 1,
      });
      if (this.over.signal.aborted) throw this.overFailure();
      if (result?.exitCode === 0) continue;
      this.log(`Command did not exit successfully ${command} exit status ${result?.exitCode}`);
      throw new PhaseFailure(
        'FAILED',
        'COMMAND_EXECUTION_ERROR',
        `Error while executing command: ${command}. Reason: exit status ${result?.exitCode}`,
      );
    }
  }

  private print(text: string): void {
    this.mask.write(text);
    this.printed += text;
    if (this.printed.length > 2 * OUTPUT_KEPT) this.printed = this.printed.slice(-OUTPUT_KEPT);
  }

  private overFailure(): PhaseFailure {
    if (!this.timedOut) return new PhaseFailure('STOPPED', '', '');
    return new PhaseFailure('TIMED_OUT', 'BUILD_TIMED_OUT', 'Build has timed out.');
  }

  /** Artifacts first, then reports, whatever became of the artifacts. https://github.com/aws/aws-cdk/issues/25842 has a log. */
  private async uploadArtifacts(): Promise<void> {
    const { buildspec, source, request, shell } = this;
    if (!buildspec || !shell) return;
    const context = {
      source,
      evaluate: (text: string) => shell.evaluate(text),
      store: (report: ReportResult) => request.storeReport(report),
      log: (line: string) => this.tell(line),
    };
    const stored = request.artifactsType === 'S3' ? this.storeArtifacts(buildspec, context) : undefined;
    const [failure] = await Promise.allSettled([stored]);
    const { results, problems } = await readReports(buildspec.reports, context);
    this.reports.push(...results);
    if (failure.status === 'rejected') throw failure.reason;
    if (problems.length) throw new Error(problems.join(' '));
  }

  private async storeArtifacts(
    buildspec: Buildspec,
    context: Parameters<typeof assembleArtifacts>[1],
  ): Promise<void> {
    const uploads = await assembleArtifacts(buildspec.artifacts, context);
    await this.request.uploadArtifacts(uploads);
    this.artifacts = uploads.flatMap((upload) => upload.files.map((file) => file.path));
  }

  private async finalize(): Promise<void> {
    this.shell?.close();
    await killProcessesWith(`CODEBUILD_BUILD_ID=${this.id}`);
    if (this.succeeding) {
      await this.cache
        ?.save()
        .catch((error: unknown) => this.log(`Cache is not saved: ${(error as Error).message}`));
    }
  }

  private status(): BuildStatus {
    const bad = this.phases.slice(this.attemptFrom).find(({ status }) => status !== 'SUCCEEDED');
    if (!bad) return 'SUCCEEDED';
    return bad.status === 'CLIENT_ERROR' ? 'FAILED' : bad.status;
  }

  /** Logs a line; one that says of itself that it is of the simulator stands in the result too. */
  private tell(line: string): void {
    this.log(line);
    const [, simulated] = /^\(simulated\) (.*)$/s.exec(line) ?? [];
    if (simulated) this.simulated.add(simulated);
  }

  private log(line: string): void {
    const now = new Date().toISOString();
    const time = `${now.slice(0, 10).replaceAll('-', '/')} ${now.slice(11, 23)}`;
    this.request.output(`[Container] ${time} ${this.mask.masked(line)}\n`);
  }
}

const HOST_RUNTIMES = [
  { runtime: 'nodejs', label: 'Node.js', args: ['node', '--version'] },
  { runtime: 'python', label: 'Python', args: ['python3', '--version'] },
] as const;

/** `20.20.2` of `v20.20.2` or `Python 3.11.7`; undefined where there is none, which the commands will say. */
async function hostVersion(
  [file, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { stdout } = await exec(file, args, { env }).catch(() => ({ stdout: '' }));
  return /\d+(\.\d+)+/.exec(stdout)?.[0];
}

/** Start and project win over the buildspec, whatever the type. */
function merged(buildspec: Buildspec, given: readonly EnvironmentVariable[]): EnvironmentVariable[] {
  const of = (
    values: Readonly<Record<string, string>>,
    type: EnvironmentVariable['type'],
  ): EnvironmentVariable[] => Object.entries(values).map(([name, value]) => ({ name, value, type }));
  const all = [
    ...of(buildspec.variables, 'PLAINTEXT'),
    ...of(buildspec.parameterStore, 'PARAMETER_STORE'),
    ...of(buildspec.secretsManager, 'SECRETS_MANAGER'),
    ...given,
    // CodeBuild's own cannot be set.
  ].filter((variable) => !variable.name.startsWith('CODEBUILD_'));
  return [...new Map(all.map((variable) => [variable.name, variable])).values()];
}

/** As CodeBuild shows AWS's errors: `AccessDeniedException: User: … is not authorized to perform: …`. */
function withName(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

function asFailure(phase: PhaseName, error: unknown): PhaseFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BuildspecError) return new PhaseFailure('FAILED', error.code, message);
  const code =
    phase === 'DOWNLOAD_SOURCE' || phase === 'UPLOAD_ARTIFACTS' ? 'CLIENT_ERROR' : 'INTERNAL_SERVICE_ERROR';
  return new PhaseFailure('FAILED', code, message);
}
