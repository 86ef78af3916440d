import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { preflight } from '../../tools/preflight/preflight';
import { type Answered, answered } from '../answered';

const HEALTHY = 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo hello\n';
/** An app that leaves, as cdk synth would, a stack with a repository; and that sees no credentials. */
const APP = `
const fs = require('fs');
if (process.env.AWS_ACCESS_KEY_ID || process.env.AWS_PROFILE) throw new Error('credentials are seen');
const template = { Resources: { Web: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'web' } } } };
const artifacts = { App: { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/eu-west-1', properties: { templateFile: 'App.template.json' } } };
fs.writeFileSync(process.env.CDK_OUTDIR + '/App.template.json', JSON.stringify(template));
fs.writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({ version: '48.0.0', artifacts }));
`;

let temporary: string;
let source: string;

beforeEach(() => {
  temporary = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
  source = path.join(temporary, 'source');
  mkdirSync(source);
  mkdirSync(path.join(temporary, 'tmp'));
  write({ 'buildspec.yml': HEALTHY });
});

afterEach(() => rmSync(temporary, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(source, name), text);
}

async function run(argv: readonly string[], signal?: AbortSignal): Promise<Answered> {
  const tmp = path.join(temporary, 'tmp');
  const outcome = await answered('npm run preflight --', preflight, argv, {
    cwd: source,
    env: {
      PATH: process.env.PATH,
      HOME: temporary,
      TMPDIR: tmp,
      AWS_ACCESS_KEY_ID: 'AKIAREAL',
      AWS_PROFILE: 'prod',
    },
    ...(signal && { signal }),
  });
  // Whatever happens, nothing is left behind.
  expect(readdirSync(tmp)).toEqual([]);
  return outcome;
}

describe('what is looked at', () => {
  test("the stacks of the source's own CDK app, synthesized without credentials, and gone afterwards", async () => {
    write({ 'cdk.json': '{ "app": "node app.js" }', 'app.js': APP });
    write({
      'buildspec.yml': `${HEALTHY}      - aws ecr create-repository --repository-name web\n      - npx cdk deploy --all\n`,
    });
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: [] });
    expect(stdout).toEqual(expect.arrayContaining(['buildspec.yml', '  6 error F51 repository-exists']));
    expect(stdout.join('\n')).toMatch(
      /^1 error\b.* in .*buildspec.yml; .* over 0 projects, 1 stack, 3 commands$/m,
    );
    expect(readdirSync(source).sort()).toEqual(['app.js', 'buildspec.yml', 'cdk.json']);
  });

  test('a source without a CDK app is looked at without stacks, which is said', async () => {
    const { code, stderr } = await run([]);
    expect(code).toBe(0);
    expect(stderr).toEqual([
      expect.stringMatching(/has no cdk.json, so no stacks are looked at; --assembly DIR takes/),
    ]);
    expect((await run(['--assembly', 'none'])).stderr).toEqual([]);
  });

  test('an app that cannot be synthesized says why, and how to go on without', async () => {
    write({
      'cdk.json': '{ "app": "node app.js" }',
      'app.js': "console.error('no such module'); process.exit(3)",
    });
    const { code, stderr } = await run([]);
    expect(code).toBe(1);
    expect(stderr.join('\n')).toContain('no such module');
    expect(stderr.at(-1)).toBe(
      '--assembly DIR takes what cdk synth has left in DIR, --assembly none checks without',
    );
  });

  test('an interrupted synth ends at once, and leaves nothing', async () => {
    write({ 'cdk.json': '{ "app": "sleep 60" }' });
    const { code, stderr } = await run([], AbortSignal.timeout(1500));
    expect({ code, stderr }).toEqual({ code: 1, stderr: ['interrupted'] });
  });

  test('a buildspec that no project names, given by its path', async () => {
    write({ 'other.yml': HEALTHY });
    const { stdout } = await run(['--assembly', 'none', '--buildspec', 'other.yml']);
    expect(stdout.join('\n')).toContain(', 2 commands');
  });
});

describe('what a program gets', () => {
  test("what a build's role is allowed and nothing needs, by statement", async () => {
    const assembly = path.join(temporary, 'cdk.out');
    mkdirSync(assembly);
    const statement = { Sid: 'Lists', Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' };
    const PolicyDocument = { Version: '2012-10-17', Statement: [statement] };
    const Resources = {
      Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'build', PolicyDocument }] } },
      Project: {
        Type: 'AWS::CodeBuild::Project',
        Properties: {
          Name: 'app',
          Source: { Type: 'GITHUB' },
          ServiceRole: { 'Fn::GetAtt': ['Role', 'Arn'] },
        },
      },
    };
    writeFileSync(path.join(assembly, 'App.template.json'), JSON.stringify({ Resources }));
    await run(['--assembly', '../cdk.out', '--json', '../result.json']);
    expect(json()).toMatchObject({
      unused: [
        {
          project: 'app',
          policy: 'build',
          statement: 'Lists',
          actions: ['s3:ListAllMyBuckets'],
          resources: ['*'],
        },
      ],
    });
  });

  const json = (): unknown => JSON.parse(readFileSync(path.join(temporary, 'result.json'), 'utf8'));

  test('the findings, with exit code 1 for errors alone', async () => {
    write({ 'buildspec.yml': `${HEALTHY} # preflight: F51\n` });
    const { code } = await run(['--assembly', 'none', '--json', '../result.json']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      findings: [
        { id: 'P01', rule: 'suppression-without-reason', level: 'warning', file: 'buildspec.yml', line: 6 },
      ],
      errors: 0,
      warnings: 1,
    });
  });
});

describe('misuse', () => {
  test.each<[string[], string]>([
    [['--source', 'nowhere'], '--source nowhere: no such directory'],
    [['--source', 'buildspec.yml'], '--source buildspec.yml: no such directory'],
    [['--buildspec', 'nowhere.yml'], '--buildspec nowhere.yml: no such file'],
    [['--buildspec', '/etc/hosts'], '--buildspec /etc/hosts: lies outside of '],
    [['--assembly', 'nowhere'], 'nowhere: no such directory'],
    [['--assembly', 'none', '--assembly', '.'], '--assembly none: expected alone'],
    [['--assembly', 'none', '--config', 'x.ts'], '--config means nothing with --assembly'],
    [['--config', 'nowhere.ts'], 'no such file'],
    [['--json', 'nowhere/result.json'], '--json '],
    [['--explain', 'F999'], '--explain F999: there is no such rule; near to it are '],
    [['--explain', ''], '--explain: expected ID'],
    [['--sourc', '.'], "Unknown option '--sourc'"],
  ])('%p is told in a line, and nothing is run', async (argv, told) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
    expect(stderr.join('\n')).toContain(told);
    expect(existsSync(path.join(source, 'result.json'))).toBe(false);
  });
});

test('the list has every rule and what is told of suppressions, and each can be explained', async () => {
  const { code, stdout } = await run(['--list']);
  expect(code).toBe(0);
  const ids = stdout.map((line) => line.split(' ')[0] ?? '');
  expect(ids).toEqual(expect.arrayContaining(['F51', 'F81', 'P01']));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect((await run(['--explain', id])).stdout.at(-1)).toMatch(/^see: (https:|docs\/)/);
});
