import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../../command';

const exec = promisify(execFile);

/**
 * Runs git without the user's hooks, configuration and GIT_* variables, which could change what a push or a clone does.
 *
 * @param directory a work tree or a repository, whoever owns it
 * @throws UserError when git is missing; an Error with git's own words for anything else
 */
export async function git(directory: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await exec('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'gc.auto=0', ...args], {
      cwd: directory,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_TERMINAL_PROMPT: '0',
        // A checkout may belong to somebody else, e.g. in a container.
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        LC_ALL: 'C',
      },
    });
    return stdout;
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT')
      throw new UserError('git is not on the PATH (or the directory does not exist); install git');
    throw new Error(`git ${args[0]}: ${(stderr ?? String(error)).trim()}`);
  }
}
