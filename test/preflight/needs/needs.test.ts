import { needsOf } from '../../../tools/preflight/needs/needs';
import { unusedOf } from '../../../tools/preflight/needs/unused';
import { type Changes, example } from '../example';
import { commandsOfLines } from './commands';

/** `ACTION without` of each need that a command has, in order. */
function needsOfLines(...lines: readonly string[]): string[] {
  const model = example();
  const [build] = model.builds;
  if (!build) throw new Error('the example has a build');
  return needsOf({ ...build, commands: commandsOfLines(...lines) }, model)
    .filter(({ place }) => place.file === 'buildspec.yml' && place.line > 3)
    .filter(({ by }) => !by.startsWith('the ') && !by.startsWith('variables '))
    .map(({ action, without }) => `${action} ${without}`);
}

function settings(changes: Changes): string[] {
  const model = example(changes);
  const [build] = model.builds;
  return build
    ? [...new Set(needsOf(build, model).map(({ action, without }) => `${action} ${without}`))]
    : [];
}

describe('what a command needs, and what happens without', () => {
  test('a call that must succeed fails the build', () => {
    expect(needsOfLines('aws ecs list-clusters')).toEqual(['ecs:ListClusters missing']);
  });

  test.each([
    'aws ecs list-clusters || true',
    'if aws ecs list-clusters; then echo yes; fi',
    'aws ecs list-clusters | grep app',
    'test -f x && aws ecs list-clusters || echo none',
  ])('one that may not run, or may fail, does not for certain: %s', (line) => {
    expect(needsOfLines(line)).toEqual(['ecs:ListClusters harmed']);
  });

  test('a login that is piped into Docker does: Docker fails then', () => {
    expect(
      needsOfLines('aws ecr get-login-password | docker login --username AWS --password-stdin r'),
    ).toEqual(['ecr:GetAuthorizationToken missing']);
  });

  test('a push to ECR needs the layers and the image; one to another registry nothing', () => {
    const needs = needsOfLines('docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1');
    expect(needs).toContain('ecr:PutImage missing');
    expect(needs).toContain('ecr:UploadLayerPart missing');
    expect(
      needsOfLines('docker push ghcr.io/example/app:1').filter((need) => !need.endsWith('unsure')),
    ).toEqual([]);
  });

  test('a build that pushes what it makes is a push', () => {
    const uri = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1';
    expect(needsOfLines(`docker buildx build --push -t ${uri} .`)).toContain('ecr:PutImage missing');
    expect(needsOfLines(`docker build -t ${uri} .`)).toEqual([]);
  });
});

describe('commands with other credentials say nothing of the role of the project', () => {
  test.each([
    ['aws --profile prod ecs list-clusters'],
    ['aws ecs list-clusters --endpoint-url http://localhost:4566'],
    ['AWS_PROFILE=prod aws ecs list-clusters'],
    ['export AWS_ACCESS_KEY_ID=$(jq -r .Id x.json)', 'aws ecs list-clusters'],
    ['aws configure set role_arn arn:aws:iam::1:role/x --profile default', 'aws ecs list-clusters'],
    ['eval $(assume-role prod)', 'aws ecs list-clusters'],
  ])('%s', (...lines) => {
    expect(needsOfLines(...lines).at(-1)).toBe('ecs:ListClusters unsure');
  });

  test.each([
    ['aws configure set region eu-west-1', 'aws ecs list-clusters'],
    ['export AWS_REGION=eu-west-1', 'aws ecs list-clusters'],
    ['aws sts get-caller-identity', 'aws ecs list-clusters'],
    ['(export AWS_ACCESS_KEY_ID=x; aws s3 ls)', 'aws ecs list-clusters'],
  ])('but %s changes nothing', (...lines) => {
    expect(needsOfLines(...lines).at(-1)).toBe('ecs:ListClusters missing');
  });

  test('a key in the variables of the project is for the whole build', () => {
    const key = { Name: 'AWS_ACCESS_KEY_ID', Type: 'SECRETS_MANAGER', Value: 'deployer:id' };
    const model = example({ project: { Environment: { EnvironmentVariables: [key] } } });
    const login = model.builds
      .flatMap((build) => needsOf(build, model))
      .filter(({ action }) => /Token$/.test(action));
    expect(login.filter(({ by }) => by.startsWith('aws')).map(({ without }) => without)).toEqual(['unsure']);
  });
});

describe('what CodeBuild needs for the settings of a project', () => {
  test('a log, unless it is switched off', () => {
    expect(settings({})).toContain('logs:CreateLogStream missing');
    expect(
      settings({ project: { LogsConfig: { CloudWatchLogs: { Status: 'DISABLED' } } } }).join(),
    ).not.toContain('logs:');
  });

  test('a network interface, where it builds in a VPC', () => {
    expect(settings({}).join()).not.toContain('ec2:');
    expect(settings({ project: { VpcConfig: { VpcId: 'vpc-1' } } })).toContain(
      'ec2:CreateNetworkInterfacePermission missing',
    );
  });

  test('its image, where its own role pulls it', () => {
    const Image = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/builder:1';
    const pulled = (ImagePullCredentialsType: string): string[] =>
      settings({
        buildspec: 'version: 0.2\nphases:\n  build:\n    commands: [make]\n',
        project: { Environment: { Image, ImagePullCredentialsType } },
      });
    expect(pulled('SERVICE_ROLE')).toContain('ecr:BatchGetImage missing');
    expect(pulled('CODEBUILD').join()).not.toContain('ecr:');
  });

  test('its cache in S3, without which it only starts anew', () => {
    expect(settings({ project: { Cache: { Type: 'S3', Location: 'caches/app' } } })).toContain(
      's3:GetObject harmed',
    );
  });
});

describe('what nothing needs', () => {
  const unused = (changes: Changes): string[] => {
    const model = example(changes);
    return model.builds.flatMap((build) =>
      build.project ? unusedOf(build.project, needsOf(build, model)).flatMap(({ actions }) => actions) : [],
    );
  };

  test('of the example, there is nothing', () => {
    expect(unused({})).toEqual([]);
  });

  test('a permission that is left over is listed as it is written', () => {
    const Statement = [
      { Effect: 'Allow', Action: ['dynamodb:*', 'ecr:GetAuthorizationToken'], Resource: '*' },
    ];
    const extra = { PolicyName: 'extra', Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement } };
    expect(unused({ resources: { Extra: { Type: 'AWS::IAM::Policy', Properties: extra } } })).toEqual([
      'dynamodb:*',
    ]);
  });
});
