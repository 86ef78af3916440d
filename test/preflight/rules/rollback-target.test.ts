import { rollbackTarget } from '../../../tools/preflight/rules/rollback-target';
import { type Changes, said } from '../example';

const CACHE = '--cache-to type=registry,ref=$BACKEND_REPOSITORY:buildcache,mode=max';

function keeping(
  rules: readonly object[],
  build = 'docker buildx build --push -t $BACKEND_REPOSITORY:$TAG .',
): Changes {
  const text = JSON.stringify({
    rules: rules
      .map((selection, index) => ({ rulePriority: index + 1, selection, action: { type: 'expire' } }))
      .reverse(),
  });
  return {
    buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${build}\n`,
    resources: { Backend: { Properties: { LifecyclePolicy: { LifecyclePolicyText: text } } } },
  };
}
const any = (countNumber: number): object => ({
  tagStatus: 'any',
  countType: 'imageCountMoreThan',
  countNumber,
});
const WITH_CACHE = `docker buildx build --push -t $BACKEND_REPOSITORY:$TAG ${CACHE} .`;

test('one image kept leaves nothing to go back to', () => {
  expect(said(rollbackTarget, keeping([any(1)]))).toEqual([
    expect.stringMatching(
      /^warning cdk.out\/PipelineStack.template.json:\d+ app-backend keeps 1 image: the one that a rollback needs/,
    ),
  ]);
});

test('a cache in the same repository takes the place of images', () => {
  expect(said(rollbackTarget, keeping([any(10)], WITH_CACHE))).toEqual([
    expect.stringMatching(
      /app-backend keeps 10 images, and the cache that buildspec.yml:5 pushes to buildcache counts/,
    ),
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(rollbackTarget)).toEqual([]));

  test.each<[string, Changes]>([
    ['two images kept', keeping([any(2)])],
    [
      'a cache in a repository of its own',
      keeping([any(10)], WITH_CACHE.replace('ref=$BACKEND_REPOSITORY:', 'ref=$BACKEND_REPOSITORY-cache:')),
    ],
    [
      'caches and untagged manifests that rules before have taken',
      keeping(
        [
          {
            tagStatus: 'tagged',
            tagPrefixList: ['buildcache'],
            countType: 'imageCountMoreThan',
            countNumber: 1,
          },
          { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 1 },
          any(10),
        ],
        WITH_CACHE,
      ),
    ],
    [
      'images that expire by age',
      keeping(
        [{ tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 1 }],
        WITH_CACHE,
      ),
    ],
    [
      'one image of a prefix kept',
      keeping([
        { tagStatus: 'tagged', tagPrefixList: ['pr-'], countType: 'imageCountMoreThan', countNumber: 1 },
      ]),
    ],
    [
      'a policy that only the deployment knows',
      {
        ...keeping([]),
        resources: {
          Backend: { Properties: { LifecyclePolicy: { LifecyclePolicyText: { Ref: 'Policy' } } } },
        },
      },
    ],
  ])('%s', (_, changes) => {
    expect(said(rollbackTarget, changes)).toEqual([]);
  });
});
