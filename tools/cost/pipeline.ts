import { CACHES } from '../../lib/cache-kind';
import type { Resource, Stack } from './assembly';

/** What templates say of a pipeline that has a price. */
export interface Pipeline {
  readonly projects: readonly Project[];
  /** Those of images. */
  readonly repositories: readonly Repository[];
  /** How many metrics the alarms watch; those of a period under a minute cost more. */
  readonly alarmMetrics: { readonly standard: number; readonly fast: number };
  readonly dashboards: number;
  /** Metrics that are found in logs: one for each value of each dimension. */
  readonly metrics: number;
  readonly natGateways: number;
  /** Interface endpoints times the availability zones that each is in. */
  readonly endpointZones: number;
  readonly publicAddresses: number;
  /** Of flow logs: how long they are kept, in days; absent: for good. */
  readonly flowLogs: readonly { readonly days: number | undefined }[];
  readonly keys: number;
  readonly secrets: number;
  /** What the messages are made of, e.g. `Lambda`: so little that it is named, not counted. */
  readonly belowACent: readonly string[];
  /** Resources of types that this tool knows no price for, with their number. */
  readonly unpriced: Readonly<Record<string, number>>;
}

export interface Project {
  readonly name: string;
  /** As CodeBuild names it, e.g. `BUILD_GENERAL1_LARGE`. */
  readonly computeType: string;
  /** As CodeBuild names it, e.g. `LINUX_CONTAINER`. */
  readonly environmentType: string;
  readonly timeoutMinutes: number;
  readonly cached: boolean;
  /** Its cache lies in S3. */
  readonly cacheInS3: boolean;
  /** Of each image whose layers are kept in a repository: its megabytes, as its `maxSizeMB` says. */
  readonly layeredImages: readonly (number | undefined)[];
  /** The size of its Docker server, as CodeBuild names it; absent: it has none. */
  readonly dockerServer?: string;
  readonly inVpc: boolean;
  /** Absent: it stores none. */
  readonly artifacts?: Lifecycle;
  /** Absent: it writes none. */
  readonly logs?: { readonly days: number | undefined };
}

/** What becomes of an object of a bucket, in days of its age. */
export interface Lifecycle {
  /** Absent: it stays in S3 Standard. */
  readonly tieringAfter?: number;
  /** Absent: it is kept for good. */
  readonly expiresAfter?: number;
  /** Other storage classes that it passes through, which have no price here. */
  readonly otherClasses: readonly string[];
}

export interface Repository {
  readonly name: string;
  /** Absent: nothing is pruned. */
  readonly kept?: number;
  /** Of one compressed image, as the configuration's `maxSizeMB` says; absent where it does not. */
  readonly megabytes?: number;
}

/** What is billed by the call, and called a few times per build. */
const BELOW_A_CENT: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'Lambda',
  'AWS::SNS::Topic': 'SNS',
  'AWS::SQS::Queue': 'SQS',
  'AWS::Events::Rule': 'EventBridge',
};

const PRICED = new Set([
  'AWS::CodeBuild::Project',
  'AWS::S3::Bucket',
  'AWS::ECR::Repository',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::EC2::NatGateway',
  'AWS::EC2::VPCEndpoint',
  'AWS::EC2::EIP',
  'AWS::EC2::FlowLog',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
]);

/** Types that AWS takes nothing for: permissions, settings and parts of other resources. */
const FREE =
  /^AWS::(IAM::|CDK::Metadata$|CodeBuild::(ReportGroup|SourceCredential)$|S3::BucketPolicy$|Lambda::(Permission|EventInvokeConfig)$|SNS::(TopicPolicy|Subscription)$|SQS::QueuePolicy$|KMS::Alias$|Chatbot::|CodeConnections::|SSM::Parameter$|EC2::(VPC|Subnet|SubnetRouteTableAssociation|SubnetNetworkAclAssociation|RouteTable|Route|NetworkAcl|NetworkAclEntry|InternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|EgressOnlyInternetGateway)$)/;

