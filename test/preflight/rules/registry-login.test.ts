import { registryLogin } from '../../../tools/preflight/rules/registry-login';
import { said } from '../example';
import { building } from './changes';

const HERE = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const THERE = '111122223333.dkr.ecr.us-east-1.amazonaws.com';
const files = { 'ci/login.sh': 'true\n', 'ci/push.sh': 'true\n' };
const of = (...commands: string[]): string[] => said(registryLogin, { ...building(...commands), files });
const login = (region: string, registry: string): string =>
  `aws ecr get-login-password${region} | docker login --username AWS --password-stdin ${registry}`;

test('of one registry for token, login and push, nothing is said', () => {
  expect(said(registryLogin)).toEqual([]);
  expect(of(login(' --region eu-west-1', HERE), `docker push ${HERE}/app:1`)).toEqual([]);
});

test('the command of version 1 of the AWS CLI, which old instructions have, is refused: the images have version 2', () => {
  const message =
    "error buildspec.yml:27 aws ecr get-login is version 1's of the AWS CLI; CodeBuild's images have version 2";

  expect(of('$(aws ecr get-login --no-include-email --region $AWS_REGION)')).toEqual([message]);
  expect(of('eval "$(aws ecr get-login --no-include-email)"')).toEqual([message]);
  // Who asks for the version before may mean both.
  expect(of('if [ "$V" = 1 ]; then $(aws ecr get-login); fi')).toEqual([expect.stringMatching(/^warning /)]);
});

describe('a token of one region does not open the registry of another', () => {
  test.each([
    ['the option', login(' --region us-east-1', HERE), 'the token is of us-east-1'],
    ["the build's region", login('', THERE), 'the token is of eu-west-1'],
    ['a variable', `AWS_REGION=us-east-2 ${login('', HERE)}`, 'the token is of us-east-2'],
  ])('by %s', (_, command, message) => {
    expect(of(command)).toEqual([expect.stringContaining(`error buildspec.yml:27 ${message}, the registry`)]);
  });

  test('which one, only the shell may know', () => {
    expect(of(login(' --region $TARGET', HERE))).toEqual([]);
    expect(of(login('', '$REGISTRY'))).toEqual([]);
    expect(of(login(' --region us-east-1', '111122223333.dkr.ecr.$TARGET.amazonaws.com'))).toEqual([]);
  });
});

describe('a push to a registry that nothing logs in to is refused', () => {
  test('by name', () => {
    expect(of(login('', HERE), `docker push ${THERE}/app:1`)).toEqual([
      `error buildspec.yml:28 nothing logs in to ${THERE}, to which this pushes; docker login is for ${HERE}`,
    ]);
    expect(of(login('', HERE), `docker buildx build --push -t ${THERE}/app:1 .`)).toHaveLength(1);
  });

  test.each([
    [
      'it is logged in to as well',
      [login('', HERE), login(' --region us-east-1', THERE), `docker push ${THERE}/app:1`],
    ],
    ['one login is not known', [login('', HERE), login('', '$OTHER'), `docker push ${THERE}/app:1`]],
    ['nothing logs in: a helper may', [`docker push ${THERE}/app:1`]],
    [
      'a helper does',
      [
        login('', HERE),
        `echo '{"credsStore":"ecr-login"}' > ~/.docker/config.json`,
        `docker push ${THERE}/app:1`,
      ],
    ],
    ['the registry is no one of ECR', [login('', HERE), 'docker push ghcr.io/example/app:1']],
  ])('unless %s', (_, commands) => {
    expect(of(...commands)).toEqual([]);
  });
});
