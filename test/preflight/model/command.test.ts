import { cdkCall, selects } from '../../../tools/preflight/model/cdk-call';
import { option, options, positionals } from '../../../tools/preflight/model/command';
import { pushedBy, releaseOf } from '../../../tools/preflight/model/release';
import { command } from './tree';

describe('the words of a command', () => {
  test('an option has the value after it, or after its =, and the last one counts', () => {
    const call = command(
      'aws ecr describe-images --repository-name a --region=eu --region us --no-paginate x',
    );

    expect(option(call, '--repository-name')).toBe('a');
    expect(option(call, '--region')).toBe('us');
    expect(option(call, '--no-paginate')).toBe(true);
    expect(option(call, '--profile')).toBeUndefined();
  });

  test('an option may have several names, and be repeated', () => {
    expect(options(command('docker build -t a --tag b --tag=c -f x .'), '-t', '--tag')).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('what follows -- belongs to somebody else', () => {
    expect(option(command('npm run x -- --prefix y'), '--prefix')).toBeUndefined();
  });

  test.each([
    ['aws s3 cp a s3://b --recursive --quiet c', ['s3', 'cp', 'a', 's3://b', 'c']],
    ['aws --region eu ecs update-service --force-new-deployment --service s', ['ecs', 'update-service']],
    ['docker build --pull -t a --no-cache .', ['build', '.']],
    ['docker push --all-tags a', ['push', 'a']],
    ['cdk deploy --require-approval never --ci A B --all', ['deploy', 'A', 'B']],
    ['npm --prefix app run build', ['run', 'build']],
    ['apt-get -o a=b install -y jq', ['install', 'jq']],
    ['toString --x y', ['y']],
  ])('%s', (text, words) => {
    expect(positionals(command(text))).toEqual(words);
  });
});

describe('what a call of the CDK deploys', () => {
  test.each([
    ['cdk deploy A --exclusively', { action: 'deploy', stacks: ['A'], all: false, exclusively: true }],
    ['cdk deploy --all --app cdk.out', { action: 'deploy', stacks: [], all: true, app: 'cdk.out' }],
    ['cdk --app x synthesize', { action: 'synth', app: 'x' }],
  ])('%s', (text, call) => {
    expect(cdkCall(command(text))).toMatchObject(call);
  });

  test.each([
    ['cdk deploy --all', 'A', 2, true],
    ['cdk deploy', 'A', 1, true],
    ['cdk deploy', 'A', 2, false],
    ['cdk deploy A', 'A', 2, true],
    ['cdk deploy B', 'A', 2, false],
    ['cdk deploy Prod*Stack', 'ProdApiStack', 2, true],
    ['cdk deploy Prod*', 'DevApi', 2, false],
    ['cdk deploy $STACK', 'A', 2, undefined],
  ])('%s and %s of %d: %s', (text, stack, among, expected) => {
    expect(selects(cdkCall(command(text))!, stack, among)).toBe(expected);
  });
});

describe('what leaves the build', () => {
  test.each([
    ['docker push a:1', ['a:1']],
    ['docker image push a', ['a']],
    ['docker buildx build --push -t a -t b .', ['a', 'b']],
    ['docker build -t a .', undefined],
    ['docker compose build', undefined],
    ['git push', undefined],
  ])('%s pushes %j', (text, images) => {
    expect(pushedBy(command(text))).toEqual(images);
  });

  test.each([
    ['cdk deploy', 'deploy'],
    ['aws ecs update-service --cluster c --service s', 'deploy'],
    ['aws cloudformation deploy --stack-name a', 'deploy'],
    ['aws s3 sync dist s3://b --delete', 'deploy'],
    ['aws s3 cp s3://b/x .', undefined],
    ['aws ecs describe-services', undefined],
    ['cdk synth', undefined],
    ['cdk diff', undefined],
    ['terraform plan', undefined],
    ['docker push x', 'push'],
  ])('%s: %s', (text, kind) => {
    expect(releaseOf(command(text))?.kind).toBe(kind);
  });
});
