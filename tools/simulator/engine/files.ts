import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import type { Files } from '../../buildspec/buildspec';

export interface FoundFile {
  /** As it is stored: relative to the base directory, or its name alone with `discard-paths`. */
  readonly path: string;
  readonly absolutePath: string;
}

export interface Search {
  /** CODEBUILD_SRC_DIR. */
  readonly root: string;
  readonly excludePaths?: readonly string[];
  /** Whether links to directories, and to nothing, are found too: they are stored as links. */
  readonly links?: boolean;
  /** CodeBuild says what it expands, in the lines that its users know. */
  readonly log: (line: string) => void;
}

/**
 * The files that patterns of a buildspec name: `*` does not cross a slash, `**` does, hidden files count, a directory's name
 * alone names nothing. Symbolic links are followed to files, never into directories, which may be circles.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts.files
 *
 * @returns undefined when there is no base directory
 */
export async function findFiles(
  { files, baseDirectory = '.', discardPaths }: Files,
  { root, excludePaths = [], links = false, log }: Search,
): Promise<FoundFile[] | undefined> {
  log(`Expanding base directory path: ${baseDirectory}`);
  log('Assembling file list');
  log(`Expanding ${baseDirectory}`);
  const bases = await baseDirectories(root, baseDirectory);
  if (!bases.length) {
    log(`Skipping invalid file path ${baseDirectory}`);
    return undefined;
  }
  const tree = new Tree(links, log);
  const found = new Map<string, FoundFile>();
  for (const base of bases) {
    log(`Expanding file paths for base directory ${path.relative(root, base) || '.'}`);
    log('Assembling file list');
    const excluded = excludePaths.map((pattern) => new Pattern(pattern, base));
    for (const written of files) {
      log(`Expanding ${written}`);
      const pattern = new Pattern(written, base);
      const matches = await tree.matching(pattern);
      // CodeBuild says it of a plain path only; a pattern that names nothing passes in silence.
      if (!matches.length && !pattern.glob) log(`Skipping invalid file path ${written}`);
      for (const file of matches) {
        if (excluded.some((pattern) => pattern.matches(file))) continue;
        const relative = path.relative(base, file);
        const stored = discardPaths || relative.startsWith('..') ? path.basename(file) : relative;
        const other = found.get(stored)?.absolutePath;
        if (other && other !== file)
          log(`${path.relative(root, file)} takes the place of ${path.relative(root, other)}`);
        found.set(stored, { path: stored, absolutePath: file });
      }
    }
  }
  if (found.size) log(`Found ${found.size} file(s)`);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A path of a buildspec, which may have stars, be absolute, or leave its directory. */
export class Pattern {
  /** The part without stars: where everything lies that it can name. */
  readonly start: string;
  /** Empty for a plain path. */
  readonly glob: string;
  private readonly isMatch: (relative: string) => boolean;

  constructor(written: string, base: string) {
    const parts = written.split('/');
    const first = parts.findIndex((part) => /[*?[{]/.test(part));
    this.glob = first < 0 ? '' : parts.slice(first).join('/');
    this.start = path.resolve(
      base,
      first < 0 ? written : parts.slice(0, first).join('/') || written.slice(0, first),
    );
    // Matched below `start`: the directory that the source lies in may have any name.
    this.isMatch = this.glob
      ? picomatch(this.glob, { dot: true, noextglob: true, nonegate: true })
      : () => false;
  }

  matches(file: string): boolean {
    if (!this.glob) return file === this.start;
    const relative = path.relative(this.start, file);
    return !relative.startsWith('..') && this.isMatch(relative);
  }
}

/** `base-directory` may be a pattern itself, e.g. `my-build*`. */
async function baseDirectories(root: string, baseDirectory: string): Promise<string[]> {
  const pattern = new Pattern(baseDirectory, root);
  if (!pattern.glob) return (await isDirectory(pattern.start)) ? [pattern.start] : [];
  const names = await readdir(pattern.start, { withFileTypes: true }).catch(() => []);
  return names
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(pattern.start, entry.name))
    .filter((directory) => pattern.matches(directory))
    .sort();
}

/** Reads each directory once, whatever number of patterns look into it. */
class Tree {
  private readonly files = new Map<string, Promise<string[]>>();

  constructor(
    private readonly links: boolean,
    private readonly log: (line: string) => void,
  ) {}

  async matching(pattern: Pattern): Promise<string[]> {
    if (pattern.glob) return (await this.below(pattern.start)).filter((file) => pattern.matches(file));
    const siblings = await this.entries(path.dirname(pattern.start));
    return siblings.filter((file) => file === pattern.start);
  }

  private below(directory: string): Promise<string[]> {
    const known = this.files.get(directory);
    if (known) return known;
    const read = this.walk(directory);
    this.files.set(directory, read);
    return read;
  }

  private async walk(directory: string): Promise<string[]> {
    const entries = await this.read(directory);
    const nested = await Promise.all(
      entries.map((entry) => {
        const absolute = path.join(directory, entry.name);
        return entry.isDirectory() ? this.walk(absolute) : this.file(entry, absolute);
      }),
    );
    return nested.flat();
  }

  private async entries(directory: string): Promise<string[]> {
    const entries = await this.read(directory);
    return (
      await Promise.all(entries.map((entry) => this.file(entry, path.join(directory, entry.name))))
    ).flat();
  }

  /** Nothing for what is neither a file nor a link to one. */
  private async file(entry: Dirent, absolute: string): Promise<string[]> {
    if (entry.isFile()) return [absolute];
    if (!entry.isSymbolicLink()) return [];
    const target = await stat(absolute).catch(() => undefined);
    return this.links || target?.isFile() ? [absolute] : [];
  }

  private async read(directory: string): Promise<Dirent[]> {
    try {
      return await readdir(directory, { withFileTypes: true });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.log(`Skipping ${directory}: ${message}`);
      return [];
    }
  }
}

function isDirectory(directory: string): Promise<boolean> {
  return stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
