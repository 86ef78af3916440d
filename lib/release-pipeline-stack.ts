import { Aws, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ArtifactBucket } from './artifact-bucket';
import { BuildCache } from './build-cache';
import {
  assumption,
  cachePolicy,
  configurationPolicy,
  deploymentPolicy,
  layerCachePolicy,
  READS,
  recordPolicy,
  pushPolicy,
  reportStatement,
  scanPolicy,
  STACK_IDS,
} from './build-policies';
import type { BuildVariables } from './build-variables';
import type { PipelineConfig } from './config';
import { cloningPolicy } from './connection';
import { type Environment, environmentOf } from './environments';
import { lifecyclePolicy, pullingAccounts, repositoryArns, repositoryTags } from './image-repositories';
import { LayerCache } from './layer-cache';
import { RELEASE, stepNamesOf } from './names';
import { imageRows } from './project-environment';
import { ReleaseStep, type ReleaseStepProps } from './release-step';
import { TASK_LOGS } from './rollout';
import { allow, policy } from './statement';
import { tag } from './tags';
import { acknowledgeWildcards } from './wildcards';

export interface MangooReleaseStackProps extends StackProps {
  /** Validated. */
  readonly config: PipelineConfig;
}

/** The variables that the steps of a release have besides those of a build. */
interface ReleaseVariables {
  /** The artifact that a step takes from an earlier one: its folder is CODEBUILD_SRC_DIR_ and this. */
  readonly INPUT_ARTIFACT: string;
}

/** What a stage adds to the pipeline. */
interface Delivery {
  readonly stage: codepipeline.StageProps;
  readonly steps: readonly ReleaseStep[];
}

/**
 * Builds a push once and takes the same images, by digest, from one environment to the next: to the first as they come, to
 * each other one when somebody has approved the change sets that are then executed, and no others.
 *
 * **What approval is worth.** It guards against mistakes. The commit's own `ci/` and CDK app run before it, with a role that
 * may deploy: whoever can push to the branch could deploy without asking. Protect the branch. Who may approve is up to IAM
 * (`codepipeline:PutApprovalResult` on the action's ARN, an output of this stack); no role of the pipeline's may.
 *
 * **Execution mode SUPERSEDED.** A stage has one execution at a time, and one waits before it: when a newer comes, the waiting
 * one is superseded. So a push can be skipped by an environment, but only for a newer one of the same branch, which contains
 * it. A waiting approval holds its own stage alone: the first environment goes on with new pushes, and nothing else changes
 * the stacks for which the change set was made. QUEUED would ask for an approval of every single push, in order, and the newest
 * would wait for all of them; PARALLEL knows no rollback of a stage.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
 *
 * **Rollback of a stage** is started by people (`aws codepipeline rollback-stage`): it runs the stage's actions with the
 * commit, the artifacts and the variables of an earlier execution, so the earlier images are deployed by the earlier CDK app;
 * behind an approval, new change sets are made and asked for. Hence preparation, approval and deployment are one stage. It is
 * never automatic: CloudFormation and ECS's circuit breaker have already rolled back what failed, and in a stage with an
 * approval, a refusal counts as a failure and would start it, too. It needs the artifacts: `retention.artifactDays`.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html
 *
 * All steps run in the pipeline's account and assume the roles of a target's bootstrap, as environments' own builds do: so no
 * artifact leaves the account, and there is no KMS key. Deploying is mostly waiting, and is done on the smallest compute.
 */
export class MangooReleaseStack extends Stack {
  private readonly config: PipelineConfig;
  private readonly connectionArn: string;
  private readonly artifactsArn: string;
  private readonly source = new codepipeline.Artifact('Source');
  private readonly built = new codepipeline.Artifact('Built');

