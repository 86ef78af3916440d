import type { Build } from './build';
import type { Dockerfile } from './dockerfile';

/**
 * Whether a build speaks of a word anywhere in its buildspec or its commands, those of scripts too: then it may make, fetch or
 * set what the word names.
 */
export function mentions({ buildspec, commands, project }: Build, word: string): boolean {
  const isVariable = project?.environment.variables.some(({ name }) => name === word) ?? false;
  return isVariable || buildspec.text.includes(word) || commands.some(({ text }) => text.includes(word));
}

/** The builds that may build a Dockerfile: those that name it, or all where none does. */
export function mayBuild({ path, contexts }: Dockerfile, builds: readonly Build[]): readonly Build[] {
  const naming = builds.filter((build) =>
    [path, ...contexts.filter(Boolean)].some((name) => mentions(build, name)),
  );
  return naming.length ? naming : builds;
}
