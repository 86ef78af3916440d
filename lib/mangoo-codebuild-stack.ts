import { CfnOutput, Duration, Fn, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ArtifactBucket } from './artifact-bucket';
import { bootstrapCommand } from './bootstrap-command';
import { BuildCache } from './build-cache';
import { BuildNetwork } from './build-network';
import { BuildRole } from './build-role';
import type { BuildVariables } from './build-variables';
import { buildMinuteUsd } from './catalogue/prices';
import type { ComputeType, EnvironmentConfig, PipelineConfig } from './config';
import { connect } from './connection';
import { DeployPolicies } from './deploy-policies';
import { environmentOf, imagesOwner, speaker } from './environments';
import { ImageRepositories, lifecyclePolicy, repositoriesByName, repositoryTags } from './image-repositories';
import { LayerCache } from './layer-cache';
import { Monitoring } from './monitoring';
import { stepsOf } from './names';
import { Notifications } from './notifications';
import { COMPUTE_TYPES, imageRows, plainVariables } from './project-environment';
import { PullRequestProject } from './pull-request-project';
import { tag } from './tags';
import { pushesTo } from './webhook-filter';

export interface MangooCodeBuildStackProps extends StackProps {
  /** Validated. */
  readonly config: PipelineConfig;
  /** The one of `config.environments` that this stack delivers to. */
  readonly environment: EnvironmentConfig;
}

/**
 * Turns every push to a branch into a tested, pushed, deployed and verified release of the application.
 *
 * One stack per environment, because its parts live and die together; what must outlive it (images, artifacts, logs) is
 * retained. It is deployed by an administrator, never by its own builds. Environments share the images and nothing else.
 */
