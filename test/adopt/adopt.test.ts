import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Adoption, adopt } from '../../tools/adopt/adopt';
import type { Finding } from '../../tools/adopt/findings';
import { type Answered, answered } from '../answered';

const PIPELINE = path.resolve(__dirname, '../..');
const STEPS = readdirSync(path.join(PIPELINE, 'ci')).sort();
const FILES = ['buildspec.yml', ...STEPS.map((step) => `ci/${step}`)];
const EXECUTABLE = FILES.filter(
  (file) => file.endsWith('.sh') && !['ci/change-sets.sh', 'ci/common.sh'].includes(file),
);

let temporary: string;
let count = 0;

beforeAll(() => {
  temporary = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'adopt-')));
  writeFileSync(path.join(temporary, 'gitconfig'), '');
  const template = path.join(temporary, 'template');
  // Copying takes most of the time: sources of backend and frontend, which play no part, are left out.
  copyExample(template, /\/(?:app|tests|src|public)$/);
  git(template, 'init', '--quiet', '--template=');
});

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

function copyExample(directory: string, without: RegExp): void {
  cpSync(path.join(PIPELINE, 'examples/mangoo'), directory, {
    recursive: true,
    filter: (file) => !/\/(?:node_modules|dist|cdk\.out|\.venv)$/.test(file) && !without.test(file),
  });
}

/** A repository of its own with what counts of the example application in it. */
function application(): string {
  const directory = newPath();
  cpSync(path.join(temporary, 'template'), directory, { recursive: true });
  return directory;
}

function newPath(): string {
  return path.join(temporary, `${++count}`);
}

/** The user's settings and hooks play no part. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: temporary,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: path.join(temporary, 'gitconfig'),
  };
}

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: directory,
    env: environment(),
    encoding: 'utf8',
  });
}

function run(argv: readonly string[], env: Record<string, string | undefined> = {}): Promise<Answered> {
  return answered('npm run adopt --', adopt, argv, { cwd: temporary, env: { ...environment(), ...env } });
}

async function adoptionOf(
  directory: string,
  argv: readonly string[] = [],
  env: Record<string, string | undefined> = {},
): Promise<Adoption & { code: number }> {
  const json = newPath();
  const { code } = await run([directory, '--json', json, ...argv], env);
  return { code, ...(JSON.parse(readFileSync(json, 'utf8')) as Adoption) };
}

function write(directory: string, file: string, text: string): void {
  mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  writeFileSync(path.join(directory, file), text);
}

function edit(directory: string, file: string, change: (text: string) => string): void {
  const absolute = path.join(directory, file);
  const before = readFileSync(absolute, 'utf8');
  const after = change(before);
  // A test whose edit finds nothing would test the example as it is.
  expect(after).not.toBe(before);
  writeFileSync(absolute, after);
}

function remove(directory: string, file: string): void {
  rmSync(path.join(directory, file), { recursive: true });
}

/** Everything in a directory but git's own: mode, inode and content of files, where links lead. */
function stateOf(directory: string): Record<string, string> {
  const state: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (/^\.git(?:\/|$)/.test(name)) continue;
    const file = path.join(directory, name);
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) state[name] = `-> ${readlinkSync(file)}`;
    else if (stat.isDirectory()) state[name] = 'folder';
    else state[name] = `${stat.mode.toString(8)} ${stat.ino} ${readFileSync(file, 'utf8')}`;
  }
  return state;
}

