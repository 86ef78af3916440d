import type { Route } from '../gateway/server';
import type { WebhookEvent } from './types';

/** Builds what an event asks for; what it writes is shown by the push. */
export type EventListener = (event: WebhookEvent, write: (text: string) => void) => Promise<void>;

/**
 * The remote that the user's own `git push` takes: a bare repository whose hook hands the pushed refs to the simulator and
 * shows what comes back.
 */
export class Remote {
  constructor(
    /** What the user adds as remote. */
    readonly url: string,
    private readonly onEvent: EventListener,
  ) {}

  /** Makes the repository, or takes the one that is there, and lets its hook know where the route is mounted. */
  init(routeUrl: string): Promise<void> {
    return Promise.reject(new Error(`${this.url}: not made yet (${routeUrl}, ${typeof this.onEvent})`));
  }

  /** Answers the hook. */
  readonly route: Route = (_request, response) => {
    response.writeHead(501).end();
  };
}
