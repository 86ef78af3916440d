import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import type { Webhook, Project, Projects } from './projects';

/**
 * The CodeBuild API on projects and their webhooks: what CloudFormation and `aws codebuild batch-get-projects` ask.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/
 */
export class CodeBuildService implements Service {
  constructor(
    private readonly account: string,
    private readonly projects: Projects,
  ) {}

  handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    const operation = this.operations[request.operation];
    if (!operation) {
      throw new AwsError('InvalidAction', `The simulator does not answer codebuild:${request.operation}.`);
    }
    const body = JSON.stringify(operation(request.input as Input, request.region));
    return Promise.resolve({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body });
  }

  private readonly operations: Readonly<Record<string, (input: Input, region: string) => object>> = {
    CreateProject: (input, region) => {
      if (this.projects.get(input.name)) {
        const arn = this.arn(region, input.name);
        throw new AwsError('ResourceAlreadyExistsException', `Project already exists: ${arn}`);
      }
      const project: Project = { ...input, arn: this.arn(region, input.name) };
      this.projects.put(project);
      return { project };
    },
    UpdateProject: (input) => {
      const project: Project = { ...this.existing(input.name), ...input };
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
    ListProjects: () => ({ projects: this.projects.all().map((project) => project.name) }),
    CreateWebhook: (input) => this.putWebhook(input),
    UpdateWebhook: (input) => this.putWebhook(input),
    DeleteWebhook: (input) => {
      this.projects.put({ ...this.existing(input.projectName), webhook: undefined });
      return {};
    },
  };

  private putWebhook(input: Input): { webhook: Webhook } {
    const project = this.existing(input.projectName);
    const url = `${project.source.location ?? ''}/hooks/simulated`;
    const webhook = { url, filterGroups: input.filterGroups ?? project.webhook?.filterGroups ?? [] };
    this.projects.put({ ...project, webhook });
    return { webhook };
  }

  private existing(name: string): Project {
    const project = this.projects.get(name);
    if (!project) throw new AwsError('ResourceNotFoundException', `Project cannot be found: ${name}`);
    return project;
  }

  private arn(region: string, name: string): string {
    return `arn:aws:codebuild:${region}:${this.account}:project/${name}`;
  }
}

/** The union of the operations' inputs; the SDK's client has checked the required ones. */
type Input = Omit<Project, 'arn'> & {
  names: string[];
  projectName: string;
  filterGroups?: Webhook['filterGroups'];
};
