import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { UserError } from '../../command';
import { git } from './git';
import type { PushEvent } from './types';

/** The actor of a simulated push: an account id such as GitHub gives, of nobody. */
const ACTOR_ACCOUNT_ID = '1000001';
const NO_COMMIT = '0'.repeat(40);

/** A bare repository on this machine that plays GitHub. */
export class Repository {
  private constructor(private readonly directory: string) {}

  static async create(directory: string): Promise<Repository> {
    await mkdir(directory, { recursive: true });
    await git(directory, 'init', '--bare', '--quiet', '--initial-branch=main');
    return new Repository(directory);
  }

  /**
   * Pushes the HEAD of a work tree to a branch, and resolves to what GitHub's webhook would tell of it. The work tree and
   * its repository stay as they are.
   *
   * @throws UserError as checkPush
   */
  async push({ source, branch }: { readonly source: string; readonly branch: string }): Promise<PushEvent> {
    await checkPush({ source, branch });
    const ref = `refs/heads/${branch}`;
    const after = (await git(source, 'rev-parse', 'HEAD')).trim();
    const before =
      (await git(this.directory, 'for-each-ref', '--format=%(objectname)', ref)).trim() || NO_COMMIT;
    // A shallow clone (CI's own) is taken with the history that it has.
    await git(this.directory, 'fetch', '--quiet', '--update-shallow', source, `+HEAD:${ref}`);
    const changed =
      before === NO_COMMIT
        ? await git(this.directory, 'ls-tree', '-r', '--name-only', '-z', after)
        : await git(this.directory, 'diff', '--name-only', '-z', before, after);
    return {
      event: 'PUSH',
      ref,
      before,
      after,
      headCommitMessage: await git(this.directory, 'log', '-1', '--format=%B', after),
      changedFiles: changed.split('\0').filter(Boolean),
      actorAccountId: ACTOR_ACCOUNT_ID,
      repository: this.directory,
    };
  }

  /** What CodeBuild does in DOWNLOAD_SOURCE: the commit of the event, checked out with its history. */
  async clone(event: PushEvent, directory: string): Promise<void> {
    await git(
      directory,
      'clone',
      '--quiet',
      '--no-checkout',
      '--no-hardlinks',
      `file://${this.directory}`,
      '.',
    );
    await git(directory, '-c', 'advice.detachedHead=false', 'checkout', '--quiet', event.after);
  }
}

/** @throws UserError when there is nothing to push, or the branch cannot have that name */
export async function checkPush({ source, branch }: { source: string; branch: string }): Promise<void> {
  await checkSource(source);
  await git(source, 'check-ref-format', `refs/heads/${branch}`).catch(() => {
    throw new UserError(`--branch: expected a branch's name, got '${branch}'`);
  });
}

/** Paths of the work tree that differ from HEAD, or are not in it: none of them is part of a push. */
export async function uncommittedChanges(source: string): Promise<string[]> {
  const status = await git(source, '--no-optional-locks', 'status', '--porcelain', '-z', '--no-renames');
  return status
    .split('\0')
    .filter(Boolean)
    .map((line) => line.slice(3));
}

async function checkSource(source: string): Promise<void> {
  if (!existsSync(source)) throw new UserError(`--source ${source}: no such directory`);
  if (!statSync(source).isDirectory())
    throw new UserError(`--source ${source}: expected a directory, got a file`);
  await git(source, 'rev-parse', '--git-dir').catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `--source ${source}: not a git repository; run git init and commit, a push takes commits only`,
    );
  });
  await git(source, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}').catch(() => {
    throw new UserError(`--source ${source}: has no commit yet; a push takes commits only`);
  });
}
