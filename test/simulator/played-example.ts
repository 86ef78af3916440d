import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../lib/config-file';
import { Faults } from '../../tools/simulator/faults';
import { PushRun } from '../../tools/simulator/push';
import type { Simulator } from '../../tools/simulator/simulator';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

/** The miniature in a repository of its own, pushed by a configuration of `config/examples/`, whose own CDK stack is synthesized. */
export class PlayedExample {
  readonly source: string;
  simulator!: Simulator;
  private readonly directory: string;
  private readonly config: string;
  private readonly output: string[] = [];
  private run!: PushRun;

  /**
   * @param example its name
   * @param settings TypeScript that is put after those of the example
   */
  constructor(example: string, settings = '') {
    this.directory = mkdtempSync(path.join(tmpdir(), `mangoo-${example}-test-`));
    this.source = path.join(this.directory, 'source');
    this.config = path.join(this.directory, 'config.ts');
    copyMiniature(this.source);
    // Both images of Node.js: a virtual environment takes seconds.
    rmSync(path.join(this.source, 'backend'), { recursive: true });
    cpSync(path.join(this.source, 'frontend'), path.join(this.source, 'backend'), { recursive: true });
    // The application lies at the root there.
    writeFileSync(
      this.config,
      `import example from '${path.join(ROOT, 'config/examples', example)}';\nexport default { ...example, appDir: '.', ${settings} };\n`,
    );
    gitIn(this.source, 'init', '--quiet', '--initial-branch=work');
  }

  async prepare(): Promise<void> {
    const tell = (line: string): void => void this.output.push(line);
    // The same everywhere: with an engine, the base images would be needed.
    const env = { ...process.env, TMPDIR: this.directory, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    this.run = new PushRun(
      path.join(this.directory, 'work'),
      loadConfig(this.config),
      undefined,
      {
        source: this.source,
        branch: 'main',
        config: this.config,
        faults: new Faults(),
        require: [],
        keep: false,
        verbose: true,
        results: path.join(this.directory, 'results'),
      },
      { cwd: ROOT, env, signal: new AbortController().signal, out: tell, err: tell },
    );
    this.simulator = await this.run.prepare();
  }

  /** Commits what there is, and sees it delivered: the log, and the calls to resources whose ARNs have a text, with their verdicts. */
  async push(message: string, resources: string): Promise<{ log: string; calls: string[] }> {
    gitIn(this.source, 'add', '--all');
    gitIn(this.source, 'commit', '--quiet', '--allow-empty', '--message', message);
    const { build, aws } = await this.run.push(this.simulator);
    expect(`${build?.status}\n${this.output.join('\n')}`).toMatch(/^SUCCEEDED\n/);
    const calls = (aws?.calls ?? []).filter(({ resource }) => resource.includes(resources));
    return {
      log: readFileSync(build?.log ?? '', 'utf8'),
      calls: calls.map(({ action, decision }) => `${action} ${decision}`),
    };
  }

  async remove(): Promise<void> {
    await this.simulator?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
