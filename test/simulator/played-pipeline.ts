import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import mangoo from '../../config/mangoo';
import { Faults, parseFault } from '../../tools/simulator/faults';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { type PushOptions, PushRun } from '../../tools/simulator/push';
import type { PushResult } from '../../tools/simulator/report/result';
import { summary } from '../../tools/simulator/report/summary';
import type { Simulator } from '../../tools/simulator/simulator';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

/** What is out there. */
export interface Deployed {
  /** The commit that each service's image was built of, by the service's name. */
  readonly runs: Readonly<Record<string, string>>;
  /** Of the application's stack; undefined where there is none. */
  readonly stack?: string;
  /** The commits that each repository has an image of. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
  /** The commit of what `latest` is, by repository. */
  readonly latest: Readonly<Record<string, string>>;
}

export interface Pushed {
  readonly commit: string;
  readonly result: PushResult;
  /** What the user reads at the end. */
  readonly summary: string;
  readonly log: string;
  readonly deployed: Deployed;
}

/**
 * What those who subscribed to the topic read of the push: subject and text of each message. It was composed by the deployed
 * function, with its own permissions.
 */
export function messagesOf({ result: { notifications, undelivered } }: Pushed): string[] {
  if (undelivered.length) throw new Error(undelivered.join('\n'));
  return notifications.map(({ subject, text }) => `${subject}\n\n${text}`);
}

/** What a message about a failed build must say: the cause that the build's summary names first, and what mends it. */
export function diagnosisOf({ result: { build } }: Pushed): string {
  const [known] = build?.diagnosis ?? [];
  return `Cause: ${known?.cause}\nFix: ${known?.fix}\nMore: ${known?.link}\n`;
}

/** The pipeline, deployed once into an emulated AWS, and pushes of a small application to it, each with faults of its own. */
export class PlayedPipeline {
  private pushes = 0;

  private constructor(
    private readonly directory: string,
    private readonly faults: Faults,
    private readonly run: PushRun,
    readonly simulator: Simulator,
    private readonly output: string[],
  ) {}

  /** With one release, which is what `before` tells of. */
  static async released(): Promise<{ pipeline: PlayedPipeline; before: Deployed }> {
    const pipeline = await PlayedPipeline.deployed();
    const { result, log, deployed } = await pipeline.push();
    if (result.build?.status === 'SUCCEEDED') return { pipeline, before: deployed };
    await pipeline.remove();
    throw new Error(log);
  }

  private static async deployed(): Promise<PlayedPipeline> {
    const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-faults-test-'));
    const source = path.join(directory, 'source');
    copyMiniature(source);
    // Both images of Node.js: no test here needs the seconds that a virtual environment takes.
    rmSync(path.join(source, 'backend'), { recursive: true });
    cpSync(path.join(source, 'frontend'), path.join(source, 'backend'), { recursive: true });
    const faults = new Faults();
    const options: PushOptions = {
      source,
      branch: 'main',
      config: path.join(ROOT, 'config/mangoo.ts'),
      faults,
      require: [],
      keep: false,
      verbose: true,
      results: path.join(directory, 'results'),
    };
    const output: string[] = [];
    const tell = (line: string): void => void output.push(line);
    // The same everywhere: with an engine, the base images would be needed.
    const env = { ...process.env, TMPDIR: directory, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    const context = { cwd: ROOT, env, signal: new AbortController().signal, out: tell, err: tell };
    const run = new PushRun(path.join(directory, 'work'), mangoo, undefined, options, context);
    try {
      gitIn(source, 'init', '--quiet', '--initial-branch=work');
      return new PlayedPipeline(directory, faults, run, await run.prepare(), output);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The bare one that plays GitHub. */
  get repository(): string {
    return path.join(this.directory, 'work/github.git');
  }

  /** Pushes a new commit, and follows everything that it starts to its end. */
  async push(...faults: string[]): Promise<Pushed> {
    this.pushes += 1;
    for (const folder of ['backend', 'frontend']) {
      writeFileSync(this.source('index.txt', folder), `release ${this.pushes}\n`);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', `Release ${this.pushes}`);
    this.faults.replace(faults.map(parseFault));
    this.output.length = 0;
    const result = await this.run.push(this.simulator);
    return {
      commit: this.git('rev-parse', 'HEAD'),
      result,
      summary: summary(result).join('\n'),
      log: result.build ? readFileSync(result.build.log, 'utf8') : this.output.join('\n'),
      deployed: await this.look(),
    };
  }

  async remove(): Promise<void> {
    await this.simulator.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async look(): Promise<Deployed> {
    const { aws } = this.simulator;
    const ecr = new ECRClient(pastGateway(aws.emulatorUrl, aws.region));
    const commits: Record<string, string> = {};
    const tags: Record<string, string[]> = {};
    const latest: Record<string, string> = {};
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}));
    for (const { repositoryName = '' } of repositories) {
      const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
      for (const { imageTags = [], imageDigest = '' } of imageDetails) {
        // Several, where a push changed nothing in the image.
        const ofCommits = imageTags.filter((tag) => /^[0-9a-f]{40}$/.test(tag));
        const commit = ofCommits[0] ?? imageDigest;
        commits[imageDigest] = commit;
        (tags[repositoryName] ??= []).push(...ofCommits);
        if (imageTags.includes('latest')) latest[repositoryName] = commit;
      }
    }
    const runs = aws.rollouts.services().map(({ name, images: [image = ''] }) => {
      const digest = image.split('@')[1] ?? image;
      return [name.replace(/^mangoo-|-service$/g, ''), commits[digest] ?? digest];
    });
    const stack = aws.cloudFormation.all().find(({ name }) => name === 'MangooStack')?.status;
    return { runs: Object.fromEntries(runs) as Deployed['runs'], stack, tags, latest };
  }

  private source(file: string, folder = '.'): string {
    return path.join(this.directory, 'source', folder, file);
  }

  private git(...args: string[]): string {
    return gitIn(this.source(''), ...args);
  }
}
