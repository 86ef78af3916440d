import {
  type Answer,
  BACKEND_DIGEST,
  callsOf,
  COMMIT,
  errors,
  FRONTEND_DIGEST,
  REGISTRY,
  ScratchBuild,
  structured,
  tagIs,
} from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

const pushed: Answer[] = [{ to: 'push *' }, { to: 'tag *' }];
const env = { IMAGE_TAG: COMMIT, IMAGES_TO_BUILD: 'backend frontend' };

const MANIFEST = JSON.stringify(
  { schemaVersion: 2, config: { size: 400_000 }, layers: [{ size: 150_000_000 }, { size: 33_000_000 }] },
  null,
  3,
);

function there(tag: string, manifest = MANIFEST): Answer[] {
  return (
    [
      ['mangoo-backend', BACKEND_DIGEST],
      ['mangoo-frontend', FRONTEND_DIGEST],
    ] as const
  ).flatMap(([repository, digest]) => [
    {
      to: `ecr batch-get-image --repository-name ${repository} --image-ids imageTag=${tag} *imageManifest*`,
      stdout: `${digest}\t${manifest}\n`,
    },
    tagIs(repository, tag, digest),
  ]);
}

function tsv(backend: string, frontend: string, from = COMMIT): string {
  return [
    [
      'backend',
      'mangoo-backend',
      `${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}`,
      'mangoo-backend-service',
      backend,
      BACKEND_DIGEST,
      from,
    ],
    [
      'frontend',
      'mangoo-frontend',
      `${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}`,
      'mangoo-frontend-service',
      frontend,
      FRONTEND_DIGEST,
      from,
    ],
  ]
    .map((row) => `${row.join('\t')}\n`)
    .join('');
}

test('what was built is pushed, and every later step gets it by digest', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', env);

  expect(outcome.code).toBe(0);
  expect(outcome.calls.filter(({ program }) => program === 'docker').map(({ args }) => args)).toEqual([
    ['push', `${REGISTRY}/mangoo-backend:${COMMIT}`],
    ['push', `${REGISTRY}/mangoo-frontend:${COMMIT}`],
  ]);
  expect(await build.read('.artifacts/images.tsv')).toBe(tsv('pushed', 'pushed'));
});

test('what was found is not pushed again', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', { ...env, IMAGES_TO_BUILD: 'frontend' });

  expect(callsOf(outcome, 'docker').map(({ args }) => args.at(-1))).toEqual([
    `${REGISTRY}/mangoo-frontend:${COMMIT}`,
  ]);
  expect(await build.read('.artifacts/images.tsv')).toBe(tsv('found', 'pushed'));
});

test('with nothing to build, docker is not called at all', async () => {
  await build.answers('aws', [...there('v1'), ...there(COMMIT)]);

  const outcome = await build.run('push.sh', { IMAGE_TAG: 'v1', IMAGES_TO_BUILD: '' });

  expect(callsOf(outcome, 'docker')).toEqual([]);
  expect(await build.read('.artifacts/images.tsv')).toBe(tsv('found', 'found'));
});

test('an image found under a tag of its own is not said to be of this commit, unless the registry says so', async () => {
  await build.answers('aws', [...there('v1'), tagIs('*', COMMIT, 'None')]);

  await build.run('push.sh', { IMAGE_TAG: 'v1', IMAGES_TO_BUILD: '' });

  expect(await build.read('.artifacts/images.tsv')).toBe(tsv('found', 'found', '-'));
});

describe('a tag of its own', () => {
  const own = { ...env, IMAGE_TAG: 'v1' };

  test('the image carries the commit too, so that it can be traced', async () => {
    await build.answers('docker', pushed);
    await build.answers('aws', [
      ...there('v1'),
      { to: `ecr batch-get-image *imageTag=${COMMIT} *`, stdout: 'None\n' },
    ]);

    const outcome = await build.run('push.sh', own);

    expect(callsOf(outcome, 'docker').map(({ args }) => args.join(' '))).toEqual(
      ['mangoo-backend', 'mangoo-frontend'].flatMap((repository) => [
        `push ${REGISTRY}/${repository}:v1`,
        `tag ${REGISTRY}/${repository}:v1 ${REGISTRY}/${repository}:${COMMIT}`,
        `push ${REGISTRY}/${repository}:${COMMIT}`,
      ]),
    );
  });

  test('the image that has the commit already keeps it: the tag is immutable', async () => {
    await build.answers('docker', [{ to: 'push *:v1' }]);
    await build.answers('aws', [...there('v1'), ...there(COMMIT)]);

    expect((await build.run('push.sh', own)).code).toBe(0);
  });
});

test('a tag that another build took meanwhile is no failure: what the registry has is deployed', async () => {
  await build.answers('docker', [
    { to: 'push */mangoo-backend:*', stderr: 'tag invalid: immutable\n', exit: 1 },
    { to: 'push *' },
  ]);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', env);

  expect(outcome.code).toBe(0);
  expect(outcome.stderr).toContain(
    `==> ${REGISTRY}/mangoo-backend:${COMMIT} is in the registry already: that one is deployed`,
  );
  expect(await build.read('.artifacts/images.tsv')).toContain(`mangoo-backend@${BACKEND_DIGEST}`);
});

