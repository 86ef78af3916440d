import type { PhaseName, PhaseResult } from '../engine/types';

/** Tells on stderr, as it happens, what a run does; remembers how long each step took. */
export class Progress {
  readonly steps: { name: string; seconds: number }[] = [];
  private rest = '';

  constructor(private readonly line: (text: string) => void) {}

  note(text: string): void {
    this.line(`  ${text}`);
  }

  /** Runs one step. What it resolves to is told behind its time. */
  async step<T>(name: string, work: () => Promise<T>, detail?: (value: T) => string): Promise<T> {
    this.line(`▸ ${name}`);
    const start = performance.now();
    const value = await work();
    const seconds = (performance.now() - start) / 1000;
    this.steps.push({ name, seconds });
    const told = detail?.(value);
    this.line(`✓ ${name}  ${seconds.toFixed(1)} s${told ? `  ${told}` : ''}`);
    return value;
  }

  /** Output of a tool or of the build, indented, a line at a time. */
  output(text: string): void {
    const lines = (this.rest + text.replace(/\r\n/g, '\n')).split('\n');
    this.rest = lines.pop() ?? '';
    // A progress bar overwrites its line; what it ended with is what stays on a screen.
    for (const line of lines) this.line(`  │ ${line.slice(line.lastIndexOf('\r') + 1)}`.trimEnd());
  }

  phaseStarted(name: PhaseName): void {
    this.line(`  ┌ ${name}`);
  }

  phaseEnded(phase: PhaseResult): void {
    if (this.rest) this.output('\n');
    this.line(`  └ ${phase.name} ${phase.status} ${phase.seconds.toFixed(1)} s`);
    if (phase.context) this.line(`    ${phase.context}`);
  }
}
