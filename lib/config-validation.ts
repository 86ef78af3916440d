import { isIPv4 } from 'node:net';
import type { BuildVariables } from './build-variables';
import { BUILD_IMAGES } from './catalogue/build-images';
import type {
  ComputeType,
  EnvironmentConfig,
  ExistingVpcConfig,
  ImageConfig,
  NewVpcConfig,
  PipelineConfig,
  RetentionConfig,
} from './config';
import { type Environment, environmentOf, pipelinePlace } from './environments';
import { generatedPrefix, namesOf, PULL_REQUESTS, RELEASE, stepNamesOf } from './names';

/** The configuration cannot be used; the message names the file and lists every problem. */
export class ConfigError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super([`${file} is not usable:`, ...problems.map((problem) => `  - ${problem}`)].join('\n'));
  }
}

/**
 * Checks what the type cannot: everything that AWS would refuse, or that would deploy something else than was meant.
 *
 * @param file the configuration's path, for the message
 * @throws ConfigError with all problems at once
 */
export function validate(config: PipelineConfig, file: string): void {
  const problems = problemsOf(config);
  if (problems.length) throw new ConfigError(file, problems);
}

/** CloudWatch Logs takes these only. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const COMPUTE_TYPES: readonly ComputeType[] = ['SMALL', 'MEDIUM', 'LARGE', 'XLARGE', '2XLARGE'];

function problemsOf(config: PipelineConfig): string[] {
  const unshaped = missing(config, SHAPE, '');
  if (unshaped.length) return unshaped;
  const problems: string[] = [];
  const check: Check = (ok, field, rule, value) => {
    if (!ok) problems.push(`${field}: expected ${rule}, got ${JSON.stringify(value)}`);
  };
  github(config, check);
  images(config, check);
  application(config, check);
  build(config, check);
  retention(config.retention, 'retention', check);
  place(config.pipeline ?? {}, 'pipeline', check);
  environments(config, check);
  notifications(config, check);
  imageScan(config, check);
  monitoring(config, check);
  pullRequests(config, check);
  vpc(config, check);
  release(config, check);
  return problems;
}

/** Files are run without type check, and a regular expression takes a value that is missing for the text "undefined". */
const SHAPE: Shape = {
  github: { owner: 'string', repo: 'string' },
  appDir: 'string',
  images: [{ name: 'string', context: 'string', repository: 'string', service: 'string' }],
  application: {
    stacks: ['string'],
    cluster: 'string',
    'allowedChanges?': [{ commit: 'string', resource: 'string', reason: 'string' }],
    'migration?': 'string',
    'smokeTest?': 'string',
  },
  build: {
    image: 'string',
    computeType: 'string',
    timeoutMinutes: 'number',
    nodejs: 'any',
    python: 'any',
    cache: 'string',
    'registryCache?': 'boolean',
    'dockerServer?': 'string',
    'debugSessions?': 'boolean',
  },
  retention: { artifactDays: 'number', logDays: 'number', imagesKept: 'number' },
  environments: [{ name: 'string', branch: 'string', 'bootstrapQualifier?': 'string' }],
  'pipeline?': { 'account?': 'string', 'region?': 'string' },
  'notifications?': {
    'email?': ['string'],
    'https?': ['string'],
    'slack?': { workspaceId: 'string', channelId: 'string' },
    'onSuccess?': 'boolean',
  },
  'imageScan?': {
    refuse: 'string',
    'waitSeconds?': 'number',
    'allowed?': [{ id: 'string', reason: 'string', until: 'string' }],
  },
  'release?': { 'approvalHours?': 'number' },
  'monitoring?': { maxBuildMinutes: 'number', minSuccessPercent: 'number', minCacheHitPercent: 'number' },
  'pullRequests?': { 'branches?': ['string'], 'approval?': 'string', 'computeType?': 'string' },
  'vpc?': {
    'id?': 'string',
    'availabilityZones?': ['string'],
    'privateSubnets?': ['string'],
    'egress?': 'string',
    'cidr?': 'string',
  },
};

