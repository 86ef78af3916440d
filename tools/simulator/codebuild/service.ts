import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import type { BuildRecords } from './build-records';
import type { Builds } from './builds';
import { notPlayed, overridden, type StartBuild } from './overrides';
import type { Project, Projects, Webhook } from './projects';
import { type BuildRecord, describe } from './record';
import { describeReport, reportsOf } from './reports';
import { type ImportSourceCredentials, SourceCredentials } from './source-credentials';

/** ListBuilds and its like. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListBuilds.html */
const PAGE = 100;

/**
 * The CodeBuild API: projects and their webhooks, which CloudFormation makes, and builds, which run on this machine.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/
 */
export class CodeBuildService implements Service {
  /** Undefined as long as nothing can run builds. */
  builds?: Builds;
  private readonly byToken = new Map<string, BuildRecord>();

  constructor(
    private readonly account: string,
    private readonly projects: Projects,
    private readonly records: BuildRecords,
    private readonly credentials = new SourceCredentials(),
  ) {}

  async handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    const { operation } = request;
    const play = Object.hasOwn(this.operations, operation) ? this.operations[operation] : undefined;
    if (!play) throw new AwsError('InvalidAction', `The simulator does not answer codebuild:${operation}.`);
    const body = JSON.stringify(await play(request.input as unknown as Input, request));
    return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body };
  }

  private readonly operations: Readonly<
    Record<string, (input: Input, request: AwsRequest) => object | Promise<object>>
  > = {
    CreateProject: (input, { region }) => {
      // It is the name of a directory here, too. AWS wants a second character.
      if (!/^[A-Za-z0-9][\w-]{0,254}$/.test(input.name))
        throw new AwsError('InvalidInputException', `Invalid project name: ${input.name}`);
      if (this.projects.get(input.name)) {
        const arn = this.arn(region, input.name);
        throw new AwsError('ResourceAlreadyExistsException', `Project already exists: ${arn}`);
      }
      const project: Project = { ...badged(input, region), arn: this.arn(region, input.name) };
      this.projects.put(project);
      return { project };
    },
    UpdateProject: (input, { region }) => {
      const project: Project = { ...this.existing(input.name), ...badged(input, region) };
      this.projects.put(project);
      return { project };
    },
    DeleteProject: (input) => {
      this.projects.delete(input.name);
      return {};
    },
    BatchGetProjects: (input) => ({
      projects: input.names.flatMap((name) => this.projects.get(name) ?? []),
      projectsNotFound: input.names.filter((name) => !this.projects.get(name)),
    }),
    ListProjects: () => ({
      projects: this.projects
        .all()
        .map((project) => project.name)
        .sort(),
    }),
    InvalidateProjectCache: async (input) => {
      await this.fleet.invalidateCache(this.existing(input.projectName));
      return {};
    },

    CreateWebhook: (input) => this.putWebhook(input),
    UpdateWebhook: (input) => this.putWebhook(input),
    DeleteWebhook: (input) => {
      this.projects.put({ ...this.existing(input.projectName), webhook: undefined });
      return {};
    },

    ListSourceCredentials: (_, { region }) => ({
      sourceCredentialsInfos: this.credentials.list((server) => this.tokenArn(region, server)),
    }),
    ImportSourceCredentials: (input, { region }) => {
      this.credentials.import(input);
      return { arn: this.tokenArn(region, input.serverType) };
    },
    DeleteSourceCredentials: ({ arn = '' }) => {
      this.credentials.delete(arn);
      return { arn };
    },

    StartBuild: (input, request) => {
      const refused = notPlayed(input);
      if (refused.length) {
        throw new AwsError('InvalidInputException', `The simulator does not play ${refused.join(', ')}.`);
      }
      const { idempotencyToken: token } = input;
      const known = token === undefined ? undefined : this.byToken.get(token);
      if (known) return this.answer(known);
      const project = overridden(this.existing(input.projectName), input);
      checkTimeouts(project);
      const record = this.start(project, request);
      if (token !== undefined) this.byToken.set(token, record);
      return this.answer(record);
    },
    RetryBuild: (input, request) => {
      const record = this.build(input.id ?? '');
      this.existing(record.project.name);
      return this.answer(this.start({ ...record.project, sourceVersion: record.sourceVersion }, request));
    },
    StopBuild: async (input) => {
      const { id } = this.build(input.id ?? '');
      this.fleet.stop(id);
      // On AWS the answer may come before the build has ended; here it need not.
      return this.answer((await this.fleet.ended(id)) ?? this.build(id));
    },
    BatchGetBuilds: (input) => {
      const ids = input.ids ?? [];
      if (ids.length > PAGE) throw tooMany('ids');
      return {
        builds: ids.flatMap((id) => this.records.get(id) ?? []).map((record) => this.described(record)),
        buildsNotFound: ids.filter((id) => !this.records.get(id)),
      };
    },
    BatchDeleteBuilds: (input) => {
      const ids = input.ids ?? [];
      const buildsDeleted: string[] = [];
      const buildsNotDeleted: object[] = [];
      for (const id of ids) {
        const record = this.records.get(id);
        if (record && this.fleet.delete(record.id)) buildsDeleted.push(record.arn);
        else buildsNotDeleted.push({ id, statusCode: record ? 'BUILD_IN_PROGRESS' : 'NOT_FOUND' });
      }
      return { buildsDeleted, buildsNotDeleted };
    },
    BatchGetReports: ({ reportArns = [] }) => {
      if (reportArns.length > PAGE) throw tooMany('reportArns');
      const found = this.reports().filter(({ arn }) => reportArns.includes(arn));
      return {
        reports: found.map(describeReport),
        reportsNotFound: reportArns.filter((wanted) => !found.some(({ arn }) => arn === wanted)),
      };
    },
    ListReportGroups: () => ({
      reportGroups: [...new Set(this.reports().map(({ groupArn }) => groupArn))],
    }),
    /** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_DeleteReportGroup.html */
    DeleteReportGroup: ({ arn = '', deleteReports = false }) => {
      const reports = this.reports().filter(({ groupArn }) => groupArn === arn);
      if (reports.length && !deleteReports) {
        throw new AwsError('InvalidInputException', `Report group ${arn} has reports`);
      }
      for (const { record, report } of reports) {
        record.reports = record.reports.filter((one) => one !== report);
      }
      return {};
    },
    ListBuilds: (input) => this.page(this.records.all(), input),
    /** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListBuildsForProject.html */
    ListBuildsForProject: (input) => {
      const builds = this.records.all(this.existing(input.projectName).name);
      if (input.sortOrder !== undefined && builds.length > PAGE) {
        // The page promises an error, and does not say in which words.
        throw new AwsError(
          'InvalidInputException',
          `Cannot sort the builds of a project with more than ${PAGE}`,
        );
      }
      return this.page(builds, input);
    },
  };

  private reports(): ReturnType<typeof reportsOf> {
    return this.records.all().flatMap(reportsOf);
  }

  private get fleet(): Builds {
    if (!this.builds) throw new Error('no builds run here');
    return this.builds;
  }

  private start(project: Project, request: AwsRequest): BuildRecord {
    const { sourceVersion } = project;
    return this.fleet.start(project, { initiator: initiatorOf(request.session.arn), sourceVersion });
  }

  private page(builds: readonly BuildRecord[], input: Input): object {
    const ids = builds.map(({ id }) => id);
    if (input.sortOrder === 'ASCENDING') ids.reverse();
    const start = input.nextToken === undefined ? 0 : ids.indexOf(input.nextToken);
    if (start < 0) throw new AwsError('InvalidInputException', 'Invalid token');
    return { ids: ids.slice(start, start + PAGE), nextToken: ids[start + PAGE] };
  }

  private answer(record: BuildRecord): object {
    return { build: this.described(record) };
  }

  private described(record: BuildRecord): object {
    const [, , , region = ''] = record.arn.split(':');
    return describe(record, `arn:aws:kms:${region}:${this.account}:alias/aws/s3`);
  }

  private putWebhook(input: Input): { webhook: Webhook } {
    const project = this.existing(input.projectName);
    const url = `${project.source.location ?? ''}/hooks/simulated`;
    const { filterGroups, pullRequestBuildPolicy, scopeConfiguration } = { ...project.webhook, ...input };
    const webhook = { url, filterGroups: filterGroups ?? [], pullRequestBuildPolicy, scopeConfiguration };
    this.projects.put({ ...project, webhook });
    return { webhook };
  }

  private existing(name: string): Project {
    const project = this.projects.get(name);
    if (!project) throw new AwsError('ResourceNotFoundException', `Project cannot be found: ${name}`);
    return project;
  }

  private build(id: string): BuildRecord {
    const record = this.records.get(id);
    if (!record) throw new AwsError('ResourceNotFoundException', `Build ${id} does not exist`);
    return record;
  }

  private arn(region: string, name: string): string {
    return `arn:aws:codebuild:${region}:${this.account}:project/${name}`;
  }

  private tokenArn(region: string, serverType: string): string {
    return `arn:aws:codebuild:${region}:${this.account}:token/${serverType.toLowerCase()}`;
  }
}

