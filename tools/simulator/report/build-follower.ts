import { createWriteStream, type WriteStream } from 'node:fs';
import { type Diagnosis, FailureReader, LONGEST_LINE } from '../../../lib/catalogue/diagnosis';
import type { BuildStatus, PhaseName, PhaseResult } from '../engine/types';
import { ErrorLines } from '../error-lines';
import { Lines } from '../lines';
import type { Progress } from './progress';

/** Follows one build: its whole output goes to a file, what of it matters to the terminal, and to those who look for a cause. */
export class BuildFollower {
  private readonly file: WriteStream;
  private readonly errorLines = new ErrorLines();
  private readonly failures = new FailureReader();
  private readonly lines = new Lines((line) => this.failures.readLine(line), LONGEST_LINE);

  constructor(
    readonly log: string,
    private readonly progress: Progress,
  ) {
    this.file = createWriteStream(log);
    this.file.once('error', ({ message }) => progress.note(`${log} is not whole: ${message}`));
  }

  output(text: string): void {
    this.file.write(text);
    this.errorLines.read(text);
    this.lines.read(text);
    this.progress.output(text);
  }

  phaseStarted(name: PhaseName): void {
    this.progress.phaseStarted(name);
  }

  phaseEnded(phase: PhaseResult): void {
    this.progress.phaseEnded(phase);
  }

  /** What the steps themselves called an error. */
  get errors(): readonly string[] {
    return this.errorLines.lines;
  }

  /** Undefined for a build that has succeeded. */
  diagnosis(result: {
    readonly status: BuildStatus | 'IN_PROGRESS';
    readonly phases: readonly PhaseResult[];
  }): Diagnosis[] | undefined {
    return result.status === 'SUCCEEDED' ? undefined : this.failures.diagnosis(result.phases);
  }

  /** Resolves when the log is whole. */
  end(): Promise<void> {
    return new Promise((resolve) => this.file.end(() => resolve()));
  }
}