/** A field whose name ends in `?` may be absent, as in a type. */
type Shape = 'string' | 'number' | 'boolean' | 'any' | readonly [Shape] | { readonly [field: string]: Shape };

function missing(value: unknown, shape: Shape, at: string): string[] {
  const wrong = (expected: string): string[] => [
    `${at}: expected ${expected}, got ${JSON.stringify(value) ?? 'nothing'}`,
  ];
  if (shape === 'any') return [];
  if (typeof shape === 'string') return typeof value === shape ? [] : wrong(`a ${shape}`);
  if (Array.isArray(shape)) {
    const [element] = shape as readonly [Shape];
    if (!Array.isArray(value)) return wrong('a list');
    return value.flatMap((item, i) => missing(item, element, `${at}[${i}]`));
  }
  if (typeof value !== 'object' || value === null) return wrong('an object');
  return Object.entries(shape as Record<string, Shape>).flatMap(([name, inner]) => {
    const field = name.replace(/\?$/, '');
    const given = (value as Record<string, unknown>)[field];
    const absent = given === undefined && name.endsWith('?');
    return absent ? [] : missing(given, inner, at ? `${at}.${field}` : field);
  });
}

type Check = (ok: boolean, field: string, rule: string, value: unknown) => void;

function github({ github: { owner, repo, connectionArn } }: PipelineConfig, check: Check): void {
  check(
    /^[A-Za-z\d](?:[A-Za-z\d-]{0,38})$/.test(owner),
    'github.owner',
    'a GitHub user or organization',
    owner,
  );
  check(
    /^(?!\.{1,2}$)(?!.*\.git$)[\w.-]{1,100}$/.test(repo),
    'github.repo',
    "a repository's name, without owner or .git",
    repo,
  );
  check(
    connectionArn === undefined ||
      /^arn:[^:]+:(?:codeconnections|codestar-connections):[^:]+:\d{12}:connection\/[\da-f-]{36}$/.test(
        connectionArn,
      ),
    'github.connectionArn',
    'the ARN of a CodeConnections connection',
    connectionArn,
  );
}

function images(config: PipelineConfig, check: Check): void {
  const { images: list, appDir } = config;
  const layerCaches = layerCachesOf(config);
  check(
    isInside(appDir),
    'appDir',
    "a path inside the application's repository, of letters, digits, . _ - and /",
    appDir,
  );
  check(list.length >= 1 && list.length <= 20, 'images', '1 to 20 images', list.length);
  list.forEach((image, i) => {
    const at = `images[${i}]`;
    check(
      /^[a-z][a-zA-Z\d]*$/.test(image.name),
      `${at}.name`,
      'letters and digits, first a lower-case letter',
      image.name,
    );
    check(
      isInside(image.context),
      `${at}.context`,
      'a path inside appDir, of letters, digits, . _ - and /',
      image.context,
    );
    check(
      /^(?=.{2,256}$)[a-z\d]+(?:[._-][a-z\d]+)*(?:\/[a-z\d]+(?:[._-][a-z\d]+)*)*$/.test(image.repository),
      `${at}.repository`,
      "an ECR repository's name: lower-case letters, digits, . _ - and /",
      image.repository,
    );
    check(
      !layerCaches.includes(image.repository),
      `${at}.repository`,
      'another repository than that of the layers (build.registryCache)',
      image.repository,
    );
    check(
      isEcsName(image.service),
      `${at}.service`,
      "an ECS service's name: letters, digits, _ and -",
      image.service,
    );
    check(
      image.maxSizeMB === undefined || image.maxSizeMB > 0,
      `${at}.maxSizeMB`,
      'a size in megabytes above 0',
      image.maxSizeMB,
    );
  });
  for (const field of ['name', 'repository', 'service'] satisfies (keyof ImageConfig)[]) {
    const values = list.map((image) => image[field]);
    once(values, `images[].${field}`, check);
  }
}

