import {
  type Answer,
  BACKEND_DIGEST,
  callsOf,
  COMMIT,
  errors,
  FRONTEND_DIGEST,
  option,
  type Outcome,
  REGISTRY,
  ScratchBuild,
  structured,
  tagIs,
} from './scratch-build';

type What = 'build' | 'unchanged' | 'found';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await planned('build', 'build');
});
afterEach(() => build.remove());

const pushed: Answer[] = [{ to: 'push *' }];
const env = { IMAGE_TAG: COMMIT };
/** What another build has built, and of which commit. */
const OTHER = 'fedcba9876543210fedcba9876543210fedcba98';
const OTHER_BUILD = 'mangoo-build-deploy:0a1b';

const MANIFEST = JSON.stringify(
  { schemaVersion: 2, config: { size: 400_000 }, layers: [{ size: 150_000_000 }, { size: 33_000_000 }] },
  null,
  3,
);

/** What plan.sh leaves. */
async function planned(backend: What, frontend: What): Promise<void> {
  const row = (name: string, what: What, digest: string): string =>
    [name, what, what === 'build' ? '-' : digest, what === 'found' ? '-' : `content-${name}`, 'so'].join(
      '\t',
    );
  const rows = [row('backend', backend, BACKEND_DIGEST), row('frontend', frontend, FRONTEND_DIGEST)];
  await build.file('.artifacts/plan.tsv', `${rows.join('\n')}\n`);
  for (const [name, what] of [
    ['backend', backend],
    ['frontend', frontend],
  ])
    if (what !== 'build') await build.file(`.artifacts/manifests/${name}.json`, MANIFEST);
}

/** Images, as a reference such as imageTag=… names them. */
function manifests(reference: (digest: string) => string, manifest: string): Answer[] {
  return (
    [
      ['mangoo-backend', BACKEND_DIGEST],
      ['mangoo-frontend', FRONTEND_DIGEST],
    ] as const
  ).map(([repository, digest]) => ({
    to: `ecr batch-get-image --repository-name ${repository} --image-ids ${reference(digest)} *imageManifest*`,
    stdout: `${digest}\t${manifest}\n`,
  }));
}

/** A registry that has both under a tag and by their digests, and takes more tags. */
function there(tag: string, manifest = MANIFEST): Answer[] {
  return [
    ...manifests(() => `imageTag=${tag}`, manifest),
    ...manifests((digest) => `imageDigest=${digest}`, manifest),
    tagIs('mangoo-backend', tag, BACKEND_DIGEST),
    tagIs('mangoo-frontend', tag, FRONTEND_DIGEST),
    { to: 'ecr put-image *', stdout: 'sha256:x\n' },
    { to: 'ecr get-login-password', stdout: 'secret\n' },
  ];
}

function labelled(labels: object): Answer[] {
  return [
    { to: 'login *', reads: true },
    {
      to: 'buildx imagetools inspect *',
      stdout: `${JSON.stringify({ architecture: 'amd64', config: { Labels: labels } })}\n`,
    },
  ];
}

const LABELLED = labelled({ 'org.opencontainers.image.revision': OTHER, 'mangoo.build': OTHER_BUILD });

function tsv(backend: string, frontend: string): string {
  const row = (name: string, digest: string, how: string): string =>
    [
      name,
      `mangoo-${name}`,
      `${REGISTRY}/mangoo-${name}@${digest}`,
      `mangoo-${name}-service`,
      how.split(' ')[0],
      digest,
      ...(how.startsWith('pushed') ? [COMMIT, 'mangoo-build-deploy:5e1f'] : how.split(' ').slice(1)),
    ].join('\t');
  return `${row('backend', BACKEND_DIGEST, backend)}\n${row('frontend', FRONTEND_DIGEST, frontend)}\n`;
}

const FOUND = `found ${OTHER} ${OTHER_BUILD}`;

