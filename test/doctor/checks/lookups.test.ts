import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mangoo from '../../../config/mangoo';
import type { Examined } from '../../../tools/doctor/check';
import { lookups } from '../../../tools/doctor/checks/lookups';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'mangoo-lookups-test-'));
  mkdirSync(path.join(cwd, 'the app/cdk/cdk.out'), { recursive: true });
  git('init', '--quiet');
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function git(...args: string[]): void {
  execFileSync('git', args, { cwd: path.join(cwd, 'the app') });
}

function write(file: string, content: string): void {
  writeFileSync(path.join(cwd, 'the app/cdk', file), content);
}

async function look(): Promise<string[]> {
  const { level, found, fix = '' } = await lookups({ config: mangoo, cwd, source: 'the app' } as Examined);
  return [level, found, ...fix.split('\n').filter(Boolean)];
}

test('where the application is not, or was never synthesized, nothing can be known', async () => {
  expect(await look()).toEqual([
    'warn',
    "cannot be known: the application's CDK app is not at the app/cdk",
    'npm run doctor -- --source ../mangoo',
  ]);
  write('cdk.json', '{}');
  expect(await look()).toEqual([
    'warn',
    'cannot be known: the app/cdk has not been synthesized, or not to cdk.out',
    "(cd 'the app/cdk' && npx cdk synth --quiet)",
  ]);
});

test('a value that AWS would have to give fails the build, which may not ask for it', async () => {
  write('cdk.json', '{}');
  write('cdk.out/manifest.json', '{"missing": [{"key": "availability-zones:region=us-east-1"}]}');

  expect(await look()).toEqual([
    'fail',
    'cdk.context.json lacks availability-zones:region=us-east-1, and a build may not look it up',
    "(cd 'the app/cdk' && npx cdk synth --quiet)",
    "git -C 'the app/cdk' add cdk.context.json",
  ]);
});

test('values that git does not have do not reach CodeBuild', async () => {
  write('cdk.json', '{}');
  write('cdk.out/manifest.json', '{}');
  expect(await look()).toEqual(['ok', 'needs none']);

  write('cdk.context.json', '{"availability-zones:region=us-east-1": ["us-east-1a"]}');
  expect(await look()).toEqual([
    'warn',
    'the app/cdk/cdk.context.json is not in git yet: CodeBuild does not get it',
    "git -C 'the app/cdk' add cdk.context.json",
  ]);

  write('.gitignore', 'cdk.context.json\n');
  expect(await look()).toEqual([
    'fail',
    'the app/cdk/cdk.context.json is ignored by git: CodeBuild does not get it',
    '# take the rule out of .gitignore, or',
    "git -C 'the app/cdk' add --force cdk.context.json",
  ]);

  git('add', '--force', 'cdk/cdk.context.json');
  expect(await look()).toEqual(['ok', 'all in cdk.context.json']);
});
