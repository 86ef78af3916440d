import { unwatchedBuild } from '../../../tools/preflight/rules/unwatched-build';
import { buildspecOf } from '../buildspec-of';
import { said } from '../example';

const told = (...build: string[]): string[] => said(unwatchedBuild, { buildspec: buildspecOf({ build }) });

test('a build that is started and left alone is told', () => {
  expect(told('aws codebuild start-build --project-name deploy')).toEqual([
    'warning buildspec.yml:6 `aws codebuild start-build --project-name deploy` is green as soon as the other build is queued, and nothing asks how that ended',
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(unwatchedBuild)).toEqual([]));

  test.each([
    [
      [
        'ID=$(aws codebuild start-build --project-name p --query build.id --output text)',
        'aws codebuild batch-get-builds --ids "$ID"',
      ],
    ],
    [['aws codebuild start-build --project-name p', 'python3 wait.py']],
    [['aws codebuild list-builds']],
    [['aws codepipeline start-pipeline-execution --name p']],
  ])('%j', (build) => {
    expect(told(...build)).toEqual([]);
  });
});