function layerCachesOf({ build, environments: list, release }: PipelineConfig): string[] {
  if (!build.registryCache) return [];
  return [...list.map(({ name }) => namesOf(name).layerCache), ...(release ? [RELEASE.layerCache] : [])];
}

function application(config: PipelineConfig, check: Check): void {
  const { stacks, cluster, bootstrapQualifier, migration, smokeTest } = config.application;
  check(stacks.length > 0, 'application.stacks', 'at least one stack', stacks);
  check(new Set(stacks).size === stacks.length, 'application.stacks', 'each stack once', stacks);
  stacks.forEach((stack, i) => applicationStack(stack, `application.stacks[${i}]`, config, check));
  check(
    isEcsName(cluster),
    'application.cluster',
    "an ECS cluster's name: letters, digits, _ and -",
    cluster,
  );
  if (bootstrapQualifier !== undefined)
    qualifier(bootstrapQualifier, 'application.bootstrapQualifier', check);
  allowedChanges(config, check);
  for (const [field, command] of Object.entries({ migration, smokeTest })) {
    check(
      command === undefined || command.trim() !== '',
      `application.${field}`,
      'a command, or no field',
      command,
    );
  }
}

/** An entry that allows nothing would be found out when its build is refused. */
function allowedChanges(config: PipelineConfig, check: Check): void {
  const { stacks, allowedChanges: list = [] } = config.application;
  const all = new Set([
    ...stacks,
    ...config.environments
      .filter(hasTextsOnly)
      .flatMap(({ variables }) => variables?.CDK_STACK_NAME?.trim().split(/\s+/) ?? []),
  ]);
  list.forEach(({ commit, resource, reason }, i) => {
    const at = `application.allowedChanges[${i}]`;
    check(/^[\da-f]{40}$/.test(commit), `${at}.commit`, 'a whole commit id: 40 hexadecimal digits', commit);
    const [stack = '', ...ids] = resource.split('/');
    check(
      all.has(stack) && ids.length > 0 && ids.every((id) => /^[A-Za-z\d]+$/.test(id)),
      `${at}.resource`,
      `<Stack>/<LogicalId> of one of the application's stacks (${[...all].join(', ')})`,
      resource,
    );
    check(isLine(reason), `${at}.reason`, 'why it is meant, in one line', reason);
  });
}

function applicationStack(
  stack: string,
  field: string,
  { environments: list, pullRequests: pulls }: PipelineConfig,
  check: Check,
): void {
  const roles = list.map(({ name }) => namesOf(name)).flatMap(({ role, rolloutRole }) => [role, rolloutRole]);
  if (pulls) roles.push(PULL_REQUESTS.role);
  roles.push(RELEASE.role, stepNamesOf('build').role);
  for (const { name } of list)
    roles.push(stepNamesOf('prepare', name).role, stepNamesOf('deploy', name).role);
  check(/^[A-Za-z][A-Za-z\d-]{0,127}$/.test(stack), field, "a CloudFormation stack's name", stack);
  check(
    !/^(?:MangooCodeBuildStack|MangooDeployTarget|MangooImagesStack|MangooReleaseStack|CDKToolkit)/.test(
      stack,
    ),
    field,
    "a stack of the application, not the pipeline's own: a build that changes its pipeline can break or escape it",
    stack,
  );
  // Deployments may change roles whose names begin so.
  const prefix = generatedPrefix(stack);
  check(
    !prefix.startsWith('cdk-') && !roles.some((role) => role.startsWith(prefix)),
    field,
    "a name that the pipeline's and the bootstrap's roles do not begin with, or deployments could change them",
    stack,
  );
}

function qualifier(value: string, field: string, check: Check): void {
  check(/^[a-z\d]{1,10}$/.test(value), field, 'up to 10 lower-case letters and digits', value);
  check(
    value !== 'hnb659fds',
    field,
    "another than the default bootstrap's, whose execution role is an administrator",
    value,
  );
}

