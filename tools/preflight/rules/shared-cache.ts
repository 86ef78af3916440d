import { isForPullRequests } from '../needs/reach';
import { isAllowed } from '../needs/is-allowed';
import { ecrImage } from '../needs/ecr-image';
import { arn, asPattern } from '../needs/need';
import { options } from '../model/command';
import type { Build } from '../model/build';
import type { Project } from '../model/project';
import { releaseOf } from '../model/release';
import type { Found, Rule } from '../rule';

export const sharedCache: Rule = {
  id: 'S08',
  name: 'shared-cache',
  title: 'Pull requests fill the cache of deployments',
  cause:
    'whoever sends a pull request decides what its build leaves in the cache, and the build that deploys takes that for what it has downloaded or built itself',
  fix: 'give the builds of pull requests a project, and a cache, of their own, that its role alone can write',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-caching.html',
  *check(model): Iterable<Found> {
    const outsiders = model.projects.filter(isForPullRequests);
    if (!outsiders.length) return;
    for (const build of model.builds) {
      const { project } = build;
      if (!project || !build.commands.some((command) => releaseOf(command) !== undefined)) continue;
      for (const outsider of outsiders) yield* between(outsider, project, build);
    }
  },
};

function* between(outsider: Project, project: Project, build: Build): Iterable<Found> {
  const { type, location } = project.cache;
  const found = (how: string, place = outsider.resource.place): Found => ({
    level: 'warning',
    place,
    message: `pull requests are built by ${outsider.name}, which ${how}`,
  });
  if (outsider === project) {
    if (type === 'S3' || type === 'LOCAL') yield found(`deploys too, with the same cache (${type})`);
    return;
  }
  if (!outsider.role) return;
  const key = location && arn('s3', `${location.replace(/^arn:[^:]*:s3:::|\/$/g, '')}/‹key›`);
  if (type === 'S3' && key !== undefined && writes(outsider, 's3:PutObject', key)) {
    yield found(`may write to ${location ?? ''}, the cache of ${project.name}`);
  }
  for (const repository of cachesFrom(build)) {
    if (writes(outsider, 'ecr:PutImage', repository)) {
      yield found(
        `may push to ${asPattern(repository, project.stack)}, which ${project.name} takes its layers from`,
      );
    }
  }
}

function writes({ role }: Project, action: string, resource: string): boolean {
  return role !== undefined && isAllowed(role, action, resource) === 'yes';
}

/** The repositories of `--cache-from`. */
function cachesFrom({ commands }: Build): string[] {
  const found = commands
    .flatMap((command) => options(command, '--cache-from'))
    .flatMap((written) => ecrImage(written.replace(/^.*\bref=([^,]*).*$/s, '$1'))?.repository ?? []);
  return [...new Set(found)];
}
