import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive, killProcessesWith, processesWith, type ProcessIdentity, thisProcess } from './processes';

const PREFIX = 'mangoo-simulator-';

/** Says whose the directory is. One without is not touched: it is kept, or somebody else's. */
const MARKER = 'simulator-process.json';

/**
 * The temporary directory of one run. A run that is killed cannot remove it, nor end what it had started: the next one does.
 * Every process of a run has the directory's `tmp` as its TMPDIR, by which it is found wherever it has gone.
 */
export class WorkingDirectory {
  private constructor(
    readonly path: string,
    private readonly marker: string,
  ) {}

  /**
   * Makes a directory, after cleaning up after runs that have died.
   *
   * @param log told in one line when something was cleaned up
   */
  static async create(
    env: Readonly<Record<string, string | undefined>>,
    log: (line: string) => void,
  ): Promise<WorkingDirectory> {
    const parent = env.TMPDIR ?? tmpdir();
    const { directories, processes } = await cleanUp(parent);
    if (directories) {
      const ended = processes ? ` and ended ${counted(processes, 'process', 'processes')}` : '';
      const what = counted(directories, 'directory', 'directories');
      log(`cleaned up after a simulator that was killed: removed ${what}${ended}`);
    }
    const directory = await mkdtemp(path.join(parent, PREFIX));
    const marker = path.join(directory, MARKER);
    await writeFile(marker, JSON.stringify(await thisProcess()));
    return new WorkingDirectory(directory, marker);
  }

  /** Leaves the directory to the user: no later run removes it. */
  async keep(): Promise<void> {
    await rm(this.marker, { force: true });
  }

  async remove(): Promise<void> {
    await removeDirectory(this.path);
  }
}

interface Cleaned {
  directories: number;
  processes: number;
}

async function cleanUp(parent: string): Promise<Cleaned> {
  const cleaned: Cleaned = { directories: 0, processes: 0 };
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((other) => other.startsWith(PREFIX))) {
    const directory = path.join(parent, name);
    if (!(await isOfDeadRun(directory))) continue;
    const temporary = path.join(directory, 'tmp');
    // The processes first: they would go on writing into the directory, and only it tells which they are.
    cleaned.processes += (await processesWith(`TMPDIR=${temporary}`)).length;
    await killProcessesWith(`TMPDIR=${temporary}`);
    // A simulator that ran in a build of that run has just died too.
    const within = await cleanUp(temporary);
    cleaned.processes += within.processes;
    await removeDirectory(directory);
    cleaned.directories += 1;
  }
  return cleaned;
}

/** Of this user, with our marker, and of a process that is gone. */
async function isOfDeadRun(directory: string): Promise<boolean> {
  try {
    const status = await lstat(directory);
    if (!status.isDirectory() || status.uid !== process.getuid?.()) return false;
    const marker = await readFile(path.join(directory, MARKER), 'utf8');
    return !(await isAlive(JSON.parse(marker) as ProcessIdentity));
  } catch {
    return false;
  }
}

async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
