import { checked } from '../../tools/preflight/check';
import { modelOf } from '../../tools/preflight/model/read-model';
import { stacksOf } from '../../tools/preflight/model/stacks';
import { RULES } from '../../tools/preflight/rules';
import { treeOf } from './example';

/**
 * The pipeline of the guide that this project was asked for, taken at its word: its pieces of a buildspec put together as a team
 * would type them, its permissions, its lifecycle, its webhook. docs and README tell where we differ and why; preflight tells it
 * to whoever follows the guide.
 */
const BUILDSPEC = `version: 0.2
env:
  variables:
    AWS_DEFAULT_REGION: us-east-1
    IMAGE_TAG: latest
  parameter-store:
    # COGNITO_USER_POOL_ID: /mangoo/cognito/user-pool-id
  exported-variables:
    - IMAGE_TAG
    - BACKEND_IMAGE_URI
phases:
  install:
    runtime-versions:
      nodejs: 20
      python: 3.11
      docker: 20
    commands:
      - npm install -g aws-cdk@latest
      - pip install -r backend/requirements.txt
      - cd cdk && npm ci && cd ..
      - cd frontend && npm ci && cd ..
  pre_build:
    commands:
      - AWS_ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)
      - IMAGE_TAG=$(echo $CODEBUILD_RESOLVED_SOURCE_VERSION | cut -c 1-7)
      - REGISTRY=$AWS_ACCOUNT_ID.dkr.ecr.$AWS_DEFAULT_REGION.amazonaws.com
      - aws ecr get-login-password | docker login --username AWS --password-stdin $REGISTRY
      - aws ecr describe-repositories --repository-names mangoo-backend || aws ecr create-repository --repository-name mangoo-backend
  build:
    commands:
      - docker build -t $REGISTRY/mangoo-backend:$IMAGE_TAG -t $REGISTRY/mangoo-backend:latest backend
      - cd frontend && npm run build && cd ..
      - docker build -t $REGISTRY/mangoo-frontend:$IMAGE_TAG -t $REGISTRY/mangoo-frontend:latest frontend
  post_build:
    commands:
      - docker push $REGISTRY/mangoo-backend:$IMAGE_TAG
      - docker push $REGISTRY/mangoo-backend:latest
      - docker push $REGISTRY/mangoo-frontend:$IMAGE_TAG
      - docker push $REGISTRY/mangoo-frontend:latest
      - cd cdk
      - cdk deploy --all --outputs-file ../cdk-outputs.json
      - cd ..
      - aws ecs update-service --cluster mangoo --service mangoo-backend --force-new-deployment
artifacts:
  files:
    - cdk-outputs.json
    - frontend/dist/**/*
    - cdk/cdk.out/**/*
cache:
  paths:
    - 'frontend/node_modules/**/*'
    - 'cdk/node_modules/**/*'
    - '/root/.npm/**/*'
    - '/root/.cache/pip/**/*'
`;

/** The same pipeline, with what preflight asks for. */
const CORRECTED = `version: 0.2
phases:
  install:
    runtime-versions:
      nodejs: 20
      python: 3.11
    commands:
      - pip install -r backend/requirements.txt
      - cd cdk && npm ci && cd ..
      - cd frontend && npm ci && cd ..
  pre_build:
    commands:
      - IMAGE_TAG=$CODEBUILD_RESOLVED_SOURCE_VERSION
      - REGISTRY=111122223333.dkr.ecr.us-east-1.amazonaws.com
      - aws ecr get-login-password | docker login --username AWS --password-stdin $REGISTRY
  build:
    commands:
      - docker build -t $REGISTRY/mangoo-backend:$IMAGE_TAG backend
      - cd frontend && npm run build && cd ..
      - docker build -t $REGISTRY/mangoo-frontend:$IMAGE_TAG frontend
  post_build:
    commands:
      - '[ "\${CODEBUILD_BUILD_SUCCEEDING:-0}" = 1 ] || exit 1'
      - docker push $REGISTRY/mangoo-backend:$IMAGE_TAG
      - docker push $REGISTRY/mangoo-frontend:$IMAGE_TAG
      - cd cdk
      - npx cdk deploy MangooStack --exclusively --require-approval never -c tag=$IMAGE_TAG --outputs-file ../cdk-outputs.json
      - cd ..
artifacts:
  files:
    - cdk-outputs.json
    - frontend/dist/**/*
    - cdk/cdk.out/**/*
cache:
  paths:
    - '/root/.npm/**/*'
    - '/root/.cache/pip/**/*'
`;

