import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runBuild } from '../engine/build';
import type {
  ArtifactUpload,
  BuildRequest,
  BuildResult,
  EnvironmentVariable,
  PhaseName,
  PhaseResult,
  ReportResult,
} from '../engine/types';
import { awsEnvironment } from '../environment';
import type { Faults } from '../faults';
import type { Authorizer } from '../gateway/authorizer';
import type { Session, Sessions } from '../gateway/sessions';
import type { Repository } from '../github/repository';
import type { PushEvent } from '../github/types';
import { webhookVariables } from '../github/webhook';
import { BuildStorage } from './storage';
import type { Project } from './projects';

export interface Build extends BuildResult {
  /** `project:uuid` */
  readonly id: string;
}

export interface BuildOutput {
  started(id: string): void;
  output(text: string): void;
  phaseStarted(name: PhaseName): void;
  phaseEnded(phase: PhaseResult): void;
}

/** The build fleet: runs builds of projects on this machine, each with a fresh directory and the credentials of its role. */
export class Builds {
  private number = 0;

  constructor(
    private readonly aws: {
      readonly account: string;
      readonly region: string;
      readonly url: string;
      readonly configFile: string;
      readonly sessions: Sessions;
      readonly authorizer: Authorizer;
      readonly faults: Faults;
      /** Where the gateway gives out a session's credentials. */
      credentialsUrl(session: Session): string;
    },
    private readonly host: {
      /** Below it, each build gets a directory. */
      readonly directory: string;
      /** Where project caches stay between runs. */
      readonly cacheDirectory: string;
      /** What every build sees of this machine: PATH with the stand-in tools in front, npm's settings. */
      readonly environment: Readonly<Record<string, string>>;
    },
  ) {}

  /** Builds the commit of a push, as the project's webhook asks for. */
  async startForPush(
    project: Project,
    event: PushEvent,
    repository: Repository,
    output: BuildOutput,
    stop: AbortSignal,
  ): Promise<Build> {
    const uuid = randomUUID();
    const id = `${project.name}:${uuid}`;
    output.started(id);
    const arn = project.arn.replace(/:project\/.*/, `:build/${id}`);
    const directory = path.join(this.host.directory, uuid);
    await mkdir(directory, { recursive: true });

    let phase: PhaseName = 'SUBMITTED';
    const session = this.aws.sessions.issue({
      arn: `${project.serviceRole.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/AWSCodeBuild-${uuid}`,
      roleArn: project.serviceRole,
      phase: () => phase,
    });
    const storage = new BuildStorage({ aws: this.aws, project, session, buildArn: arn, uuid });
    // Its credentials outlive the build, as on AWS: a stack that is still changing goes on.
    const result = await runBuild({
      directory,
      environment: {
        ...this.host.environment,
        ...awsEnvironment(this.aws),
        AWS_CONTAINER_CREDENTIALS_FULL_URI: this.aws.credentialsUrl(session),
        ...this.codeBuildVariables(project, id, arn),
        ...webhookVariables(event),
        CODEBUILD_INITIATOR: 'GitHub-Hookshot/simulated',
        CODEBUILD_SOURCE_VERSION: event.after,
      },
      variables: (project.environment.environmentVariables ?? []).map(
        ({ name, value, type }): EnvironmentVariable => ({ name, value, type: type ?? 'PLAINTEXT' }),
      ),
      image: project.environment.image,
      downloadSource: async (sourceDirectory) => {
        await this.assumeServiceRole(project);
        await storage.createLogStream();
        await repository.checkout(event.after, sourceDirectory);
        return { CODEBUILD_RESOLVED_SOURCE_VERSION: event.after };
      },
      buildspec: buildspecOf(project),
      timeoutSeconds: (project.timeoutInMinutes ?? 60) * 60,
      stop,
      cache: cacheOf(project, path.join(this.host.cacheDirectory, project.name)),
      artifactsType: project.artifacts.type === 'S3' ? 'S3' : 'NO_ARTIFACTS',
      parameters: (names: readonly string[]) => storage.parameters(names),
      secret: (reference: string) => storage.secret(reference),
      uploadArtifacts: (uploads: readonly ArtifactUpload[]) => storage.upload(uploads),
      storeReport: (report: ReportResult) => storage.report(report),
      output: (text: string) => output.output(text),
      phaseStarted: (name: PhaseName) => {
        phase = name;
        output.phaseStarted(name);
      },
      phaseEnded: (result: PhaseResult) => output.phaseEnded(result),
      injectFailure: (name, index) =>
        index === 0 && this.aws.faults.of('command-fails').some((argument) => (argument ?? 'BUILD') === name)
          ? `this command fails because of --fault command-fails:${name}`
          : undefined,
    });
    return { id, ...result };
  }

  /** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
  private codeBuildVariables(project: Project, id: string, arn: string): Record<string, string> {
    const { account, region } = this.aws;
    this.number += 1;
    return {
      CODEBUILD_BUILD_ARN: arn,
      CODEBUILD_BUILD_ID: id,
      CODEBUILD_BUILD_IMAGE: project.environment.image,
      CODEBUILD_BUILD_NUMBER: String(this.number),
      CODEBUILD_BUILD_URL: `https://${region}.console.aws.amazon.com/codesuite/codebuild/${account}/projects/${project.name}/build/${encodeURIComponent(id)}`,
      CODEBUILD_KMS_KEY_ID: `arn:aws:kms:${region}:${account}:alias/aws/s3`,
      CODEBUILD_PROJECT_ARN: project.arn,
      CODEBUILD_SOURCE_REPO_URL: project.source.location ?? '',
      CODEBUILD_START_TIME: String(Date.now()),
    };
  }

  /** A trust policy that does not let CodeBuild in ends the build before any command. */
  private async assumeServiceRole(project: Project): Promise<void> {
    const verdict = await this.aws.authorizer.mayAssume('codebuild.amazonaws.com', project.serviceRole, {
      'aws:SourceArn': project.arn,
      'aws:SourceAccount': this.aws.account,
    });
    if (verdict.allowed) return;
    throw new Error(
      `CodeBuild is not authorized to perform: sts:AssumeRole on service role ${project.serviceRole}. ` +
        `Check the role's trust policy: ${verdict.message}`,
    );
  }
}

function cacheOf({ cache }: Project, directory: string): BuildRequest['cache'] {
  if (!cache || cache.type === 'NO_CACHE') return undefined;
  return { directory, keyed: cache.type === 'S3' };
}

function buildspecOf(project: Project): { path: string } | { text: string } {
  const buildspec = project.source.buildspec ?? 'buildspec.yml';
  // CodeBuild takes a value of several lines (or a JSON object) for the buildspec itself, any other for a path.
  return /\n|^\s*\{/.test(buildspec) ? { text: buildspec } : { path: buildspec };
}
