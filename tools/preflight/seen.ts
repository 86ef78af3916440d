import type { Build } from './model/build';
import type { Model } from './model/model';
import { buildspecsOf, isForTests } from './model/read-model';

/** What no rule could look at, a line each, so that nobody takes silence for a good answer. */
export function notSeen({ source, stacks, projects, builds }: Model): string[] {
  const unread = builds.filter(({ buildspec, commands }) => buildspec.problems.length && !commands.length);
  const without = projects.filter((project) => !builds.some((build) => build.project === project));
  const forTests = projects.length ? [] : buildspecsOf(source).filter(isForTests);
  const unknown = builds.flatMap(unknownPrograms);
  const astray = builds.flatMap(({ commands }) =>
    commands.filter(({ cwd, name }) => name && cwd === undefined),
  );
  return [
    ...(stacks.length ? [] : ['projects, roles and services: there are no synthesized stacks']),
    ...(source.isGit
      ? []
      : [
          'what git leaves out: the source is no git repository, so every file counts, with the mode of the disk',
        ]),
    ...(builds.length || projects.length ? [] : ['a build: there is no buildspec']),
    ...(forTests.length ? [`${some(forTests, 'buildspec')} among tests: --buildspec takes one`] : []),
    ...without.map(({ name }) => `what ${name} runs: its buildspec is not in the source`),
    ...(unread.length
      ? [
          `the commands of ${some(
            unread.map(({ buildspec }) => buildspec.place.file),
            'buildspec',
          )}: CodeBuild refuses it`,
        ]
      : []),
    ...(unknown.length ? [`${some(unknown, 'program')} that only the build knows`] : []),
    ...(astray.length ? [`the folder of ${some(astray.map(at), 'command')}: only the build knows it`] : []),
  ];
}

function unknownPrograms({ commands }: Build): string[] {
  return commands.filter(({ name, sets }) => !name && !sets.length).map(at);
}

function at({ place }: Build['commands'][number]): string {
  return `${place.file}:${place.line}`;
}

/** `3 programs (ci/a.sh:3, ci/b.sh:5 …)` */
function some(places: readonly string[], noun: string): string {
  const distinct = [...new Set(places)];
  const shown = distinct.slice(0, 2).join(', ');
  return `${distinct.length} ${noun}${distinct.length === 1 ? '' : 's'} (${shown}${distinct.length > 2 ? ' …' : ''})`;
}
