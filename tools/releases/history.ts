import type { Build } from '@aws-sdk/client-codebuild';
import type { ParameterHistory } from '@aws-sdk/client-ssm';
import type { Environment } from '../../lib/environments';
import { stepNamesOf } from '../../lib/names';
import type { Account } from '../doctor/account';
import { parseRecorded, type Recorded } from './recorded';

/** `live`: what runs. `earlier`: what ran. `unrecorded`: a build that succeeded, and deployed nothing that is known. */
export type Status =
  'live' | 'earlier' | 'failed' | 'stopped' | 'timed out' | 'faulty' | 'running' | 'unrecorded';

/** A build that released something, or that did not. */
export interface Attempt extends Partial<Omit<Recorded, 'release' | 'build' | 'started'>> {
  readonly status: Status;
  /** The build's number, by which people call a release. */
  readonly release: string;
  readonly build: string;
  readonly started: string;
  /** Who started the build, where the record does not say whose commit it is. */
  readonly initiator?: string;
  /** What keeps it from being a release, or what failed after it was one. */
  readonly why?: string;
}

/** What is known of an environment's releases. */
export interface History {
  readonly environment: string;
  readonly parameter: string;
  /** Newest first. */
  readonly attempts: readonly Attempt[];
  /** Those of them that were seen to run; the first is live. */
  readonly recorded: readonly Recorded[];
  /** Versions of the parameter that no build has put there. */
  readonly unreadable: readonly number[];
}

/** The environment's releases, and the builds between them that came to nothing, of the newest 100 of each. */
export async function historyOf(
  account: Account,
  { name, names }: Environment,
  isReleased: boolean,
): Promise<History> {
  // Beside a release pipeline, the environment's own project is started by hand, e.g. for a rollback.
  const projects = [names.project, ...(isReleased ? [stepNamesOf('deploy', name).project] : [])];
  const [versions, ...builds] = await Promise.all([
    account.parameterHistory(names.releaseParameter),
    ...projects.map((project) => account.builds(project)),
  ]);
  return { environment: name, parameter: names.releaseParameter, ...merged(versions, builds.flat()) };
}

/** What the parameter says, and what CodeBuild does, of each build once. */
export function merged(
  versions: readonly ParameterHistory[],
  builds: readonly Build[],
): Pick<History, 'attempts' | 'recorded' | 'unreadable'> {
  const read = [...versions]
    .sort((a, b) => (b.Version ?? 0) - (a.Version ?? 0))
    .map(({ Version = 0, Value }) => ({ Version, record: parseRecorded(Value) }));
  const recorded = read.flatMap(({ record }) => record ?? []);
  const byId = new Map(builds.map((build) => [build.id, build]));
  const known = new Set(recorded.map(({ build }) => build));
  const attempts = [
    ...recorded.map((record, i): Attempt => {
      const build = byId.get(record.build);
      const after = build && whyNot(build);
      const status = i === 0 ? 'live' : 'earlier';
      return { ...record, status, ...(after && { why: `after its rollout, ${after}` }) };
    }),
    ...builds.filter(({ id = '' }) => !known.has(id)).map(attempt),
  ].sort((a, b) => b.started.localeCompare(a.started));
  return { attempts, recorded, unreadable: read.flatMap((one) => (one.record ? [] : one.Version)) };
}

const STATUSES: Readonly<Record<string, Status>> = {
  FAILED: 'failed',
  STOPPED: 'stopped',
  TIMED_OUT: 'timed out',
  FAULT: 'faulty',
  IN_PROGRESS: 'running',
  SUCCEEDED: 'unrecorded',
};

function attempt(build: Build): Attempt {
  const { startTime, endTime, resolvedSourceVersion, environment } = build;
  const variables = environment?.environmentVariables ?? [];
  return {
    status: STATUSES[build.buildStatus ?? ''] ?? 'faulty',
    release: String(build.buildNumber ?? '?'),
    build: build.id ?? '',
    started: startTime?.toISOString() ?? '',
    commit: resolvedSourceVersion,
    initiator: build.initiator,
    seconds: startTime && endTime && Math.round((endTime.getTime() - startTime.getTime()) / 1000),
    rollback: variables.some(({ name, value }) => name === 'ROLLBACK' && value === '1'),
    why:
      whyNot(build) ??
      'it recorded nothing: its ci/ is older than releases, or it was given another buildspec',
  };
}

/** Where a build ended, or is, in CodeBuild's words; undefined for one that succeeded. */
function whyNot({ buildStatus, phases = [], currentPhase }: Build): string | undefined {
  if (buildStatus === 'SUCCEEDED') return undefined;
  if (buildStatus === 'IN_PROGRESS') return `in ${currentPhase}`;
  const phase = phases.find(({ phaseStatus = 'SUCCEEDED' }) => phaseStatus !== 'SUCCEEDED');
  if (!phase) return String(buildStatus);
  const [{ statusCode, message } = {}] = phase.contexts ?? [];
  const said = [statusCode, message].filter(Boolean).join(': ').replace(/\s+/g, ' ');
  return [`${phase.phaseStatus} in ${phase.phaseType}`, ...(said ? [said] : [])].join(': ');
}
