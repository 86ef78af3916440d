import { briefly, type Command, option, positionals } from '../model/command';
import { isGuarded } from '../model/guard';
import { releaseOf } from '../model/release';
import { workOf } from '../model/work';
import type { Found, Rule } from '../rule';

export const finallyBlock: Rule = {
  id: 'F26',
  name: 'finally-block',
  title: 'What has to run always is not in finally, or what must not is',
  cause:
    'commands after a failed one do not run, and post_build does not run after a failed install or pre_build; `finally` runs in every case, also after a failure',
  fix: "put what tidies up into the phase's `finally`, and what releases into `commands`",
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.phases.build.finally',
  *check({ builds }): Iterable<Found> {
    for (const { commands } of builds) {
      for (const command of commands) {
        const release = command.block === 'finally' && releaseOf(command);
        const after = release && failingBefore(command, commands);
        if (release && after && !isGuarded(command, commands)) {
          yield {
            level: 'warning',
            place: command.place,
            message: `${release.what} runs in finally, so also after ${after} has failed`,
            fix: `move it to the end of the commands of ${command.phase}`,
          };
        }
      }
      for (const [made, removed] of tidied(commands)) {
        yield {
          level: 'warning',
          place: removed.place,
          message: `\`${briefly(removed)}\` does not run when a command between it and \`${briefly(made)}\` (${made.place.file}:${made.place.line}) fails`,
          fix: `move it into \`finally\` of ${made.phase}`,
        };
      }
    }
  },
};

/** What may have failed before a command of `finally`. */
function failingBefore({ phase }: Command, commands: readonly Command[]): string | undefined {
  const mayFail = (of: string): boolean =>
    commands.some(
      (other) => other.phase === of && other.block === 'commands' && workOf(other) && !other.ignored,
    );
  if (mayFail(phase)) return `a command of ${phase}`;
  return phase === 'post_build' && mayFail('build') ? 'the build phase' : undefined;
}

/** What outlives the build unless it is removed, by what removes it. */
const PAIRS: readonly (readonly [removes: string, makes: readonly string[], name: string])[] = [
  ['aws ec2 revoke-security-group-ingress', ['aws ec2 authorize-security-group-ingress'], '--group-id'],
  ['aws ec2 terminate-instances', ['aws ec2 run-instances'], ''],
  [
    'aws cloudformation delete-stack',
    ['aws cloudformation create-stack', 'aws cloudformation deploy'],
    '--stack-name',
  ],
  ['cdk destroy', ['cdk deploy'], ''],
  ['terraform destroy', ['terraform apply'], ''],
  ['sam delete', ['sam deploy'], ''],
];

/** What is made and removed by commands of which the second may be left out. */
function* tidied(commands: readonly Command[]): Iterable<[Command, Command]> {
  for (const [at, removed] of commands.entries()) {
    const pair = PAIRS.find(([removes]) => does(removed, removes));
    if (!pair || removed.block === 'finally' || removed.conditional) continue;
    const [, makes, name] = pair;
    const from = commands.findLastIndex((made, i) => {
      const isSame = name === '' || option(made, name) === option(removed, name);
      return i < at && isSame && makes.some((line) => does(made, line));
    });
    const made = commands[from];
    if (!made) continue;
    const isSkipped = made.phase === removed.phase || made.phase === 'install' || made.phase === 'pre_build';
    const between = commands.slice(from + 1, at).some((command) => {
      const counts =
        made.phase === removed.phase || command.phase === made.phase || command.phase === 'pre_build';
      return counts && command.ignored === undefined && workOf(command) !== undefined;
    });
    if (isSkipped && between) yield [made, removed];
  }
}

function does(command: Command, line: string): boolean {
  const [program, ...words] = line.split(' ');
  return (
    command.name === program && positionals(command).slice(0, words.length).join(' ') === words.join(' ')
  );
}
