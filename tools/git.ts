import { spawnSync } from 'node:child_process';
import { UserError } from './command';

export interface GitResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** There is no git to ask. */
export class NoGit extends UserError {}

/**
 * Runs the user's git with the user's settings: their rules decide what `git add` will take.
 *
 * @throws NoGit when it cannot be run
 */
export function runGit(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  input?: string,
): GitResult {
  // In a git hook, these name the repository that the hook runs in.
  const own = Object.entries(env).filter(
    ([name]) => !/^GIT_(?:DIR|WORK_TREE|COMMON_DIR|INDEX_FILE|OBJECT_DIRECTORY|PREFIX)$/.test(name),
  );
  const result = spawnSync('git', [...args], {
    cwd,
    input,
    env: { ...Object.fromEntries(own), LC_ALL: 'C' },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.error) {
    const { code } = result.error as NodeJS.ErrnoException;
    throw new NoGit(`git cannot be run (${code ?? result.error.message}); install it`);
  }
  if (result.status === null) throw new UserError(`interrupted (${result.signal})`, 1);
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** What `git check-ignore --verbose -z` told: by file, the rule that ignores it. */
export function rulesOf(stdout: string): Map<string, { source: string; line: string; pattern: string }> {
  const fields = stdout.split('\0');
  const rules = new Map<string, { source: string; line: string; pattern: string }>();
  for (let i = 0; i + 3 < fields.length; i += 4) {
    const [source = '', line = '', pattern = '', file = ''] = fields.slice(i, i + 4);
    // Rules that take a file back in are listed too.
    if (!pattern.startsWith('!')) rules.set(file, { source, line, pattern });
  }
  return rules;
}
