import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { reportGroups } from '../../lib/report-groups';
import { pipelineFiles } from '../../tools/adopt/copy';
import config from '../../config/mangoo';

const named = (number: number): { name: string }[] =>
  Array.from({ length: number }, (_, i) => ({ name: `part${i}` }));

test('the tests of each image have a group, as long as a buildspec may have that many; then one has all', () => {
  expect(Object.keys(reportGroups(named(1)))).toEqual(['part0-tests']);
  expect(Object.keys(reportGroups(named(5)))).toHaveLength(5);
  for (const number of [6, 20]) {
    expect(reportGroups(named(number))).toEqual({
      tests: { files: ['*.xml'], 'base-directory': '.artifacts/test-reports', 'file-format': 'JUNITXML' },
    });
  }
});

describe('the buildspecs that an application gets', () => {
  const parts = named(3).map(({ name }) => ({ name, context: name, repository: name, service: name }));
  const written = (images: typeof config.images): Map<string, string> =>
    new Map(
      pipelineFiles({ ...config, images, release: {} }).map(({ path, content }) => [
        path,
        content.toString(),
      ]),
    );

  test.each(['buildspec.yml', 'buildspec-build.yml'])(
    '%s has the groups of its images: one without a file would fail each build, after its deployment',
    (file) => {
      const { reports, ...rest } = parse(written(parts).get(file) ?? '') as Record<string, unknown>;
      const { reports: ours, ...asOurs } = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

      expect(reports).toEqual(reportGroups(parts));
      expect(ours).toEqual(reportGroups(config.images));
      expect(rest).toEqual(asOurs);
    },
  );

  test("with the guide's images, they are this repository's, comments and all", () => {
    for (const file of ['buildspec.yml', 'buildspec-build.yml', 'buildspec-deploy.yml']) {
      expect(written(config.images).get(file)).toBe(readFileSync(file, 'utf8'));
    }
  });
});
