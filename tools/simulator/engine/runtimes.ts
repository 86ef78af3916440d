import { BUILD_IMAGES } from '../../../lib/catalogue/build-images';
import { BuildspecError } from './buildspec';

/**
 * Checks `runtime-versions` against what the image has. A runtime that it lacks is an error; a version that it lacks is
 * downloaded by CodeBuild, which is told.
 *
 * @param image e.g. `aws/codebuild/standard:7.0`; one that is not in the table (a custom image) is not checked
 * @param variables `$NAME` in a version stands for one of these
 * @returns what to tell, a line each
 * @throws BuildspecError in CodeBuild's words
 */
export function selectRuntimes(
  image: string,
  versions: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): string[] {
  const table = (BUILD_IMAGES as Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>)[
    image.replace('aws/codebuild/', '')
  ];
  return Object.entries(versions).map(([runtime, written]) => {
    const version = written.replace(/^\$\{?(\w+)\}?$/, (_, name: string) => variables[name] ?? '');
    if (!version) throw new BuildspecError(`Expected a version of ${runtime}: ${written} is not set`);
    if (table) {
      const known = table[runtime];
      if (!known) {
        throw new BuildspecError(
          `Unknown runtime named '${runtime}'. This build image has the following runtimes: ${Object.keys(table).join(', ')}`,
        );
      }
      const wanted = version.replace(/\.x$/, '');
      if (version !== 'latest' && !known.some((one) => one === wanted || one.startsWith(`${wanted}.`))) {
        return `Installing custom ${runtime} version ${version}: the image has ${known.join(', ')}, this one is downloaded`;
      }
    }
    return `Selecting '${runtime}' runtime version '${version}' based on manual selections...`;
  });
}
