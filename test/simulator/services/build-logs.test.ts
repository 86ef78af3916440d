import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuildLog } from '../../../tools/simulator/services/build-log';
import { BuildLogs } from '../../../tools/simulator/services/build-logs';

const GROUP = '/aws/codebuild/mangoo';
const MB = 1024 * 1024;

let directory: string;
let logs: BuildLogs;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-build-logs-'));
  logs = new BuildLogs(path.join(directory, 'logs'));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

const messages = (log: BuildLog | undefined): string[] =>
  [...(log?.events(0) ?? [])].map(({ message }) => message);

/** Writes each text at its time. */
function writeAt(log: BuildLog, texts: readonly (readonly [number, string])[]): void {
  const now = jest.spyOn(Date, 'now');
  for (const [time, text] of texts) {
    now.mockReturnValue(time);
    log.write(text);
  }
  now.mockRestore();
}

test('a line can be read as soon as it has its end, at the time of its end', () => {
  const log = logs.open(GROUP, 'a');

  writeAt(log, [
    [Date.now() + 1000, 'one\ntw'],
    [Date.now() + 2000, 'o\nthree'],
  ]);

  const [one, two, ...more] = log.events(0);
  expect(one).toMatchObject({ message: 'one\n' });
  expect(two).toMatchObject({ message: 'two\n' });
  expect(two!.timestamp).toBeGreaterThan(one!.timestamp);
  expect(more).toEqual([]);
  expect(log).toMatchObject({
    firstEventTimestamp: one!.timestamp,
    lastEventTimestamp: two!.timestamp,
  });
});

test('the end of a build shows its last line, although that has no end', () => {
  const log = logs.open(GROUP, 'a');
  log.write('done\nexit 1');

  log.end();

  expect(messages(log)).toEqual(['done\n', 'exit 1']);
  expect(readFileSync(log.file, 'utf8')).toBe('done\nexit 1');
});

test('a build that says nothing has a log without events', () => {
  const log = logs.open(GROUP, 'a');
  log.end();

  expect(messages(log)).toEqual([]);
  expect(log.firstEventTimestamp).toBeUndefined();
  expect(log.creationTime).toBeGreaterThan(0);
});

test('characters that chunks have parted come back whole', () => {
  const log = logs.open(GROUP, 'a');
  const text = 'Bau läuft … 🥭🥭\n日本語 🥭\n\n';

  for (const half of text.split('')) log.write(half);

  expect(messages(log).join('')).toBe(text);
});

test('half a character at the very end does not take the rest with it', () => {
  const log = logs.open(GROUP, 'a');
  log.write('broken \ud83e');
  log.end();

  expect(messages(log)).toEqual(['broken \ufffd']);
});

test.each([
  ['in one piece', Infinity],
  ['in many', 10_000],
])('a line over the limit of an event, written %s, becomes several events with all its text', (_, piece) => {
  const log = logs.open(GROUP, 'a');
  const text = `short\n${'ä🥭b'.repeat(400_000)}\nshort\n`;

  for (let i = 0; i < text.length; i += piece) log.write(text.slice(i, i + piece));

  const all = [...log.events(0)];
  expect(all.map(({ message }) => message).join('') === text).toBe(true);
  expect(all.every(({ message }) => Buffer.byteLength(message) <= MB - 26)).toBe(true);
  expect(all.map(({ message }) => message.endsWith('\n'))).toEqual([true, false, false, true, true]);
  // Read from any event on, the others are the same.
  for (const [index, { position }] of all.entries()) {
    expect([...log.events(position)].length).toBe(all.length - index);
  }
});

test('the pieces of a long line are events of their own, even within one millisecond', () => {
  const log = logs.open(GROUP, 'a');
  const piece = 'x'.repeat(300_000);
  const now = Date.now() + 1000;

  writeAt(
    log,
    Array.from({ length: 10 }, () => [now, piece] as const),
  );
  log.end();

  expect(messages(log).join('')).toBe(piece.repeat(10));
  expect(messages(log).every((message) => message.length <= MB - 26)).toBe(true);
});

test('the times of many lines take little room', () => {
  const log = logs.open(GROUP, 'a');
  const now = Date.now() + 60_000;

  writeAt(
    log,
    Array.from({ length: 10_000 }, (_, i) => [now + Math.floor(i / 1000), 'x\n'] as const),
  );

  expect(statSync(log.file.replace(/log$/, 'marks')).size).toBeLessThan(1000);
});

test('the events before a position are those that reading from the start gives', () => {
  const log = logs.open(GROUP, 'a');
  for (let i = 0; i < 3000; i += 1) log.write(`${i} ${'x'.repeat(i % 2000)}\n`);
  log.write('y'.repeat(3 * MB));
  log.end();
  const all = [...log.events(0)];

  for (const index of [1, 500, 2999, all.length - 1, all.length]) {
    const to = all[index]?.position ?? log.endPosition;
    const before = log.eventsBefore(to, MB);
    expect(before).toEqual(all.slice(index - before.length, index));
    const bytes = before.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
    expect(before.length === index || bytes >= MB - 26).toBe(true);
  }
});

