import { type ParsedScript, parse } from 'unbash';
import type { Place } from './place';

/** A text that a shell reads, and where its lines stand. */
export interface ShellText {
  readonly text: string;
  /** Of a script of the source: its path. */
  readonly script?: string;
  placeAt(offset: number): Place;
}

/** A script of the source, or a part of a file that has the lines of it. */
export function scriptText(path: string, text: string): ShellText {
  const starts = lineStarts(text);
  return { text, script: path, placeAt: (offset) => ({ file: path, line: lineOf(starts, offset) + 1 }) };
}

/** An entry whose text begins at a place. A block scalar (`- |`) begins in the line below; of others, all is one line. */
export function entryText(text: string, place: Place, line: string | undefined): ShellText {
  if (!line || !/^\s*-?\s*(?:[&!]\S+\s+)*\|[-+0-9]*\s*(?:#.*)?$/.test(line))
    return { text, placeAt: () => place };
  const starts = lineStarts(text);
  return { text, placeAt: (offset) => ({ ...place, line: place.line + 1 + lineOf(starts, offset) }) };
}

/** A text within another, such as the words of `bash -c`, which stands where the other does. */
export function textAt(text: string, place: Place, script?: string): ShellText {
  return { text, script, placeAt: () => place };
}

/** Undefined where the parser gives up. */
export function parsed(text: string): ParsedScript | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** From 0. */
function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
