import type { BuildImage } from './catalogue/build-images';

/** What a user of the pipeline decides. One object of this type per file in `config/`. */
export interface PipelineConfig {
  readonly github: GithubConfig;
  /** Where the application's `backend/`, `frontend/` and `cdk/` lie in its repository, e.g. `.`. */
  readonly appDir: string;
  readonly images: readonly ImageConfig[];
  readonly application: ApplicationConfig;
  readonly build: BuildConfig;
  readonly retention: RetentionConfig;
  readonly environments: readonly EnvironmentConfig[];
  /**
   * Where the projects, the images and the artifacts of all environments are.
   *
   * @default - the account and region of the first environment
   */
  readonly pipeline?: {
    readonly account?: string;
    readonly region?: string;
  };
  /**
   * Who is told of failed builds, of the first good one after them, and of vulnerabilities in images.
   *
   * @default - nobody
   */
  readonly notifications?: NotificationsConfig;
  /**
   * Which vulnerabilities a build refuses to deploy.
   *
   * @default - none: images are scanned, and nothing waits for it
   */
  readonly imageScan?: ImageScanConfig;
  /**
   * What the dashboard and the alarms measure the builds against.
   *
   * @default - there is neither
   */
  readonly monitoring?: MonitoringConfig;
  /**
   * Which pull requests are built and tested, by a project whose builds can neither push, deploy nor read secrets. An empty
   * object means: those to the environments' branches.
   *
   * @default - none
   */
  readonly pullRequests?: PullRequestsConfig;
  /**
   * The network that builds run in: one that exists, or one of their own.
   *
   * @default - CodeBuild's, which reaches the internet and nothing private
   */
  readonly vpc?: VpcConfig;
  /**
   * Builds pushes to the first environment's branch once, and takes the same images from one environment to the next, in
   * their order: to the first as they come, to each other one when somebody has approved. An empty object will do. Pushes no
   * longer start the environments' own projects.
   *
   * @default - each environment builds and deploys its own branch
   */
  readonly release?: ReleaseConfig;
}

export interface GithubConfig {
  readonly owner: string;
  readonly repo: string;
  /**
   * The CodeConnections connection (a GitHub App installation) by which CodeBuild reaches the repository.
   *
   * @default - the credential that was imported into the account's CodeBuild for this region
   */
  readonly connectionArn?: string;
}

export interface ImageConfig {
  /** Names the image in messages and in the CDK context: `backend` becomes `-c backendImage=…`. */
  readonly name: string;
  /** The Docker build context, relative to `appDir`. */
  readonly context: string;
  /** The ECR repository. */
  readonly repository: string;
  /** The ECS service that runs the image. */
  readonly service: string;
  /**
   * What the compressed image should weigh at most, in megabytes; shown by the build, never enforced.
   *
   * @default - no target
   */
  readonly maxSizeMB?: number;
}

export interface ApplicationConfig {
  /** The application's CDK stacks that a build deploys, in this order; an environment's `CDK_STACK_NAME` has others. */
  readonly stacks: readonly string[];
  /** The ECS cluster that the application's services run in; an environment's `ECS_CLUSTER` is another. */
  readonly cluster: string;
  /**
   * Qualifier of the application's own `cdk bootstrap`, whose execution role has the `mangoo-deploy` policies. Those of
   * environments not called `default` begin with it.
   *
   * @default 'mangoo'
   */
  readonly bootstrapQualifier?: string;
  /**
   * What a commit may do though its change set would replace or remove what holds data, or let somebody do more than before. A
   * build refuses all else of the kind, and prints the entries that would allow it.
   *
   * @default - nothing
   */
  readonly allowedChanges?: readonly {
    /** All 40 digits: no later commit is allowed the same. */
    readonly commit: string;
    /** The resource as `<Stack>/<LogicalId>`; in a nested stack, `<Stack>/<LogicalId of that>/<LogicalId>`. */
    readonly resource: string;
    /** Told by the build that does it. */
    readonly reason: string;
  }[];
  /**
   * A command that migrates the database, run by bash in the repository's root before anything is deployed, and never by a
   * rollback. What runs then is the release before, which has to go on working: add first, and remove in a later release.
   *
   * @default - none
   */
  readonly migration?: string;
  /**
   * A command that fails where the deployed application is not well, run by bash in the repository's root once every service
   * runs what was pushed. It has a minute, and three attempts.
   *
   * @default - none
   */
  readonly smokeTest?: string;
}