test('a clock that is set back makes no line older than the one before it', () => {
  const [a, b] = [logs.open(GROUP, 'a'), logs.open(GROUP, 'b')];
  const now = Date.now() + 10_000;

  writeAt(a, [[now, 'first\n']]);
  writeAt(b, [[now - 5000, 'second\n']]);

  expect(b.lastEventTimestamp).toBe(now);
});

test('what comes after somebody has read is later than all they have seen', () => {
  const log = logs.open(GROUP, 'a');
  const now = Date.now() + 10_000;
  writeAt(log, [[now, 'seen\n']]);

  logs.of(GROUP);
  writeAt(log, [[now, 'new\n']]);

  expect([...log.events(log.positionAt(now + 1))]).toEqual([
    { timestamp: now + 1, message: 'new\n', position: 5, end: 9 },
  ]);
});

describe('after a restart', () => {
  const restarted = (): BuildLogs => new BuildLogs(path.join(directory, 'logs'));

  test('every log is there with its times, and can be continued', () => {
    const log = logs.open(GROUP, 'prefix/a');
    writeAt(log, [
      [Date.now() + 1000, 'one\n'],
      [Date.now() + 2000, 'two\n'],
    ]);
    log.end();

    const again = restarted();
    const events = [...again.get(GROUP, 'prefix/a')!.events(0)];
    expect(events).toEqual([...log.events(0)]);
    expect(again.get(GROUP, 'prefix/a')).toMatchObject({
      creationTime: log.creationTime,
      firstEventTimestamp: log.firstEventTimestamp,
      lastEventTimestamp: log.lastEventTimestamp,
      file: log.file,
    });
    expect([...again.of(GROUP)!.keys()]).toEqual(['prefix/a']);

    again.open(GROUP, 'prefix/a').write('three\n');
    const [, , three] = again.get(GROUP, 'prefix/a')!.events(0);
    expect(three!.message).toBe('three\n');
    // The clock of this machine is behind what the log says.
    expect(three!.timestamp).toBeGreaterThanOrEqual(log.lastEventTimestamp!);
  });

  test('a line that a killed simulator left is not joined to what comes in the same millisecond', () => {
    const now = Date.now() + 10_000;
    writeAt(logs.open(GROUP, 'a'), [[now, 'one\ntw']]);

    const again = restarted().open(GROUP, 'a');
    writeAt(again, [[now, 'o\n']]);

    expect(messages(again)).toEqual(['one\n', 'tw', 'o\n']);
  });

  test('a simulator that was killed has lost nothing, not even a line without an end', () => {
    const log = logs.open(GROUP, 'a');
    log.write('one\ntw');
    appendFileSync(log.file.replace(/log$/, 'marks'), Buffer.alloc(5));

    const again = restarted().open(GROUP, 'a');
    expect(messages(again)).toEqual(['one\n', 'tw']);

    again.write('o\nthree\n');
    // The line has been read as an event of its own; its rest is another.
    expect(messages(again)).toEqual(['one\n', 'tw', 'o\n', 'three\n']);
    expect(messages(restarted().get(GROUP, 'a'))).toEqual(['one\n', 'tw', 'o\n', 'three\n']);
  });
});

test('a deleted group takes its logs along, but disturbs no build that runs, and no other group', () => {
  const log = logs.open(GROUP, 'a');
  log.write('one\n');
  const silent = logs.open(GROUP, 'b');
  logs.open(`${GROUP}-dev`, 'a').write('two\n');

  logs.delete(GROUP);
  for (const running of [log, silent]) {
    running.write('the build goes on\nand on');
    running.end();
    expect(existsSync(running.file)).toBe(false);
  }

  expect(logs.of(GROUP)).toBeUndefined();
  expect(messages(logs.get(`${GROUP}-dev`, 'a'))).toEqual(['two\n']);
  expect([...new BuildLogs(path.join(directory, 'logs')).of(`${GROUP}-dev`)!.keys()]).toEqual(['a']);
});

test.each(['..', '../../x', '.', 'a/b', 'a%2Fb', 'ä b'])('a stream named %s stays in its place', (name) => {
  logs.open(name, name).write('x\n');

  expect(readdirSync(directory)).toEqual(['logs']);
  expect(readdirSync(path.join(directory, 'logs'))).toHaveLength(1);
  expect(messages(new BuildLogs(path.join(directory, 'logs')).get(name, name))).toEqual(['x\n']);
});

test('50 MB of output come back byte by byte', () => {
  const log = logs.open(GROUP, 'a');
  const [written, read] = [createHash('sha256'), createHash('sha256')];
  let bytes = 0;
  for (let i = 0; bytes < 50 * MB; i += 1) {
    const chunk = `${i} ${'é'.repeat((i * 7919) % 30_000)}${i % 3 ? '\n' : ''}`;
    written.update(chunk);
    log.write(chunk);
    bytes += Buffer.byteLength(chunk);
  }
  log.end();

  for (const { message } of log.events(0)) read.update(message);

  expect(read.digest('hex')).toBe(written.digest('hex'));
});