/** What docker was told, sorted: the images go side by side. */
function docker(outcome: Outcome): string[] {
  return callsOf(outcome, 'docker')
    .map(({ args }) => args.join(' '))
    .sort();
}

/** Repository and tag of each that was given, sorted. */
function given(outcome: Outcome): string[] {
  return callsOf(outcome, 'aws ecr put-image')
    .map((call) => `${option(call, '--repository-name')}:${option(call, '--image-tag')}`)
    .sort();
}

test('what was built is pushed, and every later step gets it by digest', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', env);

  expect(outcome.code).toBe(0);
  expect(docker(outcome)).toEqual([
    `push ${REGISTRY}/mangoo-backend:${COMMIT}`,
    `push ${REGISTRY}/mangoo-frontend:${COMMIT}`,
  ]);
  expect(await build.read('.artifacts/images.tsv')).toBe(tsv('pushed', 'pushed'));
});

test('what was built is found by its content from now on, and by that of a digest: no other image gets the tag', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', env);

  expect(given(outcome)).toEqual(['mangoo-backend:content-backend', 'mangoo-frontend:content-frontend']);
  const digests = callsOf(outcome, 'aws ecr put-image').map((call) => option(call, '--image-digest'));
  expect(digests.sort()).toEqual([BACKEND_DIGEST, FRONTEND_DIGEST]);
});

describe('the images go side by side', () => {
  const meets = (mine: string, other: string): string =>
    `touch "$HOME/${mine}"; for _ in {1..600}; do [[ ! -e $HOME/${other} ]] || break; sleep 0.1; done; [[ -e $HOME/${other} ]] || exit 9`;

  test('none waits for another to be pushed, and the rows are in the order of the configuration whoever ends first', async () => {
    await build.answers('docker', [
      { to: 'push */mangoo-backend:*', does: `${meets('backend', 'frontend')}; sleep 0.5` },
      { to: 'push *', does: meets('frontend', 'backend') },
    ]);
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).not.toContain('is in the registry already');
    expect(await build.read('.artifacts/images.tsv')).toBe(tsv('pushed', 'pushed'));
  });

  test('the first that fails stops the others: nothing more is tagged, and it is the one that the log ends with', async () => {
    await build.answers('docker', [
      {
        to: 'push */mangoo-backend:*',
        does: meets('backend', 'frontend'),
        stderr: 'denied: not for you\n',
        exit: 1,
      },
      { to: 'push *', does: `touch "$HOME/frontend"; sleep 1000` },
    ]);
    await build.answers('aws', [{ to: 'ecr batch-get-image *', stdout: 'None\n' }]);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr.trimEnd().split('\n').slice(-4)).toEqual([
      '==> the last lines of push backend:',
      'denied: not for you',
      `ERROR: ${REGISTRY}/mangoo-backend:${COMMIT} could not be pushed; the reason is above`,
      'ERROR: push backend failed with exit status 1; stopped with it: push frontend',
    ]);
    expect(given(outcome)).toEqual([]);
    await expect(build.read('.artifacts/images.tsv')).rejects.toThrow();
  });

  test('each line says of which image it is, but for those that programs read', async () => {
    await build.answers('docker', [{ to: 'push *', does: 'echo "digest of $2"' }]);
    await build.answers('aws', there(COMMIT));

    const { stderr } = await build.run('push.sh', env);

    expect(stderr.trimEnd().split('\n').sort()).toEqual([
      `[push backend] digest of ${REGISTRY}/mangoo-backend:${COMMIT}`,
      `[push frontend] digest of ${REGISTRY}/mangoo-frontend:${COMMIT}`,
      '{"mangoo":"image","image":"backend","megabytes":183.4}',
      '{"mangoo":"image","image":"frontend","megabytes":183.4}',
    ]);
  });

  test('how long each took is told beside the step that has waited for them', async () => {
    await build.answers('docker', pushed);
    await build.answers('aws', there(COMMIT));

    await build.run('push.sh', env);

    const steps = (await build.read('.artifacts/steps.tsv')).trimEnd().split('\n');
    const [first, ...others] = steps.map((row) => row.split('\t')).map(([name, , , , how]) => [name, how]);
    expect(first).toEqual(['push.sh', undefined]);
    expect(others.sort()).toEqual([
      ['push backend', 'passed'],
      ['push frontend', 'passed'],
    ]);
  });
});

