import type { BuildVariables } from './build-variables';
import type { ApplicationConfig, EnvironmentConfig, PipelineConfig, RetentionConfig } from './config';
import { type Names, namesOf } from './names';

/** An account and a region; what is not given is that of whoever deploys. */
export interface Place {
  readonly account?: string;
  readonly region?: string;
}

/** An environment as its stacks need it: what the configuration says of it, or of all, or leaves to a default. */
export interface Environment {
  readonly name: string;
  readonly branch: string;
  readonly names: Names;
  /** Where the application is deployed. */
  readonly place: Place;
  /** The same, where it is another account or region than the pipeline's. */
  readonly elsewhere?: Required<Place>;
  /** The application's stacks, in the order of their deployment. */
  readonly stacks: readonly string[];
  readonly cluster: string;
  /** Of the application's bootstrap, whose roles deploy it. */
  readonly bootstrapQualifier: string;
  readonly retention: RetentionConfig;
  /** Names of what a build may read: of parameters after a slash, and of secrets. */
  readonly readable: readonly string[];
  /** Names of the secrets that are the application's own. */
  readonly applicationSecrets: readonly string[];
  /** Of the build. */
  readonly variables: Readonly<Record<string, string>> &
    Pick<BuildVariables, 'ECS_CLUSTER' | 'CDK_STACK_NAME' | 'CDK_ENV' | 'ENVIRONMENT'>;
}

/** Of an environment called `default`, and what the qualifiers of others begin with. */
const QUALIFIER = 'mangoo';

/** Where the projects, the repositories and the artifacts of all environments are. */
export function pipelinePlace({ pipeline, environments: [first] }: PipelineConfig): Place {
  return { account: pipeline?.account ?? first?.account, region: pipeline?.region ?? first?.region };
}

/** Who has the repositories. A `default` keeps them when others come: resources cannot move between stacks. */
export function imagesOwner({ environments }: PipelineConfig): { stack: string; environment: string } {
  return environments.some(({ name }) => name === 'default')
    ? { stack: namesOf('default').stack, environment: 'default' }
    : { stack: 'MangooImagesStack', environment: 'shared' };
}

/**
 * The environment whose stack has what is not of one environment alone: the project of pull requests, what scans find in
 * images, and all that goes to Slack, where a channel has one configuration per account.
 * https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1155
 */
export function speaker({ environments }: PipelineConfig): Names {
  const one = environments.find(({ name }) => name === 'default') ?? environments[0];
  return namesOf(one?.name ?? 'default');
}

export function environmentOf(config: PipelineConfig, environment: EnvironmentConfig): Environment {
  const { name, branch, variables = {} } = environment;
  const { application } = config;
  const isDefault = name === 'default';
  const pipeline = pipelinePlace(config);
  const place = {
    account: environment.account ?? pipeline.account,
    region: environment.region ?? pipeline.region,
  };
  const stacks = variables.CDK_STACK_NAME?.trim().split(/\s+/) ?? application.stacks;
  const cluster = variables.ECS_CLUSTER ?? application.cluster;
  return {
    name,
    branch,
    names: namesOf(name),
    place,
    ...((place.account !== pipeline.account || place.region !== pipeline.region) && {
      elsewhere: place as Required<Place>,
    }),
    stacks,
    cluster,
    bootstrapQualifier:
      environment.bootstrapQualifier ??
      (isDefault
        ? (application.bootstrapQualifier ?? QUALIFIER)
        : `${application.bootstrapQualifier ?? QUALIFIER}${name}`.slice(0, 10)),
    retention: { ...config.retention, ...environment.retention },
    readable: isDefault ? ['mangoo/*'] : [`mangoo/${name}/*`, 'mangoo/shared/*'],
    applicationSecrets: isDefault ? ['mangoo-app/*'] : stacks.map((stack) => `mangoo-app/${stack}/*`),
    variables: {
      ECS_CLUSTER: cluster,
      CDK_STACK_NAME: stacks.join(' '),
      CDK_ENV: isDefault ? 'prod' : name,
      ENVIRONMENT: isDefault ? 'prod' : name,
      ...variables,
      ...hooks(application, stacks),
    },
  };
}

/** What a deployment is told of the configuration besides where it goes. */
function hooks(
  { allowedChanges = [], migration, smokeTest }: ApplicationConfig,
  stacks: readonly string[],
): Pick<BuildVariables, 'ALLOWED_CHANGES' | 'MIGRATION' | 'SMOKE_TEST'> {
  const allowed = allowedChanges.filter(({ resource }) => stacks.includes(resource.split('/')[0] ?? ''));
  return {
    ...(allowed.length && { ALLOWED_CHANGES: JSON.stringify(allowed) }),
    ...(migration && { MIGRATION: migration }),
    ...(smokeTest && { SMOKE_TEST: smokeTest }),
  };
}
