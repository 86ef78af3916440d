import { type CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { LONGEST_LINE } from '../catalogue/diagnosis';
import { readable } from './lines';
import { maskedLines } from './secrets';

/** What is read of a build's log. */
export interface BuildLog {
  /** Its end, at least from the command on that ran last or failed. */
  readonly lines: readonly string[];
  readonly source?: Source;
}

/** As ci/ tells it, in a line of the log. */
export interface Source {
  readonly commit: string;
  readonly author: string;
  readonly subject: string;
  /** Of a build that a push started. */
  readonly branch?: string;
}

/** The command that failed or ran last. */
export interface LastCommand {
  readonly command: string;
  /** What it printed, or the last 10,000 lines of that, with secrets masked. */
  readonly output: readonly string[];
}

/** A page has up to 10,000 events or 1 MB. More would take longer than the function may. */
const MOST_PAGES = 20;
/** Of what a command printed; masking and diagnosing 200,000 lines takes longer than the function may, too. */
const MOST_LINES = 10_000;
const OF_CODEBUILD = /^\[Container\] \S+ \S+ (.*)/;
const STRUCTURED = /^\{"mangoo":/;
const SUPERSEDED = /^\{"mangoo":"superseded","by":(\d+)\}$/;

/**
 * Reads the end of a log backwards, page by page, until it has the beginning of the command, and the source line, which ci/
 * writes near the beginning. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 *
 * @param command the one that failed; otherwise whichever ran last
 */
export async function readBuildLog(
  logs: Pick<CloudWatchLogsClient, 'send'>,
  stream: { readonly logGroupName: string; readonly logStreamName: string },
  command?: string,
): Promise<BuildLog> {
  const start = `Running command ${command?.split('\n')[0] ?? ''}`;
  const pages: string[][] = [];
  let nextToken: string | undefined;
  let whole = false;
  while (pages.length < MOST_PAGES) {
    const page = await logs.send(new GetLogEventsCommand({ ...stream, startFromHead: false, nextToken }));
    const lines = linesOf(page.events);
    pages.unshift(lines);
    // The beginning is reached when the token comes back; pages before that may be empty.
    whole = page.nextBackwardToken === nextToken;
    if (whole || lines.some((line) => OF_CODEBUILD.exec(line)?.[1]?.startsWith(start))) break;
    nextToken = page.nextBackwardToken;
  }
  const lines = pages.flat();
  if (whole) return { lines, source: sourceIn(lines) };
  const head = await logs.send(new GetLogEventsCommand({ ...stream, startFromHead: true }));
  return { lines, source: sourceIn(linesOf(head.events)) };
}

/** What the command printed that failed first; where none failed, the one that ran last. */
export function lastCommand(lines: readonly string[]): LastCommand | undefined {
  const own = lines.map((line) => OF_CODEBUILD.exec(line)?.[1]);
  const failed = own.findIndex((text) => text?.startsWith('Command did not exit successfully '));
  const running = own
    .slice(0, failed < 0 ? undefined : failed)
    .findLastIndex((text) => text?.startsWith('Running command '));
  if (running < 0) return undefined;
  const next = own.findIndex((text, index) => index > running && text !== undefined);
  const output = lines
    .slice(running + 1, next < 0 ? undefined : next)
    .filter((line) => line.trim() && !STRUCTURED.test(line));
  return {
    command: own[running]?.slice('Running command '.length) ?? '',
    // All of it, before anything is cut: half a secret is not recognised.
    output: maskedLines(output.slice(-MOST_LINES).map((line) => line.slice(0, LONGEST_LINE))),
  };
}

/**
 * The number of the newer build for which one has stopped itself. Only ci/turn.sh says so, as the last of its commands: what
 * looks like it in the output of a test counts for nothing.
 */
export function supersededBy(lines: readonly string[]): number | undefined {
  const running = lines.findLastIndex((line) => OF_CODEBUILD.exec(line)?.[1]?.startsWith('Running command '));
  if (OF_CODEBUILD.exec(lines[running] ?? '')?.[1] !== 'Running command ci/turn.sh') return undefined;
  const [, by] = lines.slice(running).flatMap((line) => SUPERSEDED.exec(line) ?? []);
  return by === undefined ? undefined : Number(by);
}

function linesOf(events: readonly { readonly message?: string }[] = []): string[] {
  return events.flatMap(({ message = '' }) =>
    message
      .replace(/\r?\n$/, '')
      .split('\n')
      .map(readable),
  );
}

/** The first one: what a commit prints by itself comes later. */
function sourceIn(lines: readonly string[]): Source | undefined {
  const line = lines.find((text) => text.startsWith('{"mangoo":"source"'));
  if (line === undefined) return undefined;
  try {
    const { commit, author, subject, branch } = JSON.parse(line) as Record<string, unknown>;
    return {
      commit: String(commit),
      author: String(author),
      subject: String(subject),
      branch: typeof branch === 'string' ? branch : undefined,
    };
  } catch {
    return undefined;
  }
}