const json = (value: unknown): string => JSON.stringify(value);

const FILES = {
  '.gitignore': 'node_modules\ncdk.out\ndist\n',
  'backend/Dockerfile':
    'FROM public.ecr.aws/docker/library/python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0"]\n',
  'backend/main.py': 'app = None\n',
  'backend/requirements.txt': 'fastapi==0.115.6\nuvicorn==0.34.0\n',
  'frontend/Dockerfile': 'FROM public.ecr.aws/docker/library/nginx:alpine\nCOPY dist /usr/share/nginx/html\n',
  'frontend/package.json': json({ scripts: { build: 'vite build' }, devDependencies: { vite: '6.0.7' } }),
  'frontend/package-lock.json': json({
    lockfileVersion: 3,
    packages: { 'node_modules/vite': { version: '6.0.7' } },
  }),
  'cdk/package.json': json({
    dependencies: { 'aws-cdk-lib': '2.276.0' },
    devDependencies: { 'aws-cdk': '2.1148.1' },
  }),
  'cdk/package-lock.json': json({
    lockfileVersion: 3,
    packages: {
      'node_modules/aws-cdk-lib': { version: '2.276.0' },
      'node_modules/aws-cdk': { version: '2.1148.1' },
    },
  }),
  'cdk/cdk.json': json({ app: 'npx ts-node bin/app.ts' }),
};

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const CONNECTION = arn('codeconnections', 'connection/aaaa1111-bbbb-2222-cccc-3333dddd4444');
const BOOTSTRAP_ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup'].map(
  (what) => `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-${what}-role-${ACCOUNT}-${REGION}`,
);

interface Choices {
  readonly isCorrected?: boolean;
  readonly project?: object;
}

