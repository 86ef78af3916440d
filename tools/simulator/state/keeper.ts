import type { Emulator } from '../emulator';
import type { Emulated } from '../gateway/emulated';
import type { StateDirectory } from './state-directory';

/** A component of the emulated AWS that outlives its process. What it saves is JSON. */
export interface Kept {
  save(): unknown;
  restore(saved: never): void;
}

/** Between a change and its being saved. */
const DELAY_MS = 1000;

/** Saves the state of the emulated AWS: a second after something may have changed, and at the end. */
export class Keeper {
  private timer?: NodeJS.Timeout;
  private saving: Promise<void> = Promise.resolve();
  /** Of the emulator, as it was last saved. */
  private changes = 0;
  private lastProblem = '';

  constructor(
    private readonly parts: {
      readonly directory: StateDirectory;
      /** By name; restored in this order. */
      readonly kept: Readonly<Record<string, Kept>>;
      readonly emulator: Emulator;
      readonly emulated: Emulated;
      /** Whether something changes without being asked again. */
      readonly isBusy: () => boolean;
      readonly log: (line: string) => void;
    },
  ) {}

  /** Gives every component what it saved. */
  restore(): void {
    for (const [name, component] of Object.entries(this.parts.kept)) {
      const saved = this.parts.directory.part(name);
      if (saved !== undefined) component.restore(saved as never);
    }
  }

  /** Tells that something may have changed. */
  changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.save();
    }, DELAY_MS).unref();
  }

  /** Saves what has changed. A failure is told, once, and tried again with the next change. */
  save(): Promise<void> {
    this.saving = this.saving
      .then(() => this.saveNow())
      .catch((error: Error) => {
        if (error.message !== this.lastProblem) this.parts.log(`the state is not saved: ${error.message}`);
        this.lastProblem = error.message;
      });
    return this.saving;
  }

  /** Saves for the last time, and lets the directory go. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.save();
    clearTimeout(this.timer);
    await this.parts.directory.close();
  }

  private async saveNow(): Promise<void> {
    const { directory, kept, emulator, emulated, isBusy, log } = this.parts;
    await emulated.whileQuiet(async () => {
      const { changes } = emulated;
      let generation: number | undefined;
      if (emulator.save && changes !== this.changes) {
        generation = directory.nextGeneration();
        for (const line of await emulator.save(generation)) log(line);
      }
      // After the emulator: an answer that was on its way has been taken in by now.
      const parts = Object.entries(kept).map(([name, component]) => [name, component.save()]);
      await directory.commit(Object.fromEntries(parts) as Record<string, unknown>, generation);
      this.changes = changes;
    });
    this.lastProblem = '';
    if (isBusy()) this.changed();
  }
}
