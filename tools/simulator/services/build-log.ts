import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';

/** One event of a log stream. */
export interface LogEvent {
  /** In milliseconds. */
  readonly timestamp: number;
  /** With its line end, as CodeBuild's events have it. */
  readonly message: string;
  /** Where it begins in its stream: it grows with every event. */
  readonly position: number;
  /** Where the next one begins. */
  readonly end: number;
}

/** What an event counts besides its message: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const EVENT_OVERHEAD_BYTES = 26;
const MAX_MESSAGE_BYTES = 1024 * 1024 - EVENT_OVERHEAD_BYTES;

const NEWLINE = 0x0a;
const CHARACTERS_AT_ONCE = 64 * 1024;
const BYTES_AT_ONCE = 256 * 1024;
/** Two numbers of 8 bytes. */
const MARK_BYTES = 16;

/** The time of all events from `position` up to the next mark. Between them a line end, too, begins an event. */
interface Mark {
  readonly position: number;
  readonly timestamp: number;
}

/**
 * The log of one build, a log stream, on disk: the text as it was written in one file, and in another the times, a mark for
 * all lines of one millisecond. Nothing of it stays in memory.
 *
 * Writing is synchronous, so that a reader sees all that was written before it asked, a killed simulator loses nothing, and
 * a build that is faster than the disk waits for it instead of filling the memory.
 */
export class BuildLog {
  /** The output as it was written. */
  readonly file: string;
  readonly creationTime: number;
  private readonly marksFile: string;
  /** While it is written. */
  private descriptors?: { readonly text: number; readonly marks: number };
  private size: number;
  /** What lies behind is a line without an end yet. */
  private readable: number;
  private first?: number;
  private last?: number;
  /** The next event begins inside a line, so only a mark can tell where. */
  private insideLine: boolean;
  private deleted = false;
  /** The first half of a character, whose second half comes with the next text. */
  private half = '';

  /**
   * @param path of its files, without their extensions; files of an earlier run are continued
   * @param now must never go back
   */
  constructor(
    path: string,
    private readonly now: () => number,
  ) {
    this.file = `${path}.log`;
    this.marksFile = `${path}.marks`;
    if (!existsSync(this.marksFile)) this.mark(0, now());
    appendFileSync(this.file, '');
    // What a killed simulator leaves: half a mark, and a line without an end.
    const marks = this.marks();
    truncateSync(this.marksFile, marks.length * MARK_BYTES);
    this.size = this.readable = statSync(this.file).size;
    this.insideLine = this.size > 0;
    this.creationTime = marks[0]?.timestamp ?? now();
    if (this.size === 0) return;
    this.first = marks.findLast(({ position }) => position === 0)?.timestamp ?? this.creationTime;
    this.last = marks.at(-1)?.timestamp ?? this.creationTime;
  }

  get firstEventTimestamp(): number | undefined {
    return this.first;
  }

  get lastEventTimestamp(): number | undefined {
    return this.last;
  }

  /** The position behind the last event. */
  get endPosition(): number {
    return this.readable;
  }

  /**
   * Takes any piece of the output. A line can be read once it has its end, and has the time of that moment: an older one
   * would hide it from those who ask for what is new.
   */
  write(text: string): void {
    const all = this.half + text;
    let from = 0;
    while (from < all.length) {
      let to = Math.min(from + CHARACTERS_AT_ONCE, all.length);
      if (isFirstHalf(all.charCodeAt(to - 1))) to -= 1;
      if (to === from) break;
      this.append(Buffer.from(all.slice(from, to)));
      from = to;
    }
    this.half = all.slice(from);
  }

  /** Nothing more comes: a last line without an end can be read, too. */
  end(): void {
    if (this.half) this.append(Buffer.from(this.half));
    this.half = '';
    this.makeReadable(this.size);
    if (!this.descriptors) return;
    closeSync(this.descriptors.text);
    closeSync(this.descriptors.marks);
    this.descriptors = undefined;
  }

  /** A build that still writes is not disturbed; nobody keeps what it says. */
  delete(): void {
    this.deleted = true;
    rmSync(this.file, { force: true });
    rmSync(this.marksFile, { force: true });
  }

  /** The position of the first event at `timestamp` or later. */
  positionAt(timestamp: number): number {
    if (this.last === undefined || this.last < timestamp) return this.readable;
    return this.marks().find((mark) => mark.timestamp >= timestamp)?.position ?? this.readable;
  }

  /** The events between two positions, read as they are asked for. */
  *events(from: number, to = this.readable): Generator<LogEvent> {
    if (from >= to) return;
    const marks = this.marks();
    let next = marks.findIndex(({ position }) => position > from);
    if (next < 0) next = marks.length;
    const file = openSync(this.file, 'r');
    try {
      let position = from;
      let ahead: Buffer = Buffer.alloc(0);
      while (position < to) {
        const longest = Math.min(marks[next]?.position ?? to, to) - position;
        const line = ahead.subarray(0, longest).indexOf(NEWLINE) + 1;
        if (!line && ahead.length < longest) {
          const chunk = Buffer.allocUnsafe(BYTES_AT_ONCE);
          const length = readSync(file, chunk, 0, chunk.length, position + ahead.length);
          if (length === 0) return;
          ahead = Buffer.concat([ahead, chunk.subarray(0, length)]);
          continue;
        }
        const length = line || longest;
        const timestamp = marks[next - 1]?.timestamp ?? this.creationTime;
        yield { timestamp, message: ahead.toString('utf8', 0, length), position, end: position + length };
        ahead = ahead.subarray(length);
        position += length;
        while ((marks[next]?.position ?? Infinity) <= position) next += 1;
      }
    } finally {
      closeSync(file);
    }
  }

  /** The last events before a position, at least as many as one answer takes: `bytes` of them. */
  eventsBefore(to: number, bytes: number): LogEvent[] {
    const from = Math.max(0, to - bytes - MAX_MESSAGE_BYTES);
    const events = [...this.events(from, to)];
    // The first one began further ahead.
    return from > 0 ? events.slice(1) : events;
  }

  private append(bytes: Buffer): void {
    if (this.deleted) return;
    this.descriptors ??= { text: openSync(this.file, 'a'), marks: openSync(this.marksFile, 'a') };
    const line = bytes.indexOf(NEWLINE) + 1 || bytes.length;
    if (this.size - this.readable + line > MAX_MESSAGE_BYTES) this.makeReadable(this.size);
    appendFileSync(this.descriptors.text, bytes);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.size += bytes.length;
    if (end > 0) this.makeReadable(this.size - bytes.length + end);
    this.insideLine = end === 0 && this.insideLine;
  }

  private makeReadable(to: number): void {
    if (to === this.readable) return;
    const now = this.now();
    if (now !== this.last || this.insideLine) this.mark(this.readable, now);
    this.first ??= now;
    this.last = now;
    this.readable = to;
    this.insideLine = true;
  }

  private mark(position: number, timestamp: number): void {
    const mark = Buffer.alloc(MARK_BYTES);
    mark.writeDoubleBE(position, 0);
    mark.writeDoubleBE(timestamp, 8);
    appendFileSync(this.descriptors?.marks ?? this.marksFile, mark);
  }

  private marks(): Mark[] {
    const bytes = readFileSync(this.marksFile);
    return Array.from({ length: Math.floor(bytes.length / MARK_BYTES) }, (_, index) => ({
      position: bytes.readDoubleBE(index * MARK_BYTES),
      timestamp: bytes.readDoubleBE(index * MARK_BYTES + 8),
    }));
  }
}

/** JavaScript's strings write a character beyond the first 65,536 as two halves, which a chunk may part. */
function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