describe('what is copied', () => {
  test('every file that a build runs arrives as it is here, with its mode: no build ends with Permission denied', async () => {
    const directory = application();

    const { code, copied, unchanged } = await adoptionOf(directory);

    expect({ code, copied, unchanged }).toEqual({ code: 0, copied: FILES, unchanged: [] });
    for (const file of FILES) {
      const there = path.join(directory, file);
      expect(readFileSync(there).equals(readFileSync(path.join(PIPELINE, file)))).toBe(true);
      expect([file, (statSync(there).mode & 0o100) !== 0]).toEqual([file, EXECUTABLE.includes(file)]);
    }
    expect(readdirSync(path.join(directory, 'ci')).sort()).toEqual(STEPS);
  });

  test('the buildspecs of a release come where the configuration asks for one', async () => {
    const directory = application();
    const config = path.join(PIPELINE, 'config/examples/release.ts');

    const { copied } = await adoptionOf(directory, ['--config', config]);

    expect([...copied].filter((file) => file.startsWith('buildspec'))).toEqual([
      'buildspec.yml',
      'buildspec-build.yml',
      'buildspec-deploy.yml',
      'buildspec-prepare.yml',
    ]);
  });

  test('a second run changes nothing, so that adopting again is no commit', async () => {
    const directory = application();
    await run([directory]);
    const before = stateOf(directory);

    const { code, copied, unchanged } = await adoptionOf(directory);

    expect({ code, copied, unchanged }).toEqual({ code: 0, copied: [], unchanged: FILES });
    expect(stateOf(directory)).toEqual(before);
  });

  test('a step that has lost its mode gets it back, and is not called unchanged', async () => {
    const directory = application();
    await run([directory]);
    chmodSync(path.join(directory, 'ci/test.sh'), 0o644);

    expect((await adoptionOf(directory)).copied).toEqual(['ci/test.sh']);
    expect(statSync(path.join(directory, 'ci/test.sh')).mode & 0o111).not.toBe(0);
  });

  test("the application's own files in ci/ stay", async () => {
    const directory = application();
    write(directory, 'ci/smoke.sh', 'curl "$1"\n');

    expect((await adoptionOf(directory)).code).toBe(0);
    expect(readFileSync(path.join(directory, 'ci/smoke.sh'), 'utf8')).toBe('curl "$1"\n');
  });

  test('started from a git hook, it still works on DIR and not on the repository of the hook', async () => {
    const directory = application();
    const hooked = application();

    expect((await run([directory], { GIT_DIR: path.join(hooked, '.git'), GIT_WORK_TREE: hooked })).code).toBe(
      0,
    );
    expect(existsSync(path.join(directory, 'buildspec.yml'))).toBe(true);
    expect(existsSync(path.join(hooked, 'buildspec.yml'))).toBe(false);
  });
});

