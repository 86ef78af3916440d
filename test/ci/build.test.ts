import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  type Answer,
  callsOf,
  COMMIT,
  option,
  type Outcome,
  REGISTRY,
  ScratchBuild,
  structured,
} from './scratch-build';

const env = { IMAGE_TAG: 'v1', IMAGES_TO_BUILD: 'backend frontend' };

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.answers('docker', [{ to: 'build *' }]);
  await build.answers('npm', [{ to: 'run build*', does: 'mkdir -p dist && echo made >dist/index.html' }]);
  await source('.');
});
afterEach(() => build.remove());

/** A committed application, with what an install and a test run leave beside it. */
async function source(appDir: string): Promise<void> {
  await build.file(`${appDir}/backend/app/main.py`, 'print(1)\n');
  await build.file(`${appDir}/backend/requirements.txt`, 'fastapi==0.115.0\n');
  await build.file(`${appDir}/frontend/package.json`, '{"scripts":{"build":"vite build"}}');
  build.commit('Make it');
  await build.file(`${appDir}/backend/.venv/bin/python`);
  await build.file(`${appDir}/backend/app/__pycache__/main.pyc`);
}

async function stored(): Promise<string[]> {
  const root = path.join(build.root, '.artifacts');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'steps.tsv')
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

test('an image is built of each, tagged as it will be pushed', async () => {
  const outcome = await build.run('build.sh', env);

  expect(outcome.code).toBe(0);
  expect(outcome.calls).toHaveLength(2);
  expect(callsOf(outcome, 'docker build').map((call) => [option(call, '--tag'), call.args.at(-1)])).toEqual([
    [`${REGISTRY}/mangoo-backend:v1`, './backend'],
    [`${REGISTRY}/mangoo-frontend:v1`, './frontend'],
  ]);
});

test('a base image that this host has still is not taken for the one of today, which the tag of the content names', async () => {
  for (const { args } of callsOf(await build.run('build.sh', env), 'docker build'))
    expect(args).toContain('--pull');
});

test('REBUILD=1 takes no layer of an earlier build, so that what a command fetched then is fetched now; any other build does', async () => {
  const withoutCache = async (REBUILD?: string): Promise<boolean[]> =>
    callsOf(await build.run('build.sh', { ...env, REBUILD }), 'docker build').map(({ args }) =>
      args.includes('--no-cache'),
    );

  expect(await withoutCache('1')).toEqual([true, true]);
  expect(await withoutCache()).toEqual([false, false]);
  expect(await withoutCache('0')).toEqual([false, false]);
});

test('every image says which commit of which repository it is, and which build made it', async () => {
  const outcome = await build.run('build.sh', env);

  for (const { args } of callsOf(outcome, 'docker build')) {
    expect(args.filter((_, i) => args[i - 1] === '--label')).toEqual([
      `org.opencontainers.image.revision=${COMMIT}`,
      'org.opencontainers.image.source=https://github.com/jhonmezaa/mangoo',
      // The commit's, not the clock's.
      'org.opencontainers.image.created=2026-11-23T12:00:00+00:00',
      'org.opencontainers.image.version=v1',
      'mangoo.build=mangoo-build-deploy:5e1f',
    ]);
  }
});

test.each(['.', 'examples/mangoo'])(
  'the artifacts have the source as committed and what was compiled, from APP_DIR %s',
  async (APP_DIR) => {
    if (APP_DIR !== '.') await source(APP_DIR);

    expect((await build.run('compile.sh', { ...env, APP_DIR })).code).toBe(0);
    expect((await build.run('build.sh', { ...env, APP_DIR })).code).toBe(0);

    expect(await stored()).toEqual([
      'backend/app/main.py',
      'backend/requirements.txt',
      'frontend/dist/index.html',
    ]);
  },
);

test('what the registry has is not built again', async () => {
  const outcome = await build.run('build.sh', { ...env, IMAGES_TO_BUILD: 'backend' });

  expect(outcome.calls.map(({ args }) => args.at(-1))).toEqual(['./backend']);
  expect((await build.run('build.sh', { ...env, IMAGES_TO_BUILD: '' })).calls).toEqual([]);
});

test('an image whose name another begins with is not built in its place', async () => {
  const outcome = await build.run('build.sh', { ...env, IMAGES_TO_BUILD: 'backendWorker' });

  expect(outcome.calls).toEqual([]);
});

