import { readFileSync, statSync } from 'node:fs';
import { UserError } from '../../command';
import { isRefName } from './source-version';
import {
  NO_COMMIT,
  type PullRequestEvent,
  type PushEvent,
  type ReleaseEvent,
  type WebhookEvent,
} from './types';

/** GitHub sends none that is larger: https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap */
const MAX_MEGABYTES = 25;

const KNOWN =
  'push, pull_request (opened, reopened, synchronize, closed) and release (released, prereleased)';

/**
 * Reads a webhook payload of GitHub's own from a file: the body alone, whose type its shape tells, or
 * `{ "event": "pull_request", "payload": { … } }`.
 *
 * https://docs.github.com/webhooks/webhook-events-and-payloads
 *
 * @throws UserError when there is none in it that CodeBuild builds
 */
export function readEvent(file: string): WebhookEvent {
  const payload = new Payload(file, parse(file));
  const type = payload.type();
  if (type === 'push') return push(payload);
  if (type === 'pull_request') return pullRequest(payload);
  if (type === 'release') return release(payload);
  throw payload.error(`not a payload that CodeBuild builds; GitHub's ${KNOWN} are`);
}

function push(payload: Payload): PushEvent {
  const after = payload.commit('after');
  const event = {
    event: 'PUSH' as const,
    ref: payload.ref('ref', ''),
    before: payload.commit('before'),
    after,
    headCommitMessage: after === NO_COMMIT ? '' : payload.text('head_commit.message'),
    changedFiles: payload.changedFiles(),
    ...payload.common(),
  };
  if (!/^refs\/(heads|tags)\//.test(event.ref)) payload.wrong.push('ref (a branch or a tag)');
  return payload.checked(event);
}

const PULL_REQUEST_EVENTS = new Map<string, PullRequestEvent['event']>([
  ['opened', 'PULL_REQUEST_CREATED'],
  ['reopened', 'PULL_REQUEST_REOPENED'],
  ['synchronize', 'PULL_REQUEST_UPDATED'],
]);

function pullRequest(payload: Payload): PullRequestEvent {
  const action = payload.text('action');
  const closed = payload.at('pull_request.merged') ? 'PULL_REQUEST_MERGED' : 'PULL_REQUEST_CLOSED';
  const event = action === 'closed' ? closed : PULL_REQUEST_EVENTS.get(action);
  if (!event) throw payload.unknownAction('pull_request', action);
  const association = payload.at('pull_request.author_association');
  return payload.checked({
    event,
    number: payload.number('number'),
    headRef: payload.ref('pull_request.head.ref', 'refs/heads/'),
    headCommit: payload.commit('pull_request.head.sha'),
    baseRef: payload.ref('pull_request.base.ref', 'refs/heads/'),
    baseCommit: payload.commit('pull_request.base.sha'),
    // The repository of the head is null when the fork has been deleted.
    fork: payload.at('pull_request.head.repo.id') !== payload.number('pull_request.base.repo.id'),
    ...(typeof association === 'string' && { authorAssociation: association }),
    ...payload.common(),
  });
}

const RELEASE_EVENTS = new Map<string, ReleaseEvent['event']>([
  ['released', 'RELEASED'],
  ['prereleased', 'PRERELEASED'],
]);

function release(payload: Payload): ReleaseEvent {
  const action = payload.text('action');
  const event = RELEASE_EVENTS.get(action);
  if (!event) throw payload.unknownAction('release', action);
  return payload.checked({
    event,
    tag: payload.ref('release.tag_name', 'refs/tags/').slice('refs/tags/'.length),
    // A release need not have a name.
    name: String(payload.at('release.name') ?? ''),
    ...payload.common(),
  });
}

/** Reads fields by their path and remembers which are missing or wrong, so that all of them are told at once. */
class Payload {
  readonly wrong: string[] = [];
  private readonly body: unknown;
  private readonly named: unknown;

  constructor(
    private readonly file: string,
    content: unknown,
  ) {
    const wrapped = get(content, 'payload');
    this.body = wrapped ?? content;
    this.named = wrapped === undefined ? undefined : get(content, 'event');
  }

  /** As `X-GitHub-Event` has it. */
  type(): unknown {
    if (this.named !== undefined) return this.named;
    const has = (field: string): boolean => get(this.body, field) !== undefined;
    // Reviews and comments carry the pull request too.
    if (has('pull_request') && has('number')) return 'pull_request';
    if (has('release') && has('action')) return 'release';
    return has('ref') && has('before') && has('after') ? 'push' : undefined;
  }

  at(path: string): unknown {
    return path.split('.').reduce(get, this.body);
  }

  text(path: string): string {
    const value = this.at(path);
    if (typeof value !== 'string') this.wrong.push(path);
    return typeof value === 'string' ? value : '';
  }

  number(path: string): number {
    const value = this.at(path);
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    this.wrong.push(path);
    return 0;
  }

  commit(path: string): string {
    const value = this.at(path);
    if (typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)) return value;
    this.wrong.push(`${path} (a commit of 40 hexadecimal digits)`);
    return '';
  }

  ref(path: string, prefix: string): string {
    const value = this.at(path);
    if (typeof value === 'string' && isRefName(prefix + value)) return prefix + value;
    this.wrong.push(`${path} (a name that git takes)`);
    return '';
  }

  changedFiles(): string[] {
    const commits = this.at('commits');
    const changed = (Array.isArray(commits) ? commits : []).flatMap((commit: unknown) =>
      ['added', 'modified', 'removed'].flatMap((kind) => get(commit, kind) ?? []),
    );
    if (!Array.isArray(commits) || changed.some((name) => typeof name !== 'string'))
      this.wrong.push('commits');
    return [...new Set(changed as string[])];
  }

  common(): Pick<WebhookEvent, 'actorAccountId' | 'repository' | 'organization'> {
    const organization = this.at('organization.login');
    return {
      actorAccountId: String(this.number('sender.id')),
      repository: this.text('repository.name'),
      ...(typeof organization === 'string' && { organization }),
    };
  }

  checked<Event>(event: Event): Event {
    if (this.wrong.length) throw this.error(`the payload lacks ${this.wrong.join(', ')}`);
    return event;
  }

  unknownAction(type: string, action: string): UserError {
    return this.error(`${type} with the action '${action}' starts no build; GitHub's ${KNOWN} do`);
  }

  error(message: string): UserError {
    return new UserError(`--event ${this.file}: ${message}`);
  }
}

function get(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function parse(file: string): unknown {
  const text = read(file);
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`--event ${file}: not JSON (${(error as Error).message.replace(/\s+/g, ' ')})`);
  }
}

function read(file: string): string {
  try {
    if (statSync(file).size > MAX_MEGABYTES * 1024 * 1024) {
      throw new UserError(`--event ${file}: too large; GitHub's payloads have at most ${MAX_MEGABYTES} MB`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`;
    throw new UserError(`--event ${file}: ${reason}`);
  }
}
