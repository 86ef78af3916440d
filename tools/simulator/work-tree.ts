import { statSync } from 'node:fs';
import { cp, lstat, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../command';
import { git } from './github/git';

/**
 * Copies a source directory as a commit of it would be: of a git work tree all files that git does not ignore, committed or
 * not, with the repository's history; of any other directory everything.
 *
 * @param target an existing empty directory
 * @returns the commit that is checked out, where there is one
 */
export async function copyWorkTree(source: string, target: string): Promise<string | undefined> {
  const listed = await git(source, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').catch(
    () => undefined,
  );
  if (listed === undefined) {
    for (const entry of await readdir(source)) await copy(path.join(source, entry), path.join(target, entry));
    return undefined;
  }
  const commit = await git(source, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}').then(
    (text) => text.trim(),
    () => undefined,
  );
  const top = (await git(source, 'rev-parse', '--show-prefix')).trim() === '';
  if (commit && top) {
    await git(target, 'clone', '--quiet', '--no-checkout', '--no-hardlinks', pathToFileURL(source).href, '.');
    await git(target, 'reset', '--quiet', commit);
  }
  for (const file of new Set(listed.split('\0').filter(Boolean))) {
    const from = path.join(source, file);
    // In the index, but deleted.
    if (!(await lstat(from).catch(() => undefined))) continue;
    await mkdir(path.dirname(path.join(target, file)), { recursive: true });
    await copy(from, path.join(target, file));
  }
  return commit;
}

/** @throws UserError when `--source` is no directory */
export function checkDirectory(source: string): void {
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found) throw new UserError(`--source ${source}: no such directory`);
  if (!found.isDirectory()) throw new UserError(`--source ${source}: expected a directory, got a file`);
}

async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
}