export type ComputeType = 'SMALL' | 'MEDIUM' | 'LARGE' | 'XLARGE' | '2XLARGE';

export interface BuildConfig {
  readonly image: BuildImage;
  readonly computeType: ComputeType;
  /** After which a build is stopped, in minutes (5 to 2160). */
  readonly timeoutMinutes: number;
  /** Runtime versions as the build image's table names them, e.g. `20` and `3.11`; strings, because 3.10 is not 3.1. */
  readonly nodejs: string;
  readonly python: string;
  /**
   * Where downloads are kept between builds: `local` on the build host, which forgets them within minutes; `s3` in a bucket of
   * their own. CodeBuild has no local cache in a VPC, nor on 2XLARGE: there, `local` becomes `s3`.
   */
  readonly cache: 'local' | 's3' | 'none';
  /**
   * Whether the layers of images are kept in a repository of their own, for builds that are hours apart, on another host or in a
   * VPC. The builder of CodeBuild's images cannot write them there, so each build downloads BuildKit from Docker Hub and starts it
   * beside Docker. Where it cannot, layers stay on the host as ever, and the log says so.
   *
   * @default false
   */
  readonly registryCache?: boolean;
  /**
   * The size of a Docker server: a machine of CodeBuild's, of this project alone, that builds its images and keeps their layers for
   * up to a month. For large images that are built often.
   *
   * What it costs is on no page that could be read: expect the minutes of its size beside those of the build, and look at the
   * bill after the first day. https://docs.aws.amazon.com/codebuild/latest/userguide/sample-docker-server.html
   *
   * @default - none: layers stay on the build host while its cache is `local`, and are not kept otherwise
   */
  readonly dockerServer?: ComputeType;
  /**
   * Whether a build that is started with `--debug-session-enabled` can be entered by Session Manager. Whoever enters it is the
   * build: they can deploy.
   *
   * @default false
   */
  readonly debugSessions?: boolean;
}

export interface RetentionConfig {
  /** After how many days artifacts expire. */
  readonly artifactDays: number;
  /**
   * After how many days artifacts move to S3 Intelligent-Tiering.
   *
   * @default - they stay in S3 Standard
   */
  readonly tieringAfterDays?: number;
  /** How long build logs are kept, in days; one of the values that CloudWatch Logs accepts. */
  readonly logDays: number;
  /** How many tagged images each repository keeps. */
  readonly imagesKept: number;
}

export interface EnvironmentConfig {
  /** `default` keeps the guide's plain names (`mangoo-build-deploy`…); any other name becomes their suffix. */
  readonly name: string;
  /** The branch whose pushes are built and deployed. */
  readonly branch: string;
  /**
   * Where the application is deployed; twelve digits.
   *
   * @default - the pipeline's; without one, the account of whoever deploys
   */
  readonly account?: string;
  /** @default - the pipeline's; without one, the region of whoever deploys */
  readonly region?: string;
  /**
   * Qualifier of the `cdk bootstrap` whose roles deploy to this environment, and to no other in its account and region.
   *
   * @default - the application's; followed by the name, and cut to 10 characters, unless that is `default`
   */
  readonly bootstrapQualifier?: string;
  /**
   * Variables of the build. `CDK_STACK_NAME` (several, separated by spaces) and `ECS_CLUSTER` also say what this environment may
   * deploy; `CDK_ENV` and `ENVIRONMENT` are its name (of `default`: prod) unless they are given here.
   *
   * @default - none
   */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * What is kept for another time than for other environments. Images are everybody's.
   *
   * @default - nothing
   */
  readonly retention?: Partial<Omit<RetentionConfig, 'imagesKept'>>;
}

