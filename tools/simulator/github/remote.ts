import { randomBytes, timingSafeEqual } from 'node:crypto';
import { copyFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { UserError } from '../../command';
import type { Route } from '../gateway/server';
import { git } from './git';
import { type RefUpdate, Repository } from './repository';
import type { WebhookEvent } from './types';

/** Builds what an event asks for; the push shows what it writes. */
export type EventListener = (event: WebhookEvent, write: (text: string) => void) => Promise<void>;

/** The repository's own settings win over the user's, which `git push` to a directory applies to this side too. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', 'hooks'],
  // Where pull requests are: "deny updating a hidden ref", as GitHub says.
  ['receive.hideRefs', 'refs/pull'],
  ['receive.denyNonFastForwards', 'false'],
  ['receive.denyDeletes', 'false'],
  ['receive.denyDeleteCurrent', 'refuse'],
  // GitHub has the history already that a shallow clone lacks; this one begins empty.
  ['receive.shallowUpdate', 'true'],
  // A collection would go on in the background, in a directory that is about to be removed.
  ['receive.autogc', 'false'],
  ['gc.auto', '0'],
];

const MAX_BODY_BYTES = 1024 * 1024;
/** What a push that is not read, e.g. one that was suspended, may leave waiting in memory. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * The remote that the user's own `git push` takes: a bare repository whose hook hands the pushed refs to the simulator and
 * shows what comes back, line by line, in the push's own output. A push that is interrupted leaves its builds running.
 */
export class Remote {
  /** What the user adds as remote. */
  readonly url: string;
  private readonly token = randomBytes(16).toString('hex');
  private opened: Repository | undefined;

  constructor(
    directory: string,
    private readonly onEvent: EventListener,
  ) {
    this.url = path.resolve(directory);
  }

  /**
   * Makes the repository, or takes the one that is there, and tells its hook where to find the route.
   *
   * @param routeUrl known only when the gateway listens, which needs the route before
   */
  async init(routeUrl: string): Promise<void> {
    this.opened = await Repository.create(this.url);
    const own = [
      ['simulator.node', process.execPath],
      ['simulator.hook', path.join(__dirname, 'post-receive.js')],
    ] as const;
    for (const [name, value] of [...SETTINGS, ...own]) await git(this.url, 'config', name, value);
    const hook = path.join(this.url, 'hooks', 'post-receive');
    await mkdir(path.dirname(hook), { recursive: true });
    await copyFile(path.join(__dirname, 'post-receive'), hook);
    await chmod(hook, 0o755);
    // Without the token, whoever reaches the port could start builds: another user, or a page in a browser.
    const file = path.join(this.url, 'simulator.json');
    await writeFile(file, JSON.stringify({ url: routeUrl, token: this.token }), { mode: 0o600 });
    await chmod(file, 0o600);
  }

  /** @throws Error before init */
  get repository(): Repository {
    if (!this.opened) throw new Error('the remote has not been made yet');
    return this.opened;
  }

  /**
   * Answers the hook: each ref is one event, in the order of the push, and the answer ends when their builds have. Answers
   * `simulate event` likewise, which brings an event in JSON and the source that has its commits.
   */
  readonly route: Route = async (request, response) => {
    if (request.method !== 'POST' || !this.isOurHook(request)) {
      response.writeHead(403).end();
      request.resume();
      return;
    }
    const body = await read(request);
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.flushHeaders();
    // A push that was interrupted has closed the connection; its builds go on.
    response.on('error', () => undefined);
    const watcher = new Watcher(response);
    try {
      // All of them before the first build: later pushes may change what there is to tell.
      const events =
        request.headers['content-type'] === 'application/json'
          ? [await this.told(JSON.parse(body) as ToldEvent, watcher.write)]
          : await this.eventsOf(parseUpdates(body), watcher.write);
      for (const event of events) await this.onEvent(event, watcher.write).catch(watcher.failure);
    } catch (error) {
      watcher.failure(error);
    }
    watcher.end();
  };

  private told({ event, source }: ToldEvent, write: (text: string) => void): Promise<WebhookEvent> {
    return this.repository.receive(event, source, (line) => write(`${line}\n`));
  }

  private async eventsOf(
    updates: readonly RefUpdate[],
    write: (text: string) => void,
  ): Promise<WebhookEvent[]> {
    const events: WebhookEvent[] = [];
    for (const [index, update] of updates.entries()) {
      const later = updates.slice(index + 1).map(({ ref }) => ref);
      if (/^refs\/(heads|tags)\//.test(update.ref)) events.push(await this.repository.pushed(update, later));
      else write(`${update.ref}: no event, webhooks tell of branches and tags only\n`);
    }
    return events;
  }

  private isOurHook({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(String(headers['x-simulator-token'] ?? ''));
    const own = Buffer.from(this.token);
    return given.length === own.length && timingSafeEqual(given, own);
  }
}

/** An event that does not come from a push. */
export interface ToldEvent {
  readonly event: WebhookEvent;
  /** The work tree that has its commits. */
  readonly source: string;
}

/**
 * Hands an event to the simulator that owns a remote, and tells what comes back, as it comes.
 *
 * @param remote the directory of its repository
 * @throws UserError when it is none, or nobody listens
 */
export async function sendEvent(
  remote: string,
  told: ToldEvent,
  out: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = path.join(remote, 'simulator.json');
  const { url, token } = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as { url: string; token: string },
    () => {
      throw new UserError(`--remote ${remote}: expected the remote that \`simulate serve\` prints`);
    },
  );
  const headers = { 'content-type': 'application/json', 'x-simulator-token': token };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(told), signal }).catch(
    () => {
      signal.throwIfAborted();
      throw new UserError(
        `--remote ${remote}: its simulator does not listen; start \`simulate serve\` again`,
        1,
      );
    },
  );
  if (!response.ok || !response.body) {
    throw new UserError(`--remote ${remote}: another simulator listens at ${url} (${response.status})`, 1);
  }
  const decoder = new TextDecoder();
  for await (const chunk of response.body) out(decoder.decode(chunk as Uint8Array, { stream: true }));
}

/** What git gives a post-receive hook: `<before> <after> <ref>`, a line each. */
function parseUpdates(text: string): RefUpdate[] {
  return text.split('\n').flatMap((line) => {
    const [, before, after, ref] = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/\S+)$/.exec(line) ?? [];
    return before && after && ref ? [{ before, after, ref }] : [];
  });
}

/** Who watches a build: never makes it wait, and may go away. */
class Watcher {
  private leftOut = 0;

  constructor(private readonly response: ServerResponse) {}

  readonly write = (text: string): void => {
    if (this.response.destroyed) return;
    if (this.response.writableLength > MAX_WAITING_BYTES) {
      this.leftOut += Buffer.byteLength(text);
      return;
    }
    this.tellWhatIsLeftOut();
    this.response.write(text);
  };

  readonly failure = (error: unknown): void => {
    this.write(`the simulator failed: ${error instanceof Error ? error.message : String(error)}\n`);
  };

  end(): void {
    this.tellWhatIsLeftOut();
    this.response.end();
  }

  private tellWhatIsLeftOut(): void {
    if (!this.leftOut || this.response.destroyed) return;
    this.response.write(`\n… ${this.leftOut} bytes are not shown: nobody read them …\n`);
    this.leftOut = 0;
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('the refs of the push are too many');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
