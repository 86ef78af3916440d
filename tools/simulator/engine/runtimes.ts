import {
  installedVersion,
  managedImage,
  type ManagedImage,
  unknownRuntime,
  unknownVersion,
} from '../../../lib/catalogue/build-images';
import { BuildspecError } from '../../buildspec/buildspec';

/** A runtime of `runtime-versions`, as the image gives it. */
export interface SelectedRuntime {
  readonly name: string;
  /** A number of the image's table where there is one, e.g. `22` for `latest` or `22.x`. */
  readonly version: string;
}

/**
 * Checks `runtime-versions` against what the image has.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html
 *
 * @param image e.g. `aws/codebuild/standard:7.0`; one that is not in the table (a custom image) is not checked
 * @param variables `$NAME` in a version stands for one of these
 * @param log gets a line per runtime, before it is refused
 * @throws BuildspecError in CodeBuild's words
 */
export function selectRuntimes(
  image: string,
  versions: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
  log: (line: string) => void,
): SelectedRuntime[] {
  const managed = managedImage(image);
  if (managed?.requiresRuntime && !Object.keys(versions).length) {
    throw new BuildspecError('This build image requires selecting at least one runtime version.');
  }
  return Object.entries(versions).map(([name, written]) => {
    const wanted = written.replace(/^\$\{?(\w+)\}?$/, (_, variable: string) => variables[variable] ?? '');
    if (!wanted) throw new BuildspecError(`Expected a version of ${name}: ${written} is not set`);
    log(`Selecting '${name}' runtime version '${wanted}' based on manual selections...`);
    return { name, version: managed ? offered(managed, name, wanted, log) : wanted };
  });
}

function offered(image: ManagedImage, name: string, wanted: string, log: (line: string) => void): string {
  const known = image.runtimes[name];
  if (!known) throw new BuildspecError(unknownRuntime(name, image));
  const newest = installedVersion(known, wanted);
  if (newest !== undefined) return newest;
  if (!image.downloads || name === 'docker') {
    throw new BuildspecError(unknownVersion(name, wanted, known));
  }
  log(
    `Installing custom ${name} version ${wanted}: the image has ${known.join(', ')}, this one is downloaded`,
  );
  return wanted;
}
