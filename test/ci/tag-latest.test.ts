import {
  type Answer,
  BACKEND_DIGEST,
  callsOf,
  errors,
  FRONTEND_DIGEST,
  option,
  ScratchBuild,
} from './scratch-build';

// As registries store it: the digest is of these very bytes, with no line feed at the end.
const MANIFEST = '{\n   "schemaVersion": 2,\n   "note": "a $(word) and a \\"quote\\", 100% \\\\n"\n}';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
});
afterEach(() => build.remove());

const manifests: Answer = { to: 'ecr batch-get-image *', stdout: `${BACKEND_DIGEST}\t${MANIFEST}\n` };

/** Keeps each manifest that is put, beside the checkout, under the name of its file. */
function puts(answer: Partial<Answer> = {}): Answer {
  return {
    to: 'ecr put-image *',
    does: 'for word in "$@"; do case $word in file://*) cp "${word#file://}" "$HOME" ;; esac; done',
    stdout: 'sha256:x\n',
    ...answer,
  };
}

test('latest moves to the digests that run, in each repository', async () => {
  await build.answers('aws', [manifests, puts()]);

  const outcome = await build.run('tag-latest.sh');

  expect(outcome.code).toBe(0);
  expect(
    callsOf(outcome, 'aws ecr batch-get-image')
      .map((call) => [option(call, '--repository-name'), option(call, '--image-ids')])
      .sort(),
  ).toEqual([
    ['mangoo-backend', `imageDigest=${BACKEND_DIGEST}`],
    ['mangoo-frontend', `imageDigest=${FRONTEND_DIGEST}`],
  ]);
  expect(
    callsOf(outcome, 'aws ecr put-image')
      .map((call) => [option(call, '--repository-name'), option(call, '--image-tag')])
      .sort(),
  ).toEqual([
    ['mangoo-backend', 'latest'],
    ['mangoo-frontend', 'latest'],
  ]);
  expect(callsOf(outcome, 'docker')).toEqual([]);
});

test('the manifest that an earlier step has read is put: nobody is asked for it again', async () => {
  for (const name of ['backend', 'frontend']) await build.file(`.artifacts/manifests/${name}.json`, MANIFEST);
  await build.answers('aws', [puts()]);

  const outcome = await build.run('tag-latest.sh');

  expect(outcome.code).toBe(0);
  expect([await build.read('../backend.json'), await build.read('../frontend.json')]).toEqual([
    MANIFEST,
    MANIFEST,
  ]);
});

test('an environment moves its own tag, not that of another one whose images are in the same repositories', async () => {
  await build.answers('aws', [manifests, puts()]);

  const outcome = await build.run('tag-latest.sh', { DEPLOYED_TAG: 'latest-dev' });

  expect(callsOf(outcome, 'aws ecr put-image').map((call) => option(call, '--image-tag'))).toEqual([
    'latest-dev',
    'latest-dev',
  ]);
});

test('the manifest is put byte for byte: one byte more, and latest would be another image than the one that runs', async () => {
  await build.answers('aws', [manifests, puts()]);

  await build.run('tag-latest.sh');

  expect([await build.read('../backend.json'), await build.read('../frontend.json')]).toEqual([
    MANIFEST,
    MANIFEST,
  ]);
});

test('latest that is right already is no error, and the other repository still gets its own', async () => {
  await build.answers('aws', [
    manifests,
    puts({
      times: 1,
      stderr: 'An error occurred (ImageAlreadyExistsException) when calling the PutImage operation\n',
      exit: 254,
    }),
    puts(),
  ]);

  const outcome = await build.run('tag-latest.sh');

  expect(outcome.code).toBe(0);
  expect(callsOf(outcome, 'aws ecr put-image')).toHaveLength(2);
  expect(outcome.stderr).not.toContain('ImageAlreadyExists');
});

test.each([
  ['AccessDeniedException', (error: string): string => error],
  [
    'ImageTagAlreadyExistsException',
    (): string =>
      "mangoo-backend:latest cannot be moved: deploy the pipeline's stack, whose repositories except it from immutability",
  ],
])('%s fails the build, and says why', async (name, told) => {
  const stderr = `An error occurred (${name}) when calling the PutImage operation`;
  await build.answers('aws', [
    manifests,
    { ...puts({ stderr: `${stderr}\n`, exit: 254 }), to: 'ecr put-image --repository-name mangoo-backend *' },
    puts(),
  ]);

  const outcome = await build.run('tag-latest.sh');

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual([`ERROR: ${told(stderr)}`]);
});

test('a manifest that cannot be read is not put', async () => {
  await build.answers('aws', [{ to: 'ecr batch-get-image *', stderr: 'ServerException\n', exit: 254 }]);

  const outcome = await build.run('tag-latest.sh');

  expect(outcome.code).not.toBe(0);
  expect(callsOf(outcome, 'aws ecr put-image')).toEqual([]);
});