describe('what is never lost', () => {
  test('files that differ are kept, told all at once, and nothing is half-copied', async () => {
    const directory = application();
    write(directory, 'buildspec.yml', 'version: 0.2\n');
    write(directory, 'ci/verify.sh', 'true\n');
    const before = stateOf(directory);

    const { code, stdout, stderr } = await run([directory]);

    expect(code).toBe(1);
    expect(stdout).toEqual(
      ['buildspec.yml', 'ci/verify.sh'].map(
        (file) =>
          `conflict   ${file}: is there already and differs; compare it with ${path.join(PIPELINE, file)}, then --force overwrites it`,
      ),
    );
    expect(stderr).toEqual([`nothing was copied to ${directory}: 2 in the way`]);
    expect(stateOf(directory)).toEqual(before);
  });

  test('a program that reads the result of a refused copy is not told that anything was copied', async () => {
    const directory = application();
    write(directory, 'buildspec.yml', 'version: 0.2\n');

    const { code, copied, unchanged, findings } = await adoptionOf(directory);

    expect({ code, copied, unchanged }).toEqual({ code: 1, copied: [], unchanged: [] });
    expect(findings.map(({ file }) => file)).toEqual(['buildspec.yml']);
  });

  test('--force overwrites what differs, and leaves neither backups nor temporary files', async () => {
    const directory = application();
    write(directory, 'buildspec.yml', 'version: 0.2\n');

    const { code, copied } = await adoptionOf(directory, ['--force']);

    expect({ code, copied }).toEqual({ code: 0, copied: FILES });
    expect(readFileSync(path.join(directory, 'buildspec.yml'), 'utf8')).toContain('ci/install.sh');
    expect(readdirSync(directory).sort()).toEqual([
      '.git',
      'README.md',
      'backend',
      'buildspec.yml',
      'cdk',
      'ci',
      'frontend',
    ]);
    expect(readdirSync(path.join(directory, 'ci')).sort()).toEqual(STEPS);
  });

  test.each([[[]], [['--force']]])(
    'a ci/ that leads out of the repository is not written through, with %j neither',
    async (argv) => {
      const [directory, outside] = [application(), newPath()];
      mkdirSync(outside);
      symlinkSync(outside, path.join(directory, 'ci'));

      const { code, findings } = await adoptionOf(directory, argv);

      expect(code).toBe(1);
      expect(findings.map(({ file }) => file)).toEqual(['ci']);
      expect(readdirSync(outside)).toEqual([]);
      expect(existsSync(path.join(directory, 'buildspec.yml'))).toBe(false);
    },
  );

  test("a ci/ that leads into git's own folder is not written through", async () => {
    const directory = application();
    mkdirSync(path.join(directory, '.git/hooks'));
    symlinkSync('.git/hooks', path.join(directory, 'ci'));

    expect((await run([directory, '--force'])).code).toBe(1);
    expect(readdirSync(path.join(directory, '.git/hooks'))).toEqual([]);
  });

  test('a ci/ that leads elsewhere in the repository is followed: CodeBuild follows it too', async () => {
    const directory = application();
    mkdirSync(path.join(directory, 'tools/ci'), { recursive: true });
    symlinkSync('tools/ci', path.join(directory, 'ci'));

    const { code, findings } = await adoptionOf(directory);

    expect({ code, findings }).toEqual({ code: 0, findings: [] });
    expect(readdirSync(path.join(directory, 'tools/ci')).sort()).toEqual(STEPS);
  });

  test('a buildspec.yml that leads out of the repository is replaced by --force, and what it led to stays', async () => {
    const [directory, outside] = [application(), newPath()];
    // The same content: it would be unchanged, were it in the repository.
    cpSync(path.join(PIPELINE, 'buildspec.yml'), outside);
    symlinkSync(outside, path.join(directory, 'buildspec.yml'));
    const before = readFileSync(outside, 'utf8');

    expect((await run([directory])).code).toBe(1);
    expect((await run([directory, '--force'])).code).toBe(0);
    expect(lstatSync(path.join(directory, 'buildspec.yml')).isFile()).toBe(true);
    expect(lstatSync(outside).isFile()).toBe(true);
    expect(readFileSync(outside, 'utf8')).toBe(before);
  });

  test('a folder where a file belongs, and a file where ci/ belongs, are not removed even by --force', async () => {
    const directory = application();
    write(directory, 'buildspec.yml/notes.txt', 'keep\n');
    write(directory, 'ci', 'keep\n');
    const before = stateOf(directory);

    const { code, findings } = await adoptionOf(directory, ['--force']);

    expect(code).toBe(1);
    expect(findings.map(({ file }) => file)).toEqual(['ci', 'buildspec.yml']);
    expect(stateOf(directory)).toEqual(before);
  });

  test.each([
    ['cannot be written', `.verify.sh.adopt-${process.pid}`],
    ['cannot be put in its place', `.verify.sh.adopt-${process.pid}.before/notes.txt`],
  ])('when the last file %s, those before it are taken back', async (_, inTheWay) => {
    const directory = application();
    write(directory, 'buildspec.yml', 'version: 0.2\n');
    write(directory, 'ci/verify.sh', 'true\n');
    write(directory, `ci/${inTheWay}`, 'keep\n');
    const before = stateOf(directory);

    const { code, stdout, stderr } = await run([directory, '--force']);

    expect({ code, stdout }).toEqual({ code: 1, stdout: [] });
    expect(stderr).toEqual([
      expect.stringMatching(/^.*\/ci\/verify\.sh: cannot be written \(E[A-Z]+\); nothing was copied$/),
    ]);
    expect(stateOf(directory)).toEqual(before);
  });
});

