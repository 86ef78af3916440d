import { type Finding, findingOf, line } from './finding';
import type { Model } from './model/model';
import type { Rule } from './rule';
import { suppressionsOf } from './suppressions';

export interface Suppressed extends Finding {
  readonly reason: string;
}

/** A rule that could not do its work, which is our fault and no finding. */
export interface Fault {
  readonly id: string;
  readonly rule: string;
  readonly message: string;
}

export interface Checked {
  /** By file and line. */
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly faults: readonly Fault[];
}

/** What the rules say of a model, without what the files suppress. One that throws does not keep the others from it. */
export function checked(model: Model, rules: readonly Rule[]): Checked {
  const found = new Map<string, Finding>();
  const faults: Fault[] = [];
  for (const rule of rules) {
    try {
      for (const each of rule.check(model)) {
        const finding = findingOf(rule, each);
        // Two projects may have one buildspec, and two commands one script.
        found.set(JSON.stringify([finding.id, finding.place, finding.message]), finding);
      }
    } catch (error) {
      faults.push({ id: rule.id, rule: rule.name, message: line(String(error)) });
    }
  }
  const { findings, suppressed } = suppressionsOf(model, rules).appliedTo([...found.values()]);
  return { findings: findings.sort(byPlace), suppressed: suppressed.sort(byPlace), faults };
}

function byPlace(one: Finding, other: Finding): number {
  return (
    compare(one.place.file, other.place.file) ||
    one.place.line - other.place.line ||
    compare(one.place.resource ?? '', other.place.resource ?? '') ||
    one.id.localeCompare(other.id, 'en', { numeric: true })
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
