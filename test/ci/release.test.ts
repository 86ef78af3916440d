import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  BACKEND_DIGEST,
  callsOf,
  COMMIT,
  errors,
  FRONTEND_DIGEST,
  option,
  type Outcome,
  ScratchBuild,
} from './scratch-build';

const env = { IMAGE_TAG: COMMIT, CODEBUILD_WEBHOOK_HEAD_REF: 'refs/heads/main' };
/** Keeps what is put. */
const PUTS = {
  to: 'ssm put-parameter *',
  does: 'for word in "$@"; do case $word in file://*) cat "${word#file://}" >"$HOME/put" ;; esac; done',
  stdout: '{"Version":1,"Tier":"Standard"}\n',
};

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  build.commit('It\'s "100%" $(done) \\ {}');
  await build.images();
  await build.file(
    '.artifacts/services.tsv',
    `mangoo-backend-service\t${BACKEND_DIGEST}\trolled\tarn:aws:ecs:eu-west-1:123456789012:task-definition/backend:7\n`,
  );
  await build.answers('aws', [PUTS]);
});
afterEach(() => build.remove());

async function recorded(): Promise<Record<string, unknown>> {
  return JSON.parse(await build.read('.artifacts/release.json')) as Record<string, unknown>;
}

function isRecorded(): boolean {
  return existsSync(path.join(build.root, '.artifacts/release.json'));
}

test('a verified release says which commit is in which image, and which task definition runs it, by whom and when', async () => {
  const started = Date.now() - 90_000;

  const outcome = await build.run('release.sh', { ...env, CODEBUILD_START_TIME: String(started) });

  expect(outcome.code).toBe(0);
  const { verified, seconds, ...rest } = await recorded();
  expect(rest).toEqual({
    version: 1,
    status: 'verified',
    release: '7',
    commit: COMMIT,
    tag: COMMIT,
    branch: 'main',
    author: 'Ada',
    subject: 'It\'s "100%" $(done) \\ {}',
    build: 'mangoo-build-deploy:5e1f',
    started: new Date(started).toISOString(),
    rollback: false,
    images: {
      backend: { repository: 'mangoo-backend', digest: BACKEND_DIGEST, built: true, from: COMMIT },
      frontend: { repository: 'mangoo-frontend', digest: FRONTEND_DIGEST, built: false, from: COMMIT },
    },
    taskDefinitions: {
      'mangoo-backend-service': 'arn:aws:ecs:eu-west-1:123456789012:task-definition/backend:7',
    },
  });
  expect(Date.parse(String(verified))).toBeGreaterThanOrEqual(started + 90_000);
  expect(seconds).toBeGreaterThanOrEqual(90);
});

test("the environment's parameter gets the same, in the pipeline's own region, and no other is touched", async () => {
  const outcome = await build.run('release.sh', { ...env, TARGET_REGION: 'ap-south-1' });

  const [put, ...more] = callsOf(outcome, 'aws');
  expect(more).toEqual([]);
  expect(put && option(put, '--name')).toBe('/mangoo-releases/default');
  expect(put?.args).toContain('--overwrite');
  expect(put?.env.AWS_REGION).toBe('');
  // HOME is beside the checkout.
  expect(await build.read('../put')).toBe(await build.read('.artifacts/release.json'));
});

test('of a rollback it says that it is one', async () => {
  await build.run('release.sh', { ...env, ROLLBACK: '1' });

  expect(await recorded()).toMatchObject({ rollback: true });
});

test('a build that somebody has started is of no branch, and an image of an unknown commit of none', async () => {
  const row = `backend\tmangoo-backend\tx/mangoo-backend@${BACKEND_DIGEST}\ts\tfound\t${BACKEND_DIGEST}\t-\n`;
  await build.file('.artifacts/images.tsv', row);

  await build.run('release.sh', { ...env, CODEBUILD_WEBHOOK_HEAD_REF: undefined });

  const record = await recorded();
  expect(record).not.toHaveProperty('branch');
  expect(record.images).toEqual({
    backend: { repository: 'mangoo-backend', digest: BACKEND_DIGEST, built: false },
  });
});

test('it has the key by which a later build knows that nothing would change, and who has built what it has only found', async () => {
  await build.file('.artifacts/deployment.tsv', 'skip\tabc\tas before\n');
  const row = (how: string): string =>
    `${how}\tr\tx/r@${BACKEND_DIGEST}\ts\t${how}\t${BACKEND_DIGEST}\t${COMMIT}\tmangoo-build-deploy:0a1b\n`;
  await build.file('.artifacts/images.tsv', row('pushed') + row('found'));

  await build.run('release.sh', env);

  expect(await recorded()).toMatchObject({
    deployKey: 'abc',
    images: { found: { built: false, from: COMMIT, builtBy: 'mangoo-build-deploy:0a1b' } },
  });
  expect((await recorded()).images).not.toHaveProperty('pushed.builtBy');
});

