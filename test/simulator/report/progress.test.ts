import { stripVTControlCharacters } from 'node:util';
import type { PhaseResult } from '../../../tools/simulator/engine/types';
import { Progress } from '../../../tools/simulator/report/progress';

/** A terminal of one size that shows what is written to it, as far as Progress goes; long lines wrap. */
class FakeTerminal {
  written = '';
  private readonly rows = [''];
  private column = 0;

  constructor(public columns: number) {}

  write(text: string): void {
    this.written += text;
    for (const token of text.match(/\x1b\[\d*[A-Za-z]|[^]/gu) ?? []) this.put(token);
  }

  /** What stands on the screen, without colours. */
  get screen(): string[] {
    const lines = this.rows.map((row) => row.trimEnd());
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  private put(token: string): void {
    const last = this.rows.length - 1;
    const row = this.rows[last] ?? '';
    if (token === '\n') {
      this.rows.push('');
      this.column = 0;
    } else if (token === '\r') {
      this.column = 0;
    } else if (token === '\x1b[J' || token === '\x1b[K') {
      this.rows[last] = row.slice(0, this.column);
    } else if (!token.startsWith('\x1b')) {
      if (this.column === this.columns) {
        this.put('\n');
        this.put(token);
        return;
      }
      this.rows[last] = row.slice(0, this.column).padEnd(this.column) + token + row.slice(this.column + 1);
      this.column += 1;
    }
  }
}

function onTerminal(options: { columns?: number; verbose?: boolean; env?: Record<string, string> } = {}) {
  const { columns = 80, verbose = false } = options;
  const terminal = new FakeTerminal(columns);
  const interrupted = new AbortController();
  const progress = new Progress(
    {
      env: options.env ?? { TERM: 'xterm' },
      signal: interrupted.signal,
      err: () => {
        throw new Error('a line beside the terminal');
      },
      terminals: { err: terminal },
    },
    { verbose },
  );
  return { terminal, progress, interrupted };
}

function piped(options: { verbose?: boolean; env?: Record<string, string> } = {}) {
  const { verbose = false, env = {} } = options;
  const lines: string[] = [];
  const signal = new AbortController().signal;
  const progress = new Progress({ env, signal, err: (line) => lines.push(line) }, { verbose });
  return { lines, progress };
}

function container(text: string): string {
  return `[Container] 2026/01/02 03:04:05.678 ${text}\n`;
}

function phase(name: PhaseResult['name'], seconds: number, context?: string): PhaseResult {
  return { name, status: context ? 'FAILED' : 'SUCCEEDED', startedAt: 0, seconds, context, commands: [] };
}

/** A step that goes on until it is told to end. */
function pending(): { work: () => Promise<void>; end: () => void } {
  let end!: () => void;
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { work: () => promise, end };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('on a terminal', () => {
  test('whoever waits sees what runs and for how long, on one line that is drawn anew', async () => {
    const { terminal, progress } = onTerminal();
    const bootstrap = pending();
    const step = progress.step('cdk bootstrap', bootstrap.work, () => 'done');
    expect(terminal.screen).toEqual([' ⠋ cdk bootstrap 0 s']);
    jest.advanceTimersByTime(100);
    expect(terminal.screen).toEqual([' ⠙ cdk bootstrap 0 s']);
    jest.advanceTimersByTime(65_000);
    expect(terminal.screen[0]).toMatch(/^ \S cdk bootstrap 1 min 5\.?\d* s$/);
    expect(terminal.screen).toHaveLength(1);
    bootstrap.end();
    await step;
    expect(terminal.screen).toEqual(['✓ cdk bootstrap  1 min 5 s  done']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('steps that run side by side are both told, the later one first', async () => {
    const { terminal, progress } = onTerminal();
    const [one, two] = [pending(), pending()];
    const steps = [progress.step('synth', one.work), progress.step('emulator', two.work)];
    expect(terminal.screen).toEqual([' ⠋ emulator 0 s · synth 0 s']);
    two.end();
    await steps[1];
    expect(terminal.screen).toEqual(['✓ emulator  0.0 s', ' ⠋ synth 0 s']);
    one.end();
    await steps[0];
    expect(terminal.screen).toEqual(['✓ emulator  0.0 s', '✓ synth  0.0 s']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('of a build the phase and its command are told, of its output nothing while all goes well', async () => {
    const { terminal, progress } = onTerminal();
    const build = pending();
    const step = progress.step('build of mangoo', build.work);
    progress.phaseStarted('BUILD');
    progress.output(container('Entering phase BUILD') + container('Running command ci/test.sh'));
    jest.advanceTimersByTime(2000);
    progress.output('collected 7 items\n');
    expect(terminal.screen).toEqual([expect.stringMatching(/^ \S BUILD 2 s · ci\/test\.sh 2 s$/)]);
    progress.phaseEnded(phase('BUILD', 3));
    build.end();
    await step;
    expect(terminal.screen).toEqual(['  ✓ BUILD  3.0 s', '✓ build of mangoo  2.0 s']);
    expect(terminal.written).not.toContain('collected');
  });

  test('when a command fails, the last 20 lines of its output are shown', () => {
    const { terminal, progress } = onTerminal();
    progress.phaseStarted('BUILD');
    progress.output(container('Running command ci/test.sh'));
    for (let i = 1; i <= 25; i += 1) progress.output(`line ${i}\n`);
    progress.output(container('Command did not exit successfully ci/test.sh exit status 1'));
    progress.phaseEnded(phase('BUILD', 1, 'COMMAND_EXECUTION_ERROR: ci/test.sh. Reason: exit status 1'));
    expect(terminal.screen).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `  │ line ${i + 6}`),
      '  ✗ BUILD  FAILED  1.0 s',
      '    COMMAND_EXECUTION_ERROR: ci/test.sh. Reason: exit status 1',
    ]);
  });

  test('the output of a command that went well is not taken for that of the one that failed', () => {
    const { terminal, progress } = onTerminal();
    progress.output(
      `${container('Running command ci/lint.sh')}fine\n${container('Running command ci/test.sh')}`,
    );
    progress.output(`not fine\n${container('Command did not exit successfully ci/test.sh exit status 1')}`);
    expect(terminal.screen).toEqual(['  │ not fine']);
  });

  test('a step that fails is told as failed, with the end of what it printed', async () => {
    const { terminal, progress } = onTerminal();
    const step = progress.step('cdk deploy', () => {
      progress.output('MangooStack failed: no such role\n');
      return Promise.reject(new Error('exit code 1'));
    });
    await expect(step).rejects.toThrow('exit code 1');
    expect(terminal.screen).toEqual(['✗ cdk deploy  0.0 s', '  │ MangooStack failed: no such role']);
    expect(progress.steps).toEqual([]);
  });

  test('--verbose shows all output, indented, above the line of what runs', () => {
    const { terminal, progress } = onTerminal({ verbose: true });
    void progress.step('build', pending().work);
    progress.phaseStarted('BUILD');
    progress.output('collected 7 items\r\n10 %\r100 %\nunfin');
    expect(terminal.screen).toEqual(['  ┌ BUILD', '  │ collected 7 items', '  │ 100 %', ' ⠋ BUILD 0 s']);
    progress.phaseEnded(phase('BUILD', 1));
    expect(terminal.screen.slice(3)).toEqual(['  │ unfin', '  └ BUILD  SUCCEEDED  1.0 s', ' ⠋ build 0 s']);
  });

  test('40 columns are enough: nothing wraps, notes are folded, long lines end with …', async () => {
    const { terminal, progress } = onTerminal({ columns: 40, verbose: true });
    const run = pending();
    const step = progress.step('cdk bootstrap for the application (mangoo)', run.work, () => 'and a detail');
    expect(terminal.screen).toEqual([' ⠋ cdk bootstrap for the application (…']);
    progress.note('webhook of mangoo-build-deploy: HEAD_REF does not match');
    progress.output('日本語日本語日本語日本語日本語日本語日本語\n');
    run.end();
    await step;
    expect(terminal.screen).toEqual([
      '  webhook of mangoo-build-deploy:',
      '  HEAD_REF does not match',
      '  │ 日本語日本語日本語日本語日本語日本…',
      '✓ cdk bootstrap for the application (ma…',
    ]);
  });

  test('a terminal that is resized is used as it is now', () => {
    const { terminal, progress } = onTerminal({ columns: 20 });
    void progress.step('cdk deploy of the pipeline', pending().work);
    expect(terminal.screen).toEqual([' ⠋ cdk deploy of t…']);
    terminal.columns = 60;
    jest.advanceTimersByTime(100);
    expect(terminal.screen).toEqual([' ⠙ cdk deploy of the pipeline 0 s']);
  });

  test('Ctrl-C leaves a clean line and a visible cursor, and nothing is drawn over what is said then', () => {
    const { terminal, progress, interrupted } = onTerminal();
    void progress.step('cdk deploy', pending().work);
    interrupted.abort();
    expect(terminal.screen).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(terminal.screen).toEqual([]);
    expect(terminal.written).not.toContain('\x1b[?25l');
    expect(jest.getTimerCount()).toBe(0);
  });

  test("a build's output cannot move the cursor or change the terminal", () => {
    const { terminal, progress } = onTerminal({ verbose: true });
    progress.output('\x1b[2J\x1b]0;owned\x07\x1b[1;1Hhello\n');
    expect(terminal.written).toBe('  │ hello\x1b[K\n');
  });
});

describe('colour', () => {
  const coloured = (env: Record<string, string>): boolean => {
    const { terminal, progress } = onTerminal({ env });
    progress.phaseEnded(phase('BUILD', 1));
    expect(stripVTControlCharacters(terminal.written)).toBe('  ✓ BUILD  1.0 s\n');
    return terminal.written.includes('\x1b[3');
  };

  test('marks are coloured on a terminal', () => expect(coloured({ TERM: 'xterm' })).toBe(true));
  test('NO_COLOR means none', () => expect(coloured({ TERM: 'xterm', NO_COLOR: '1' })).toBe(false));
  test('FORCE_COLOR wins, as Node has it', () => {
    expect(coloured({ TERM: 'xterm', FORCE_COLOR: '0' })).toBe(false);
    const { lines, progress } = piped({ env: { FORCE_COLOR: '1' } });
    progress.phaseEnded(phase('BUILD', 1));
    expect(lines).toEqual(['  \x1b[32m✓\x1b[39m BUILD  1.0 s']);
  });

  test('a dumb terminal gets plain lines: no colour, no line that is drawn anew', () => {
    const terminal = new FakeTerminal(80);
    const lines: string[] = [];
    const progress = new Progress(
      {
        env: { TERM: 'dumb' },
        signal: new AbortController().signal,
        err: (line) => lines.push(line),
        terminals: { err: terminal },
      },
      { verbose: false },
    );
    void progress.step('synth', pending().work);
    progress.phaseEnded(phase('BUILD', 1));
    expect(terminal.written).toBe('');
    expect(lines).toEqual(['▸ synth', '  ✓ BUILD  1.0 s']);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('in a pipe', () => {
  async function build(progress: Progress): Promise<void> {
    await progress.step('build of mangoo', () => {
      progress.phaseStarted('BUILD');
      progress.output(`${container('Running command ci/test.sh')}\x1b[31mcollected\x1b[0m 7 items\n`);
      progress.output(container('Command did not exit successfully ci/test.sh exit status 1'));
      progress.phaseEnded(phase('BUILD', 1, `COMMAND_EXECUTION_ERROR: ${'long '.repeat(40)}`));
      progress.note('a note');
      return Promise.resolve();
    });
  }

  test("CI's output is short: steps, phases and failures, with no control sequence and nothing cut", async () => {
    const { lines, progress } = piped();
    await build(progress);
    expect(lines).toEqual([
      '▸ build of mangoo',
      '  │ collected 7 items',
      '  ✗ BUILD  FAILED  1.0 s',
      `    COMMAND_EXECUTION_ERROR: ${'long '.repeat(40)}`,
      '  a note',
      // It ran to its end, but whoever skims for ✓ must not take the build for a good one.
      '✗ build of mangoo  0.0 s',
    ]);
  });

  test('--verbose gives all of it, each line once', async () => {
    const { lines, progress } = piped({ verbose: true });
    await build(progress);
    expect(lines.filter((line) => line.includes('collected'))).toEqual(['  │ collected 7 items']);
    expect(lines).toContain('  │ [Container] 2026/01/02 03:04:05.678 Running command ci/test.sh');
    expect(lines.join('\n')).not.toContain('\x1b');
  });

  test('a step that runs long draws nothing', () => {
    const { lines, progress } = piped();
    void progress.step('synth', pending().work);
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual(['▸ synth']);
  });

  test('a line without an end does not fill the memory', () => {
    const { lines, progress } = piped({ verbose: true });
    for (let i = 0; i < 10; i += 1) progress.output('x'.repeat(32 * 1024));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('').replaceAll('  │ ', '').length).toBe(9 * 32 * 1024);
  });
});

test('each finished step is kept with when it began and how long it took', async () => {
  const { progress } = piped();
  jest.setSystemTime(1000);
  const synth = pending();
  const step = progress.step('synth', synth.work);
  jest.advanceTimersByTime(2500);
  synth.end();
  await step;
  expect(progress.steps).toEqual([{ name: 'synth', startedAt: 1000, seconds: 2.5 }]);
});