export interface NotificationsConfig {
  /**
   * Addresses; each is asked to confirm before it gets anything.
   *
   * @default - none
   */
  readonly email?: readonly string[];
  /**
   * `https://` endpoints; each has to confirm as Amazon SNS describes.
   *
   * @default - none
   */
  readonly https?: readonly string[];
  /**
   * A Slack channel, through Amazon Q Developer in chat applications. The workspace has to be authorized there once, by hand.
   *
   * @default - none
   */
  readonly slack?: {
    /** As Slack's links have it, e.g. `T0123ABCD`. */
    readonly workspaceId: string;
    /** As Slack's links have it, e.g. `C0123ABCD`. */
    readonly channelId: string;
  };
  /**
   * Whether every success is told, too.
   *
   * @default false - the first success after a failure is
   */
  readonly onSuccess?: boolean;
}

export interface ImageScanConfig {
  /** The least severity that keeps an image from being deployed: `HIGH` means HIGH and CRITICAL. */
  readonly refuse: 'CRITICAL' | 'HIGH';
  /**
   * How long a build waits for a scan's end, in seconds; without an end, it refuses.
   *
   * @default 300
   */
  readonly waitSeconds?: number;
  /**
   * Vulnerabilities that are deployed all the same, until a day.
   *
   * @default - none
   */
  readonly allowed?: readonly {
    /** As the scan names it, e.g. `CVE-2026-12345`. */
    readonly id: string;
    /** Told by every build that deploys it. */
    readonly reason: string;
    /** The last day, as YYYY-MM-DD, in UTC. */
    readonly until: string;
  }[];
}

export type VpcConfig = ExistingVpcConfig | NewVpcConfig;

/** Given whole: nothing is looked up in AWS at synthesis. */
export interface ExistingVpcConfig {
  /** E.g. `vpc-0a1b2c3d`. */
  readonly id: string;
  /** The zones of `privateSubnets`, e.g. `us-east-1a`, each once. */
  readonly availabilityZones: readonly string[];
  /**
   * At least one for each zone, in the zones' order. Their way out is a NAT gateway or the like: a build's network interface
   * has no public address, so that a public subnet leads nowhere.
   */
  readonly privateSubnets: readonly string[];
}

export interface NewVpcConfig {
  /**
   * How builds reach what they need. Prices are of us-east-1.
   *
   * `nat`: everything, through one NAT gateway. About $33 a month, its public address $3.65, and $0.045 for each GB.
   *
   * `endpoints`: AWS alone, through interface endpoints, nine in two zones each: about $7.30 a month for each in a zone, $131
   * in all, and $0.01 for each GB. Neither GitHub nor npm, PyPI or Docker Hub: only for builds whose source comes from S3, and
   * whose packages and base images come from registries inside AWS.
   */
  readonly egress: 'nat' | 'endpoints';
  /**
   * Its IPv4 addresses, of /16 to /26. Not those of a VPC that it is to be connected with.
   *
   * @default '10.250.0.0/22'
   */
  readonly cidr?: string;
}

export interface MonitoringConfig {
  /** A build that takes longer raises an alarm, in minutes. */
  readonly maxBuildMinutes: number;
  /** A day whose share of succeeded builds is smaller raises an alarm, in per cent. */
  readonly minSuccessPercent: number;
  /** Drawn on the dashboard, in per cent. */
  readonly minCacheHitPercent: number;
}

/** There is nothing here by which their builds could get more than they have: no role, no variables, no buildspec. */
export interface PullRequestsConfig {
  /**
   * Pull requests to these are built.
   *
   * @default - the branches of the environments
   */
  readonly branches?: readonly string[];
  /**
   * Whose code somebody who may write to the repository has to approve first, by the comment `/codebuild_run(<commit>)`:
   * everybody's who may not write to it themselves, or of those only who send it from a fork.
   *
   * @default 'ALL_PULL_REQUESTS'
   */
  readonly approval?: 'ALL_PULL_REQUESTS' | 'FORK_PULL_REQUESTS';
  /**
   * Another than the deployments': accounts have a quota of builds for each, so many pull requests hold up no deployment.
   *
   * @default 'SMALL'
   */
  readonly computeType?: ComputeType;
}

/** Who may approve is not said here but in IAM: whoever is allowed `codepipeline:PutApprovalResult`. */
export interface ReleaseConfig {
  /**
   * After how many hours without an answer a release is given up (1 to 1440). Until then, later ones wait behind it.
   *
   * @default 168 - a week
   */
  readonly approvalHours?: number;
}
