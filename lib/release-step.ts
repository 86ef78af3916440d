import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { logStatement } from './build-policies';
import { buildMinuteUsd } from './catalogue/prices';
import { codebuildFor } from './codebuild-principal';
import type { BuildConfig, ComputeType } from './config';
import { cloningPolicy } from './connection';
import type { StepNames } from './names';
import { COMPUTE_TYPES, plainVariables } from './project-environment';
import { allow, policy } from './statement';
import { acknowledgeWildcards, type WildcardReason } from './wildcards';

export interface ReleaseStepProps {
  readonly names: StepNames;
  readonly description: string;
  readonly buildspec: string;
  readonly build: BuildConfig;
  readonly computeType: ComputeType;
  /** Whether it has Docker. */
  readonly docker: boolean;
  /** @default - none */
  readonly cache?: codebuild.Cache;
  readonly logDays: number;
  readonly variables: Readonly<Record<string, string>>;
  /** By which the repository is cloned. */
  readonly connectionArn: string;
  /** Where the artifacts of all steps are, under a prefix for each. */
  readonly artifactsArn: string;
  /** Prefixes of what it reads, and of what it leaves. */
  readonly reads: readonly string[];
  readonly writes?: string;
  /** What it may do besides. */
  readonly permissions: Readonly<Record<string, iam.PolicyDocument>>;
  readonly wildcards: readonly WildcardReason[];
}

/**
 * A step of a release: a project that only CodePipeline can start, because its source is CodePipeline's, and a role for it
 * alone. It writes no artifact but its own, so that no step can put another image, or another change set, under what was
 * built or approved.
 */
export class ReleaseStep extends Construct {
  readonly project: codebuild.PipelineProject;

  constructor(scope: Construct, id: string, props: ReleaseStepProps) {
    super(scope, id);
    const { names, build, computeType, docker } = props;
    const buildLogs = new logs.LogGroup(this, 'BuildLogs', {
      logGroupName: names.logGroup,
      retention: props.logDays,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const minuteUsd = buildMinuteUsd(computeType, Stack.of(this).region)?.toString();
    this.project = new codebuild.PipelineProject(this, 'Project', {
      projectName: names.project,
      description: props.description,
      buildSpec: codebuild.BuildSpec.fromSourceFilename(props.buildspec),
      // CDK's own grants are wider than needed.
      role: this.role(props).withoutPolicyUpdates(),
      grantReportGroupPermissions: false,
      environment: {
        buildImage: codebuild.LinuxBuildImage.fromCodeBuildImageId(`aws/codebuild/${build.image}`),
        computeType: COMPUTE_TYPES[computeType],
        privileged: docker,
        environmentVariables: plainVariables({
          ...props.variables,
          ...(minuteUsd && { BUILD_MINUTE_USD: minuteUsd }),
        }),
      },
      cache: props.cache,
      logging: { cloudWatch: { logGroup: buildLogs } },
      timeout: Duration.minutes(build.timeoutMinutes),
    });
    Validations.of(this.project).acknowledge({
      id: 'AwsSolutions-CB4',
      reason:
        "Artifacts are encrypted with S3's key of this account: nobody outside of it reads them, and a key of ours would cost more than it guards.",
    });
  }

  private role(props: ReleaseStepProps): iam.Role {
    const { names, artifactsArn, writes } = props;
    const stack = Stack.of(this);
    const inlinePolicies: Record<string, iam.PolicyDocument> = {
      source: cloningPolicy(props.connectionArn),
      artifacts: policy(
        allow(
          ['s3:GetObject', 's3:GetObjectVersion'],
          props.reads.map((prefix) => `${artifactsArn}/${prefix}/*`),
        ),
        ...(writes === undefined ? [] : [allow(['s3:PutObject'], [`${artifactsArn}/${writes}/*`])]),
        allow(['s3:GetBucketAcl', 's3:GetBucketLocation'], [artifactsArn]),
      ),
      log: policy(logStatement(stack, names.logGroup)),
      ...props.permissions,
    };
    const role = new iam.Role(this, 'Role', {
      roleName: names.role,
      description: props.description,
      assumedBy: codebuildFor(stack, names.project),
      inlinePolicies,
    });
    acknowledgeWildcards(role, Object.values(inlinePolicies), [
      [/:log-stream:\*$/, 'Every build writes a log stream of its own, in this one log group.'],
      [
        /^<Artifacts.*\/\*$/,
        'CodePipeline gives every artifact a name of its own, under the prefix of what it is an artifact of.',
      ],
      ...props.wildcards,
    ]);
    return role;
  }
}
