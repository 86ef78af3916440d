import { callsOf, REGISTRY, ScratchBuild } from './scratch-build';

const PASSWORD = 'eyJwYXlsb2FkIjoi+/=';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

test('the password is seen by docker alone: neither a process list nor the log has it', async () => {
  await build.answers('aws', [{ to: 'ecr get-login-password', stdout: `${PASSWORD}\n` }]);
  await build.answers('docker', [{ to: 'login *', reads: true, stdout: 'Login Succeeded\n' }]);

  const outcome = await build.run('login.sh');

  expect(outcome.code).toBe(0);
  const [login] = callsOf(outcome, 'docker login');
  expect(login?.stdin).toBe(`${PASSWORD}\n`);
  expect(login?.args).toEqual(['login', '--username', 'AWS', '--password-stdin', REGISTRY]);
  expect(outcome.calls.flatMap(({ args }) => args).join(' ')).not.toContain(PASSWORD);
  expect(outcome.stdout + outcome.stderr).not.toContain(PASSWORD);
});

test('a build that pushes nothing does not ask', async () => {
  const outcome = await build.run('login.sh', { IMAGES_TO_BUILD: '' });

  expect(outcome.code).toBe(0);
  expect(outcome.calls).toEqual([]);
});

test('in China the registry has another domain', async () => {
  await build.answers('aws', [{ to: 'ecr get-login-password' }]);
  await build.answers('docker', [{ to: 'login *', reads: true }]);

  const outcome = await build.run('login.sh', {
    CODEBUILD_BUILD_ARN: 'arn:aws-cn:codebuild:cn-north-1:123456789012:build/mangoo-build-deploy:5e1f',
  });

  expect(callsOf(outcome, 'docker login')[0]?.args).toContain(
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  );
});

test.each(['aws', 'docker'])('the build ends where %s fails', async (program) => {
  await build.answers('aws', [{ to: 'ecr get-login-password', exit: program === 'aws' ? 254 : 0 }]);
  await build.answers('docker', [{ to: 'login *', reads: true, exit: program === 'docker' ? 1 : 0 }]);

  expect((await build.run('login.sh')).code).not.toBe(0);
});

test('a login that the network broke off is tried again, with the password anew', async () => {
  await build.answers('aws', [{ to: 'ecr get-login-password', stdout: `${PASSWORD}\n` }]);
  await build.answers('docker', [
    {
      to: 'login *',
      reads: true,
      stderr: 'Error response from daemon: Get "https://r.example/v2/": EOF\n',
      exit: 1,
      times: 1,
    },
    { to: 'login *', reads: true },
  ]);

  const outcome = await build.run('login.sh', { RETRY_SECONDS: '0' });

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'docker login').map(({ stdin }) => stdin)).toEqual([
    `${PASSWORD}\n`,
    `${PASSWORD}\n`,
  ]);
  expect(outcome.stdout + outcome.stderr).not.toContain(PASSWORD);
});

test('one that was refused is not', async () => {
  await build.answers('aws', [{ to: 'ecr get-login-password' }]);
  await build.answers('docker', [
    { to: 'login *', reads: true, stderr: 'Error: 401 Unauthorized\n', exit: 1 },
  ]);

  const outcome = await build.run('login.sh', { RETRY_SECONDS: '0' });

  expect([outcome.code, callsOf(outcome, 'docker login').length]).toEqual([1, 1]);
});

test('the AWS CLI is told to try again itself, by rules that are the same in every version of it', async () => {
  await build.answers('aws', [
    { to: 'ecr get-login-password', does: 'echo "$AWS_RETRY_MODE $AWS_MAX_ATTEMPTS" >"$HOME/told"' },
  ]);
  await build.answers('docker', [{ to: 'login *', reads: true }]);

  await build.run('login.sh');

  expect(await build.read('../told')).toBe('standard 6\n');
});
