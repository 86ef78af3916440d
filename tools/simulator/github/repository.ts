import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../command';
import { checkDirectory } from '../work-tree';
import { git } from './git';
import { parseSourceVersion, sourceError } from './source-version';
import {
  NO_COMMIT,
  type PullRequestEvent,
  type PushEvent,
  type ReleaseEvent,
  type WebhookEvent,
} from './types';

/** The actor of a simulated push: an account id such as GitHub gives, of nobody. */
const ACTOR_ACCOUNT_ID = '1000001';

/** A ref as a push has changed it; zeros where there was, or is, nothing. */
export interface RefUpdate {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

export interface CheckoutOptions {
  /** `gitCloneDepth` of the project's source; 0 is all of the history. */
  readonly depth?: number;
  /** Told about what CodeBuild would do and the simulator does not. */
  readonly note?: (line: string) => void;
}

/** A bare repository on this machine that plays GitHub. */
export class Repository {
  private constructor(private readonly directory: string) {}

  /** Makes one, or opens the one that is there. */
  static async create(directory: string): Promise<Repository> {
    await mkdir(directory, { recursive: true });
    await git(directory, 'init', '--bare', '--quiet', '--initial-branch=main');
    const repository = new Repository(path.resolve(directory));
    // GitHub, too, gives out any commit that it has, e.g. one that a forced push has left behind.
    await repository.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    return repository;
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
    const before = await this.resolve(ref);
    await this.fetch(source, 'HEAD', ref);
    return this.pushed({ ref, before: before ?? NO_COMMIT, after: (await this.resolve(ref)) ?? NO_COMMIT });
  }

  /**
   * Pushes a commit that changes no file to the branch whose head is `commit`, on top of it, as somebody else would.
   *
   * @returns what GitHub's webhook would tell of it; undefined where no branch is there any more
   */
  async pushOnTop(commit: string): Promise<PushEvent | undefined> {
    const heads = await this.git(
      'for-each-ref',
      `--points-at=${commit}`,
      '--format=%(refname)',
      'refs/heads/',
    );
    const [ref] = names(heads.replaceAll('\n', '\0'));
    if (!ref) return undefined;
    const author = ['-c', 'user.name=Somebody Else', '-c', 'user.email=somebody.else@example.org'];
    const message = 'Push on top (simulated)';
    const made = await this.git(...author, 'commit-tree', `${commit}^{tree}`, '-p', commit, '-m', message);
    const after = made.trim();
    await this.git('update-ref', ref, after, commit);
    return this.pushed({ ref, before: commit, after });
  }

  /**
   * What GitHub's webhook tells of a ref that has just been pushed.
   *
   * @param later refs that the same push changes after this one: GitHub does not know them yet
   */
  async pushed({ ref, before, after }: RefUpdate, later: readonly string[] = []): Promise<PushEvent> {
    await this.chooseDefaultBranch(ref);
    return {
      event: 'PUSH',
      ref,
      before,
      after,
      headCommitMessage: after === NO_COMMIT ? '' : await this.messageOf(after),
      changedFiles: after === NO_COMMIT ? [] : await this.filesOf({ ref, before, after }, later),
      actorAccountId: ACTOR_ACCOUNT_ID,
      repository: path.basename(this.directory, '.git'),
    };
  }

  /**
   * Puts the commits of an event there that came from a file, as GitHub has them when it tells of the event. They come from
   * a work tree; where it does not have the event's commit, its HEAD stands in for it, and `note` says so.
   *
   * @returns the event, of the commit that is there now
   * @throws UserError when the work tree has no commit at all
   */
  async receive(event: WebhookEvent, source: string, note: (line: string) => void): Promise<WebhookEvent> {
    await checkSource(source);
    if (event.event === 'PUSH') return this.receivePush(event, source, note);
    return 'number' in event
      ? this.receivePullRequest(event, source, note)
      : this.receiveRelease(event, source, note);
  }

  /**
   * What CodeBuild does in DOWNLOAD_SOURCE: clones, and checks out a source version, which is a commit, a branch, a tag,
   * `pr/7`, a full reference, or one of these with the commit, `refs/heads/main^{<commit>}`. Without a version it takes the
   * default branch. Resolves to the commit.
   *
   * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-source-version.html
   *
   * @throws Error in CodeBuild's words when there is no such version
   */
  async checkout(sourceVersion: string, directory: string, options: CheckoutOptions = {}): Promise<string> {
    const { ref, commit } = await this.find(sourceVersion);
    const origin = pathToFileURL(this.directory).href;
    const { depth = 0, note } = options;
    if (ref && (depth || sourceVersion.includes('^{'))) {
      // With a reference, CodeBuild downloads that alone.
      await git(directory, 'init', '--quiet', '--initial-branch=main');
      await git(directory, 'remote', 'add', 'origin', origin);
      const tracking = ref.replace(/^refs\/heads\//, 'refs/remotes/origin/');
      const shallow = depth ? [`--depth=${depth}`] : [];
      await git(directory, 'fetch', '--quiet', ...shallow, 'origin', `+${ref}:${tracking}`);
    } else {
      await git(directory, 'clone', '--quiet', '--no-checkout', origin, '.');
    }
    // What no branch and no tag leads to: a pull request, or what a newer push has gone past.
    const has = await git(directory, 'cat-file', '-e', `${commit}^{commit}`).then(
      () => true,
      () => false,
    );
    if (!has) await git(directory, 'fetch', '--quiet', 'origin', commit);
    await git(directory, '-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', commit);
    const tree = await git(directory, 'ls-tree', '-r', '-z', 'HEAD');
    for (const entry of tree.split('\0').filter((line) => line.startsWith('160000 '))) {
      note?.(`submodule ${entry.split('\t')[1]}: not fetched (simulated)`);
    }
    return commit;
  }

  private async find(sourceVersion: string): Promise<{ ref?: string; commit: string }> {
    const { refs, commit } = parseSourceVersion(sourceVersion, await this.defaultBranch());
    let found: string | undefined;
    for (const ref of refs) found ??= (await this.resolve(ref)) && ref;
    if (refs.length && !found) throw sourceError('reference not found', sourceVersion);
    const wanted = await this.resolve(commit ?? found ?? '');
    if (!wanted) throw sourceError('reference not found', sourceVersion);
    return { ref: found, commit: wanted };
  }

  /** The commit that a ref or an object id leads to. */
  private async resolve(name: string): Promise<string | undefined> {
    if (!/^(refs\/|[0-9a-f]{40}$)/.test(name)) return undefined;
    return (
      (await this.git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).catch(() => '')).trim() ||
      undefined
    );
  }

