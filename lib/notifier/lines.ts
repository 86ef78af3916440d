import { stripVTControlCharacters } from 'node:util';

/** Controls, line separators, and what turns the direction of a text or takes no room: nothing of them is meant to be read. */
const UNREADABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;

/** A line of a tool's output as it would stand on a screen in the end: a progress bar overwrites its own line. */
export function readable(line: string): string {
  const last = line.replace(/[\r\n]+$/, '');
  return stripVTControlCharacters(last.slice(last.lastIndexOf('\r') + 1))
    .replaceAll('\t', '  ')
    .replace(UNREADABLE, '');
}

/** What somebody else wrote, as one line that cannot pretend to be another one. */
export function oneLine(text: string, longest: number): string {
  return cut(stripVTControlCharacters(text).replace(/\s+/g, ' ').replace(UNREADABLE, '').trim(), longest);
}

/** At most `longest` characters; none of them is cut in two. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

/** At most `longest` bytes of UTF-8; no character is cut in two. */
export function cutBytes(text: string, longest: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longest) return text;
  let end = longest;
  // 10xxxxxx goes on with the character before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
