import path from 'node:path';
import picomatch from 'picomatch';

/**
 * Whether `.dockerignore` keeps a file of the context out of it: the last pattern that matches the file, or a folder above it,
 * decides. https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function dockerignore(lines: readonly string[]): (file: string) => boolean {
  const rules = lines
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const except = line.startsWith('!');
      return { except, matches: picomatch(cleaned(except ? line.slice(1) : line), { dot: true }) };
    });
  return (file) => {
    const last = rules.findLast(({ matches }) => ancestors(file).some((part) => matches(part)));
    return last !== undefined && !last.except;
  };
}

/** Of a path within the context: without the slashes around it; `` is the context itself. */
export function cleaned(source: string): string {
  const normal = path.posix.normalize(source).replace(/^\/+|\/+$/g, '');
  return normal === '.' ? '' : normal;
}

/** `a/b/c` is `a`, `a/b` and `a/b/c`. */
export function ancestors(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
