import { readdir } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import type { Files } from './buildspec';

export interface FoundFile {
  /** As it is stored: relative to the base directory, or its name alone with `discard-paths`. */
  readonly path: string;
  readonly absolutePath: string;
}

/**
 * The files that patterns of a buildspec name: `*` does not cross a slash, `**` does, hidden files count, a directory's name
 * alone names nothing. Symbolic links are followed to files, never into directories, which may be circles.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts.files
 *
 * @param root CODEBUILD_SRC_DIR
 * @returns undefined when there is no base directory
 */
export async function findFiles(
  root: string,
  { files, baseDirectory = '.', discardPaths }: Files,
  excludePaths: readonly string[] = [],
): Promise<FoundFile[] | undefined> {
  const bases = await baseDirectories(root, baseDirectory);
  if (!bases.length) return undefined;
  const found: FoundFile[] = [];
  for (const base of bases) {
    // A pattern may be absolute, or leave the base directory; then it is searched from where it points.
    for (const pattern of files) {
      const absolute = path.resolve(base, pattern);
      const { base: start, glob } = picomatch.scan(absolute);
      const from = glob ? start : path.dirname(absolute);
      const matches = picomatch(absolute, { dot: true });
      const excluded = excludePaths.map((exclude) => picomatch(path.resolve(base, exclude), { dot: true }));
      for (const file of await filesBelow(from)) {
        if (!matches(file) || excluded.some((isExcluded) => isExcluded(file))) continue;
        const relative = path.relative(base, file);
        const stored = discardPaths || relative.startsWith('..') ? path.basename(file) : relative;
        found.push({ path: stored, absolutePath: file });
      }
    }
  }
  const byPath = new Map(found.map((file) => [file.path, file]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `base-directory` may be a pattern itself, e.g. `my-build*`. */
async function baseDirectories(root: string, baseDirectory: string): Promise<string[]> {
  const absolute = path.resolve(root, baseDirectory);
  const { glob, base } = picomatch.scan(absolute);
  if (!glob) return (await isDirectory(absolute)) ? [absolute] : [];
  const matches = picomatch(absolute, { dot: true });
  const names = await readdir(base, { withFileTypes: true }).catch(() => []);
  return names
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(base, entry.name))
    .filter((directory) => matches(directory));
}

async function isDirectory(directory: string): Promise<boolean> {
  return readdir(directory).then(
    () => true,
    () => false,
  );
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const absolute = path.join(directory, entry.name);
      if (entry.isDirectory()) return filesBelow(absolute);
      return entry.isFile() || entry.isSymbolicLink() ? [absolute] : [];
    }),
  );
  return nested.flat();
}
