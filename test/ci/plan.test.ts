import {
  type Answer,
  BACKEND_DIGEST,
  callsOf,
  COMMIT,
  errors,
  FRONTEND_DIGEST,
  type Outcome,
  REGISTRY,
  ScratchBuild,
  structured,
} from './scratch-build';
import { exportsOf } from './es-module';

const BASE = `sha256:${'1'.repeat(64)}`;
/** An image of the registry: repository, tag, digest. */
type Has = readonly [repository: string, tag: string, digest: string];

/** A registry that has these; it tells of each tag that is asked for, as the CLI prints it by the query of plan.mjs. */
function registry(images: readonly Has[]): Answer {
  const answer = `
    const [has, repository, ...tags] = process.argv.slice(1);
    const of = (tag) => JSON.parse(has).find((one) => one[0] === repository && one[1] === tag);
    const there = tags.filter(of).map((tag) => ({ digest: of(tag)[2], tag, manifest: "{}" }));
    const failures = tags.filter((tag) => !of(tag)).map((tag) => ({ tag, code: "ImageNotFound" }));
    console.log(JSON.stringify({ images: there, failures }));`;
  return {
    to: 'ecr batch-get-image --repository-name * --image-ids imageTag=*',
    does: `repository=$4; tags=(); for word in "$@"; do [[ $word != imageTag=* ]] || tags+=("\${word#*=}"); done
      node -e '${answer}' -- '${JSON.stringify(images)}' "$repository" "\${tags[@]}"`,
  };
}

const NO_RECORD: Answer = {
  to: 'ssm get-parameter*',
  stderr: 'An error occurred (ParameterNotFound) when calling the GetParameter operation: \n',
  exit: 254,
};

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('backend/requirements.txt', 'fastapi==0.115.0\n');
  await build.file('backend/Dockerfile', 'FROM python:3.11\nCOPY . .\n');
  await build.file('frontend/package.json', '{"scripts":{"build":"vite build"}}');
  await build.file('frontend/src/main.ts', 'console.log(import.meta.env.VITE_API)\n');
  await build.file('frontend/Dockerfile', 'FROM node:22\n');
  await build.file('cdk/bin/app.ts', 'const { SIZE } = process.env;\n');
  await build.file('README.md', 'Read me\n');
  await build.file('.gitignore', '.artifacts/\n.venv/\n');
  build.commit('Make it');
  await base(BASE);
});
afterEach(() => build.remove());

function base(digest: string, answer: Partial<Answer> = {}): Promise<void> {
  return build.answers('docker', [{ to: 'buildx imagetools inspect *', stdout: `${digest}\n`, ...answer }]);
}

async function plan(
  images: readonly Has[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
  answers: readonly Answer[] = [],
): Promise<Outcome> {
  await build.answers('aws', [...answers, registry(images), NO_RECORD]);
  return build.run('plan.sh', { IMAGES_TO_BUILD: undefined, ...env });
}

async function rows(): Promise<Record<string, { what?: string; digest?: string; content?: string }>> {
  const text = await build.read('.artifacts/plan.tsv');
  return Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([name = '', what, digest, content]) => [name, { what, digest, content }]),
  );
}

/** The tags of what the checkout has now. */
async function contents(env: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const outcome = await plan([], env);
  if (outcome.code) throw new Error(outcome.stderr);
  return Object.fromEntries(Object.entries(await rows()).map(([name, { content }]) => [name, content ?? '']));
}

/** A registry that has images of what the checkout has now. */
async function filled(): Promise<Has[]> {
  const { backend = '', frontend = '' } = await contents();
  return [
    ['mangoo-backend', backend, BACKEND_DIGEST],
    ['mangoo-frontend', frontend, FRONTEND_DIGEST],
  ];
}

