import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import picomatch from 'picomatch';
import { ancestors, cleaned, dockerignore } from '../../../dockerfile/ignore';

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
    const ignored = dockerignore(linesOf(path.join(directory, '.dockerignore')));
    // Needed for the build itself, whatever the patterns say.
    const needed = new Set([dockerfile, '.dockerignore']);
    this.files = [...below(directory, '')].filter((file) => needed.has(file) || !ignored(file)).sort();
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
        const shown = `/${cleaned(source)}`;
        throw new Error(
          `failed to compute cache key: failed to calculate checksum of ref: "${shown}": not found`,
        );
      }
      for (const file of files) hash.update(`${file}\0`).update(contentOf(path.join(this.directory, file)));
    }
    return hash.digest('hex');
  }

  private matching(source: string): readonly string[] {
    const wanted = cleaned(source);
    if (wanted === '') return this.files;
    const matches = picomatch(wanted, { dot: true });
    return this.files.filter((file) => ancestors(file).some((part) => matches(part)));
  }
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

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch {
    return [];
  }
}
