import type { BuildspecPhase } from '../../buildspec/buildspec';
import type { Place } from './place';

/** One simple command that a build runs: a program with its words. */
export interface Command {
  readonly phase: BuildspecPhase;
  readonly block: 'commands' | 'finally';
  /** Of the entry of `commands` that it belongs to, from 0. */
  readonly index: number;
  /** In the buildspec, or in the script that the entry calls. */
  readonly place: Place;
  /** As written. */
  readonly text: string;
  /**
   * The program without its folder, e.g. `docker`, `aws`, `cdk`; empty where it is not known. What `npx`, `sudo`, `env`, `exec`,
   * `time`, `timeout`, `nohup`, `xargs`, `python -m` and `node_modules/.bin/` run is the program itself.
   */
  readonly name: string;
  /** How it was reached, e.g. `npx`, where it is not called by its own name. */
  readonly via?: string;
  /** After the program, quotes removed, known variables replaced; what is not known stays as written, e.g. `$TAG`. */
  readonly words: readonly string[];
  /** Assigned before it, or exported, in this shell so far: known values only. */
  readonly variables: ReadonlyMap<string, string>;
  /** From the source's root, `` being the root itself; undefined where it is not known, or outside of the source. */
  readonly cwd?: string;
  /** Whether it runs only if something else holds: within `if`, `case`, a loop, after `&&` or `||`. */
  readonly conditional: boolean;
  /**
   * Why its failure does not end the build; undefined where it does. `or`: something else runs instead (`|| true`); `pipe`:
   * only the last command of a pipe counts; `sequence`: only the last command of an entry counts; `condition`: it is the
   * question of an `if`; `assignment`: `export X=$(…)`; `background`: nobody waits for it; `negation`.
   */
  readonly ignored?: 'or' | 'pipe' | 'sequence' | 'condition' | 'assignment' | 'background' | 'negation';
  /** After `||`, what runs instead, as written, e.g. `true`. */
  readonly instead?: string;
  /** Where its standard output or error goes, e.g. `> /dev/null`, `2>&1`, as written. */
  readonly redirects: readonly string[];
}