test('of a first commit, all images are built, each with a tag of its content', async () => {
  const outcome = await plan();

  expect(outcome).toMatchObject({ code: 0, stdout: 'backend frontend\n' });
  const { backend, frontend } = await rows();
  expect(backend).toEqual({
    what: 'build',
    digest: '-',
    content: expect.stringMatching(/^content-[0-9a-f]{40}$/) as string,
  });
  expect(frontend?.content).not.toBe(backend?.content);
  expect(structured(outcome, 'cache')).toEqual([{ mangoo: 'cache', cache: 'images', hits: 0, lookups: 2 }]);
});

test('a push that changes nothing builds nothing, and says why', async () => {
  const images = await filled();

  const outcome = await plan(images);

  expect(outcome).toMatchObject({ code: 0, stdout: '\n' });
  expect(await rows()).toMatchObject({
    backend: { what: 'unchanged', digest: BACKEND_DIGEST },
    frontend: { what: 'unchanged', digest: FRONTEND_DIGEST },
  });
  const reason = 'the registry has an image of this content';
  expect(structured(outcome, 'plan')).toEqual([
    { mangoo: 'plan', image: 'backend', what: 'unchanged', reason },
    { mangoo: 'plan', image: 'frontend', what: 'unchanged', reason },
    { mangoo: 'plan', deployment: 'deploy', reason: 'no release is recorded that could be compared' },
  ]);
  expect(structured(outcome, 'cache')).toEqual([{ mangoo: 'cache', cache: 'images', hits: 2, lookups: 2 }]);
});

test('one line of the backend builds the backend alone', async () => {
  const images = await filled();
  await build.file('backend/app.py', 'print(1)\n');
  build.commit('Print it');

  expect((await plan(images)).stdout).toBe('backend\n');
  expect(await build.read('.artifacts/deployment.tsv')).toBe('deploy\t-\tthere are images to build\n');
});

describe('what the tag of the content follows', () => {
  test('not the commit, nor files of others', async () => {
    const before = await contents();
    await build.file('README.md', 'Read it again\n');
    await build.file('cdk/lib/stack.ts');
    build.commit('Say more');

    expect(await contents({ CODEBUILD_RESOLVED_SOURCE_VERSION: 'f'.repeat(40) })).toEqual(before);
  });

  test('not what lies about uncommitted: the image of a commit is the same on each host', async () => {
    const before = await contents();
    await build.file('backend/.venv/x');

    expect(await contents()).toEqual(before);
  });

  test('the base images: a new python:3.11 is a new backend, though not a line has changed', async () => {
    const before = await contents();
    await base(`sha256:${'2'.repeat(64)}`);
    const after = await contents();

    expect(after.backend).not.toBe(before.backend);
    expect(after.frontend).not.toBe(before.frontend);
  });

  test('how images are built', async () => {
    const before = await contents();
    await build.file('ci/build.sh', `${await build.read('ci/build.sh')}# --build-arg\n`);
    build.commit('Build otherwise');

    expect((await contents()).backend).not.toBe(before.backend);
  });

  test('the variables that are compiled in, and no others', async () => {
    const before = await contents({ VITE_API: 'a' });

    expect(await contents({ VITE_API: 'a', VITE_OTHER: 'b', CODEBUILD_BUILD_NUMBER: '8' })).toEqual(before);
    const after = await contents({ VITE_API: 'b' });
    expect(after.frontend).not.toBe(before.frontend);
    expect(after.backend).toBe(before.backend);
  });

  test('the Node.js that compiles', async () => {
    const before = await contents();
    const after = await contents({ NODEJS_VERSION: '24' });

    expect(after.frontend).not.toBe(before.frontend);
    expect(after.backend).toBe(before.backend);
  });

  test('a base image whose registry does not answer counts by its name, and the log says so', async () => {
    const before = await contents();
    await base('', { stderr: 'ERROR: 429 Too Many Requests\n', exit: 1 });

    const outcome = await plan();

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain(
      'WARNING: which image python:3.11 is now, nobody says (ERROR: 429 Too Many Requests): its name alone decides',
    );
    expect((await rows()).backend?.content).not.toBe(before.backend);
    expect(await contents()).toMatchObject({ backend: (await rows()).backend?.content });
  });

  test('a base image that two start from is asked for once, one by digest never', async () => {
    await build.file('backend/Dockerfile', `FROM node:22 AS x\nFROM python@${BASE}\n`);
    build.commit('Pin it');

    const outcome = await plan();

    expect(callsOf(outcome, 'docker').map(({ args }) => args)).toEqual([
      ['buildx', 'imagetools', 'inspect', 'node:22', '--format', '{{.Manifest.Digest}}'],
    ]);
  });

  test("only for a base image of the account's own registry, docker has to be logged in", async () => {
    await build.file('backend/Dockerfile', `FROM ${REGISTRY}/base:1\n`);
    build.commit('Take our own');
    await build.answers('docker', [
      { to: 'login *', reads: true },
      { to: 'buildx imagetools inspect *', stdout: `${BASE}\n` },
    ]);

    const outcome = await plan([], {}, [{ to: 'ecr get-login-password', stdout: 'secret\n' }]);

    expect(outcome).toMatchObject({ code: 0, stdout: 'backend frontend\n' });
    expect(callsOf(outcome, 'docker').map(({ args }) => args[0])).toEqual(['login', 'buildx', 'buildx']);
  });
});

