/** What nobody knows before the deployment or the build: `‹Repository›` of a template. */
const UNKNOWN = /‹[^›]*›/g;

/** A text of a command with the same marks for what the shell puts in, e.g. `$TAG`, `${TAG:-1}`, `$(date)`. */
export function withoutShell(word: string): string {
  // A substitution may hold anything, and where it ends takes a parser: the rest of the word is not known.
  return word.replace(/(?:\$\(|`).*$/s, '‹…›').replace(/\$\{[^}]*\}|\$\w+|\$[@*#?!-]/g, '‹…›');
}

/** Whether a text without unknown parts could be all of them: `*` and `?` are IAM's in the pattern, and nothing special in the text. */
export function couldMatch(pattern: string, text: string): boolean {
  return meet(tokens(pattern, /‹[^›]*›|\$\{[^}]*\}|[*?]/g), tokens(text, UNKNOWN));
}

/**
 * Whether a pattern matches whatever the unknown parts of a text turn out to be. What is unknown in the pattern matches the
 * very same unknown alone.
 */
export function mustMatch(pattern: string, text: string): boolean {
  return !/\$\{(?![*?$]\})/.test(pattern) && meet(tokens(pattern, /[*?]/g), [...text]);
}

const ANY = Symbol('any characters');
const ONE = Symbol('one character');
type Token = string | typeof ANY | typeof ONE;

/** One character each, or a wildcard. */
function tokens(text: string, wildcard: RegExp): Token[] {
  const found: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(wildcard)) {
    found.push(...text.slice(at, match.index));
    found.push(match[0] === '?' ? ONE : ANY);
    at = match.index + match[0].length;
  }
  found.push(...text.slice(at));
  return found;
}

/** Whether some text matches both. */
function meet(one: readonly Token[], other: readonly Token[]): boolean {
  const width = other.length + 1;
  const seen = new Set<number>();
  const pending: [number, number][] = [[0, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [i, j] = next;
    const key = i * width + j;
    if (seen.has(key)) continue;
    seen.add(key);
    const a = one[i];
    const b = other[j];
    if (a === undefined && b === undefined) return true;
    if (a === ANY) pending.push([i + 1, j]);
    if (b === ANY) pending.push([i, j + 1]);
    if (a === undefined || b === undefined) continue;
    if (a === ANY && b !== ANY) pending.push([i, j + 1]);
    else if (b === ANY && a !== ANY) pending.push([i + 1, j]);
    else if (a !== ANY && (a === b || isOne(a, b) || isOne(b, a))) pending.push([i + 1, j + 1]);
  }
  return false;
}

/** One character, of which an unknown part may have none or many. */
function isOne(wildcard: Token, other: Token): boolean {
  return wildcard === ONE && other !== '‹' && other !== '›';
}
