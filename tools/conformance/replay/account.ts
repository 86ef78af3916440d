import { setTimeout as delay } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  DeleteReportGroupCommand,
  ListBuildsForProjectCommand,
  paginateListReportGroups,
  StopBuildCommand,
} from '@aws-sdk/client-codebuild';
import { DescribeRegistryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DeleteObjectsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { UserError } from '../../command';
import type { Secrets } from './names';
import { BUCKET, NAME, template } from './stack';

/** The account that the user's credentials reach, or an emulated one, and what the replay keeps there while it runs. */
export class Account {
  readonly codebuild: CodeBuildClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  private readonly cloudformation: CloudFormationClient;
  private readonly ecr: ECRClient;
  private stackId?: string;

  /**
   * @param region undefined for that of the user's profile
   * @param endpoint of an emulated AWS
   */
  constructor(
    region: string | undefined,
    private readonly endpoint: string | undefined,
  ) {
    // Many builds ask at once, and CodeBuild's API throttles early.
    const options = { region, endpoint, maxAttempts: 8 };
    this.codebuild = new CodeBuildClient(options);
    this.logs = new CloudWatchLogsClient(options);
    this.s3 = new S3Client({ ...options, forcePathStyle: endpoint !== undefined });
    this.cloudformation = new CloudFormationClient(options);
    this.ecr = new ECRClient(options);
  }

  /** How long to wait between two questions. */
  get pollMilliseconds(): number {
    return this.endpoint === undefined ? 5000 : 200;
  }

  /** @throws UserError where none is set */
  async region(): Promise<string> {
    try {
      return await this.codebuild.config.region();
    } catch {
      throw new UserError('--real: in which region? Give --region, or set AWS_REGION');
    }
  }

  /** Its number. ECR tells it too, and its client is here already, which that of STS is not. */
  async id(): Promise<string> {
    try {
      return (await this.ecr.send(new DescribeRegistryCommand({}))).registryId ?? 'unknown';
    } catch (error) {
      if (/AccessDenied/.test((error as Error).name)) return 'unknown (ecr:DescribeRegistry is denied)';
      throw error;
    }
  }

  /**
   * Looks for what an earlier run has left.
   *
   * @returns the status of its stack, if there is one
   * @throws UserError while another run is under way
   */
  async remains(): Promise<string | undefined> {
    const stack = await this.stack(NAME);
    if (!stack) return undefined;
    this.stackId = stack.StackId;
    const status = stack.StackStatus ?? '';
    const running = status.endsWith('_IN_PROGRESS') || (await this.unfinished()).length > 0;
    if (running) {
      throw new UserError(
        `stack ${NAME}: ${status}, and in use: another run is under way in this account and region; wait for its end`,
        1,
      );
    }
    return status;
  }

  /**
   * @returns the bucket's name
   * @throws UserError with what CloudFormation says
   */
  async make(secrets: Secrets): Promise<string> {
    const { StackId } = await this.cloudformation.send(
      new CreateStackCommand({
        StackName: NAME,
        TemplateBody: JSON.stringify(template(secrets)),
        Capabilities: ['CAPABILITY_IAM'],
        Tags: [{ Key: 'purpose', Value: 'replays test/conformance; may be deleted' }],
      }),
    );
    this.stackId = StackId;
    const status = await this.settled();
    if (status !== 'CREATE_COMPLETE') {
      const { StackEvents = [] } = await this.cloudformation.send(
        new DescribeStackEventsCommand({ StackName: StackId }),
      );
      // The newest comes first, and the first failure is the cause.
      const cause = StackEvents.findLast(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
      const reason = cause ? `${cause.LogicalResourceId}: ${cause.ResourceStatusReason}` : '';
      throw new UserError(`stack ${NAME}: ${status}: ${reason}`, 1);
    }
    return this.bucket();
  }

  /** Ends every build, and removes all that `make` and the builds have made. */
  async remove(): Promise<void> {
    if (this.stackId === undefined) return;
    // A build that still runs would write into the bucket that is being emptied.
    await this.stopBuilds();
    const bucket = await this.bucket();
    if (bucket) await this.empty(bucket);
    for await (const { reportGroups = [] } of paginateListReportGroups({ client: this.codebuild }, {})) {
      for (const arn of reportGroups.filter((one) => one.includes(`:report-group/${NAME}-`))) {
        await this.codebuild.send(new DeleteReportGroupCommand({ arn, deleteReports: true }));
      }
    }
    // What cannot be made is not left half made: while it rolls back, a stack cannot be deleted.
    await this.settled();
    await this.cloudformation.send(new DeleteStackCommand({ StackName: this.stackId }));
    const status = await this.settled();
    if (status !== 'DELETE_COMPLETE') {
      throw new UserError(`stack ${NAME}: ${status}; the next run tries again to delete it`, 1);
    }
    this.stackId = undefined;
  }

  private async stopBuilds(): Promise<void> {
    for (let ids = await this.unfinished(); ids.length; ids = await this.unfinished()) {
      for (const id of ids) await this.codebuild.send(new StopBuildCommand({ id }));
      await delay(this.pollMilliseconds);
    }
  }

  /** The project's builds that run or wait: the newest, since a run has no more of them under way than a page holds. */
  private async unfinished(): Promise<string[]> {
    try {
      const { ids = [] } = await this.codebuild.send(new ListBuildsForProjectCommand({ projectName: NAME }));
      if (!ids.length) return [];
      const { builds = [] } = await this.codebuild.send(new BatchGetBuildsCommand({ ids }));
      return builds.flatMap(({ id, buildComplete }) => (id === undefined || buildComplete ? [] : [id]));
    } catch (error) {
      // A stack that was rolled back has no project.
      if ((error as Error).name === 'ResourceNotFoundException') return [];
      throw error;
    }
  }

  private async bucket(): Promise<string> {
    const { StackResources = [] } = await this.cloudformation.send(
      new DescribeStackResourcesCommand({ StackName: this.stackId, LogicalResourceId: BUCKET }),
    );
    const made = StackResources.filter(
      ({ ResourceStatus = '' }) => !/^DELETE_COMPLETE|^CREATE_FAILED/.test(ResourceStatus),
    );
    return made[0]?.PhysicalResourceId ?? '';
  }

  private async empty(Bucket: string): Promise<void> {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.s3 }, { Bucket })) {
      const Objects = Contents.map(({ Key }) => ({ Key }));
      if (Objects.length) await this.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    }
  }

  private async settled(): Promise<string> {
    for (;;) {
      const status = (await this.stack(this.stackId ?? NAME))?.StackStatus ?? 'DELETE_COMPLETE';
      if (!status.endsWith('_IN_PROGRESS')) return status;
      await delay(this.pollMilliseconds);
    }
  }

  private async stack(StackName: string): Promise<Stack | undefined> {
    try {
      return (await this.cloudformation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
    } catch (error) {
      if (/does not exist/.test((error as Error).message)) return undefined;
      throw error;
    }
  }
}
