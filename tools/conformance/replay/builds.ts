import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchGetBuildsCommand,
  type Build,
  StartBuildCommand,
  type StartBuildCommandInput,
} from '@aws-sdk/client-codebuild';
import { UserError } from '../../command';
import type { Account } from './account';

const AT_FIRST = 2;
/** How many builds are asked for at once at most, whatever the account has places for. */
export const AT_MOST = 12;
/** For how long the account may have no place for a single build of ours. */
const PATIENCE_MS = 30 * 60_000;

/** Starts builds, as many at once as the account has places for, and waits for their ends. */
export class BuildQueue {
  private places = AT_FIRST;
  private full = false;
  private running = 0;
  private lastStart = Date.now();
  private readonly waiting = new Map<
    string,
    { readonly ended: (build: Build) => void; readonly failed: (error: unknown) => void }
  >();
  private polling = false;

  constructor(
    private readonly account: Account,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves to the build as it ended. */
  async run(input: StartBuildCommandInput): Promise<Build> {
    const id = await this.start(input);
    try {
      return await new Promise<Build>((ended, failed) => {
        this.waiting.set(id, { ended, failed });
        void this.poll();
      });
    } finally {
      this.running -= 1;
      // It went well: one more, until the account says that it is enough.
      if (!this.full && this.places < AT_MOST) this.places += 1;
    }
  }

  private async start(input: StartBuildCommandInput): Promise<string> {
    for (;;) {
      this.signal.throwIfAborted();
      if (this.running < this.places) {
        this.running += 1;
        try {
          const { build } = await this.account.codebuild.send(new StartBuildCommand(input));
          this.lastStart = Date.now();
          return build?.id ?? '';
        } catch (error) {
          this.running -= 1;
          this.refused(error as Error);
        }
      }
      await this.wait();
    }
  }

  /** @throws the error, where waiting would be in vain */
  private refused(error: Error): void {
    if (error.name !== 'AccountLimitExceededException') throw error;
    if (/more than 0 builds/.test(error.message)) {
      throw new UserError(
        `${error.message}: the account's quota of concurrent Linux/Small builds is 0; ask for more in Service Quotas`,
        1,
      );
    }
    if (this.running === 0 && Date.now() - this.lastStart > PATIENCE_MS)
      throw new UserError(error.message, 1);
    this.full = true;
    this.places = Math.max(1, this.running);
  }

  /** One question for all builds. */
  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    try {
      while (this.waiting.size) {
        await this.wait();
        const ids = [...this.waiting.keys()];
        const { builds = [] } = await this.account.codebuild.send(new BatchGetBuildsCommand({ ids }));
        for (const build of builds) {
          if (!build.buildComplete) continue;
          this.waiting.get(build.id ?? '')?.ended(build);
          this.waiting.delete(build.id ?? '');
        }
      }
    } catch (error) {
      for (const { failed } of this.waiting.values()) failed(error);
      this.waiting.clear();
    } finally {
      this.polling = false;
    }
  }

  private wait(): Promise<void> {
    return delay(this.account.pollMilliseconds, undefined, { signal: this.signal });
  }
}