function build(
  { build: { image, computeType, timeoutMinutes, nodejs, python, cache, dockerServer } }: PipelineConfig,
  check: Check,
): void {
  check(
    COMPUTE_TYPES.includes(computeType),
    'build.computeType',
    `one of ${COMPUTE_TYPES.join(', ')}`,
    computeType,
  );
  check(
    Number.isInteger(timeoutMinutes) && timeoutMinutes >= 5 && timeoutMinutes <= 2160,
    'build.timeoutMinutes',
    'a whole number of minutes from 5 to 2160',
    timeoutMinutes,
  );
  const runtimes: Readonly<Record<string, readonly string[]>> | undefined = BUILD_IMAGES[image];
  check(runtimes !== undefined, 'build.image', `one of ${Object.keys(BUILD_IMAGES).join(', ')}`, image);
  for (const [runtime, version] of Object.entries({ nodejs, python })) {
    const versions = runtimes?.[runtime] ?? [];
    check(
      !runtimes || versions.includes(version),
      `build.${runtime}`,
      `a version that ${image} has, as a string (${versions.join(', ')})`,
      version,
    );
  }
  check(
    dockerServer === undefined || COMPUTE_TYPES.includes(dockerServer),
    'build.dockerServer',
    `one of ${COMPUTE_TYPES.join(', ')}`,
    dockerServer,
  );
  check(['local', 's3', 'none'].includes(cache), 'build.cache', "'local', 's3' or 'none'", cache);
}

function retention(r: RetentionConfig, at: string, check: Check): void {
  check(isDays(r.artifactDays), `${at}.artifactDays`, 'a whole number of days, at least 1', r.artifactDays);
  if (r.tieringAfterDays !== undefined) {
    check(
      Number.isInteger(r.tieringAfterDays) && r.tieringAfterDays >= 0 && r.tieringAfterDays < r.artifactDays,
      `${at}.tieringAfterDays`,
      `a whole number of days below artifactDays (${r.artifactDays}): S3 refuses to move what has expired`,
      r.tieringAfterDays,
    );
  }
  check(LOG_DAYS.includes(r.logDays), `${at}.logDays`, `one of ${LOG_DAYS.join(', ')}`, r.logDays);
  check(
    Number.isInteger(r.imagesKept) && r.imagesKept >= 2,
    `${at}.imagesKept`,
    'a whole number of images, at least 2: the running one and the one before',
    r.imagesKept,
  );
}

function environments(config: PipelineConfig, check: Check): void {
  const { environments: list } = config;
  const names = list.map(({ name }) => name);
  check(list.length > 0, 'environments', 'at least one', list);
  once(names, 'environments[].name', check);
  list.forEach((environment, i) => oneEnvironment(config, environment, `environments[${i}]`, check));
  const { account, region } = pipelinePlace(config);
  const all = list.filter(hasTextsOnly).map((environment) => environmentOf(config, environment));
  check(
    (account !== undefined && region !== undefined) || !all.some(({ elsewhere }) => elsewhere),
    'pipeline',
    'account and region, here or in environments[0], because another environment is elsewhere',
    { account, region },
  );
  all.forEach((one, i) => {
    for (const other of all.slice(0, i)) keptApart(one, other, `environments[${i}]`, check);
  });
}

/** What one may deploy, and change, follows from names: in one account, the others' have to be different. */
function keptApart(one: Environment, other: Environment, at: string, check: Check): void {
  if (one.place.account !== other.place.account) return;
  const alike = (a: string, b: string): boolean => named(a).startsWith(named(b));
  check(
    !one.stacks.some((a) => other.stacks.some((b) => alike(a, b) || alike(b, a))),
    `${at}.variables.CDK_STACK_NAME`,
    `stacks of which none begins as one of ${other.name} is called (${other.stacks.join(' ')}), nor the other way round: in one account, deployments of one could change the other's`,
    one.stacks.join(' '),
  );
  if (one.place.region !== other.place.region) return;
  const rule = `another than that of ${other.name}, in the same account and region`;
  check(one.cluster !== other.cluster, `${at}.variables.ECS_CLUSTER`, rule, one.cluster);
  check(
    one.bootstrapQualifier !== other.bootstrapQualifier,
    `${at}.bootstrapQualifier`,
    rule,
    one.bootstrapQualifier,
  );
}

