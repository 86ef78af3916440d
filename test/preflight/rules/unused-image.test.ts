import { unusedImage } from '../../../tools/preflight/rules/unused-image';
import { type Changes, said } from '../example';

const REGISTRY = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';

function running(image: string, deploy = 'npx cdk deploy AppStack'): Changes {
  return {
    buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n      - docker push $BACKEND_REPOSITORY:$TAG\n      - ${deploy}\n`,
    application: { Task: { Properties: { ContainerDefinitions: [{ Name: 'backend', Image: image }] } } },
  };
}

test('a task that runs an asset leaves what the build pushes unused', () => {
  expect(
    said(unusedImage, running(`${REGISTRY}/cdk-hnb659fds-container-assets-111122223333-eu-west-1:abc`)),
  ).toEqual([
    'warning buildspec.yml:5 no task runs an image of app-backend: their images are assets, which cdk deploy builds and pushes itself',
  ]);
});

test('a task of another repository does, too', () => {
  expect(said(unusedImage, running(`${REGISTRY}/app-web:1`))).toEqual([
    'warning buildspec.yml:5 no task runs an image of app-backend; they run app-web',
  ]);
});

test('a repository is told once, however many tags are pushed to it', () => {
  const buildspec =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - docker push $BACKEND_REPOSITORY:$TAG\n      - docker push $BACKEND_REPOSITORY:latest\n';
  expect(said(unusedImage, { ...running(`${REGISTRY}/app-web:1`), buildspec })).toHaveLength(1);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(unusedImage)).toEqual([]));

  test.each<[string, Changes]>([
    ['a task of the repository', running(`${REGISTRY}/app-backend:1`)],
    ['an image that only the deployment knows', running('‹Image›')],
    [
      'an image that the build gives as context',
      running(`${REGISTRY}/app-web:1`, 'npx cdk deploy AppStack -c image=$BACKEND_REPOSITORY:$TAG'),
    ],
    [
      'an image that the build gives as parameter',
      running(`${REGISTRY}/app-web:1`, 'npx cdk deploy --parameters Image=$TAG'),
    ],
    [
      'a function of the image',
      {
        ...running(`${REGISTRY}/app-web:1`),
        application: {
          Function: {
            Type: 'AWS::Lambda::Function',
            Properties: { Code: { ImageUri: `${REGISTRY}/app-backend:1` } },
          },
        },
      },
    ],
    ['stacks without a service', { ...running('x'), application: { Service: null, Task: null } }],
    ['a repository that no stack has', { ...running(`${REGISTRY}/app-web:1`), resources: { Backend: null } }],
  ])('%s', (_, changes) => {
    expect(said(unusedImage, changes)).toEqual([]);
  });
});