test('what was found is not pushed again, nor tagged', async () => {
  await planned('found', 'build');
  await build.answers('docker', [...pushed, ...LABELLED]);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', env);

  expect(callsOf(outcome, 'docker push').map(({ args }) => args.at(-1))).toEqual([
    `${REGISTRY}/mangoo-frontend:${COMMIT}`,
  ]);
  expect(given(outcome)).toEqual(['mangoo-frontend:content-frontend']);
  expect(await build.read('.artifacts/images.tsv')).toBe(tsv(FOUND, 'pushed'));
});

describe('an image that is unchanged', () => {
  beforeEach(() => planned('unchanged', 'unchanged'));

  test('gets the tag of this build: the very same manifest, byte for byte', async () => {
    await build.answers('docker', LABELLED);
    await build.answers('aws', [
      {
        to: 'ecr put-image *',
        does: 'for word in "$@"; do case $word in file://*) cp "${word#file://}" "$HOME/put-$(basename "$word")" ;; esac; done',
      },
      ...there(COMMIT),
    ]);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'docker push')).toEqual([]);
    expect(given(outcome)).toEqual([`mangoo-backend:${COMMIT}`, `mangoo-frontend:${COMMIT}`]);
    expect(await build.read('../put-backend.json')).toBe(MANIFEST);
    expect(await build.read('.artifacts/images.tsv')).toBe(tsv(FOUND, FOUND));
  });

  test('gets that of the commit as well where the build has a tag of its own', async () => {
    await build.answers('docker', LABELLED);
    await build.answers('aws', there('v1'));

    const outcome = await build.run('push.sh', { IMAGE_TAG: 'v1' });

    expect(given(outcome)).toEqual(
      ['mangoo-backend', 'mangoo-frontend'].flatMap((name) => [`${name}:${COMMIT}`, `${name}:v1`]),
    );
  });

  test('says of which commit it was built by the record of what is live, and asks nobody', async () => {
    const images = {
      backend: { digest: BACKEND_DIGEST, built: true, from: OTHER },
      frontend: { digest: FRONTEND_DIGEST, built: false, from: COMMIT, builtBy: 'p:1' },
    };
    await build.file('.artifacts/live.json', JSON.stringify({ build: OTHER_BUILD, images }));
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', env);

    expect(callsOf(outcome, 'docker')).toEqual([]);
    expect(await build.read('.artifacts/images.tsv')).toBe(tsv(FOUND, `found ${COMMIT} p:1`));
  });

  test.each([
    ['logs in where nothing was to be pushed', '', 1],
    ['does not log in where ci/login.sh has', 'backend', 0],
  ])('that is not live is looked at in the registry, and %s', async (_, IMAGES_TO_BUILD, logins) => {
    await planned(logins ? 'found' : 'build', 'unchanged');
    const images = { backend: { digest: BACKEND_DIGEST, built: true, from: OTHER } };
    await build.file('.artifacts/live.json', JSON.stringify({ build: OTHER_BUILD, images }));
    await build.answers('docker', [...pushed, ...LABELLED]);
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', { ...env, IMAGES_TO_BUILD });

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'docker login')).toHaveLength(logins);
    expect(await build.read('.artifacts/images.tsv')).toBe(tsv(logins ? FOUND : 'pushed', FOUND));
  });

  test('that is not live says so by its labels, of whichever platform', async () => {
    const images = { backend: { digest: FRONTEND_DIGEST, built: true, from: COMMIT } };
    await build.file('.artifacts/live.json', JSON.stringify({ build: 'p:1', images }));
    const config = { Labels: { 'org.opencontainers.image.revision': OTHER, 'mangoo.build': OTHER_BUILD } };
    await build.answers('docker', [
      { to: 'login *', reads: true },
      { to: 'buildx *mangoo-backend*', stdout: JSON.stringify({ 'linux/amd64': { config } }) },
      { to: 'buildx *', stdout: JSON.stringify({ config: {} }) },
    ]);
    await build.answers('aws', there(COMMIT));

    await build.run('push.sh', env);

    expect(await build.read('.artifacts/images.tsv')).toBe(tsv(FOUND, 'found - -'));
  });

  test('and is of an unknown commit where nobody says, which is no failure', async () => {
    await build.answers('docker', [
      { to: 'login *', reads: true },
      { to: 'buildx *', stderr: 'ERROR: no\n', exit: 1 },
    ]);
    await build.answers('aws', there(COMMIT));

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('WARNING: of which commit');
    expect(await build.read('.artifacts/images.tsv')).toBe(tsv('found - -', 'found - -'));
  });

  test('that another build has built meanwhile gives way: what the tag names is deployed', async () => {
    const taken = 'An error occurred (ImageTagAlreadyExistsException) when calling the PutImage operation\n';
    const other = `sha256:${'c'.repeat(64)}`;
    await build.answers('docker', LABELLED);
    await build.answers('aws', [
      { to: 'ecr put-image --repository-name mangoo-backend *', stderr: taken, exit: 254 },
      {
        to: `ecr batch-get-image --repository-name mangoo-backend --image-ids imageTag=${COMMIT} *`,
        stdout: `${other}\t${MANIFEST}\n`,
      },
      ...there(COMMIT),
    ]);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(0);
    expect(await build.read('.artifacts/images.tsv')).toContain(`${REGISTRY}/mangoo-backend@${other}\t`);
  });

  test('that has gone from the registry ends the build, and no later step finds an image to deploy', async () => {
    const gone = 'An error occurred (LayersNotFoundException) when calling the PutImage operation';
    await build.answers('aws', [{ to: 'ecr put-image *', stderr: `${gone}\n`, exit: 254 }, ...there(COMMIT)]);
    await build.answers('docker', LABELLED);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toContain(`ERROR: ${gone}`);
    await expect(build.read('.artifacts/images.tsv')).rejects.toThrow();
  });

  test('that has all the tags that an image can have ends the build, with the way out', async () => {
    const full = 'An error occurred (LimitExceededException) when calling the PutImage operation';
    await build.answers('aws', [{ to: 'ecr put-image *', stderr: `${full}\n`, exit: 254 }, ...there(COMMIT)]);
    await build.answers('docker', LABELLED);

    const outcome = await build.run('push.sh', env);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toContainEqual(
      expect.stringMatching(
        /^ERROR: mangoo-\w+@sha256:\w+ has all the tags that an image can have: a build with REBUILD=1 makes another image$/,
      ),
    );
  });
});

