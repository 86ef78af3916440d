import { briefly, type Command } from '../model/command';
import { workOf } from '../model/work';
import type { Found, Rule } from '../rule';

export const onlyLastCounts: Rule = {
  id: 'F23',
  name: 'only-last-counts',
  title: 'A build succeeds although a command in the middle of a block failed',
  cause:
    'the status of an entry of several lines, or of `a; b`, is that of its last command, as is that of a script: without `set -e` the ones before it may fail, and the build goes on and SUCCEEDED',
  fix: 'begin the block with `set -e`, or make each line an entry of its own',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.phases.build.commands',
  *check({ builds }): Iterable<Found> {
    for (const { commands, buildspec } of builds) {
      // Whether `set -e` lasts beyond its entry is nowhere said.
      const setAt = commands.findIndex(({ name, words, inBuildShell }) => {
        return inBuildShell && name === 'set' && words.some((word) => /^-\w*e|^errexit$/.test(word));
      });
      const blocks = new Map<string, Command[]>();
      for (const [at, command] of commands.entries()) {
        const { phase, block, index, place, inBuildShell } = command;
        if (!isPassedOver(command) || (inBuildShell && setAt >= 0 && setAt < at)) continue;
        // A script is one block, whoever calls it.
        const isEntry = place.file === buildspec.place.file;
        const key = isEntry ? `${phase} ${block} ${index}` : place.file;
        blocks.set(key, [...(blocks.get(key) ?? []), command]);
      }
      for (const [first, ...others] of blocks.values()) {
        if (!first) continue;
        const more = others.length ? `, and ${others.length} more like it` : '';
        const where = first.place.file === buildspec.place.file ? 'its entry' : first.place.file;
        yield {
          level: 'warning',
          place: first.place,
          message: `\`${briefly(first)}\` may fail without the build failing: ${where} goes on after it${more}`,
          fix:
            where === 'its entry'
              ? 'begin the entry with `set -e`, join its commands by `&&`, or make each an entry of its own'
              : `begin ${where} with \`set -e\`, below its #! line`,
        };
      }
    }
  },
};

function isPassedOver(command: Command): boolean {
  return command.ignored === 'sequence' && workOf(command) !== undefined;
}