test('given a name, its image alone is built', async () => {
  const outcome = await build.run('build.sh', env, ['frontend']);

  expect(outcome.calls.map(({ args }) => args.at(-1))).toEqual(['./frontend']);
});

test('given the name of what is not built, nothing is', async () => {
  expect((await build.run('build.sh', { ...env, IMAGES_TO_BUILD: 'backend' }, ['frontend'])).calls).toEqual(
    [],
  );
});

test('an image that cannot be built ends the build before the next', async () => {
  await build.answers('docker', [{ to: 'build *', exit: 1 }]);

  const outcome = await build.run('build.sh', env);

  expect(outcome.code).toBe(1);
  expect(outcome.calls).toHaveLength(1);
});

describe('layers in a registry', () => {
  const CACHED = { ...env, LAYER_CACHE: 'mangoo-layer-cache', RETRY_SECONDS: '0' };
  const REFERENCE = `type=registry,ref=${REGISTRY}/mangoo-layer-cache`;
  const inspect = (...lines: string[]): Answer => ({
    to: 'buildx inspect --bootstrap',
    stdout: [
      'Name:          ci',
      ...lines,
      '',
      'Nodes:',
      'Name:     ci0',
      'Driver Options: image="a"',
      '',
    ].join('\n'),
  });
  const OWN = inspect('Driver:        docker-container', 'Last Activity: 2026-11-25');
  const CLASSIC = inspect('Driver:        docker');
  const CONTAINERD = inspect(
    'Driver:        docker',
    ' org.mobyproject.buildkit.worker.snapshotter: overlayfs',
  );

  async function buildWith(...answers: Answer[]): Promise<Outcome> {
    await build.answers('docker', answers);
    return build.run('build.sh', CACHED);
  }
  const built = (outcome: Outcome): string[] =>
    outcome.calls
      .map(({ args }) => args.slice(0, 2).join(' '))
      .filter((command) => !command.startsWith('buildx inspect'))
      .map((command) => command.replace(/^build --.*/, 'build'));
  const warnings = ({ stderr }: Outcome): string[] =>
    stderr.split('\n').filter((line) => line.startsWith('==> WARNING'));

  test.each([
    ["a builder of the build's own", OWN],
    ["Docker's own with containerd's image store", CONTAINERD],
  ])(
    '%s reads them there and writes them, each image its own, and gives the image to Docker',
    async (_, answer) => {
      const outcome = await buildWith(answer, { to: 'buildx build *' });

      expect(outcome.code).toBe(0);
      const calls = callsOf(outcome, 'docker buildx build');
      expect(calls.map((call) => option(call, '--cache-from'))).toEqual([
        `${REFERENCE}:backend`,
        `${REFERENCE}:frontend`,
      ]);
      // ECR takes a cache only as an image's manifest.
      const exported = ',mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true';
      expect(calls.map((call) => option(call, '--cache-to'))).toEqual([
        `${REFERENCE}:backend${exported}`,
        `${REFERENCE}:frontend${exported}`,
      ]);
      for (const call of calls) expect(call.args).toContain('--load');
      expect(calls.map((call) => [option(call, '--tag'), call.args.at(-1)])).toEqual([
        [`${REGISTRY}/mangoo-backend:v1`, './backend'],
        [`${REGISTRY}/mangoo-frontend:v1`, './frontend'],
      ]);
      expect(warnings(outcome)).toEqual([]);
    },
  );

  test('an image is the same with them as without: nothing else is asked of docker', async () => {
    await build.answers('docker', [OWN, { to: 'buildx build *' }, { to: 'build *' }]);
    const [cached] = callsOf(await build.run('build.sh', CACHED), 'docker buildx build');
    const [plain] = callsOf(await build.run('build.sh', env), 'docker build');

    const rest = cached?.args.filter(
      (arg, i, all) => !/^--(load|cache-(from|to))$/.test(arg) && !all[i - 1]?.startsWith('--cache-'),
    );
    expect(rest?.slice(2)).toEqual(plain?.args.slice(1));
  });

  test.each([
    ["Docker's own builder, as CodeBuild's images start it", CLASSIC],
    ['a builder that cannot be started', { ...OWN, exit: 1 }],
    ['a builder of which nothing is known', { ...OWN, stdout: '' }],
  ])('%s is not asked for what it cannot do: the build goes on as ever', async (_, answer) => {
    const outcome = await buildWith(answer, { to: 'build *' });

    expect(outcome.code).toBe(0);
    expect(built(outcome)).toEqual(['build', 'build']);
    for (const { args } of outcome.calls) expect(args.join(' ')).not.toContain('--cache-');
  });

  test('who did not ask for them has the builder left alone', async () => {
    const outcome = await build.run('build.sh', env);

    expect(built(outcome)).toEqual(['build', 'build']);
    expect(outcome.calls).toHaveLength(2);
  });

  test('REBUILD=1 takes none of them, and leaves what it made for the next build', async () => {
    await build.answers('docker', [OWN, { to: 'buildx build *' }]);

    const calls = callsOf(await build.run('build.sh', { ...CACHED, REBUILD: '1' }), 'docker buildx build');

    expect(calls).toHaveLength(2);
    for (const call of calls) {
      expect(call.args).toContain('--no-cache');
      expect(call.args).not.toContain('--cache-from');
      expect(option(call, '--cache-to')).toContain(REFERENCE);
    }
  });

  const failing = (reason: string): Answer => ({
    to: 'buildx build *',
    stderr: `ERROR: failed to build: failed to solve: ${reason}\n`,
    exit: 1,
  });

  test.each([
    'failed to compute cache key: failed to copy: content not found',
    'failed to dial: no such container',
  ])('a cache or a builder that is broken costs time and never the build: %s', async (reason) => {
    const outcome = await buildWith(OWN, failing(reason), { to: 'build *' });

    expect(outcome.code).toBe(0);
    expect(built(outcome)).toEqual(['buildx build', 'build', 'buildx build', 'build']);
    expect(warnings(outcome)).toEqual([
      '==> WARNING: the image of backend was not built with the layers in mangoo-layer-cache; the reason is above. Without them:',
      '==> WARNING: the image of frontend was not built with the layers in mangoo-layer-cache; the reason is above. Without them:',
    ]);
  });

  test('a command of the Dockerfile that fails is not run a second time for it', async () => {
    const reason = 'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1';
    const outcome = await buildWith(OWN, { ...failing(reason), exit: 17 }, { to: 'build *' });

    expect(outcome.code).toBe(17);
    expect(built(outcome)).toEqual(['buildx build']);
    expect(structured(outcome, 'cache')).toEqual([]);
  });

  test('what came from the registry is counted as what came from the host', async () => {
    // A layer that is loaded into Docker comes over the network, and counts as found all the same.
    const stderr = [
      '#4 importing cache manifest from the registry',
      '#4 DONE 0.3s',
      '#5 [1/3] FROM docker.io/library/node:22@sha256:aaaa',
      '#5 CACHED',
      '#6 [2/3] RUN npm ci',
      '#6 sha256:bbbb 12.3MB / 12.3MB 0.4s done',
      '#6 CACHED',
      '#7 [3/3] COPY . .',
      '#7 DONE 0.1s',
      '#8 exporting cache to registry',
      '#8 DONE 1.0s',
      '',
    ].join('\n');

    expect(structured(await buildWith(OWN, { to: 'buildx build *', stderr }), 'cache')).toEqual([
      { mangoo: 'cache', cache: 'docker', hits: 1, lookups: 2 },
      { mangoo: 'cache', cache: 'docker', hits: 1, lookups: 2 },
    ]);
  });
});

