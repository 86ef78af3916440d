import { isDeepStrictEqual } from 'node:util';
import type { Artifact, Outcome } from './behaviours';

/** What was seen of a build, by whoever looked. */
export interface Observed extends Required<Omit<Outcome, 'absent' | 'simulated'>> {
  /** Lines that CodeBuild itself wrote, without their time. */
  readonly log: readonly string[];
  /** All that the build wrote. */
  readonly output: string;
  /** Undefined where it cannot be seen. */
  readonly simulated?: readonly string[];
}

export interface Difference {
  readonly what: keyof Outcome;
  /** Of `log` the lines that are missing, of `absent` the texts that are not. */
  readonly expected: unknown;
  readonly got: unknown;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** What was expected and could not be seen. */
  readonly unseen: readonly (keyof Outcome)[];
}

/** Compares a build with what is expected of it, the same way whether the engine ran it or AWS. */
export function compare(observed: Observed, expected: Outcome): Comparison {
  const differences: Difference[] = [];
  const same = (what: keyof Outcome, wanted: unknown, got: unknown): void => {
    if (wanted !== undefined && !isDeepStrictEqual(plain(wanted), plain(got))) {
      differences.push({ what, expected: wanted, got });
    }
  };
  same('status', expected.status, observed.status);
  same('contexts', expected.contexts ?? {}, observed.contexts);
  same('phases', expected.phases, observed.phases);
  same('printed', expected.printed, observed.printed);
  const missing = (expected.log ?? []).filter((line) => !observed.log.includes(line));
  if (missing.length) differences.push({ what: 'log', expected: missing, got: observed.log });
  const present = (expected.absent ?? []).filter((text) => observed.output.includes(text));
  if (present.length) differences.push({ what: 'absent', expected: present, got: observed.output });
  same('exportedVariables', expected.exportedVariables, observed.exportedVariables);
  same('artifacts', expected.artifacts && sorted(expected.artifacts), sorted(observed.artifacts));
  same('reports', expected.reports, observed.reports);
  if (observed.simulated) same('simulated', expected.simulated, observed.simulated);
  return { differences, unseen: expected.simulated && !observed.simulated ? ['simulated'] : [] };
}

/** Where it is stored, an artifact has no order. */
function sorted(artifacts: readonly Artifact[]): Artifact[] {
  return artifacts
    .map((artifact) => ({ ...artifact, files: [...artifact.files].sort() }))
    .sort((a, b) => (a.identifier ?? '').localeCompare(b.identifier ?? ''));
}

/** Without members that are undefined, and whatever realm it is of. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
