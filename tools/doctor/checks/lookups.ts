import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Examined, fail, type Finding, ok, warn } from '../check';
import { line } from '../commands';

/**
 * Whether the application's synth needs answers from AWS (availability zones, an existing VPC) that its repository does not
 * have: a build may not ask for them, so `cdk synth` would fail there.
 */
export function lookups({ config, cwd, source }: Examined): Promise<Finding> {
  const shown = path.join(source, config.appDir, 'cdk');
  return Promise.resolve(inFolder(path.resolve(cwd, shown), shown));
}

function inFolder(folder: string, shown: string): Finding {
  if (!existsSync(path.join(folder, 'cdk.json'))) {
    return warn(
      `cannot be known: the application's CDK app is not at ${shown}`,
      line('npm', 'run', 'doctor', '--', '--source', '../mangoo'),
    );
  }
  const synth = `(cd ${line(shown)} && npx cdk synth --quiet)`;
  const manifest = readManifest(path.join(folder, 'cdk.out/manifest.json'));
  if (!manifest) {
    return warn(`cannot be known: ${shown} has not been synthesized, or not to cdk.out`, synth);
  }
  const context = path.join(folder, 'cdk.context.json');
  const add = line('git', '-C', shown, 'add', 'cdk.context.json');
  const missing = (manifest.missing ?? []).map(({ key }) => key);
  if (missing.length) {
    return fail(`cdk.context.json lacks ${missing.join(', ')}, and a build may not look it up`, synth, add);
  }
  if (!existsSync(context)) return ok('needs none');
  if (git(folder, 'check-ignore', '--quiet', 'cdk.context.json') === 0) {
    return fail(
      `${path.join(shown, 'cdk.context.json')} is ignored by git: CodeBuild does not get it`,
      '# take the rule out of .gitignore, or',
      line('git', '-C', shown, 'add', '--force', 'cdk.context.json'),
    );
  }
  if (git(folder, 'ls-files', '--error-unmatch', 'cdk.context.json') === 1) {
    return warn(`${path.join(shown, 'cdk.context.json')} is not in git yet: CodeBuild does not get it`, add);
  }
  return ok('all in cdk.context.json');
}

function readManifest(file: string): { readonly missing?: readonly { readonly key: string }[] } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { missing?: { key: string }[] };
  } catch {
    return undefined;
  }
}

/** @returns its exit code */
function git(folder: string, ...args: string[]): number | null {
  return spawnSync('git', args, { cwd: folder, stdio: 'ignore' }).status;
}
