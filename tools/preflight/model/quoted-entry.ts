/**
 * The entry of a YAML list in quotes, e.g. `- 'echo "a: b"'`, so that YAML takes no notice of what it says. Undefined where
 * the line is no such entry, or has quotes around the whole of it already.
 */
export function quotedEntry(line: string): string | undefined {
  const [, text = ''] = /^\s*-\s+(.*?)\s*$/.exec(line) ?? [];
  if (
    !text ||
    /^[|>][-+\d]*$/.test(text) ||
    /^'(?:[^']|'')*'$/.test(text) ||
    /^"(?:[^"\\]|\\.)*"$/.test(text)
  )
    return undefined;
  return `- '${text.replaceAll("'", "''")}'`;
}
