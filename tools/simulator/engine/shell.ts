import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How long output of background processes is waited for after a command ended. */
const QUIET_MS = 30;

export interface CommandResult {
  /** Of the command, 128 + signal when a signal ended it. */
  readonly exitCode: number;
}

/**
 * The one shell of a build: commands share the working directory and exported variables, over all phases. Each runs in a
 * process of its own that takes both over and hands them on when it ends, so that `exit` ends only the command.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-cmd.html
 */
export class Shell {
  private readonly state: string;
  private readonly cwd: string;
  private readonly script: string;
  private readonly groups = new Set<number>();

  /**
   * @param directory for the shell's own files
   * @param workingDirectory where the first command starts
   * @param environment all variables that the first command sees
   */
  constructor(
    private readonly shell: 'bash' | '/bin/sh',
    directory: string,
    workingDirectory: string,
    environment: Readonly<Record<string, string>>,
  ) {
    mkdirSync(directory, { recursive: true });
    this.state = path.join(directory, 'environment');
    this.cwd = path.join(directory, 'cwd');
    // CodeBuild's own name for it, which errors of the shell show.
    this.script = path.join(directory, 'script.sh');
    writeFileSync(this.state, exportLines(environment));
    writeFileSync(this.cwd, `${workingDirectory}\n`);
  }

  export(variables: Readonly<Record<string, string>>): void {
    writeFileSync(this.state, exportLines(variables), { flag: 'a' });
  }

  /** Runs one command. `signal` ends it with everything that it started. */
  run(command: string, output: (text: string) => void, signal?: AbortSignal): Promise<CommandResult> {
    writeFileSync(this.script, `${command}\n`);
    return this.spawn(RUN, output, signal);
  }

  /** The values of variables that are set, as the next command would see them. */
  async variables(names: readonly string[]): Promise<Record<string, string>> {
    const values: Record<string, string> = {};
    for (const name of names) {
      const value = await this.evaluate(`\${${name}-}`);
      if (value !== '') values[name] = value;
    }
    return values;
  }

  /** What the shell makes of a text within double quotes, e.g. `web-$(date +%Y)`. */
  async evaluate(text: string): Promise<string> {
    let value = '';
    writeFileSync(this.script, `printf '%s' "${text}"\n`);
    const { exitCode } = await this.spawn(EVALUATE, (chunk) => (value += chunk));
    if (exitCode !== 0) throw new Error(`The shell cannot evaluate ${text}`);
    return value;
  }

  /** Ends whatever commands left running. */
  close(): void {
    for (const group of this.groups) kill(group);
    this.groups.clear();
  }

  private spawn(
    program: string,
    output: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<CommandResult> {
    const file = this.shell === 'bash' ? '/bin/bash' : '/bin/sh';
    const child = spawn(file, ['-c', program, file, this.state, this.cwd, this.script], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const group = child.pid;
    if (group !== undefined) this.groups.add(group);
    let lastOutput = performance.now();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        lastOutput = performance.now();
        output(text);
      });
    }
    const stop = (): void => {
      if (group !== undefined) kill(group);
    };
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });

    return new Promise((resolve, reject) => {
      const done = (exitCode: number): void => {
        signal?.removeEventListener('abort', stop);
        resolve({ exitCode });
      };
      child.on('error', reject);
      child.on('exit', (code, killedBy) => {
        const exitCode = code ?? (killedBy ? 128 + 9 : 1);
        child.once('close', () => {
          if (group !== undefined) this.groups.delete(group);
          done(exitCode);
        });
        // A background process keeps the pipes open; what the command itself wrote has arrived once it is quiet.
        const quiet = setInterval(() => {
          if (performance.now() - lastOutput < QUIET_MS) return;
          clearInterval(quiet);
          done(exitCode);
        }, QUIET_MS);
        child.once('close', () => clearInterval(quiet));
      });
    });
  }
}

// $1 exported variables, $2 the working directory, $3 the command. Only builtins: this runs around every command.
const RUN = `
. "$1"
__environment=$1 __directory=$2 __script=$3
read -r __start <"$2" && cd -- "$__start" || exit 1
set --
trap '__status=$?; trap - EXIT; unset SHLVL _; export -p >"$__environment"; printf "%s\\n" "$PWD" >"$__directory"; exit $__status' EXIT
. "$__script"
`;
const EVALUATE = '. "$1"; read -r __start <"$2" && cd -- "$__start" || exit 1; . "$3"';

function exportLines(variables: Readonly<Record<string, string>>): string {
  return (
    Object.entries(variables)
      // The environment of a process may have names that no shell can export.
      .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
      .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
      .join('')
  );
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
