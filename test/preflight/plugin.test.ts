import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');
const CDK = path.join(PROJECT, 'node_modules/aws-cdk/bin/cdk');
const APP = [
  `node --require ${require.resolve('ts-node/register/transpile-only')}`,
  path.join(PROJECT, 'bin/mangoo-codebuild.ts'),
].join(' ');

let temporary: string;
let source: string;

beforeEach(() => {
  temporary = mkdtempSync(path.join(os.tmpdir(), 'plugin-'));
  source = path.join(temporary, 'source');
  for (const name of ['README.md', 'buildspec.yml', 'cdk.json', 'ci', 'docs', 'examples']) {
    cpSync(path.join(PROJECT, name), path.join(source, name), {
      recursive: true,
      filter: (file) => !/node_modules|cdk\.out|\.venv/.test(file),
    });
  }
});

afterEach(() => rmSync(temporary, { recursive: true, force: true }));

/** `cdk synth` of this app, as in a clone that has this source. */
function synth(...options: readonly string[]): { code: number | null; said: string } {
  const output = path.join(temporary, 'cdk.out');
  const context = ['--context', `config=${path.join(PROJECT, 'config/example.ts')}`, ...options];
  const before = readdirSync(source);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [CDK, 'synth', '--quiet', '--no-notices', '--app', APP, '--output', output, ...context],
    {
      cwd: source,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: temporary,
        TS_NODE_PROJECT: path.join(PROJECT, 'tsconfig.json'),
        NO_COLOR: '1',
      },
    },
  );
  // Nothing that git would show.
  expect(readdirSync(source)).toEqual(before);
  return { code: status, said: `${stdout}${stderr}` };
}

function replace(file: string, from: string, to: string): void {
  const text = readFileSync(path.join(source, file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(path.join(source, file), text.replace(from, to));
}

function git(): void {
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
  ])
    spawnSync('git', args, { cwd: source });
}

test('this app and its example synthesize without a word, in git or not', () => {
  expect(synth()).toEqual({ code: 0, said: '' });
  git();
  expect(synth()).toEqual({ code: 0, said: '' });
});

test("what would fail on AWS fails cdk synth, with the line, AWS's text and the fix, unless preflight is off", () => {
  replace(
    'buildspec.yml',
    '      - ci/login.sh',
    '      - ci/login.sh\n      - aws ecr create-repository --repository-name mangoo-backend',
  );
  git();
  const { code, said } = synth();
  expect(code).toBe(1);
  expect(said).toContain('F51 buildspec.yml:');
  expect(said).toContain('AWS: An error occurred (RepositoryAlreadyExistsException)');
  expect(said).toContain('Suggested fix: delete the command');
  expect(synth('--context', 'preflight=off')).toEqual({ code: 0, said: '' });
});

test('what may fail is told, and fails nothing', () => {
  replace('buildspec.yml', '      - ci/login.sh', '      - ci/login.sh # preflight: F51');
  git();
  const { code, said } = synth();
  expect({ code, said }).toEqual({
    code: 0,
    said: expect.stringContaining('WARNING P01 buildspec.yml:') as string,
  });
});

test("a pipeline for another repository's source is not judged by this folder", () => {
  rmSync(path.join(source, 'buildspec.yml'));
  git();
  expect(synth()).toEqual({ code: 0, said: '' });
});
