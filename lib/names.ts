/** Names that people type or other systems know; `default` keeps the guide's plain ones. */
export interface Names {
  readonly stack: string;
  readonly project: string;
  readonly role: string;
  readonly logGroup: string;
  /** Without the account id that follows. */
  readonly bucketPrefix: string;
  /** Of the bucket of an S3 cache, in the same way. */
  readonly cacheBucketPrefix: string;
  /** Of the repository that keeps layers between builds. */
  readonly layerCache: string;
  /**
   * The parameter that records what is live. Not under `/mangoo/`, where builds read what configures them, and a release is
   * none of that.
   */
  readonly releaseParameter: string;
  /** The first part of the names of the managed policies. */
  readonly policyPrefix: string;
  readonly boundary: string;
  /** In the account and region that are deployed to, where these are not the pipeline's. */
  readonly targetStack: string;
  readonly rolloutRole: string;
  /** Of the images that run. */
  readonly deployedTag: string;
  /** Of the topic that people read; and of the one for Slack, which wants messages of another form. */
  readonly topic: string;
  readonly slackTopic: string;
  /** The function that explains what happened. */
  readonly notifier: string;
  readonly deadLetters: string;
  readonly dashboard: string;
  /** Of the metrics that are found in the builds' logs. */
  readonly metricNamespace: string;
}

/** Of the one project that builds pull requests, of all environments. No environment's names are alike: theirs have no hyphen. */
export const PULL_REQUESTS = {
  project: 'mangoo-pull-requests',
  role: 'mangoo-pull-requests-role',
  logGroup: '/aws/codebuild/mangoo-pull-requests',
  /** What GitHub calls its status by, e.g. in a branch protection rule that requires it. */
  statusContext: 'mangoo/pull-request',
} as const;

export function namesOf(environment: string): Names {
  const suffix = environment === 'default' ? '' : `-${environment}`;
  const project = environment === 'default' ? 'mangoo-build-deploy' : `mangoo-build-${environment}`;
  return {
    stack: `MangooCodeBuildStack${suffix}`,
    project,
    role: `${project}-role`,
    logGroup: `/aws/codebuild/mangoo${suffix}`,
    bucketPrefix: `mangoo-artifacts${suffix}`,
    cacheBucketPrefix: `mangoo-cache${suffix}`,
    layerCache: `mangoo-layer-cache${suffix}`,
    releaseParameter: `/mangoo-releases/${environment}`,
    policyPrefix: `mangoo-deploy${suffix}`,
    boundary: `mangoo-deploy${suffix}-boundary`,
    targetStack: `MangooDeployTarget${suffix}`,
    rolloutRole: `${project}-rollout`,
    deployedTag: `latest${suffix}`,
    topic: `${project}-notifications`,
    slackTopic: `${project}-slack`,
    notifier: `${project}-notifier`,
    deadLetters: `${project}-dead-letters`,
    dashboard: project,
    metricNamespace: `Mangoo/${project}`,
  };
}

/** Of the release pipeline, of which there is one. */
export const RELEASE = {
  stack: 'MangooReleaseStack',
  pipeline: 'mangoo-release',
  role: 'mangoo-release-role',
  /** Without the account id that follows. */
  bucketPrefix: 'mangoo-release',
  cacheBucketPrefix: 'mangoo-release-cache',
  layerCache: 'mangoo-release-layer-cache',
} as const;

/** What a step of a release is built by. */
export interface StepNames {
  readonly project: string;
  readonly role: string;
  readonly logGroup: string;
}

export function stepNamesOf(step: 'build' | 'prepare' | 'deploy', environment?: string): StepNames {
  const project = [RELEASE.pipeline, step, ...(environment === undefined ? [] : [environment])].join('-');
  return { project, role: `${project}-role`, logGroup: `/aws/codebuild/${project}` };
}

/** The steps of a release that belong to an environment: to the first, that which builds for all; to others, that which prepares. */
export function stepsOf(environment: string, isFirst: boolean): StepNames[] {
  return [
    isFirst ? stepNamesOf('build') : stepNamesOf('prepare', environment),
    stepNamesOf('deploy', environment),
  ];
}

/**
 * What the names begin with that CloudFormation gives to a stack's resources. To leave room for logical id and random characters in
 * the 63 or 64 of an identifier, it cuts a stack's long name, and leaves 25 or more of it. AWS does not document how; names in use show it:
 * https://github.com/KensioSoftware/yulin/issues/1113
 */
export function generatedPrefix(stack: string): string {
  return stack.length > 25 ? stack.slice(0, 25) : `${stack}-`;
}
