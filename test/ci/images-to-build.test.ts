import {
  type Answer,
  BACKEND_DIGEST,
  COMMIT,
  errors,
  FRONTEND_DIGEST,
  type Outcome,
  ScratchBuild,
  tagIs,
} from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

/** With a registry that has these images, as "REPOSITORY:TAG": digest. */
async function run(
  tag: string,
  images: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const answers: Answer[] = Object.entries(images).map(([image, digest]) => {
    const [repository = '', its = ''] = image.split(':');
    return tagIs(repository, its, digest);
  });
  await build.answers('aws', [...answers, { to: 'ecr batch-get-image *', stdout: 'None\n' }]);
  return build.run('images-to-build.sh', { IMAGE_TAG: tag, ...env });
}

test('of a new commit, all images are built', async () => {
  expect(await run(COMMIT, {})).toMatchObject({
    code: 0,
    stdout: 'backend frontend\n',
    stderr: `==> to build under ${COMMIT}: backend frontend\n`,
  });
});

test('of a commit that was built before, none is: a rollback deploys what was tested', async () => {
  const outcome = await run(COMMIT, {
    [`mangoo-backend:${COMMIT}`]: BACKEND_DIGEST,
    [`mangoo-frontend:${COMMIT}`]: FRONTEND_DIGEST,
  });

  expect(outcome).toMatchObject({ code: 0, stdout: '\n' });
  expect(outcome.stderr).toBe(
    `==> all images of ${COMMIT} are in the registry: they are deployed, nothing is built\n`,
  );
});

test('a build that was interrupted between two pushes goes on with the rest', async () => {
  expect(await run(COMMIT, { [`mangoo-backend:${COMMIT}`]: BACKEND_DIGEST })).toMatchObject({
    code: 0,
    stdout: 'frontend\n',
  });
});

test('under a tag of its own too, where the images that exist are of this commit', async () => {
  const outcome = await run('v1', {
    'mangoo-backend:v1': BACKEND_DIGEST,
    [`mangoo-backend:${COMMIT}`]: BACKEND_DIGEST,
  });

  expect(outcome).toMatchObject({ code: 0, stdout: 'frontend\n' });
});

test.each([
  ['has images of both', { [`mangoo-backend:${COMMIT}`]: FRONTEND_DIGEST }],
  ['is not in the registry', {}],
])('no release is mixed of two commits: the one checked out %s', async (_, images) => {
  const outcome = await run('v1', { 'mangoo-backend:v1': BACKEND_DIGEST, ...images });

  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(errors(outcome)).toEqual([
    'ERROR: IMAGE_TAG v1: backend exists from another commit, frontend does not exist; take a new tag, or check out the commit of backend',
  ]);
});

test('a complete release of another commit is deployed: whoever rolls back stands on main', async () => {
  expect(
    await run('v1', { 'mangoo-backend:v1': BACKEND_DIGEST, 'mangoo-frontend:v1': FRONTEND_DIGEST }),
  ).toMatchObject({ code: 0, stdout: '\n' });
});

describe('latest', () => {
  test.each(['latest', 'latest-dev'])(
    'nothing is built under %s: it tells what runs, and could be moved to another image',
    async (tag) => {
      const outcome = await run(tag, {});

      expect(outcome).toMatchObject({ code: 1, stdout: '' });
      expect(errors(outcome)).toEqual([
        `ERROR: IMAGE_TAG ${tag}: backend frontend has no such image, and ${tag} is only given to what runs; take another tag`,
      ]);
    },
  );

  test('what it names can be deployed again', async () => {
    expect(
      await run('latest', {
        'mangoo-backend:latest': BACKEND_DIGEST,
        'mangoo-frontend:latest': FRONTEND_DIGEST,
      }),
    ).toMatchObject({ code: 0, stdout: '\n' });
  });
});

test('a registry that does not answer ends the build: silence is no missing image', async () => {
  await build.answers('aws', [{ to: '*', stderr: 'An error occurred (ServerException)\n', exit: 254 }]);

  const outcome = await build.run('images-to-build.sh', { IMAGE_TAG: COMMIT });

  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout).toBe('');
  expect(outcome.stderr).toContain('ServerException');
});

test('without IMAGES the build ends instead of deploying nothing', async () => {
  await build.answers('aws', []);

  const outcome = await build.run('images-to-build.sh', { IMAGE_TAG: COMMIT, IMAGES: undefined });

  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('IMAGES');
});

describe('a rollback', () => {
  test('builds nothing where all images are there', async () => {
    const images = {
      [`mangoo-backend:${COMMIT}`]: BACKEND_DIGEST,
      [`mangoo-frontend:${COMMIT}`]: FRONTEND_DIGEST,
    };

    expect(await run(COMMIT, images, { ROLLBACK: '1' })).toMatchObject({ code: 0, stdout: '\n' });
  });

  test('ends before anything where one is gone: what would be built anew was never released', async () => {
    const images = { [`mangoo-backend:${COMMIT}`]: BACKEND_DIGEST };

    const outcome = await run(COMMIT, images, { ROLLBACK: '1' });

    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toBe('');
    expect(errors(outcome)).toEqual([
      `ERROR: ROLLBACK: the registry has no image ${COMMIT} of frontend, and a rollback builds nothing; go back to another release, or start a build of this commit without ROLLBACK`,
    ]);
  });
});