describe('REBUILD=1', () => {
  test('builds everything, under a tag of its own, whatever the registry has', async () => {
    const images = await filled();

    const outcome = await plan([...images, ['mangoo-backend', COMMIT, BACKEND_DIGEST]], { REBUILD: '1' });

    expect(outcome).toMatchObject({ code: 0, stdout: 'backend frontend\n' });
    expect(structured(outcome, 'plan')).toContainEqual({
      mangoo: 'plan',
      image: 'backend',
      what: 'build',
      reason: 'REBUILD=1 builds everything',
    });
    expect((await build.run('image-tag.sh', { REBUILD: '1' })).stdout).toMatch(
      new RegExp(`^${COMMIT}-\\d+\n$`),
    );
  });

  test('refuses a tag that is taken: it is immutable', async () => {
    const outcome = await plan([['mangoo-backend', 'v1', BACKEND_DIGEST]], {
      REBUILD: '1',
      IMAGE_TAG: 'v1',
    });

    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(errors(outcome)).toEqual([
      'ERROR: REBUILD: backend exists as v1, and tags are immutable; take a new IMAGE_TAG, or none',
    ]);
  });

  test('is not for a rollback', async () => {
    expect(errors(await plan([], { REBUILD: '1', ROLLBACK: '1' }))).toEqual([
      'ERROR: REBUILD and ROLLBACK: a rollback builds nothing; take one of them',
    ]);
  });
});

