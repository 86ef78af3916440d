import type { ImageConfig } from './config';

/** As many as a buildspec may have: https://docs.aws.amazon.com/codebuild/latest/userguide/test-report-group-naming.html */
const MOST_GROUPS = 5;

/**
 * The `reports` of a buildspec: a group for the tests of each image, or one for all where AWS has not that many. A group without a
 * file fails a build, after its deployment; `ci/test.sh` writes one for each image.
 */
export function reportGroups(images: readonly Pick<ImageConfig, 'name'>[]): Record<string, unknown> {
  const group = (file: string): object => ({
    files: [file],
    'base-directory': '.artifacts/test-reports',
    'file-format': 'JUNITXML',
  });
  if (images.length > MOST_GROUPS) return { tests: group('*.xml') };
  return Object.fromEntries(images.map(({ name }) => [`${name}-tests`, group(`${name}.xml`)]));
}
