import { hasColours, type Style, styled } from '../../colours';
import type { Context, Terminal } from '../../command';
import type { PhaseName, PhaseResult } from '../engine/types';
import type { Step } from './result';
import { cut, folded, plain } from '../../text';
import { duration } from './words';

const FRAMES = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
/** How much of a failed command's output is shown when the rest is not. */
const LAST_LINES = 20;
/** An unfinished line is not kept longer than this. */
const LONGEST_LINE = 64 * 1024;
/** CodeBuild's own lines in the output of a build. */
const CONTAINER = /^\[Container\] \S+ \S+ (Running command|Command did not exit successfully) (.*)/;
const ERASE_TO_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/**
 * Tells on stderr, as it happens, what a run does; remembers how long each step took.
 *
 * On a terminal, what runs at the moment stands on a last line that is drawn anew in place; the cursor waits at its
 * beginning, so that whatever else is printed, and a terminal that is made narrower, leave nothing of it. The cursor is
 * never hidden, so nothing has to bring it back. Elsewhere there are plain lines only. The output of tools is shown with
 * `verbose`, else the last of it when a command fails; the log has all of it.
 */
export class Progress {
  readonly steps: Step[] = [];
  private readonly running: { readonly name: string; readonly start: number; failed: boolean }[] = [];
  private readonly colours: boolean;
  private readonly terminal?: Terminal;
  private phase?: { readonly name: PhaseName; readonly start: number };
  private command?: { readonly name: string; readonly start: number };
  private rest = '';
  /** The last lines of what runs. */
  private recent: string[] = [];
  private timer?: NodeJS.Timeout;
  private frame = 0;

  constructor(
    private readonly context: Pick<Context, 'env' | 'err' | 'signal' | 'terminals'>,
    private readonly options: { readonly verbose: boolean },
  ) {
    const { env, signal } = context;
    const terminal = context.terminals?.err;
    this.terminal = env.TERM === 'dumb' ? undefined : terminal;
    this.colours = hasColours(env, terminal !== undefined);
    signal.addEventListener('abort', () => this.rests(), { once: true });
  }

  note(text: string): void {
    this.folded('  ', text);
  }

  /** Runs one step. What it resolves to is told behind its time. */
  async step<T>(name: string, work: () => Promise<T>, detail?: (value: T) => string): Promise<T> {
    const startedAt = Date.now();
    const step = { name, start: performance.now(), failed: false };
    if (!this.terminal) this.line(`▸ ${name}`);
    this.recent = [];
    this.begins(step);
    let value: T;
    try {
      value = await work();
    } catch (error) {
      this.ends(step);
      // What was given up because of another failure is none.
      if (!this.context.signal.aborted && (error as Error).name !== 'AbortError') {
        this.line(this.cut(`✗ ${name}  ${duration(secondsSince(step.start))}`), 'red');
        this.showRecent();
      }
      throw error;
    }
    this.ends(step);
    const seconds = secondsSince(step.start);
    this.steps.push({ name, startedAt, seconds });
    const told = detail?.(value);
    const line = `${step.failed ? '✗' : '✓'} ${name}  ${duration(seconds)}${told ? `  ${told}` : ''}`;
    this.line(this.cut(line), step.failed ? 'red' : 'green');
    return value;
  }

