import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
} from '@aws-sdk/client-ecr';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import mangoo from '../../config/mangoo';
import type { PipelineConfig } from '../../lib/config';
import { pipelineFiles, replaceAll } from '../../tools/adopt/copy';
import type { Recorded } from '../../tools/releases/recorded';
import type { BuildRecord } from '../../tools/simulator/codebuild/record';
import { Faults, parseFault } from '../../tools/simulator/faults';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { type PushOptions, PushRun } from '../../tools/simulator/push';
import type { PushResult } from '../../tools/simulator/report/result';
import { summary } from '../../tools/simulator/report/summary';
import type { Simulator } from '../../tools/simulator/simulator';
import { copyMiniature, gitIn, ROOT } from './miniature-source';
import { clientOf } from './state/harness';

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

/** By image, the digest that a record says. */
export function digestsOf({ images }: Recorded): Record<string, string> {
  return Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest]));
}

/** The pipeline, deployed once into an emulated AWS, and pushes of a small application to it, each with faults of its own. */
export class PlayedPipeline {
  private pushes = 0;

  private constructor(
    private readonly directory: string,
    private readonly config: PipelineConfig,
    private readonly faults: Faults,
    private readonly run: PushRun,
    readonly simulator: Simulator,
    private readonly output: string[],
  ) {}

  /** With one release, which is what `before` tells of; of these images. */
  static async released(
    ...names: readonly string[]
  ): Promise<{ pipeline: PlayedPipeline; pushed: Pushed; before: Deployed }> {
    const pipeline = await PlayedPipeline.deployed(names.length ? names : ['backend', 'frontend']);
    const pushed = await pipeline.push();
    if (pushed.result.build?.status === 'SUCCEEDED') return { pipeline, pushed, before: pushed.deployed };
    await pipeline.remove();
    throw new Error(pushed.log);
  }

  private static async deployed(names: readonly string[]): Promise<PlayedPipeline> {
    const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-faults-test-'));
    const source = path.join(directory, 'source');
    const images = names.map((name) => ({
      name,
      context: name,
      repository: `mangoo-${name}`,
      service: `mangoo-${name}-service`,
    }));
    const config: PipelineConfig = { ...mangoo, images };
    copyMiniature(source);
    adopt(config, source);
    const file = path.join(directory, 'config.ts');
    writeFileSync(file, `export default ${JSON.stringify(config)};\n`);
    const faults = new Faults();
    const options: PushOptions = {
      source,
      branch: 'main',
      config: file,
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
    const run = new PushRun(path.join(directory, 'work'), config, undefined, options, context);
    try {
      gitIn(source, 'init', '--quiet', '--initial-branch=work');
      return new PlayedPipeline(directory, config, faults, run, await run.prepare(), output);
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
    this.commit();
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

  /** Pushes a new commit, which changes these images or else all, and follows nothing. */
  async begin(...images: readonly string[]): Promise<BuildRecord> {
    this.commit(...images);
    this.faults.replace([]);
    const event = await this.simulator.github.push({ source: this.source(''), branch: 'main' });
    const [build] = this.simulator.receive(event).flatMap((reaction) => reaction.build ?? []);
    if (!build) throw new Error('the push started no build');
    return build;
  }

  /** What a build has logged so far. */
  logOf({ logGroup, logStream }: BuildRecord): string {
    const log = this.simulator.aws.buildLogs.get(logGroup, logStream);
    return log ? readFileSync(log.file, 'utf8') : '';
  }

  /** The release that is recorded as live. */
  async recorded(): Promise<Recorded> {
    const command = new GetParameterCommand({ Name: '/mangoo-releases/default' });
    const { Parameter } = await new SSMClient(clientOf(this.simulator.aws)).send(command);
    return JSON.parse(Parameter?.Value ?? '') as Recorded;
  }

  /** By image, the digest that its service runs. */
  running(): Record<string, string | undefined> {
    const services = this.simulator.aws.rollouts.services();
    return this.byImage(({ service }) => {
      const [image = ''] = services.find(({ name }) => name === service)?.images ?? [];
      return image.split('@')[1];
    });
  }

  /** By image, the digest that its repository has under a tag. */
  async tagged(imageTag: string): Promise<Record<string, string | undefined>> {
    const ecr = new ECRClient(clientOf(this.simulator.aws));
    const found = new Map<string, string | undefined>();
    for (const { repository: repositoryName } of this.config.images) {
      const input = { repositoryName, imageIds: [{ imageTag }] };
      const { images: [image] = [] } = await ecr.send(new BatchGetImageCommand(input));
      found.set(repositoryName, image?.imageId?.imageDigest);
    }
    return this.byImage(({ repository }) => found.get(repository));
  }

  /** What is out there, by image, as a digest: of a whole release, three times the same. */
  async standing(): Promise<Record<'runs' | 'latest' | 'record', object>> {
    const record = digestsOf(await this.recorded());
    return { runs: this.running(), latest: await this.tagged('latest'), record };
  }

  async remove(): Promise<void> {
    await this.simulator.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private commit(...images: readonly string[]): void {
    this.pushes += 1;
    for (const { name, context } of this.config.images) {
      if (images.length && !images.includes(name)) continue;
      writeFileSync(this.source('index.txt', context), `release ${this.pushes}\n`);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', `Release ${this.pushes}`);
  }

  private byImage<T>(of: (image: PipelineConfig['images'][number]) => T): Record<string, T> {
    return Object.fromEntries(this.config.images.map((image) => [image.name, of(image)]));
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

/**
 * Makes the miniature suit what is configured: the pipeline's files as `npm run adopt` writes them, a folder and a service for
 * each image. All are of Node.js: no test here needs the seconds that a virtual environment takes.
 */
function adopt(config: PipelineConfig, source: string): void {
  replaceAll(source, pipelineFiles(config));
  const model = path.join(source, 'model');
  renameSync(path.join(source, 'frontend'), model);
  rmSync(path.join(source, 'backend'), { recursive: true });
  for (const { context } of config.images) cpSync(model, path.join(source, context), { recursive: true });
  rmSync(model, { recursive: true });
  const names = config.images.map(({ name }) => name);
  writeFileSync(path.join(source, 'cdk/images.json'), JSON.stringify(names));
}
