import { pipelinesOf } from '../../../tools/preflight/model/pipeline';
import { projectsOf } from '../../../tools/preflight/model/project';
import { rolesOf } from '../../../tools/preflight/model/role';
import { servicesOf } from '../../../tools/preflight/model/service';
import { handmade } from './handmade';

function read(resources: Readonly<Record<string, unknown>>): {
  projects: ReturnType<typeof projectsOf>;
  pipelines: ReturnType<typeof pipelinesOf>;
} {
  const stacks = handmade({ App: { resources } });
  const projects = projectsOf(stacks, rolesOf(stacks));
  return { projects, pipelines: pipelinesOf(stacks, projects) };
}

const PROJECT = {
  Type: 'AWS::CodeBuild::Project',
  Properties: {
    Name: 'build',
    ServiceRole: { 'Fn::GetAtt': ['Role', 'Arn'] },
    Source: {
      Type: 'GITHUB',
      Location: 'https://github.com/o/r.git',
      BuildSpec: 'ci/buildspec.yml',
      GitCloneDepth: 1,
      ReportBuildStatus: 'false',
      Auth: { Type: 'CODECONNECTIONS', Resource: 'arn:x' },
    },
    Triggers: {
      Webhook: true,
      FilterGroups: [
        [
          { Type: 'EVENT', Pattern: 'PUSH' },
          { Type: 'HEAD_REF', Pattern: '^refs/heads/main$', ExcludeMatchedPattern: true },
        ],
      ],
      PullRequestBuildPolicy: { RequiresCommentApproval: 'DISABLED' },
    },
    Environment: {
      Type: 'LINUX_CONTAINER',
      Image: 'aws/codebuild/standard:7.0',
      ComputeType: 'BUILD_GENERAL1_SMALL',
      PrivilegedMode: true,
      EnvironmentVariables: [
        { Name: 'A', Value: 5 },
        { Name: 'B', Value: '/p', Type: 'PARAMETER_STORE' },
      ],
    },
    Artifacts: { Type: 'S3', Location: { Ref: 'Bucket' } },
    Cache: { Type: 'LOCAL', Modes: ['LOCAL_SOURCE_CACHE'] },
    LogsConfig: { CloudWatchLogs: { GroupName: 'logs', Status: 'ENABLED' } },
    TimeoutInMinutes: 30,
    VpcConfig: { VpcId: 'vpc-1' },
  },
};

test('a project is read with its role, webhook, environment and stores', () => {
  const { projects } = read({ Role: { Type: 'AWS::IAM::Role', Properties: {} }, Project: PROJECT });
  expect(projects).toMatchObject([
    {
      name: 'build',
      source: {
        type: 'GITHUB',
        location: 'https://github.com/o/r.git',
        buildspec: 'ci/buildspec.yml',
        cloneDepth: 1,
        reportBuildStatus: false,
        auth: { type: 'CODECONNECTIONS', resource: 'arn:x' },
      },
      webhook: {
        filterGroups: [
          [
            { type: 'EVENT', pattern: 'PUSH', exclude: false },
            { type: 'HEAD_REF', pattern: '^refs/heads/main$', exclude: true },
          ],
        ],
        requiresCommentApproval: 'DISABLED',
      },
      environment: {
        privileged: true,
        variables: [
          { name: 'A', value: '5', type: 'PLAINTEXT' },
          { name: 'B', value: '/p', type: 'PARAMETER_STORE' },
        ],
      },
      artifacts: { type: 'S3', location: '‹Bucket›' },
      cache: { type: 'LOCAL', modes: ['LOCAL_SOURCE_CACHE'] },
      logGroup: 'logs',
      timeoutMinutes: 30,
      inVpc: true,
      role: { name: '‹Role›' },
    },
  ]);
});

test("what a template leaves out is CodeBuild's default", () => {
  const { projects } = read({ Project: { Type: 'AWS::CodeBuild::Project' } });
  expect(projects).toMatchObject([
    {
      name: '‹Project›',
      webhook: undefined,
      environment: { privileged: false, variables: [] },
      artifacts: { type: 'NO_ARTIFACTS' },
      cache: { type: 'NO_CACHE', modes: [] },
      timeoutMinutes: 60,
      inVpc: false,
      role: undefined,
    },
  ]);
});

