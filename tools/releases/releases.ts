import path from 'node:path';
import { type Command, UserError } from '../command';
import { checkJsonFile, writeJson } from '../json-file';
import { type History, historyOf, isStray } from './history';
import { known, openPipeline, PLACE_OPTIONS } from './place';
import { table } from './table';

export const releases: Command = {
  summary:
    'Lists what was released when, by whom, with which images, what runs, and which builds came to nothing; changes nothing.',
  options: {
    ...PLACE_OPTIONS,
    limit: { value: 'N', help: 'how many of an environment, 1 to 200 (default: 20)' },
    json: { value: 'FILE', help: 'writes the answer for programs' },
  },
  async run(values, context) {
    const json = values.json === undefined ? undefined : path.resolve(context.cwd, values.json as string);
    if (json !== undefined) checkJsonFile(json);
    const limit = limitOf((values.limit as string | undefined) ?? '20');
    const { account, config, environments } = await openPipeline(values, context);

    const histories = await known(Promise.all(environments.map((one) => historyOf(account, one, config))));
    if (json !== undefined) {
      writeJson(json, {
        account: account.id,
        region: account.region,
        environments: histories.map((history) => answer(history, limit)),
      });
    }
    histories.forEach((history, i) => {
      for (const line of [...(i === 0 ? [] : ['']), ...table(history, limit)]) context.out(line);
      if (typeof history.strays === 'string') {
        context.err(
          `whether ${history.environment} runs what was recorded last is not known: ${history.strays}`,
        );
      }
      for (const version of history.unreadable) {
        context.err(`version ${version} of ${history.parameter} is no record of a build; it is left out`);
      }
    });
    return 0;
  },
};

/** For programs: `live` is what was recorded last, unless something else is known to run. */
export function answer(
  { environment, parameter, attempts, recorded, strays }: History,
  limit: number,
): object {
  return {
    environment,
    parameter,
    ...(recorded[0] && !isStray(strays) && { live: recorded[0].release }),
    ...(typeof strays === 'string' && { unknown: strays }),
    ...(isStray(strays) && { strays }),
    releases: attempts.slice(0, limit),
  };
}

/** @throws UserError for what is no number of releases */
function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d{1,3}$/.test(text) && limit >= 1 && limit <= 200) return limit;
  throw new UserError(`--limit ${text}: expected a number from 1 to 200`);
}
