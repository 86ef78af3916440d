import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from './command';
import { run } from './process';

/** This project's own root, where the pipeline's CDK app and the pinned CDK CLI lie. */
export const PROJECT = path.resolve(__dirname, '..');
const CLI = 'node_modules/aws-cdk/bin/cdk';
/** Without preflight, which would judge the app's own folder: the source that a tool looks at may be another. */
const SYNTH = ['synth', '--quiet', '--context', 'preflight=off'];

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
    await this.cdk([...SYNTH, '--context', `config=${config}`, '--output', assembly], 'told');
  }

  /** Synthesizes the app of `source`, whose root has a cdk.json, into `assembly`; by the CLI that it installs, if there is one. */
  async synthOf(source: string, assembly: string): Promise<void> {
    const own = path.join(source, CLI);
    const cli = existsSync(own) ? own : path.join(PROJECT, CLI);
    await this.cdk([...SYNTH, '--output', assembly], 'told', {}, source, cli);
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
    cli = path.join(PROJECT, CLI),
  ): Promise<void> {
    let told = '';
    const code = await run(process.execPath, [cli, ...args, '--no-color', '--no-notices', '--ci'], {
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
