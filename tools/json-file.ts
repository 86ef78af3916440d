import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from './command';

/**
 * Before the work begins, so that a mistyped path is misuse and not half a success.
 *
 * @throws UserError when `--json FILE` cannot be written
 */
export function checkJsonFile(file: string): void {
  if (isDirectory(file)) throw new UserError(`--json ${file}: is a directory; give a file`);
  const folder = path.dirname(file);
  if (!isDirectory(folder)) {
    throw new UserError(`--json ${file}: there is no directory ${folder}; make it, or give another file`);
  }
}

/** A reader never sees half a file, and a full disk leaves the old one. */
export function writeJson(file: string, value: unknown): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UserError(`--json ${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

export function isDirectory(name: string): boolean {
  try {
    return statSync(name).isDirectory();
  } catch {
    return false;
  }
}
