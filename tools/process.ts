import { spawn } from 'node:child_process';

export interface Run {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Standard output and standard error, as they come. */
  output(text: string): void;
}

/**
 * Runs a program without a shell, in a process group of its own, and resolves to its exit code. When `signal` aborts, the
 * whole group is ended, so that nothing that the program started stays behind.
 */
export function run(file: string, args: readonly string[], options: Run): Promise<number> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const child = spawn(file, [...args], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (): void => killGroup(child.pid);
    options.signal.addEventListener('abort', end, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => options.output(text));
    }
    child.on('error', reject);
    child.on('close', (code) => {
      options.signal.removeEventListener('abort', end);
      if (options.signal.aborted) reject(options.signal.reason as Error);
      else resolve(code ?? 1);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
