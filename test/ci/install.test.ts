import { mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type Answer, callsOf, errors, type Outcome, ScratchBuild, structured } from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('backend/requirements.txt', 'fastapi==0.1\n');
  await build.file('backend/requirements-dev.txt', 'pytest==9\n');
  for (const folder of ['frontend', 'cdk']) {
    await build.file(`${folder}/package.json`, '{}');
    await build.file(`${folder}/package-lock.json`, '{}');
  }
  await programs({}, {});
});
afterEach(() => build.remove());

async function programs(npm: Partial<Answer>, pip: Partial<Answer>): Promise<void> {
  await build.answers('npm', [{ to: 'ci *', ...npm }]);
  await build.answers('tools/pip', [{ to: 'install *', ...pip }]);
  await build.answers('python3', [
    { to: '-m venv .venv', does: '[[ ! -e .venv ]] && mkdir -p .venv/bin && cp ../tools/pip .venv/bin/' },
  ]);
}

/** Sorted: the folders are installed side by side. */
function told({ calls }: Outcome): string[] {
  return calls.map(({ cwd, program, args }) => `${cwd}: ${[program, ...args].join(' ')}`).sort();
}

test('exactly what lock files and requirements say is installed, each in its folder', async () => {
  const outcome = await build.run('install.sh');

  expect(outcome.code).toBe(0);
  expect(told(outcome)).toEqual([
    'backend: pip install --quiet --requirement requirements.txt --requirement requirements-dev.txt',
    'backend: python3 -m venv .venv',
    'cdk: npm ci --no-audit --no-fund',
    'frontend: npm ci --no-audit --no-fund',
  ]);
});

test('a build that deploys what others have built installs the CDK app alone', async () => {
  const outcome = await build.run('install.sh', {}, ['cdk']);

  expect(outcome.code).toBe(0);
  expect(told(outcome)).toEqual(['cdk: npm ci --no-audit --no-fund']);
});

test('so does one that builds no image, such as a rollback: it tests nothing', async () => {
  const outcome = await build.run('install.sh', { IMAGES_TO_BUILD: '' });

  expect(outcome.code).toBe(0);
  expect(told(outcome)).toEqual(['cdk: npm ci --no-audit --no-fund']);
});

test('an image that is not built is not installed, nor asked for its lock file', async () => {
  await rm(path.join(build.root, 'frontend/package-lock.json'));

  const outcome = await build.run('install.sh', { IMAGES_TO_BUILD: 'backend' });

  expect(outcome.code).toBe(0);
  expect(told(outcome).filter((call) => call.startsWith('frontend'))).toEqual([]);
  expect(callsOf(outcome, 'pip')).toHaveLength(1);
});

describe('where nothing is deployed', () => {
  test('the CDK app is not installed either, and nothing is', async () => {
    await build.file('.artifacts/deployment.tsv', 'skip\tkey\tnothing changed\n');

    const outcome = await build.run('install.sh', { IMAGES_TO_BUILD: '' });

    expect(outcome.code).toBe(0);
    expect(outcome.calls).toEqual([]);
    expect(outcome.stderr).toContain('nothing to install');
  });

  test('and it is where something is', async () => {
    await build.file('.artifacts/deployment.tsv', 'deploy\tkey\tit changed\n');

    const outcome = await build.run('install.sh', { IMAGES_TO_BUILD: '' });

    expect(told(outcome)).toEqual(['cdk: npm ci --no-audit --no-fund']);
  });
});

test('requirements for development are optional', async () => {
  await rm(path.join(build.root, 'backend/requirements-dev.txt'));

  const [pip] = callsOf(await build.run('install.sh'), 'pip');

  expect(pip?.args).toEqual(['install', '--quiet', '--requirement', 'requirements.txt']);
});

describe('the virtual environment', () => {
  test('it is kept while the requirements are the same', async () => {
    await build.run('install.sh');

    const outcome = await build.run('install.sh');

    expect(outcome.stderr + outcome.stdout).toContain('/backend/.venv is up to date');
    expect(told(outcome).filter((call) => call.startsWith('backend'))).toEqual([]);
  });

  test.each(['requirements.txt', 'requirements-dev.txt'])(
    'it is made anew when %s changes: no package of before stays',
    async (file) => {
      await build.run('install.sh');
      await build.file('backend/.venv/old');
      await build.file(`backend/${file}`, 'other==1\n');

      const outcome = await build.run('install.sh');

      expect(callsOf(outcome, 'pip')).toHaveLength(1);
      await expect(build.read('backend/.venv/old')).rejects.toThrow();
    },
  );

  test('one that was half installed is not taken for complete', async () => {
    await programs({}, { exit: 1 });
    expect((await build.run('install.sh')).code).toBe(1);

    await programs({}, {});

    expect(callsOf(await build.run('install.sh'), 'pip')).toHaveLength(1);
  });
});

