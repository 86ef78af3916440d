import type { Build, Report } from '@aws-sdk/client-codebuild';
import type { Artifact, ExpectedBuild } from '../behaviours';
import type { Observed } from '../compare';
import type { ReportResult } from '../../simulator/engine/types';
import { NAME } from './stack';

/** What the service's APIs say of a build that has ended. */
export interface Seen {
  readonly build: Build;
  /** The log, as its events have it. */
  readonly log: string;
  readonly reports: readonly Report[];
  /** Of all objects in the bucket. */
  readonly keys: readonly string[];
  /** The part of the keys that is only in those of the primary artifact (undefined), or of a secondary one. */
  readonly artifactFolder: (identifier: string | undefined) => string;
  /** The commands of the buildspec, as far as it can be read. */
  readonly commands: readonly string[];
}

/** The phases in which a buildspec has no part. */
const OF_THE_SERVICE = ['SUBMITTED', 'QUEUED', 'PROVISIONING', 'FINALIZING', 'COMPLETED'];
const OF_CONTAINER = /^\[Container\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? /;

/**
 * A build behind the API in the words of expect.json. Every difference between the two that lies in the nature of the service is
 * taken out here, each with its reason, and nowhere else.
 *
 * @param shown gives parameters and secrets the names that the buildspec has for them
 */
export function observed(seen: Seen, expected: ExpectedBuild, shown: (text: string) => string): Observed {
  const { build } = seen;
  // The directory of the source has a number in its name: /codebuild/output/src1234/src.
  const root = /CODEBUILD_SRC_DIR=(\/\S+)\/src(?:\n|$)/.exec(seen.log)?.[1];
  const own = (text: string): string =>
    shown(root === undefined ? text : text.replaceAll(root, '/codebuild'));
  const phases = (build.phases ?? []).filter(({ phaseType = '' }) => !OF_THE_SERVICE.includes(phaseType));
  const contexts = phases.flatMap(({ phaseType = '', contexts = [] }) => {
    // One that succeeded may have a context that says nothing.
    const told = contexts.filter(({ statusCode, message }) => statusCode || message);
    return told.map(({ statusCode, message }) => [phaseType, own(`${statusCode}: ${message}`)]);
  });
  const texts = [...seen.commands, ...contexts.map(([, text = '']) => text.slice(text.indexOf(': ') + 2))];
  const { log, printed } = toldApart(
    own(seen.log),
    texts.filter((text) => text.includes('\n')),
  );
  return {
    status: build.buildStatus ?? '',
    phases: Object.fromEntries(
      phases.map(({ phaseType, phaseStatus }) => [phaseType, phaseStatus]),
    ) as Observed['phases'],
    contexts: Object.fromEntries(contexts) as Observed['contexts'],
    printed,
    log,
    output: own(seen.log),
    exportedVariables: Object.fromEntries(
      (build.exportedEnvironmentVariables ?? []).map(({ name, value }) => [name, value]),
    ) as Observed['exportedVariables'],
    reports: inOrderOf(seen.reports.map(reportOf), expected.reports ?? []),
    artifacts: artifactsOf(seen, expected.artifacts ?? []),
  };
}

/** A build that was not started, and so shows nothing but the API's words. */
export function refused({ name, message }: Error): Observed {
  const lists = { printed: [], log: [], artifacts: [], reports: [] };
  return {
    status: `${name}: ${message}`,
    output: '',
    phases: {},
    contexts: {},
    exportedVariables: {},
    ...lists,
  };
}

/**
 * The log has the lines of CodeBuild, which begin with `[Container]` and the time, and those of the commands.
 *
 * @param texts of several lines that CodeBuild may write; only the first line begins so
 */
function toldApart(text: string, texts: readonly string[]): { log: string[]; printed: string[] } {
  const log: string[] = [];
  const printed: string[] = [];
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  let inPhase = false;
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (!OF_CONTAINER.test(line)) {
      // CodeBuild writes an empty line ahead of some of its own.
      if (line === '' && OF_CONTAINER.test(lines[i + 1] ?? '')) continue;
      // What is printed before the first phase comes from the image's own commands, which select its runtimes.
      if (inPhase) printed.push(line);
      continue;
    }
    const message = line.replace(OF_CONTAINER, '');
    if (message.startsWith('Entering phase ')) inPhase = true;
    if (message === 'Phase is DOWNLOAD_SOURCE') inPhase = false;
    const more = linesMore(message, lines, i + 1, texts);
    log.push(message, ...lines.slice(i + 1, i + 1 + more));
    i += more;
  }
  return { log, printed };
}

