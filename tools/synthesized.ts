import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cdk } from './cdk';
import { type Context, UserError } from './command';
import { hostEnvironment } from './host-environment';

/**
 * What `read` makes of the stacks that `synth` leaves in a directory, which is gone before anybody can look into it. Neither
 * credentials nor settings of the user's AWS are seen by the app.
 *
 * @throws UserError when the app cannot be synthesized, or is interrupted
 */
export async function synthesized<T>(
  synth: (cdk: Cdk, assembly: string) => Promise<void>,
  read: (assembly: string) => T,
  context: Context,
): Promise<T> {
  const directory = mkdtempSync(path.join(context.env.TMPDIR ?? tmpdir(), 'mangoo-synth-'));
  try {
    const [assembly, tmp] = ['cdk.out', 'tmp'].map((name) => path.join(directory, name)) as [string, string];
    mkdirSync(tmp);
    const cdk = new Cdk({
      env: {
        // CDK leaves caches there, which go with the directory.
        ...hostEnvironment({ ...context.env, TMPDIR: tmp }),
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      elsewhere: directory,
      signal: context.signal,
      output: (text) => context.err(text),
    });
    await synth(cdk, assembly);
    return read(assembly);
  } catch (error) {
    if (context.signal.aborted) throw new UserError('interrupted', 1);
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
