import { BACKEND_DIGEST, FRONTEND_DIGEST, REGISTRY, ScratchBuild } from './scratch-build';

let build: ScratchBuild;
beforeAll(async () => {
  build = await ScratchBuild.create();
  await build.images();
});
afterAll(() => build.remove());

test('a pipeline that follows gets the image by digest, which no later push can change', async () => {
  const { code, stdout, stderr } = await build.run('image-uri.sh', {}, ['backend']);

  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: `${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}\n`,
    stderr: '',
  });
});

test.each(['end', 'mangoo-backend', '.*', 'worker'])(
  "%s, no image of this build, is empty: the guide's two names are exported, whatever the images are called",
  async (name) => {
    expect(await build.run('image-uri.sh', {}, [name])).toMatchObject({ code: 0, stdout: '' });
  },
);

test('all of them are exported in one variable, whatever their number', async () => {
  expect((await build.run('image-uri.sh')).stdout).toBe(
    `backend=${REGISTRY}/mangoo-backend@${BACKEND_DIGEST} frontend=${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}\n`,
  );
});

test('without a push there is no URI', async () => {
  const before = await ScratchBuild.create();
  try {
    expect((await before.run('image-uri.sh', {}, ['backend'])).code).not.toBe(0);
  } finally {
    await before.remove();
  }
});
