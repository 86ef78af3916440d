// What a CDK app writes, by hand: the whole loop runs without the minute that aws-cdk-lib takes to install and load.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const directory = process.env.CDK_OUTDIR;
const context = JSON.parse(process.env.CDK_CONTEXT_JSON);
const qualifier = context['@aws-cdk/core:bootstrapQualifier'];
const { CDK_STACK_NAME: stack, ECS_CLUSTER: cluster, PERMISSIONS_BOUNDARY: boundary } = process.env;
const images = JSON.parse(readFileSync(new URL('images.json', import.meta.url), 'utf8'));

const resources = {
  Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: cluster } },
  Execution: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      },
      PermissionsBoundary: {
        'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:policy/${boundary}`,
      },
      Policies: [
        {
          PolicyName: 'pull',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: [
                  'ecr:GetAuthorizationToken',
                  'ecr:BatchCheckLayerAvailability',
                  'ecr:BatchGetImage',
                  'ecr:GetDownloadUrlForLayer',
                ],
                Resource: '*',
              },
            ],
          },
        },
      ],
    },
  },
};
for (const name of images) {
  const id = name[0].toUpperCase() + name.slice(1);
  const image = context[`${name}Image`];
  if (!image) throw new Error(`context ${name}Image is missing`);
  resources[`${id}Task`] = {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: `${stack}-${name}`,
      ExecutionRoleArn: { 'Fn::GetAtt': ['Execution', 'Arn'] },
      ContainerDefinitions: [{ Name: 'app', Image: image, Memory: 256, Essential: true }],
    },
  };
  resources[`${id}Service`] = {
    Type: 'AWS::ECS::Service',
    Properties: {
      ServiceName: `mangoo-${name}-service`,
      Cluster: { Ref: 'Cluster' },
      TaskDefinition: { Ref: `${id}Task` },
      DesiredCount: 1,
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
    },
  };
}

const template = JSON.stringify({
  Resources: resources,
  Outputs: { Cluster: { Value: { Ref: 'Cluster' } } },
});
const hash = createHash('sha256').update(template).digest('hex');
const inAccount = (name) => `cdk-${qualifier}-${name}-\${AWS::AccountId}-\${AWS::Region}`;
const role = (name) => `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${inAccount(`${name}-role`)}`;
const write = (file, content) => writeFileSync(`${directory}/${file}`, content);

mkdirSync(directory, { recursive: true });
write(`${stack}.template.json`, template);
write(
  `${stack}.assets.json`,
  JSON.stringify({
    version: '36.0.0',
    files: {
      [hash]: {
        source: { path: `${stack}.template.json`, packaging: 'file' },
        destinations: {
          here: {
            bucketName: inAccount('assets'),
            objectKey: `${hash}.json`,
            assumeRoleArn: role('file-publishing'),
          },
        },
      },
    },
    dockerImages: {},
  }),
);
write(
  'manifest.json',
  JSON.stringify({
    version: '36.0.0',
    artifacts: {
      [`${stack}.assets`]: {
        type: 'cdk:asset-manifest',
        properties: { file: `${stack}.assets.json`, requiresBootstrapStackVersion: 6 },
      },
      [stack]: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/unknown-region',
        properties: {
          templateFile: `${stack}.template.json`,
          assumeRoleArn: role('deploy'),
          cloudFormationExecutionRoleArn: role('cfn-exec'),
          stackTemplateAssetObjectUrl: `s3://${inAccount('assets')}/${hash}.json`,
          requiresBootstrapStackVersion: 6,
          bootstrapStackVersionSsmParameter: `/cdk-bootstrap/${qualifier}/version`,
        },
        dependencies: [`${stack}.assets`],
      },
    },
  }),
);