describe('the layers that docker has still', () => {
  // Of a real `docker build --progress=plain`: a stage in the middle of another's output, and steps that say nothing more.
  const PROGRESS = `#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 412B done
#1 DONE 0.0s

#2 [internal] load metadata for docker.io/library/node:22
#2 DONE 0.9s

#4 [bundle 1/4] FROM docker.io/library/node:22@sha256:aaaa
#4 CACHED

#5 [internal] load build context
#5 transferring context: 2.1kB done
#5 DONE 0.0s

#6 [bundle 2/4] COPY package.json .
#6 CACHED

#7 [bundle 3/4] RUN npm ci
#7 0.412 #6 CACHED
#7 0.413 [bundle 9/9] RUN is what npm said

#8 [stage-1 2/2] COPY nginx.conf /etc/nginx/
#8 CACHED

#7 [bundle 3/4] RUN npm ci
#7 DONE 4.1s

#9 [bundle 4/4] COPY . .
#9 DONE 0.1s

#10 exporting to image
#10 naming to mangoo:1 done
#10 DONE 0.2s
`;

  test('the dashboard counts the steps of a Dockerfile, of each image', async () => {
    await build.answers('docker', [{ to: 'build *', stderr: PROGRESS }]);

    const outcome = await build.run('build.sh', env);

    expect(structured(outcome, 'cache')).toEqual([
      { mangoo: 'cache', cache: 'docker', hits: 2, lookups: 4 },
      { mangoo: 'cache', cache: 'docker', hits: 2, lookups: 4 },
    ]);
  });

  test('the log has all that docker says, as docker says it', async () => {
    await build.answers('docker', [{ to: 'build *', stderr: PROGRESS, stdout: 'sha256:1234\n' }]);

    const outcome = await build.run('build.sh', { ...env, IMAGES_TO_BUILD: 'backend' });

    expect(outcome.stdout + outcome.stderr).toContain(PROGRESS);
    expect(outcome.stdout + outcome.stderr).toContain('sha256:1234\n');
    expect(callsOf(outcome, 'docker build')[0]?.args).toContain('--progress=plain');
  });

  test('a build that fails is a failure still, with its exit status and its words, and counts for nothing', async () => {
    const stderr = `${PROGRESS}ERROR: failed to build: failed to solve: exit code: 1\n`;
    await build.answers('docker', [{ to: 'build *', stderr, exit: 17 }]);

    const outcome = await build.run('build.sh', env);

    expect(outcome.code).toBe(17);
    expect(outcome.stdout + outcome.stderr).toContain(stderr);
    expect(structured(outcome, 'cache')).toEqual([]);
    expect(callsOf(outcome, 'docker build')).toHaveLength(1);
  });
});

