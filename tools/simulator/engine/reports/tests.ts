import type { TestReport } from '../types';
import { type Element, rootOf } from './xml';

export type TestCounts = Omit<TestReport, 'name'>;
type Outcome = 'passed' | 'failed' | 'skipped';

// Each function counts test cases by what each case says: the totals that tools write at the top differ in what they count.

/** https://docs.aws.amazon.com/codebuild/latest/userguide/test-report-pytest.html and others */
export function junit(text: string): TestCounts {
  return counted(
    rootOf(text, 'testsuites', 'testsuite')
      .descendants('testcase')
      .map((test) => {
        if (test.has('failure') || test.has('error')) return 'failed';
        return test.has('skipped') ? 'skipped' : 'passed';
      }),
  );
}

/** NUnit 2. A case without `result` is of NUnit before 2.5. */
export function nunit(text: string): TestCounts {
  const outcome = (test: Element): Outcome => {
    const result = test.attribute('result');
    if (result) return outcomeOf(result, ['Success'], ['Ignored', 'Skipped', 'Inconclusive']);
    if (test.attribute('executed') === 'False') return 'skipped';
    return test.attribute('success') === 'True' ? 'passed' : 'failed';
  };
  return counted(rootOf(text, 'test-results').descendants('test-case').map(outcome));
}

export function nunit3(text: string): TestCounts {
  return counted(
    rootOf(text, 'test-run')
      .descendants('test-case')
      .map((test) => outcomeOf(test.attribute('result'), ['Passed', 'Warning'], ['Skipped', 'Inconclusive'])),
  );
}

/** Set-up and tear-down methods are in the file too, and are no tests. */
export function testng(text: string): TestCounts {
  return counted(
    rootOf(text, 'testng-results')
      .descendants('test-method')
      .filter((method) => method.attribute('is-config') !== 'true')
      .map((method) => outcomeOf(method.attribute('status'), ['PASS'], ['SKIP'])),
  );
}

/** Of a test with several rows of data, the rows are counted, not the test above them. */
export function trx(text: string): TestCounts {
  return counted(
    rootOf(text, 'TestRun')
      .descendants('UnitTestResult')
      .filter((result) => !result.has('InnerResults'))
      .map((result) =>
        outcomeOf(
          result.attribute('outcome'),
          ['Passed', 'PassedButRunAborted', 'Warning', 'Completed'],
          ['NotExecuted', 'NotRunnable', 'Inconclusive', 'Pending', 'InProgress', 'Disconnected'],
        ),
      ),
  );
}

interface Scenario {
  readonly type?: string;
  readonly before?: readonly Step[];
  readonly steps?: readonly Step[];
  readonly after?: readonly Step[];
}
interface Step {
  readonly result?: { readonly status?: string };
}

/** A scenario is a test case. Cucumber-JVM writes the background before it as an element of its own, whose failure is its. */
export function cucumber(text: string): TestCounts {
  const features = JSON.parse(text) as unknown;
  if (!Array.isArray(features)) throw new Error('expected a list of features');
  const outcomes: Outcome[] = [];
  for (const feature of features as readonly { readonly elements?: readonly Scenario[] }[]) {
    let background: readonly Step[] = [];
    for (const { type, before = [], steps = [], after = [] } of feature.elements ?? []) {
      const all = [...background, ...before, ...steps, ...after];
      background = type === 'background' ? all : [];
      if (type === 'background') continue;
      const statuses = all.map((step) => step.result?.status?.toLowerCase() ?? 'passed');
      if (statuses.some((status) => ['failed', 'undefined', 'ambiguous'].includes(status)))
        outcomes.push('failed');
      else outcomes.push(statuses.every((status) => status === 'passed') ? 'passed' : 'skipped');
    }
  }
  return counted(outcomes);
}

/** Whatever is neither passed nor skipped has failed: a tool's new word for trouble must not hide it. */
function outcomeOf(word: string | undefined, passed: readonly string[], skipped: readonly string[]): Outcome {
  if (word !== undefined && passed.includes(word)) return 'passed';
  return word !== undefined && skipped.includes(word) ? 'skipped' : 'failed';
}

function counted(outcomes: readonly Outcome[]): TestCounts {
  const of = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  return { total: outcomes.length, passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}
