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
