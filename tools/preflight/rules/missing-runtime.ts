import { imageOf } from '../model/runtimes';
import type { Found, Rule } from '../rule';

export const missingRuntime: Rule = {
  id: 'F18',
  name: 'missing-runtime',
  title: 'An image that wants a runtime to be chosen, and a buildspec that chooses none',
  awsError: 'YAML_FILE_ERROR Message: This build image requires selecting at least one runtime version.',
  cause: 'older images have no default runtime',
  fix: 'choose one below phases/install/runtime-versions, or a newer image',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html',
  *check({ builds }): Iterable<Found> {
    for (const build of builds) {
      const image = imageOf(build);
      if (!image?.requiresRuntime || build.buildspec.has('phases', 'install', 'runtime-versions')) continue;
      const [first = 'nodejs'] = Object.keys(image.runtimes).filter((name) => name !== 'docker');
      yield {
        level: 'error',
        place: build.buildspec.placeOf('phases', 'install'),
        message: `${image.name} wants runtime-versions, and the buildspec has none`,
        fix: `install: { runtime-versions: { ${first}: latest } }, or the image aws/codebuild/standard:7.0, which wants none`,
      };
    }
  },
};
