import type { Found, Rule } from '../rule';

export const reservedVariable: Rule = {
  id: 'F28',
  name: 'reserved-variable',
  title: 'A variable with a name that CodeBuild keeps for itself',
  cause: 'names that begin with CODEBUILD_ are for CodeBuild, which may set them, or ignore what is set',
  fix: 'choose a name that does not begin with CODEBUILD_',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html',
  *check({ builds }): Iterable<Found> {
    for (const { project, buildspec } of builds) {
      const { variables, parameterStore, secretsManager } = buildspec.content;
      const keys = { variables, 'parameter-store': parameterStore, 'secrets-manager': secretsManager };
      const named = [
        ...Object.entries(keys).flatMap(([key, values]) =>
          Object.keys(values).map((name) => ({ name, place: buildspec.placeOf('env', key, name) })),
        ),
        ...(project?.environment.variables ?? []).map(({ name }) => {
          return { name, place: project?.resource.place ?? buildspec.place };
        }),
      ];
      for (const { name, place } of named) {
        if (!name.startsWith('CODEBUILD_')) continue;
        yield {
          level: 'warning',
          place,
          message: `${name}: names that begin with CODEBUILD_ are CodeBuild's own`,
          fix: `call it ${name.slice('CODEBUILD_'.length)}, here and where it is used`,
        };
      }
    }
  },
};
