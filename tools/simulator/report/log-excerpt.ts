import { type FileHandle, open } from 'node:fs/promises';
import { plain } from '../../text';

/** A build's log as far as a page can hold it: all of it, or its beginning and its end. */
export interface LogExcerpt {
  /** Where the whole log is. */
  readonly file: string;
  readonly bytes: number;
  readonly parts: readonly LogPart[];
  /** Lines between the two parts. */
  readonly omitted: number;
}

export interface LogPart {
  /** The number of its first line, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
}

const HEAD = { bytes: 128 * 1024, lines: 1000 };
/** The end is where a failure is told. */
const TAIL = { bytes: 512 * 1024, lines: 4000 };
const NEWLINE = 0x0a;

/** Reads a log of any size; of a large one only both ends, and the number of lines between. */
export async function readLog(file: string): Promise<LogExcerpt> {
  const handle = await open(file);
  try {
    const { size: bytes } = await handle.stat();
    if (bytes <= HEAD.bytes + TAIL.bytes)
      return { file, bytes, ...whole((await handle.readFile()).toString()) };
    const head = linesOf((await read(handle, 0, HEAD.bytes)).toString());
    head.pop(); // cut somewhere
    const end = await read(handle, bytes - TAIL.bytes, TAIL.bytes);
    const start = end.indexOf(NEWLINE) + 1;
    const tail = linesOf(end.subarray(start).toString());
    const before = await countLines(handle, bytes - TAIL.bytes + start);
    const parts = ends(head, tail, before + tail.length);
    return { file, bytes, ...parts };
  } finally {
    await handle.close();
  }
}

function whole(text: string): Pick<LogExcerpt, 'parts' | 'omitted'> {
  const lines = linesOf(text);
  if (lines.length > HEAD.lines + TAIL.lines) return ends(lines, lines, lines.length);
  return { parts: [{ first: 1, lines: lines.map(plain) }], omitted: 0 };
}

function ends(head: string[], tail: string[], total: number): Pick<LogExcerpt, 'parts' | 'omitted'> {
  const begin = head.slice(0, HEAD.lines).map(plain);
  const end = tail.slice(-TAIL.lines).map(plain);
  const first = total - end.length + 1;
  return {
    parts: [
      { first: 1, lines: begin },
      { first, lines: end },
    ],
    omitted: first - 1 - begin.length,
  };
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function countLines(handle: FileHandle, upTo: number): Promise<number> {
  const chunk = Buffer.alloc(1024 * 1024);
  let count = 0;
  for (let position = 0; position < upTo;) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, upTo - position), position);
    if (!bytesRead) break;
    const part = chunk.subarray(0, bytesRead);
    for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) count += 1;
    position += bytesRead;
  }
  return count;
}
