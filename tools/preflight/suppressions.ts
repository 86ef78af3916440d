import type { Suppressed } from './check';
import { type Entry, type Finding, findingOf, line as oneLine } from './finding';
import type { Model } from './model/model';
import type { Place } from './model/place';
import type { Rule } from './rule';

/** What is told of the suppressions themselves. */
export const OF_SUPPRESSIONS: readonly Entry[] = [
  {
    id: 'P01',
    name: 'suppression-without-reason',
    title: 'A suppression gives no reason',
    cause: 'whoever reads the file later cannot tell whether it still holds, so it suppresses nothing',
    fix: 'say why behind the id: # preflight: F41 the lock file is made in pre_build',
    link: 'docs/preflight.md',
  },
  {
    id: 'P02',
    name: 'unused-suppression',
    title: 'A suppression suppresses nothing',
    cause:
      'what it was written for has gone or stands on another line, and it would hide the next such finding',
    fix: 'delete it, or put it on the line of the finding or alone on the line before',
    link: 'docs/preflight.md',
  },
  {
    id: 'P03',
    name: 'unknown-suppression',
    title: 'A suppression names no rule',
    cause: 'no rule has this id, so it suppresses nothing',
    fix: 'correct the id; --list tells all',
    link: 'docs/preflight.md',
  },
];
const [WITHOUT_REASON, UNUSED, UNKNOWN] = OF_SUPPRESSIONS as [Entry, Entry, Entry];

/** A word that is no id makes it a comment like any other, e.g. `# preflight: is Docker there?`. */
const COMMENT = /^#\s*preflight:\s*([a-z]\d+)\b[\s:–—-]*(.*)$/i;

interface Suppression {
  readonly id: string;
  readonly reason: string;
  readonly place: Place;
  holdsFor(place: Place): boolean;
}

/**
 * What the source suppresses: a comment `# preflight: F41 reason` of a buildspec, a script, a Dockerfile or requirements, on
 * the line of the finding or on lines of its own before it; of a template, `Metadata: { preflight: { F41: 'reason' } }` of the
 * resource.
 *
 * A comment begins at a `#` that begins a line or stands behind a space, outside of quotes that the line itself opens. So a
 * comment of the shell within a block scalar counts as one; what a quote of several lines or a here-document holds does, too.
 */
export function suppressionsOf(model: Model, rules: readonly Rule[]): Suppressions {
  return new Suppressions(model, new Set(rules.map(({ id }) => id)));
}

class Suppressions {
  constructor(
    private readonly model: Model,
    private readonly ids: ReadonlySet<string>,
  ) {}

  appliedTo(found: readonly Finding[]): { findings: Finding[]; suppressed: Suppressed[] } {
    const suppressions = [...this.ofComments(found), ...this.ofTemplates()];
    const known = suppressions.filter(({ id, reason }) => this.ids.has(id) && reason);
    const used = new Set<Suppression>();
    const findings: Finding[] = [];
    const suppressed: Suppressed[] = [];
    for (const finding of found) {
      const holding = known.filter((each) => each.id === finding.id && each.holdsFor(finding.place));
      for (const each of holding) used.add(each);
      const [first] = holding;
      if (first) suppressed.push({ ...finding, reason: oneLine(first.reason) });
      else findings.push(finding);
    }
    for (const suppression of suppressions) {
      const { id, reason, place } = suppression;
      const told = (rule: Entry, message: string): void => {
        findings.push(findingOf(rule, { level: 'warning', place, message }));
      };
      if (!this.ids.has(id)) told(UNKNOWN, `there is no rule ${id}`);
      else if (!reason) told(WITHOUT_REASON, `${id} is to be suppressed, and nothing says why`);
      else if (!used.has(suppression)) told(UNUSED, `${id} is suppressed, and not found here`);
    }
    return { findings, suppressed };
  }

  /** Of the files that the rules look into: to read all would take as long as the source is large. */
  private ofComments(found: readonly Finding[]): Suppression[] {
    const { builds, dockerfiles, requirements, source } = this.model;
    const files = new Set([
      ...builds
        .filter(({ buildspec }) => buildspec.form === 'file')
        .map(({ buildspec }) => buildspec.place.file),
      ...builds.flatMap(({ commands }) => commands.map(({ place }) => place.file)),
      ...[...dockerfiles, ...requirements].map(({ path }) => path),
      ...found.map(({ place }) => place.file),
    ]);
    return [...files].flatMap((file) =>
      file.endsWith('.json') ? [] : commentsOf(file, source.read(file) ?? ''),
    );
  }

  private ofTemplates(): Suppression[] {
    return this.model.stacks.flatMap(({ resources }) =>
      resources.flatMap(({ metadata, place }) => {
        const { preflight } = metadata;
        if (typeof preflight !== 'object' || preflight === null) return [];
        return Object.entries(preflight).map(([id, reason]) => ({
          id: id.toUpperCase(),
          reason: typeof reason === 'string' ? reason.trim() : '',
          place,
          holdsFor: ({ file, resource }: Place) => file === place.file && resource === place.resource,
        }));
      }),
    );
  }
}

function commentsOf(file: string, text: string): Suppression[] {
  if (!/preflight:/i.test(text)) return [];
  const lines = text.split('\n');
  return lines.flatMap((line, index): Suppression[] => {
    const start = commentOf(line);
    const [, id, reason] =
      (start === undefined ? undefined : COMMENT.exec(line.slice(start).trimEnd())) ?? [];
    if (id === undefined) return [];
    const number = index + 1;
    const next = line.slice(0, start).trim() ? number : 1 + indexOfNextCode(lines, index);
    return [
      {
        id: id.toUpperCase(),
        reason: reason ?? '',
        place: { file, line: number },
        holdsFor: (place) => place.file === file && (place.line === number || place.line === next),
      },
    ];
  });
}

function indexOfNextCode(lines: readonly string[], from: number): number {
  return lines.findIndex((line, index) => index > from && !/^\s*(#|\r?$)/.test(line));
}

/** Where the comment of a line begins. */
function commentOf(line: string): number | undefined {
  let quote = '';
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index] ?? '';
    if (quote) {
      if (character === '\\' && quote === '"') index += 1;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') {
      // Within a word, as in `don't`, it is an apostrophe.
      if (character === '"' || !/\w/.test(line[index - 1] ?? '')) quote = character;
    } else if (character === '\\') index += 1;
    else if (character === '#' && /^\s?$/.test(line[index - 1] ?? '')) return index;
  }
  return undefined;
}
