import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runBuild } from '../../../tools/simulator/engine/build';
import type { BuildspecPhase } from '../../../tools/buildspec/buildspec';
import type {
  ArtifactUpload,
  BuildRequest,
  BuildResult,
  PhaseName,
  ReportResult,
} from '../../../tools/simulator/engine/types';

const made: string[] = [];

/** A directory that `removeDirectories` removes. */
export function directory(): string {
  const one = mkdtempSync(path.join(realpathSync(tmpdir()), 'engine-'));
  made.push(one);
  return one;
}

/** For `afterAll`. */
export function removeDirectories(): void {
  for (const one of made.splice(0)) rmSync(one, { recursive: true, force: true });
}

export interface Observed {
  readonly result: BuildResult;
  /** All that the build wrote. The build's directory is shown as `/codebuild`. */
  readonly output: string;
  /** The lines that CodeBuild itself wrote, without their time. */
  readonly log: readonly string[];
  /** The lines that commands wrote. */
  readonly printed: readonly string[];
  /** What became of each phase that ran, from DOWNLOAD_SOURCE to UPLOAD_ARTIFACTS. */
  readonly phases: Readonly<Partial<Record<PhaseName, string>>>;
  readonly contexts: Readonly<Partial<Record<PhaseName, string>>>;
  readonly uploads: readonly ArtifactUpload[];
  readonly stored: readonly ReportResult[];
}

export interface Given extends Partial<Omit<BuildRequest, 'parameters' | 'buildspec'>> {
  /** The buildspec's text; without it, `buildspec.yml` of the source. */
  readonly buildspec?: string;
  /** A folder that is the source. */
  readonly source?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** By reference. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Sees what the build writes, as it comes. */
  readonly watch?: (text: string) => void;
}

const ofContainer = /^\[Container\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d+ /;

/** A buildspec with the commands of some phases. */
export function commandsOf(phases: Readonly<Partial<Record<BuildspecPhase, readonly string[]>>>): string {
  const entries = Object.entries(phases) as [BuildspecPhase, readonly string[]][];
  return JSON.stringify({
    version: '0.2',
    phases: Object.fromEntries(entries.map(([name, commands]) => [name, { commands }])),
  });
}

/** Runs a buildspec by itself. Nothing but `given` differs from a project without variables, artifacts to S3. */
export async function build(given: Given): Promise<Observed> {
  const { buildspec, source, parameters = {}, secrets = {}, watch, ...overrides } = given;
  const root = overrides.directory ?? directory();
  const uploads: ArtifactUpload[] = [];
  const stored: ReportResult[] = [];
  let output = '';
  let log = '';
  let printed = '';
  const result = await runBuild({
    directory: root,
    environment: { PATH: process.env.PATH ?? '' },
    variables: [],
    image: 'aws/codebuild/standard:7.0',
    downloadSource: (sourceDirectory) => {
      if (source) cpSync(source, sourceDirectory, { recursive: true });
      return Promise.resolve({ CODEBUILD_RESOLVED_SOURCE_VERSION: 'c0ffee' });
    },
    buildspec: buildspec === undefined ? { path: 'buildspec.yml' } : { text: buildspec },
    timeoutSeconds: 60,
    stop: new AbortController().signal,
    artifactsType: 'S3',
    parameters: () => Promise.resolve(parameters),
    secret: (reference) => {
      const value = secrets[reference];
      if (value !== undefined) return Promise.resolve(value);
      const error = new Error("Secrets Manager can't find the specified secret.");
      error.name = 'ResourceNotFoundException';
      return Promise.reject(error);
    },
    uploadArtifacts: (artifacts) => {
      uploads.push(...artifacts);
      return Promise.resolve();
    },
    storeReport: (report) => {
      stored.push(report);
      return Promise.resolve();
    },
    output: (text) => {
      watch?.(text);
      output += text;
      // Told apart by piece, not by line: a logged command may have several lines.
      if (ofContainer.test(text)) log += text;
      else printed += text;
    },
    phaseStarted: () => undefined,
    phaseEnded: () => undefined,
    ...overrides,
  });
  const shown = (text: string): string => text.replaceAll(root, '/codebuild');
  const phases = result.phases.filter(
    ({ name }) => !['SUBMITTED', 'QUEUED', 'PROVISIONING', 'FINALIZING', 'COMPLETED'].includes(name),
  );
  return {
    result,
    output: shown(output),
    log: lines(shown(log)).map((line) => line.replace(ofContainer, '')),
    printed: lines(shown(printed)),
    phases: Object.fromEntries(phases.map(({ name, status }) => [name, status])),
    contexts: Object.fromEntries(
      phases.flatMap(({ name, context }) => (context === undefined ? [] : [[name, shown(context)]])),
    ),
    uploads,
    stored,
  };
}

function lines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
