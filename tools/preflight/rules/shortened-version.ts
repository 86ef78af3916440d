import { MANAGED_IMAGES } from '../../../lib/catalogue/build-images';
import { type BuildspecFile, buildspecsOf } from '../model/buildspec-file';
import type { Found, Rule } from '../rule';

export const shortenedVersion: Rule = {
  id: 'F19',
  name: 'shortened-version',
  title: 'A version that loses its last digit, because it is a number',
  cause: '3.10 and 3.1 are the same number to YAML, to JSON and to the code of a CDK app',
  fix: 'put the version in quotes',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      for (const [name, read] of Object.entries(buildspec.content.runtimeVersions)) {
        const at = ['phases', 'install', 'runtime-versions', name] as const;
        const scalar = buildspec.scalarAt(...at);
        if (!scalar || scalar.quoted) continue;
        const { written } = scalar;
        if (/^\d+\.\d*[1-9]0+$/.test(written) && written !== read) {
          yield {
            // The documentation has it without quotes too: CodeBuild may read it as it is written.
            level: 'warning',
            place: buildspec.placeOf(...at),
            message: `${name}: ${written} without quotes is the number ${read}, so that another version may be meant`,
            fix: `${name}: "${written}"`,
          };
        } else if (isJson(buildspec) && wasLonger(name, written)) {
          yield {
            level: 'error',
            place: buildspec.placeOf(...at),
            message: `${name}: ${written} is a number, and there is no such version: ${written}0 was meant, which code and JSON shorten`,
            fix: `${name}: '${written}0'`,
          };
        }
      }
    }
  },
};

function isJson({ text }: BuildspecFile): boolean {
  return text.trimStart().startsWith('{');
}

/** Whether some image has the version that becomes it: no runtime has ever had both. */
function wasLonger(name: string, written: string): boolean {
  const versions = Object.values(MANAGED_IMAGES).flatMap(({ runtimes }) => runtimes[name] ?? []);
  return /^\d+\.\d+$/.test(written) && versions.includes(`${written}0`);
}
