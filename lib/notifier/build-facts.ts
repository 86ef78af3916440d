import {
  BatchGetBuildsCommand,
  type Build,
  type CodeBuildClient,
  ListBuildsForProjectCommand,
} from '@aws-sdk/client-codebuild';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type BuildLog, readBuildLog } from './build-log';
import type { BuildStateChange } from './events';

/** What is known of a build besides its event; each may be missing, as the message has to go out all the same. */
export interface BuildFacts {
  readonly build?: Build;
  readonly log?: BuildLog;
  /** Of the builds just before it that were not stopped by somebody: those that failed, up to the last good one. */
  readonly failuresBefore?: { readonly count: number; readonly since: Date };
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

interface Clients {
  readonly codebuild: Pick<CodeBuildClient, 'send'>;
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
}

const COMMAND = /^COMMAND_EXECUTION_ERROR: Error while executing command: ([^]+)\. Reason: /;

/** Reads what a message about a build that has ended should say. */
export async function readBuildFacts(event: BuildStateChange, clients: Clients): Promise<BuildFacts> {
  if (event.detail['build-status'] === 'SUCCEEDED') {
    const [build, ...others] = await buildsUpTo(event, clients.codebuild);
    return { build, failuresBefore: failures(others), missing: [] };
  }
  const missing: string[] = [];
  const build = await clients.codebuild
    .send(new BatchGetBuildsCommand({ ids: [idOf(event)] }))
    .then(({ builds }) => builds?.[0])
    .catch((error: unknown) => void missing.push(`The build could not be read: ${reason(error)}`));
  const log = await logOf(event, build, clients.logs).catch(
    (error: unknown) =>
      void missing.push(
        (error as Error).name === 'ResourceNotFoundException'
          ? NO_LOG
          : `The log could not be read: ${reason(error)}`,
      ),
  );
  if (!log && !missing.length) missing.push(NO_LOG);
  return { build, log: log ?? undefined, missing };
}

export const NO_LOG = 'There is no log: the build ended before it wrote any.';

/** `project:uuid` */
export function idOf({ detail }: BuildStateChange): string {
  return detail['build-id'].slice(detail['build-id'].indexOf(':build/') + ':build/'.length);
}

/** The phase that failed first, by the build or else by its event. */
export function failedPhase(
  { detail }: BuildStateChange,
  build?: Build,
): { readonly name: string; readonly status: string; readonly context?: string } | undefined {
  const phases = build?.phases?.length
    ? build.phases.map(({ phaseType, phaseStatus, contexts }) => ({
        name: String(phaseType),
        status: String(phaseStatus ?? 'SUCCEEDED'),
        context: contexts?.map(({ statusCode, message }) => `${statusCode ?? ''}: ${message ?? ''}`)[0],
      }))
    : (detail['additional-information'].phases ?? []).map((phase) => ({
        name: phase['phase-type'],
        status: phase['phase-status'] ?? 'SUCCEEDED',
        context: phase['phase-context']?.[0],
      }));
  const failed = phases.find(({ status }) => status !== 'SUCCEEDED');
  // CodeBuild writes ": " where it has nothing to say.
  return failed && { ...failed, context: failed.context?.replace(/^:?\s*$/, '') || undefined };
}

async function logOf(
  event: BuildStateChange,
  build: Build | undefined,
  logs: Clients['logs'],
): Promise<BuildLog | undefined> {
  const named = event.detail['additional-information'].logs;
  const logGroupName = named?.['group-name'] ?? build?.logs?.groupName;
  const logStreamName = named?.['stream-name'] ?? build?.logs?.streamName;
  if (!logGroupName || !logStreamName) return undefined;
  const command = COMMAND.exec(failedPhase(event, build)?.context ?? '')?.[1];
  return readBuildLog(logs, { logGroupName, logStreamName }, command);
}

/**
 * The build of the event, and those that had ended before it, latest first. They are told apart by their ends, as builds
 * overlap: one that began earlier and failed later has been told later.
 */
async function buildsUpTo(
  event: BuildStateChange,
  codebuild: Clients['codebuild'],
): Promise<readonly (Build | undefined)[]> {
  const id = idOf(event);
  // Newest first, by default; asked for, it is an error as soon as there are more than 100 builds.
  // https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListBuildsForProject.html
  const { ids = [] } = await codebuild.send(
    new ListBuildsForProjectCommand({ projectName: event.detail['project-name'] }),
  );
  const wanted = [id, ...ids.filter((other) => other !== id)].slice(0, 100);
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: wanted }));
  const build = builds.find((one) => one.id === id);
  const end = endOf(build) || Date.parse(event.time);
  const before = builds.filter((one) => one !== build && one.endTime && endOf(one) <= end);
  return [build, ...before.sort((one, other) => endOf(other) - endOf(one))];
}

function failures(before: readonly (Build | undefined)[]): BuildFacts['failuresBefore'] {
  const told = before.filter((build) => build?.buildStatus !== 'STOPPED');
  const good = told.findIndex((build) => build?.buildStatus === 'SUCCEEDED');
  const failed = told.slice(0, good < 0 ? undefined : good);
  const since = failed.at(-1)?.endTime;
  return since && { count: failed.length, since };
}

function endOf(build: Build | undefined): number {
  return build?.endTime?.getTime() ?? 0;
}

function reason(error: unknown): string {
  const { name, message } = error as Error;
  return `${name}: ${message}`;
}
