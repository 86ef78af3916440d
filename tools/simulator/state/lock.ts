import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { UserError } from '../../command';
import { isAlive, type ProcessIdentity, thisProcess } from '../processes';

/** A file that one process at a time holds. What a process that has died holds is free. */
export class Lock {
  private constructor(private readonly file: string) {}

  /**
   * @param subject what is locked, in the user's terms
   * @throws UserError when a living process holds it
   */
  static async take(file: string, subject: string): Promise<Lock> {
    const own = `${file}.${process.pid}.new`;
    await writeFile(own, JSON.stringify(await thisProcess()), { mode: 0o600 });
    try {
      for (;;) {
        // Unlike writing, linking fails when the file is there, and never shows half of it.
        const taken = await link(own, file).then(
          () => true,
          (error: NodeJS.ErrnoException) => {
            if (error.code === 'EEXIST') return false;
            throw error;
          },
        );
        if (taken) return new Lock(file);
        const text = await readFile(file, 'utf8').catch(() => undefined);
        // Released meanwhile.
        if (text === undefined) continue;
        const holder = parsed(text);
        if (holder && (await isAlive(holder))) {
          throw new UserError(
            `${subject}: another simulator (process ${holder.pid}) uses it; stop that, or name another directory`,
            1,
          );
        }
        await removeStale(file, text);
      }
    } finally {
      await rm(own, { force: true });
    }
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

/** Two that find the same dead holder must not remove each other's new lock. */
async function removeStale(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}.stale.new`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function parsed(text: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
