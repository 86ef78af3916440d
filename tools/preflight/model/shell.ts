import type { CompoundCommand, CompoundList, Redirected } from 'unbash';
import type { Ignored } from './command';
import type { ShellText } from './shell-text';

/** What becomes of a failure: nothing ignores it and it ends the build, or this does. */
export interface Fate {
  readonly ignored?: Ignored;
  readonly instead?: string;
}

export interface ShellFunction {
  readonly body: CompoundCommand | Redirected | CompoundList;
  readonly from: ShellText;
}

/** A word after expansion. */
export interface Field {
  readonly text: string;
  /** Whether nothing of it stayed as written. */
  readonly known: boolean;
}

/** The folder of the source, whose real path only the build will know, as values have it. */
export const SOURCE = '$CODEBUILD_SRC_DIR';

/** More of them are not kept: each command has a copy. */
const MOST_VARIABLES = 300;

/** A running shell: where it is, what it knows, how it takes failures. */
export class Shell {
  /** From the source's root; undefined where it is not known. */
  cwd: string | undefined = '';
  previous: string | undefined;
  folders: (string | undefined)[] = [];
  errexit = false;
  pipefail = false;
  inheritErrexit = false;
  /** `$1`, `$2` …; undefined where they are not known. */
  parameters: readonly Field[] | undefined;
  /** `$0`. */
  script: string | undefined;
  /** Nothing more runs. */
  ended: 'exit' | 'return' | undefined;
  /** Known values only. Replaced, never changed: each command and each fork has them as they were. */
  variables: ReadonlyMap<string, string> = new Map();
  private functions: ReadonlyMap<string, ShellFunction> = new Map();

  constructor(
    readonly dialect: 'bash' | 'sh',
    /** Of the whole process: what becomes of it when it exits with an error. */
    readonly fate: Fate,
    readonly isBuilds: boolean,
  ) {}

  valueOf(name: string): string | undefined {
    return this.variables.get(name);
  }

  /** Undefined: it has a value, but nobody knows which. */
  set(name: string, value: string | undefined): void {
    const before = this.variables.get(name);
    const isOneTooMany = before === undefined && this.variables.size >= MOST_VARIABLES;
    if (before === value || isOneTooMany) return;
    const variables = new Map(this.variables);
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
    this.variables = variables;
  }

  functionOf(name: string): ShellFunction | undefined {
    return this.functions.get(name);
  }

  define(name: string, definition: ShellFunction): void {
    this.functions = new Map(this.functions).set(name, definition);
  }

  goTo(folder: string | undefined): void {
    this.previous = this.cwd;
    this.cwd = folder;
  }

  /** From a function or a sourced text, which is all that `return` ends. */
  returned(): void {
    if (this.ended === 'return') this.ended = undefined;
  }

  /** A subshell: all is as here, and nothing comes back. */
  fork(fate: Fate): Shell {
    return this.copied(new Shell(this.dialect, fate, false));
  }

  /** The same shell, to go another way. */
  branch(): Shell {
    return this.copied(new Shell(this.dialect, this.fate, this.isBuilds));
  }

  /** A process of its own: it inherits variables and folder, but neither options nor functions. */
  child(dialect: 'bash' | 'sh', fate: Fate): Shell {
    const child = new Shell(dialect, fate, false);
    child.variables = this.variables;
    child.cwd = this.cwd;
    return child;
  }

  /** Goes on as one of these ways went: known is what all of them that go on agree on. */
  join(ways: readonly Shell[]): void {
    const open = ways.filter((way) => !way.ended);
    const [first, ...others] = open;
    if (!first) {
      this.ended = ways[0]?.ended;
      return;
    }
    first.copied(this);
    this.ended = undefined;
    for (const other of others) {
      if (other.cwd !== this.cwd) this.cwd = undefined;
      if (other.previous !== this.previous) this.previous = undefined;
      if (other.variables !== this.variables) {
        for (const [name, value] of this.variables)
          if (other.variables.get(name) !== value) this.set(name, undefined);
      }
      this.errexit &&= other.errexit;
      this.pipefail &&= other.pipefail;
      for (const [name, body] of other.functions) if (!this.functions.has(name)) this.define(name, body);
    }
  }

  private copied(to: Shell): Shell {
    to.cwd = this.cwd;
    to.previous = this.previous;
    to.folders = [...this.folders];
    to.errexit = this.errexit;
    to.pipefail = this.pipefail;
    to.inheritErrexit = this.inheritErrexit;
    to.parameters = this.parameters;
    to.script = this.script;
    to.functions = this.functions;
    to.variables = this.variables;
    return to;
  }
}