describe('who is turned away, with one line and nothing written', () => {
  const wanted = "give the root of the application's git repository, e.g. ../mangoo";
  const notGit = (directory: string): string =>
    `${directory}: not the work tree of a git repository; ${wanted}`;
  const own = (directory: string): string => `${directory}: lies in the pipeline's own repository; ${wanted}`;

  // One for all: after each test it is as it was.
  let directory: string;
  let before: Record<string, string>;
  beforeAll(() => {
    directory = application();
    before = stateOf(directory);
  });
  afterEach(() => expect(stateOf(directory)).toEqual(before));

  test('a missing DIR, or two of them', async () => {
    expect(await run([])).toEqual({
      code: 2,
      stdout: [],
      stderr: ["expected one DIR, the application's git repository, got 0; see npm run adopt -- --help"],
    });
    expect((await run([directory, directory])).code).toBe(2);
  });

  test.each<[string, () => string, (given: string) => string]>([
    ['a directory that does not exist', newPath, (given) => `${given}: no such directory; ${wanted}`],
    ['a file', () => path.join(directory, 'cdk/cdk.json'), (given) => `${given}: not a directory; ${wanted}`],
    [
      'a folder of a repository: CodeBuild looks for buildspec.yml at the root',
      () => path.join(directory, 'backend'),
      (given) => `${given}: lies in the repository ${directory}, and CodeBuild looks at its root; give that`,
    ],
    ["git's own folder", () => path.join(directory, '.git'), notGit],
    ['this very repository', () => PIPELINE, own],
    ['its example', () => path.join(PIPELINE, 'examples/mangoo'), own],
  ])('%s', async (_, make, line) => {
    const given = make();

    expect(await run([given])).toEqual({ code: 2, stdout: [], stderr: [line(given)] });
    expect(existsSync(path.join(given, 'ci'))).toBe(given === PIPELINE);
  });

  test('a directory without git', async () => {
    const given = newPath();
    mkdirSync(given);

    expect(await run([given])).toEqual({ code: 2, stdout: [], stderr: [notGit(given)] });
    expect(readdirSync(given)).toEqual([]);
  });

  test('a configuration that is not there', async () => {
    const { code, stderr } = await run([directory, '--config', 'none.ts']);

    expect(code).toBe(2);
    expect(stderr[0]).toBe(`${path.join(temporary, 'none.ts')} is not usable:`);
  });

  test.each([
    ['gitconfig/x.json', 'there is no directory'],
    ['none/x.json', 'there is no directory'],
    ['template', 'is a directory'],
  ])('--json %s, before a copy that could not be reported', async (json, reason) => {
    const { code, stderr } = await run([directory, '--json', json]);

    expect(code).toBe(2);
    expect(stderr).toEqual([expect.stringContaining(`--json ${path.join(temporary, json)}: ${reason}`)]);
  });

  test('a machine without git', async () => {
    expect(await run([directory], { PATH: newPath() })).toEqual({
      code: 2,
      stdout: [],
      stderr: ['git cannot be run (ENOENT); install it'],
    });
  });
});

const QUALIFIER = '@aws-cdk/core:bootstrapQualifier';
const BOUNDARY = '@aws-cdk/core:permissionsBoundary';
const STACK = 'cdk/lib/mangoo-stack.ts';

function editContext(directory: string, change: (context: Record<string, unknown>) => void): void {
  edit(directory, 'cdk/cdk.json', (text) => {
    const settings = JSON.parse(text) as { context: Record<string, unknown> };
    change(settings.context);
    return JSON.stringify(settings);
  });
}

