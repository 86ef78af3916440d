import { briefly, positionals } from '../model/command';
import type { Found, Rule } from '../rule';

export const unwatchedBuild: Rule = {
  id: 'F85',
  name: 'unwatched-build',
  title: 'A build starts another and does not look at how it ends',
  cause:
    '`start-build` succeeds as soon as the build is queued: that it failed, and why, stands in its own log, which nobody is led to',
  fix: 'ask `aws codebuild batch-get-builds` until buildComplete, fail unless buildStatus is SUCCEEDED, and print logs.deepLink',
  link: 'https://docs.aws.amazon.com/cli/latest/reference/codebuild/start-build.html',
  *check({ builds }): Iterable<Found> {
    for (const { commands } of builds) {
      for (const [at, command] of commands.entries()) {
        const [service, operation] = positionals(command);
        if (
          command.name !== 'aws' ||
          service !== 'codebuild' ||
          !/^start-build(?:-batch)?$/.test(operation ?? '')
        )
          continue;
        const isWatched = commands.slice(at + 1).some(({ name, text }) => {
          // Programs in other languages may ask by an SDK.
          return /^(?:python|node)/.test(name) || /batch-get-build|list-builds/.test(text);
        });
        if (isWatched) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` is green as soon as the other build is queued, and nothing asks how that ended`,
        };
      }
    }
  },
};
