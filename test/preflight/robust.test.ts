import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');
const HEALTHY = 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo hello\n';

let source: string;

beforeEach(() => {
  source = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
});

afterEach(() => rmSync(source, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(source, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function git(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('git', args, { cwd: source, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

function commit(): void {
  git('init', '--quiet');
  git('add', '--all');
}

/** Runs the real command over the source; whatever it finds, it ends in time, and shows no stack. */
function preflight(...args: readonly string[]): { code: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [
      ...['--require', 'ts-node/register/transpile-only', 'tools/preflight/cli.ts', '--source', source],
      ...(args.length ? args : ['--assembly', 'none']),
    ],
    { cwd: PROJECT, encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28 },
  );
  const said = `${stdout}${stderr}`;
  expect(error).toBeUndefined();
  expect(said).not.toMatch(/^\s+at .+:\d+:\d+\)?$|by a fault of preflight/m);
  expect(said).not.toContain(PROJECT);
  expect([0, 1, 2]).toContain(status);
  return { code: status, said };
}

/** A cloud assembly of one stack. */
function writeAssembly(template: string): string {
  const artifacts = {
    App: {
      type: 'aws:cloudformation:stack',
      environment: 'aws://111122223333/eu-west-1',
      properties: { templateFile: 'App.template.json' },
    },
  };
  write({
    'cdk.out/manifest.json': JSON.stringify({ version: '55.0.0', artifacts }),
    'cdk.out/App.template.json': template,
  });
  return path.join(source, 'cdk.out');
}

describe('a buildspec', () => {
  test('of 10,000 lines is read to its end', () => {
    const commands = Array.from({ length: 10_000 }, (_, index) => `      - echo ${index} && cd /tmp`);
    write({ 'buildspec.yml': `${HEALTHY}${commands.join('\n')}\n      - [broken]\n` });
    commit();
    const { code, said } = preflight();
    expect(code).toBe(1);
    expect(said).toMatch(/^ {2}10006 error F12 /m);
  });

  test.each([
    ['an open bracket', 'version: 0.2\nphases: [\n', /^ {2}\d error F13 /m],
    ['a tab', 'version: 0.2\nphases:\n\tbuild:\n', /^ {2}3 error F14 /m],
    ['an open brace of JSON', '{ "version": 0.2, "phases": {', /^ {2}\d error F13 /m],
    ['an unknown anchor', 'version: 0.2\nphases: *nowhere\n', /^ {2}2 error F1\d /m],
  ])('with %s is an error at its line', (_, text, told) => {
    write({ 'buildspec.yml': text });
    commit();
    const { code, said } = preflight();
    expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(told) as string });
  });

  test.each([
    [
      'with anchors and merge keys',
      'version: 0.2\nphases:\n  build: &a\n    commands: [echo a]\n  post_build:\n    <<: *a\n',
    ],
    ['with a byte-order mark', `\ufeff${HEALTHY}`],
    ['with Windows line ends', HEALTHY.replaceAll('\n', '\r\n')],
  ])('%s is read as any other', (_, text) => {
    write({ 'buildspec.yml': text });
    commit();
    const { code, said } = preflight();
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('No findings') as string });
  });

  test.each([
    ['empty', ''],
    ['binary', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256))],
    ['a number', '42'],
    ['nested a thousand deep', `version: 0.2\nphases: ${'['.repeat(1000)}${']'.repeat(1000)}`],
    // https://en.wikipedia.org/wiki/Billion_laughs_attack
    [
      'an explosion of aliases',
      `a: &a [${'x,'.repeat(10)}]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(10)}]`).join('\n')}\nversion: 0.2\nphases: *i\n`,
    ],
  ])('that is %s is an error, not a crash', (_, text) => {
    write({ 'buildspec.yml': text });
    commit();
    expect(preflight().code).toBe(1);
  });

  test('may be a folder, or a link to nowhere', () => {
    mkdirSync(path.join(source, 'buildspec.yml'));
    symlinkSync('nowhere', path.join(source, 'buildspec.yaml'));
    commit();
    preflight();
  });

  test('may call scripts that call each other for ever', () => {
    write({
      'buildspec.yml': `${HEALTHY}      - bash a.sh\n`,
      'a.sh': 'bash b.sh\n',
      'b.sh': 'bash a.sh\nf() { f; f; }\nf\n',
    });
    commit();
    preflight();
  });

  test.each([
    ['an open quote', 'echo "hello'],
    ['an open here-document', 'cat <<END'],
    ['ten thousand brackets', `echo ${'$('.repeat(10_000)}`],
    ['a line of a megabyte', `echo ${'x '.repeat(500_000)}`],
  ])('may have a command with %s', (_, command) => {
    write({ 'buildspec.yml': `${HEALTHY}      - |\n        ${command}\n` });
    commit();
    preflight();
  });
});

describe('a source', () => {
  test('with cyclic links is walked once, in git or not', () => {
    write({ 'buildspec.yml': HEALTHY });
    symlinkSync('.', path.join(source, 'again'));
    symlinkSync('two', path.join(source, 'one'));
    symlinkSync('one', path.join(source, 'two'));
    expect(preflight()).toMatchObject({
      code: 0,
      said: expect.stringContaining('no git repository') as string,
    });
    commit();
    expect(preflight().code).toBe(0);
  });

  test('without git says what that hides', () => {
    write({ 'buildspec.yml': HEALTHY });
    expect(preflight().said).toContain('not seen: what git leaves out: the source is no git repository');
  });

  test('that is empty says that there is no build', () => {
    expect(preflight()).toMatchObject({
      code: 0,
      said: expect.stringContaining('there is no buildspec') as string,
    });
  });

  test('with a pipe where a file is expected does not make it wait', () => {
    write({ 'ci/a.sh': 'echo a' });
    for (const name of ['buildspec.yml', 'Dockerfile']) spawnSync('mkfifo', [path.join(source, name)]);
    preflight();
  });

  test('with names of every kind is listed whole', () => {
    write({ 'buildspec.yml': HEALTHY, 'ä ö\n"ü".sh': 'echo', '-rf': 'x', 'package.json': '{ broken' });
    commit();
    preflight();
  });

  test('of 20,000 files is looked through', () => {
    for (let folder = 0; folder < 200; folder += 1) {
      write(
        Object.fromEntries(Array.from({ length: 100 }, (_, file) => [`src/${folder}/${file}.ts`, `${file}`])),
      );
    }
    write({ 'buildspec.yml': HEALTHY });
    commit();
    expect(preflight().code).toBe(0);
  });
});

describe('an assembly', () => {
  test('of 500 resources in a megabyte is looked through', () => {
    const resources = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `Topic${index}`,
        { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::Sub': 'x'.repeat(2000) } } },
      ]),
    );
    const { code, said } = preflight('--assembly', writeAssembly(JSON.stringify({ Resources: resources })));
    expect(code).toBe(0);
    expect(said).toContain('1 stack');
  });

  test('whose resources refer to each other in a circle ends', () => {
    const circle = {
      A: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: { Ref: 'B' } } },
      B: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: { 'Fn::Sub': '${A}' } } },
    };
    preflight('--assembly', writeAssembly(JSON.stringify({ Resources: circle })));
  });

  test.each([
    ['broken JSON', '{ "Resources": {'],
    ['a list', '[]'],
    [
      'resources that are none',
      '{ "Resources": { "A": null, "B": 5, "C": { "Type": 7, "Properties": [] } } }',
    ],
    [
      'a project of nonsense',
      JSON.stringify({
        Resources: {
          P: {
            Type: 'AWS::CodeBuild::Project',
            Properties: { Source: 5, Environment: [], Triggers: { FilterGroups: 'x' }, Cache: null },
          },
          R: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: 'x', Policies: [5] } },
        },
      }),
    ],
  ])('with %s is told in a line', (_, template) => {
    preflight('--assembly', writeAssembly(template));
  });

  test.each(['nowhere', '.'])('that is none (%s) is misuse', (name) => {
    expect(preflight('--assembly', path.join(source, name)).code).toBe(2);
  });
});
