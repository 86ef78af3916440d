import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { REPORT_FORMATS, type ReportFormat } from '../../../tools/buildspec/report-formats';
import { readReports } from '../../../tools/simulator/engine/reports';
import type { ReportResult } from '../../../tools/simulator/engine/types';
import { directory, removeDirectories } from './harness';

afterAll(removeDirectories);

/** One group `r` of one file, in a directory that the log shows as `/src`. */
async function read(
  format: ReportFormat,
  content: string | Buffer,
): Promise<{ readonly problems: readonly string[]; readonly results: readonly ReportResult[] }> {
  const source = directory();
  mkdirSync(path.join(source, 'out'));
  writeFileSync(path.join(source, 'out/file'), content);
  const { results, problems } = await readReports(
    [{ name: 'r', format, files: ['out/*'], discardPaths: false }],
    {
      source,
      evaluate: (text) => Promise.resolve(text),
      store: () => Promise.resolve(),
      log: () => undefined,
    },
  );
  return { problems: problems.map((problem) => problem.replaceAll(source, '/src')), results };
}

const NONSENSE = [
  '',
  ' \n',
  'no report',
  '{}',
  '[]',
  '[1, null]',
  'null',
  '{"a": null}',
  '<a/>',
  '<a>',
  '\0\xff',
];

test.each(REPORT_FORMATS)(
  'nothing that a tool may leave in a file of format %s is more than a problem told by name',
  async (format) => {
    for (const content of NONSENSE) {
      const { problems, results } = await read(format, content);
      // An empty list of features, and an empty simplecov file, are reports of nothing.
      if (results[0]) expect(Object.values(results[0]).slice(1)).toEqual([0, 0, 0, 0]);
      else
        expect(problems).toEqual([
          expect.stringMatching(/^\[r: \[error processing report: \[\/src\/out\/file: .+\]\]\]$/),
        ]);
    }
  },
);

test('a report in UTF-16, as NUnit writes it on some machines, is read', async () => {
  const text = '\ufeff<?xml version="1.0" encoding="utf-16"?><testsuite><testcase name="größe"/></testsuite>';
  const { results } = await read('JUNITXML', Buffer.from(text, 'utf16le'));

  expect(results).toEqual([{ name: 'r', total: 1, passed: 1, failed: 0, skipped: 0 }]);
});

test('test cases directly below testsuites count: node --test writes them there', async () => {
  const { results } = await read(
    'JUNITXML',
    '<testsuites><testcase name="a"/><testsuite><testsuite><testcase name="b"><error/></testcase></testsuite></testsuite></testsuites>',
  );

  expect(results).toEqual([{ name: 'r', total: 2, passed: 1, failed: 1, skipped: 0 }]);
});

test('an empty suite is a report without tests', async () => {
  expect((await read('JUNITXML', '<testsuites/>')).results).toEqual([
    { name: 'r', total: 0, passed: 0, failed: 0, skipped: 0 },
  ]);
});

test.each<[ReportFormat, string, string | readonly number[]]>([
  [
    'COBERTURAXML',
    '<coverage lines-valid="10" lines-covered="9" branches-valid="4" branches-covered="1"/>',
    [9, 1, 1, 3],
  ],
  ['COBERTURAXML', '<coverage lines-valid="ten"/>', "<coverage>: lines-valid is 'ten', which is no number"],
  [
    'JACOCOXML',
    '<report name="r"><group name="g"><package name="p"><counter type="LINE" missed="1" covered="2"/></package></group></report>',
    [2, 1, 0, 0],
  ],
  [
    'CLOVERXML',
    '<coverage><project><file name="a"><metrics statements="3" coveredstatements="1"/></file></project></coverage>',
    [1, 2, 0, 0],
  ],
  [
    'SIMPLECOV',
    '{"meta": {}, "coverage": {"a.rb": {"lines": [1, 0, null, "ignored"], "branches": [{"coverage": 0}, {"coverage": 2}]}}, "groups": {}}',
    [1, 1, 1, 1],
  ],
])('%s without its usual totals, or with another shape of its own: %s', async (format, content, expected) => {
  const { results, problems } = await read(format, content);

  if (typeof expected === 'string') expect(problems.join()).toContain(expected);
  else expect(Object.values(results[0] ?? {})).toEqual(['r', ...expected]);
});

test('a report of 100,000 cases is counted', async () => {
  const cases =
    '<testcase classname="c" name="n &amp; m"><failure message="m">text</failure></testcase>'.repeat(100_000);
  const { results } = await read('JUNITXML', `<testsuites><testsuite>${cases}</testsuite></testsuites>`);

  expect(results).toEqual([{ name: 'r', total: 100_000, passed: 0, failed: 100_000, skipped: 0 }]);
});

test('a group that the role may not write to fails the phase with AWS’s words', async () => {
  const source = directory();
  writeFileSync(path.join(source, 'file'), '<testsuites/>');

  await expect(
    readReports([{ name: 'r', format: 'JUNITXML', files: ['file'], discardPaths: false }], {
      source,
      evaluate: (text) => Promise.resolve(text),
      store: () => Promise.reject(new Error('AccessDeniedException: no')),
      log: () => undefined,
    }),
  ).rejects.toThrow('AccessDeniedException: no');
});