test('an image that nobody has planned ends the build', async () => {
  await build.file('.artifacts/plan.tsv', 'backend\tbuild\t-\tcontent-b\tso\n');
  await build.answers('docker', pushed);
  await build.answers('aws', there(COMMIT));

  const outcome = await build.run('push.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(errors(outcome)).toEqual([
    'ERROR: ci/plan.sh has not said what to do with the image of frontend',
    expect.stringMatching(
      /^ERROR: push frontend failed with exit status 1(; stopped with it: push backend)?$/,
    ),
  ]);
});

describe('a tag of its own', () => {
  test('the image carries the commit too, so that it can be traced', async () => {
    await build.answers('docker', pushed);
    await build.answers('aws', there('v1'));

    const outcome = await build.run('push.sh', { IMAGE_TAG: 'v1' });

    expect(docker(outcome)).toEqual(
      ['mangoo-backend', 'mangoo-frontend'].map((repository) => `push ${REGISTRY}/${repository}:v1`),
    );
    expect(given(outcome)).toEqual(
      ['backend', 'frontend'].flatMap((name) => [
        `mangoo-${name}:${COMMIT}`,
        `mangoo-${name}:content-${name}`,
      ]),
    );
  });

  test('the image that has the commit already keeps it: the tag is immutable', async () => {
    await build.answers('docker', pushed);
    const taken = 'An error occurred (ImageTagAlreadyExistsException) when calling the PutImage operation\n';
    await build.answers('aws', [
      { to: `ecr put-image *--image-tag ${COMMIT} *`, stderr: taken, exit: 254 },
      ...there('v1'),
    ]);

    const outcome = await build.run('push.sh', { IMAGE_TAG: 'v1' });

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain(`mangoo-backend:${COMMIT} is in the registry already, as another image`);
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

// push() compares with None, and a failed look-up prints nothing, which is not None.
test('a push and a registry that both fail do not make it look as if the image were there', async () => {
  await build.answers('docker', [{ to: 'push *', stderr: 'denied: no\n', exit: 1 }]);
  await build.answers('aws', [{ to: '*', stderr: 'An error occurred (ServerException)\n', exit: 254 }]);

  const outcome = await build.run('push.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).not.toContain('is in the registry already');
});

test.each([
  ['batch-get-image', ['build']],
  ['put-image', ['build', 'unchanged']],
] as const)(
  'a registry whose %s fails ends the build, whether images were built or found',
  async (call, plans) => {
    await build.answers('docker', [...pushed, ...LABELLED]);
    await build.answers('aws', [
      { to: `ecr ${call} *`, stderr: 'ServerException\n', exit: 254 },
      ...there(COMMIT),
    ]);

    for (const what of plans) {
      await planned(what, what);
      expect((await build.run('push.sh', env)).code).not.toBe(0);
    }
  },
);

test('a push that left nothing in the registry ends the build', async () => {
  await build.answers('docker', pushed);
  await build.answers('aws', [
    { to: 'ecr batch-get-image *mangoo-backend*', stdout: 'None\n' },
    ...there(COMMIT),
  ]);

  expect(errors(await build.run('push.sh', env))[0]).toBe(
    `ERROR: ${REGISTRY}/mangoo-backend:${COMMIT} is not in the registry`,
  );
});

test.each([1, 3, 20])('%d images go their way, in the order of the configuration', async (number) => {
  const names = Array.from({ length: number }, (_, i) => `part${i}`);
  const digest = (i: number): string => `sha256:${String(i).padStart(64, '0')}`;
  await build.file(
    '.artifacts/plan.tsv',
    names
      .map((name, i) => `${name}\t${i % 2 ? 'found' : 'build'}\t${digest(i)}\tcontent-${i}\tso\n`)
      .join(''),
  );
  for (const name of names) await build.file(`.artifacts/manifests/${name}.json`, MANIFEST);
  await build.answers('docker', [...pushed, ...LABELLED]);
  await build.answers('aws', [
    ...names.map((name, i) => ({
      to: `ecr batch-get-image --repository-name r/${name} *`,
      stdout: `${digest(i)}\t${MANIFEST}\n`,
    })),
    { to: 'ecr put-image *' },
    { to: 'ecr get-login-password' },
  ]);
  const IMAGES = names.map((name) => `${name},parts/${name},r/${name},s-${name},`).join(' ');

  const outcome = await build.run('push.sh', { ...env, IMAGES });

  expect(outcome.code).toBe(0);
  const rows = (await build.read('.artifacts/images.tsv')).trimEnd().split('\n');
  expect(rows.map((row) => row.split('\t').slice(0, 5))).toEqual(
    names.map((name, i) => [
      name,
      `r/${name}`,
      `${REGISTRY}/r/${name}@${digest(i)}`,
      `s-${name}`,
      i % 2 ? 'found' : 'pushed',
    ]),
  );
});

describe('what the images weigh', () => {
  const image = (name: string, megabytes: number): object => ({ mangoo: 'image', image: name, megabytes });
  const sized = (most: string): string =>
    `backend,backend,mangoo-backend,mangoo-backend-service,${most} frontend,frontend,mangoo-frontend,mangoo-frontend-service,200`;
  const warnings = (stderr: string): string[] =>
    [...stderr.matchAll(/==> WARNING.*/g)].map(([warning]) => warning);
  beforeEach(() => build.answers('docker', pushed));

  test('programs get the compressed size, of found images too', async () => {
    await build.answers('aws', there(COMMIT));

    await planned('build', 'unchanged');
    await build.answers('docker', [...pushed, ...LABELLED]);

    const outcome = await build.run('push.sh', env);

    expect(structured(outcome, 'image')).toEqual(
      expect.arrayContaining([image('backend', 183.4), image('frontend', 183.4)]),
    );
    expect(structured(outcome, 'image')).toHaveLength(2);
  });

  test('no call is made for it: the one for the digest answers', async () => {
    await build.answers('aws', there(COMMIT));

    await planned('build', 'unchanged');
    await build.answers('docker', [...pushed, ...LABELLED]);

    const outcome = await build.run('push.sh', env);

    expect(callsOf(outcome, 'aws ecr batch-get-image')).toHaveLength(1);
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
      expect(callsOf(outcome, 'aws ecr batch-get-image')).toHaveLength(2);
      const [row] = (await build.read('.artifacts/images.tsv')).split('\n');
      expect(row?.split('\t').slice(2)).toEqual([
        `${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}`,
        'mangoo-backend-service',
        'pushed',
        child,
        COMMIT,
        'mangoo-build-deploy:5e1f',
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
      expect(await build.read('.artifacts/images.tsv')).toContain(`pushed\t${BACKEND_DIGEST}\t${COMMIT}\t`);
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

describe('a push that breaks off', () => {
  const pushes = async (
    registry: readonly Answer[],
    ...answers: Answer[]
  ): Promise<[code: number, pushes: number]> => {
    await build.answers('docker', [...answers, { to: '*' }]);
    await build.answers('aws', [...registry, { to: '*', stdout: 'None\n' }]);
    const outcome = await build.run('push.sh', {
      ...env,
      RETRY_SECONDS: '0',
      IMAGES: 'backend,backend,mangoo-backend,s',
      IMAGES_TO_BUILD: 'backend',
    });
    return [outcome.code, callsOf(outcome, `docker push ${REGISTRY}/mangoo-backend:${COMMIT}`).length];
  };
  const failing = (reason: string): Answer => ({
    to: 'push *',
    stdout: 'The push refers to repository\n1a2b: Retrying in 5 seconds\n',
    stderr: `${reason}\n`,
    exit: 1,
  });

  test.each([
    'toomanyrequests: Rate exceeded',
    'net/http: TLS handshake timeout',
    'write tcp 10.0.0.1:4->192.0.2.1:443: write: connection reset by peer',
    'received unexpected HTTP status: 502 Bad Gateway',
    'unexpected EOF',
  ])('is tried again: %s', async (reason) => {
    expect(await pushes(there(COMMIT), { ...failing(reason), times: 1 })).toEqual([0, 2]);
  });

  test.each([
    'denied: User: arn:aws:sts::1:assumed-role/r is not authorized to perform: ecr:PutImage',
    'denied: Your authorization token has expired. Reauthenticate and try again.',
    "tag invalid: The image tag 'v1' already exists in the 'mangoo-backend' repository and cannot be overwritten because the tag is immutable.",
    'name unknown: The repository with name mangoo-backend does not exist in the registry',
  ])('is not where it was refused: %s', async (reason) => {
    const [, attempts] = await pushes(there(COMMIT), failing(reason));

    expect(attempts).toBe(1);
  });

  test('ends the build after four attempts', async () => {
    expect(
      await pushes([{ to: 'ecr batch-get-image *', stdout: 'None\n' }], failing('unexpected EOF')),
    ).toEqual([1, 4]);
  });
});
