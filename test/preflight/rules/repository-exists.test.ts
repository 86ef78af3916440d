import { repositoryExists } from '../../../tools/preflight/rules/repository-exists';
import { type Changes, said } from '../example';

const DEPLOY = 'cd cdk && npx cdk deploy AppStack --require-approval never';

function building(...commands: readonly string[]): Changes {
  const list = commands.map((command) => `      - '${command}'\n`).join('');
  return {
    buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n${list}`,
    application: { Web: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'app-web' } } },
  };
}

describe('a repository that a command creates and a stack, too', () => {
  test('fails the deployment of the stack that the build makes after it', () => {
    expect(
      said(repositoryExists, building('aws ecr create-repository --repository-name app-web', DEPLOY)),
    ).toEqual([
      'error buildspec.yml:5 the repository app-web is created here, and AppStack, which this build deploys after it, creates it too',
    ]);
  });

  test.each(['|| true', '|| echo there'])('%s behind it only may: a stack deployed before has it', (end) => {
    const told = said(
      repositoryExists,
      building(`aws ecr create-repository --repository-name app-web ${end}`, DEPLOY),
    );
    expect(told).toEqual([expect.stringMatching(/^warning buildspec.yml:5 the repository app-web/)]);
  });

  test("fails the command itself where it is the pipeline's own stack, which is there before the build", () => {
    expect(
      said(repositoryExists, building('aws ecr create-repository --repository-name app-backend')),
    ).toEqual([
      'error buildspec.yml:5 PipelineStack makes the repository app-backend before the first build, so creating it fails',
    ]);
  });
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(repositoryExists)).toEqual([]));

  test.each([
    [
      "healing a repository of the pipeline's stack that somebody deleted",
      [
        'aws ecr describe-repositories --repository-names app-backend || aws ecr create-repository --repository-name app-backend',
      ],
    ],
    ['a repository that no stack has', ['aws ecr create-repository --repository-name other', DEPLOY]],
    ['a stack that the build does not deploy', ['aws ecr create-repository --repository-name app-web']],
    ['a stack that is deployed before', [DEPLOY, 'aws ecr create-repository --repository-name app-web']],
    [
      'another stack being deployed',
      ['aws ecr create-repository --repository-name app-web', 'npx cdk deploy Other'],
    ],
    ['another region', ['aws ecr create-repository --region us-east-1 --repository-name app-web', DEPLOY]],
    ['a name that only the build knows', ['aws ecr create-repository --repository-name "$NAME"', DEPLOY]],
  ])('%s', (_, commands) => {
    expect(said(repositoryExists, building(...commands))).toEqual([]);
  });
});