describe('what else must change', () => {
  test('an application of the shape that the pipeline expects is told nothing', async () => {
    const directory = newPath();
    copyExample(directory, /^$/);
    git(directory, 'init', '--quiet', '--template=');
    // It is told nothing either when its dependencies are there, with images and stacks of theirs.
    write(
      directory,
      'cdk/node_modules/x/index.ts',
      'new MangooCodeBuildStack(); ContainerImage.fromAsset(".");',
    );
    write(
      directory,
      '.github/workflows/test.yml',
      'jobs: {test: {steps: [{run: npm test}]}} # cdk deploy is elsewhere\n',
    );

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  test.each<[string, (directory: string) => void, Finding[]]>([
    [
      'an image has no build context',
      (d) => remove(d, 'backend'),
      [
        {
          file: 'backend',
          message: 'is missing',
          fix: 'make the folder, or correct images[0].context in config/mangoo.ts',
        },
      ],
    ],
    [
      'an image has no Dockerfile',
      (d) => remove(d, 'frontend/Dockerfile'),
      [
        {
          file: 'frontend/Dockerfile',
          message: 'is missing',
          fix: 'write it; examples/mangoo has one for FastAPI and one for React',
        },
      ],
    ],
    [
      'a Dockerfile is a link to a file that CodeBuild will not have',
      (d) => {
        const outside = newPath();
        cpSync(path.join(d, 'frontend/Dockerfile'), outside);
        remove(d, 'frontend/Dockerfile');
        symlinkSync(outside, path.join(d, 'frontend/Dockerfile'));
      },
      [expect.objectContaining({ file: 'frontend/Dockerfile', message: 'is missing' })],
    ],
    [
      'nothing says what the backend needs',
      (d) => remove(d, 'backend/requirements.txt'),
      [
        {
          file: 'backend/requirements.txt',
          message: 'is missing, and there is no package.json: nothing says what to install',
          fix: 'write it, versions pinned with ==',
        },
      ],
    ],
    [
      'lock files are missing, of which npm ci would complain one build after the other',
      (d) => ['frontend', 'cdk'].forEach((folder) => remove(d, `${folder}/package-lock.json`)),
      ['frontend', 'cdk'].map((folder) => ({
        file: `${folder}/package-lock.json`,
        message: 'is missing: npm ci installs what it says',
        fix: `make it with npm install --package-lock-only in ${folder}, and commit it`,
      })),
    ],
    [
      'a lock file is there, but git ignores it, so that it works on every laptop and in no build',
      (d) => write(d, 'cdk/.gitignore', 'cdk.out\npackage-lock.json\n'),
      [
        {
          file: 'cdk/package-lock.json',
          message: 'ignored by git (cdk/.gitignore:2 package-lock.json), so CodeBuild does not get it',
          fix: 'take the rule out, or git add --force cdk/package-lock.json',
        },
      ],
    ],
    [
      'a lock file is missing and would be ignored',
      (d) => {
        remove(d, 'cdk/package-lock.json');
        write(d, '.gitignore', 'package-lock.json\n!frontend/package-lock.json\n');
      },
      [
        expect.objectContaining({
          file: 'cdk/package-lock.json',
          message: expect.stringMatching(/^ignored/) as string,
        }),
        expect.objectContaining({
          file: 'cdk/package-lock.json',
          message: expect.stringMatching(/^is missing/) as string,
        }),
      ],
    ],
    [
      "the pipeline's files are ignored by git",
      (d) => write(d, '.gitignore', '*.yml\nci/\n'),
      [
        expect.objectContaining({
          file: 'buildspec.yml',
          message: 'ignored by git (.gitignore:1 *.yml), so CodeBuild does not get it',
        }),
        {
          file: `ci/{${STEPS.join()}}`,
          message: 'ignored by git (.gitignore:2 ci/), so CodeBuild does not get it',
          fix: `take the rule out, or git add --force ${STEPS.map((step) => `ci/${step}`).join(' ')}`,
        },
      ],
    ],
    [
      'git does not look at modes here, and would record the steps as not executable',
      (d) => git(d, 'config', 'core.fileMode', 'false'),
      [
        {
          file: `ci/{${EXECUTABLE.map((file) => path.basename(file)).join()}}`,
          message: 'will not be executable for CodeBuild: core.fileMode is false here',
          fix: `git add ${EXECUTABLE.join(' ')} && git update-index --chmod=+x ${EXECUTABLE.join(' ')}`,
        },
      ],
    ],
    [
      'there is no CDK app to deploy',
      (d) => remove(d, 'cdk'),
      [{ file: 'cdk', message: 'is missing', fix: "put the application's CDK app there" }],
    ],
    [
      'a build would have no CDK CLI, or the accidental 3.0.0',
      (d) => edit(d, 'cdk/package.json', (text) => text.replace(/"aws-cdk": ".*",/, '')),
      [
        {
          file: 'cdk/package.json',
          message: 'lacks aws-cdk, the CLI that a build deploys with',
          fix: expect.stringMatching(/^npm install --save-dev aws-cdk@2\.\d+\.\d+ /) as string,
        },
      ],
    ],
    [
      'a package.json cannot be read',
      (d) => write(d, 'cdk/package.json', '{"devDependencies": {"aws-cdk": "2",}}'),
      [expect.objectContaining({ file: 'cdk/package.json', message: 'is not JSON' })],
    ],
    [
      'cdk.json is missing',
      (d) => remove(d, 'cdk/cdk.json'),
      [{ file: 'cdk/cdk.json', message: 'is missing', fix: 'write it as examples/mangoo/cdk/cdk.json is' }],
    ],
    [
      'the application deploys with the roles of another bootstrap',
      (d) => editContext(d, (context) => (context[QUALIFIER] = 'hnb659fds')),
      [
        {
          file: 'cdk/cdk.json',
          message: "deploys with other bootstrap roles than the pipeline's, which a build may not assume",
          fix: `add "${QUALIFIER}": "mangoo" to context`,
        },
      ],
    ],
    [
      'the roles of the application have no boundary',
      (d) => editContext(d, (context) => delete context[BOUNDARY]),
      [
        {
          file: 'cdk/cdk.json',
          message: 'gives the roles that it makes no permissions boundary, without which they cannot be made',
          fix: `add "${BOUNDARY}": {"name": "mangoo-deploy-boundary"} to context`,
        },
      ],
    ],
    [
      "the roles of the application have another application's boundary",
      (d) => editContext(d, (context) => (context[BOUNDARY] = { name: 'developers' })),
      [expect.objectContaining({ file: 'cdk/cdk.json', fix: expect.stringContaining(BOUNDARY) as string })],
    ],
    [
      'the CDK app builds an image of its own, so that what was tested is not what runs',
      (d) =>
        edit(d, STACK, (text) =>
          text.replace('ecs.ContainerImage.fromEcrRepository', 'ecs.ContainerImage\n        .fromAsset'),
        ),
      [
        {
          file: STACK,
          message: expect.stringMatching(
            /^line \d+ builds an image in the CDK app \(ContainerImage \.fromAsset\)$/,
          ) as string,
          fix: 'take the image that the build has tested and pushed, by digest from the context, as examples/mangoo/cdk does',
        },
      ],
    ],
    [
      'the CDK app publishes an image by the asset library',
      (d) =>
        write(
          d,
          'cdk/lib/deep/images.ts',
          "/* no\nContainerImage.fromAsset */ // here\nnew assets.DockerImageAsset(this, 'Backend', { directory: '../backend' });\n",
        ),
      [
        expect.objectContaining({
          file: 'cdk/lib/deep/images.ts',
          message: 'line 3 builds an image in the CDK app (new assets.DockerImageAsset)',
        }),
      ],
    ],
    [
      'an image from the pipeline is not read, so that a deployment changes nothing',
      (d) =>
        edit(d, 'cdk/bin/mangoo.ts', (text) =>
          text.replace("imageFrom(app.node, 'backendImage')", "latest /* 'backendImage' */"),
        ),
      [
        {
          file: 'cdk',
          message: "nothing reads 'backendImage' from the context, so what runs is not what was built",
          fix: "take the image from tryGetContext('backendImage'), as examples/mangoo/cdk/lib/image.ts does",
        },
      ],
    ],
    [
      'the pipeline is part of the application that it deploys',
      (d) =>
        write(
          d,
          'cdk/lib/codebuild-stack.ts',
          "const url = 'https://example.com';\nexport class MangooCodeBuildStack extends Stack {}\n",
        ),
      [
        {
          file: 'cdk/lib/codebuild-stack.ts',
          message: 'line 2 has MangooCodeBuildStack: a build could change or break its own pipeline',
          fix: "delete it there; an administrator deploys it from the pipeline's repository",
        },
      ],
    ],
    [
      'the CDK app is written in a language that is not looked into',
      (d) => {
        remove(d, 'cdk/bin');
        remove(d, 'cdk/lib');
        write(d, 'cdk/app.py', "app.node.try_get_context('backendImage')\n");
      },
      [
        {
          file: 'cdk',
          message: 'has neither TypeScript nor JavaScript, so its images could not be checked',
          fix: 'see to it that they come from the context: backendImage and frontendImage',
        },
      ],
    ],
    [
      'GitHub Actions deploy beside the pipeline',
      (d) => {
        write(d, '.github/workflows/deploy.yml', 'on: push\n# cdk deploy\nrun: npx cdk deploy --all\n');
        write(d, '.github/workflows/ecs.yaml', 'uses: aws-actions/amazon-ecs-deploy-task-definition@v2\n');
      },
      [
        {
          file: '.github/workflows/deploy.yml',
          message: 'line 3 deploys still (cdk deploy), beside the pipeline',
          fix: 'delete it, then its AWS secrets and the IAM user whose keys they are',
        },
        expect.objectContaining({ file: '.github/workflows/ecs.yaml' }),
      ],
    ],
  ])('%s', async (_, change, findings) => {
    const directory = application();
    change(directory);
    const before = stateOf(directory);

    const adoption = await adoptionOf(directory);

    expect(adoption.findings).toEqual(findings);
    // Findings are told, never mended, and do not stand in the way.
    expect({ code: adoption.code, copied: adoption.copied }).toEqual({ code: 0, copied: FILES });
    expect(stateOf(directory)).toMatchObject(before);
  });

  test('each finding is one line with the file and the fix', async () => {
    const directory = application();
    remove(directory, 'cdk');

    const { stdout, stderr } = await run([directory]);

    expect(stdout).toEqual([
      ...FILES.map((file) => `copied     ${file}`),
      "to change  cdk: is missing; put the application's CDK app there",
    ]);
    expect(stderr).toEqual([`${FILES.length} copied to ${directory}, 1 to change there`]);
  });

  test('the fix for lost modes, typed as told, mends them', async () => {
    const directory = application();
    git(directory, 'config', 'core.fileMode', 'false');
    const [finding] = (await adoptionOf(directory)).findings;

    execFileSync('sh', ['-c', finding?.fix ?? ''], {
      cwd: directory,
      env: environment(),
    });

    expect((await adoptionOf(directory)).findings).toEqual([]);
    expect(git(directory, 'ls-files', '--stage', 'ci/test.sh')).toMatch(/^100755 /);
  });

  test('a file system without modes does not make every run copy again', async () => {
    const directory = application();
    await run([directory]);
    git(directory, 'config', 'core.fileMode', 'false');
    for (const step of STEPS) chmodSync(path.join(directory, 'ci', step), 0o644);

    expect((await adoptionOf(directory)).copied).toEqual([]);
  });

  test('a file that git has already is not called ignored, whatever the rules say', async () => {
    const directory = application();
    git(directory, 'add', '.');
    write(directory, '.gitignore', 'package-lock.json\n');

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  test("the rules of the user's own git count: it is that git which will add the files", async () => {
    const directory = application();
    write(temporary, 'ignore', 'ci/*\n');
    write(temporary, 'excluding', `[core]\n\texcludesFile = ${path.join(temporary, 'ignore')}\n`);

    const { findings } = await adoptionOf(directory, [], {
      GIT_CONFIG_GLOBAL: path.join(temporary, 'excluding'),
    });

    expect(findings.map(({ file }) => file)).toEqual([`ci/{${STEPS.join()}}`]);
  });

  test('a context behind a symbolic link, about which git answers nothing, hides no other finding', async () => {
    const directory = application();
    cpSync(path.join(directory, 'frontend'), path.join(directory, 'web'), { recursive: true });
    remove(directory, 'frontend');
    symlinkSync('web', path.join(directory, 'frontend'));
    write(directory, '.gitignore', '/cdk/package-lock.json\n');

    expect((await adoptionOf(directory)).findings.map(({ file }) => file)).toEqual(['cdk/package-lock.json']);
  });

  test('a Lambda of the application may have its code from an asset: that is no image', async () => {
    const directory = application();
    write(directory, 'cdk/lib/cleanup.ts', "lambda.Code.fromAsset('cleanup');\n");

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  test('a backend in Python that has a package.json for its tools needs no lock file', async () => {
    const directory = application();
    write(directory, 'backend/package.json', '{}');
    write(directory, 'backend/.gitignore', 'package-lock.json\n');

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  test('the tests of the CDK app may name what it must not have', async () => {
    const directory = application();
    write(
      directory,
      'cdk/test/mangoo.test.ts',
      'expect(source).not.toContain("ContainerImage.fromAsset");\n',
    );

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  test('the boundary may be given by its ARN as well', async () => {
    const directory = application();
    const arn = 'arn:aws:iam::123456789012:policy/mangoo-deploy-boundary';
    editContext(directory, (context) => (context[BOUNDARY] = { arn }));

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  test('one expression that reads the image of every name is enough', async () => {
    const directory = application();
    edit(directory, 'cdk/bin/mangoo.ts', (text) =>
      text.replace(/'(?:back|front)endImage'/g, '`${name}Image`'),
    );

    expect((await adoptionOf(directory)).findings).toEqual([]);
  });

  describe('for several environments', () => {
    /** An example's, but for where the application lies. */
    function configuration(name: string): string[] {
      const file = `${newPath()}.ts`;
      const example = JSON.stringify(path.join(PIPELINE, 'config/examples', name));
      writeFileSync(file, `import config from ${example};\nexport default { ...config, appDir: '.' };\n`);
      return ['--config', file];
    }

    test.each(['dev-and-prod', 'two-accounts'])(
      'the example application is told nothing (%s)',
      async (name) => {
        const directory = application();
        // It is for one environment.
        editContext(directory, (context) => {
          delete context[BOUNDARY];
          delete context[QUALIFIER];
        });

        expect((await adoptionOf(directory, configuration(name))).findings).toEqual([]);
      },
    );

    test.each([
      ['dev-and-prod', ['PERMISSIONS_BOUNDARY', 'CDK_STACK_NAME', 'ECS_CLUSTER']],
      ['two-accounts', ['PERMISSIONS_BOUNDARY', 'TARGET_ACCOUNT', 'TARGET_REGION']],
    ])(
      'an application that is the same in every environment is told what it does not read (%s)',
      async (name, unread) => {
        const directory = application();
        edit(directory, 'cdk/bin/mangoo.ts', (text) =>
          text.replace(
            /CDK_STACK_NAME|ECS_CLUSTER|PERMISSIONS_BOUNDARY|TARGET_ACCOUNT|TARGET_REGION/g,
            'fixed',
          ),
        );

        expect((await adoptionOf(directory, configuration(name))).findings).toEqual(
          unread.map((variable) => ({
            file: 'cdk',
            message: `nothing reads ${variable}, which is not the same in every environment`,
            fix: `take it from process.env.${variable}, as examples/mangoo/cdk/bin/mangoo.ts does`,
          })),
        );
      },
    );
  });

  test('another configuration moves the question to where its application lies', async () => {
    const directory = application();

    const { findings } = await adoptionOf(directory, ['--config', path.join(PIPELINE, 'config/example.ts')]);

    expect(findings.map(({ file }) => file)).toEqual([
      'examples/mangoo/backend',
      'examples/mangoo/frontend',
      'examples/mangoo/cdk',
    ]);
  });
});