describe('the tag of the build', () => {
  const both = (tag: string): Has[] => [
    ['mangoo-backend', tag, BACKEND_DIGEST],
    ['mangoo-frontend', tag, FRONTEND_DIGEST],
  ];
  const run = (
    tag: string,
    images: readonly Has[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> => plan(images, { IMAGE_TAG: tag, ...env });

  test('of a commit that was built before, nothing is', async () => {
    const outcome = await plan(both(COMMIT));

    expect(outcome).toMatchObject({ code: 0, stdout: '\n' });
    expect(await rows()).toMatchObject({ backend: { what: 'found', digest: BACKEND_DIGEST, content: '-' } });
    expect(structured(outcome, 'cache')).toEqual([]);
  });

  test('a build that was interrupted between two pushes goes on with the rest', async () => {
    expect(await run(COMMIT, both(COMMIT).slice(0, 1))).toMatchObject({ code: 0, stdout: 'frontend\n' });
  });

  test('under a tag of its own too, where the images that exist are of this commit', async () => {
    const images: Has[] = [
      ['mangoo-backend', 'v1', BACKEND_DIGEST],
      ['mangoo-backend', COMMIT, BACKEND_DIGEST],
    ];

    expect(await run('v1', images)).toMatchObject({ code: 0, stdout: 'frontend\n' });
  });

  test.each<[string, Has[]]>([
    ['has images of both', [['mangoo-backend', COMMIT, FRONTEND_DIGEST]]],
    ['is not in the registry', []],
  ])('no release is mixed of two commits: the one checked out %s', async (_, images) => {
    const outcome = await run('v1', [['mangoo-backend', 'v1', BACKEND_DIGEST], ...images]);

    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(errors(outcome)).toEqual([
      'ERROR: IMAGE_TAG v1: backend exists from another commit, frontend does not exist; take a new tag, or check out the commit of backend',
    ]);
  });

  test('a complete release of another commit is deployed: whoever rolls back stands on main', async () => {
    expect(await run('v1', both('v1'))).toMatchObject({ code: 0, stdout: '\n' });
  });

  test.each(['latest', 'latest-dev'])(
    'nothing becomes %s, not even an image of this content: it tells what runs',
    async (tag) => {
      const outcome = await run(tag, await filled());

      expect(outcome).toMatchObject({ code: 1, stdout: '' });
      expect(errors(outcome)).toEqual([
        `ERROR: IMAGE_TAG ${tag}: backend, frontend has no such image, and ${tag} is only given to what runs; take another tag`,
      ]);
    },
  );

  test('what latest names can be deployed again', async () => {
    expect(await run('latest', both('latest'))).toMatchObject({ code: 0, stdout: '\n' });
  });

  test('a rollback builds nothing where all images are there', async () => {
    const outcome = await run(COMMIT, both(COMMIT), { ROLLBACK: '1' });

    expect(outcome).toMatchObject({ code: 0, stdout: '\n' });
    // What it would be built of plays no part.
    expect(callsOf(outcome, 'docker')).toEqual([]);
  });

  describe('a rollback', () => {
    const templates = { MangooStack: 's3://assets/1.json' };
    const release = (values: object = {}): object => ({
      ...{ release: '3', commit: COMMIT, tag: COMMIT, deployKey: 'abc', templates },
      images: { backend: { digest: BACKEND_DIGEST }, frontend: { digest: FRONTEND_DIGEST } },
      ...values,
    });
    async function goingBack(...records: unknown[]): Promise<string[]> {
      return goingBackTo(undefined, ...records);
    }
    async function goingBackTo(ROLLBACK_TO: string | undefined, ...records: unknown[]): Promise<string[]> {
      const releases: Answer = {
        to: 'ssm get-parameter-history --name /mangoo-releases/default *',
        stdout: JSON.stringify(records.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))),
      };
      const outcome = await plan(both(COMMIT), { ROLLBACK: '1', ROLLBACK_TO, IMAGE_TAG: COMMIT }, [releases]);
      if (outcome.code) throw new Error(outcome.stderr);
      return (await build.read('.artifacts/deployment.tsv')).trimEnd().split('\t');
    }

    test('deploys what its release was deployed by, the newest of those that were of it', async () => {
      const older = release({ release: '1', templates: { MangooStack: 's3://assets/0.json' } });
      const other = release({ release: '5', commit: 'f'.repeat(40) });

      expect(await goingBack(older, release(), other)).toEqual([
        'restore',
        'abc',
        'the templates of release 3 are deployed again',
      ]);
      expect(await build.read('.artifacts/templates.tsv')).toBe('MangooStack\ts3://assets/1.json\n');
      // Of which commits its images were built, ci/push.sh reads there.
      expect(JSON.parse(await build.read('.artifacts/live.json'))).toEqual(release());
    });

    test('of several releases of a commit, deploys that which was asked for: the other had other variables', async () => {
      const asked = release({ release: '1', build: 'p:1', templates: { MangooStack: 's3://assets/0.json' } });

      expect((await goingBackTo('p:1', asked, release({ build: 'p:3' })))[2]).toBe(
        'the templates of release 1 are deployed again',
      );
      expect(await build.read('.artifacts/templates.tsv')).toBe('MangooStack\ts3://assets/0.json\n');
    });

    test.each<[string, unknown[], string]>([
      [
        'of templates that somebody has written by hand',
        [release({ templates: null })],
        'release 3 has no template recorded for MangooStack',
      ],
      ['of no release', ['{', null], 'no release of this commit and tag is recorded'],
      [
        'of a tag that another release of the commit has',
        [release({ tag: 'v1' })],
        'no release of this commit and tag is recorded',
      ],
      [
        'of a release of before templates were recorded',
        [release({ templates: undefined })],
        'release 3 has no template recorded for MangooStack',
      ],
      [
        'of a release of other stacks',
        [release({ templates: { OldStack: 's3://assets/1.json' } })],
        'release 3 has no template recorded for MangooStack',
      ],
      [
        'of images that are others today: what is deployed would not be what is verified',
        [release({ images: { backend: { digest: BACKEND_DIGEST }, frontend: { digest: 'sha256:0' } } })],
        'release 3 was made of another image of frontend',
      ],
    ])('%s is synthesized', async (_, records, reason) => {
      const [what, , told] = await goingBack(...records);

      expect([what, told]).toEqual(['deploy', reason]);
    });
  });

  test('and ends before anything where one is gone: what would be built anew was never released', async () => {
    const outcome = await run(COMMIT, both(COMMIT).slice(0, 1), { ROLLBACK: '1' });

    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(errors(outcome)).toEqual([
      `ERROR: ROLLBACK: the registry has no image ${COMMIT} of frontend, and a rollback builds nothing; go back to another release, or revert on the branch and push`,
    ]);
  });
});

