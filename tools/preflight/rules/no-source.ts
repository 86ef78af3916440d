import { option } from '../model/command';
import { calledBy } from '../model/resources';
import type { Rule } from '../rule';

const VARIABLE = /\bCODEBUILD_(RESOLVED_SOURCE_VERSION|WEBHOOK_\w+)\b/;

export const noSource: Rule = {
  id: 'F08',
  name: 'no-source',
  title: 'The project has no source that could tell a push or a commit',
  cause:
    'a project of type NO_SOURCE has no webhook and no commit: nothing starts it when somebody pushes, CODEBUILD_RESOLVED_SOURCE_VERSION is not set, and git clone takes whatever the default branch has then',
  fix: 'give the project the repository as its source (GITHUB with a webhook, or CODEPIPELINE) and drop the clone',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html',
  *check(model) {
    for (const { project, commands } of model.builds) {
      if (project?.source.type !== 'NO_SOURCE') continue;
      for (const command of commands) {
        const variable = VARIABLE.exec(command.text)?.[0];
        // With ${…:-x}, somebody has thought of it.
        if (variable !== undefined && !command.text.includes(`${variable}:-`)) {
          yield {
            level: 'warning',
            place: command.place,
            message: `${calledBy(project)} has no source, so ${variable} is not set`,
          };
        }
        const isClone = command.name === 'git' && command.words.includes('clone');
        if (!isClone || option(command, '--branch', '-b') !== undefined) continue;
        const checksOut = commands.some(
          ({ name, words }) =>
            name === 'git' && words.some((word) => ['checkout', 'switch', 'reset'].includes(word)),
        );
        if (checksOut) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `${calledBy(project)} has no source: it builds what the default branch has when somebody starts it, and no push does`,
        };
      }
    }
  },
};