/** As names of roles, databases and task definitions have a stack's. */
function named(stack: string): string {
  return generatedPrefix(stack).toLowerCase().replaceAll('-', '');
}

function hasTextsOnly({ variables = {} }: EnvironmentConfig): boolean {
  return Object.values(variables).every((value) => typeof value === 'string');
}

function place(
  { account, region }: { readonly account?: string; readonly region?: string },
  at: string,
  check: Check,
): void {
  check(account === undefined || /^\d{12}$/.test(account), `${at}.account`, 'a 12-digit account id', account);
  check(
    region === undefined || /^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region),
    `${at}.region`,
    'a region such as us-east-1',
    region,
  );
}

/** Variables of the build that another field of the configuration gives. */
const OWN_VARIABLES = {
  APP_DIR: 'appDir',
  IMAGES: 'images',
  NODEJS_VERSION: 'build.nodejs',
  PYTHON_VERSION: 'build.python',
  ECR_LIFECYCLE_POLICY: 'retention.imagesKept',
  RESOURCE_TAGS: 'the stack',
  DEPLOYED_TAG: 'environments[].name',
  RELEASE_PARAMETER: 'environments[].name',
  BOOTSTRAP_QUALIFIER: 'environments[].bootstrapQualifier',
  PERMISSIONS_BOUNDARY: 'environments[].name',
  TARGET_ACCOUNT: 'environments[].account',
  TARGET_REGION: 'environments[].region',
  ROLLOUT_ROLE_ARN: 'environments[].account',
  IMAGE_SCAN: 'imageScan',
  LAYER_CACHE: 'build.registryCache',
  ALLOWED_CHANGES: 'application.allowedChanges',
  MIGRATION: 'application.migration',
  SMOKE_TEST: 'application.smokeTest',
  REPOSITORY_URL: 'github',
  BUILD_MINUTE_USD: 'build.computeType',
} satisfies Partial<Record<keyof BuildVariables, string>>;

function oneEnvironment(
  config: PipelineConfig,
  environment: EnvironmentConfig,
  at: string,
  check: Check,
): void {
  const { name, branch, variables = {} } = environment;
  check(/^[a-z][a-z\d]{0,19}$/.test(name), `${at}.name`, 'up to 20 lower-case letters and digits', name);
  check(
    isBranch(branch),
    `${at}.branch`,
    "a branch's name, without refs/heads/ and without patterns",
    branch,
  );
  check(
    name !== 'deploy' && name !== 'shared',
    `${at}.name`,
    "another name: mangoo-build-deploy is the project of 'default', and mangoo/shared/ is what all builds read",
    name,
  );
  place(environment, at, check);
  if (environment.bootstrapQualifier !== undefined) {
    qualifier(environment.bootstrapQualifier, `${at}.bootstrapQualifier`, check);
  }
  if (environment.retention) {
    const { imagesKept } = environment.retention as Partial<RetentionConfig>;
    check(
      imagesKept === undefined,
      `${at}.retention.imagesKept`,
      "no value: the images are everybody's",
      imagesKept,
    );
    retention({ ...config.retention, ...environment.retention }, `${at}.retention`, check);
  }
  for (const [key, value] of Object.entries(variables)) {
    check(/^[A-Za-z_]\w*$/.test(key), `${at}.variables.${key}`, 'a name that a shell takes', key);
    check(
      !/^(?:CODEBUILD_|AWS_)/.test(key),
      `${at}.variables.${key}`,
      'a name that is not reserved (CODEBUILD_…, AWS_…)',
      key,
    );
    const own = OWN_VARIABLES[key as keyof typeof OWN_VARIABLES];
    check(own === undefined, `${at}.variables.${key}`, `no value: it comes from ${own}`, value);
    check(typeof value === 'string', `${at}.variables.${key}`, 'a string', value);
  }
  if (!hasTextsOnly(environment)) return;
  const { CDK_STACK_NAME, ECS_CLUSTER } = variables;
  if (CDK_STACK_NAME !== undefined) {
    for (const stack of environmentOf(config, environment).stacks) {
      applicationStack(stack, `${at}.variables.CDK_STACK_NAME`, config, check);
    }
  }
  check(
    ECS_CLUSTER === undefined || isEcsName(ECS_CLUSTER),
    `${at}.variables.ECS_CLUSTER`,
    "an ECS cluster's name: letters, digits, _ and -",
    ECS_CLUSTER,
  );
}

