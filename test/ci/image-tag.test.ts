import { COMMIT, errors, ScratchBuild } from './scratch-build';

let build: ScratchBuild;
beforeAll(async () => {
  build = await ScratchBuild.create();
});
afterAll(() => build.remove());

test.each([undefined, ''])('with IMAGE_TAG=%j images are tagged by the commit', async (tag) => {
  expect(await build.run('image-tag.sh', { IMAGE_TAG: tag })).toMatchObject({
    code: 0,
    stdout: `${COMMIT}\n`,
  });
});

test.each(['v1.2.3', 'latest', '_x', '9', 'a'.repeat(128)])('the tag %s is taken as given', async (tag) => {
  const { code, stdout, stderr } = await build.run('image-tag.sh', { IMAGE_TAG: tag });

  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${tag}\n`, stderr: '' });
});

test.each(['v1 2', '.v1', '-v1', 'v1/2', 'v1:2', '$(id)', 'v1;id', 'v1\nv2', 'é', 'a'.repeat(129)])(
  'the tag %j, which a registry refuses, ends the build before anything is built',
  async (tag) => {
    const outcome = await build.run('image-tag.sh', { IMAGE_TAG: tag });

    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe(
      `ERROR: IMAGE_TAG: expected a tag of letters, digits, _ . and -, got '${tag}'\n`,
    );
    expect(errors(outcome)).toHaveLength(1);
  },
);
