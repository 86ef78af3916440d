import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/**
 * The processes of this user that were started with `NAME=value` in their environment, wherever they have gone since: a
 * daemon leaves its process group and its parent, but not its environment.
 *
 * @param entry e.g. `CODEBUILD_BUILD_ID=mangoo-build-deploy:1b9f…`
 */
export async function processesWith(entry: string): Promise<number[]> {
  const found = process.platform === 'linux' ? await inProc(entry) : await byPs(entry);
  return found.filter((pid) => pid !== process.pid);
}

/** Ends them all, at once. What they start meanwhile is found by another look. */
export async function killProcessesWith(entry: string): Promise<void> {
  // One that is just becoming another program shows no environment for a moment.
  let without = 0;
  for (let looks = 0; looks < 10 && without < 2; looks += 1) {
    const pids = await processesWith(entry);
    without = pids.length ? 0 : without + 1;
    for (const pid of pids) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @param pid a process, or a process group as a negative number */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already, or is somebody else's.
  }
}

async function inProc(entry: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const matches = await Promise.all(
    pids.map(async (pid) => {
      // A zombie has no environment any more; another user's process shows none.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(entry);
    }),
  );
  return pids.filter((_, index) => matches[index]).map(Number);
}

async function byPs(entry: string): Promise<number[]> {
  const { stdout } = await exec('ps', ['-axEww', '-o', 'pid=,command='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split('\n')
    .filter((line) => ` ${line} `.includes(` ${entry} `))
    .map((line) => Number.parseInt(line, 10));
}

/** Whether there is a process of that number, whosesoever. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process, as no later one with the same number is. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In the system's own form. */
  readonly started: string;
}

export async function thisProcess(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: (await startOf(process.pid)) ?? '' };
}

export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  return Number.isInteger(pid) && pid > 0 && (await startOf(pid)) === started;
}

/** When a process started; undefined when there is none, or what is left of it is a zombie. */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const { stdout } = await exec('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => ({
      stdout: '',
    }));
    const [state, ...time] = stdout.trim().split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : time.join(' ');
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field, the program's name, may hold anything. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  return !fields || fields[0] === 'Z' ? undefined : fields[19];
}
