import { XMLParser } from 'fast-xml-parser';

export interface TestCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  isArray: (name) => name === 'testsuite' || name === 'testcase',
});

interface Suite {
  readonly testsuite?: readonly Suite[];
  readonly testcase?: readonly Record<string, unknown>[];
}

/**
 * Counts the test cases of a JUnit report, by what each case says: the totals that tools write at the top differ in what
 * they count.
 *
 * @throws Error when the text is not a JUnit report
 */
export function countTests(xml: string): TestCounts {
  const document = parser.parse(xml, true) as { testsuites?: Suite | ''; testsuite?: readonly Suite[] };
  const root: Suite | undefined =
    document.testsuites === '' ? {} : (document.testsuites ?? (document.testsuite ? document : undefined));
  if (!root) throw new Error('no <testsuites> or <testsuite> element');
  const cases = casesOf(root);
  const failed = cases.filter((test) => 'failure' in test || 'error' in test).length;
  const skipped = cases.filter((test) => 'skipped' in test).length;
  return { total: cases.length, passed: cases.length - failed - skipped, failed, skipped };
}

function casesOf(suite: Suite): Record<string, unknown>[] {
  return [...(suite.testcase ?? []), ...(suite.testsuite ?? []).flatMap(casesOf)];
}
