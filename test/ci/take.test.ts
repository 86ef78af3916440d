import { errors, ScratchBuild } from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

function take(env: Record<string, string>): ReturnType<ScratchBuild['run']> {
  return build.run('take.sh', env);
}

test('what an earlier step left is there as if this build had made it', async () => {
  await build.file('the input/images.tsv', 'backend\n');
  await build.file('the input/cdk/cdk.out/manifest.json', '{}');

  const { code } = await take({
    INPUT_ARTIFACT: 'Changes1',
    CODEBUILD_SRC_DIR_Built: '/another',
    CODEBUILD_SRC_DIR_Changes1: `${build.root}/the input`,
  });

  expect(code).toBe(0);
  expect(await build.read('.artifacts/images.tsv')).toBe('backend\n');
  expect(await build.read('.artifacts/cdk/cdk.out/manifest.json')).toBe('{}');
});

test('a build that somebody started by hand deploys nothing', async () => {
  const outcome = await take({ INPUT_ARTIFACT: 'Built' });

  expect(outcome.code).not.toBe(0);
  expect(errors(outcome)).toEqual([
    'ERROR: this build has no input Built: only the release pipeline starts it',
  ]);
});

test('an input that names no images is no release', async () => {
  await build.file('input/images.tsv', '');

  const outcome = await take({
    INPUT_ARTIFACT: 'Built',
    CODEBUILD_SRC_DIR_Built: `${build.root}/input`,
  });

  expect(outcome.code).not.toBe(0);
  expect(errors(outcome)).toEqual(['ERROR: Built has no images.tsv: nothing says which images to deploy']);
});
