import { imageReference, isOfEcr, pushesOf, repositoriesOf } from '../../../tools/preflight/model/images';
import { example } from '../example';

test.each([
  ['nginx', { repository: 'nginx', tag: 'latest' }],
  ['org/app:1.2', { repository: 'org/app', tag: '1.2' }],
  ['localhost:5000/app', { registry: 'localhost:5000', repository: 'app', tag: 'latest' }],
  [
    '1.dkr.ecr.eu-west-1.amazonaws.com/team/app:v1',
    { registry: '1.dkr.ecr.eu-west-1.amazonaws.com', repository: 'team/app', tag: 'v1' },
  ],
  [
    '1.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:ab',
    { registry: '1.dkr.ecr.eu-west-1.amazonaws.com', repository: 'app', digest: 'sha256:ab' },
  ],
  [
    '$ECR_REGISTRY/app:${TAG:-latest}',
    { registry: '$ECR_REGISTRY', repository: 'app', tag: '${TAG:-latest}' },
  ],
  ['$REPOSITORY_URI:latest', { repository: undefined, tag: 'latest' }],
  ['${URI}:$(git rev-parse HEAD)', { repository: undefined, tag: '$(git rev-parse HEAD)' }],
  [
    '‹AWS::AccountId›.dkr.ecr.‹AWS::Region›.amazonaws.com/‹Repo›:$TAG',
    { registry: '‹AWS::AccountId›.dkr.ecr.‹AWS::Region›.amazonaws.com', repository: '‹Repo›', tag: '$TAG' },
  ],
  ['‹Image›', { repository: undefined, tag: 'latest' }],
  ['', { repository: undefined, tag: 'latest' }],
])('the reference %p is read as a registry reads it', (written, parts) => {
  expect(imageReference(written)).toEqual(parts);
});

test("another registry's images are not taken for those of ECR, so that nobody is told to create them", () => {
  const of = (written: string): boolean => isOfEcr(imageReference(written));
  expect(
    [
      '1.dkr.ecr.eu-west-1.amazonaws.com/a',
      '$ECR_REGISTRY/a',
      '${AWS_ACCOUNT_ID}.dkr.ecr.us-east-1.amazonaws.com/a',
    ].map(of),
  ).toEqual([true, true, true]);
  expect(['nginx', 'org/app', 'ghcr.io/org/app', 'public.ecr.aws/a/b', '$DOCKER_USER/a'].map(of)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test.each([
  ['docker push app-backend:1', ['app-backend:1']],
  ['docker image push app-backend:1', ['app-backend:1']],
  ['podman push app-backend', ['app-backend:latest']],
  ['docker push --all-tags app-backend', ['app-backend:$ALL']],
  ['docker buildx build --push -t app-backend:1 --tag=app-web:2 .', ['app-backend:1', 'app-web:2']],
  ['docker build -t app-backend:1 .', []],
  ['docker buildx build --push --cache-to type=registry,ref=cache:1 .', []],
  ['docker compose push', []],
  ['docker-compose push backend', []],
  ['git push origin main', []],
])('%s pushes %p', (command, images) => {
  const buildspec = `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`;
  const pushes = pushesOf(example({ buildspec })).map(({ repository, tag }) => `${repository}:${tag}`);
  expect(pushes).toEqual(images);
});

test("a script's push is one of the build, with the project's variables filled in", () => {
  expect(pushesOf(example({}))).toMatchObject([
    { repository: 'app-backend', command: { place: { file: 'ci/push.sh' } } },
  ]);
});

test('what of a repository stays is told tag by tag', () => {
  const [repository] = repositoriesOf(
    example({
      resources: {
        Backend: {
          Properties: {
            ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
            ImageTagMutabilityExclusionFilters: [
              {
                ImageTagMutabilityExclusionFilterType: 'WILDCARD',
                ImageTagMutabilityExclusionFilterValue: 'cache*',
              },
            ],
          },
        },
      },
    }),
  );
  expect(['cache-1', 'v1', 'xcache'].map((tag) => repository?.isImmutable(tag))).toEqual([false, true, true]);
});
