import { briefly, type Command } from '../model/command';
import { workOf } from '../model/work';
import type { Found, Rule } from '../rule';

export const swallowedFailure: Rule = {
  id: 'F24',
  name: 'swallowed-failure',
  title: 'The failure of a command is swallowed',
  cause:
    '`|| true`, `|| echo`, a pipe, `export X=$(…)` and a command in the background each turn a failure into a success, so the build goes on with what was not built, tested or deployed',
  fix: 'let it fail',
  link: 'https://www.gnu.org/software/bash/manual/html_node/Lists.html',
  *check({ builds }): Iterable<Found> {
    for (const { commands, buildspec } of builds) {
      for (const [at, command] of commands.entries()) {
        if (workOf(command) === undefined) continue;
        // Whether an option lasts beyond its entry is nowhere said.
        if (
          command.ignored === 'pipe' &&
          command.place.file === buildspec.place.file &&
          commands.slice(0, at).some(setsPipefail)
        )
          continue;
        const how = swallowed(command);
        if (!how) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` may fail unnoticed: ${how.why}`,
          fix: how.fix,
        };
      }
    }
  },
};

function setsPipefail({ name, words, inBuildShell }: Command): boolean {
  return inBuildShell && name === 'set' && words.includes('pipefail');
}

function swallowed({ ignored, instead = '', redirects }: Command): { why: string; fix: string } | undefined {
  switch (ignored) {
    case 'or':
      // Anything else is another way to do it.
      return /^[({\s]*(?:true\b|:(?:\s|$)|echo\b|printf\b|exit 0\b|return 0\b)/.test(instead)
        ? {
            why: `\`|| ${instead.split('\n')[0]}\` makes a success of it`,
            fix: 'take the `||` and what follows it away, or end that with `exit 1`',
          }
        : undefined;
    case 'pipe':
      return {
        why: 'of a pipe only the last command counts',
        fix: 'put `set -o pipefail` before it; in a buildspec that takes `env: shell: bash`',
      };
    case 'assignment':
      return {
        why: '`export`, `local` and their like succeed whatever `$(…)` does',
        fix: 'assign first, export after: `X="$(…)" && export X`',
      };
    case 'background':
      return {
        why: 'it runs in the background, and `wait` without a process succeeds whatever happened',
        fix: 'wait for each by its number: `a & first=$!; b & second=$!; wait "$first"; wait "$second"`',
      };
    case undefined:
      return /(?:2>>?|&>>?|>&) ?\/dev\/null|(?:^| )1?>>? ?\/dev\/null 2>&1/.test(redirects.join(' '))
        ? { why: 'why it failed goes to /dev/null', fix: 'leave the standard error where it is' }
        : undefined;
    default:
      return undefined;
  }
}
