import { installedVersion, unknownVersion } from '../../../lib/catalogue/build-images';
import { imageOf, runtimesOf } from '../model/runtimes';
import type { Found, Rule } from '../rule';

export const unknownRuntimeVersion: Rule = {
  id: 'F17',
  name: 'unknown-runtime-version',
  title: 'A version of a runtime that the build image does not have',
  awsError:
    "YAML_FILE_ERROR Message: Unknown runtime version named '18' of docker. This build image has the following versions: 20",
  cause:
    'each managed image has its own list of versions; the newer ones download any other, which takes its time in every build',
  fix: 'choose a version that the image has, or an image that has the version',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html',
  *check({ builds }): Iterable<Found> {
    for (const build of builds) {
      const image = imageOf(build);
      if (!image) continue;
      for (const { name, version, place } of runtimesOf(build)) {
        const installed = Object.hasOwn(image.runtimes, name) ? image.runtimes[name] : undefined;
        if (!installed || version === undefined || installedVersion(installed, version) !== undefined)
          continue;
        const isRefused = !image.downloads || name === 'docker';
        yield {
          level: isRefused ? 'error' : 'warning',
          place,
          message: isRefused
            ? `${image.name} has no ${name} ${version}: it has ${installed.join(', ')}`
            : `${image.name} has no ${name} ${version}, so that every build downloads it, if there is such a version; it has ${installed.join(', ')}`,
          awsError: isRefused
            ? `YAML_FILE_ERROR Message: ${unknownVersion(name, version, installed)}`
            : `Installing custom ${name} version`,
          fix: `${name}: "${installed.at(-1)}"`,
        };
      }
    }
  },
};
