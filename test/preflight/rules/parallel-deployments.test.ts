import { parallelDeployments } from '../../../tools/preflight/rules/parallel-deployments';
import { buildspecOf } from '../buildspec-of';
import { PIPELINE } from '../example-templates';
import { type Changes, said } from '../example';

const DEPLOY = buildspecOf({ build: ['cdk deploy AppStack --require-approval never'] });

const pipeline = (ExecutionMode?: string): Changes => ({
  buildspec: DEPLOY,
  resources: {
    Pipeline: {
      Type: 'AWS::CodePipeline::Pipeline',
      Properties: {
        ...(ExecutionMode && { ExecutionMode }),
        Stages: [
          {
            Name: 'Deploy',
            Actions: [
              {
                Name: 'Deploy',
                ActionTypeId: { Category: 'Build', Provider: 'CodeBuild', Owner: 'AWS', Version: '1' },
                Configuration: { ProjectName: { Ref: 'Project' } },
              },
            ],
          },
        ],
      },
    },
  },
});

const second = (
  BuildSpec: string,
  pattern = '^refs/heads/main$',
  more: { Location?: string; Triggers?: null; first?: string } = {},
): Changes => ({
  buildspec: more.first ?? DEPLOY,
  resources: {
    Second: {
      ...PIPELINE.Project,
      Properties: {
        ...PIPELINE.Project.Properties,
        Name: 'second',
        Source: {
          ...PIPELINE.Project.Properties.Source,
          ...(more.Location && { Location: more.Location }),
          BuildSpec,
        },
        Triggers: more.Triggers !== null && {
          Webhook: true,
          FilterGroups: [
            [
              { Type: 'EVENT', Pattern: 'PUSH' },
              { Type: 'HEAD_REF', Pattern: pattern },
            ],
          ],
        },
      },
    },
  },
});

test('a limit that drops pushes is no queue', () => {
  expect(said(parallelDeployments, { project: { ConcurrentBuildLimit: 1 } })).toEqual([
    expect.stringMatching(
      /^warning .* app-build deploys, and has a concurrentBuildLimit of 1: a push while so many builds run starts none, and is lost$/,
    ),
  ]);
});

test('a pipeline whose executions deploy beside each other is told', () => {
  expect(said(parallelDeployments, pipeline('PARALLEL'))).toEqual([
    expect.stringContaining('run in PARALLEL'),
  ]);
});

test('two projects that one push starts, and that deploy one stack, are told', () => {
  expect(said(parallelDeployments, second(DEPLOY))).toEqual([
    expect.stringContaining('one push starts app-build and second, and both deploy AppStack'),
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(parallelDeployments)).toEqual([]));

  test.each<[string, Changes]>([
    ['a pipeline that queues', pipeline('QUEUED')],
    ['a pipeline as it is by default', pipeline()],
    ['two projects of different branches', second(DEPLOY, '^refs/heads/develop$')],
    [
      'two projects of different stacks',
      second(buildspecOf({ build: ['cdk deploy Other --require-approval never'] })),
    ],
    [
      'a project of another repository',
      second(DEPLOY, undefined, { Location: 'https://github.com/example/other.git' }),
    ],
    ['a project that no push starts', second(DEPLOY, undefined, { Triggers: null })],
    [
      'stacks that only the builds know',
      second(buildspecOf({ build: ['cdk deploy $STACK'] }), undefined, {
        first: buildspecOf({ build: ['cdk deploy $STACK'] }),
      }),
    ],
    ['a project that only tests', second(buildspecOf({ build: ['npm test'] }))],
    [
      'a limit for a project that deploys nothing',
      { buildspec: buildspecOf({ build: ['npm test'] }), project: { ConcurrentBuildLimit: 1 } },
    ],
  ])('%s', (_, changes) => {
    expect(said(parallelDeployments, changes)).toEqual([]);
  });
});