describe('what a parameter can hold', () => {
  async function of(images: number, length: number): Promise<Record<string, unknown>> {
    const uuid = '3f9399ce-8e30-4158-8066-63c56de5e66c';
    const names = Array.from({ length: images }, (_, i) => `${'x'.repeat(length)}-${i}`);
    await build.file(
      '.artifacts/images.tsv',
      names
        .map(
          (n) =>
            `${n}\t${n}\tr/${n}@${BACKEND_DIGEST}\t${n}\tfound\t${BACKEND_DIGEST}\t${COMMIT}\tmangoo-build-deploy:${uuid}\n`,
        )
        .join(''),
    );
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/';
    await build.file(
      '.artifacts/services.tsv',
      names.map((name) => `${name}\t${BACKEND_DIGEST}\trolled\t${arn}${name}:1234\n`).join(''),
    );
    expect((await build.run('release.sh', env)).code).toBe(0);
    return recorded();
  }
  const bytes = async (): Promise<number> => Buffer.byteLength(await build.read('.artifacts/release.json'));

  test('two images fit where parameters cost nothing', async () => {
    await of(2, 20);

    expect(await bytes()).toBeLessThan(4096);
  });

  test('twenty fit, whole', async () => {
    const { taskDefinitions } = await of(20, 14);

    expect(Object.keys(taskDefinitions as object)).toHaveLength(20);
    expect(await bytes()).toBeLessThanOrEqual(8192);
  });

  test('twenty of long names leave out their task definitions rather than the release', async () => {
    const { taskDefinitions, images } = await of(20, 45);

    expect(taskDefinitions).toEqual({});
    expect(Object.keys(images as object)).toHaveLength(20);
    expect(await bytes()).toBeLessThanOrEqual(8192);
  });

  test('templates of very many stacks are left out rather than the release', async () => {
    await build.file(
      '.artifacts/templates.tsv',
      Array.from({ length: 80 }, (_, i) => `S${i}\ts3://${'b'.repeat(100)}/${i}\n`).join(''),
    );

    const { images, ...rest } = await of(20, 45);

    expect(Object.keys(images as object)).toHaveLength(20);
    expect(rest).not.toHaveProperty('templates');
    expect(await bytes()).toBeLessThanOrEqual(8192);
  });

  test('a subject that looks like a reference to a parameter is stored, and is what it was: AWS refuses the reference', async () => {
    const subject = 'Use ${{ matrix.node }} and {{{ssm:x}}}';
    build.commit(subject);

    await build.run('release.sh', env);

    expect(await build.read('../put')).not.toContain('{{');
    expect((await recorded()).subject).toBe(subject);
  });

  test('a subject may be as long as its author likes', async () => {
    build.commit(`${'🥭'.repeat(3000)}.`);

    await build.run('release.sh', env);

    expect((await recorded()).subject).toBe(`${'🥭'.repeat(119)}…`);
  });
});

test('what could not be put ends the build, and is not taken for recorded', async () => {
  await build.answers('aws', [{ to: 'ssm *', stderr: 'An error occurred (AccessDenied)\n', exit: 254 }]);

  const outcome = await build.run('release.sh', env);

  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('AccessDenied');
  expect(isRecorded()).toBe(false);
});

