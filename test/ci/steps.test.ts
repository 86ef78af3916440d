import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportsOf } from './es-module';

interface Waits {
  readonly path: { name: string; milliseconds: number }[];
  readonly sideBySide: object[];
}
const { waits } = exportsOf<{ waits: (rows: string[][], start: number, now: number) => Waits }>(
  'ci/steps.mjs',
);

const told = ({ path: all }: Waits): Record<string, number> =>
  Object.fromEntries(all.map(({ name, milliseconds }) => [name, milliseconds]));

const ROWS = [
  ['install.sh', '100'],
  ['test-and-build.sh', '200'],
  ['test a', '210', '500', '-', 'passed'],
  ['test b', '210', '900', '-', 'passed'],
  ['image b', '950', '1000', 'test b', 'passed'],
  ['image a', '500', '1100', 'test a', 'passed'],
  ['deploy.sh', '1150'],
  ['summary.sh', '3000'],
];

test('the build has waited for each step in turn, and for the longest chain of those side by side', () => {
  const found = waits(ROWS, 0, 3001);

  expect(told(found)).toEqual({
    'before the first step': 100,
    'install.sh': 100,
    'test a': 290,
    'image a': 600,
    'test-and-build.sh': 60,
    'deploy.sh': 1850,
    'summary.sh': 1,
  });
  expect(found.sideBySide).toEqual([{ name: 'test-and-build.sh', took: 890, longest: 890, oneByOne: 1630 }]);
});

test('what is waited for adds up to the time of the build', () => {
  const sum = Object.values(told(waits(ROWS, 0, 3001))).reduce((all, one) => all + one, 0);

  expect(sum).toBe(3001);
});

test('a chain that was waited for because the machine had no core for it is no longer than its steps', () => {
  const { path: found, sideBySide } = waits(
    [
      ['test-and-build.sh', '0'],
      ['one', '0', '100', '-', 'passed'],
      ['two', '100', '300', '-', 'passed'],
      ['summary.sh', '300'],
    ],
    0,
    300,
  );

  expect(told({ path: found, sideBySide })).toMatchObject({ two: 200, 'test-and-build.sh': 100 });
  expect(sideBySide).toEqual([{ name: 'test-and-build.sh', took: 300, longest: 200, oneByOne: 300 }]);
});

test('a build without any step is none that breaks the summary', () => {
  expect(told(waits([], 0, 50))).toEqual({ 'before the first step': 50 });
});

test('people read the long ones in order, with their share, and programs one line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mangoo-steps-test-'));
  const file = path.join(folder, 'steps.tsv');
  const start = Date.now() - 100_000;
  const at = (seconds: number): string => String(start + seconds * 1000);
  writeFileSync(file, `a.sh\t${at(10)}\nb.sh\t${at(60)}\nc.sh\t${at(60.2)}\n`);
  const run = (): string =>
    execFileSync(process.execPath, ['ci/steps.mjs', file, String(start)], {
      encoding: 'utf8',
      stdio: 'pipe',
    });

  const lines = run().split('\n');
  rmSync(folder, { recursive: true });

  expect(lines.slice(1, 3)).toEqual([
    '       10.0 s  10 %  before the first step',
    '       50.0 s  50 %  a.sh',
  ]);
  expect(lines.some((line) => line.includes('b.sh'))).toBe(false);
  expect(lines.at(-2)).toMatch(/ 0 % {2}all else$/);
});
