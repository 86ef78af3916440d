import { type Behaviour, type Outcome } from './behaviours';
import { compare, type Difference, type Observed } from './compare';

/** What became of one behaviour. */
export interface Result {
  readonly name: string;
  readonly claim: string;
  /** Why the documentation does not settle it. */
  readonly unverified?: string;
  readonly verdict: 'ok' | 'differs' | 'skipped';
  readonly builds: readonly {
    readonly differences: readonly Difference[];
    /** What was expected and cannot be seen here. */
    readonly unseen: readonly (keyof Outcome)[];
    /** Why it was not run. */
    readonly skipped?: string;
  }[];
}

/** @param seen a build that was not run is undefined */
export function resultOf(behaviour: Behaviour, seen: readonly (Observed | undefined)[]): Result {
  const builds = behaviour.builds.map((expected, index) => {
    const observed = seen[index];
    if (observed) return compare(observed, expected);
    return { differences: [], unseen: [], skipped: expected.notReplayed ?? 'it was not run' };
  });
  const differs = builds.some(({ differences }) => differences.length);
  const verdict = differs ? 'differs' : seen.some(Boolean) ? 'ok' : 'skipped';
  const { claim, unverified } = behaviour.expectation;
  return { name: behaviour.name, claim, ...(unverified !== undefined && { unverified }), verdict, builds };
}

/**
 * The results for a person.
 *
 * @param apart whether behaviours that the documentation does not settle are told apart: whoever asks AWS asks for their sake
 */
export function table(results: readonly Result[], apart: boolean): string[] {
  const width = Math.max(0, ...results.map(({ name }) => name.length));
  const rows = (some: readonly Result[], words: Readonly<Record<Result['verdict'], string>>): string[] => {
    const verdicts = Math.max(...Object.values(words).map((word) => word.length));
    return some.flatMap((result) => [
      `${words[result.verdict].padEnd(verdicts)}  ${result.name.padEnd(width)}  ${skipped(result)}`.trimEnd(),
      ...result.builds.flatMap(({ differences }, index) =>
        differences.flatMap((difference) => told(difference, index, result.builds.length)),
      ),
    ]);
  };
  const words = { ok: 'ok', differs: 'DIFFERS', skipped: 'skipped' };
  const settled = apart ? results.filter(({ unverified }) => unverified === undefined) : results;
  const unsettled = results.filter((result) => !settled.includes(result));
  return [
    ...rows(settled, words),
    ...(unsettled.length
      ? ['', 'What the documentation does not settle:', ...rows(unsettled, { ...words, ok: 'verified now' })]
      : []),
    '',
    counts(results),
  ];
}

export function counts(results: readonly Result[]): string {
  const count = (verdict: Result['verdict']): number =>
    results.filter((one) => one.verdict === verdict).length;
  const builds = results.flatMap((result) => result.builds);
  const unseen = builds.reduce((sum, build) => sum + build.unseen.length, 0);
  const notRun = builds.filter((build) => build.skipped !== undefined).length;
  return [
    `${counted(results.length, 'behaviour')}: ${count('ok')} ok, ${count('differs')} differ, ${count('skipped')} skipped`,
    ...(notRun ? [`${counted(notRun, 'build')} not run`] : []),
    ...(unseen ? [`${counted(unseen, 'expectation')} that only the simulator can show`] : []),
  ].join('; ');
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function skipped({ builds }: Result): string {
  const [reason] = builds.flatMap((build) => build.skipped ?? []);
  if (reason === undefined) return '';
  return builds.every((build) => build.skipped !== undefined) ? reason : `(not all of its builds: ${reason})`;
}

/** In a few lines; all of it is in the file of --json. */
function told({ what, expected, got }: Difference, build: number, builds: number): string[] {
  const where = builds > 1 ? `build ${build + 1}, ${what}` : what;
  if (what === 'log') return [`    ${where}: missing ${JSON.stringify(expected)}`];
  if (what === 'absent') return [`    ${where}: the output has ${JSON.stringify(expected)}`];
  return [
    `    ${where}: expected ${JSON.stringify(expected)}`,
    `    ${' '.repeat(where.length)}       got ${JSON.stringify(got)}`,
  ];
}