  constructor(scope: Construct, id: string, { config, ...props }: MangooReleaseStackProps) {
    super(scope, id, props);
    const { owner, repo, connectionArn } = config.github;
    const [first, ...others] = config.environments.map((environment) => environmentOf(config, environment));
    if (!connectionArn || !first) throw new Error('a release needs a connection and environments');
    this.config = config;
    this.connectionArn = connectionArn;

    const { bucket } = new ArtifactBucket(this, 'Artifacts', {
      namePrefix: RELEASE.bucketPrefix,
      retention: config.retention,
    });
    this.artifactsArn = bucket.bucketArn;

    const source = new actions.CodeStarConnectionsSourceAction({
      actionName: 'Source',
      variablesNamespace: 'Source',
      owner,
      repo,
      branch: first.branch,
      connectionArn,
      output: this.source,
      // Builds clone it: ci/ asks git for commits, authors and files.
      codeBuildCloneOutput: true,
      // The trigger below does.
      triggerOnPush: false,
    });

    const build = this.buildStep();
    const buildAction = new actions.CodeBuildAction({
      actionName: 'Build',
      variablesNamespace: 'Build',
      project: build.project,
      input: this.source,
      outputs: [this.built],
    });
    const what = `commit ${source.variables.commitId}, ${buildAction.variable('DIGESTS')}`;

    const hours = config.release?.approvalHours;
    const topics = config.notifications ? others.map((environment) => this.topic(environment)) : [];
    const deliveries = [
      this.delivery(first),
      ...others.map((environment, i) =>
        this.approvedDelivery(environment, i + 1, what, {
          timeout: hours === undefined ? undefined : Duration.hours(hours),
          notificationTopic: topics[i],
        }),
      ),
    ];

    const pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: RELEASE.pipeline,
      pipelineType: codepipeline.PipelineType.V2,
      executionMode: codepipeline.ExecutionMode.SUPERSEDED,
      role: this.role(
        [build, ...deliveries.flatMap(({ steps }) => steps)],
        topics.map(({ topicArn }) => topicArn),
      ).withoutPolicyUpdates(),
      usePipelineRoleForActions: true,
      artifactBucket: bucket,
      crossAccountKeys: false,
      stages: [
        { stageName: 'Source', actions: [source] },
        { stageName: 'Build', actions: [buildAction] },
        ...deliveries.map(({ stage }) => stage),
      ],
      triggers: [
        {
          providerType: codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
          gitConfiguration: {
            sourceAction: source,
            // A glob, which must match the whole name; a validated branch has none of its characters. There is no counterpart
            // to the webhook's [skip ci]: filters see branches and files, not messages.
            // https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html
            pushFilter: [{ branchesIncludes: [first.branch] }],
          },
        },
      ],
    });

    tag(this, 'release');

    new CfnOutput(this, 'PipelineName', {
      value: pipeline.pipelineName,
      description: 'For aws codepipeline start-pipeline-execution --name',
    });
    new CfnOutput(this, 'PipelineConsole', {
      value: `https://${this.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${RELEASE.pipeline}/view?region=${this.region}`,
      description: 'The releases',
    });
    for (const { name } of others) {
      new CfnOutput(this, `ApprovalArn${name}`, {
        value: `${pipeline.pipelineArn}/${name}/Approve`,
        description: `Who may approve for ${name}: whoever is allowed codepipeline:PutApprovalResult on it`,
      });
    }
  }

  /** Tests, builds and pushes; cannot deploy. */
  private buildStep(): ReleaseStep {
    const { config } = this;
    const repositories = repositoryArns(config);
    const names = stepNamesOf('build');
    const { cache, location } = new BuildCache(this, 'Cache', {
      config,
      names: { project: names.project, cacheBucketPrefix: RELEASE.cacheBucketPrefix },
    });
    const layers =
      config.build.registryCache && new LayerCache(this, 'Layers', RELEASE.layerCache).repository;
    const [puller] = pullingAccounts(config);
    return this.step('Build', {
      names,
      description: `Builds ${this.repository}, once for all environments`,
      buildspec: 'buildspec-build.yml',
      computeType: config.build.computeType,
      docker: true,
      cache,
      logDays: config.retention.logDays,
      variables: {
        ...this.variables(),
        ECR_LIFECYCLE_POLICY: lifecyclePolicy(config),
        RESOURCE_TAGS: repositoryTags(config),
        ...(layers && { LAYER_CACHE: RELEASE.layerCache }),
        // Whom a repository that is made again would have to let pull.
        ...(puller && { TARGET_ACCOUNT: puller }),
        ...(config.imageScan && { IMAGE_SCAN: JSON.stringify(config.imageScan) }),
      } satisfies Partial<BuildVariables>,
      reads: ['Source'],
      writes: 'Built',
      permissions: {
        images: pushPolicy(repositories),
        ...(config.imageScan && { scan: scanPolicy(repositories) }),
        ...(location && { cache: cachePolicy(location) }),
        ...(layers && { layers: layerCachePolicy(layers.repositoryArn) }),
        reports: policy(reportStatement(this, names.project)),
        configuration: configurationPolicy(this, ['mangoo/shared/*']),
      },
      wildcards: [
        [
          /^\*$/,
          'The token of ecr:GetAuthorizationToken and the findings of Inspector have no resource to be named.',
        ],
        [
          /^<Cache.*\/\*$/,
          'Every state of the lock files has a copy of its own, in this one prefix of the bucket.',
        ],
        [
          /:report-group\//,
          "CodeBuild puts the project's name before those of the buildspec's report groups.",
        ],
        ...READS,
      ],
    });
  }

  /** Deploys what was built, as it comes. */
  private delivery(environment: Environment): Delivery {
    const deploy = this.deployStep(environment, 'Built');
    return {
      stage: { stageName: environment.name, actions: [this.deployAction(deploy, this.built)] },
      steps: [deploy],
    };
  }

  /** Prepares change sets, waits for somebody, and executes them. */
  private approvedDelivery(
    environment: Environment,
    number: number,
    what: string,
    approval: Pick<actions.ManualApprovalActionProps, 'timeout' | 'notificationTopic'>,
  ): Delivery {
    const { name, names } = environment;
    // Short: CodePipeline cuts the names of artifacts in the prefixes of its objects.
    const artifact = `Changes${number}`;
    const changes = new codepipeline.Artifact(artifact);
    const prepare = this.step(`Prepare-${name}`, {
      names: stepNamesOf('prepare', name),
      description: `Makes the change sets of ${this.repository} for ${name}, which somebody approves`,
      buildspec: 'buildspec-prepare.yml',
      ...this.small(environment),
      variables: {
        ...this.variables(),
        ...this.targetVariables(environment),
        INPUT_ARTIFACT: 'Built',
      } satisfies Partial<BuildVariables> & ReleaseVariables,
      reads: ['Source', 'Built'],
      writes: artifact,
      permissions: {
        deployment: policy(assumption(this, environment, ['deploy', 'file-publishing'])),
        configuration: configurationPolicy(this, environment.readable),
      },
      wildcards: READS,
    });
    const deploy = this.deployStep(environment, artifact);

    const prepareAction = new actions.CodeBuildAction({
      actionName: 'Prepare',
      variablesNamespace: `Prepare-${name}`,
      runOrder: 1,
      project: prepare.project,
      input: this.source,
      extraInputs: [this.built],
      outputs: [changes],
      environmentVariables: {
        CHANGE_SET: { value: `${RELEASE.pipeline}-${codepipeline.GlobalVariables.executionId}` },
      },
    });
    const approve = new actions.ManualApprovalAction({
      ...approval,
      actionName: 'Approve',
      runOrder: 2,
      externalEntityLink: prepareAction.variable('CHANGE_SET_URL'),
      additionalInformation: `Deploy to ${name} (${names.project})? ${what}`,
    });
    return {
      stage: {
        stageName: name,
        actions: [prepareAction, approve, this.deployAction(deploy, changes, 3)],
      },
      steps: [prepare, deploy],
    };
  }

  private deployAction(
    { project }: ReleaseStep,
    input: codepipeline.Artifact,
    runOrder?: number,
  ): actions.CodeBuildAction {
    return new actions.CodeBuildAction({
      actionName: 'Deploy',
      runOrder,
      project,
      input: this.source,
      extraInputs: [input],
    });
  }

  /** Deploys to one environment and moves its tag; cannot push layers, so what it tags was built before. */
  private deployStep(environment: Environment, input: string): ReleaseStep {
    const { name, names, elsewhere } = environment;
    const services = this.config.images.map(({ service }) => service);
    const approved = input !== 'Built';
    return this.step(`Deploy-${name}`, {
      names: stepNamesOf('deploy', name),
      description: `Deploys ${this.repository} to ${name}${approved ? ', as it was approved' : ''}`,
      buildspec: 'buildspec-deploy.yml',
      ...this.small(environment),
      variables: {
        ...this.variables(),
        ...this.targetVariables(environment),
        DEPLOYED_TAG: names.deployedTag,
        RELEASE_PARAMETER: names.releaseParameter,
        INPUT_ARTIFACT: input,
        ...(elsewhere && {
          ROLLOUT_ROLE_ARN: `arn:${this.partition}:iam::${elsewhere.account}:role/${names.rolloutRole}`,
        }),
      } satisfies Partial<BuildVariables> & ReleaseVariables,
      reads: ['Source', input],
      permissions: {
        deployment: deploymentPolicy(
          this,
          environment,
          services,
          // What was approved has been uploaded when it was prepared.
          approved ? ['deploy'] : ['deploy', 'file-publishing'],
        ),
        tag: policy(allow(['ecr:BatchGetImage', 'ecr:PutImage'], repositoryArns(this.config))),
        record: recordPolicy(this, names),
        configuration: configurationPolicy(this, environment.readable),
      },
      wildcards: [
        [/^\*$/, 'The ids of ECS tasks are not known beforehand, so the cluster is a condition.'],
        STACK_IDS,
        TASK_LOGS,
        ...READS,
      ],
    });
  }

  private step(
    id: string,
    props: Omit<ReleaseStepProps, 'build' | 'connectionArn' | 'artifactsArn'>,
  ): ReleaseStep {
    return new ReleaseStep(this, id, {
      ...props,
      build: this.config.build,
      connectionArn: this.connectionArn,
      artifactsArn: this.artifactsArn,
      reads: props.reads.map((artifact) => `${RELEASE.pipeline}/${artifact}`),
      writes: props.writes && `${RELEASE.pipeline}/${props.writes}`,
    });
  }

  private small({ retention }: Environment): Pick<ReleaseStepProps, 'computeType' | 'docker' | 'logDays'> {
    return { computeType: 'SMALL', docker: false, logDays: retention.logDays };
  }

  private variables(): Pick<BuildVariables, 'APP_DIR' | 'IMAGES' | 'NODEJS_VERSION' | 'PYTHON_VERSION'> & {
    readonly REPOSITORY_URL: string;
  } {
    const { appDir, images, build } = this.config;
    return {
      APP_DIR: appDir,
      IMAGES: imageRows(images),
      NODEJS_VERSION: build.nodejs,
      PYTHON_VERSION: build.python,
      REPOSITORY_URL: `https://github.com/${this.repository}`,
    };
  }

  private targetVariables({
    variables,
    bootstrapQualifier,
    names,
    elsewhere,
  }: Environment): Environment['variables'] {
    return {
      ...variables,
      BOOTSTRAP_QUALIFIER: bootstrapQualifier,
      PERMISSIONS_BOUNDARY: names.boundary,
      ...(elsewhere && { TARGET_ACCOUNT: elsewhere.account, TARGET_REGION: elsewhere.region }),
    };
  }

  /** Of the pipeline itself, for all its actions: nothing but it starts the steps. */
  private role(steps: readonly ReleaseStep[], topicArns: readonly string[]): iam.Role {
    const pipelineArn = `arn:${Aws.PARTITION}:codepipeline:${this.region}:${this.account}:${RELEASE.pipeline}`;
    const inlinePolicies: Record<string, iam.PolicyDocument> = {
      source: cloningPolicy(this.connectionArn),
      artifacts: policy(
        allow(
          ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:PutObjectAcl'],
          [`${this.artifactsArn}/${RELEASE.pipeline}/*`],
        ),
        allow(['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'], [this.artifactsArn]),
      ),
      steps: policy(
        allow(
          ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'],
          steps.map(({ project }) => project.projectArn),
        ),
      ),
      ...(topicArns.length && { approval: policy(allow(['sns:Publish'], topicArns)) }),
    };
    const role = new iam.Role(this, 'Role', {
      roleName: RELEASE.role,
      description: `${RELEASE.pipeline}: reads the repository, starts its steps, tells who may approve`,
      // https://docs.aws.amazon.com/codepipeline/latest/userguide/cross-service-confused-deputy-prevention.html
      assumedBy: new iam.ServicePrincipal('codepipeline.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceArn': pipelineArn, 'aws:SourceAccount': this.account },
        },
      }),
      inlinePolicies,
    });
    acknowledgeWildcards(role, Object.values(inlinePolicies), [
      [/\/\*$/, "CodePipeline names its artifacts itself, under the pipeline's prefix of its own bucket."],
    ]);
    return role;
  }

  /** Where those who look after an environment are told. */
  private topic({ name, names }: Environment): sns.ITopic {
    const arn = `arn:${Aws.PARTITION}:sns:${this.region}:${this.account}:${names.topic}`;
    return sns.Topic.fromTopicArn(this, `Topic-${name}`, arn);
  }

  private get repository(): string {
    return `${this.config.github.owner}/${this.config.github.repo}`;
  }
}