/** `administrator` of a user, `ROLE/SESSION` of an assumed role. */
function initiatorOf(arn: string): string {
  return arn.split('/').slice(1).join('/') || arn;
}

/** A badge has an address, of AWS's form; nothing draws it here. */
function badged({ badgeEnabled, ...input }: Input, region: string): Input {
  if (badgeEnabled === undefined) return input;
  const badgeRequestUrl = `https://codebuild.${region}.amazonaws.com/badges?uuid=simulated&branch=master`;
  return { ...input, badge: { badgeEnabled, ...(badgeEnabled && { badgeRequestUrl }) } };
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html */
function checkTimeouts({ timeoutInMinutes = 60, queuedTimeoutInMinutes = 480 }: Project): void {
  const invalid = [
    !(timeoutInMinutes >= 5 && timeoutInMinutes <= 2160) &&
      `timeout: must be between 5 and 2160 minutes, got ${timeoutInMinutes}`,
    !(queuedTimeoutInMinutes >= 5 && queuedTimeoutInMinutes <= 480) &&
      `queued timeout: must be between 5 and 480 minutes, got ${queuedTimeoutInMinutes}`,
  ].filter((problem) => problem !== false);
  if (invalid.length) throw new AwsError('InvalidInputException', `Invalid ${invalid.join('; ')}`);
}

function tooMany(name: string): AwsError {
  return new AwsError('InvalidInputException', `Invalid ${name}: expected at most ${PAGE}`);
}

/** The union of the operations' inputs; the SDK's client has checked the required ones. */
type Input = Omit<Project, 'arn'> &
  StartBuild &
  ImportSourceCredentials &
  Omit<Webhook, 'url'> & {
    names: string[];
    badgeEnabled?: boolean;
    id?: string;
    ids?: string[];
    arn?: string;
    reportArns?: string[];
    deleteReports?: boolean;
    nextToken?: string;
    sortOrder?: 'ASCENDING' | 'DESCENDING';
  };
