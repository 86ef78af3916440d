import type { Filter, Project } from '../model/project';
import { matches, namesOf, POINT } from '../model/webhook';
import { calledBy } from '../model/resources';
import type { Found, Rule } from '../rule';

export const unanchoredRef: Rule = {
  id: 'F04',
  name: 'unanchored-ref',
  title: 'Other branches start the build, too',
  cause:
    "a pattern of a webhook's filter is a regular expression that searches: without ^ and $, refs/heads/main is found in refs/heads/main-2, too",
  fix: 'begin the pattern with ^ and end it with $',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html',
  *check(model) {
    for (const project of model.projects) {
      const filters = project.webhook?.filterGroups.flat() ?? [];
      for (const filter of filters) yield* toldOf(filter, project);
    }
  },
};

function* toldOf({ type, pattern, exclude }: Filter, project: Project): Iterable<Found> {
  if ((type !== 'HEAD_REF' && type !== 'BASE_REF') || exclude) return;
  const names = namesOf(pattern) ?? [];
  const near = names.flatMap(nearMisses).find((ref) => matches(pattern, ref));
  if (near === undefined) return;
  yield {
    level: 'warning',
    place: project.resource.place,
    message: `${calledBy(project)}: the ${type} pattern ${pattern} also matches ${near}`,
    fix: `write ${anchored(names)}`,
  };
}

/** Refs that differ from the meant one by little. */
function nearMisses(name: string): string[] {
  const plain = name.replaceAll(POINT, '.');
  // Tags, and what ends with a slash, are meant to begin so.
  if (name === '' || /^(refs\/)?tags\//.test(name) || name.endsWith('/')) return [];
  // No ref has anything before refs/.
  const isWhole = /^(refs\/|\/?heads\/)/.test(plain);
  const ref = isWhole ? plain.replace(/^\/?heads\//, 'refs/heads/') : `refs/heads/${plain}`;
  return [
    `${ref}-2`,
    `${ref}x`,
    ...(isWhole ? [] : [`refs/heads/not-${plain}`]),
    ...(name.includes(POINT) ? [ref.replace(plain, name.replaceAll(POINT, 'x'))] : []),
  ];
}

function anchored(names: readonly string[]): string {
  const branches = names.map((name) =>
    name
      .replaceAll(POINT, '.')
      .replace(/^(refs)?\/?heads\//, '')
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  return `^refs/heads/${branches.length === 1 ? branches[0] : `(${branches.join('|')})`}$`;
}
