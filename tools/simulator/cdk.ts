import path from 'node:path';
import { UserError } from '../command';
import { run } from './process';

/** This project's own root, where the pipeline's CDK app and the pinned CDK CLI lie. */
export const PROJECT = path.resolve(__dirname, '../..');
const CLI = path.join(PROJECT, 'node_modules/aws-cdk/bin/cdk');

/** The unmodified CDK CLI that this project pins. */
export class Cdk {
  constructor(
    private readonly options: {
      readonly env: Readonly<Record<string, string>>;
      /** An empty directory: where there is no cdk.json, bootstrapping synthesizes no app. */
      readonly elsewhere: string;
      readonly signal: AbortSignal;
      output(text: string): void;
    },
  ) {}

  /** Synthesizes the pipeline's own app into `assembly`. */
  async synth(config: string, assembly: string): Promise<void> {
    await this.cdk(['synth', '--quiet', '--context', `config=${config}`, '--output', assembly], 'told');
  }

  async deploy(assembly: string, outputsFile: string, env: Readonly<Record<string, string>>): Promise<void> {
    const args = ['deploy', '--all', '--app', assembly, '--outputs-file', outputsFile];
    await this.cdk([...args, '--require-approval', 'never', '--progress', 'events'], 'live', env);
  }

  /** @param args of `cdk bootstrap`, e.g. those that the stack's BootstrapCommand output prints */
  async bootstrap(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
    await this.cdk(['bootstrap', ...args], 'told', env, this.options.elsewhere);
  }

  /**
   * @param show `live`: all output as it comes. `told`: only when the command fails.
   */
  private async cdk(
    args: readonly string[],
    show: 'live' | 'told',
    env: Readonly<Record<string, string>> = {},
    cwd = PROJECT,
  ): Promise<void> {
    let told = '';
    const code = await run(process.execPath, [CLI, ...args, '--no-color', '--no-notices', '--ci'], {
      cwd,
      env: { ...this.options.env, ...env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
      signal: this.options.signal,
      output: (text) => (show === 'live' ? this.options.output(text) : (told += text)),
    });
    if (code === 0) return;
    throw new UserError(
      [`cdk ${args[0]} failed (exit code ${code})`, told.trim()].filter(Boolean).join('\n'),
      1,
    );
  }
}
