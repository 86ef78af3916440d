import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive, killProcessesWith, processesWith, type ProcessIdentity, thisProcess } from './processes';
import { prepareStateDirectory } from './state/state-directory';

const PREFIX = 'mangoo-simulator-';

/** Says whose the directory is. One without is not touched: it is kept, or somebody else's. */
const MARKER = 'simulator-process.json';

/** Says the same of the directory of `--state`. */
const LOCK = 'lock';

/** What a run that ends removes from its state: the directories of its builds, and passwords. */
const OF_A_RUN = ['builds', 'registry-logins'];

/**
 * The temporary directory of one run. A run that is killed cannot remove it, nor end what it had started: the next one does.
 * Every process of a run has the directory's `tmp` as its TMPDIR, by which it is found wherever it has gone.
 */
export class WorkingDirectory {
  private constructor(
    readonly path: string,
    private readonly isState: boolean,
  ) {}

  /**
   * Makes a directory, or takes that of `--state`, after cleaning up after runs that have died.
   *
   * @param state absolute; a directory that stays
   * @param log told in one line when something was cleaned up
   * @throws UserError when `state` cannot be the directory of a state
   */
  static async create(
    env: Readonly<Record<string, string | undefined>>,
    log: (line: string) => void,
    state?: string,
  ): Promise<WorkingDirectory> {
    const parent = env.TMPDIR ?? tmpdir();
    if (state !== undefined) await prepareStateDirectory(state);
    const cleaned = await cleanUp(parent);
    if (state !== undefined && (await isOfDeadRun(state, LOCK))) {
      await cleanUpIn(state, cleaned);
      for (const name of OF_A_RUN) await removeDirectory(path.join(state, name));
    }
    const { directories, processes } = cleaned;
    if (directories || processes) {
      const parts = [
        ...(directories ? [`removed ${counted(directories, 'directory', 'directories')}`] : []),
        ...(processes ? [`ended ${counted(processes, 'process', 'processes')}`] : []),
      ];
      log(`cleaned up after a simulator that was killed: ${parts.join(' and ')}`);
    }
    if (state !== undefined) return new WorkingDirectory(state, true);
    const directory = await mkdtemp(path.join(parent, PREFIX));
    await writeFile(path.join(directory, MARKER), JSON.stringify(await thisProcess()));
    return new WorkingDirectory(directory, false);
  }

  /** Leaves the directory to the user: no later run removes it. */
  async keep(): Promise<void> {
    if (!this.isState) await rm(path.join(this.path, MARKER), { force: true });
  }

  /** Of a state, what belongs to this run only. */
  async remove(): Promise<void> {
    await removeDirectory(this.isState ? path.join(this.path, 'tmp') : this.path);
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
    if (!(await isOfDeadRun(directory, MARKER))) continue;
    await cleanUpIn(directory, cleaned);
    await removeDirectory(directory);
    cleaned.directories += 1;
  }
  return cleaned;
}

/** Ends the processes first: they would go on writing into the directory, and only it tells which they are. */
async function cleanUpIn(directory: string, cleaned: Cleaned): Promise<void> {
  const temporary = path.join(directory, 'tmp');
  cleaned.processes += (await processesWith(`TMPDIR=${temporary}`)).length;
  await killProcessesWith(`TMPDIR=${temporary}`);
  // A simulator that ran in a build of that run has just died too.
  cleaned.processes += (await cleanUp(temporary)).processes;
  await removeDirectory(temporary);
}

/** Of this user, with our marker, and of a process that is gone. */
async function isOfDeadRun(directory: string, markerName: string): Promise<boolean> {
  try {
    const status = await lstat(directory);
    if (!status.isDirectory() || status.uid !== process.getuid?.()) return false;
    const marker = await readFile(path.join(directory, markerName), 'utf8');
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
