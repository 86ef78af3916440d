import { type ChildProcessByStdio, execFile, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  write,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { constants as system } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { promisify } from 'node:util';
import { kill } from '../processes';
import { shellWord } from '../shell-word';

const exec = promisify(execFile);

/** A shell's status for what it found but could not run. */
const CANNOT_RUN = 126;

export interface CommandResult {
  /** Of the command, 128 + signal when a signal ended it. */
  readonly exitCode: number;
}

/**
 * The one shell of a build: commands share the working directory and their variables, over all phases. Each runs in a
 * process of its own that takes both over and hands them on when it ends, so that `exit` ends only the command. With
 * buildspec version 0.1, none hands anything on.
 *
 * Variables are exported whether the command says so or not, and the command starts at line 4 of `script.sh`, as errors
 * of the shell show: that is how CodeBuild's own script is made.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-cmd.html
 */
export class Shell {
  private readonly program: string;
  private readonly script: string;
  /** What the last command left behind. Each command writes anew: to replace a file waits for the disk on some systems. */
  private state: State;
  private readonly output: CommandOutput;
  private runner?: Runner;

  constructor(
    private readonly options: {
      readonly shell: 'bash' | '/bin/sh';
      readonly version: '0.1' | '0.2';
      /** For the shell's own files. */
      readonly directory: string;
      /** Where the first command starts. */
      readonly workingDirectory: string;
      /** All variables that the first command sees. */
      readonly environment: Readonly<Record<string, string>>;
      /** Is in the environment of every process from its start on, so that what stays behind can be found by it. */
      readonly mark: { readonly name: string; readonly value: string };
    },
  ) {
    const { directory, shell } = options;
    // The environment holds secrets.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.program = shell === 'bash' ? '/bin/bash' : '/bin/sh';
    this.script = path.join(directory, 'script.sh');
    this.state = this.stateOf(0);
    this.output = new CommandOutput(path.join(directory, 'output'));
    writeFileSync(this.state.environment, exportLines(options.environment));
    writeFileSync(this.state.directory, `${options.workingDirectory}\n`);
  }

  export(variables: Readonly<Record<string, string>>): void {
    writeFileSync(this.state.environment, exportLines(variables), { flag: 'a' });
  }

  /** Runs one command. `signal` ends it with everything that it started. */
  async run(command: string, output: (text: string) => void, signal?: AbortSignal): Promise<CommandResult> {
    if (signal?.aborted) return { exitCode: 128 + system.signals.SIGKILL };
    const next = this.stateOf(this.state.number + 1);
    const save = [
      '{ CODEBUILD_LAST_EXIT=$?; set +x; } 2>/dev/null',
      `export -p >|${shellWord(next.environment)}`,
      `pwd >|${shellWord(next.directory)}`,
    ].join('; ');
    const keeps = this.options.version === '0.2';
    const cwd = this.workingDirectory();
    const enter = `cd -- ${shellWord(cwd.path)} || exit`;
    const restore = `. ${shellWord(this.state.environment)}`;
    const lines = [
      // The environment knows both directories of `cd -`; only one that is gone is better forgotten.
      (cwd.missing ? [restore, enter] : [enter, restore]).join('; '),
      keeps ? `trap ${shellWord(`test "\${CODEBUILD_SAVED-}" || { ${save}; }`)} EXIT` : '',
      'set -a',
      command,
      // Whatever the last line ends with, this one is a line of its own.
      '',
      // A trap of the command's own has replaced the one above.
      keeps ? `${save}; CODEBUILD_SAVED=1; exit "$CODEBUILD_LAST_EXIT"` : '',
    ];
    rmSync(this.script, { force: true });
    writeFileSync(this.script, `${lines.join('\n')}\n`);
    if (cwd.missing) output(`${this.script}: cd: ${cwd.missing}: No such file or directory\n`);

    this.runner ??= this.startRunner();
    const { runner } = this;
    const stop = (): void => this.stopRunner();
    signal?.addEventListener('abort', stop, { once: true });
    const exitCode = await this.output
      .ofCommand(output, (number) => runner.stdin.write(`${number}\n`))
      .finally(() => signal?.removeEventListener('abort', stop));
    // One that became another program, was ended by force, or found the disk full has left nothing.
    if (statSync(next.environment, { throwIfNoEntry: false })?.size && existsSync(next.directory)) {
      rmSync(this.state.environment);
      rmSync(this.state.directory);
      this.state = next;
    }
    return { exitCode };
  }

  /** The values of variables that are set, as the next command would see them. */
  async variables(names: readonly string[]): Promise<Record<string, string>> {
    if (!names.length) return {};
    const values = await this.ask(names.map((name) => `printf '%s\\0' "\${${name}-}"`).join('\n'));
    return Object.fromEntries(
      values.split('\0').flatMap((value, i) => {
        const name = names[i];
        return name === undefined || value === '' ? [] : [[name, value]];
      }),
    );
  }

  /** What the shell makes of a text within double quotes, e.g. `web-$(date +%Y)`. */
  async evaluate(text: string): Promise<string> {
    try {
      return await this.ask(`printf '%s' "${text}"`);
    } catch {
      throw new Error(`The shell cannot evaluate ${text}`);
    }
  }

  /** Ends whatever commands left running, as far as it is still where they started it, and forgets the environment. */
  close(): void {
    this.stopRunner();
    this.output.close();
    for (const file of [this.state.environment, this.state.directory, this.script])
      rmSync(file, { force: true });
  }

  private startRunner(): Runner {
    const runner = spawn('/bin/sh', ['-c', RUNNER, '/bin/sh', this.program, this.script], {
      cwd: '/',
      env: { [this.options.mark.name]: this.options.mark.value },
      // All that commands start is in its process group, unless it leaves that.
      detached: true,
      // Nothing of its own is to be seen, e.g. `Terminated`.
      stdio: ['pipe', 'ignore', 'ignore', this.output.writer],
    }) as Runner;
    // Its end says more.
    runner.stdin.on('error', () => undefined);
    const ended = (exitCode: number): void => {
      this.runner = undefined;
      this.output.end(exitCode);
    };
    runner.once('error', () => ended(CANNOT_RUN));
    runner.once('exit', (_, killedBy) => ended(128 + system.signals[killedBy ?? 'SIGKILL']));
    return runner;
  }

  private stopRunner(): void {
    const group = this.runner?.pid;
    if (group !== undefined) kill(-group);
  }

  private async ask(script: string): Promise<string> {
    const cwd = this.workingDirectory().path;
    const program = `. ${shellWord(this.state.environment)}\n${script}`;
    const { stdout } = await exec(this.program, ['-c', program], {
      cwd,
      env: { PWD: cwd, [this.options.mark.name]: this.options.mark.value },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  private stateOf(number: number): State {
    const { directory } = this.options;
    return {
      number,
      environment: path.join(directory, `env-${number}.sh`),
      directory: path.join(directory, `dir-${number}.txt`),
    };
  }

  /** A command may have removed the directory that it left the next one in. */
  private workingDirectory(): { readonly path: string; readonly missing?: string } {
    const left = readFileSync(this.state.directory, 'utf8').replace(/\n$/, '');
    return existsSync(left) ? { path: left } : { path: this.options.workingDirectory, missing: left };
  }
}

interface State {
  readonly number: number;
  readonly environment: string;
  readonly directory: string;
}

type Runner = ChildProcessByStdio<Writable, null, null>;

/**
 * Starts commands and says in their output how each ended. Forking this small process costs a third of forking Node. Only
 * what `kill 0` reaches ends it, with its command; another one takes over then.
 */
const RUNNER = `while read -r number; do
  (exec "$1" "$2" </dev/null >&3 2>&3 3>&-)
  printf '\\0end of command %s: %s\\0' "$number" "$?" >&3
done`;

/**
 * What commands print: one named pipe for both of their streams, so that lines stay in order. A socket, which is what
 * Node gives to a child, cannot be opened as `/dev/stderr`.
 */
class CommandOutput {
  /** For the commands: a pipe of which writes wait while it is full. */
  readonly writer: number;
  private readonly reader: Socket;
  private readonly decoder = new StringDecoder('utf8');
  private output: (text: string) => void = () => undefined;
  private number = 0;
  private ended?: (exitCode: number) => void;
  /** The end of what was read, which may be the beginning of a command's end. */
  private held: Buffer = Buffer.alloc(0);

  constructor(private readonly file: string) {
    rmSync(file, { force: true });
    execFileSync('mkfifo', ['-m', '600', file]);
    // Opened for both, it does not wait for a writer and never ends.
    const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    this.writer = openSync(file, 'w');
    this.reader = new Socket({ fd, readable: true, writable: false });
    this.reader.on('data', (data: Buffer) => this.read(data));
    // What is read after the end is nobody's.
    this.reader.on('error', () => undefined);
  }

  /**
   * Resolves to the exit status of a command when everything has been read that it wrote. What it left running in the
   * background may go on writing.
   */
  ofCommand(output: (text: string) => void, start: (number: number) => void): Promise<number> {
    this.output = output;
    this.number += 1;
    return new Promise((resolve) => {
      this.ended = resolve;
      start(this.number);
    });
  }

  /** For a command whose runner cannot say it any more. */
  end(exitCode: number): void {
    if (this.ended) write(this.writer, `\0end of command ${this.number}: ${exitCode}\0`, () => undefined);
  }

  close(): void {
    this.reader.destroy();
    closeSync(this.writer);
    rmSync(this.file, { force: true });
    const { ended } = this;
    // The number of the writer may be that of another file by now.
    this.ended = undefined;
    ended?.(128 + system.signals.SIGKILL);
  }

  private read(data: Buffer): void {
    if (!this.ended) return this.write(data);
    const all = this.held.length ? Buffer.concat([this.held, data]) : data;
    const mark = `\0end of command ${this.number}: `;
    const at = all.indexOf(mark);
    const after = at < 0 ? -1 : all.indexOf('\0', at + mark.length);
    if (after < 0) {
      const end = at < 0 ? beginningOf(mark, all) : at;
      this.write(all.subarray(0, end));
      this.held = Buffer.from(all.subarray(end));
      return;
    }
    this.write(all.subarray(0, at));
    const text = this.decoder.end();
    if (text) this.output(text);
    const ended = this.ended;
    this.ended = undefined;
    this.held = Buffer.alloc(0);
    ended(Number(all.toString('latin1', at + mark.length, after)));
    this.write(all.subarray(after + 1));
  }

  private write(data: Buffer): void {
    const text = this.decoder.write(data);
    if (text) this.output(text);
  }
}

/** Where data ends with the beginning of a text; its length where it does not. */
function beginningOf(text: string, data: Buffer): number {
  const from = data.indexOf(text.charAt(0), Math.max(0, data.length - text.length));
  return from >= 0 && text.startsWith(data.toString('latin1', from)) ? from : data.length;
}

function exportLines(variables: Readonly<Record<string, string>>): string {
  return (
    Object.entries(variables)
      // The environment of a process may have names that no shell can export.
      .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
      .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
      .join('')
  );
}
