import type { Artifacts, Environment, Project, Source } from './projects';

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html */
export interface StartBuild {
  readonly projectName: string;
  readonly sourceVersion?: string;
  readonly artifactsOverride?: Artifacts;
  readonly buildspecOverride?: string;
  readonly cacheOverride?: Project['cache'];
  readonly computeTypeOverride?: string;
  readonly environmentTypeOverride?: string;
  readonly environmentVariablesOverride?: Environment['environmentVariables'];
  readonly gitCloneDepthOverride?: number;
  readonly imageOverride?: string;
  readonly logsConfigOverride?: Project['logsConfig'];
  readonly privilegedModeOverride?: boolean;
  readonly queuedTimeoutInMinutesOverride?: number;
  readonly serviceRoleOverride?: string;
  readonly secondaryArtifactsOverride?: readonly Artifacts[];
  readonly sourceLocationOverride?: string;
  readonly sourceTypeOverride?: string;
  readonly timeoutInMinutesOverride?: number;
  readonly idempotencyToken?: string;
}

/** Members of StartBuild that change what runs, and that the simulator cannot follow. */
const NOT_PLAYED = [
  'secondarySourcesOverride',
  'secondarySourcesVersionOverride',
  'fleetOverride',
  'debugSessionEnabled',
] as const;

/** The members of a StartBuild that would be ignored: better refused than built otherwise than asked. */
export function notPlayed(input: object): string[] {
  return NOT_PLAYED.filter((name) => {
    const value = (input as Readonly<Record<string, unknown>>)[name];
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
}

/** The project as a build started with these overrides sees it: each wins over what the project says. */
export function overridden(project: Project, start: StartBuild): Project {
  const { source, environment } = project;
  return {
    ...project,
    sourceVersion: start.sourceVersion ?? project.sourceVersion,
    source: defined<Source>(source, {
      type: start.sourceTypeOverride,
      location: start.sourceLocationOverride,
      buildspec: start.buildspecOverride,
      gitCloneDepth: start.gitCloneDepthOverride,
    }),
    environment: {
      ...defined<Environment>(environment, {
        type: start.environmentTypeOverride,
        image: start.imageOverride,
        computeType: start.computeTypeOverride,
        privilegedMode: start.privilegedModeOverride,
      }),
      environmentVariables: byName([
        ...(environment.environmentVariables ?? []),
        ...(start.environmentVariablesOverride ?? []),
      ]),
    },
    artifacts: start.artifactsOverride ?? project.artifacts,
    secondaryArtifacts: start.secondaryArtifactsOverride ?? project.secondaryArtifacts,
    cache: start.cacheOverride ?? project.cache,
    logsConfig: start.logsConfigOverride ?? project.logsConfig,
    serviceRole: start.serviceRoleOverride ?? project.serviceRole,
    timeoutInMinutes: start.timeoutInMinutesOverride ?? project.timeoutInMinutes,
    queuedTimeoutInMinutes: start.queuedTimeoutInMinutesOverride ?? project.queuedTimeoutInMinutes,
  };
}

function defined<T extends object>(base: T, values: Partial<T>): T {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

/** Of two of the same name, the later wins. */
function byName<T extends { readonly name: string }>(variables: readonly T[]): T[] {
  return [...new Map(variables.map((variable) => [variable.name, variable])).values()];
}
