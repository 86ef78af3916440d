import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  type Artifact,
  type Buildspec,
  BuildspecError,
  type BuildspecPhase,
  parseBuildspec,
} from './buildspec';
import { Cache } from './cache';
import { findFiles } from './files';
import { countTests } from './junit';
import { Mask } from './mask';
import { selectRuntimes } from './runtimes';
import { Shell } from './shell';
import type {
  ArtifactUpload,
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
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

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
  private readonly simulated: string[] = [];
  private readonly deadline: AbortSignal;
  private readonly ended: AbortSignal;
  private mask: Mask;
  private shell?: Shell;
  private buildspec?: Buildspec;
  private cache?: Cache;
  private artifacts: string[] = [];
  private exported: Record<string, string> = {};
  private succeeding = true;
  /** Of the phase that runs. */
  private commandRuns: CommandRun[] = [];

  constructor(private readonly request: BuildRequest) {
    this.source = path.join(request.directory, 'src');
    this.home = path.join(request.directory, 'home');
    this.deadline = AbortSignal.timeout(request.timeoutSeconds * 1000);
    this.ended = AbortSignal.any([this.deadline, request.stop]);
    this.mask = new Mask([], (text) => request.output(text));
  }

  async run(): Promise<BuildResult> {
    for (const name of ['SUBMITTED', 'QUEUED', 'PROVISIONING'] as const)
      await this.phase(name, () => (name === 'QUEUED' && this.request.place?.()) || Promise.resolve());
    const ready = await this.phase('DOWNLOAD_SOURCE', () => this.downloadSource());
    if (ready) {
      const uploads = await this.commands();
      if (uploads && !this.ended.aborted) await this.phase('UPLOAD_ARTIFACTS', () => this.uploadArtifacts());
    }
    await this.phase('FINALIZING', () => this.finalize());
    const status = this.status();
    await this.phase('COMPLETED', () => Promise.resolve());
    return {
      status,
      phases: this.phases,
      exportedVariables: this.exported,
      artifacts: this.artifacts,
      reports: this.reports,
      simulated: this.simulated,
    };
  }

  /**
   * The four phases of the buildspec. After a failed install or pre_build no other follows; after a failed build, post_build
   * does. `on-failure` decides where it is given.
   *
   * @returns whether artifacts are to be uploaded: whenever build was reached
   */
  private async commands(): Promise<boolean> {
    const order = [
      ['install', 'INSTALL'],
      ['pre_build', 'PRE_BUILD'],
      ['build', 'BUILD'],
      ['post_build', 'POST_BUILD'],
    ] as const;
    for (const [key, name] of order) {
      const succeeded = await this.phase(name, () => this.buildspecPhase(key, name));
      if (succeeded) continue;
      const onFailure = this.buildspec?.phases[key]?.onFailure;
      const goesOn = onFailure === undefined ? name === 'BUILD' : onFailure.toUpperCase() === 'CONTINUE';
      if (!goesOn || this.ended.aborted) return name === 'BUILD' || name === 'POST_BUILD';
    }
    return true;
  }

  /** Runs one phase, with its lines in the log. False when it failed. */
  private async phase(name: PhaseName, work: () => Promise<void>): Promise<boolean> {
    const start = performance.now();
    const startedAt = Date.now();
    this.commandRuns = [];
    this.request.phaseStarted(name);
    let failure: PhaseFailure | undefined;
    try {
      await work();
    } catch (error) {
      failure = error instanceof PhaseFailure ? error : asFailure(name, error);
      this.succeeding = false;
    }
    this.mask.flush();
    if (name !== 'SUBMITTED' && name !== 'QUEUED' && name !== 'PROVISIONING' && name !== 'COMPLETED') {
      this.log(`Phase complete: ${name} State: ${failure?.status ?? 'SUCCEEDED'}`);
      this.log(`Phase context status code: ${failure?.code ?? ''} Message: ${failure?.message ?? ''}`);
    }
    const result: PhaseResult = {
      name,
      status: failure?.status ?? 'SUCCEEDED',
      startedAt,
      commands: this.commandRuns,
      seconds: (performance.now() - start) / 1000,
      context: failure && this.mask.masked(`${failure.code}: ${failure.message}`),
    };
    this.phases.push(result);
    this.request.phaseEnded(result);
    return !failure;
  }

  private async downloadSource(): Promise<void> {
    const { request } = this;
    await mkdir(this.source, { recursive: true });
    await mkdir(this.home, { recursive: true });
    const learnt = await request.downloadSource(this.source);
    this.log(`CODEBUILD_SRC_DIR=${this.source}`);

    const text = await this.buildspecText();
    const buildspec = parseBuildspec(text);
    this.buildspec = buildspec;
    this.log('Processing environment variables');
    const given = merged(buildspec, request.variables);
    const { values, secrets } = await this.resolved(given);
    this.mask = new Mask(secrets, (chunk) => request.output(chunk));
    await this.selectRuntimes(buildspec, { ...request.environment, ...values });
    this.shell = new Shell(buildspec.shell, path.join(request.directory, 'output/tmp'), this.source, {
      ...values,
      ...request.environment,
      ...learnt,
      HOME: this.home,
      CODEBUILD_SRC_DIR: this.source,
    });
    if (request.cache && buildspec.cachePaths.length) {
      this.cache = new Cache(request.cache.directory, buildspec.cachePaths, {
        home: this.home,
        source: this.source,
      });
      await this.cache
        .restore()
        .catch((error: unknown) => this.log(`Cache is not restored: ${String(error)}`));
    }
    this.log(`Phases found in YAML: ${Object.keys(buildspec.phases).length}`);
    for (const [name, phase] of Object.entries(buildspec.phases)) {
      this.log(` ${name.toUpperCase()}: ${phase.commands.length} commands`);
    }
  }

  private async buildspecText(): Promise<string> {
    const { buildspec } = this.request;
    if ('text' in buildspec) return buildspec.text;
    const file = path.join(this.source, buildspec.path);
    this.log(`YAML location is ${file}`);
    try {
      return await readFile(file, 'utf8');
    } catch {
      throw new BuildspecError(`stat ${file}: no such file or directory`);
    }
  }

  /** The image's table decides; this machine's own versions are used, and told where they are others. */
  private async selectRuntimes(
    buildspec: Buildspec,
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const lines = selectRuntimes(this.request.image, buildspec.runtimeVersions, environment);
    for (const line of lines) this.log(line);
    for (const { runtime, label, args } of HOST_RUNTIMES) {
      const wanted = new RegExp(`'${runtime}' runtime version '([\\d.]+)`).exec(lines.join('\n'))?.[1];
      const here = wanted && (await hostVersion(args, environment));
      if (!here || `${here}.`.startsWith(`${wanted}.`)) continue;
      this.simulated.push(`${label}: the buildspec asks for ${wanted}, this machine has ${here}`);
    }
  }

  /** Parameters and secrets by reference. What is missing, or not permitted, ends the build here. */
  private async resolved(
    variables: readonly EnvironmentVariable[],
  ): Promise<{ values: Record<string, string>; secrets: string[] }> {
    const values: Record<string, string> = {};
    const secrets: string[] = [];
    const parameters = variables.filter((variable) => variable.type === 'PARAMETER_STORE');
    const found = parameters.length
      ? await this.request.parameters(parameters.map(({ value }) => value))
      : {};
    for (const { name, value, type } of variables) {
      if (type === 'PLAINTEXT') {
        values[name] = value;
        continue;
      }
      values[name] = type === 'PARAMETER_STORE' ? (found[value] ?? '') : await this.request.secret(value);
      secrets.push(values[name] ?? '');
    }
    return { values, secrets };
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
    if (!this.ended.aborted) await this.runAll(name, phase?.finally ?? [], 'finally');
    if (key === 'post_build' && this.shell && this.buildspec) {
      this.exported = await this.shell.variables(
        this.buildspec.exportedVariables.filter((variable) => /^(?!AWS_)[A-Za-z_]\w*$/.test(variable)),
      );
    }
    if (failure) throw failure;
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
      const injected = this.request.injectFailure?.(name, index, command);
      if (injected) this.mask.write(`${injected}\n`);
      const result = injected
        ? { exitCode: 1 }
        : await shell?.run(command, (text) => this.mask.write(text), this.ended);
      this.mask.flush();
      this.commandRuns.push({
        command: this.mask.masked(command),
        block,
        startedAt,
        seconds: (Date.now() - startedAt) / 1000,
        exitCode: result?.exitCode ?? 1,
      });
      this.throwIfEnded();
      if (result?.exitCode === 0) continue;
      this.log(`Command did not exit successfully ${command} exit status ${result?.exitCode}`);
      throw new PhaseFailure(
        'FAILED',
        'COMMAND_EXECUTION_ERROR',
        `Error while executing command: ${command}. Reason: exit status ${result?.exitCode}`,
      );
    }
  }

  private throwIfEnded(): void {
    if (this.request.stop.aborted) throw new PhaseFailure('STOPPED', 'STOPPED', 'Build was stopped.');
    if (this.deadline.aborted) throw new PhaseFailure('TIMED_OUT', 'BUILD_TIMED_OUT', 'Build has timed out.');
  }

  private async uploadArtifacts(): Promise<void> {
    const { buildspec } = this;
    if (!buildspec) return;
    await this.readReports(buildspec);
    if (this.request.artifactsType === 'NO_ARTIFACTS') return;
    const uploads: ArtifactUpload[] = [];
    for (const artifact of buildspec.artifacts) uploads.push(await this.assemble(artifact));
    await this.request.uploadArtifacts(uploads);
    this.artifacts = uploads.flatMap((upload) => upload.files.map((file) => file.path));
  }

  private async assemble(artifact: Artifact): Promise<ArtifactUpload> {
    const base = artifact.baseDirectory ?? '.';
    this.log(`Expanding base directory path: ${base}`);
    this.log('Assembling file list');
    const files = await findFiles(this.source, artifact, artifact.excludePaths);
    if (!files)
      throw new PhaseFailure('FAILED', 'CLIENT_ERROR', `no matching base directory path found for ${base}`);
    if (!files.length) throw new PhaseFailure('FAILED', 'CLIENT_ERROR', 'no matching artifact paths found');
    this.log(`Found ${files.length} file(s)`);
    return {
      identifier: artifact.identifier,
      name: artifact.name === undefined ? undefined : await this.shell?.evaluate(artifact.name),
      s3Prefix: artifact.s3Prefix,
      files,
    };
  }

  /** A report that is missing or broken is told, and fails nothing. */
  private async readReports(buildspec: Buildspec): Promise<void> {
    for (const report of buildspec.reports) {
      this.log(`Preparing to copy ${report.format} report ${report.name}`);
      if (report.format !== 'JUNITXML') {
        this.log(`(simulated) reports of format ${report.format} are not read`);
        continue;
      }
      const files = (await findFiles(this.source, report)) ?? [];
      if (!files.length) {
        this.log(`No matching report files found for ${report.name}: ${report.files.join(', ')}`);
        continue;
      }
      const counts = { total: 0, passed: 0, failed: 0, skipped: 0 };
      for (const file of files) {
        try {
          const one = countTests(await readFile(file.absolutePath, 'utf8'));
          for (const key of ['total', 'passed', 'failed', 'skipped'] as const) counts[key] += one[key];
        } catch (error) {
          this.log(`Report ${file.path} cannot be read: ${(error as Error).message}`);
        }
      }
      const result = { name: report.name, ...counts };
      await this.request.storeReport(result);
      this.reports.push(result);
      this.log(
        `Report ${report.name}: ${counts.total} tests, ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
      );
    }
  }

  private async finalize(): Promise<void> {
    this.shell?.close();
    if (this.succeeding) {
      await this.cache?.save().catch((error: unknown) => this.log(`Cache is not saved: ${String(error)}`));
    }
  }

  private status(): BuildStatus {
    const bad = this.phases.find((phase) => phase.status !== 'SUCCEEDED');
    if (!bad) return 'SUCCEEDED';
    if (this.request.stop.aborted) return 'STOPPED';
    if (this.deadline.aborted) return 'TIMED_OUT';
    return bad.status === 'FAULT' ? 'FAULT' : 'FAILED';
  }

  private log(line: string): void {
    const now = new Date().toISOString();
    const time = `${now.slice(0, 10).replaceAll('-', '/')} ${now.slice(11, 23)}`;
    this.request.output(this.mask.masked(`[Container] ${time} ${line}\n`));
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

function asFailure(phase: PhaseName, error: unknown): PhaseFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BuildspecError) return new PhaseFailure('FAILED', error.code, message);
  const code =
    phase === 'DOWNLOAD_SOURCE' || phase === 'UPLOAD_ARTIFACTS' ? 'CLIENT_ERROR' : 'INTERNAL_SERVICE_ERROR';
  return new PhaseFailure('FAILED', code, message);
}
