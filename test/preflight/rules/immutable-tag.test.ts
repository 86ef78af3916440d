import { immutableTag } from '../../../tools/preflight/rules/immutable-tag';
import { type Changes, said } from '../example';

const IMAGE = '$BACKEND_REPOSITORY';

function pushing(tag: string, ...before: readonly string[]): Changes {
  const list = [...before, `docker push ${IMAGE}:${tag}`].map((command) => `      - ${command}\n`).join('');
  return { buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n${list}` };
}

test.each(['latest', 'v1'])('a push of %s that never changes fails from the second build on', (tag) => {
  expect(said(immutableTag, pushing(tag))).toEqual([
    `error buildspec.yml:5 tags of app-backend are immutable, and every build pushes ${tag}: the second one fails`,
  ]);
});

test('no tag is latest, too', () => {
  const buildspec = `version: 0.2\nphases:\n  build:\n    commands:\n      - docker push ${IMAGE}\n`;
  expect(said(immutableTag, { buildspec })).toHaveLength(1);
});

test.each(['$CODEBUILD_RESOLVED_SOURCE_VERSION', '${TAG}'])(
  "a push of the commit's tag %s that asks nothing before may fail when the build is tried again",
  (tag) => {
    const told = said(
      immutableTag,
      pushing(tag, 'export TAG=$(echo $CODEBUILD_RESOLVED_SOURCE_VERSION | cut -c 1-7)'),
    );
    expect(told).toEqual([
      expect.stringMatching(/^warning buildspec.yml:6 tags of app-backend are immutable, and \$/),
    ]);
  },
);

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(immutableTag)).toEqual([]));

  test.each<[string, Changes]>([
    ['a tag of its own for each build', pushing('$CODEBUILD_BUILD_NUMBER')],
    ['a tag that only the build knows', pushing('$TAG')],
    [
      'a commit whose image is looked for before',
      pushing(
        '$CODEBUILD_RESOLVED_SOURCE_VERSION',
        'aws ecr describe-images --repository-name app-backend || true',
      ),
    ],
    [
      'mutable tags',
      { ...pushing('latest'), resources: { Backend: { Properties: { ImageTagMutability: 'MUTABLE' } } } },
    ],
    [
      'no word of mutability',
      { ...pushing('latest'), resources: { Backend: { Properties: { ImageTagMutability: null } } } },
    ],
    [
      'a movable tag that a filter exempts',
      {
        ...pushing('latest'),
        resources: {
          Backend: {
            Properties: {
              ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
              ImageTagMutabilityExclusionFilters: [
                {
                  ImageTagMutabilityExclusionFilterType: 'WILDCARD',
                  ImageTagMutabilityExclusionFilterValue: 'lat*',
                },
              ],
            },
          },
        },
      },
    ],
  ])('%s', (_, changes) => {
    expect(said(immutableTag, changes)).toEqual([]);
  });

  test('all tags at once, of which some may be new', () => {
    const buildspec = `version: 0.2\nphases:\n  build:\n    commands:\n      - docker push --all-tags ${IMAGE}\n`;
    expect(said(immutableTag, { buildspec })).toEqual([]);
  });
});
