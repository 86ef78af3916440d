import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { isRunning } from '../processes';
import type { CacheSpec } from '../../buildspec/buildspec';
import { Pattern } from './files';
import type { CacheBucket } from './types';

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.cache */
const FALLBACK_KEYS = 5;
/** One more than the newest, so that a build that restores while another saves reads to its end. */
const KEPT_WITHOUT_KEY = 2;

export interface CacheContext {
  /** Where the caches of the project stay between builds. */
  readonly directory: string;
  /** An S3 cache knows keys and single files, a local one neither. */
  readonly keyed: boolean;
  /** Where they stay instead; `directory` is then for what is on its way. */
  readonly bucket?: CacheBucket;
  /** CODEBUILD_SRC_DIR. */
  readonly source: string;
  /** Takes the place of `/root`, the home directory of CodeBuild's images. */
  readonly home: string;
  /** What the build's shell makes of a text. */
  readonly evaluate: (text: string) => Promise<string>;
  readonly log: (line: string) => void;
}

interface CachePath {
  /** The source or home directory of the build, and its name within a copy. */
  readonly root: string;
  readonly kept: 'source' | 'home';
  /** Where everything lies that the path names, relative to the root. */
  readonly start: string;
  /** Whether it can only name a file there. */
  readonly single: boolean;
  readonly matches: (relative: string) => boolean;
}

/** A cache as it is kept. */
interface Copy {
  readonly key: string;
  readonly savedAt: number;
  /** Where its files are. */
  readonly directory: () => Promise<string>;
}

/**
 * What a project keeps between builds. A copy with a key never changes; without one, the newest counts. Copies of other
 * `paths` are other caches.
 *
 * A copy is made aside and put in its place by one `rename`: a build that is killed, or another that saves at the same time,
 * leaves either a whole copy or none.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html,
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html
 */
export class Cache {
  private constructor(
    private readonly spec: CacheSpec,
    private readonly paths: readonly CachePath[],
    /** '' without a key. */
    private readonly key: string,
    private readonly copies: string,
    private readonly context: CacheContext,
  ) {}

  /** Reads paths and key as the shell of the build has them. Undefined when there is nothing to keep. */
  static async open(spec: CacheSpec, context: CacheContext): Promise<Cache | undefined> {
    const { directory, keyed, log } = context;
    const paths: CachePath[] = [];
    const expanded: string[] = [];
    for (const written of spec.paths) {
      const one = await evaluated(written, context);
      log(`Expanded cache path ${one}`);
      expanded.push(one);
      const found = cachePath(one, context);
      if (found) paths.push(found);
    }
    if (!paths.length) {
      log('Unable to initialize cache download: no paths specified to be cached');
      return undefined;
    }
    if (spec.key !== undefined && !keyed) log('A local cache has no keys: that of the buildspec is not read');
    const key = spec.key !== undefined && keyed ? await evaluated(spec.key, context) : '';
    if (spec.key !== undefined && keyed && !key) {
      log(`Cache is not used: the key ${spec.key} is empty`);
      return undefined;
    }
    // The documentation calls it the version: a hash of the paths.
    const version = sha256(JSON.stringify([keyed, expanded])).slice(0, 16);
    return new Cache(spec, paths, key, path.join(directory, version), context);
  }

  async restore(): Promise<void> {
    const { log, keyed } = this.context;
    if (this.spec.action === 'save') return;
    log(keyed ? 'Downloading S3 cache...' : 'Restoring local cache');
    const copy = await this.find();
    if (!copy) {
      log(this.key ? `No cache with key ${this.key}` : 'No cache yet');
      return;
    }
    if (this.key) log(`Cache with key ${copy.key} found`);
    const directory = await copy.directory();
    let files = 0;
    for (const one of this.paths) files += await this.copy(one, path.join(directory, one.kept), one.root);
    log(`Cache restored: ${files} file(s)`);
  }

