import { noDockerDaemon } from '../../../tools/preflight/rules/no-docker-daemon';
import { example, said } from '../example';

const project = (environment: object = {}): Record<string, unknown> => ({
  Environment: { PrivilegedMode: false, ...environment },
});
const spec = (...commands: readonly string[]): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n${commands.map((command) => `      - ${command}\n`).join('')}`;

test.each(['docker build .', 'docker buildx build --push .', 'docker compose up -d', 'docker-compose build'])(
  '%s without privileged mode is told, because there is no daemon to do it',
  (command) => {
    expect(said(noDockerDaemon, { project: project(), buildspec: spec(command) })).toEqual([
      expect.stringMatching(
        /^error buildspec\.yml:5 .* needs Docker, and app-build \(buildspec\.yml\) is not privileged$/,
      ),
    ]);
  },
);

test('of many uses, the first is told', () => {
  expect(said(noDockerDaemon, { project: { ...project() } })).toEqual([
    expect.stringMatching(/^error buildspec\.yml:29 docker build/),
  ]);
});

test('what may not run is a warning', () => {
  expect(said(noDockerDaemon, { project: project(), buildspec: spec('docker pull x || true') })).toEqual([
    expect.stringMatching(/^warning /),
  ]);
});

test("AWS's old images for Docker had a daemon without it, so that an old project is no error", () => {
  const changes = { project: project({ Image: 'aws/codebuild/docker:17.09.0' }) };
  expect(said(noDockerDaemon, { ...changes, buildspec: spec('docker build .') })).toEqual([
    expect.stringMatching(/^warning /),
  ]);
  expect([...noDockerDaemon.check(example(changes))][0]?.awsError).toContain('PrivilegedMode has to be set');
});

test('Lambda has no Docker, privileged or not', () => {
  const environment = { Type: 'LINUX_LAMBDA_CONTAINER', PrivilegedMode: false };
  expect(said(noDockerDaemon, { project: project(environment), buildspec: spec('docker build .') })).toEqual([
    expect.stringContaining('builds on LINUX_LAMBDA_CONTAINER, which has none'),
  ]);
});

test.each<[string, Record<string, unknown>, string]>([
  ['in privileged mode', { PrivilegedMode: true }, 'docker build .'],
  [
    'that only logs in or asks for a version',
    {},
    'docker login --username AWS --password-stdin x && docker --version',
  ],
  ['with a Docker server', { DockerServer: { ComputeType: 'BUILD_GENERAL1_SMALL' } }, 'docker build .'],
  [
    'with a daemon elsewhere',
    { EnvironmentVariables: [{ Name: 'DOCKER_HOST', Value: 'tcp://x' }] },
    'docker build .',
  ],
  ['on Windows', { Type: 'WINDOWS_SERVER_2019_CONTAINER' }, 'docker build .'],
  ['that builds without Docker', {}, 'npm test'],
])('nothing is said of a build %s', (_what, environment, command) => {
  expect(said(noDockerDaemon, { project: project(environment), buildspec: spec(command) })).toEqual([]);
});
