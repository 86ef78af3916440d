import { masked } from '../../lib/notifier/secrets';
import { plain } from '../text';
import type { Place } from './model/place';
import type { Found, Rule } from './rule';

/** What is found, ready to be shown: a line each, with no secret and nothing that steers a terminal. */
export interface Finding {
  readonly id: string;
  readonly rule: string;
  readonly level: 'error' | 'warning';
  readonly place: Place;
  readonly message: string;
  readonly awsError?: string;
  readonly cause: string;
  readonly fix: string;
}

/** What the list and the explanation of a rule tell. */
export type Entry = Omit<Rule, 'check'>;

export function findingOf(rule: Entry, found: Found): Finding {
  const awsError = found.awsError ?? rule.awsError;
  return {
    id: rule.id,
    rule: rule.name,
    level: found.level,
    place: found.place,
    message: line(found.message),
    awsError: awsError === undefined ? undefined : line(awsError),
    cause: line(rule.cause),
    fix: line(found.fix ?? rule.fix),
  };
}

/** One line, safe to print. */
export function line(text: string): string {
  return masked(
    plain(
      text
        .trim()
        .replaceAll(/\s*[\n\u2028\u2029]\s*/g, ' ')
        .replaceAll('\t', '  '),
    ),
  );
}
