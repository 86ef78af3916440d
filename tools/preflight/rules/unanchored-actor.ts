import type { Filter, Project } from '../model/project';
import { calledBy } from '../model/resources';
import { matches, namesOf } from '../model/webhook';
import type { Found, Rule } from '../rule';

export const unanchoredActor: Rule = {
  id: 'F05',
  name: 'unanchored-actor',
  title: 'Strangers can start the build',
  cause:
    "a pattern of a webhook's filter is a regular expression that searches: without ^ and $, the id 12345 is found in 9123456, too, and anybody may get an account with such an id",
  fix: 'write each id between ^ and $',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html',
  *check(model) {
    for (const project of model.projects) {
      const filters = project.webhook?.filterGroups.flat() ?? [];
      for (const filter of filters) yield* toldOf(filter, project);
    }
  },
};

const EVERYBODY = /^\^?(\.|\\d|\[0-9\])[*+]\$?$/;

function* toldOf({ type, pattern, exclude }: Filter, project: Project): Iterable<Found> {
  if (type !== 'ACTOR_ACCOUNT_ID' || exclude) return;
  const told = (message: string, fix?: string): Found => {
    return {
      level: 'warning',
      place: project.resource.place,
      message: `${calledBy(project)}: ${message}`,
      fix,
    };
  };
  if (EVERYBODY.test(pattern)) {
    yield told(
      `the ACTOR_ACCOUNT_ID pattern ${pattern} matches everybody`,
      'name the ids, each between ^ and $',
    );
    return;
  }
  const ids = (namesOf(pattern) ?? []).filter((id) => /^\d+$/.test(id));
  const longer = ids.flatMap((id) => [`${id}0`, `9${id}`]).find((id) => matches(pattern, id));
  if (longer === undefined) return;
  const written = ids.length === 1 ? ids[0] : `(${ids.join('|')})`;
  yield told(
    `the ACTOR_ACCOUNT_ID pattern ${pattern} also matches the account ${longer}`,
    `write ^${written}$`,
  );
}
