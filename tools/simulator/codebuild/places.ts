import { AwsError } from '../gateway/request';

/** As many builds wait as five times those that run. https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html */
const WAITING_PER_PLACE = 5;

/** A place of the build fleet, or the wait for one. */
export interface Place {
  /** Resolves when the build may run. */
  readonly taken: Promise<void>;
  /** Gives the place, or the wait, up. */
  leave(): void;
}

/**
 * The builds that an account may run at once; further ones wait, in order, and beyond the queue they are refused.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/builds-working.html
 */
export class Places {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly quota: number) {}

  /** @throws AwsError AccountLimitExceededException */
  enter(): Place {
    if (this.running < this.quota) {
      this.running += 1;
      return { taken: Promise.resolve(), leave: once(() => this.next()) };
    }
    const most = this.quota * WAITING_PER_PLACE;
    if (this.waiting.length >= most) {
      throw new AwsError(
        'AccountLimitExceededException',
        `Cannot have more than ${most} builds in queue for the account`,
      );
    }
    let begin = (): void => undefined;
    const taken = new Promise<void>((resolve) => (begin = resolve));
    this.waiting.push(begin);
    const leave = once(() => {
      const index = this.waiting.indexOf(begin);
      if (index >= 0) this.waiting.splice(index, 1);
      else this.next();
    });
    return { taken, leave };
  }

  /** A running build has ended. */
  private next(): void {
    const begin = this.waiting.shift();
    if (begin) begin();
    else this.running -= 1;
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