  async save(): Promise<void> {
    const { log } = this.context;
    if (this.spec.action === 'restore') return;
    const copies = await this.all();
    if (this.key && copies.some((copy) => copy.key === this.key)) {
      log(`Cache with key ${this.key} exists already and is not changed`);
      return;
    }
    await this.removePartial();
    const fresh = path.join(this.copies, `partial-${process.pid}-${randomUUID()}`);
    try {
      let files = 0;
      await mkdir(fresh, { recursive: true });
      for (const one of this.paths) files += await this.copy(one, one.root, path.join(fresh, one.kept));
      if (!files) {
        log('No files to cache');
        return;
      }
      await this.keep(fresh);
      log(`Cache saved: ${files} file(s)${this.key ? ` with key ${this.key}` : ''}`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another build was first; its copy is as good as this one.
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    if (this.context.bucket) return;
    const old = (await this.all()).filter((copy) => copy.key === '').slice(KEPT_WITHOUT_KEY);
    for (const { directory } of old) await rm(await directory(), { recursive: true, force: true });
  }

  /** In the bucket, the name of an object has the key: those with one lie in a folder of their own. */
  private async keep(fresh: string): Promise<void> {
    const { bucket } = this.context;
    if (bucket) {
      const name = this.key ? `keys/${encodeURIComponent(this.key)}` : 'latest';
      return bucket.put(`${path.basename(this.copies)}/${name}`, fresh);
    }
    const name = this.key ? sha256(this.key).slice(0, 32) : `${Date.now()}-${randomUUID()}`;
    await writeFile(path.join(fresh, 'key'), this.key);
    await rename(fresh, path.join(this.copies, name));
  }

  /** The key itself first, then each fallback in turn by how keys begin, the newest of several. */
  private async find(): Promise<Copy | undefined> {
    const copies = await this.all();
    const exact = copies.find((copy) => copy.key === this.key);
    if (exact || !this.key) return exact;
    const fallbacks = this.spec.fallbackKeys;
    if (fallbacks.length > FALLBACK_KEYS) {
      this.context.log(
        `${fallbacks.length} fallback keys: CodeBuild takes ${FALLBACK_KEYS}, the others are ignored`,
      );
    }
    for (const written of fallbacks.slice(0, FALLBACK_KEYS)) {
      const prefix = await evaluated(written, this.context);
      const copy = prefix && copies.find((one) => one.key.startsWith(prefix));
      if (copy) return copy;
    }
    return undefined;
  }

  /** The newest first. */
  private async all(): Promise<Copy[]> {
    const { bucket } = this.context;
    const copies = bucket ? await this.inBucket(bucket) : await this.onDisk();
    return copies.sort((a, b) => b.savedAt - a.savedAt);
  }

  private async inBucket(bucket: CacheBucket): Promise<Copy[]> {
    const folder = path.basename(this.copies);
    const objects = await bucket.list(folder);
    return objects.map(({ name, savedAt }) => ({
      key: decodeURIComponent(/^[^/]+\/keys\/(.+)$/.exec(name)?.[1] ?? ''),
      savedAt,
      directory: async () => {
        const directory = path.join(this.copies, `restored-${randomUUID()}`);
        await bucket.get(name, directory);
        return directory;
      },
    }));
  }

  private async onDisk(): Promise<Copy[]> {
    const names = await readdir(this.copies).catch(() => []);
    const copies = await Promise.all(
      names
        .filter((name) => !name.startsWith('partial-'))
        .map(async (name) => {
          const directory = path.join(this.copies, name);
          const file = path.join(directory, 'key');
          try {
            const [key, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), lstat(file)]);
            return [{ directory: () => Promise.resolve(directory), key, savedAt: mtimeMs }];
          } catch {
            // Another build has just removed it.
            return [];
          }
        }),
    );
    return copies.flat();
  }

  /** What builds that were killed left behind. */
  private async removePartial(): Promise<void> {
    for (const name of await readdir(this.copies).catch(() => [])) {
      const pid = Number(/^partial-(\d+)-/.exec(name)?.[1]);
      if (pid && !isRunning(pid)) await rm(path.join(this.copies, name), { recursive: true, force: true });
    }
  }

  /**
   * Copies the files that are wanted, links as links, without ever following a link of the destination: a repository may
   * hold a link that leads out of it, and what lies there is not the build's.
   *
   * @returns how many
   */
  private copy({ start, single, matches }: CachePath, from: string, to: string): Promise<number> {
    const here = async (directory: string): Promise<number> => {
      const entries = await readdir(path.join(from, directory), { withFileTypes: true }).catch(() => []);
      let made: Promise<boolean> | undefined;
      const counts = await Promise.all(
        entries.map(async (entry) => {
          const name = path.join(directory, entry.name);
          if (entry.isDirectory()) return single ? 0 : here(name);
          if (!(entry.isFile() || entry.isSymbolicLink()) || !matches(name)) return 0;
          made ??= this.directory(to, directory);
          if (!(await made)) return 0;
          return Number(await copyEntry(path.join(from, name), path.join(to, name), entry.isSymbolicLink()));
        }),
      );
      return counts.reduce((total, one) => total + one, 0);
    };
    return here(start);
  }

  /** Makes a directory below a root, unless a link stands in its way. */
  private async directory(root: string, relative: string): Promise<boolean> {
    let at = root;
    await mkdir(root, { recursive: true });
    for (const part of relative.split(path.sep).filter(Boolean)) {
      at = path.join(at, part);
      const there = await lstat(at).catch(() => undefined);
      if (there && !there.isDirectory()) {
        this.context.log(`Skipping cache entry: path "${at}" is not within allowed cache paths`);
        return false;
      }
      if (!there) await mkdir(at, { recursive: true });
    }
    return true;
  }
}

/** Undefined, and told, for what the simulator must leave alone: on CodeBuild the whole container is the build's. */
function cachePath(written: string, { home, source, keyed, log }: CacheContext): CachePath | undefined {
  const pattern = new Pattern(written.replace(/^(?:\/root|~)(?=\/|$)/, home), source);
  const single = keyed && !pattern.glob;
  const start = single ? path.dirname(pattern.start) : pattern.start;
  const root = [source, home].find((one) => isWithin(start, one));
  if (root === undefined) {
    log(`(simulated) ${written} is not cached: it is outside of the source and of /root`);
    return undefined;
  }
  return {
    root,
    kept: root === source ? 'source' : 'home',
    start: path.relative(root, start),
    single,
    // A local cache keeps directories as a whole.
    matches: (relative) => !keyed || pattern.matches(path.join(root, relative)),
  };
}

/** Most have nothing for the shell to do, which takes a process each. */
async function evaluated(text: string, { evaluate }: CacheContext): Promise<string> {
  return /[$`]/.test(text) ? evaluate(text) : text;
}

async function copyEntry(from: string, to: string, isLink: boolean): Promise<boolean> {
  const there = await lstat(to).catch(() => undefined);
  if (there?.isDirectory()) return false;
  // What is there may be a link, which copying would follow.
  if (there) await rm(to);
  if (isLink) {
    await symlink(await readlink(from), to);
    return true;
  }
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  // Build tools compare times.
  const { atime, mtime } = await lstat(from);
  await utimes(to, atime, mtime);
  return true;
}

function isWithin(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
