import type { Filter, Project } from './project';

type Group = readonly Filter[];

/** Of GitHub and its like, those that build what is not merged. */
const PULL_REQUESTS = [
  'PULL_REQUEST_CREATED',
  'PULL_REQUEST_UPDATED',
  'PULL_REQUEST_REOPENED',
  'PULL_REQUEST_CLOSED',
];

/** The events that a filter group takes. */
export function eventsOf(group: Group): readonly string[] {
  return group
    .filter(({ type, exclude }) => type === 'EVENT' && !exclude)
    .flatMap(({ pattern }) => pattern.split(',').map((event) => event.trim()));
}

/** Whether somebody's code that nobody has merged would run. */
export function takesPullRequests(group: Group): boolean {
  return eventsOf(group).some((event) => PULL_REQUESTS.includes(event));
}

/** Whether a push to a branch starts the project, as far as the branch decides. */
export function startsOnPush({ webhook }: Project, branch: string): boolean {
  if (!webhook) return false;
  if (!webhook.filterGroups.length) return true;
  return webhook.filterGroups.some(
    (group) =>
      eventsOf(group).includes('PUSH') &&
      group
        .filter(({ type }) => type === 'HEAD_REF')
        .every(
          ({ pattern, exclude }) => namesOf(pattern) && matches(pattern, `refs/heads/${branch}`) !== exclude,
        ),
  );
}

/**
 * Whether a pattern of a filter matches: it is a regular expression that searches.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 *
 * @param pattern of which {@link namesOf} knows the names: any other may take for ever
 */
export function matches(pattern: string, value: string): boolean {
  return new RegExp(withoutFlag(pattern), pattern === withoutFlag(pattern) ? '' : 'i').test(value);
}

/** Java's way to ignore case. */
function withoutFlag(pattern: string): string {
  return pattern.replace(/^\(\?i\)/, '');
}

/** Stands for a point that is not escaped, which matches any character. */
export const POINT = '\u0001';

/**
 * The texts that somebody had in mind who wrote a pattern without repetition or sets, e.g. `main` and `develop` for
 * `^(main|develop)$`, whatever its anchors. Undefined for any other pattern.
 */
export function namesOf(pattern: string): readonly string[] | undefined {
  const text = withoutFlag(pattern);
  let at = 0;
  const alternatives = (depth: number): string[] | undefined => {
    const done: string[] = [];
    let current = [''];
    const append = (parts: readonly string[]): void => {
      current = current.flatMap((before) => parts.map((part) => before + part));
    };
    while (at < text.length && text[at] !== ')') {
      const character = text[at++] ?? '';
      if (character === '|') {
        done.push(...current);
        current = [''];
      } else if (character === '(') {
        if (text.startsWith('?:', at)) at += 2;
        const inner = depth < 10 ? alternatives(depth + 1) : undefined;
        if (!inner || text[at++] !== ')') return undefined;
        append(inner);
      } else if (character === '\\') {
        const escaped = text[at++];
        if (escaped === undefined || /\w/.test(escaped)) return undefined;
        append([escaped]);
      } else if ('*+?{}[]'.includes(character)) return undefined;
      else if (character === '.') append([POINT]);
      else if (character !== '^' && character !== '$') append([character]);
      if (current.length + done.length > 100) return undefined;
    }
    return [...done, ...current];
  };
  const names = alternatives(0);
  return names && at === text.length ? names : undefined;
}
