import { errors, type Outcome, ScratchBuild } from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('.artifacts/cdk-outputs.json', '{"MangooStack":{"Url":"http://x.example/?a=$(b)"}}');
});
afterEach(() => build.remove());

function smoke(SMOKE_TEST: string | undefined, more: Record<string, string> = {}): Promise<Outcome> {
  return build.run('smoke-test.sh', { SMOKE_TEST, SMOKE_TEST_POLL_SECONDS: '0', ...more });
}

test.each([undefined, ''])('with SMOKE_TEST=%j nothing is run', async (command) => {
  const { code, stderr } = await smoke(command);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('it runs in the root, and knows where the application is, whatever an address has in it', async () => {
  const { code } = await smoke(
    'printf "%s\\n" "$OUTPUT_Url" >seen && node -p "require(process.env.CDK_OUTPUTS).MangooStack.Url" >>seen',
  );

  expect(code).toBe(0);
  expect(await build.read('seen')).toBe('http://x.example/?a=$(b)\nhttp://x.example/?a=$(b)\n');
});

test('an application that needs a moment is not called unwell', async () => {
  const { code, stderr } = await smoke('echo >>attempts; [[ $(wc -l <attempts) == 3 ]]');

  expect(code).toBe(0);
  expect(stderr).toContain('==> smoke test, attempt 3\n');
});

test('one that stays unwell fails the build, which says what is live and how to go back', async () => {
  const outcome = await smoke('echo >>attempts; echo "HTTP 500"; exit 22');

  expect(outcome.code).toBe(1);
  expect(await build.read('attempts')).toBe('\n\n\n');
  expect(outcome.stderr).toContain('HTTP 500');
  expect(errors(outcome)).toEqual([
    'ERROR: the smoke test ended with 22: release 7 is live and not well, and is not recorded as a release. Go back by npm run rollback, or push what mends it',
  ]);
});

test('one that hangs is ended, and not waited for until the timeout of the build', async () => {
  const outcome = await smoke('sleep 600', { SMOKE_TEST_SECONDS: '0.2' });

  expect(errors(outcome)[0]).toContain('the smoke test took more than 0.2 s: release 7 is live');
});
