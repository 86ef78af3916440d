import { BACKEND_DIGEST, COMMIT, FRONTEND_DIGEST, REGISTRY, ScratchBuild } from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  build.commit("It's 100% done");
  await build.images();
  await build.file('.artifacts/services.tsv', `mangoo-backend-service\t${BACKEND_DIGEST}\trolled\n`);
  await build.file(
    '.artifacts/cdk-outputs.json',
    JSON.stringify({ MangooStack: { Url: 'http://x.example', Vpc: 'vpc-1' } }),
  );
});
afterEach(() => build.remove());

test('the end of the log says what runs where, from which commit, and where to look', async () => {
  const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'Deployed v1 of https://github.com/jhonmezaa/mangoo to prod',
    `  commit   ${COMMIT}  Ada: It's 100% done`,
    '  build    https://console.example/build',
    `  image    backend  ${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}  pushed`,
    `  image    frontend  ${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}  found`,
    `  service  mangoo-backend-service  ${BACKEND_DIGEST}  rolled`,
    '  output   MangooStack.Url = http://x.example',
    '  output   MangooStack.Vpc = vpc-1',
    '',
  ]);
});

test('whoever has no access to the log finds it among the artifacts', async () => {
  const { stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect(await build.read('.artifacts/summary.txt')).toBe(stdout);
});

test('a stack without outputs is no error', async () => {
  await build.file('.artifacts/cdk-outputs.json', '{}');

  const { code, stdout } = await build.run('summary.sh', { IMAGE_TAG: 'v1' });

  expect({ code, outputs: stdout.includes('output') }).toEqual({ code: 0, outputs: false });
});

test('a summary that cannot be told is no silent success', async () => {
  await build.file('.artifacts/cdk-outputs.json', '{');

  expect((await build.run('summary.sh', { IMAGE_TAG: 'v1' })).code).not.toBe(0);
});
