import type { Build } from '@aws-sdk/client-codebuild';
import type { ParameterHistory } from '@aws-sdk/client-ssm';
import type { PipelineConfig } from '../../lib/config';
import type { Environment } from '../../lib/environments';
import { stepNamesOf } from '../../lib/names';
import type { Account } from '../doctor/account';
import { parseRecorded, type Recorded } from './recorded';
import { type Stray, straysOf } from './strays';

/**
 * `live`: what runs. `recorded`: what ran last, as far as it was seen. `earlier`: what ran before. `unrecorded`: a build that
 * succeeded, and deployed nothing that is known.
 */
export type Status =
  'live' | 'recorded' | 'earlier' | 'failed' | 'stopped' | 'timed out' | 'faulty' | 'running' | 'unrecorded';

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
  /** Those of them that were seen to run; the first is live, unless there are strays. */
  readonly recorded: readonly Recorded[];
  /** Versions of the parameter that no build has put there. */
  readonly unreadable: readonly number[];
  /** The services that run something else; a sentence where it is not known. */
  readonly strays: readonly Stray[] | string;
}

/** The environment's releases, and the builds between them that came to nothing, of the newest 100 of each. */
export async function historyOf(
  account: Account,
  environment: Environment,
  { images, release }: Pick<PipelineConfig, 'images' | 'release'>,
): Promise<History> {
  const { name, names } = environment;
  // Beside a release pipeline, the environment's own project is started by hand, e.g. for a rollback.
  const projects = [names.project, ...(release ? [stepNamesOf('deploy', name).project] : [])];
  const [versions, ...builds] = await Promise.all([
    account.parameterHistory(names.releaseParameter),
    ...projects.map((project) => account.builds(project)),
  ]);
  const { recorded } = merged(versions, []);
  const services = images.map(({ service }) => service);
  const strays = await straysOf(account, environment, services, recorded[0]);
  return {
    environment: name,
    parameter: names.releaseParameter,
    strays,
    ...merged(versions, builds.flat(), isStray(strays)),
  };
}

/** Whether something else is known to run than was recorded last. */
export function isStray(strays: History['strays']): boolean {
  return typeof strays !== 'string' && strays.length > 0;
}

/** What the parameter says, and what CodeBuild does, of each build once. */
export function merged(
  versions: readonly ParameterHistory[],
  builds: readonly Build[],
  strays = false,
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
      const status = i > 0 ? 'earlier' : strays ? 'recorded' : 'live';
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
