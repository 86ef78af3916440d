import type { ReportResult } from '../engine/types';

/** A digest or commit as people recognise it. */
export function short(id: string): string {
  return id.startsWith('sha256:') ? id.slice(0, 19) : /^[0-9a-f]{40}$/.test(id) ? id.slice(0, 7) : id;
}

/** What a report of tests or coverage says. */
export function counts(report: ReportResult): string {
  if (!('total' in report)) {
    const { linesCovered, linesMissed, branchesCovered, branchesMissed } = report;
    return `${percent(linesCovered, linesMissed)} of lines, ${percent(branchesCovered, branchesMissed)} of branches covered`;
  }
  const parts = [`${report.passed} passed`];
  if (report.failed) parts.push(`${report.failed} failed`);
  if (report.skipped) parts.push(`${report.skipped} skipped`);
  return parts.join(', ');
}

function percent(covered: number, missed: number): string {
  return covered + missed === 0 ? 'none' : `${Math.round((100 * covered) / (covered + missed))} %`;
}

/** `4.2 s`, `3 min 5 s` */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `1 file`, `2,000 files` */
export function amount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Whether an event's ref is where commits go, or where they come from: the branch of a pull request is its author's. */
export function direction(event: string): 'to' | 'from' {
  return event.startsWith('PULL_REQUEST_') ? 'from' : 'to';
}

/** Why nothing was built, in short. */
export function notStarted({ waitingForApproval }: { readonly waitingForApproval?: boolean }): string {
  return waitingForApproval
    ? 'the pull request waits for a comment that approves it'
    : 'no filter group of the webhook matches';
}