  private async receivePush(
    event: PushEvent,
    source: string,
    note: (line: string) => void,
  ): Promise<PushEvent> {
    if (event.after === NO_COMMIT) {
      await this.git('update-ref', '-d', event.ref);
      return event;
    }
    const after = await this.take(event.after, event.ref, source, note);
    return { ...event, after };
  }

  private async receivePullRequest(
    event: PullRequestEvent,
    source: string,
    note: (line: string) => void,
  ): Promise<PullRequestEvent> {
    if (!(await this.resolve(event.baseRef)) && (await has(source, event.baseCommit))) {
      await this.fetch(source, event.baseCommit, event.baseRef);
    }
    const headCommit = await this.take(event.headCommit, `refs/pull/${event.number}/head`, source, note);
    const range = `${event.baseCommit}...${headCommit}`;
    // Without the base there is nothing to compare with.
    const changed = await this.git('diff', '--name-only', '-z', range).catch(() => undefined);
    return {
      ...event,
      headCommit,
      headCommitMessage: await this.messageOf(headCommit),
      changedFiles: changed?.split('\0').filter(Boolean),
    };
  }

  private async receiveRelease(
    event: ReleaseEvent,
    source: string,
    note: (line: string) => void,
  ): Promise<ReleaseEvent> {
    const ref = `refs/tags/${event.tag}`;
    const tagged = await git(source, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`).catch(() => '');
    if (!tagged) note(`the tag ${event.tag} of the event is not in ${source}: its HEAD stands in for it`);
    await this.fetch(source, tagged ? ref : 'HEAD', ref);
    return event;
  }

  /** Fetches a commit into a ref, or HEAD where the source does not have it. */
  private async take(
    commit: string,
    ref: string,
    source: string,
    note: (line: string) => void,
  ): Promise<string> {
    if (await has(source, commit)) {
      await this.fetch(source, commit, ref);
      return commit;
    }
    await this.fetch(source, 'HEAD', ref);
    const head = (await this.resolve(ref)) ?? NO_COMMIT;
    note(
      `the commit ${commit.slice(0, 7)} of the event is not in ${source}: its HEAD, ${head.slice(0, 7)}, stands in for it`,
    );
    return head;
  }

  /** `name` is a full ref, HEAD or an object id. */
  private async fetch(source: string, name: string, ref: string): Promise<void> {
    // A shallow clone (CI's own) is taken with the history that it has.
    await this.git(
      'fetch',
      '--quiet',
      '--no-tags',
      '--update-shallow',
      path.resolve(source),
      `+${name}:${ref}`,
    );
    await this.chooseDefaultBranch(ref);
  }

  private async messageOf(commit: string): Promise<string> {
    return this.git('log', '-1', '--format=%B', commit);
  }

  private async filesOf({ ref, before, after }: RefUpdate, later: readonly string[]): Promise<string[]> {
    if (before !== NO_COMMIT) {
      return names(await this.git('diff', '--name-only', '-z', before, after));
    }
    // A new ref brings what no other one has yet. (`--all` would take HEAD for another one.)
    const unknown = [ref, ...later].map((name) => `--exclude=${name}`);
    const args = [
      '--format=',
      '--name-only',
      '--no-renames',
      '-z',
      after,
      '--not',
      ...unknown,
      '--glob=refs/*',
    ];
    return [...new Set(names(await this.git('log', ...args)))].sort();
  }

  private async defaultBranch(): Promise<string> {
    return (await this.git('symbolic-ref', 'HEAD')).trim();
  }

  /** As on GitHub, the first branch of an empty repository. */
  private async chooseDefaultBranch(ref: string): Promise<void> {
    if (!ref.startsWith('refs/heads/') || (await this.resolve(await this.defaultBranch()))) return;
    if (await this.resolve(ref)) await this.git('symbolic-ref', 'HEAD', ref);
  }

  private git(...args: string[]): Promise<string> {
    return git(this.directory, ...args);
  }
}

function names(output: string): string[] {
  return output.split('\0').filter(Boolean);
}

async function has(source: string, commit: string): Promise<boolean> {
  return git(source, 'cat-file', '-e', `${commit}^{commit}`).then(
    () => true,
    () => false,
  );
}
/** @throws UserError when there is nothing to push, or the branch cannot have that name */
export async function checkPush({ source, branch }: { source: string; branch: string }): Promise<void> {
  await checkSource(source);
  if (branch.startsWith('refs/')) {
    throw new UserError(`--branch: expected a branch's name such as main, got the reference '${branch}'`);
  }
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
  checkDirectory(source);
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