test('the registry is asked once for each image, and its manifests are kept for the steps after', async () => {
  const images = await filled();

  const outcome = await plan(images);

  expect(callsOf(outcome, 'aws ecr')).toHaveLength(2);
  expect(await build.read('.artifacts/manifests/backend.json')).toBe('{}');
  expect(await build.read('.artifacts/manifests/frontend.json')).toBe('{}');
});

test('two tags of one image that come as one are both found', async () => {
  const images = [{ digest: BACKEND_DIGEST, tag: 'v1', manifest: '{}' }];
  const answer = { to: 'ecr *', stdout: JSON.stringify({ images, failures: [] }) };

  const outcome = await plan([], { IMAGE_TAG: 'v1' }, [answer]);

  expect(outcome).toMatchObject({ code: 0, stdout: '\n' });
});

test('an image that the registry cannot give for another reason than its absence is not built anew', async () => {
  const failures = [{ tag: COMMIT, code: 'InvalidImageTag' }];
  const answer = { to: 'ecr *', stdout: JSON.stringify({ images: [], failures }) };

  const outcome = await plan([], {}, [answer]);

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual([
    expect.stringMatching(`^ERROR: mangoo-(back|front)end:${COMMIT}: InvalidImageTag$`),
  ]);
});

test('a registry that does not answer ends the build: silence is no missing image', async () => {
  const outcome = await plan([], {}, [
    { to: 'ecr *', stderr: 'An error occurred (ServerException)\n', exit: 254 },
  ]);

  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toBe('');
  expect(errors(outcome)).toEqual(['ERROR: An error occurred (ServerException)']);
});

test('a repository that was deleted has no images; it is made again before the push', async () => {
  const gone = 'An error occurred (RepositoryNotFoundException) when calling the BatchGetImage operation\n';

  const outcome = await plan(await filled(), {}, [{ to: 'ecr *mangoo-backend *', stderr: gone, exit: 254 }]);

  expect(outcome).toMatchObject({ code: 0, stdout: 'backend\n' });
});

test('without IMAGES the build ends instead of deploying nothing', async () => {
  const outcome = await plan([], { IMAGES: undefined });

  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('IMAGES');
});

