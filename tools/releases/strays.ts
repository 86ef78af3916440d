import type { Environment } from '../../lib/environments';
import type { Account } from '../doctor/account';
import { Unknowable } from '../doctor/check';
import type { Recorded } from './recorded';

/** A service that runs something else than the newest record says. */
export interface Stray {
  readonly service: string;
  readonly taskDefinition: string;
  /** By digest. */
  readonly images: readonly string[];
}

/**
 * What has been deployed since the newest record: by a build that was stopped, that saw a service not become steady, or that
 * could not write its record; or by somebody else. The record tells of what was seen to run, ECS of what does.
 *
 * @returns a sentence where it is not known
 */
export async function straysOf(
  account: Account,
  { cluster, elsewhere }: Environment,
  services: readonly string[],
  newest: Recorded | undefined,
): Promise<readonly Stray[] | string> {
  if (elsewhere) return `it is in account ${elsewhere.account}, ${elsewhere.region}, which was not asked`;
  // A record of very many images leaves them out.
  if (newest && !Object.keys(newest.taskDefinitions).length) return 'the record has no task definitions';
  try {
    const running = await account.taskDefinitionsOf(cluster, services);
    const strays = [...running].filter(([service, arn]) => newest?.taskDefinitions[service] !== arn);
    return await Promise.all(
      strays.map(async ([service, taskDefinition]) => ({
        service,
        taskDefinition,
        images: await account.imagesOf(taskDefinition),
      })),
    );
  } catch (error) {
    // The list of what was recorded is whole without it.
    if (error instanceof Unknowable) return error.message;
    throw error;
  }
}