function notifications({ notifications: n = {} }: PipelineConfig, check: Check): void {
  const { email = [], https = [], slack } = n;
  email.forEach((address, i) =>
    check(
      /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address),
      `notifications.email[${i}]`,
      'an e-mail address',
      address,
    ),
  );
  https.forEach((url, i) =>
    check(isHttps(url), `notifications.https[${i}]`, 'an https:// address, without a password in it', url),
  );
  for (const [field, values] of Object.entries({ email, https })) {
    once(values, `notifications.${field}`, check);
  }
  if (!slack) return;
  check(
    /^T[A-Z\d]{8,}$/.test(slack.workspaceId),
    'notifications.slack.workspaceId',
    "a workspace's id such as T0123ABCD",
    slack.workspaceId,
  );
  check(
    /^[CG][A-Z\d]{8,}$/.test(slack.channelId),
    'notifications.slack.channelId',
    "a channel's id such as C0123ABCD, not its name",
    slack.channelId,
  );
}

/** A day that has passed is no fault here: the pipeline stays deployable, and its builds refuse the image and say so. */
function imageScan({ imageScan: scan, build: { timeoutMinutes } }: PipelineConfig, check: Check): void {
  if (!scan) return;
  const { refuse, waitSeconds, allowed = [] } = scan;
  check(refuse === 'CRITICAL' || refuse === 'HIGH', 'imageScan.refuse', 'CRITICAL or HIGH', refuse);
  check(
    waitSeconds === undefined ||
      (Number.isInteger(waitSeconds) && waitSeconds >= 1 && waitSeconds < timeoutMinutes * 60),
    'imageScan.waitSeconds',
    `a whole number of seconds, at least 1 and below build.timeoutMinutes (${timeoutMinutes * 60} seconds)`,
    waitSeconds,
  );
  allowed.forEach(({ id, reason, until }, i) => {
    const at = `imageScan.allowed[${i}]`;
    check(
      /^(?:CVE-\d{4}-\d{4,}|(?!CVE-)[A-Z][A-Z\d]*(?:-\w+)+)$/.test(id),
      `${at}.id`,
      'the id of a vulnerability such as CVE-2026-12345',
      id,
    );
    check(isLine(reason), `${at}.reason`, 'why it may be deployed, in one line', reason);
    check(isDay(until), `${at}.until`, 'a day as YYYY-MM-DD', until);
  });
  const ids = allowed.map(({ id }) => id);
  once(ids, 'imageScan.allowed[].id', check);
}

function monitoring({ monitoring: goals, build: { timeoutMinutes } }: PipelineConfig, check: Check): void {
  if (!goals) return;
  const { maxBuildMinutes, minSuccessPercent, minCacheHitPercent } = goals;
  check(
    maxBuildMinutes > 0 && maxBuildMinutes < timeoutMinutes,
    'monitoring.maxBuildMinutes',
    `a number of minutes above 0 and below build.timeoutMinutes (${timeoutMinutes}), when a build is stopped`,
    maxBuildMinutes,
  );
  for (const [field, percent] of Object.entries({ minSuccessPercent, minCacheHitPercent })) {
    check(percent > 0 && percent <= 100, `monitoring.${field}`, 'per cent, above 0 and up to 100', percent);
  }
}

