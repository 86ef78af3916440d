import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { logStatement, reportStatement } from './build-policies';
import type { BuildVariables } from './build-variables';
import { codebuildFor } from './codebuild-principal';
import type { ImageConfig, PipelineConfig, PullRequestsConfig } from './config';
import { connect, connectionPolicy } from './connection';
import type { Environment } from './environments';
import { PULL_REQUESTS } from './names';
import { COMPUTE_TYPES, imageRows, plainVariables } from './project-environment';
import { reportGroups } from './report-groups';
import { policy } from './statement';
import { pullRequestsTo } from './webhook-filter';
import { acknowledgeWildcards } from './wildcards';

export interface PullRequestProjectProps extends PullRequestsConfig {
  readonly config: PipelineConfig;
  /** The one that the application is synthesized for. */
  readonly environment: Environment;
}

/**
 * Builds and tests pull requests, and tells GitHub how it went.
 *
 * Whoever sends a pull request decides what its build runs: `ci/` and every test are in their hands. So there is nothing
 * here to take. The role writes a log and test reports of its own and nothing else; no variable comes from an environment's
 * `variables`; no artifacts, no network of ours, no cache of the deployments. The buildspec is the project's, as AWS
 * recommends, so a pull request cannot ask for secrets, batches or other reports by its own
 * (https://docs.aws.amazon.com/codebuild/latest/userguide/webhooks.html).
 *
 * One thing a build can get at: the credential that CodeBuild clones with, which may write to the repository. Hence comment
 * approval, which is never off; that such a write deploys nothing is up to the protection of the environments' branches.
 */
export class PullRequestProject extends Construct {
  readonly project: codebuild.Project;

  constructor(scope: Construct, id: string, props: PullRequestProjectProps) {
    super(scope, id);
    const { config, environment, computeType = 'SMALL', approval = 'ALL_PULL_REQUESTS' } = props;
    const branches = props.branches ?? config.environments.map(({ branch }) => branch);
    const { connectionArn } = config.github;

    const buildLogs = new logs.LogGroup(this, 'BuildLogs', {
      logGroupName: PULL_REQUESTS.logGroup,
      retention: environment.retention.logDays,
      // They tell of nothing that runs; and one that stays would be in the way when the section comes back.
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const project = new codebuild.Project(this, 'Project', {
      projectName: PULL_REQUESTS.project,
      description: 'Builds and tests pull requests; can neither push nor deploy',
      source: codebuild.Source.gitHub({
        owner: config.github.owner,
        repo: config.github.repo,
        webhook: true,
        webhookFilters: [...new Set(branches)].map(pullRequestsTo),
        reportBuildStatus: true,
        buildStatusContext: PULL_REQUESTS.statusContext,
      }),
      buildSpec: codebuild.BuildSpec.fromObjectToYaml(pullRequestBuildspec(config.images)),
      role: this.role(connectionArn).withoutPolicyUpdates(),
      grantReportGroupPermissions: false,
      environment: {
        buildImage: codebuild.LinuxBuildImage.fromCodeBuildImageId(`aws/codebuild/${config.build.image}`),
        computeType: COMPUTE_TYPES[computeType],
        // Hence no Docker: images are built by the push that merges.
        privileged: false,
        environmentVariables: plainVariables(variables(config, environment)),
      },
      // A cache of this project's own: what a stranger's build leaves in it comes into no deployment. AWS has none for 2XLARGE.
      // https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html
      cache:
        config.build.cache === 'none' || computeType === '2XLARGE'
          ? codebuild.Cache.none()
          : codebuild.Cache.local(codebuild.LocalCacheMode.CUSTOM),
      logging: { cloudWatch: { logGroup: buildLogs } },
      timeout: Duration.minutes(config.build.timeoutMinutes),
    });
    Validations.of(project).acknowledge({
      id: 'AwsSolutions-CB4',
      reason:
        'There is nothing to encrypt: the builds store no artifacts, and their cache stays on the build host.',
    });
    // CDK's project has no property for it. The roles are AWS's default, written down so that they stay.
    // https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html
    (project.node.defaultChild as codebuild.CfnProject).addPropertyOverride(
      'Triggers.PullRequestBuildPolicy',
      {
        RequiresCommentApproval: approval,
        ApproverRoles: ['GITHUB_ADMIN', 'GITHUB_MAINTAIN', 'GITHUB_WRITE'],
      },
    );
    if (connectionArn) connect(project, connectionArn);
    this.project = project;
  }

  /** Everything that its builds may do. In inline policies for the reason that BuildRole has. */
  private role(connectionArn: string | undefined): iam.Role {
    const stack = Stack.of(this);
    const output = policy(
      logStatement(stack, PULL_REQUESTS.logGroup),
      reportStatement(stack, PULL_REQUESTS.project),
    );
    const role = new iam.Role(this, 'Role', {
      roleName: PULL_REQUESTS.role,
      description: `Builds of ${PULL_REQUESTS.project}: write their log and their test reports`,
      assumedBy: codebuildFor(stack, PULL_REQUESTS.project),
      inlinePolicies: { output, ...(connectionArn && { connection: connectionPolicy(connectionArn) }) },
    });
    acknowledgeWildcards(
      role,
      [output],
      [
        [/:log-stream:\*$/, 'Every build writes a log stream of its own, in this one log group.'],
        [
          /:report-group\//,
          "The report groups are the project's own: CodeBuild puts its name before theirs.",
        ],
      ],
    );
    return role;
  }
}

/** What the application is synthesized by, as for a deployment: names, and nothing else of the environment's own variables. */
function variables(
  { appDir, build, images }: PipelineConfig,
  { variables: given, bootstrapQualifier, names, elsewhere }: Environment,
): Record<string, string> {
  return {
    APP_DIR: appDir,
    IMAGES: imageRows(images),
    ECS_CLUSTER: given.ECS_CLUSTER,
    CDK_STACK_NAME: given.CDK_STACK_NAME,
    CDK_ENV: given.CDK_ENV,
    ENVIRONMENT: given.ENVIRONMENT,
    NODEJS_VERSION: build.nodejs,
    PYTHON_VERSION: build.python,
    BOOTSTRAP_QUALIFIER: bootstrapQualifier,
    PERMISSIONS_BOUNDARY: names.boundary,
    ...(elsewhere && { TARGET_ACCOUNT: elsewhere.account, TARGET_REGION: elsewhere.region }),
  } satisfies Partial<BuildVariables>;
}

/** The steps of buildspec.yml that need neither AWS nor Docker, and ci/check.sh for what can be said without them. */
export function pullRequestBuildspec(images: readonly ImageConfig[]): Record<string, unknown> {
  return {
    version: '0.2',
    env: {
      shell: 'bash',
      variables: {
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
        // All: what the registry has is none of their business.
        IMAGES_TO_BUILD: images.map(({ name }) => name).join(' '),
      },
    },
    phases: {
      install: {
        'runtime-versions': { nodejs: '$NODEJS_VERSION', python: '$PYTHON_VERSION' },
        commands: ['ci/install.sh'],
      },
      build: { commands: ['ci/test.sh', 'ci/check.sh'] },
    },
    reports: reportGroups(images),
    cache: { paths: ['/root/.npm/**/*', '/root/.cache/pip/**/*'] },
  };
}
