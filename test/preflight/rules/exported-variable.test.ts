import { exportedVariable } from '../../../tools/preflight/rules/exported-variable';
import { buildspecOf } from '../buildspec-of';
import { type Changes, said } from '../example';

const exporting = (names: string, build: string[], env = ''): string =>
  buildspecOf({ build }, `{shell: bash, exported-variables: [${names}]${env}}`);

const told = (build: string[], more: Changes = {}): string[] =>
  said(exportedVariable, { buildspec: exporting('TAG', build), ...more });

/** A pipeline whose second action takes a variable of the first one. */
const pipeline = (reference: string): Changes => ({
  resources: {
    Pipeline: {
      Type: 'AWS::CodePipeline::Pipeline',
      Properties: {
        Stages: [
          {
            Name: 'Build',
            Actions: [
              {
                Name: 'Images',
                Namespace: 'Built',
                ActionTypeId: { Category: 'Build', Provider: 'CodeBuild', Owner: 'AWS', Version: '1' },
                Configuration: { ProjectName: { Ref: 'Project' } },
              },
              {
                Name: 'Approve',
                ActionTypeId: { Category: 'Approval', Provider: 'Manual', Owner: 'AWS', Version: '1' },
                Configuration: { CustomData: reference },
              },
            ],
          },
        ],
      },
    },
  },
});

const FILES = { 'ci/tag.sh': { text: '#!/bin/bash\nexport TAG=1\n', mode: '100755' as const } };

test('what a script exports is its own, so that the pipeline gets nothing', () => {
  const message = 'TAG is set in ci/tag.sh:2 only, by a shell of its own, so the build does not have it';

  expect(told(['ci/tag.sh'], { files: FILES })).toEqual([`warning buildspec.yml:2 ${message}`]);
  expect(told(['ci/tag.sh'], { files: FILES, ...pipeline('#{Built.TAG}') })).toEqual([
    `error buildspec.yml:2 ${message}`,
  ]);
});

test.each([
  ['a subshell', '(TAG=1)'],
  ['a pipe', 'git describe | read TAG'],
  ['a shell of its own', 'bash -c "TAG=1"'],
])('so it is with %s', (_, command) => {
  expect(told([command])).toEqual([expect.stringContaining('by a shell of its own')]);
});

test('what nobody sets is told', () => {
  expect(told(['echo "TAG=1"', 'OTHER=1', 'export TAG'])).toEqual([
    'warning buildspec.yml:2 TAG is set nowhere in the buildspec or by the project',
  ]);
});

test('names of AWS are not exported', () => {
  expect(said(exportedVariable, { buildspec: exporting('AWS_ROLE', ['AWS_ROLE=1']) })).toEqual([
    'warning buildspec.yml:2 AWS_ROLE is not exported: names that begin with AWS_ never are',
  ]);
});

test('secrets of the project are not exported', () => {
  const EnvironmentVariables = [{ Name: 'TAG', Type: 'SECRETS_MANAGER', Value: 'a' }];

  expect(told(['echo'], { project: { Environment: { EnvironmentVariables } } })).toEqual([
    'warning buildspec.yml:2 TAG is not exported: it is a secret of the project (SECRETS_MANAGER)',
  ]);
});

test('a pipeline that takes what is not exported fails when it gets there', () => {
  expect(told(['TAG=1', 'OTHER=1'], pipeline('#{Built.TAG} #{Built.OTHER}'))).toEqual([
    expect.stringContaining(
      'an action takes #{Built.OTHER}, but buildspec.yml, with which Images builds, does not export OTHER',
    ),
  ]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(exportedVariable)).toEqual([]));

  test.each<[string, string[]]>([
    ['an assignment', ['TAG=1']],
    ['an export', ['export TAG="$(git describe)"']],
    ['the output of a script', ['TAG="$(ci/tag.sh)" && export TAG']],
    ['a condition', ['if [ -n "$A" ]; then TAG=1; else TAG=2; fi']],
    ['a reader', ['read -r TAG < tag.txt']],
    ['printf', ['printf -v TAG %s 1']],
    ['a default', [': "${TAG:=1}"']],
    ['a sourced script', ['. ci/tag.sh']],
    ['a sourced script that the build makes', ['./make-env', 'source env.sh']],
    ['what is evaluated', ['eval "$(./print-env)"']],
  ])('%s', (_, build) => {
    expect(told(build, { files: FILES })).toEqual([]);
  });

  test('what the buildspec, the project or CodeBuild set', () => {
    const buildspec = exporting('A, NODEJS_VERSION, CODEBUILD_BUILD_ID', ['echo'], ', variables: {A: b}');

    expect(said(exportedVariable, { buildspec })).toEqual([]);
  });

  test('what a project may set that nobody sees', () => {
    expect(told(['echo'], { assembly: 'none' })).toEqual([]);
  });

  test('an action that takes what is exported, or what another action has', () => {
    expect(
      told(
        ['TAG=1'],
        pipeline('#{Built.TAG} #{SourceVariables.CommitId} #{codepipeline.PipelineExecutionId}'),
      ),
    ).toEqual([]);
  });
});
