import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mangoo-side-by-side-test-'));
  writeFileSync(path.join(folder, 'steps.tsv'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly lines: string[];
}

/** A step that runs a line of shell in the folder. */
function step(name: string, shell: string, after = '-'): string {
  return `${[name, after, 'bash', '--norc', '-c', shell].join('\t')}\n`;
}

function begin(steps: readonly string[], env: Record<string, string> = {}): [ChildProcess, Promise<Outcome>] {
  const child = spawn(process.execPath, [path.resolve('ci/side-by-side.mjs'), 'steps.tsv'], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString('latin1')));
  child.stdout.on('data', () => (told += 'STDOUT\n'));
  child.stdin.end(steps.join(''));
  return [
    child,
    new Promise((resolve) => child.on('close', (code) => resolve({ code, lines: told.split('\n') }))),
  ];
}

function run(steps: readonly string[], env?: Record<string, string>): Promise<Outcome> {
  return begin(steps, env)[1];
}

function recorded(): string[][] {
  return readFileSync(path.join(folder, 'steps.tsv'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((row) => row.split('\t'));
}

/** Whether the process whose id a file has still runs. One that has ended may wait for a parent that takes notice. */
function isAlive(file: string): boolean {
  const id = readFileSync(path.join(folder, file), 'utf8').trim();
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', id], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

const until = (file: string): string => `while [[ ! -s ${file} ]]; do sleep 0.05; done`;
/** Runs for as long as it may, and leaves its process id. */
const endless = (file: string): string => `sleep 1000 & echo $! >${file}; wait`;

test('each line is told under the name of its step, those of both outputs in order', async () => {
  const { code, lines } = await run([
    step('a', 'echo 1; echo 2 >&2; echo 3; echo 4 >/dev/stderr; printf "no end"'),
  ]);

  expect(code).toBe(0);
  expect(lines).toEqual(['[a] 1', '[a] 2', '[a] 3', '[a] 4', '[a] no end', '']);
});

test('what programs read stays at the beginning of its line', async () => {
  const { lines } = await run([step('a', `echo '{"mangoo":"cache","hits":1}'`)]);

  expect(lines[0]).toBe('{"mangoo":"cache","hits":1}');
});

test('and is told once, also of a step that fails, so that nothing is counted twice', async () => {
  const { lines } = await run([step('a', `echo '{"mangoo":"cache","hits":1}'; echo why; exit 3`)]);

  expect(lines.filter((line) => line.includes('mangoo'))).toEqual(['{"mangoo":"cache","hits":1}']);
  expect(lines.slice(1)).toEqual([
    '[a] why',
    '==> the last lines of a:',
    'why',
    'ERROR: a failed with exit status 3',
    '',
  ]);
});

test('nothing of a long output is lost, nor a byte that is no text', async () => {
  const { code, lines } = await run([
    step('a', 'for i in {1..20000}; do echo "a$i"; done'),
    step('b', `printf '\\xff\\n'; head -c 200000 /dev/zero | tr '\\0' x; echo; exit 0`),
  ]);

  expect(code).toBe(0);
  expect(lines.filter((line) => line.startsWith('[a] '))).toHaveLength(20_000);
  expect(lines).toContain('[b] \xff');
  expect(
    lines
      .filter((line) => /^\[b\] x/.test(line))
      .join('')
      .replaceAll('[b] ', ''),
  ).toHaveLength(200_000);
});

test('a step has no input: it cannot take what the others are to do', async () => {
  expect((await run([step('a', 'cat'), step('b', 'cat')])).code).toBe(0);
});

test('steps run side by side: each of these waits for the other', async () => {
  const { code } = await run([step('a', `echo 1 >a; ${until('b')}`), step('b', `echo 1 >b; ${until('a')}`)]);

  expect(code).toBe(0);
});

test.each([1, 3])('no more than %d run at once', async (atOnce) => {
  const shell = 'mkdir "run-$$"; ls -d run-* | wc -l >>seen; sleep 0.2; rmdir "run-$$"';

  const { code } = await run(
    Array.from({ length: 20 }, (_, i) => step(`s${i}`, shell)),
    { STEPS_AT_ONCE: String(atOnce) },
  );

  expect(code).toBe(0);
  const seen = readFileSync(path.join(folder, 'seen'), 'utf8').trim().split('\n').map(Number);
  expect(seen).toHaveLength(20);
  expect(Math.max(...seen)).toBeLessThanOrEqual(atOnce);
});

test.each(['0', 'many', '1.5'])('STEPS_AT_ONCE=%s is refused, and nothing runs', async (STEPS_AT_ONCE) => {
  const { code, lines } = await run([step('a', 'echo 1')], { STEPS_AT_ONCE });

  expect(code).toBe(1);
  expect(lines).toEqual([
    `ERROR: STEPS_AT_ONCE: expected a whole number above 0, got '${STEPS_AT_ONCE}'`,
    '',
  ]);
});

test('a step begins after those that it comes after, and the record says so', async () => {
  const before = Date.now();

  await run([step('last', 'cat one two', 'one,two'), step('one', 'echo 1 >one'), step('two', 'echo 2 >two')]);

  const rows = recorded();
  expect(rows.map(([name, , , after, how]) => [name, after, how]).sort()).toEqual([
    ['last', 'one,two', 'passed'],
    ['one', '-', 'passed'],
    ['two', '-', 'passed'],
  ]);
  const [last, ...others] = [...rows]
    .reverse()
    .map(([, start, end]) => [Number(start), Number(end)] as const);
  expect(others.every(([start, end]) => before <= start && start <= end && end <= (last?.[0] ?? 0))).toBe(
    true,
  );
});

test('a step that comes after none of the others is a mistake that is told', async () => {
  const { code, lines } = await run([step('a', 'echo 1', 'nobody')]);

  expect(code).toBe(1);
  expect(lines[0]).toBe('ERROR: a comes after nobody, which never ends');
});

test('no step at all is none too many', async () => {
  expect(await run([])).toEqual({ code: 0, lines: [''] });
});

describe('a failure', () => {
  test('it stops the others with all that they have started, and is the one that is reported', async () => {
    const { code, lines } = await run(
      [
        step('bad', `${until('one')}; ${until('two')}; echo the reason; exit 7`),
        step('one', endless('one')),
        step('two', `trap 'exit 5' TERM; ${endless('two')}`),
        step('later', 'touch later', 'one'),
      ],
      { STEPS_AT_ONCE: '4' },
    );

    expect(code).toBe(7);
    expect(lines.slice(-4)).toEqual([
      '==> the last lines of bad:',
      'the reason',
      'ERROR: bad failed with exit status 7; stopped with it: one, two',
      '',
    ]);
    expect(
      recorded()
        .map(([name, , , , how]) => [name, how])
        .sort(),
    ).toEqual([
      ['bad', 'failed'],
      ['one', 'stopped'],
      ['two', 'stopped'],
    ]);
    expect([isAlive('one'), isAlive('two')]).toEqual([false, false]);
  });

  test("the last twenty lines are repeated, as they were: what looks for them at a line's beginning finds them", async () => {
    const { lines } = await run([step('bad', 'for i in {1..30}; do echo "ERROR: $i"; done; exit 1')]);

    const at = lines.indexOf('==> the last lines of bad:');
    expect(lines.slice(at + 1, -2)).toEqual(Array.from({ length: 20 }, (_, i) => `ERROR: ${i + 11}`));
  });

  test('a program that is not there is one', async () => {
    const { code, lines } = await run(['a\t-\tno-such-program\n']);

    expect(code).toBe(127);
    expect(lines[0]).toContain('[a] no-such-program: ');
  });

  test('so is one that is killed', async () => {
    expect((await run([step('a', 'kill -KILL $$')])).code).toBe(137);
  });
});

test('what a step leaves running does not hold up the build, nor outlive it', async () => {
  const { code } = await run([step('a', '(trap "" TERM; sleep 1000) & echo $! >left; echo done')]);

  expect(code).toBe(0);
  expect(isAlive('left')).toBe(false);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  'whoever stops it with %s stops the steps, and nothing begins any more',
  async (signal, status) => {
    const [child, ended] = begin([step('a', endless('a')), step('b', 'touch b', 'a')]);
    const timer = setInterval(() => {
      try {
        if (readFileSync(path.join(folder, 'a'), 'utf8')) child.kill(signal);
      } catch {
        // Not yet.
      }
    }, 50);

    const { code } = await ended;
    clearInterval(timer);

    expect(code).toBe(status);
    expect(isAlive('a')).toBe(false);
    expect(recorded().map(([name, , , , how]) => [name, how])).toEqual([['a', 'stopped']]);
  },
);

test('a step that does not listen is ended', async () => {
  const { code } = await run([
    step('bad', `${until('deaf')}; exit 4`),
    step('deaf', `trap '' TERM; (trap '' TERM; echo $BASHPID >deaf; while :; do sleep 1; done)`),
  ]);

  expect(code).toBe(4);
  expect(isAlive('deaf')).toBe(false);
}, 60_000);