describe('a base image that cannot be had', () => {
  const failing = (reason: string): Answer => ({
    to: 'build *',
    stderr: `#2 ERROR: ${reason}\n------\nERROR: failed to build: failed to solve: ${reason}\n`,
    exit: 1,
  });
  const attempts = async (...answers: Answer[]): Promise<[code: number, attempts: number]> => {
    await build.answers('docker', answers);
    const outcome = await build.run('build.sh', { ...env, RETRY_SECONDS: '0' }, ['backend']);
    return [outcome.code, outcome.calls.length];
  };

  test.each([
    'node:22: failed to resolve source metadata for docker.io/library/node:22: unexpected status from HEAD request to https://r.example/v2/node: 429 Too Many Requests',
    'failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://r.example/v2/x: 503 Service Unavailable',
    'failed to do request: Head "https://r.example/v2/x": net/http: TLS handshake timeout',
    'failed to do request: Head "https://r.example/v2/x": dial tcp 192.0.2.1:443: i/o timeout',
    'failed to do request: Head "https://r.example/v2/x": read tcp 10.0.0.1:4->192.0.2.1:443: read: connection reset by peer',
    'failed to do request: Head "https://r.example/v2/x": EOF',
  ])('because of the network is asked for again, at most three times: %s', async (reason) => {
    expect(await attempts({ ...failing(reason), times: 1 }, { to: 'build *' })).toEqual([0, 2]);
    expect(await attempts(failing(reason))).toEqual([1, 4]);
  });

  test.each([
    'process "/bin/sh -c curl https://r.example # i/o timeout" did not complete successfully: exit code: 28',
    'node:99: failed to resolve source metadata for docker.io/library/node:99: docker.io/library/node:99: not found',
    'pull access denied, repository does not exist or may require authorization',
    'toomanyrequests: You have reached your pull rate limit',
    'dockerfile parse error on line 503: unknown instruction: FORM',
  ])('for good is not: %s', async (reason) => {
    expect(await attempts(failing(reason))).toEqual([1, 1]);
  });

  test('what is tried again is counted once', async () => {
    const step = '#6 [bundle 2/4] COPY package.json .\n#6 CACHED\n';
    const { stderr, ...rest } = failing('failed to do request: EOF');
    await build.answers('docker', [
      { ...rest, stderr: `${step}${stderr}`, times: 1 },
      { to: 'build *', stderr: step },
    ]);

    const outcome = await build.run('build.sh', { ...env, RETRY_SECONDS: '0' }, ['backend']);

    expect(structured(outcome, 'cache')).toEqual([{ mangoo: 'cache', cache: 'docker', hits: 1, lookups: 1 }]);
    expect(outcome.stderr).toContain(
      '==> docker build will be tried again in 0 s (2 of 4): ERROR: failed to build: failed to solve: failed to do request: EOF\n',
    );
  });
});
