import { stripVTControlCharacters } from 'node:util';

/** What a terminal gives two columns: East Asian wide and fullwidth characters, and emoji. https://www.unicode.org/reports/tr11/ */
const WIDE =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;
const INVISIBLE = /^[\p{Mark}\p{Cf}]+$/u;
/** Those that make a terminal show a text in another order than it is read in, too. https://www.unicode.org/reports/tr36/ */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
/** So many characters fill any terminal, whatever their width. */
const LONG = 4096;
const ASCII = /^[\x20-\x7e]*$/;
const NOT_ASCII = /[^\x20-\x7e]+/g;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many columns of a terminal a text takes. */
export function width(text: string): number {
  // Node takes minutes to segment a line of 100 KB.
  if (text.length > LONG || ASCII.test(text)) return text.length;
  let columns = text.length;
  for (const [run] of text.matchAll(NOT_ASCII)) {
    columns -= run.length;
    for (const { segment } of graphemes.segment(run)) columns += widthOf(segment);
  }
  return columns;
}

/** The text, ended with … where it has more than `columns` columns. No character is cut in two. */
export function cut(text: string, columns: number): string {
  // Most lines are short enough whatever their characters are, and measuring is slow.
  if (text.length * 2 <= columns || width(text) <= columns) return text;
  let kept = '';
  let room = columns - 1;
  for (const { segment } of graphemes.segment(text.slice(0, LONG))) {
    room -= widthOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : '';
}

/** Lines of at most `columns` columns, broken at spaces; a word that is longer (an ARN, a path) stays whole. */
export function folded(text: string, columns: number, indent = ''): string[] {
  if (width(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/\s*\S+/g) ?? []) {
    if (!line || width(line) + width(word) <= columns) line += word;
    else {
      lines.push(line);
      line = indent + word.trimStart();
    }
  }
  return [...lines, line];
}

/** A line of a tool's output as it would stand on a screen in the end, with nothing in it that could steer a terminal. */
export function plain(line: string): string {
  // A progress bar overwrites its line; what it ended with is what stays.
  const last = line.replace(/\r+$/, '');
  return stripVTControlCharacters(last.slice(last.lastIndexOf('\r') + 1)).replace(CONTROL, '');
}

function widthOf(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
