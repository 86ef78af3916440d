/** Where a text stops being JSON, and why. JSON.parse says so in other words in each version of Node, often without the place. */
export function brokenAt(text: string): { readonly line: number; readonly what: string } {
  const open: string[] = [];
  let expected = 'a value';
  let end = 0;
  for (const { index, 0: token } of text.matchAll(TOKEN)) {
    end = index;
    const kind = token.startsWith('"') ? 'a text' : /^[-\dtfn]/.test(token) ? 'a value' : token;
    const inObject = open.at(-1) === '{';
    if (token.length > 1 ? !WHOLE.test(token) : !/[-\d{}[\],:]/.test(token))
      return broken(text, end, expected, token);
    const isClosing = (token === '}' && inObject) || (token === ']' && open.at(-1) === '[');
    if (isClosing && expected !== 'a value' && expected !== 'a key' && expected !== "':'") {
      open.pop();
      expected = open.length ? "','" : 'the end';
    } else if (expected === "','" && token === ',') expected = inObject ? 'a key' : 'a value';
    else if (expected === "':'" && token === ':') expected = 'a value';
    else if (expected.startsWith('a key') && kind === 'a text') expected = "':'";
    else if (expected.startsWith('a value') && (token === '{' || token === '[')) {
      open.push(token);
      expected = token === '{' ? "a key or '}'" : "a value or ']'";
    } else if (expected.startsWith('a value') && (kind === 'a text' || kind === 'a value')) {
      expected = open.length ? "','" : 'the end';
    } else return broken(text, end, expected, token);
  }
  return broken(text, text.trimEnd().length, expected, '');
}

/** A text that does not end reaches to the end of its line. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"?|[-\w.+]+|\S/g;
const WHOLE = /^("(?:[^"\\\n]|\\(["\\/bfnrt]|u[\da-f]{4}))*"|-?\d+(\.\d+)?(e[-+]?\d+)?|true|false|null)$/i;

function broken(
  text: string,
  index: number,
  expected: string,
  token: string,
): { line: number; what: string } {
  const got = token === '' ? 'the end' : token.length > 40 ? `${token.slice(0, 40)}…` : token;
  const wanted = expected === "','" ? "',' or the end of a list or object" : expected;
  return { line: text.slice(0, index).split('\n').length, what: `expected ${wanted}, got ${got}` };
}
