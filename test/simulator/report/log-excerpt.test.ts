import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LogExcerpt, readLog } from '../../../tools/simulator/report/log-excerpt';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'mangoo-log-test-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function read(text: string | Buffer): Promise<LogExcerpt> {
  const file = path.join(directory, 'build.log');
  writeFileSync(file, text);
  return readLog(file);
}

test('a log of usual size is on the page whole, as a screen would show it', async () => {
  expect(await read('one\n\n\x1b[32mtwo\x1b[0m\n10 %\r100 %\nlast without end')).toMatchObject({
    parts: [{ first: 1, lines: ['one', '', 'two', '100 %', 'last without end'] }],
    omitted: 0,
  });
});

test('an empty log is no line', async () => {
  expect(await read('')).toMatchObject({ parts: [{ first: 1, lines: [] }], omitted: 0 });
});

test('a log of 50 MB stays a small page, and the line numbers of its end are those of the file', async () => {
  const total = 500_000;
  const lines = Array.from({ length: total }, (_, i) => `${i + 1} ${'é'.repeat(48)}`);
  const { bytes, parts, omitted } = await read(`${lines.join('\n')}\n`);
  expect(bytes).toBeGreaterThan(50_000_000);
  const [head, tail] = parts;
  expect(parts).toHaveLength(2);
  expect(head?.lines).toEqual(lines.slice(0, head?.lines.length));
  expect(tail?.lines).toEqual(lines.slice(-(tail?.lines.length ?? 0)));
  expect(tail?.lines.length).toBeGreaterThan(1000);
  expect(tail?.first).toBe(Number(tail?.lines[0]?.split(' ')[0]));
  expect((head?.lines.length ?? 0) + omitted + (tail?.lines.length ?? 0)).toBe(total);
  expect(JSON.stringify(parts).length).toBeLessThan(1_000_000);
});

test('no line is shown in half as if it were whole', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
  const { parts } = await read(lines.join('\n'));
  expect(parts).toHaveLength(2);
  for (const line of parts.flatMap((part) => part.lines)) expect(line).toMatch(/^\d+ x{1000}$/);
});

test('many short lines are no more of a burden than few long ones', async () => {
  for (const total of [200_000, 2_000_000]) {
    const { parts, omitted } = await read('y\n'.repeat(total));
    const shown = parts.reduce((sum, part) => sum + part.lines.length, 0);
    expect(shown).toBeLessThanOrEqual(5000);
    expect(shown + omitted).toBe(total);
    expect((parts[1]?.first ?? 0) + (parts[1]?.lines.length ?? 0) - 1).toBe(total);
  }
});

test('one endless line neither hangs nor fills the page', async () => {
  const { parts } = await read(Buffer.alloc(20_000_000, 'x'));
  expect(parts.reduce((sum, part) => sum + part.lines.join('').length, 0)).toBeLessThan(1_000_000);
});