export class MangooCodeBuildStack extends Stack {
  constructor(scope: Construct, id: string, props: MangooCodeBuildStackProps) {
    super(scope, id, props);
    const { config } = props;
    const environment = environmentOf(config, props.environment);
    const { branch, names, elsewhere, retention } = environment;
    const minuteUsd = buildMinuteUsd(config.build.computeType, this.region)?.toString();

    const repositories =
      imagesOwner(config).stack === names.stack
        ? new ImageRepositories(this, 'Images', config).repositories
        : repositoriesByName(this, config.images);
    const repositoryArns = repositories.map((repository) => repository.repositoryArn);

    const artifacts = new ArtifactBucket(this, 'Artifacts', { namePrefix: names.bucketPrefix, retention });

    const buildLogs = new logs.LogGroup(this, 'BuildLogs', {
      logGroupName: names.logGroup,
      retention: retention.logDays,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });

    const network =
      config.vpc &&
      new BuildNetwork(this, 'Network', {
        vpc: config.vpc,
        names,
        logDays: retention.logDays,
        debugSessions: config.build.debugSessions ?? false,
      });

    const cache = new BuildCache(this, 'Cache', { config, names });
    const layers = config.build.registryCache && new LayerCache(this, 'Layers', names.layerCache).repository;

    const { role } = new BuildRole(this, 'BuildRole', {
      environment,
      repositoryArns,
      artifactBucketArn: artifacts.bucket.bucketArn,
      services: config.images.map((image) => image.service),
      connectionArn: config.github.connectionArn,
      cache: cache.location,
      ...(layers && { layerCacheArn: layers.repositoryArn }),
      subnetArns: network?.subnetArns,
      imageScan: config.imageScan !== undefined,
      debugSessions: config.build.debugSessions ?? false,
    });

    // Elsewhere, they are part of DeployTargetStack.
    const deployment = elsewhere
      ? undefined
      : new DeployPolicies(this, 'Deploy', { environment, repositoryArns });

    const project = new codebuild.Project(this, 'Project', {
      projectName: names.project,
      description: `Builds and deploys ${config.github.owner}/${config.github.repo} ${config.release ? 'when it is started by hand: pushes are released' : `on pushes to ${branch}`}`,
      source: codebuild.Source.gitHub({
        owner: config.github.owner,
        repo: config.github.repo,
        branchOrRef: branch,
        // Beside a release, every commit would be built twice.
        webhook: !config.release,
        webhookFilters: config.release ? undefined : [pushesTo(branch)],
        reportBuildStatus: true,
      }),
      buildSpec: codebuild.BuildSpec.fromSourceFilename('buildspec.yml'),
      // CDK's own grants for logs, reports and artifacts are wider than needed.
      role: role.withoutPolicyUpdates(),
      grantReportGroupPermissions: false,
      environment: {
        buildImage: codebuild.LinuxBuildImage.fromCodeBuildImageId(`aws/codebuild/${config.build.image}`),
        computeType: COMPUTE_TYPES[config.build.computeType],
        // Docker's daemon needs it.
        privileged: true,
        ...(config.build.dockerServer && {
          dockerServer: {
            computeType: DOCKER_SERVERS[config.build.dockerServer],
            securityGroups: network?.dockerServerGroups(),
          },
        }),
        environmentVariables: plainVariables({
          APP_DIR: config.appDir,
          IMAGES: imageRows(config.images),
          ...environment.variables,
          NODEJS_VERSION: config.build.nodejs,
          PYTHON_VERSION: config.build.python,
          ECR_LIFECYCLE_POLICY: lifecyclePolicy(config),
          RESOURCE_TAGS: repositoryTags(config),
          ...(layers && { LAYER_CACHE: names.layerCache }),
          DEPLOYED_TAG: names.deployedTag,
          RELEASE_PARAMETER: names.releaseParameter,
          BOOTSTRAP_QUALIFIER: environment.bootstrapQualifier,
          PERMISSIONS_BOUNDARY: names.boundary,
          ...(elsewhere && {
            TARGET_ACCOUNT: elsewhere.account,
            TARGET_REGION: elsewhere.region,
            ROLLOUT_ROLE_ARN: `arn:${this.partition}:iam::${elsewhere.account}:role/${names.rolloutRole}`,
          }),
          ...(config.imageScan && { IMAGE_SCAN: JSON.stringify(config.imageScan) }),
          ...(minuteUsd && { BUILD_MINUTE_USD: minuteUsd }),
        } satisfies BuildVariables),
      },
      artifacts: codebuild.Artifacts.s3({
        bucket: artifacts.bucket,
        path: 'builds',
        includeBuildId: true,
        // Neither a folder of its own nor an archive: files lie directly in builds/{build-id}/.
        name: '/',
        packageZip: false,
      }),
      cache: cache.cache,
      logging: { cloudWatch: { logGroup: buildLogs } },
      timeout: Duration.minutes(config.build.timeoutMinutes),
      // Whoever has its address, which nobody can guess, sees whether a branch's last build passed, and nothing else.
      // https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-badges.html
      badge: true,
    });
    Validations.of(project).acknowledge({
      id: 'AwsSolutions-CB4',
      reason:
        "Artifacts are encrypted with S3's own key: nobody outside the account reads them, and a key of ours would cost more than it guards.",
    });
    if (config.github.connectionArn) connect(project, config.github.connectionArn);
    // Given to the project, a VPC would bring a policy of CDK's, which the role does not take.
    (project.node.defaultChild as codebuild.CfnProject).vpcConfig = network?.config;

    const notifications =
      config.notifications &&
      new Notifications(this, 'Notifications', {
        ...config.notifications,
        names,
        steps: config.release
          ? stepsOf(environment.name, config.environments[0]?.name === environment.name)
          : [],
        speaker: speaker(config),
        repositories,
        bucket: artifacts.bucket,
        logDays: retention.logDays,
        minuteUsd,
      });
    if (config.monitoring) {
      new Monitoring(this, 'Monitoring', {
        ...config.monitoring,
        names,
        project,
        buildLogs,
        images: config.images,
        topics: notifications?.topics,
        deadLetters: notifications?.deadLetters,
      });
    }

    // One for all environments: a pull request is for none of them yet.
    if (config.pullRequests && names.stack === speaker(config).stack) {
      const { project: tests } = new PullRequestProject(this, 'PullRequests', {
        ...config.pullRequests,
        config,
        environment,
      });
      this.output('PullRequestProjectName', tests.projectName, 'Builds and tests pull requests');
    }

    tag(this, environment.name);

    const console_ = `https://${this.region}.console.aws.amazon.com`;
    this.output('ProjectName', project.projectName, 'For aws codebuild start-build --project-name');
    this.output(
      'ProjectConsole',
      `${console_}/codesuite/codebuild/${this.account}/projects/${names.project}/history`,
      'The builds',
    );
    // CloudFormation does not tell the address.
    this.output(
      'BadgeCommand',
      `aws codebuild batch-get-projects --names ${names.project} --query 'projects[0].badge.badgeRequestUrl' --output text`,
      `Prints the address of the badge, whose branch= is to be ${environment.branch}`,
    );
    this.output('LogGroupName', buildLogs.logGroupName, 'For aws logs tail --follow');
    this.output(
      'LogConsole',
      `${console_}/cloudwatch/home#logsV2:log-groups/log-group/${escaped(names.logGroup)}`,
      'Build logs',
    );
    if (network?.flowLogs) {
      this.output('FlowLogGroupName', network.flowLogs.logGroupName, 'Who talked to whom in the VPC');
    }
    this.output('ArtifactBucketName', artifacts.bucket.bucketName, 'Artifacts lie under builds/{build-id}/');
    this.output(
      'ArtifactConsole',
      `https://s3.console.aws.amazon.com/s3/buckets/${artifacts.bucket.bucketName}?prefix=builds/`,
      'The artifacts',
    );
    if (notifications) {
      const { topicArn } = notifications.topic;
      this.output('TopicArn', topicArn, 'For aws sns subscribe --topic-arn');
      this.output('TopicConsole', `${console_}/sns/v3/home#/topic/${topicArn}`, 'Who is told');
    }
    if (config.monitoring) {
      this.output(
        'DashboardConsole',
        `${console_}/cloudwatch/home#dashboards/dashboard/${names.dashboard}`,
        'How the builds are doing',
      );
    }
    repositories.forEach((repository, i) => {
      const name = config.images[i]?.name ?? '';
      this.output(`${capitalized(name)}RepositoryUri`, repository.repositoryUri, `The ${name}'s images`);
    });
    if (deployment) {
      this.output('DeployPolicyArns', deployment.arns, "For the application's own bootstrap");
      this.output(
        'BootstrapCommand',
        bootstrapCommand(this, environment, deployment),
        'Run once, before the first build',
      );
    }
  }

  /** By their number: for a stack with an account and region, CDK would look them up, which needs credentials. */
  override get availabilityZones(): string[] {
    return [0, 1].map((number) => Fn.select(number, Fn.getAzs()));
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}

const DOCKER_SERVERS: Readonly<Record<ComputeType, codebuild.DockerServerComputeType>> = {
  SMALL: codebuild.DockerServerComputeType.SMALL,
  MEDIUM: codebuild.DockerServerComputeType.MEDIUM,
  LARGE: codebuild.DockerServerComputeType.LARGE,
  XLARGE: codebuild.DockerServerComputeType.X_LARGE,
  '2XLARGE': codebuild.DockerServerComputeType.X2_LARGE,
};

/** CloudWatch's console wants its own escapes in a link. */
function escaped(logGroup: string): string {
  return logGroup.replaceAll('/', '$252F');
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