describe('a missing file', () => {
  test('all are told at once, each in one line, and nothing is installed', async () => {
    await rm(path.join(build.root, 'backend/requirements.txt'));
    await rm(path.join(build.root, 'frontend/package-lock.json'));
    await rm(path.join(build.root, 'cdk/package-lock.json'));

    const outcome = await build.run('install.sh');

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      'ERROR: ./cdk/package-lock.json is missing: npm ci needs it in git (npm install --package-lock-only makes it; git check-ignore -v ./cdk/package-lock.json says who ignores it)',
      'ERROR: ./backend has neither requirements.txt nor package.json: nothing says what to install',
      'ERROR: ./frontend/package-lock.json is missing: npm ci needs it in git (npm install --package-lock-only makes it; git check-ignore -v ./frontend/package-lock.json says who ignores it)',
    ]);
    expect(outcome.calls).toEqual([]);
  });

  test('a folder that is missing altogether is told under its name in APP_DIR', async () => {
    const outcome = await build.run('install.sh', { APP_DIR: 'app' });

    expect(errors(outcome)).toEqual(
      ['cdk', 'backend', 'frontend'].map(
        (name) =>
          `ERROR: app/${name} has neither requirements.txt nor package.json: nothing says what to install`,
      ),
    );
  });
});

describe('an installation that fails', () => {
  test('it is named, what it printed is in the log under its name, and the build ends there', async () => {
    await programs({}, { exit: 3, stderr: 'No matching distribution found for fastapi\n' });

    const outcome = await build.run('install.sh');

    expect(outcome.code).toBe(3);
    expect(errors(outcome)).toEqual([
      expect.stringMatching(/^ERROR: install backend failed with exit status 3/),
    ]);
    expect(outcome.stderr).toContain('\n[install backend] No matching distribution found for fastapi\n');
  });

  test('without venv the host is left alone', async () => {
    await build.answers('python3', [{ to: '-m venv .venv', exit: 1 }]);

    const outcome = await build.run('install.sh');

    expect(outcome.code).toBe(1);
    expect(callsOf(outcome, 'pip')).toEqual([]);
  });
});

describe('the cache of downloads', () => {
  const told = async (env = {}): Promise<unknown[]> =>
    structured(await build.run('install.sh', env), 'cache');
  const lookup = (cache: string, hits: number): object => ({ mangoo: 'cache', cache, hits, lookups: 1 });

  /** A cache as CodeBuild has it ready: local ones are symbolic links. */
  async function cached(home: string, file: string): Promise<void> {
    await build.file(`${home}/../kept/${file}`);
    await mkdir(path.join(build.root, home), { recursive: true });
    for (const folder of ['.npm', '.cache/pip']) {
      const link = path.join(build.root, home, folder);
      await mkdir(path.dirname(link), { recursive: true });
      await mkdir(path.join(build.root, home, '../kept', folder), { recursive: true });
      await symlink(path.join(build.root, home, '../kept', folder), link);
    }
  }

  test('a build on a new host says that it found nothing', async () => {
    expect(await told()).toEqual([lookup('npm', 0), lookup('pip', 0)]);
  });

  test.each([
    ['npm', '.npm/_cacache/content-v2/a'],
    ['pip', '.cache/pip/http-v2/a'],
  ])('what an earlier build of the host has left for %s is a hit, for it alone', async (name, file) => {
    await cached('home', file);

    expect(await told({ HOME: path.join(build.root, 'home') })).toEqual(
      ['npm', 'pip'].map((cache) => lookup(cache, Number(cache === name))),
    );
  });

  test('folders without a file are no hit: CodeBuild makes them for every build', async () => {
    await cached('home', 'nothing');
    await mkdir(path.join(build.root, 'kept/.npm/_cacache/tmp'), { recursive: true });

    expect(await told({ HOME: path.join(build.root, 'home') })).toEqual([lookup('npm', 0), lookup('pip', 0)]);
  });

  test('npm is asked about where it was told to keep its downloads', async () => {
    await build.file('elsewhere/_cacache/a');

    expect(await told({ NPM_CONFIG_CACHE: path.join(build.root, 'elsewhere') })).toContainEqual(
      lookup('npm', 1),
    );
  });

  test('without a Python image, pip is not looked up', async () => {
    expect(await told({ IMAGES: 'frontend,frontend,mangoo-frontend,s' })).toEqual([lookup('npm', 0)]);
  });
});
