import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import picomatch from 'picomatch';

/** What `docker build` sends to the daemon: the files below a folder, less what `.dockerignore` names. */
export class BuildContext {
  private readonly files: readonly string[];

  /** @throws Error with docker's words when there is no such folder */
  constructor(
    private readonly directory: string,
    dockerfile: string,
  ) {
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`unable to prepare context: path "${directory}" not found`);
    }
    const ignored = dockerignore(path.join(directory, '.dockerignore'), dockerfile);
    this.files = [...below(directory, '')].filter((file) => !ignored(file)).sort();
  }

  get size(): number {
    return this.files.length;
  }

  /**
   * The content that the sources of a COPY name, as one digest: the same content gives the same.
   *
   * @throws Error with BuildKit's words for a source that names nothing
   */
  digest(sources: readonly string[]): string {
    const hash = createHash('sha256');
    for (const source of sources) {
      const files = this.matching(source);
      if (!files.length) {
        const shown = `/${clean(source)}`;
        throw new Error(
          `failed to compute cache key: failed to calculate checksum of ref: "${shown}": not found`,
        );
      }
      for (const file of files) hash.update(`${file}\0`).update(contentOf(path.join(this.directory, file)));
    }
    return hash.digest('hex');
  }

  private matching(source: string): readonly string[] {
    const wanted = clean(source);
    if (wanted === '') return this.files;
    const matches = picomatch(wanted, { dot: true });
    return this.files.filter((file) => ancestors(file).some((part) => matches(part)));
  }
}

function clean(source: string): string {
  const normal = path.posix.normalize(source).replace(/^\/+|\/+$/g, '');
  return normal === '.' ? '' : normal;
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    // A symbolic link to nowhere, or to a directory, is copied as a link.
    return readlinkSync(file);
  }
}

function* below(directory: string, prefix: string): Generator<string> {
  for (const entry of readdirSync(path.join(directory, prefix), { withFileTypes: true })) {
    const relative = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) yield* below(directory, relative);
    else if (entry.isFile() || entry.isSymbolicLink()) yield relative;
  }
}

/** The last pattern that matches a file, or a folder above it, decides. https://docs.docker.com/build/concepts/context/#dockerignore-files */
function dockerignore(file: string, dockerfile: string): (path: string) => boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return () => false;
  }
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const except = line.startsWith('!');
      return { except, matches: picomatch(clean(except ? line.slice(1) : line), { dot: true }) };
    });
  return (relative) => {
    // Needed for the build itself, whatever the patterns say.
    if (relative === dockerfile || relative === '.dockerignore') return false;
    const last = rules.findLast(({ matches }) => ancestors(relative).some((part) => matches(part)));
    return last !== undefined && !last.except;
  };
}

/** `a/b/c` is `a`, `a/b` and `a/b/c`. */
function ancestors(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