  /** Output of a tool or of the build. */
  output(text: string): void {
    const lines = (this.rest + text.replaceAll('\r\n', '\n')).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > LONGEST_LINE) {
      lines.push(this.rest);
      this.rest = '';
    }
    this.outputLines(lines);
  }

  phaseStarted(name: PhaseName): void {
    this.phase = { name, start: performance.now() };
    this.command = undefined;
    if (this.options.verbose) this.line(`  ┌ ${name}`);
    this.draw();
  }

  phaseEnded({ name, status, seconds, context }: PhaseResult): void {
    if (this.rest) this.output('\n');
    this.phase = this.command = undefined;
    const succeeded = status === 'SUCCEEDED';
    const step = this.running.at(-1);
    if (step && !succeeded) step.failed = true;
    const mark = this.options.verbose ? '└' : succeeded ? '✓' : '✗';
    const word = this.options.verbose || !succeeded ? `  ${status}` : '';
    this.line(this.cut(`  ${mark} ${name}${word}  ${duration(seconds)}`), succeeded ? 'green' : 'red');
    if (context) this.folded('    ', context);
  }

  private outputLines(lines: readonly string[]): void {
    const shown: string[] = [];
    for (const line of lines) {
      const [, event, command = ''] = CONTAINER.exec(line) ?? [];
      if (event === 'Running command') {
        this.command = { name: plain(command), start: performance.now() };
        this.recent = [];
      } else if (event) {
        this.showRecent();
      } else if (!this.options.verbose) {
        this.recent.push(line);
        if (this.recent.length > LAST_LINES) this.recent.shift();
      }
      if (this.options.verbose) shown.push(`  │ ${cut(plain(line), this.columns - 4)}`.trimEnd());
    }
    if (shown.length) this.lines(shown);
  }

  private showRecent(): void {
    // Whole, not cut: the reason stands there.
    const lines = this.recent.flatMap((line) => folded(plain(line), this.columns - 4));
    this.recent = [];
    if (lines.length) this.lines(lines.map((line) => `  │ ${line}`.trimEnd()));
  }

  private folded(indent: string, text: string): void {
    const lines = folded(plain(text), this.columns - indent.length - 1);
    this.lines(lines.map((line) => indent + line));
  }

  private cut(text: string): string {
    return cut(text, this.columns);
  }

  /** The text's mark, its first character that is no space, gets the colour. */
  private line(text: string, style?: Style): void {
    this.lines([style ? text.replace(/\S/, (mark) => this.styled(style, mark)) : text]);
  }

  private lines(lines: readonly string[]): void {
    if (!this.terminal) for (const line of lines) this.context.err(line);
    else this.terminal.write(`${lines.map((line) => `${line}${ERASE_TO_END}\n`).join('')}${this.status()}`);
  }

  private begins(step: (typeof this.running)[number]): void {
    this.running.push(step);
    if (this.terminal && !this.context.signal.aborted) {
      this.timer ??= setInterval(() => {
        this.frame += 1;
        this.draw();
      }, 100).unref();
    }
    this.draw();
  }

  private ends(step: (typeof this.running)[number]): void {
    this.running.splice(this.running.indexOf(step), 1);
    if (!this.running.length) this.rests();
  }

  /** Nothing runs any more, or nothing more is told of it. */
  private rests(): void {
    clearInterval(this.timer);
    if (this.timer) this.terminal?.write(ERASE_BELOW);
    this.timer = undefined;
  }

  private draw(): void {
    const status = this.status();
    if (status) this.terminal?.write(status);
  }

  /** The last line, from the cursor's place back to it. */
  private status(): string {
    if (!this.timer) return '';
    const frame = FRAMES[this.frame % FRAMES.length] ?? '';
    const parts = this.phase ? [this.phase, this.command] : [...this.running].reverse();
    const text = parts
      .filter((part) => part !== undefined)
      .map(({ name, start }) => `${name} ${elapsed(secondsSince(start))}`)
      .join(' · ');
    // The block of the cursor covers the first column; one that is filled to its end may wrap.
    return ` ${this.styled('cyan', frame)} ${cut(text, this.columns - 4)}${ERASE_BELOW}\r`;
  }

  /** Unlimited where nobody looks at a screen. */
  private get columns(): number {
    return this.terminal ? this.terminal.columns || 80 : Infinity;
  }

  private styled(style: Style, text: string): string {
    return this.colours ? styled(style, text) : text;
  }
}

function elapsed(seconds: number): string {
  return seconds < 60 ? `${Math.floor(seconds)} s` : duration(Math.floor(seconds));
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
