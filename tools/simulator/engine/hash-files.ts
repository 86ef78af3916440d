import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shellWord } from '../shell-word';

/**
 * Gives a build the command `codebuild-hash-files`, which cache keys are made with.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html#caching-s3-dynamic.codebuild-hash-files
 *
 * @returns a PATH on which it is found after everything else, as in CodeBuild's image
 */
export async function installHashFiles(directory: string, PATH = ''): Promise<string> {
  await mkdir(directory, { recursive: true });
  const command = path.join(directory, 'codebuild-hash-files');
  const quoted = [process.execPath, path.join(__dirname, 'codebuild-hash-files.js')].map(shellWord);
  // What a build tells its own Node.js is not for this one.
  await writeFile(command, `#!/bin/sh\nunset NODE_OPTIONS\nexec ${quoted.join(' ')} "$@"\n`);
  await chmod(command, 0o755);
  return [PATH, directory].filter(Boolean).join(path.delimiter);
}
