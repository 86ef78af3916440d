import { managedImage, type ManagedImage } from '../../../lib/catalogue/build-images';
import type { Build } from './build';
import { plaintextVariables } from './build-variables';
import type { Place } from './place';
import { isKnown } from './stack';

/** An entry of `runtime-versions`. */
export interface AskedRuntime {
  readonly name: string;
  /** Its variable filled in; undefined where nobody knows its value. */
  readonly version?: string;
  readonly place: Place;
}

/**
 * As written: the documentation has `golang: 1.20` without quotes, so CodeBuild does not read numbers.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html
 */
export function runtimesOf(build: Build): AskedRuntime[] {
  const { buildspec } = build;
  const variables = plaintextVariables(build);
  return Object.entries(buildspec.content.runtimeVersions).map(([name, read]) => {
    const at = ['phases', 'install', 'runtime-versions', name] as const;
    const written = buildspec.scalarAt(...at)?.written ?? read;
    const [, variable] = /^\$\{?(\w+)\}?$/.exec(written) ?? [];
    const version = variable === undefined ? written : variables.get(variable);
    return {
      name,
      version: version !== undefined && isKnown(version) && !version.includes('$') ? version : undefined,
      place: buildspec.placeOf(...at),
    };
  });
}

/** The image of the build's project, where its runtimes are known. */
export function imageOf({ project }: Build): (ManagedImage & { readonly name: string }) | undefined {
  const name = project?.environment.image;
  const image = name === undefined ? undefined : managedImage(name);
  return image && name !== undefined ? { ...image, name } : undefined;
}