describe('at the end of a build', () => {
  const end = (extra: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
    build.run('release.sh', { ...env, ...extra }, ['failed']);

  test('one that failed is recorded with the step, for the artifacts alone: the parameter keeps what runs', async () => {
    await build.answers('aws', [{ to: 'ecs *', stderr: 'ServerException\n', exit: 254 }]);
    await build.run('verify.sh');

    const outcome = await end();

    expect({ code: outcome.code, errors: errors(outcome) }).toEqual({ code: 0, errors: [] });
    expect(callsOf(outcome, 'aws')).toEqual([]);
    expect(await recorded()).toMatchObject({
      status: 'failed',
      step: 'verify.sh',
      release: '7',
      taskDefinitions: {},
    });
    expect(await recorded()).not.toHaveProperty('verified');
  });

  test('one that failed before anything was pushed has no images', async () => {
    await build.file('.artifacts/images.tsv', '');

    await end();

    expect(await recorded()).toMatchObject({ status: 'failed', images: {} });
  });

  test('the record of a verified release stays, whatever failed after it', async () => {
    await build.run('release.sh', env);
    const before = await build.read('.artifacts/release.json');

    const outcome = await end();

    expect(outcome.code).toBe(0);
    expect(await build.read('.artifacts/release.json')).toBe(before);
  });

  test('of steps that ran side by side, the one that failed is named, and none that was stopped with it', async () => {
    await build.file(
      '.artifacts/steps.tsv',
      'test-and-build.sh\t1\ntest frontend\t1\t2\t-\tfailed\ntest backend\t1\t3\t-\tstopped\n',
    );

    await end();

    expect(await recorded()).toMatchObject({ status: 'failed', step: 'test frontend' });
  });

  test('where those have passed, it is the step after them', async () => {
    await build.file(
      '.artifacts/steps.tsv',
      'test-and-build.sh\t1\ntest frontend\t1\t2\t-\tpassed\nscan.sh\t3\n',
    );

    await end();

    expect(await recorded()).toMatchObject({ step: 'scan.sh' });
  });

  test('one whose record could not be written failed at that', async () => {
    await build.answers('aws', [{ to: 'ssm *', stderr: 'ThrottlingException\n', exit: 254 }]);
    await build.run('release.sh', env);

    await end();

    expect(await recorded()).toMatchObject({ status: 'failed', step: 'release.sh' });
  });

  describe('where it came to a deployment, the record says which release runs', () => {
    const definition = (name: string): string => `arn:aws:ecs:eu-west-1:123456789012:task-definition/${name}`;
    const OTHER = `sha256:${'0'.repeat(64)}`;
    async function left(
      runs: Record<string, string>,
      live: object | null = {
        release: '6',
        taskDefinitions: {
          'mangoo-backend-service': definition('b:1'),
          'mangoo-frontend-service': definition('f:1'),
        },
        // The frontend is the same in both.
        images: { backend: { digest: OTHER }, frontend: { digest: FRONTEND_DIGEST } },
      },
      executed = 'MangooStack\n',
    ): Promise<{ outcome: Outcome; runs: unknown }> {
      await build.file('.artifacts/steps.tsv', 'deploy.sh\t3\n');
      await build.file('.artifacts/executed.tsv', executed);
      await build.file('.artifacts/live.json', live ? JSON.stringify(live) : '');
      const rows = Object.entries(runs).map(([name, of]) => `mangoo-${name}-service\t${definition(of)}\n`);
      await build.answers('aws', [
        {
          to: 'ecs describe-services --cluster mangoo-cluster * --services mangoo-backend-service mangoo-frontend-service',
          stdout: rows.join(''),
        },
      ]);
      const outcome = await end();
      return { outcome, runs: (await recorded()).runs };
    }

    test.each<[string, Record<string, string>, string, RegExp]>([
      [
        'the one before: the stack went back, or was never touched',
        { backend: 'b:1', frontend: 'f:1' },
        'before',
        /^==> what runs is release 6, as before this build, whole$/m,
      ],
      [
        'its own, of which nobody has seen that it runs well',
        { backend: 'b:2', frontend: 'f:2' },
        'this',
        /^==> WARNING: what runs is what this build has deployed, whole, .*: npm run rollback -- 6 goes back$/m,
      ],
      [
        'its own, though one of the images was there before',
        { backend: 'b:2', frontend: 'f:1' },
        'this',
        /whole/,
      ],
      [
        'neither as a whole',
        { backend: 'b:1', frontend: 'f:2' },
        'other',
        /^==> WARNING: what runs is neither what this build was to deploy nor the last release that was recorded, as a whole/m,
      ],
      ['neither, where a service is gone', { backend: 'b:2' }, 'other', /neither/],
    ])('%s', async (_, services, expected, told) => {
      const { outcome, runs } = await left(services);

      expect(outcome.code).toBe(0);
      expect(runs).toBe(expected);
      expect(outcome.stderr).toMatch(told);
    });

    test('not its own, where it has executed nothing: an earlier build has left that', async () => {
      const { runs } = await left({ backend: 'b:2', frontend: 'f:2' }, undefined, '');

      expect(runs).toBe('other');
    });

    test('nothing, where the record of before does not say what ran', async () => {
      const { runs } = await left(
        { backend: 'b:2', frontend: 'f:2' },
        { release: '6', taskDefinitions: {}, images: {} },
      );

      expect(runs).toBeUndefined();
    });

    test('its own, where no release was recorded before', async () => {
      const { outcome, runs } = await left({ backend: 'b:2', frontend: 'f:2' }, null);

      expect(runs).toBe('this');
      expect(outcome.stderr).toContain('push what mends it');
    });

    test('or that it is not known, and the record is there all the same', async () => {
      await build.file('.artifacts/steps.tsv', 'deploy.sh\t3\n');
      await build.answers('aws', [{ to: 'ecs *', stderr: 'ExpiredTokenException\n', exit: 254 }]);

      const outcome = await end();

      expect(outcome.code).toBe(0);
      expect(await recorded()).not.toHaveProperty('runs');
      expect(outcome.stderr).toContain('WARNING: what runs now is not known');
    });

    test('elsewhere, it is asked there', async () => {
      await build.file('.artifacts/steps.tsv', 'deploy.sh\t3\n');
      await build.answers('aws', [{ to: 'ecs *' }]);

      const outcome = await build.run('release.sh', { ...env, TARGET_REGION: 'ap-south-1' }, ['failed']);

      expect(callsOf(outcome, 'aws ecs').map((call) => call.env.AWS_REGION)).toEqual(['ap-south-1']);
    });
  });
});
