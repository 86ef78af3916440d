import { cdkCall } from '../model/cdk-call';
import { briefly } from '../model/command';
import type { Found, Rule } from '../rule';

export const synthesizedTwice: Rule = {
  id: 'F75',
  name: 'synthesized-twice',
  title: 'What is deployed is not what was synthesized and looked at',
  cause:
    '`cdk deploy` synthesizes anew, unless it is given an assembly: lookups, dates, and the context and variables of that moment can make another template of it, with other assets',
  fix: 'deploy the assembly: cdk deploy --app cdk.out',
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html',
  *check({ builds }): Iterable<Found> {
    for (const { commands } of builds) {
      for (const [at, command] of commands.entries()) {
        const deploy = cdkCall(command);
        if (deploy?.action !== 'deploy' || deploy.app !== undefined) continue;
        const synth = commands.slice(0, at).findLast((before) => {
          return (
            cdkCall(before)?.action === 'synth' && before.cwd === command.cwd && command.cwd !== undefined
          );
        });
        if (!synth) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` synthesizes again what \`${briefly(synth)}\` (${synth.place.file}:${synth.place.line}) did`,
          fix: `${command.text.replace(/\bdeploy\b/, 'deploy --app cdk.out')}`,
        };
        break;
      }
    }
  },
};
