import { FAILURES } from '../../lib/catalogue/failures';
import { UserError } from '../command';
import { cut, plain } from '../text';
import type { Entry } from './finding';

/** A rule's own page. @throws UserError with the nearest ids where there is no such rule */
export function explained(wanted: string, rules: readonly Entry[]): string[] {
  const rule = rules.find(({ id, name }) => id === wanted.toUpperCase() || name === wanted.toLowerCase());
  if (!rule) {
    const near = nearest(wanted, rules).map(({ id, name }) => `${id} ${name}`);
    throw new UserError(
      `--explain ${cut(plain(wanted), 40)}: there is no such rule; near to it are ${near.join(', ')}`,
    );
  }
  const { example } = FAILURES.find(({ id }) => id === rule.id) ?? {};
  return [
    `${rule.id} ${rule.name}: ${rule.title}`,
    '',
    ...(rule.awsError === undefined ? [] : [`AWS: ${rule.awsError}`]),
    `why: ${rule.cause}`,
    `fix: ${rule.fix}`,
    ...(example === undefined || example === rule.awsError ? [] : [`in a log: ${example}`]),
    `see: ${rule.link}`,
  ];
}

export function listed(rules: readonly Entry[]): string[] {
  const width = Math.max(...rules.map(({ name }) => name.length));
  return rules.map(({ id, name, title }) => `${id}  ${name.padEnd(width)}  ${title}`);
}

function nearest(wanted: string, rules: readonly Entry[]): readonly Entry[] {
  const distance = ({ id, name }: Entry): number =>
    Math.min(edits(wanted.toUpperCase(), id), edits(wanted.toLowerCase(), name));
  return [...rules].sort((one, other) => distance(one) - distance(other)).slice(0, 3);
}

/** How many characters must be typed, deleted or changed to get from one word to another (Levenshtein). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, character] of [...from.slice(0, 80)].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + Number(character !== to[j - 1]);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
