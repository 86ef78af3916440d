import { BACKEND_DIGEST, errors, REGISTRY, ScratchBuild } from './scratch-build';

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
  '%s, no image of this build, is no empty URI',
  async (name) => {
    const outcome = await build.run('image-uri.sh', { IMAGES: 'backend,b,r,s' }, [name]);

    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(errors(outcome)).toEqual([`ERROR: there is no image named '${name}' among IMAGES: backend,b,r,s`]);
  },
);

test('without a push there is no URI', async () => {
  const before = await ScratchBuild.create();
  try {
    expect((await before.run('image-uri.sh', {}, ['backend'])).code).not.toBe(0);
  } finally {
    await before.remove();
  }
});
