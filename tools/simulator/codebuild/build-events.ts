import type { PhaseName, PhaseResult } from '../engine/types';
import { emitted } from '../events/emitted';
import type { AwsEvent } from '../events/event-bus';
import { artifactsOf, type BuildRecord } from './record';

/**
 * What CodeBuild tells the event bus when a build has begun or ended. Where the documented sample and events of real
 * builds differ (`[: ]` for a context without content, no log before there is one), real ones decide.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
 */
export function buildStateChange(record: BuildRecord): AwsEvent {
  const last = record.phases.findLast(({ name }) => name !== 'COMPLETED');
  return event('CodeBuild Build State Change', record, record.endTime ?? record.startTime, {
    'build-status': record.status,
    'additional-information': information(record),
    'current-phase': record.currentPhase,
    'current-phase-context': inOne(last ? contextsOf(last) : []),
  });
}

/** The same for a phase that has ended; the next has begun. */
export function buildPhaseChange(record: BuildRecord, phase: PhaseResult): AwsEvent {
  // The event's time is that of the phase's beginning, in the sample as in real events.
  return event('CodeBuild Build Phase Change', record, phase.startedAt, {
    'completed-phase': phase.name,
    'completed-phase-status': phase.status,
    'completed-phase-context': inOne(contextsOf(phase)),
    'completed-phase-duration-seconds': Math.floor(phase.seconds),
    'completed-phase-start': date(phase.startedAt),
    'completed-phase-end': date(endOf(phase)),
    'additional-information': information(record),
  });
}

function event(detailType: string, { arn, project }: BuildRecord, time: number, detail: object): AwsEvent {
  const [, , , region = '', account = ''] = arn.split(':');
  return emitted(
    detailType,
    { source: 'aws.codebuild', account, region, resources: [arn], time },
    { 'project-name': project.name, 'build-id': arn, version: '1', ...detail },
  );
}

function information(record: BuildRecord): object {
  const { project, phases } = record;
  const { environment, source, cache } = project;
  return {
    // Hashes are told of artifacts that are packed into a ZIP; nothing here knows them.
    artifact: { location: artifactsOf(record).location },
    cache: { type: cache?.type ?? 'NO_CACHE', location: cache?.location },
    environment: {
      image: environment.image,
      'privileged-mode': environment.privilegedMode ?? false,
      'compute-type': environment.computeType,
      type: environment.type ?? 'LINUX_CONTAINER',
      'image-pull-credentials-type': environment.imagePullCredentialsType,
      // The value of a reference is the name of what it refers to.
      'environment-variables': (environment.environmentVariables ?? []).map(
        ({ name, value, type = 'PLAINTEXT' }) => ({ name, type, value }),
      ),
    },
    source: {
      type: source.type,
      location: source.location,
      buildspec: source.buildspec,
      'git-clone-depth': source.gitCloneDepth,
    },
    'source-version': record.sourceVersion,
    'timeout-in-minutes': project.timeoutInMinutes ?? 60,
    'queued-timeout-in-minutes': project.queuedTimeoutInMinutes ?? 480,
    'build-complete': record.endTime !== undefined,
    initiator: record.initiator,
    'build-start-time': date(record.startTime),
    logs: logsOf(record),
    // The very first event has neither.
    ...(phases.length > 0 && {
      'build-number': record.number,
      phases: [
        ...phases.map((phase) =>
          // The phase that ends the others has no end of its own.
          phase.name === 'COMPLETED' ? begun(phase.name, phase.startedAt) : ended(phase),
        ),
        ...(record.endTime === undefined ? [begun(record.currentPhase, record.currentPhaseStartedAt)] : []),
      ],
    }),
  };
}

/** There is no log before there is a container that writes one; the link is told all the same. */
function logsOf({ arn, project, phases, logGroup, logStream }: BuildRecord): object {
  const region = arn.split(':')[3];
  const isWritten =
    phases.some(({ name }) => name === 'PROVISIONING') &&
    project.logsConfig?.cloudWatchLogs?.status !== 'DISABLED';
  const group = isWritten ? logGroup : undefined;
  const stream = isWritten ? logStream : undefined;
  return {
    'group-name': group,
    'stream-name': stream,
    'deep-link': `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logEvent:group=${group ?? null};stream=${stream ?? null}`,
  };
}

function begun(name: PhaseName, startedAt: number): object {
  return { 'start-time': date(startedAt), 'phase-type': name };
}

function ended(phase: PhaseResult): object {
  return {
    'phase-context': contextsOf(phase),
    'start-time': date(phase.startedAt),
    'end-time': date(endOf(phase)),
    'duration-in-seconds': Math.floor(phase.seconds),
    'phase-type': phase.name,
    'phase-status': phase.status,
  };
}

/** `CODE: message`; of a phase in the container also when there is neither. */
function contextsOf({ name, context }: PhaseResult): string[] {
  if (context !== undefined) return [context];
  return name === 'SUBMITTED' || name === 'QUEUED' ? [] : [': '];
}

function inOne(contexts: readonly string[]): string {
  return `[${contexts.join(', ')}]`;
}

function endOf({ startedAt, seconds }: PhaseResult): number {
  return startedAt + seconds * 1000;
}

/** `Sep 1, 2017 4:12:29 PM`, in UTC. */
function date(milliseconds: number): string {
  const [, day = '', month = '', year = '', time = ''] = new Date(milliseconds).toUTCString().split(' ');
  const [hour = '', minute = '', second = ''] = time.split(':');
  const half = Number(hour) < 12 ? 'AM' : 'PM';
  return `${month} ${Number(day)}, ${year} ${Number(hour) % 12 || 12}:${minute}:${second} ${half}`;
}
