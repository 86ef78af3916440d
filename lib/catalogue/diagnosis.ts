import { stripVTControlCharacters } from 'node:util';
import { FAILURES } from './failures';
import type { FailureMode } from './failures/failure-mode';

/** What is known of a failure: an entry of the catalogue, filled in. */
export interface Diagnosis {
  /** Of the catalogue. */
  readonly id: string;
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
  readonly link: string;
}

/** A phase of a build, as it ended. */
interface EndedPhase {
  readonly status: string;
  /** `CODE: message`. */
  readonly context?: string;
}

/** Of a line, what is looked at; longer ones are data. */
export const LONGEST_LINE = 4000;
/** A reason of CloudFormation can be a page. */
const LONGEST_PART = 300;
const OF_CODEBUILD = /^\[Container\] \S+ \S+ /;

/**
 * Finds out why a build failed, by the log and the contexts alone: whatever AWS's tools print here, they print on AWS.
 * What counts is the output of the command that failed first.
 */
export class FailureReader {
  private found: Found[] = [];
  private hasFailed = false;

  /** One whole line of the log, in order. */
  readLine(text: string): void {
    if (this.hasFailed) return;
    const line = stripVTControlCharacters(text.slice(0, LONGEST_LINE));
    if (OF_CODEBUILD.test(line)) {
      const text = line.replace(OF_CODEBUILD, '');
      if (text.startsWith('Command did not exit successfully')) this.hasFailed = true;
      else if (text.startsWith('Running command')) this.found = [];
      return;
    }
    const found = lookUp(line);
    if (found && !this.found.some(({ mode }) => mode === found.mode)) this.found.push(found);
  }

  /** Most telling first; empty where nothing is known. */
  diagnosis(phases: readonly EndedPhase[]): Diagnosis[] {
    const failed = phases.find(({ status }) => status !== 'SUCCEEDED');
    // Of a stopped build, CodeBuild tells no more than the state.
    const context = lookUp(failed?.context ?? `State: ${failed?.status}`);
    if (context && !context.mode.general) return [filledIn(context)];
    const found = [...this.found, ...(context ? [context] : [])];
    const telling = found.filter(({ mode }) => !mode.general);
    return (telling.length ? telling : found.slice(0, 1)).map(filledIn);
  }
}

interface Found {
  readonly mode: FailureMode;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

function lookUp(line: string): Found | undefined {
  for (const mode of FAILURES) {
    const match = mode.pattern.exec(line);
    if (match) return { mode, groups: { ...match.groups } };
  }
  return undefined;
}

function filledIn({ mode: { id, title, cause, fix, link }, groups }: Found): Diagnosis {
  const fill = (text: string): string =>
    text.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name: string, otherwise = '') =>
      (groups[name] ?? String(otherwise)).slice(0, LONGEST_PART),
    );
  return { id, title, cause: fill(cause), fix: fill(fix), link };
}
