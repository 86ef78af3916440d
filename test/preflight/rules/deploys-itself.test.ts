import { deploysItself } from '../../../tools/preflight/rules/deploys-itself';
import { buildspecOf } from '../buildspec-of';
import { type Changes, said } from '../example';

const told = (command: string, changes: Changes = {}): string[] =>
  said(deploysItself, { ...changes, buildspec: buildspecOf({ build: [command] }) });

test('--all means the stack of the pipeline, too', () => {
  expect(told('cd cdk && npx cdk deploy --all --require-approval never')).toEqual([
    'warning buildspec.yml:6 `npx cdk deploy --all --require-approval never` deploys PipelineStack too, which has app-build, the project that runs it',
  ]);
});

test.each([
  "cdk deploy '*'",
  'cdk deploy PipelineStack',
  'cdk deploy AppStack PipelineStack',
  "cdk deploy 'Pipe*'",
])('%s', (command) => {
  expect(told(command)).toHaveLength(1);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(deploysItself)).toEqual([]));

  test.each([
    'cdk deploy AppStack',
    "cdk deploy 'App*'",
    'cdk deploy',
    'cdk deploy $STACKS',
    'cdk synth --all',
    'cdk diff PipelineStack',
  ])('%s', (command) => {
    expect(told(command)).toEqual([]);
  });

  test('--all of an app that is not the only one', () => {
    expect(told('cd cdk && npx cdk deploy --all', { files: { 'pipeline/cdk.json': '{}' } })).toEqual([]);
  });

  test('the action by which CDK Pipelines update themselves', () => {
    const resources = {
      Project: null,
      UpdatePipelineSelfMutation: {
        Type: 'AWS::CodeBuild::Project',
        Properties: {
          Source: {
            Type: 'CODEPIPELINE',
            BuildSpec: buildspecOf({
              install: ['npm install -g aws-cdk@2'],
              build: ['cdk -a . deploy PipelineStack --require-approval=never --verbose'],
            }),
          },
          Environment: { Image: 'aws/codebuild/standard:7.0' },
        },
      },
    };

    expect(said(deploysItself, { resources })).toEqual([]);
  });
});
