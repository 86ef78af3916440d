import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from './cloudformation/stack';
import type { BuildRecord } from './codebuild/record';
import type { Faults } from './faults';
import type { Repository } from './github/repository';
import type { WebhookEvent } from './github/types';

/** How often somebody else looks whether a stack is being deployed. */
const LOOK_MS = 50;

/** Another developer, who pushes to the same branch while a build runs. */
export class SomebodyElse {
  constructor(
    private readonly parts: {
      readonly faults: Faults;
      readonly repository: Repository;
      /** All that exist. */
      stacks(): readonly Stack[];
      /** Hands an event to the webhooks. */
      receive(event: WebhookEvent): void;
    },
  ) {}

  /** Told when a build comes to the first command of a phase; what must be done before that, is done when this resolves. */
  async meets(build: BuildRecord): Promise<void> {
    const { faults } = this.parts;
    const { currentPhase } = build;
    if (currentPhase === 'BUILD' && faults.asks('two-pushes') && faults.first('two-pushes')) {
      await this.pushOnTop(build);
    }
    if (
      currentPhase === 'POST_BUILD' &&
      faults.asks('push-during-deploy') &&
      faults.first('push-during-deploy')
    ) {
      void this.pushDuringDeploy(build);
    }
  }

  private async pushDuringDeploy(build: BuildRecord): Promise<void> {
    while (build.endTime === undefined) {
      if (this.parts.stacks().some((stack) => stack.isBusy)) return this.pushOnTop(build);
      await delay(LOOK_MS, undefined, { ref: false });
    }
  }

  private async pushOnTop({ resolvedSourceVersion = '' }: BuildRecord): Promise<void> {
    const event = await this.parts.repository.pushOnTop(resolvedSourceVersion);
    if (event) this.parts.receive(event);
  }
}