export function pipelineOf(stacks: readonly Stack[]): Pipeline {
  const everything = stacks.flatMap(({ resources }) => Object.values(resources));
  const ofType = (type: string): readonly Resource[] => everything.filter(({ Type }) => Type === type);
  const isPipeline = ({ Type }: Resource): boolean => Type === 'AWS::CodePipeline::Pipeline';
  const projects = stacks.flatMap(({ resources }) =>
    Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::CodeBuild::Project')
      .filter(
        (project) =>
          // Beside a pipeline, those of other stacks that have no webhook are started by hand, if at all.
          !everything.some(isPipeline) ||
          Object.values(resources).some(isPipeline) ||
          object(project.Properties?.Triggers).Webhook === true,
      )
      .map((project) => projectOf(project, resources)),
  );
  const sizes = new Map(ofType('AWS::CodeBuild::Project').flatMap(imageSizes));
  const layerCaches = ofType('AWS::CodeBuild::Project').map((project) => variable(project, 'LAYER_CACHE'));
  const repositories = ofType('AWS::ECR::Repository')
    .map((repository) => repositoryOf(repository, sizes))
    .filter(({ name }) => !name || !layerCaches.includes(name));
  const metrics = ofType('AWS::Logs::MetricFilter').flatMap((filter) =>
    list(filter.Properties?.MetricTransformations).map((transformation) =>
      seriesOf(transformation, repositories.length),
    ),
  );
  const unpriced: Record<string, number> = {};
  for (const { Type } of everything) {
    if (PRICED.has(Type) || Type in BELOW_A_CENT || FREE.test(Type)) continue;
    unpriced[Type] = (unpriced[Type] ?? 0) + 1;
  }
  for (const endpoint of ofType('AWS::EC2::VPCEndpoint')) {
    const type = endpointType(endpoint);
    if (type === 'Interface' || type === 'Gateway') continue;
    const name = `AWS::EC2::VPCEndpoint (${type})`;
    unpriced[name] = (unpriced[name] ?? 0) + 1;
  }
  return {
    projects,
    repositories,
    alarmMetrics: alarmMetrics(ofType('AWS::CloudWatch::Alarm')),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    metrics: sum(metrics),
    natGateways: ofType('AWS::EC2::NatGateway').length,
    endpointZones: sum(
      ofType('AWS::EC2::VPCEndpoint')
        .filter((endpoint) => endpointType(endpoint) === 'Interface')
        .map(({ Properties }) => Math.max(1, list(Properties?.SubnetIds).length)),
    ),
    publicAddresses: ofType('AWS::EC2::EIP').length,
    flowLogs: stacks.flatMap(({ resources }) =>
      Object.values(resources)
        .filter(({ Type }) => Type === 'AWS::EC2::FlowLog')
        .map(({ Properties }) => ({
          days: number(referred(Properties?.LogGroupName, resources)?.Properties?.RetentionInDays),
        })),
    ),
    keys: ofType('AWS::KMS::Key').length,
    secrets: ofType('AWS::SecretsManager::Secret').length,
    belowACent: Object.entries(BELOW_A_CENT)
      .filter(([type]) => ofType(type).length > 0)
      .map(([, name]) => name),
    unpriced,
  };
}

function projectOf(project: Resource, resources: Stack['resources']): Project {
  const { Properties = {} } = project;
  const environment = object(Properties.Environment);
  const artifacts = object(Properties.Artifacts);
  const logs = object(object(Properties.LogsConfig).CloudWatchLogs);
  return {
    name: typeof Properties.Name === 'string' ? Properties.Name : 'a project without a name',
    computeType: text(environment.ComputeType),
    environmentType: text(environment.Type),
    // CodeBuild's default.
    timeoutMinutes: typeof Properties.TimeoutInMinutes === 'number' ? Properties.TimeoutInMinutes : 60,
    cached: !['', 'NO_CACHE'].includes(text(object(Properties.Cache).Type)),
    cacheInS3: text(object(Properties.Cache).Type) === 'S3',
    layeredImages: variable(project, 'LAYER_CACHE') ? imageSizes(project).map(([, size]) => size) : [],
    dockerServer: text(object(environment.DockerServer).ComputeType) || undefined,
    inVpc: Properties.VpcConfig !== undefined,
    artifacts:
      artifacts.Type === 'S3'
        ? lifecycleOf(referred(artifacts.Location, resources), `${text(artifacts.Path)}/`)
        : undefined,
    logs:
      logs.Status === 'DISABLED'
        ? undefined
        : { days: number(referred(logs.GroupName, resources)?.Properties?.RetentionInDays) },
  };
}

