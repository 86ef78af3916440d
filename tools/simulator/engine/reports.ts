import { readFile, stat } from 'node:fs/promises';
import type { Report } from '../../buildspec/buildspec';
import { findFiles } from './files';
import { FORMATS } from './reports/formats';
import type { ReportResult } from './types';

/** https://docs.aws.amazon.com/codebuild/latest/userguide/test-report-group.html */
const GROUPS_PER_PROJECT = 5;
/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Report.html (`truncated`) */
const TEST_CASES_PER_REPORT = 500;
/** A tree of elements takes ten times the memory of its text. */
const LARGEST_FILE_MB = 100;

export interface ReportsContext {
  /** CODEBUILD_SRC_DIR. */
  readonly source: string;
  /** What the build's shell makes of a text: a group's name may have variables. */
  readonly evaluate: (text: string) => Promise<string>;
  readonly store: (report: ReportResult) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Counts what the test and coverage files of a build say, one report a group.
 *
 * A group without a file, or with one that is not of its format, fails the upload after all groups have been read: so it was
 * in https://github.com/prowler-cloud/prowler/issues/1182, and https://github.com/aws/aws-cdk/issues/13867 has the words. No
 * page of the documentation says so.
 */
export async function readReports(
  reports: readonly Report[],
  { source, evaluate, store, log }: ReportsContext,
): Promise<{ results: ReportResult[]; problems: string[] }> {
  const results: ReportResult[] = [];
  const problems: string[] = [];
  if (reports.length > GROUPS_PER_PROJECT) {
    log(`${reports.length} report groups: CodeBuild takes ${GROUPS_PER_PROJECT} a project`);
  }
  for (const report of reports) {
    const name = /\$/.test(report.name) ? await evaluate(report.name) : report.name;
    const format = FORMATS[report.format];
    log(`Preparing to copy ${format.type} report ${name}`);
    const files = (await findFiles(report, { root: source, log })) ?? [];
    if (!files.length) {
      problems.push(`[${name}: [report files not found in build]]`);
      continue;
    }
    const counts: Record<string, number>[] = [];
    const broken: string[] = [];
    for (const { absolutePath } of files) {
      try {
        counts.push({ ...format.read(await textOf(absolutePath)) });
      } catch (error) {
        broken.push(`${absolutePath}: ${(error as Error).message}`);
      }
    }
    if (broken.length) problems.push(`[${name}: [error processing report: [${broken.join(' ')}]]]`);
    if (!counts.length) continue;
    const result = { name, ...added(counts) } as unknown as ReportResult;
    log(summary(result));
    await store(result);
    results.push(result);
  }
  return { results, problems };
}

async function textOf(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > LARGEST_FILE_MB * 1024 * 1024) {
    throw new Error(`(simulated) larger than ${LARGEST_FILE_MB} MB, which is not read`);
  }
  const bytes = await readFile(file);
  // NUnit and Visual Studio write UTF-16 where the console is set to it.
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (!text.trim()) throw new Error('the file is empty');
  return text;
}

function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of counts) {
    for (const [key, count] of Object.entries(one)) total[key] = (total[key] ?? 0) + count;
  }
  return total;
}

function summary(report: ReportResult): string {
  if ('total' in report) {
    const { name, total, passed, failed, skipped } = report;
    const truncated =
      total > TEST_CASES_PER_REPORT ? `; CodeBuild shows the first ${TEST_CASES_PER_REPORT}` : '';
    return `Report ${name}: ${total} tests, ${passed} passed, ${failed} failed, ${skipped} skipped${truncated}`;
  }
  const lines = percentage(report.linesCovered, report.linesMissed);
  const branches = percentage(report.branchesCovered, report.branchesMissed);
  return `Report ${report.name}: lines ${lines}, branches ${branches}`;
}

/** As on https://docs.aws.amazon.com/codebuild/latest/userguide/code-coverage-report.html: covered of all. */
function percentage(covered: number, missed: number): string {
  const all = covered + missed;
  return all ? `${((100 * covered) / all).toFixed(2)} % (${covered} of ${all})` : 'none';
}
