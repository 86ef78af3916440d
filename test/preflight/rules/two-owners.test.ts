import { twoOwners } from '../../../tools/preflight/rules/two-owners';
import { type Changes, said } from '../example';

const DEPLOY = 'cd cdk && npx cdk deploy AppStack';
const REGISTER = 'aws ecs register-task-definition --cli-input-json file://task.json';
const UPDATE = 'aws ecs update-service --cluster app --service app-backend --task-definition app-backend';

function building(...commands: readonly string[]): Changes {
  const list = commands.map((command) => `      - ${command}\n`).join('');
  return { buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n${list}` };
}

test('a build that registers a task definition for a service of a stack that it deploys has its image undone', () => {
  expect(said(twoOwners, building(DEPLOY, REGISTER, UPDATE))).toEqual([
    'warning buildspec.yml:7 aws ecs update-service changes the task definition of app-backend, which AppStack owns: its next deployment undoes that',
  ]);
});

test('so it is with the tool that does both', () => {
  expect(said(twoOwners, building(DEPLOY, 'ecs-deploy -c app -n app-backend -i $IMAGE'))).toHaveLength(1);
  expect(said(twoOwners, building(DEPLOY, 'ecs deploy app app-backend -t $TAG'))).toHaveLength(1);
});

test("so it is with a pipeline's own action", () => {
  const resources = {
    Pipeline: {
      Type: 'AWS::CodePipeline::Pipeline',
      Properties: {
        Stages: [
          {
            Name: 'Deploy',
            Actions: [
              {
                Name: 'Ecs',
                ActionTypeId: { Category: 'Deploy', Owner: 'AWS', Provider: 'ECS', Version: '1' },
                Configuration: { ClusterName: 'app', ServiceName: 'app-backend' },
              },
            ],
          },
        ],
      },
    },
  };
  expect(said(twoOwners, { ...building(DEPLOY), resources })).toEqual([
    expect.stringContaining('the action Ecs changes'),
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(twoOwners)).toEqual([]));

  test.each<[string, Changes]>([
    [
      'a forced deployment of the same task definition',
      building(DEPLOY, 'aws ecs update-service --cluster app --service app-backend --force-new-deployment'),
    ],
    ['going back to an older revision', building(DEPLOY, UPDATE)],
    ['a task definition for a single task', building(DEPLOY, REGISTER)],
    ['a stack that no build deploys', building(REGISTER, UPDATE)],
    [
      'a service that CodeDeploy rolls',
      {
        ...building(DEPLOY, REGISTER, UPDATE),
        application: { Service: { Properties: { DeploymentController: { Type: 'CODE_DEPLOY' } } } },
      },
    ],
    [
      'a service that no template has',
      { ...building(DEPLOY, REGISTER, UPDATE), application: { Service: null } },
    ],
  ])('%s', (_, changes) => {
    expect(said(twoOwners, changes)).toEqual([]);
  });
});
