import { unchangedTask } from '../../../tools/preflight/rules/unchanged-task';
import { type Changes, said } from '../example';

const REPOSITORY = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/app-backend';
const DEPLOY = 'cd cdk && npx cdk deploy AppStack --require-approval never';

function running(image: string, ...commands: readonly string[]): Changes {
  const list = [`docker push ${REPOSITORY}:latest`, ...commands]
    .map((command) => `      - ${command}\n`)
    .join('');
  return {
    buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n${list}`,
    application: { Task: { Properties: { ContainerDefinitions: [{ Name: 'backend', Image: image }] } } },
  };
}

test('a service that runs the tag that every build pushes anew keeps the old code after a green deployment', () => {
  const told = [
    'warning buildspec.yml:5 app-backend runs backend as app-backend:latest, the tag that every build pushes anew: deploying changes nothing',
  ];
  expect(said(unchangedTask, running(`${REPOSITORY}:latest`, DEPLOY))).toEqual(told);
  expect(said(unchangedTask, running(REPOSITORY, DEPLOY))).toEqual(told);
});

test('an update of the service that forces nothing is no help', () => {
  const update = 'aws ecs update-service --cluster app --service app-backend --desired-count 2';
  expect(said(unchangedTask, running(`${REPOSITORY}:latest`, DEPLOY, update))).toHaveLength(1);
});

describe('nothing is told of', () => {
  test('a working pipeline, which deploys by digest', () => expect(said(unchangedTask)).toEqual([]));

  test.each<[string, Changes]>([
    ['a digest', running(`${REPOSITORY}@sha256:${'0'.repeat(64)}`, DEPLOY)],
    ['a tag that the deployment is given', running(`${REPOSITORY}:‹Tag›`, DEPLOY)],
    [
      'a forced deployment',
      running(
        `${REPOSITORY}:latest`,
        DEPLOY,
        'aws ecs update-service --cluster app --service app-backend --force-new-deployment',
      ),
    ],
    ['a tag that the build does not push', running(`${REPOSITORY}:stable`, DEPLOY)],
    ["somebody else's image", running('nginx:latest', DEPLOY)],
    ['a build that deploys nothing', running(`${REPOSITORY}:latest`)],
    [
      'a rule that hears of the push',
      {
        ...running(`${REPOSITORY}:latest`, DEPLOY),
        resources: {
          Heard: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['aws.ecr'] } } },
        },
      },
    ],
  ])('%s', (_, changes) => {
    expect(said(unchangedTask, changes)).toEqual([]);
  });
});