test('a webhook without filters has no filter groups; without a webhook, groups mean nothing', () => {
  const triggers = (Triggers: object): unknown =>
    read({ Project: { ...PROJECT, Properties: { ...PROJECT.Properties, Triggers } } }).projects[0]?.webhook;
  expect(triggers({ Webhook: true })).toEqual({ filterGroups: [], requiresCommentApproval: undefined });
  expect(triggers({ FilterGroups: [[{ Type: 'EVENT', Pattern: 'PUSH' }]] })).toBeUndefined();
});

test('a buildspec that is an object is taken as the text of one', () => {
  const Source = { Type: 'NO_SOURCE', BuildSpec: { version: 0.2 } };
  const { projects } = read({ Project: { Type: 'AWS::CodeBuild::Project', Properties: { Source } } });
  expect(projects[0]?.source.buildspec).toBe('{"version":0.2}');
});

test('a pipeline knows the project that each action builds with', () => {
  const action = (name: string, ProjectName: unknown): object => ({
    Name: name,
    ActionTypeId: { Category: 'Build', Provider: 'CodeBuild' },
    Configuration: { ProjectName },
  });
  const Stages = [{ Name: 'Build', Actions: [action('a', { Ref: 'Project' }), action('b', 'another')] }];
  const { pipelines } = read({
    Project: PROJECT,
    P: { Type: 'AWS::CodePipeline::Pipeline', Properties: { Stages } },
  });
  expect(pipelines).toMatchObject([
    {
      actions: [
        { stage: 'Build', name: 'a', category: 'Build', provider: 'CodeBuild', project: { name: 'build' } },
        { name: 'b', project: undefined },
      ],
    },
  ]);
});

test('a service is read with its task, of which it has only a reference', () => {
  const stacks = handmade({
    App: {
      resources: {
        Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'c' } },
        Repo: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'app' } },
        Task: {
          Type: 'AWS::ECS::TaskDefinition',
          Properties: {
            Family: 'f',
            RuntimePlatform: { CpuArchitecture: 'ARM64' },
            ContainerDefinitions: [
              {
                Name: 'web',
                Image: { 'Fn::Sub': '${Repo.RepositoryUri}:latest' },
                Environment: [{ Name: 'A', Value: 'a' }],
                Secrets: [{ Name: 'S', ValueFrom: 'arn:s' }],
                HealthCheck: { Command: ['CMD-SHELL', 'true'] },
                PortMappings: [{ ContainerPort: 80 }],
              },
            ],
          },
        },
        Other: { Type: 'AWS::ECS::TaskDefinition', Properties: { Family: 'f2' } },
        Service: {
          Type: 'AWS::ECS::Service',
          Properties: {
            Cluster: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
            TaskDefinition: { Ref: 'Task' },
            DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
          },
        },
        Bare: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: 'f2' } },
      },
    },
  });
  expect(servicesOf(stacks)).toMatchObject([
    {
      name: '‹Service›',
      cluster: 'c',
      circuitBreaker: { enabled: true, rollback: true },
      taskDefinition: {
        family: 'f',
        cpuArchitecture: 'ARM64',
        containers: [
          {
            name: 'web',
            image: '111111111111.dkr.ecr.us-east-1.amazonaws.com/app:latest',
            environment: [{ name: 'A', value: 'a' }],
            secrets: [{ name: 'S', valueFrom: 'arn:s' }],
            healthCheck: ['CMD-SHELL', 'true'],
            ports: [80],
          },
        ],
      },
    },
    {
      name: '‹Bare›',
      cluster: 'default',
      circuitBreaker: { enabled: false },
      taskDefinition: { family: 'f2' },
    },
  ]);
});

test('properties of any kind are read without complaint', () => {
  const types = [
    'AWS::CodeBuild::Project',
    'AWS::CodePipeline::Pipeline',
    'AWS::ECS::Service',
    'AWS::ECS::TaskDefinition',
  ];
  const keys = [
    'Source',
    'Triggers',
    'Environment',
    'Artifacts',
    'Cache',
    'Stages',
    'ContainerDefinitions',
    'Name',
  ];
  for (const wrong of [
    null,
    1,
    'x',
    [],
    {},
    [null],
    [[null]],
    { FilterGroups: [null, [1]], Webhook: true },
  ]) {
    const Properties = Object.fromEntries(keys.map((key) => [key, wrong]));
    const stacks = handmade({
      App: { resources: Object.fromEntries(types.map((Type) => [Type, { Type, Properties }])) },
    });
    const projects = projectsOf(stacks, []);
    expect([projects.length, pipelinesOf(stacks, projects).length, servicesOf(stacks).length]).toEqual([
      1, 1, 1,
    ]);
  }
});
