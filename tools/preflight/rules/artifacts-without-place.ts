import { storesNothing } from '../model/stored-files';
import type { Found, Rule } from '../rule';

export const artifactsWithoutPlace: Rule = {
  id: 'F32',
  name: 'artifacts-without-place',
  title: 'Artifacts without a place, or a place without artifacts',
  cause:
    'the buildspec says which files are artifacts, the project where they go: both must, or nothing is stored',
  fix: 'add the artifacts to the buildspec, or take them out of the project',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts',
  *check({ builds }): Iterable<Found> {
    for (const { project, buildspec } of builds) {
      if (!project || buildspec.has('batch') || buildspec.problems.some(({ kind }) => kind === 'syntax'))
        continue;
      const { type, location } = project.artifacts;
      const hasAny = buildspec.content.artifacts.length > 0;
      if (type === 'S3' && !hasAny) {
        yield {
          level: 'warning',
          place: project.resource.place,
          message: `${project.name} stores artifacts in ${location ?? 'S3'}, and its buildspec (${buildspec.place.file}) has none: nothing is ever stored`,
        };
      } else if (type === 'S3' && !buildspec.has('artifacts', 'files')) {
        yield {
          level: 'error',
          place: buildspec.placeOf('artifacts'),
          message: `${project.name} stores artifacts, and the buildspec has no files for them`,
          awsError: 'CLIENT_ERROR Message: no definition for primary artifacts in buildspec',
          fix: 'add files: to artifacts:, also where there are secondary-artifacts',
        };
      } else if (storesNothing(project) && hasAny) {
        yield {
          level: 'warning',
          place: buildspec.placeOf('artifacts'),
          message: `${project.name} has NO_ARTIFACTS, so that the artifacts of the buildspec are never stored`,
          fix: 'give the project artifacts in S3, or take artifacts: out of the buildspec',
        };
      }
    }
  },
};
