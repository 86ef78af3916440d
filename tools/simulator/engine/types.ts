/** CodeBuild's phases, in its order. https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html */
export const PHASES = [
  'SUBMITTED',
  'QUEUED',
  'PROVISIONING',
  'DOWNLOAD_SOURCE',
  'INSTALL',
  'PRE_BUILD',
  'BUILD',
  'POST_BUILD',
  'UPLOAD_ARTIFACTS',
  'FINALIZING',
  'COMPLETED',
] as const;
export type PhaseName = (typeof PHASES)[number];
export type PhaseStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED' | 'CLIENT_ERROR' | 'FAULT';
export type BuildStatus = 'SUCCEEDED' | 'FAILED' | 'STOPPED' | 'TIMED_OUT' | 'FAULT';

export interface PhaseResult {
  /** One that is retried (`on-failure: RETRY`) comes again. */
  readonly name: PhaseName;
  readonly status: PhaseStatus;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  /** `COMMAND_EXECUTION_ERROR: Error while executing command: …. Reason: exit status 1`, when it failed or timed out. */
  readonly context?: string;
  /** What it ran, in order. */
  readonly commands: readonly CommandRun[];
}

/** One command of a buildspec, as it ran. */
export interface CommandRun {
  /** As the log shows it: secrets are masked. */
  readonly command: string;
  readonly block: 'commands' | 'finally';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly exitCode: number;
}

export type ReportResult = TestReport | CoverageReport;

export interface TestReport {
  /** The report group's name in the buildspec. */
  readonly name: string;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CodeCoverageReportSummary.html */
export interface CoverageReport {
  readonly name: string;
  readonly linesCovered: number;
  readonly linesMissed: number;
  readonly branchesCovered: number;
  readonly branchesMissed: number;
}

export interface BuildResult {
  readonly status: BuildStatus;
  readonly phases: readonly PhaseResult[];
  readonly exportedVariables: Readonly<Record<string, string>>;
  /** Relative to the artifact root. */
  readonly artifacts: readonly string[];
  readonly reports: readonly ReportResult[];
  /** What of this build was not as CodeBuild has it, a line each. */
  readonly simulated: readonly string[];
}

/** One artifact (primary or secondary) ready to be stored. */
export interface ArtifactUpload {
  /** Undefined for the primary one. */
  readonly identifier?: string;
  /** The buildspec's `name`, evaluated, where it has one. */
  readonly name?: string;
  readonly s3Prefix?: string;
  /** Whether links among the files stay links; they may then lead to directories. */
  readonly enableSymlinks?: true;
  readonly files: readonly { readonly path: string; readonly absolutePath: string }[];
}

/** Copies of a cache, each of which is the content of a directory. */
export interface CacheBucket {
  list(folder: string): Promise<readonly { readonly name: string; readonly savedAt: number }[]>;
  get(name: string, directory: string): Promise<void>;
  put(name: string, directory: string): Promise<void>;
}

/** What the engine needs from outside to run one build. Errors that these functions throw become the phase's context. */
export interface BuildRequest {
  /** An existing empty directory; the engine makes `src` (CODEBUILD_SRC_DIR), `output` and `home` below it. */
  readonly directory: string;
  /**
   * The variables of CodeBuild itself and what the host's tools need (PATH, npm's settings, AWS credentials): everything
   * that the commands see besides `variables`. Nothing of the simulator's own environment is added.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the project, already merged with those given at start (which win). Types as in the API. */
  readonly variables: readonly EnvironmentVariable[];
  /** E.g. `aws/codebuild/standard:7.0`; its runtimes table decides over `runtime-versions`. */
  readonly image: string;
  /**
   * Puts the source into `src` and resolves to what it learnt, e.g. CODEBUILD_RESOLVED_SOURCE_VERSION. Runs in
   * DOWNLOAD_SOURCE; once more for each retry, always into an empty directory.
   */
  downloadSource(sourceDirectory: string): Promise<Readonly<Record<string, string>>>;
  /** The buildspec: a path within the source, or its text when the project has it inline. */
  readonly buildspec: { readonly path: string } | { readonly text: string };
  /** Counts from PROVISIONING on. */
  readonly timeoutSeconds: number;
  /** Aborted when the build has timed out before that (`--fault`). */
  readonly timeUp?: AbortSignal;
  /** How long `place` may take. Undefined: for ever. */
  readonly queuedTimeoutSeconds?: number;
  /** Aborted by `stop-build`. */
  readonly stop: AbortSignal;
  /** Resolves when the build may leave QUEUED: a build fleet has only so many places. Undefined: at once. */
  place?(): Promise<void>;
  /** Where cached directories are kept between builds of a project; undefined: no cache. */
  readonly cache?: {
    readonly directory: string;
    /** An S3 cache knows keys, a local one does not. */
    readonly keyed: boolean;
    /** Of an S3 cache whose copies are in S3; `directory` is then for what is on its way. */
    readonly bucket?: CacheBucket;
  };
  readonly artifactsType: 'S3' | 'NO_ARTIFACTS';
  /** Values of SSM parameters by name, without those that do not exist. Throws with AWS's error. */
  parameters(names: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** The value behind `secret-id[:json-key[:version-stage[:version-id]]]`. */
  secret(reference: string): Promise<string>;
  uploadArtifacts(uploads: readonly ArtifactUpload[]): Promise<void>;
  storeReport(report: ReportResult): Promise<void>;
  /** Everything that the build prints, in CodeBuild's form, secrets masked, as it comes. */
  output(text: string): void;
  phaseStarted(name: PhaseName): void;
  phaseEnded(result: PhaseResult): void;
  /** Asked before each of a phase's `commands`, and waited for; what it resolves to runs in the command's place (`--fault`). */
  beforeCommand?(phase: PhaseName, index: number): Promise<string | undefined>;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  readonly type: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
}
