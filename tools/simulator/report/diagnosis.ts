import { stripVTControlCharacters } from 'node:util';
import { type FailureMode, FAILURES } from '../../../lib/catalogue/failures';
import type { PhaseResult } from '../engine/types';
import { Lines } from '../lines';

/** What is known of a failure: an entry of the catalogue, filled in. */
export interface Diagnosis {
  /** Of the catalogue. */
  readonly id: string;
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
  readonly link: string;
}

/** Longer lines are data. */
const LONGEST = 4000;
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
  private readonly lines = new Lines(
    (line) => this.readLine(stripVTControlCharacters(line.slice(0, LONGEST))),
    LONGEST,
  );

  read(text: string): void {
    this.lines.read(text);
  }

  /** Most telling first; empty where nothing is known. */
  diagnosis(phases: readonly PhaseResult[]): Diagnosis[] {
    const failed = phases.find(({ status }) => status !== 'SUCCEEDED');
    // Of a stopped build, CodeBuild tells no more than the state.
    const context = lookUp(failed?.context ?? `State: ${failed?.status}`);
    if (context && !context.mode.general) return [filledIn(context)];
    const found = [...this.found, ...(context ? [context] : [])];
    const telling = found.filter(({ mode }) => !mode.general);
    return (telling.length ? telling : found.slice(0, 1)).map(filledIn);
  }

  private readLine(line: string): void {
    if (this.hasFailed) return;
    if (OF_CODEBUILD.test(line)) {
      const text = line.replace(OF_CODEBUILD, '');
      if (text.startsWith('Command did not exit successfully')) this.hasFailed = true;
      else if (text.startsWith('Running command')) this.found = [];
      return;
    }
    const found = lookUp(line);
    if (found && !this.found.some(({ mode }) => mode === found.mode)) this.found.push(found);
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
