import { builtTwice } from '../../../tools/preflight/rules/built-twice';
import { said } from '../example';

const pipeline = (source: object, ...actions: readonly object[]): Record<string, unknown> => ({
  Pipeline: {
    Type: 'AWS::CodePipeline::Pipeline',
    Properties: {
      Stages: [
        {
          Name: 'Source',
          Actions: [
            {
              Name: 'GitHub',
              ActionTypeId: { Category: 'Source', Provider: 'CodeStarSourceConnection' },
              Configuration: { FullRepositoryId: 'example/app', BranchName: 'main', ...source },
            },
          ],
        },
        { Name: 'Rest', Actions: actions },
      ],
    },
  },
});
const BUILD = {
  Name: 'Build',
  ActionTypeId: { Category: 'Build', Provider: 'CodeBuild' },
  Configuration: { ProjectName: { Ref: 'Project' } },
};
const DEPLOY = { Name: 'Deploy', ActionTypeId: { Category: 'Deploy', Provider: 'ECS' }, Configuration: {} };
const webhook = (...filters: readonly object[]): Record<string, unknown> => ({
  Triggers: { FilterGroups: [filters] },
});
const PUSH = { Type: 'EVENT', Pattern: 'PUSH' };

test('a project of a pipeline that its own webhook starts, too, is told', () => {
  expect(said(builtTwice, { resources: pipeline({}, BUILD) })).toEqual([
    expect.stringMatching(/^warning .*a push to main starts it by its webhook, and again by the pipeline/),
  ]);
});

test('a project beside a pipeline of the same branch is told where both deploy', () => {
  expect(said(builtTwice, { resources: pipeline({}, DEPLOY) })).toEqual([
    expect.stringContaining('deploys the same push'),
  ]);
  expect(said(builtTwice, { resources: pipeline({}) })).toEqual([]);
});

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['of another branch', pipeline({ BranchName: 'release' }, BUILD), {}],
  ['of another repository', pipeline({ FullRepositoryId: 'example/other' }, DEPLOY), {}],
  ['that is started by hand', pipeline({ DetectChanges: false }, BUILD), {}],
  [
    'beside a webhook of pull requests',
    pipeline({}, BUILD),
    webhook({ Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED' }),
  ],
  [
    'beside a webhook of all other branches',
    pipeline({}, BUILD),
    webhook(PUSH, { Type: 'HEAD_REF', Pattern: '^refs/heads/main$', ExcludeMatchedPattern: true }),
  ],
  ['of a project without a webhook', pipeline({}, BUILD), { Triggers: null }],
])('nothing is said of a pipeline %s', (_what, resources, project) => {
  expect(said(builtTwice, { resources: { ...resources }, project: { ...project } })).toEqual([]);
});
