import type { Build } from '../model/build';
import { plaintextVariables } from '../model/build-variables';
import type { Place } from '../model/place';
import { isKnown } from '../model/stack';
import type { Found, Rule } from '../rule';

/** Without the image's own, the shell finds no command any more. */
const SEARCHED = new Set(['PATH', 'LD_LIBRARY_PATH']);

export const overriddenVariable: Rule = {
  id: 'F27',
  name: 'overridden-variable',
  title: 'A variable with another value than the buildspec gives it',
  cause:
    'what starts a build goes before the project, and the project before the buildspec; and a value is taken as it is written, without variables in it',
  fix: 'set the variable in one place; compose values in a command: export PATH="$PATH:/opt/bin"',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html',
  *check({ builds }): Iterable<Found> {
    for (const build of builds) {
      yield* overridden(build);
      yield* literal(build);
    }
  },
};

function* overridden({ project, buildspec }: Build): Iterable<Found> {
  for (const [name, value] of Object.entries(buildspec.content.variables)) {
    const given = project?.environment.variables.find((variable) => variable.name === name);
    if (!project || !given) continue;
    if (given.type === 'PLAINTEXT' && (given.value === value || !isKnown(given.value))) continue;
    yield {
      level: 'warning',
      place: buildspec.placeOf('env', 'variables', name),
      message: `the value of ${name} is never used: the project ${project.name} has another, and it goes before the buildspec's`,
      fix: `take ${name} out of the buildspec, or out of the project`,
    };
  }
}

function* literal(build: Build): Iterable<Found> {
  const { project, buildspec } = build;
  const known = plaintextVariables(build);
  const written: { name: string; value: string; place: Place }[] = [
    ...Object.entries(buildspec.content.variables).map(([name, value]) => {
      return { name, value, place: buildspec.placeOf('env', 'variables', name) };
    }),
    ...(project?.environment.variables ?? [])
      .filter(({ type }) => type === 'PLAINTEXT')
      .map(({ name, value }) => ({ name, value, place: project?.resource.place ?? buildspec.place })),
  ];
  for (const { name, value, place } of written) {
    const [reference, inner = ''] = /\$\{?([A-Z]\w*)\}?/.exec(value) ?? [];
    const isMeant = inner === name || known.has(inner) || /^(?:PATH|HOME|AWS_|CODEBUILD_)/.test(inner);
    // Some values are evaluated later, e.g. by envsubst; a path to search is not.
    if (reference === undefined || !isMeant) continue;
    yield {
      level: SEARCHED.has(name) ? 'error' : 'warning',
      place,
      message: `${name} has the text ${reference} in it, not its value: variables are taken as they are written`,
      fix: `set it in a command: export ${name}="${value}"`,
    };
  }
}