/** How many lines from `at` on belong to a message of which the first line is known. */
function linesMore(message: string, lines: readonly string[], at: number, texts: readonly string[]): number {
  const counts = texts.map((text) => {
    const [first = '', ...rest] = text.split('\n');
    if (!message.endsWith(first)) return 0;
    // The line end of a YAML block may be left out.
    const trimmed = rest.at(-1) === '' ? rest.slice(0, -1) : rest;
    const whole = [rest, trimmed].find((known) =>
      known.every((line, index) => {
        const found = lines[at + index];
        const last = index === known.length - 1;
        return found === line || (last && found?.startsWith(`${line} exit status `));
      }),
    );
    return whole?.length ?? 0;
  });
  return Math.max(0, ...counts);
}

/** Groups are named `project-group`; CodeBuild's errors are failures here. */
function reportOf({ name = '', testSummary, codeCoverageSummary }: Report): ReportResult {
  const group = name.startsWith(`${NAME}-`) ? name.slice(NAME.length + 1) : name;
  if (codeCoverageSummary) {
    const {
      linesCovered = 0,
      linesMissed = 0,
      branchesCovered = 0,
      branchesMissed = 0,
    } = codeCoverageSummary;
    return { name: group, linesCovered, linesMissed, branchesCovered, branchesMissed };
  }
  const { SUCCEEDED = 0, FAILED = 0, ERROR = 0, UNKNOWN = 0, SKIPPED = 0 } = testSummary?.statusCounts ?? {};
  const failed = FAILED + ERROR + UNKNOWN;
  return { name: group, total: testSummary?.total ?? 0, passed: SUCCEEDED, failed, skipped: SKIPPED };
}

/** The API gives reports in no order. */
function inOrderOf(reports: readonly ReportResult[], expected: readonly ReportResult[]): ReportResult[] {
  const rank = ({ name }: ReportResult): number => expected.findIndex((report) => report.name === name) >>> 0;
  return [...reports].sort((a, b) => rank(a) - rank(b));
}

/**
 * What lies in the bucket, told apart by the keys: `s3-prefix/FOLDER/build-id/name/file`. Where the name ends and the file's path
 * begins is not to be seen, so an expected name is taken for one when all files are below it.
 */
function artifactsOf(seen: Seen, expected: readonly Artifact[]): Artifact[] {
  const uuid = (seen.build.id ?? '').split(':')[1] ?? '';
  const identifiers = new Set([undefined, ...expected.map(({ identifier }) => identifier)]);
  return [...identifiers].flatMap((identifier): Artifact[] => {
    const wanted = expected.find((artifact) => artifact.identifier === identifier);
    const folder = `${seen.artifactFolder(identifier)}/${uuid}/`;
    const keys = seen.keys.filter((key) => key.includes(folder));
    const [first] = keys;
    if (first === undefined) return [];
    const s3Prefix = first.slice(0, first.indexOf(folder)).replace(/\/$/, '') || undefined;
    const files = keys.map((key) => key.slice(key.indexOf(folder) + folder.length));
    const name = wanted?.name;
    const named = name !== undefined && files.every((file) => file.startsWith(`${name}/`));
    return [
      {
        ...(identifier !== undefined && { identifier }),
        ...(named && { name }),
        ...(s3Prefix !== undefined && { s3Prefix }),
        files: files.map((file) => (named ? file.slice(name.length + 1) : file)),
      },
    ];
  });
}