/** Nothing may give a stranger's code more than its build has, and nothing is overlooked that somebody hoped would. */
function pullRequests({ pullRequests: pulls }: PipelineConfig, check: Check): void {
  if (!pulls) return;
  const { branches, approval, computeType } = pulls;
  for (const field of Object.keys(pulls)) {
    check(
      ['branches', 'approval', 'computeType'].includes(field),
      'pullRequests',
      "branches, approval and computeType only: what builds a stranger's code is given no role, variables, secrets or buildspec",
      // Not its value, which may be a secret.
      field,
    );
  }
  check(
    branches === undefined || branches.length > 0,
    'pullRequests.branches',
    'at least one branch: without any, CodeBuild builds every pull request and every push',
    branches,
  );
  branches?.forEach((branch, i) =>
    check(
      isBranch(branch),
      `pullRequests.branches[${i}]`,
      "a branch's name, without refs/heads/ and without patterns",
      branch,
    ),
  );
  once(branches ?? [], 'pullRequests.branches', check);
  check(
    approval === undefined || approval === 'ALL_PULL_REQUESTS' || approval === 'FORK_PULL_REQUESTS',
    'pullRequests.approval',
    "ALL_PULL_REQUESTS or FORK_PULL_REQUESTS (never DISABLED: a build can get at the credential that its source is cloned with, so somebody has to read a stranger's code first)",
    approval,
  );
  check(
    computeType === undefined || COMPUTE_TYPES.includes(computeType),
    'pullRequests.computeType',
    `one of ${COMPUTE_TYPES.join(', ')}`,
    computeType,
  );
}

/** CodeBuild's own limit. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_VpcConfig.html */
const SUBNETS = 16;

function vpc({ vpc: network }: PipelineConfig, check: Check): void {
  if (!network) return;
  const existing = 'id' in network;
  const fields = existing ? ['id', 'availabilityZones', 'privateSubnets'] : ['egress', 'cidr'];
  // A misspelt `id` would otherwise make a network, and a bill.
  for (const [field, value] of Object.entries(network)) {
    const kind = existing ? 'a VPC that exists' : 'a new VPC (one that exists has an `id`)';
    check(fields.includes(field), `vpc.${field}`, `${fields.join(', ')} and nothing else of ${kind}`, value);
  }
  if ('id' in network) existingVpc(network, check);
  else newVpc(network, check);
}

function existingVpc(
  { id, availabilityZones: zones = [], privateSubnets: subnets = [] }: ExistingVpcConfig,
  check: Check,
): void {
  check(isEc2Id('vpc', id), 'vpc.id', "a VPC's id such as vpc-0a1b2c3d", id);
  zones.forEach((zone, i) =>
    check(
      /^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/.test(zone),
      `vpc.availabilityZones[${i}]`,
      'a zone such as us-east-1a',
      zone,
    ),
  );
  subnets.forEach((subnet, i) =>
    check(
      isEc2Id('subnet', subnet),
      `vpc.privateSubnets[${i}]`,
      "a subnet's id such as subnet-0a1b2c3d",
      subnet,
    ),
  );
  for (const [field, values] of Object.entries({ availabilityZones: zones, privateSubnets: subnets })) {
    check(values.length > 0, `vpc.${field}`, 'at least one', values);
    once(values, `vpc.${field}`, check);
  }
  check(
    zones.length === 0 || subnets.length % zones.length === 0,
    'vpc.privateSubnets',
    `as many for each of the ${zones.length} availabilityZones`,
    subnets,
  );
  check(subnets.length <= SUBNETS, 'vpc.privateSubnets', `${SUBNETS} at most`, subnets);
}