test('a record that cannot be read for another reason than its absence ends the build', async () => {
  const outcome = await plan([], {}, [{ to: 'ssm *', stderr: 'AccessDeniedException\n', exit: 254 }]);

  expect(outcome.code).not.toBe(0);
});

describe('the deployment', () => {
  const VERIFIED = '2026-11-25T12:00:00.000Z';
  const stack = (values: object = {}): Answer => ({
    to: 'cloudformation describe-stacks --stack-name MangooStack *',
    stdout: JSON.stringify({
      StackName: 'MangooStack',
      StackStatus: 'UPDATE_COMPLETE',
      CreationTime: '2026-11-01T00:00:00Z',
      LastUpdatedTime: '2026-11-25T11:50:00+00:00',
      Resolved: [{ ParameterKey: 'BootstrapVersion', ParameterValue: '/cdk' }],
      Outputs: [{ OutputKey: 'Url', OutputValue: 'http://x' }],
      ...values,
    }),
  });
  /** Of a plan, with a live release that was made of what the checkout has now. */
  const record = (deployKey: string): Answer => ({
    to: 'ssm get-parameter --name /mangoo-releases/default *',
    stdout: `${JSON.stringify({ release: '6', verified: VERIFIED, deployKey })}\n`,
  });
  let key: string;
  let images: Has[];
  beforeEach(async () => {
    images = await filled();
    await plan(images);
    key = (await build.read('.artifacts/deployment.tsv')).split('\t')[1] ?? '';
  });
  const decided = async (answers: readonly Answer[], env: Record<string, string> = {}): Promise<string[]> => {
    const outcome = await plan(images, env, answers);
    if (outcome.code) throw new Error(outcome.stderr);
    return (await build.read('.artifacts/deployment.tsv')).trimEnd().split('\t');
  };

  test('it is left out where the live release was made of the same, and its outputs are told still', async () => {
    const [what, itsKey, reason] = await decided([record(key), stack()]);

    expect([what, itsKey]).toEqual(['skip', key]);
    expect(reason).toBe('release 6 was made of the same, and its stacks are as it left them');
    expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
      MangooStack: { Url: 'http://x' },
    });
  });

  test.each<[string, () => Promise<void>]>([
    ['a file of the CDK app', () => build.file('cdk/lib/x.ts', 'export {}')],
    ['a text that the CDK app may show', () => build.file('cdk/lib/dashboard.md', 'Look')],
    ['a file beside it that it may read', () => build.file('settings.json', '{}')],
  ])('%s has changed: it is deployed', async (_, change) => {
    await change();
    build.commit('Change it');

    expect(await decided([record(key), stack()])).toEqual([
      'deploy',
      expect.not.stringMatching(key),
      'images, sources or variables are others than those of release 6',
    ]);
  });

  test('what is only for people to read deploys nothing', async () => {
    await build.file('README.md', 'Other words\n');
    build.commit('Explain');

    expect((await decided([record(key), stack()]))[0]).toBe('skip');
  });

  test.each([
    ['CDK_ENV', 'dev'],
    ['SIZE', 'large'],
    ['PERMISSIONS_BOUNDARY', 'x'],
  ])('another %s deploys: the CDK app reads it', async (name, value) => {
    expect((await decided([record(key), stack()], { [name]: value }))[0]).toBe('deploy');
  });

  test('a variable that no file of the CDK app names does not', async () => {
    expect((await decided([record(key), stack()], { OTHER: 'x', CODEBUILD_BUILD_NUMBER: '9' }))[0]).toBe(
      'skip',
    );
  });

  test.each<[string, Answer, string]>([
    [
      'was changed since, by a build that failed or by hand',
      stack({ LastUpdatedTime: '2026-11-25T12:00:01Z' }),
      'stack MangooStack has been changed since release 6 was verified',
    ],
    [
      'has gone back',
      stack({ StackStatus: 'UPDATE_ROLLBACK_COMPLETE' }),
      'stack MangooStack is UPDATE_ROLLBACK_COMPLETE',
    ],
    [
      'was deleted',
      {
        to: 'cloudformation *',
        stderr: 'An error occurred (ValidationError): Stack with id MangooStack does not exist\n',
        exit: 254,
      },
      'stack MangooStack does not exist',
    ],
    [
      'reads a value that may be another today',
      stack({ Resolved: [{ ParameterKey: 'Ami', ParameterValue: '/ami' }] }),
      'stack MangooStack reads /ami of Parameter Store',
    ],
  ])('a stack that %s is deployed', async (_, answer, reason) => {
    expect(await decided([record(key), answer])).toEqual(['deploy', key, reason]);
  });

  test('REBUILD=1 deploys in any case', () => {
    const { deployment } = exportsOf<{ deployment: (of: object) => { what: string } }>('ci/plan.mjs');
    const same = {
      key,
      live: { release: '6', verified: VERIFIED, deployKey: key },
      stacks: [JSON.parse(stack().stdout ?? '') as object],
      names: ['MangooStack'],
    };

    expect(deployment(same).what).toBe('skip');
    expect(deployment({ ...same, rebuild: true }).what).toBe('deploy');
  });

  test('CloudFormation that does not answer ends the build: silence is no unchanged stack', async () => {
    const outcome = await plan(images, {}, [
      record(key),
      { to: 'cloudformation *', stderr: 'AccessDenied\n', exit: 254 },
    ]);

    expect(outcome.code).not.toBe(0);
    expect(errors(outcome)).toEqual(['ERROR: AccessDenied']);
  });

  test('the build of a release, which deploys nothing, neither reads the record nor decides about it', async () => {
    const outcome = await plan(images, { RELEASE_PARAMETER: undefined });

    expect(outcome).toMatchObject({ code: 0, stdout: '\n' });
    expect(callsOf(outcome, 'aws ssm')).toEqual([]);
    expect(callsOf(outcome, 'aws cloudformation')).toEqual([]);
  });
});

