import type { BuildResult, PhaseName, PhaseResult } from '../engine/types';
import type { Project } from './projects';
import { reportsOf } from './reports';

/** What is known of a build, from its start on; plain data, so that it can be kept. */
export interface BuildRecord extends Omit<BuildResult, 'status' | 'phases' | 'reports'> {
  /** `project:uuid` */
  readonly id: string;
  readonly arn: string;
  /** The project's first build is 1. */
  readonly number: number;
  /** As the build sees it: the project at the start, with the overrides of StartBuild. */
  readonly project: Project;
  /** A user's name, `ROLE/SESSION`, or `GitHub-Hookshot/…`. */
  readonly initiator: string;
  /** As asked for; undefined for the default branch. */
  readonly sourceVersion?: string;
  readonly logGroup: string;
  readonly logStream: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  endTime?: number;
  status: BuildResult['status'] | 'IN_PROGRESS';
  /** Those that have ended. */
  phases: PhaseResult[];
  /** Until their report group is deleted. */
  reports: BuildResult['reports'];
  currentPhase: PhaseName;
  currentPhaseStartedAt: number;
  resolvedSourceVersion?: string;
}

/** A build in the API's form. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html */
export function describe(record: BuildRecord, encryptionKey: string): object {
  const { project, phases } = record;
  const [, , , region = '', account = ''] = record.arn.split(':');
  const finished = record.endTime !== undefined;
  return {
    id: record.id,
    arn: record.arn,
    buildNumber: record.number,
    startTime: seconds(record.startTime),
    endTime: finished ? seconds(record.endTime ?? 0) : undefined,
    currentPhase: record.currentPhase,
    buildStatus: record.status,
    sourceVersion: record.sourceVersion,
    resolvedSourceVersion: record.resolvedSourceVersion,
    projectName: project.name,
    phases: [
      ...phases.map((phase) => ({
        phaseType: phase.name,
        // The phase that ends the others has no end of its own.
        ...(phase.name !== 'COMPLETED' && {
          phaseStatus: phase.status,
          endTime: seconds(phase.startedAt + phase.seconds * 1000),
          durationInSeconds: Math.round(phase.seconds),
        }),
        startTime: seconds(phase.startedAt),
        ...(phase.context !== undefined && { contexts: [context(phase.context)] }),
      })),
      ...(finished
        ? []
        : [{ phaseType: record.currentPhase, startTime: seconds(record.currentPhaseStartedAt) }]),
    ],
    source: project.source,
    secondarySources: [],
    artifacts: artifactsOf(record),
    cache: project.cache ?? { type: 'NO_CACHE' },
    environment: project.environment,
    serviceRole: project.serviceRole,
    logs: {
      groupName: record.logGroup,
      streamName: record.logStream,
      deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${encoded(record.logGroup)}/log-events/${encoded(record.logStream)}`,
      cloudWatchLogsArn: `arn:aws:logs:${region}:${account}:log-group:${record.logGroup}:log-stream:${record.logStream}`,
    },
    timeoutInMinutes: project.timeoutInMinutes ?? 60,
    queuedTimeoutInMinutes: project.queuedTimeoutInMinutes ?? 480,
    buildComplete: finished,
    initiator: record.initiator,
    encryptionKey,
    exportedEnvironmentVariables: Object.entries(record.exportedVariables).map(([name, value]) => ({
      name,
      value,
    })),
    reportArns: reportsOf(record).map(({ arn }) => arn),
  };
}

export function uuidOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** Where a build's artifact goes; nowhere is ''. */
export function artifactsOf({ project: { artifacts, name }, id }: BuildRecord): {
  readonly location: string;
  readonly overrideArtifactName?: boolean;
} {
  if (!artifacts.location) return { location: '' };
  const parts = [
    artifacts.path,
    artifacts.namespaceType === 'BUILD_ID' ? uuidOf(id) : undefined,
    artifacts.name ?? name,
  ].flatMap((part) => part?.split('/').filter(Boolean) ?? []);
  return {
    location: `arn:aws:s3:::${[artifacts.location, ...parts].join('/')}`,
    overrideArtifactName: artifacts.overrideArtifactName,
  };
}

/** The engine tells `STATUS_CODE: message`. */
function context(text: string): object {
  const colon = text.indexOf(': ');
  return { statusCode: text.slice(0, colon), message: text.slice(colon + 2) };
}

/** Times of the API are seconds, with a fraction. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}

/** CloudWatch's console wants its own escapes in a link. */
function encoded(name: string): string {
  return name.replaceAll('/', '$252F');
}
