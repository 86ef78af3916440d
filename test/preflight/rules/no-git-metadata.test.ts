import { noGitMetadata } from '../../../tools/preflight/rules/no-git-metadata';
import { buildspecOf } from '../buildspec-of';
import { type Changes, said } from '../example';

const TYPE = (Category: string, Provider: string): object => ({
  Category,
  Provider,
  Owner: 'AWS',
  Version: '1',
});

const inPipeline = (format?: string): Changes => ({
  project: { Source: { Type: 'CODEPIPELINE' }, Triggers: null },
  resources: {
    Pipeline: {
      Type: 'AWS::CodePipeline::Pipeline',
      Properties: {
        Stages: [
          {
            Name: 'Source',
            Actions: [
              {
                Name: 'GitHub',
                ActionTypeId: TYPE('Source', 'CodeStarSourceConnection'),
                Configuration: { BranchName: 'main', ...(format && { OutputArtifactFormat: format }) },
              },
            ],
          },
          {
            Name: 'Build',
            Actions: [
              {
                Name: 'Build',
                ActionTypeId: TYPE('Build', 'CodeBuild'),
                Configuration: { ProjectName: { Ref: 'Project' } },
              },
            ],
          },
        ],
      },
    },
  },
});
const shallow: Changes = {
  project: { Source: { Type: 'GITHUB', Location: 'https://github.com/example/app.git', GitCloneDepth: 1 } },
};
const told = (changes: Changes, ...build: string[]): string[] =>
  said(noGitMetadata, { ...changes, buildspec: buildspecOf({ build }) });

test('a pipeline hands over a ZIP file, in which git finds nothing', () => {
  expect(told(inPipeline('CODE_ZIP'), 'TAG=$(git rev-parse --short HEAD)')).toEqual([
    'error buildspec.yml:6 `git rev-parse --short HEAD` finds no repository: the pipeline hands the source over as a ZIP file without .git',
  ]);
  expect(told(inPipeline(), 'echo "$(git log -1)"')).toEqual([expect.stringMatching(/^warning /)]);
});

test('so does S3', () => {
  expect(told({ project: { Source: { Type: 'S3', Location: 'b/k' } } }, 'git -C . describe')).toHaveLength(1);
});

test.each([
  ['git diff --name-only HEAD~1', 'error', 'HEAD~1'],
  ['git diff HEAD^ HEAD', 'error', 'HEAD^'],
  ['git describe --tags', 'warning', 'tag'],
  ['git merge-base origin/main HEAD', 'warning', 'part'],
  ['git rev-list --count HEAD', 'warning', 'counts'],
])('in a clone of depth 1: %s', (command, level, word) => {
  expect(told(shallow, command)).toEqual([
    expect.stringMatching(new RegExp(`^${level} .*${word.replace('^', '\\^')}`)),
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(noGitMetadata)).toEqual([]));

  test.each<[string, Changes, string]>([
    ['a full clone', inPipeline('CODEBUILD_CLONE_REF'), 'git describe'],
    ['settings', inPipeline(), 'git config --global user.name a && git --version'],
    ['a clone of its own', inPipeline(), 'git clone https://example.com/x && cd x && git log'],
    ['a repository that is looked for', inPipeline(), 'if [ -d .git ]; then git log; fi'],
    ['a folder that is not known', inPipeline(), 'cd $X && git log'],
    [
      'the newest commit of a clone of depth 1',
      shallow,
      'git log -1 && git rev-parse HEAD && git describe --always',
    ],
    ['a clone that is made deep', shallow, 'git fetch --unshallow && git describe'],
    ['a clone with all its history', {}, 'git diff HEAD~1 && git describe'],
  ])('%s', (_, changes, command) => {
    expect(told(changes, command)).toEqual([]);
  });

  test('a project whose pipeline is not there', () => {
    expect(told({ project: { Source: { Type: 'CODEPIPELINE' }, Triggers: null } }, 'git log')).toEqual([]);
  });
});
