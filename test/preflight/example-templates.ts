export const ENVIRONMENT = { account: '111122223333', region: 'eu-west-1' } as const;
const { account, region } = ENVIRONMENT;

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
const of = (logicalId: string, attribute = 'Arn'): object => ({ 'Fn::GetAtt': [logicalId, attribute] });

export const BOOTSTRAP_ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup'].map(
  (what) => `arn:aws:iam::${account}:role/cdk-hnb659fds-${what}-role-${account}-${region}`,
);
const CONNECTION = `arn:aws:codeconnections:${region}:${account}:connection/aaaa1111-bbbb-2222-cccc-3333dddd4444`;
const REPOSITORY = `${account}.dkr.ecr.${region}.amazonaws.com/app-backend`;

const allow = (action: string | readonly string[], resource: unknown): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});

/** The resources of the pipeline's stack. */
export const PIPELINE = {
  Project: {
    Type: 'AWS::CodeBuild::Project',
    Properties: {
      Name: 'app-build',
      Source: {
        Type: 'GITHUB',
        Location: 'https://github.com/example/app.git',
        Auth: { Type: 'CODECONNECTIONS', Resource: CONNECTION },
        ReportBuildStatus: true,
      },
      Triggers: {
        Webhook: true,
        FilterGroups: [
          [
            { Type: 'EVENT', Pattern: 'PUSH' },
            { Type: 'HEAD_REF', Pattern: '^refs/heads/main$' },
          ],
        ],
      },
      Environment: {
        Type: 'LINUX_CONTAINER',
        ComputeType: 'BUILD_GENERAL1_MEDIUM',
        Image: 'aws/codebuild/standard:7.0',
        PrivilegedMode: true,
        EnvironmentVariables: [
          { Name: 'NODEJS_VERSION', Type: 'PLAINTEXT', Value: '22' },
          { Name: 'BACKEND_REPOSITORY', Type: 'PLAINTEXT', Value: REPOSITORY },
        ],
      },
      ServiceRole: of('Role'),
      Artifacts: {
        Type: 'S3',
        Location: { Ref: 'Artifacts' },
        NamespaceType: 'BUILD_ID',
        Packaging: 'NONE',
        Name: '/',
        Path: 'builds',
      },
      Cache: { Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE'] },
      LogsConfig: { CloudWatchLogs: { Status: 'ENABLED', GroupName: { Ref: 'Logs' } } },
      TimeoutInMinutes: 60,
      Visibility: 'PRIVATE',
    },
  },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'app-build',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'codebuild.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: { 'aws:SourceAccount': account },
              ArnEquals: { 'aws:SourceArn': arn('codebuild', 'project/app-build') },
            },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'build',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              allow(['codeconnections:GetConnection', 'codeconnections:GetConnectionToken'], CONNECTION),
              allow(
                ['logs:CreateLogStream', 'logs:PutLogEvents'],
                [arn('logs', 'log-group:/app/builds'), arn('logs', 'log-group:/app/builds:log-stream:*')],
              ),
              allow('s3:PutObject', { 'Fn::Join': ['', [of('Artifacts'), '/*']] }),
              allow('s3:GetBucketLocation', of('Artifacts')),
              allow(
                [
                  'codebuild:CreateReportGroup',
                  'codebuild:CreateReport',
                  'codebuild:UpdateReport',
                  'codebuild:BatchPutTestCases',
                ],
                arn('codebuild', 'report-group/app-build-*'),
              ),
              allow('ssm:GetParameters', arn('ssm', 'parameter/app/api-key')),
              allow('ecr:GetAuthorizationToken', '*'),
              allow(
                [
                  'ecr:BatchCheckLayerAvailability',
                  'ecr:BatchGetImage',
                  'ecr:CompleteLayerUpload',
                  'ecr:DescribeImages',
                  'ecr:GetDownloadUrlForLayer',
                  'ecr:InitiateLayerUpload',
                  'ecr:PutImage',
                  'ecr:UploadLayerPart',
                ],
                of('Backend'),
              ),
              allow('sts:AssumeRole', BOOTSTRAP_ROLES),
            ],
          },
        },
      ],
    },
  },
  Artifacts: {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [{ Id: 'expire', Status: 'Enabled', ExpirationInDays: 30 }] },
    },
  },
  Logs: {
    Type: 'AWS::Logs::LogGroup',
    DeletionPolicy: 'Delete',
    Properties: { LogGroupName: '/app/builds', RetentionInDays: 30 },
  },
  Backend: {
    Type: 'AWS::ECR::Repository',
    DeletionPolicy: 'Retain',
    Properties: {
      RepositoryName: 'app-backend',
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
      LifecyclePolicy: {
        LifecyclePolicyText: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 50 },
              action: { type: 'expire' },
            },
          ],
        }),
      },
    },
  },
};

/** The resources of the application's stack, as synthesized for an image that was pushed. */
export const APPLICATION = {
  Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'app' } },
  Service: {
    Type: 'AWS::ECS::Service',
    Properties: {
      ServiceName: 'app-backend',
      Cluster: { Ref: 'Cluster' },
      TaskDefinition: { Ref: 'Task' },
      LaunchType: 'FARGATE',
      DesiredCount: 2,
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
      },
      NetworkConfiguration: {
        AwsvpcConfiguration: { Subnets: ['subnet-0a1b2c3d4e5f60718'], AssignPublicIp: 'DISABLED' },
      },
    },
  },
  Task: {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: 'app-backend',
      Cpu: '256',
      Memory: '512',
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
      ExecutionRoleArn: of('TaskExecution'),
      ContainerDefinitions: [
        {
          Name: 'backend',
          Image: `${REPOSITORY}@sha256:${'0123456789abcdef'.repeat(4)}`,
          Essential: true,
          PortMappings: [{ ContainerPort: 8000 }],
          HealthCheck: {
            Command: [
              'CMD',
              'python',
              '-c',
              "import urllib.request; urllib.request.urlopen('http://localhost:8000/health')",
            ],
          },
          LogConfiguration: {
            LogDriver: 'awslogs',
            Options: {
              'awslogs-group': '/app/backend',
              'awslogs-region': region,
              'awslogs-stream-prefix': 'backend',
            },
          },
        },
      ],
    },
  },
  TaskExecution: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'ecs-tasks.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'],
    },
  },
};
