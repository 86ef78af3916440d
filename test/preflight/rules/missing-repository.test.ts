import { missingRepository } from '../../../tools/preflight/rules/missing-repository';
import { type Changes, said } from '../example';

const REGISTRY = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';

function pushing(image: string, more: Changes = {}, ...commands: readonly string[]): Changes {
  const list = [...commands, `docker push ${image}`].map((command) => `      - ${command}\n`).join('');
  return { buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n${list}`, ...more };
}

test.each([
  `${REGISTRY}/app-backnd:1`,
  '$ECR_REGISTRY/app-backnd:1',
  '$AWS_ACCOUNT_ID.dkr.ecr.$AWS_REGION.amazonaws.com/app-backnd',
])('a mistyped repository (%s) is told before the push at the end of the build fails', (image) => {
  expect(said(missingRepository, pushing(image))).toEqual([
    'warning buildspec.yml:5 no stack creates the repository app-backnd; there are app-backend',
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(missingRepository)).toEqual([]));

  test.each<[string, Changes]>([
    ['a repository that a stack makes', pushing(`${REGISTRY}/app-backend:1`)],
    [
      'a repository that a command creates',
      pushing(`${REGISTRY}/other:1`, {}, 'aws ecr create-repository --repository-name $NAME'),
    ],
    [
      "a repository that the role's policy names, so somebody made it elsewhere",
      pushing(`${REGISTRY}/other:1`, {
        resources: {
          Role: {
            Properties: {
              Policies: [
                {
                  PolicyName: 'push',
                  PolicyDocument: {
                    Statement: [
                      {
                        Effect: 'Allow',
                        Action: 'ecr:PutImage',
                        Resource: 'arn:aws:ecr:eu-west-1:111122223333:repository/other',
                      },
                    ],
                  },
                },
              ],
            },
          },
        },
      }),
    ],
    ['images of another registry', pushing('ghcr.io/example/other:1')],
    ['a name that only the build knows', pushing('$IMAGE')],
    ['a push without stacks to compare with', pushing(`${REGISTRY}/other:1`, { assembly: 'none' })],
    [
      'stacks that make no repository at all',
      pushing(`${REGISTRY}/other:1`, { resources: { Backend: null } }),
    ],
    [
      'a registry that creates repositories on push',
      pushing(`${REGISTRY}/other:1`, {
        resources: {
          Template: { Type: 'AWS::ECR::RepositoryCreationTemplate', Properties: { Prefix: 'ROOT' } },
        },
      }),
    ],
  ])('%s', (_, changes) => {
    expect(said(missingRepository, changes)).toEqual([]);
  });
});