function pipeline({ isCorrected = false, project }: Choices): object {
  const allow = (Action: readonly string[], Resource: unknown): object => ({
    Effect: 'Allow',
    Action,
    Resource,
  });
  const statements = isCorrected
    ? [
        allow(['codeconnections:GetConnection', 'codeconnections:GetConnectionToken'], CONNECTION),
        allow(
          ['logs:CreateLogStream', 'logs:PutLogEvents'],
          arn('logs', 'log-group:/aws/codebuild/mangoo:*'),
        ),
        allow(['s3:PutObject'], { 'Fn::Sub': '${Artifacts.Arn}/*' }),
        allow(['s3:GetBucketLocation'], { 'Fn::GetAtt': ['Artifacts', 'Arn'] }),
        allow(['ecr:GetAuthorizationToken'], '*'),
        allow(
          'BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload GetDownloadUrlForLayer InitiateLayerUpload PutImage UploadLayerPart'
            .split(' ')
            .map((action) => `ecr:${action}`),
          ['Backend', 'Frontend'].map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
        ),
        allow(['sts:AssumeRole'], BOOTSTRAP_ROLES),
      ]
    : [
        allow(
          [
            'ecr:*',
            ...'ecs:UpdateService ecs:DescribeServices ecs:RegisterTaskDefinition'.split(' '),
            ...'cloudformation:CreateStack cloudformation:UpdateStack cloudformation:DescribeStacks'.split(
              ' ',
            ),
            ...'iam:CreateRole iam:PassRole iam:AttachRolePolicy'.split(' '),
            ...'ec2:CreateVpc ec2:CreateSubnet ec2:CreateSecurityGroup ec2:DescribeVpcs'.split(' '),
            ...'rds:CreateDBCluster rds:DescribeDBClusters s3:PutObject s3:GetObject'.split(' '),
            ...'logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents'.split(' '),
          ],
          '*',
        ),
      ];
  return {
    ...(isCorrected ? repositories() : {}),
    Artifacts: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'builds',
              Status: 'Enabled',
              Transitions: [
                { StorageClass: isCorrected ? 'INTELLIGENT_TIERING' : 'STANDARD_IA', TransitionInDays: 7 },
              ],
              ExpirationInDays: 30,
            },
          ],
        },
      },
    },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'mangoo-codebuild',
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'codebuild.amazonaws.com' },
              Action: 'sts:AssumeRole',
              ...(isCorrected && { Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }),
            },
          ],
        },
        Policies: [{ PolicyName: 'build', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
      },
    },
    Project: {
      Type: 'AWS::CodeBuild::Project',
      Properties: {
        Name: 'mangoo-build-deploy',
        ServiceRole: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Source: {
          Type: 'GITHUB',
          Location: 'https://github.com/example/mangoo.git',
          ...(isCorrected && {
            Auth: { Type: 'CODECONNECTIONS', Resource: CONNECTION },
            ReportBuildStatus: true,
          }),
        },
        Triggers: {
          Webhook: true,
          FilterGroups: [
            [
              { Type: 'EVENT', Pattern: 'PUSH' },
              { Type: 'HEAD_REF', Pattern: isCorrected ? '^refs/heads/main$' : 'refs/heads/main' },
            ],
          ],
        },
        Environment: {
          Type: 'LINUX_CONTAINER',
          ComputeType: 'BUILD_GENERAL1_LARGE',
          Image: 'aws/codebuild/standard:7.0',
          PrivilegedMode: true,
        },
        Artifacts: {
          Type: 'S3',
          Location: { Ref: 'Artifacts' },
          Path: 'builds',
          NamespaceType: 'BUILD_ID',
          Packaging: 'NONE',
          Name: '/',
        },
        Cache: { Type: 'LOCAL', Modes: ['LOCAL_DOCKER_LAYER_CACHE', 'LOCAL_CUSTOM_CACHE'] },
        LogsConfig: { CloudWatchLogs: { Status: 'ENABLED', GroupName: '/aws/codebuild/mangoo' } },
        ...project,
      },
    },
  };
}

function repositories(): object {
  const repository = (RepositoryName: string): object => ({
    Type: 'AWS::ECR::Repository',
    Properties: { RepositoryName, ImageScanningConfiguration: { ScanOnPush: true } },
  });
  return { Backend: repository('mangoo-backend'), Frontend: repository('mangoo-frontend') };
}

