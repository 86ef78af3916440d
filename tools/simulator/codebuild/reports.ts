import type { ReportResult } from '../engine/types';
import type { BuildRecord } from './record';

interface Found {
  readonly arn: string;
  readonly groupArn: string;
  readonly record: BuildRecord;
  readonly report: ReportResult;
}

/** The reports of builds, which CodeBuild keeps in report groups named `project-group`. */
export function reportsOf(record: BuildRecord): Found[] {
  const { arn, project, reports } = record;
  return reports.map((report) => {
    // A group that exists already is named by its ARN.
    const groupArn = report.name.startsWith('arn:')
      ? report.name
      : arn.replace(/:build\/.*/, `:report-group/${project.name}-${report.name}`);
    const uuid = arn.slice(arn.lastIndexOf(':') + 1);
    return { arn: `${groupArn.replace(':report-group/', ':report/')}:${uuid}`, groupArn, record, report };
  });
}

/** A report in the API's form. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Report.html */
export function describeReport({ arn, groupArn, record, report }: Found): object {
  const shown = {
    arn,
    name: groupArn.slice(groupArn.indexOf('/') + 1),
    reportGroupArn: groupArn,
    executionId: record.arn,
    created: Math.round((record.endTime ?? record.startTime) / 1000),
    truncated: false,
  };
  if ('linesCovered' in report) {
    const { linesCovered, linesMissed, branchesCovered, branchesMissed } = report;
    return {
      ...shown,
      type: 'CODE_COVERAGE',
      status: 'SUCCEEDED',
      codeCoverageSummary: {
        ...{ linesCovered, linesMissed, branchesCovered, branchesMissed },
        lineCoveragePercentage: percentage(linesCovered, linesMissed),
        branchCoveragePercentage: percentage(branchesCovered, branchesMissed),
      },
    };
  }
  const { total, passed, failed, skipped } = report;
  return {
    ...shown,
    type: 'TEST',
    status: failed ? 'FAILED' : 'SUCCEEDED',
    // The engine counts errors among the failed.
    testSummary: {
      total,
      statusCounts: { SUCCEEDED: passed, FAILED: failed, ERROR: 0, SKIPPED: skipped, UNKNOWN: 0 },
      durationInNanoSeconds: 0,
    },
  };
}

function percentage(covered: number, missed: number): number {
  return covered + missed === 0 ? 0 : (100 * covered) / (covered + missed);
}
