import { MANAGED_IMAGES, unknownRuntime as inItsWords } from '../../../lib/catalogue/build-images';
import { imageOf, runtimesOf } from '../model/runtimes';
import type { Found, Rule } from '../rule';

const ANYWHERE = new Set(Object.values(MANAGED_IMAGES).flatMap(({ runtimes }) => Object.keys(runtimes)));
/** What they are called elsewhere. */
const MEANT: Readonly<Record<string, string>> = {
  '.net': 'dotnet',
  corretto: 'java',
  go: 'golang',
  jdk: 'java',
  node: 'nodejs',
  'node.js': 'nodejs',
  openjdk: 'java',
  python3: 'python',
};

export const unknownRuntime: Rule = {
  id: 'F16',
  name: 'unknown-runtime',
  title: 'A runtime that the build image does not have',
  awsError:
    "YAML_FILE_ERROR Message: Unknown runtime named 'docker'. This build image has the following runtimes: dotnet, golang, java, nodejs, php, python, ruby",
  cause: 'each managed image has its own list of runtimes, and the newer ones have no docker any more',
  fix: 'take the line out, or choose an image that has the runtime',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html',
  *check({ builds }): Iterable<Found> {
    for (const build of builds) {
      const image = imageOf(build);
      for (const { name, place } of runtimesOf(build)) {
        const meant = MEANT[name.toLowerCase()];
        const fix =
          name === 'docker'
            ? 'take the line out: Docker comes with the image, and runs where the project has privileged mode'
            : meant && `${meant}: in place of ${name}:`;
        if (image && !Object.hasOwn(image.runtimes, name)) {
          const message = inItsWords(name, image);
          yield {
            level: 'error',
            place,
            message: `${image.name} has no runtime '${name}'`,
            awsError: `YAML_FILE_ERROR Message: ${message}`,
            fix,
          };
        } else if (!build.project && !ANYWHERE.has(name)) {
          yield { level: 'warning', place, message: `no managed image has a runtime '${name}'`, fix };
        }
      }
    }
  },
};