describe('a push that fails', () => {
  beforeEach(() => build.answers('docker', [{ to: 'push *', stderr: 'denied: no\n', exit: 1 }]));

  test('one line names the image, and no later step finds an image to deploy', async () => {
    await build.answers('aws', [{ to: 'ecr batch-get-image *', stdout: 'None\n' }]);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      `ERROR: ${REGISTRY}/mangoo-backend:${COMMIT} could not be pushed; the reason is above`,
    ]);
    expect(callsOf(outcome, 'docker push')).toHaveLength(1);
    await expect(build.read('.artifacts/images.tsv')).rejects.toThrow();
  });

  // push() compares with None, and a failed look-up prints nothing, which is not None.
  test('a registry that fails as well does not make it look as if the image were there', async () => {
    await build.answers('aws', [{ to: '*', stderr: 'An error occurred (ServerException)\n', exit: 254 }]);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).not.toContain('is in the registry already');
  });
});

test('an image is not left without its commit because the registry failed for a moment', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', [
    { to: `ecr batch-get-image *imageTag=${COMMIT} *`, stderr: 'ServerException\n', exit: 254 },
    ...there('v1'),
  ]);

  const outcome = await build.run('push.sh', { ...env, IMAGE_TAG: 'v1' });

  expect(outcome.code === 0 && !callsOf(outcome, 'docker tag').length).toBe(false);
});

test('a push that left nothing in the registry ends the build', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', [{ to: 'ecr batch-get-image *', stdout: 'None\n' }]);

  expect(errors(await build.run('push.sh', env))).toEqual([
    `ERROR: ${REGISTRY}/mangoo-backend:${COMMIT} is not in the registry`,
  ]);
});

describe('what the images weigh', () => {
  const image = (name: string, megabytes: number): object => ({ mangoo: 'image', image: name, megabytes });
  const sized = (most: string): string =>
    `backend,backend,mangoo-backend,mangoo-backend-service,${most} frontend,frontend,mangoo-frontend,mangoo-frontend-service,200`;
  const warnings = (stderr: string): string[] =>
    stderr.split('\n').filter((line) => line.includes('WARNING'));
  beforeEach(() => build.answers('docker', pushed));

  test('programs get the compressed size, of found images too', async () => {
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', { ...env, IMAGES_TO_BUILD: 'backend' });

    expect(structured(outcome, 'image')).toEqual([image('backend', 183.4), image('frontend', 183.4)]);
  });

  test('no call is made for it: the one for the digest answers', async () => {
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', env);

    expect(callsOf(outcome, 'aws')).toHaveLength(2);
  });

  test('an image above its target is warned about, and deployed', async () => {
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', { ...env, IMAGES: sized('183.3') });

    expect(outcome.code).toBe(0);
    expect(warnings(outcome.stderr)).toEqual([
      '==> WARNING: the image of backend weighs 183.4 MB, its target is 183.3 MB (maxSizeMB of the configuration)',
    ]);
    // The target is no part of the service's name.
    expect(await build.read('.artifacts/images.tsv')).toBe(tsv('pushed', 'pushed'));
  });

  test.each([
    ['at its target', sized('183.4')],
    ['without a target', sized('').replaceAll(',200', '')],
  ])('an image %s is not', async (_, IMAGES) => {
    await build.answers('aws', there(COMMIT));

    expect(warnings((await build.run('push.sh', { ...env, IMAGES })).stderr)).toEqual([]);
  });

  describe('an index of several platforms', () => {
    const child = `sha256:${'c'.repeat(64)}`;
    const platform = (digest: string, os: string, architecture: string): object => ({
      digest,
      size: 999,
      platform: { os, architecture },
    });
    const index = (...manifests: object[]): string =>
      JSON.stringify({ schemaVersion: 2, manifests }, null, 2);
    const backend = { ...env, IMAGES: 'backend,backend,mangoo-backend,mangoo-backend-service,100' };

    test('it weighs what runs of it, which is what is scanned, too', async () => {
      const attestation = platform(FRONTEND_DIGEST, 'unknown', 'unknown');
      const arm = platform(FRONTEND_DIGEST, 'linux', 'arm64');
      await build.answers('aws', [
        {
          to: `ecr batch-get-image --repository-name mangoo-backend --image-ids imageDigest=${child} *`,
          stdout: `${MANIFEST}\n`,
        },
        ...there(COMMIT, index(attestation, arm, platform(child, 'linux', 'amd64'))),
      ]);

      const outcome = await build.run('push.sh', backend);

      expect(structured(outcome, 'image')).toEqual([image('backend', 183.4)]);
      expect(warnings(outcome.stderr)).toHaveLength(1);
      expect(callsOf(outcome, 'aws')).toHaveLength(2);
      const [row] = (await build.read('.artifacts/images.tsv')).split('\n');
      expect(row?.split('\t').slice(2)).toEqual([
        `${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}`,
        'mangoo-backend-service',
        'pushed',
        child,
        COMMIT,
      ]);
    });

    test('one for other platforms is deployed, and its weight is said to be unknown', async () => {
      await build.answers('aws', there(COMMIT, index(platform(child, 'linux', 'arm64'))));

      const outcome = await build.run('push.sh', backend);

      expect(outcome.code).toBe(0);
      expect(structured(outcome, 'image')).toEqual([]);
      expect(warnings(outcome.stderr)).toEqual([
        '==> WARNING: no manifest of the image of backend is for linux/amd64; it is not weighed',
      ]);
      expect(await build.read('.artifacts/images.tsv')).toContain(`pushed\t${BACKEND_DIGEST}\t${COMMIT}\n`);
    });

    test('a manifest that the registry does not give ends the build', async () => {
      await build.answers('aws', [
        { to: `ecr batch-get-image *imageDigest=${child} *`, stderr: 'ServerException\n', exit: 254 },
        ...there(COMMIT, index(platform(child, 'linux', 'amd64'))),
      ]);

      expect((await build.run('push.sh', backend)).code).not.toBe(0);
    });
  });
});
