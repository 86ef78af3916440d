import { createHash } from 'node:crypto';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * The custom cache of a project: directories that outlive a build. `/root`, the home directory of CodeBuild's images, is
 * the build's own home here.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html
 */
export class Cache {
  private readonly directories: readonly { readonly live: string; readonly kept: string }[];

  constructor(
    directory: string,
    paths: readonly string[],
    { home, source }: { readonly home: string; readonly source: string },
  ) {
    this.directories = paths.map((written) => {
      const folder = written.replace(/\/\*.*$/, '').replace(/^(?:\/root|~)(?=\/|$)/, home);
      const name = createHash('sha256').update(written).digest('hex').slice(0, 16);
      return { live: path.resolve(source, folder), kept: path.join(directory, name) };
    });
  }

  async restore(): Promise<void> {
    for (const { live, kept } of this.directories) {
      await mkdir(path.dirname(live), { recursive: true });
      await copy(kept, live);
    }
  }

  /** Replaces what was kept, at once: an interrupted build leaves the cache of the one before. */
  async save(): Promise<void> {
    for (const { live, kept } of this.directories) {
      const fresh = `${kept}.${process.pid}`;
      await mkdir(path.dirname(kept), { recursive: true });
      if (!(await copy(live, fresh))) continue;
      await rm(kept, { recursive: true, force: true });
      await rename(fresh, kept);
    }
  }
}

/** False when there is nothing to copy. */
async function copy(from: string, to: string): Promise<boolean> {
  try {
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