function application({ isCorrected = false }: Choices): object {
  const images = ['backend', 'frontend'].map((Name) => ({
    Name,
    Essential: true,
    Image: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/mangoo-${Name}:${isCorrected ? '4f0c2b7' : 'latest'}`,
  }));
  return {
    ...(isCorrected ? {} : repositories()),
    Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'mangoo' } },
    Task: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: {
        Family: 'mangoo-backend',
        Cpu: '256',
        Memory: '512',
        NetworkMode: 'awsvpc',
        RequiresCompatibilities: ['FARGATE'],
        ContainerDefinitions: images,
      },
    },
    Service: {
      Type: 'AWS::ECS::Service',
      Properties: {
        ServiceName: 'mangoo-backend',
        Cluster: { Ref: 'Cluster' },
        TaskDefinition: { Ref: 'Task' },
        LaunchType: 'FARGATE',
        DesiredCount: 2,
        DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-0a1b2c3d4e5f60718'] } },
      },
    },
  };
}

/** What preflight says, a line each: id, level, file and line or resource, message. */
function told(choices: Choices = {}): string[] {
  const template = (name: string, Resources: object) => ({
    name,
    file: `cdk.out/${name}.template.json`,
    text: JSON.stringify({ Resources }),
    account: ACCOUNT,
    region: REGION,
    bootstrap: { qualifier: 'hnb659fds', roles: BOOTSTRAP_ROLES },
    assets: [],
    missingContext: [],
    dependsOn: [],
  });
  const source = treeOf({ ...FILES, 'buildspec.yml': choices.isCorrected ? CORRECTED : BUILDSPEC });
  const stacks = stacksOf([
    template('MangooCodeBuildStack', pipeline(choices)),
    template('MangooStack', application(choices)),
  ]);
  const { findings, faults } = checked(modelOf(source, stacks, {}), RULES);
  return [
    ...faults.map(({ id, message }) => `${id} fault ${message}`),
    ...findings.map(({ id, level, place, message }) => {
      return `${id} ${level} ${place.resource ?? `${place.file}:${place.line}`} ${message}`;
    }),
  ];
}

const GUIDE = told();

test('the guide, corrected, is silent, so that whoever follows preflight comes to an end', () => {
  expect(told({ isCorrected: true })).toEqual([]);
});

describe("whoever follows the guide is told before AWS tells them, or doesn't", () => {
  test.each<[what: string, id: string, finding: RegExp]>([
    ['a runtime that the image does not have', 'F16', /^error buildspec\.yml:16 .* no runtime 'docker'/],
    ['a parameter store with comments alone', 'F15', /^error buildspec\.yml:6 .* non-empty/],
    ['Standard-IA after 7 days', 'F71', /^error Artifacts .* STANDARD_IA after 7 days/],
    ['a branch that others match, too', 'F04', /^warning Project .* also matches refs\/heads\/main-/],
    [
      'a deployment of what a failed build made',
      'F25',
      /^warning buildspec\.yml:\d+ docker push runs in post_build/,
    ],
    ['a role that can make itself an administrator', 'S04', /^warning Role .* iam:PassRole on every role/],
    ['a role that lacks what CDK deploys by', 'F59', /^error buildspec\.yml:\d+ .* sts:AssumeRole/],
    [
      'node_modules that npm ci deletes',
      'F36',
      /^warning buildspec\.yml:\d+ cdk\/node_modules.* deletes it first/,
    ],
    ['the newest CLI of the day', 'F48', /^warning buildspec\.yml:18 .* newest on that day/],
    ['an approval that nobody can give', 'F39', /^warning buildspec\.yml:\d+ .*asks for approval/],
    [
      'a pipeline that deploys itself',
      'F68',
      /^warning buildspec\.yml:\d+ .* deploys MangooCodeBuildStack too/,
    ],
    ['repositories that the stack makes as well', 'F51', /^warning buildspec\.yml:\d+ .* creates it too/],
    [
      'a service that starts before its image can be there',
      'F78',
      /^warning Service .* the first one never becomes stable/,
    ],
    ['a rollback that nobody sees', 'F79', /^warning buildspec\.yml:43 .* goes back without a word/],
    ['a role that any project may have', 'S05', /^warning Role .* for every project/],
    ['an exported variable that nobody sets', 'F29', /^warning buildspec\.yml:10 BACKEND_IMAGE_URI/],
    ['a webhook without a credential', 'F01', /^warning Project .* needs a credential/],
    ['commits without a status', 'F09', /^warning Project .* ReportBuildStatus/],
  ])('%s', (_, id, finding) => {
    const ofRule = GUIDE.filter((one) => one.startsWith(`${id} `)).map((one) => one.slice(id.length + 1));
    expect(ofRule).toContainEqual(expect.stringMatching(finding));
  });

  test('a VPC as in the guide, where the local cache is off and the build does not start', () => {
    const VpcConfig = {
      VpcId: 'vpc-0a1b2c3d4e5f60718',
      Subnets: ['subnet-0a1b2c3d4e5f60718'],
      SecurityGroupIds: ['sg-0a1b2c3d4e5f60718'],
    };
    const more = told({ project: { VpcConfig } }).filter((one) => !GUIDE.includes(one));

    expect(more).toContainEqual(expect.stringMatching(/^F36 warning Project .* VPC have no local cache/));
    expect(more).toContainEqual(expect.stringMatching(/^N01 error Project .* ec2:CreateNetworkInterface/));
  });
});

test('and of what the guide has right, nothing: each finding is about one of these', () => {
  const ids = new Set(GUIDE.map((one) => one.split(' ')[0]));

  expect([...ids].sort()).toEqual(
    'F01 F04 F09 F15 F16 F25 F29 F36 F39 F48 F51 F59 F68 F71 F78 F79 S04 S05'.split(' '),
  );
});