function newVpc({ egress, cidr }: NewVpcConfig, check: Check): void {
  check(
    egress === 'nat' || egress === 'endpoints',
    'vpc.egress',
    "'nat' or 'endpoints'; or an `id`, for a VPC that exists",
    egress,
  );
  // AWS refuses a VPC over /16, and a subnet under /28: there are four at most.
  check(
    cidr === undefined || isNetwork(cidr, { largest: 16, smallest: 26 }),
    'vpc.cidr',
    'private IPv4 addresses of /16 to /26, from the first one on, such as 10.250.0.0/22',
    cidr,
  );
}

/** CodePipeline's own: a week. https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const APPROVAL_HOURS = 168;

function release(config: PipelineConfig, check: Check): void {
  const {
    release: asked,
    github: { connectionArn },
    environments: list,
  } = config;
  if (!asked) return;
  const { approvalHours } = asked;
  check(
    connectionArn !== undefined,
    'github.connectionArn',
    "a connection, because of release: CodePipeline takes no credential of CodeBuild's",
    connectionArn ?? null,
  );
  check(
    list.length >= 2,
    'environments',
    'at least two, because of release: the first gets what is built, the others what was approved',
    list.map(({ name }) => name),
  );
  check(
    approvalHours === undefined ||
      (Number.isInteger(approvalHours) && approvalHours >= 1 && approvalHours <= 1440),
    'release.approvalHours',
    'a whole number of hours from 1 to 1440: CodePipeline waits for 60 days at most',
    approvalHours,
  );
  check(
    config.retention.artifactDays * 24 > (approvalHours ?? APPROVAL_HOURS),
    'retention.artifactDays',
    `more days than an approval may take (${approvalHours ?? APPROVAL_HOURS} hours, release.approvalHours), or there is nothing left to deploy`,
    config.retention.artifactDays,
  );
  // Else its builds would run outside of the network, or without the server, that was asked for.
  check(
    config.vpc === undefined,
    'vpc',
    'none beside a release, whose steps cannot run in one yet',
    config.vpc,
  );
  check(
    config.build.dockerServer === undefined,
    'build.dockerServer',
    'none beside a release, which cannot have one yet',
    config.build.dockerServer,
  );
}

function once(values: readonly string[], field: string, check: Check): void {
  check(new Set(values).size === values.length, field, 'each only once', values);
}

/** https://git-scm.com/docs/git-check-ref-format, and none of a regular expression's characters that a branch cannot have. */
function isBranch(branch: string): boolean {
  return (
    /^[\w.+@#/-]+$/.test(branch) && !/^refs\/|^[-/.]|[/.]$|\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)/.test(branch)
  );
}

function isInside(folder: string): boolean {
  return /^[\w./-]+$/.test(folder) && !folder.startsWith('/') && !folder.split('/').includes('..');
}

function isEcsName(name: string): boolean {
  return /^[A-Za-z\d_-]{1,255}$/.test(name);
}

function isEc2Id(kind: string, id: string): boolean {
  return new RegExp(`^${kind}-(?:[\\da-f]{8}|[\\da-f]{17})$`).test(id);
}

/** Private addresses are those of RFC 1918. */
function isNetwork(cidr: string, { largest, smallest }: { largest: number; smallest: number }): boolean {
  const [, address = '', size = ''] = /^([\d.]+)\/(\d\d)$/.exec(cidr) ?? [];
  const bits = Number(size);
  if (!isIPv4(address) || bits < largest || bits > smallest) return false;
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return /^(?:10|172\.(?:1[6-9]|2\d|3[01])|192\.168)\./.test(address) && value % 2 ** (32 - bits) === 0;
}

function isLine(text: string): boolean {
  return /^\P{Cc}*[^\s\p{Cc}]\P{Cc}*$/u.test(text);
}

function isDays(days: number): boolean {
  return Number.isInteger(days) && days >= 1;
}

function isHttps(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return protocol === 'https:' && !username && !password && !/\s/.test(text);
}

/** JavaScript takes February 30 for March 1 or 2. */
function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
