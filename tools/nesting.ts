/**
 * Whether a text of YAML nests deeper than its parser, which calls itself, can be trusted with: near the end of the stack V8
 * cannot compile a regular expression, and then ends the process instead of throwing.
 */
export function nestsTooDeep(yaml: string): boolean {
  let depth = 0;
  for (const { 0: bracket } of yaml.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > 500) return true;
  }
  // Each level of a block is indented, or follows the one above in its line: `- - - x`.
  return /^[ \-?:]{1000}/m.test(yaml);
}