describe('the images that a Dockerfile starts from', () => {
  const { baseImages } = exportsOf<{ baseImages: (text: string) => string[] }>('ci/plan.mjs');

  test.each([
    ['FROM a:1\nFROM --platform=linux/amd64 b AS c\nFROM c\nFROM scratch', ['a:1', 'b']],
    ['ARG V=3\nARG W="4"\nFROM p:${V}-${X:-slim}\nFROM q:$W', ['p:3-slim', 'q:4']],
    ['FROM p:${UNKNOWN}', ['p:${UNKNOWN}']],
    [
      'FROM a AS Base\nCOPY --from=base x y\nCOPY --chown=1 --from=nginx:1 x y\nCOPY --from=0 x y',
      ['a', 'nginx:1'],
    ],
    ['FROM a\nRUN --mount=type=bind,from=tools:2,target=/t make', ['a', 'tools:2']],
    ['# syntax=docker/dockerfile:1\nFROM a', ['docker/dockerfile:1', 'a']],
    ['# FROM x\nfrom \\\n  a as b\n# FROM y\nRUN echo FROM z', ['a']],
    ['FROM a\r\nFROM a\r\n', ['a']],
    ['', []],
  ])('%j: %j', (text, images) => {
    expect(baseImages(text)).toEqual(images);
  });
});

test.each([1, 3, 20])(
  '%d images of any name are planned, in the order of the configuration',
  async (number) => {
    const names = Array.from({ length: number }, (_, i) => `part${i}`);
    for (const name of names) await build.file(`parts/${name}/Dockerfile`, `FROM a:${name}\n`);
    build.commit('Make parts');
    const IMAGES = names.map((name) => `${name},parts/${name},r/${name},s-${name},`).join(' ');

    const outcome = await plan([], { IMAGES });

    expect(outcome).toMatchObject({ code: 0, stdout: `${names.join(' ')}\n` });
    expect(new Set(Object.values(await rows()).map(({ content }) => content)).size).toBe(number);
  },
);