/** @param prefix where the objects lie in the bucket */
function lifecycleOf(bucket: Resource | undefined, prefix: string): Lifecycle {
  const rules = list(object(bucket?.Properties?.LifecycleConfiguration).Rules).filter(
    (rule) => rule.Status === 'Enabled' && prefix.startsWith(text(rule.Prefix)),
  );
  const transitions = rules.flatMap((rule) => list(rule.Transitions));
  const after = (days: readonly (number | undefined)[]): number | undefined => {
    const known = days.filter((day) => day !== undefined);
    return known.length ? Math.min(...known) : undefined;
  };
  const isTiering = (transition: Properties): boolean => transition.StorageClass === 'INTELLIGENT_TIERING';
  return {
    expiresAfter: after(rules.map((rule) => number(rule.ExpirationInDays))),
    tieringAfter: after(
      transitions.filter(isTiering).map(({ TransitionInDays }) => number(TransitionInDays)),
    ),
    otherClasses: transitions.filter((one) => !isTiering(one)).map((one) => text(one.StorageClass)),
  };
}

function repositoryOf(
  { Properties = {} }: Resource,
  sizes: ReadonlyMap<string, number | undefined>,
): Repository {
  const name = text(Properties.RepositoryName);
  return {
    name,
    kept: imagesKept(text(object(Properties.LifecyclePolicy).LifecyclePolicyText)),
    megabytes: sizes.get(name),
  };
}

/** The rule that keeps most counts: the others keep images that are among them, as a rule the deployed one. */
function imagesKept(policy: string): number | undefined {
  let rules: readonly Properties[];
  try {
    rules = list(object(JSON.parse(policy)).rules);
  } catch {
    return undefined;
  }
  const counts = rules
    .map((rule) => object(rule.selection))
    .filter((selection) => selection.countType === 'imageCountMoreThan' && selection.tagStatus !== 'untagged')
    .map((selection) => number(selection.countNumber) ?? 0);
  return counts.length ? Math.max(...counts) : undefined;
}

/** Repositories and their images' megabytes, as the project's variable IMAGES tells them to `ci/`. */
function imageSizes(project: Resource): [string, number | undefined][] {
  return variable(project, 'IMAGES')
    .split(' ')
    .flatMap((image): [string, number | undefined][] => {
      const [, , repository, , size] = image.split(',');
      return repository ? [[repository, Number(size) > 0 ? Number(size) : undefined]] : [];
    });
}

/** Empty where the project does not have it. */
function variable({ Properties = {} }: Resource, name: string): string {
  const variables = list(object(Properties.Environment).EnvironmentVariables);
  return text(variables.find(({ Name }) => Name === name)?.Value);
}

/** How many values a dimension of `lib/monitoring.ts` has: `Image` one for each repository, `Cache` one for each cache. */
function seriesOf(transformation: Properties, repositories: number): number {
  return list(transformation.Dimensions).reduce(
    (series, { Key }) => series * (Key === 'Image' ? repositories : Key === 'Cache' ? CACHES.length : 1),
    1,
  );
}

/** An alarm on an expression is charged for each metric in it. */
function alarmMetrics(alarms: readonly Resource[]): { standard: number; fast: number } {
  const counted = { standard: 0, fast: 0 };
  for (const { Properties = {} } of alarms) {
    const metrics = list(Properties.Metrics)
      .map(({ MetricStat }) => MetricStat)
      .filter((stat) => stat !== undefined)
      .map(object);
    const periods = metrics.length ? metrics.map(({ Period }) => Period) : [Properties.Period];
    for (const period of periods) counted[(number(period) ?? 60) < 60 ? 'fast' : 'standard'] += 1;
  }
  return counted;
}

/** CloudFormation's default is Gateway. */
function endpointType({ Properties }: Resource): string {
  return text(Properties?.VpcEndpointType) || 'Gateway';
}

type Properties = Readonly<Record<string, unknown>>;

/** What `{ Ref: … }` points to in the same template. */
function referred(value: unknown, resources: Stack['resources']): Resource | undefined {
  return resources[text(object(value).Ref)];
}

function object(value: unknown): Properties {
  return typeof value === 'object' && value !== null ? (value as Properties) : {};
}

function list(value: unknown): readonly Properties[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
