import type { Build } from '../model/build';
import { type Command, option, positionals } from '../model/command';
import type { Model } from '../model/model';
import type { Project } from '../model/project';
import { calledBy } from '../model/resources';
import { pathFrom } from '../model/words';
import type { Found, Rule } from '../rule';

export const cacheOff: Rule = {
  id: 'F36',
  name: 'cache-off',
  title: 'The cache does nothing, and nobody says so',
  cause:
    'CodeBuild goes on without a cache that cannot work: a local one in a VPC or on a machine that has none, Docker layers without privileged mode, a custom one without paths, one of a folder that npm empties',
  fix: 'give the cache what it needs, or take it out',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html',
  *check(model) {
    for (const project of model.projects) yield* localCache(project);
    for (const build of model.builds) {
      yield* paths(build, model);
      yield* deleted(build);
    }
  },
};

function* localCache(project: Project): Iterable<Found> {
  const { cache, environment, inVpc, resource } = project;
  if (cache.type !== 'LOCAL') return;
  const found = { level: 'warning', place: resource.place } as const;
  if (inVpc) {
    yield {
      ...found,
      message: `${calledBy(project)}: builds in a VPC have no local cache`,
      fix: "use a cache in S3, or for images the registry's (docker buildx build --cache-to type=registry)",
    };
  } else if (
    environment.type === 'LINUX_GPU_CONTAINER' ||
    environment.computeType === 'BUILD_GENERAL1_2XLARGE'
  ) {
    yield {
      ...found,
      message: `${calledBy(project)}: ${environment.type === 'LINUX_GPU_CONTAINER' ? environment.type : environment.computeType} has no local cache`,
      fix: 'use a cache in S3',
    };
  } else if (cache.modes.includes('LOCAL_DOCKER_LAYER_CACHE') && !environment.privileged) {
    yield {
      ...found,
      message: `${calledBy(project)}: LOCAL_DOCKER_LAYER_CACHE needs privileged mode, which is off`,
      fix: 'set PrivilegedMode: true, or take LOCAL_DOCKER_LAYER_CACHE out',
    };
  }
}

/** What `npm ci` removes before it installs. https://docs.npmjs.com/cli/commands/npm-ci */
function* deleted({ project, buildspec, commands }: Build): Iterable<Found> {
  if (project?.cache.type === 'NO_CACHE') return;
  const written = buildspec.content.cache?.paths ?? [];
  for (const [index, path] of written.entries()) {
    const folder = /^(?:\.\/)?((?:[\w.-]+\/)*)node_modules(?:\/.*)?$/.exec(path)?.[1]?.replace(/\/$/, '');
    const by = commands.find((command) => folder !== undefined && cleans(command, folder));
    if (!by) continue;
    yield {
      level: 'warning',
      place: buildspec.placeOf('cache', 'paths', index),
      message: `${path} comes out of the cache for nothing: \`npm ci\` (${by.place.file}:${by.place.line}) deletes it first`,
      fix: 'take the path out, and cache what npm has downloaded: /root/.npm/**/*',
    };
  }
}

function cleans(command: Command, folder: string): boolean {
  if (command.name !== 'npm' || !/^(?:ci|clean-install)$/.test(positionals(command)[0] ?? '')) return false;
  const prefix = option(command, '--prefix', '-C');
  return (typeof prefix === 'string' ? pathFrom(command.cwd, prefix) : command.cwd) === folder;
}

function* paths({ project, buildspec }: Build, { source }: Model): Iterable<Found> {
  if (!project || buildspec.problems.length) return;
  const { cache } = project;
  const written = buildspec.content.cache?.paths ?? [];
  const place = buildspec.placeOf('cache', 'paths');
  const isCustom = cache.type === 'LOCAL' && cache.modes.includes('LOCAL_CUSTOM_CACHE');
  if (isCustom && !written.length) {
    yield {
      level: 'warning',
      place: buildspec.place,
      message: `${calledBy(project)} has LOCAL_CUSTOM_CACHE, and this buildspec has no cache.paths`,
      fix: "name the folders: cache: { paths: ['/root/.npm/**/*'] }",
    };
  }
  for (const [index, path] of written.entries()) {
    if (!isCustom || source.files.get(path)?.mode === undefined) continue;
    yield {
      level: 'warning',
      place: buildspec.placeOf('cache', 'paths', index),
      message: `${path} is a file, and the local cache of ${calledBy(project)} takes folders only`,
    };
  }
  // One that other projects share may have paths for them.
  if (cache.type === 'NO_CACHE' && written.length && buildspec.form === 'inline') {
    yield {
      level: 'warning',
      place,
      message: `${calledBy(project)} has no cache, so the cache.paths of its buildspec are ignored`,
      fix: 'give the project a cache (Cache: Type LOCAL or S3), or take the paths out',
    };
  }
}
