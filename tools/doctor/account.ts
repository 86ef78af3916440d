import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetBuildsCommand,
  BatchGetProjectsCommand,
  type Build,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  ListSourceCredentialsCommand,
  paginateListProjects,
  type Project,
  type SourceCredentialsInfo,
} from '@aws-sdk/client-codebuild';
import { BatchGetImageCommand, ECRClient, paginateDescribeRepositories } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import {
  GetRoleCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListPolicies,
} from '@aws-sdk/client-iam';
import { HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  paginateListAWSDefaultServiceQuotas,
  paginateListServiceQuotas,
  type ServiceQuota,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import {
  GetParameterCommand,
  paginateGetParameterHistory,
  type ParameterHistory,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni } from '@aws-sdk/credential-providers';
import { type Context, UserError } from '../command';
import { Unknowable } from './check';
import { type Connection, Connections } from './connections';
import {
  codeOf,
  explained,
  isAboutCredentials,
  isDenied,
  isTooLate,
  isUnreachable,
  LONGEST_MS,
  messageOf,
} from './errors';

export interface AccountOptions {
  /** @default that of the profile or the environment */
  readonly region?: string;
  readonly profile?: string;
  readonly context: Context;
}

/**
 * One region of the account that the user's credentials reach. It is only asked: doctor and `npm run releases` call AWS
 * nowhere else.
 *
 * Every question throws `Unknowable` where the answer is denied or does not come, and UserError where the credentials end.
 */
export class Account {
  private readonly cloudformation: CloudFormationClient;
  private readonly codebuild: CodeBuildClient;
  private readonly connections: Connections;
  private readonly ecr: ECRClient;
  private readonly ecs: ECSClient;
  private readonly iam: IAMClient;
  private readonly logs: CloudWatchLogsClient;
  private readonly quotas: ServiceQuotasClient;
  private readonly s3: S3Client;
  private readonly ssm: SSMClient;
  private readonly known = new Map<string, Promise<Stack | undefined>>();

  private constructor(
    /** Twelve digits. */
    readonly id: string,
    readonly region: string,
    /** Whose credentials they are, by ARN. */
    readonly caller: string,
    private readonly options: AccountOptions,
    sts: STSClient,
  ) {
    const settings = { ...settingsOf(options), region };
    this.cloudformation = new CloudFormationClient(settings);
    this.codebuild = new CodeBuildClient(settings);
    this.ecr = new ECRClient(settings);
    this.ecs = new ECSClient(settings);
    this.iam = new IAMClient(settings);
    this.logs = new CloudWatchLogsClient(settings);
    this.quotas = new ServiceQuotasClient(settings);
    this.ssm = new SSMClient(settings);
    const { env } = options.context;
    // The default for `localhost` is the bucket as host name, which not every resolver finds.
    this.s3 = new S3Client({ ...settings, forcePathStyle: env.AWS_ENDPOINT_URL !== undefined });
    this.connections = new Connections(sts, env.AWS_ENDPOINT_URL);
  }

  /** @throws UserError when there are no credentials, no region, or no answer */
  static async open(options: AccountOptions): Promise<Account> {
    const sts = new STSClient({ ...settingsOf(options), region: options.region });
    let region: string;
    try {
      region = await sts.config.region();
    } catch (error) {
      if (/profile/i.test(messageOf(error))) throw new UserError(explained(error, options.profile));
      throw new UserError(
        'in which region? Give --region, set environments[].region in the configuration, or AWS_REGION',
      );
    }
    if (!/^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(region)) {
      throw new UserError(`region '${region}': expected a name of AWS's, e.g. us-east-1`);
    }
    try {
      const { Account: id = '', Arn = '' } = await sts.send(
        new GetCallerIdentityCommand({}),
        patience(options),
      );
      return new Account(id, region, Arn, options, sts);
    } catch (error) {
      throw options.context.signal.aborted
        ? new UserError('interrupted', 1)
        : new UserError(explained(error, options.profile, region));
    }
  }

  /** The value of a parameter. */
  parameter(name: string): Promise<string | undefined> {
    return this.ask('ssm:GetParameter', async (call) => {
      return (await this.ssm.send(new GetParameterCommand({ Name: name }), call)).Parameter?.Value;
    });
  }

  /** Every version of a parameter that is kept, which are the newest 100. */
  async parameterHistory(name: string): Promise<readonly ParameterHistory[]> {
    const pages = await this.all('ssm:GetParameterHistory', (call) =>
      paginateGetParameterHistory({ client: this.ssm }, { Name: name }, call),
    );
    return pages.flatMap(({ Parameters = [] }) => Parameters);
  }

  /** The newest builds of a project, 100 at most; none where there is no such project. */
  async builds(projectName: string): Promise<readonly Build[]> {
    const list = await this.ask('codebuild:ListBuildsForProject', (call) =>
      this.codebuild.send(new ListBuildsForProjectCommand({ projectName }), call),
    );
    const ids = list?.ids ?? [];
    if (!ids.length) return [];
    const answer = await this.ask('codebuild:BatchGetBuilds', (call) =>
      this.codebuild.send(new BatchGetBuildsCommand({ ids }), call),
    );
    return answer?.builds ?? [];
  }

  /** What a tag of a repository is; undefined where there is no such tag. */
  async digestOf(repositoryName: string, imageTag: string): Promise<string | undefined> {
    const answer = await this.ask('ecr:BatchGetImage', (call) =>
      this.ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] }), call),
    );
    return answer?.images?.[0]?.imageId?.imageDigest;
  }

  /** The task definitions that those of a cluster's services run, or are being rolled to, which are there; by the service's name. */
  async taskDefinitionsOf(cluster: string, services: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    // Ten at once: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
    for (let i = 0; i < services.length; i += 10) {
      const input = { cluster, services: services.slice(i, i + 10) };
      const answer = await this.ask('ecs:DescribeServices', (call) =>
        this.ecs.send(new DescribeServicesCommand(input), call),
      );
      for (const { serviceName = '', status, taskDefinition = '' } of answer?.services ?? []) {
        if (status === 'ACTIVE') found.set(serviceName, taskDefinition);
      }
    }
    return found;
  }

  /** What the containers of a task definition run. */
  async imagesOf(taskDefinition: string): Promise<readonly string[]> {
    const answer = await this.ask('ecs:DescribeTaskDefinition', (call) =>
      this.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }), call),
    );
    return answer?.taskDefinition?.containerDefinitions?.map(({ image = '' }) => image) ?? [];
  }

  /** A stack that exists, in whatever state. */
  stack(name: string): Promise<Stack | undefined> {
    const asked =
      this.known.get(name) ??
      this.ask('cloudformation:DescribeStacks', async (call) => {
        const command = new DescribeStacksCommand({ StackName: name });
        return (await this.cloudformation.send(command, call)).Stacks?.[0];
      });
    this.known.set(name, asked);
    return asked;
  }

  /** What failed first in the stack's last operation, e.g. `Project: Could not find access token`. */
  async failureOf(stack: string): Promise<string | undefined> {
    const command = new DescribeStackEventsCommand({ StackName: stack });
    const answer = await this.ask('cloudformation:DescribeStackEvents', (call) =>
      this.cloudformation.send(command, call),
    );
    const events = answer?.StackEvents ?? [];
    // The newest comes first; an operation begins with what its user asked of the stack itself.
    const begin = events.findIndex(
      ({ ResourceType, ResourceStatusReason = '', LogicalResourceId }) =>
        ResourceType === 'AWS::CloudFormation::Stack' &&
        LogicalResourceId === stack &&
        /^User Initiated/i.test(ResourceStatusReason),
    );
    const cause = (begin < 0 ? events : events.slice(0, begin)).findLast(
      ({ ResourceStatus = '', ResourceStatusReason = '' }) =>
        ResourceStatus.endsWith('_FAILED') && !/cancelled/i.test(ResourceStatusReason),
    );
    return cause && `${cause.LogicalResourceId}: ${cause.ResourceStatusReason}`;
  }

  /** The template that a stack was deployed with. */
  template(stack: string): Promise<string | undefined> {
    return this.ask('cloudformation:GetTemplate', async (call) => {
      const command = new GetTemplateCommand({ StackName: stack, TemplateStage: 'Original' });
      return (await this.cloudformation.send(command, call)).TemplateBody;
    });
  }

  async sourceCredentials(): Promise<readonly SourceCredentialsInfo[]> {
    const answer = await this.ask('codebuild:ListSourceCredentials', (call) =>
      this.codebuild.send(new ListSourceCredentialsCommand({}), call),
    );
    return answer?.sourceCredentialsInfos ?? [];
  }

  connection(arn: string): Promise<Connection | undefined> {
    const service = arn.split(':')[2] ?? '';
    return this.ask(`${service}:GetConnection`, (call) => this.connections.get(arn, call.abortSignal));
  }

  /** The account's own, or AWS's defaults. */
  async quota(name: string, which: 'applied' | 'default'): Promise<ServiceQuota | undefined> {
    const client = this.quotas;
    const input = { ServiceCode: 'codebuild' };
    const quotas =
      which === 'applied'
        ? this.all('servicequotas:ListServiceQuotas', (call) =>
            paginateListServiceQuotas({ client }, input, call),
          )
        : this.all('servicequotas:ListAWSDefaultServiceQuotas', (call) =>
            paginateListAWSDefaultServiceQuotas({ client }, input, call),
          );
    return (await quotas)
      .flatMap(({ Quotas = [] }) => Quotas)
      .find(({ QuotaName }) => QuotaName?.toLowerCase() === name.toLowerCase());
  }

  /**
   * Who has a bucket of this name, in all of AWS: `free`, ours (with its region), or `taken` by another account. S3 answers
   * 403 for that and for what may not be asked, so the account's own list is asked first.
   */
  async bucket(name: string): Promise<'free' | 'taken' | { readonly region?: string }> {
    const list = await this.ask('s3:ListAllMyBuckets', (call) =>
      this.s3.send(new ListBucketsCommand({ Prefix: name }), call),
    );
    const own = list?.Buckets?.find(({ Name }) => Name === name);
    if (own) return { region: own.BucketRegion };
    try {
      await this.s3.send(new HeadBucketCommand({ Bucket: name }), patience(this.options));
      return 'taken';
    } catch (error) {
      const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode;
      if (status === 404) return 'free';
      if (status === 403 || status === 301) return 'taken';
      throw this.told('s3:ListBucket', error);
    }
  }

  async logGroup(name: string): Promise<boolean> {
    const found = await this.all('logs:DescribeLogGroups', (call) =>
      paginateDescribeLogGroups({ client: this.logs }, { logGroupNamePrefix: name }, call),
    );
    return found.some(({ logGroups = [] }) => logGroups.some(({ logGroupName }) => logGroupName === name));
  }

  /** The names of all. */
  async repositories(): Promise<ReadonlySet<string | undefined>> {
    const found = await this.all('ecr:DescribeRepositories', (call) =>
      paginateDescribeRepositories({ client: this.ecr }, {}, call),
    );
    return new Set(
      found.flatMap(({ repositories = [] }) => repositories.map(({ repositoryName }) => repositoryName)),
    );
  }

  /** The trust policy of a role, as JSON. */
  role(name: string): Promise<string | undefined> {
    return this.ask('iam:GetRole', async (call) => {
      const { Role } = await this.iam.send(new GetRoleCommand({ RoleName: name }), call);
      return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
    });
  }

  /** The ARNs of the managed policies that a role has; undefined where there is no such role. */
  async policiesOf(role: string): Promise<readonly string[] | undefined> {
    const found = await this.ask('iam:ListAttachedRolePolicies', (call) =>
      gathered(paginateListAttachedRolePolicies({ client: this.iam }, { RoleName: role }, call)),
    );
    return found?.flatMap(({ AttachedPolicies = [] }) =>
      AttachedPolicies.map(({ PolicyArn = '' }) => PolicyArn),
    );
  }

  /** The names of the account's own managed policies. */
  async policies(): Promise<ReadonlySet<string | undefined>> {
    const found = await this.all('iam:ListPolicies', (call) =>
      paginateListPolicies({ client: this.iam }, { Scope: 'Local' }, call),
    );
    return new Set(found.flatMap(({ Policies = [] }) => Policies.map(({ PolicyName }) => PolicyName)));
  }

  async project(name: string): Promise<Project | undefined> {
    return (await this.batchOfProjects([name]))[0];
  }

  async projects(): Promise<readonly Project[]> {
    const pages = await this.all('codebuild:ListProjects', (call) =>
      paginateListProjects({ client: this.codebuild }, {}, call),
    );
    // A page has as many as may be asked for at once.
    const batches = pages.map(({ projects = [] }) => projects).filter((names) => names.length > 0);
    return (await Promise.all(batches.map((names) => this.batchOfProjects(names)))).flat();
  }

  /** For commands that change something: the call is theirs, and is told of as a question is. */
  change<T>(
    action: string,
    call: (
      settings: ReturnType<typeof settingsOf> & { readonly region: string },
      options: { abortSignal: AbortSignal },
    ) => Promise<T>,
  ): Promise<T | undefined> {
    return this.ask(action, (options) => call({ ...settingsOf(this.options), region: this.region }, options));
  }

  private async batchOfProjects(names: string[]): Promise<readonly Project[]> {
    const answer = await this.ask('codebuild:BatchGetProjects', (call) =>
      this.codebuild.send(new BatchGetProjectsCommand({ names }), call),
    );
    return answer?.projects ?? [];
  }

  private async all<T>(
    action: string,
    pages: (call: { abortSignal: AbortSignal }) => AsyncIterable<T>,
  ): Promise<readonly T[]> {
    return (await this.ask(action, (call) => gathered(pages(call)))) ?? [];
  }

  /** @returns undefined where there is no such thing */
  private async ask<T>(
    action: string,
    question: (call: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await question(patience(this.options));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.told(action, error);
    }
  }

  private told(action: string, error: unknown): Error {
    const { context, profile } = this.options;
    if (context.signal.aborted) return new UserError('interrupted', 1);
    if (isAboutCredentials(error)) return new UserError(explained(error, profile, this.region));
    if (isDenied(error)) {
      const fix = `# have ${action} allowed to ${this.caller}, or ask with the profile of somebody who may`;
      return new Unknowable(`you may not call ${action}`, fix);
    }
    if (isTooLate(error)) {
      return new Unknowable(`${action} was not answered in ${LONGEST_MS / 1000} s`, '# try again');
    }
    if (isUnreachable(error)) {
      const fix = '# is the service in this region, and does the network let you reach it?';
      return new Unknowable(`${action} cannot be reached (${codeOf(error)})`, fix);
    }
    // What is AWS's word is told; what is not is a mistake of ours, and keeps its stack.
    if (!('$metadata' in (error as object))) return error as Error;
    return new Unknowable(`${action} failed: ${messageOf(error)}`, '# try again');
  }
}

function settingsOf({ profile, region }: AccountOptions) {
  // The SDK's own chain would go on where a profile is missing, and end at the role of the machine that it runs on.
  const credentials = profile === undefined ? undefined : fromIni({ profile, clientConfig: { region } });
  return { profile, credentials, maxAttempts: 3 };
}

function patience({ context }: AccountOptions): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.any([context.signal, AbortSignal.timeout(LONGEST_MS)]) };
}

async function gathered<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

function isMissing(error: unknown): boolean {
  if (/NotFound|NoSuchEntity|NoSuchResource/.test((error as Error).name)) return true;
  // CloudFormation's word for it.
  return (error as Error).name === 'ValidationError' && /does not exist/.test(messageOf(error));
}
