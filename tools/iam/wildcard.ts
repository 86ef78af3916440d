/**
 * Matches IAM's wildcards: `*` any characters, `?` exactly one.
 *
 * @param pattern after policy variables were replaced; `${*}`, `${?}` and `${$}` stand for the characters themselves
 */
export function matchesWildcard(pattern: string, value: string, { ignoreCase = false } = {}): boolean {
  const source = pattern.replace(/\$\{([*?$])\}|[*?]|[^*?$]+|\$/g, (token, literal: string | undefined) => {
    if (literal) return escaped(literal);
    if (token === '*') return '.*';
    return token === '?' ? '.' : escaped(token);
  });
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's').test(value);
}

/** ArnLike: each of the six parts of an ARN is matched by itself, so that a wildcard does not cross a colon before the last. */
export function matchesArn(pattern: string, value: string): boolean {
  const patterns = parts(pattern);
  const values = parts(value);
  return (
    patterns.length === values.length && patterns.every((part, i) => matchesWildcard(part, values[i] ?? ''))
  );
}

function parts(arn: string): string[] {
  const pieces = arn.split(':');
  return pieces.length <= 6 ? pieces : [...pieces.slice(0, 5), pieces.slice(5).join(':')];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
