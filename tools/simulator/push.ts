import { createWriteStream } from 'node:fs';
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { PipelineConfig } from '../../lib/config';
import type { Context } from '../command';
import { readConfig } from '../config';
import { Cdk } from './cdk';
import { type Build, type BuildOutput, Builds } from './codebuild/builds';
import type { Project } from './codebuild/projects';
import { EmulatedAws } from './emulated-aws';
import { hostEnvironment } from './environment';
import type { Faults } from './faults';
import { checkPush, Repository, uncommittedChanges } from './github/repository';
import type { PushEvent } from './github/types';
import { decide } from './github/webhook';
import { deployedState } from './report/deployed';
import { Progress } from './report/progress';
import type { BuildReport, PushResult } from './report/result';
import { requireTools, Tools } from './standins/tools';

/** The route of the gateway that plays docker. */
const DOCKER = '/_simulator/docker';

export interface PushOptions {
  /** The git work tree whose HEAD is pushed. */
  readonly source: string;
  readonly branch: string;
  /** The pipeline's configuration file. */
  readonly config: string;
  readonly faults: Faults;
  /** Tools that must not be played. */
  readonly require: readonly string[];
  readonly endpointUrl?: string;
  readonly keep: boolean;
  /** The directory that the build's log goes to. */
  readonly results: string;
}

/**
 * The whole loop: deploys the pipeline into an emulated AWS, pushes, builds what the webhook matches, and looks at what is
 * deployed then. Leaves nothing behind but the log in `results`, and the working directory with `keep`.
 *
 * @throws UserError for what the user can mend: a source, a configuration or a tool that cannot be used
 */
export async function simulatePush(
  options: PushOptions,
  context: Context,
): Promise<{ result: PushResult; directory?: string }> {
  const config = readConfig(path.relative(context.cwd, options.config));
  await checkPush(options);
  const directory = await mkdtemp(path.join(context.env.TMPDIR ?? tmpdir(), 'mangoo-simulator-'));
  try {
    const result = await new PushRun(directory, config, options, context).run();
    return { result, directory: options.keep ? directory : undefined };
  } finally {
    if (!options.keep) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

class PushRun {
  private readonly progress: Progress;
  private readonly host: Readonly<Record<string, string>>;

  constructor(
    private readonly directory: string,
    private readonly config: PipelineConfig,
    private readonly options: PushOptions,
    private readonly context: Context,
  ) {
    this.progress = new Progress((line) => context.err(line));
    // Tools leave caches and sockets there, which go with the directory.
    this.host = hostEnvironment({ ...context.env, TMPDIR: this.work('tmp') });
  }

  async run(): Promise<PushResult> {
    const { host, options, context, progress } = this;
    const home = this.work('home');
    await Promise.all(['tmp', 'home'].map((name) => mkdir(this.work(name))));
    await requireTools(host);
    const cdk = new Cdk({
      env: { ...host, HOME: home },
      elsewhere: home,
      signal: context.signal,
      output: (text) => progress.output(text),
    });
    const synthesis = progress.step('cdk synth of the pipeline', () =>
      cdk.synth(options.config, this.work('cdk.out')),
    );
    // Handled below, but perhaps only after what else fails has been cleaned up.
    synthesis.catch(() => undefined);
    try {
      const [tools, uncommitted] = await Promise.all([
        Tools.detect(host, options.require),
        uncommittedChanges(options.source),
      ]);
      const aws = await this.startAws(tools);
      try {
        await this.deployPipeline(aws, cdk, synthesis);
        return await this.push(aws, tools, uncommitted);
      } finally {
        await aws.stop();
      }
    } finally {
      // It runs beside the rest, which may have failed; nothing may write into the directory when that goes.
      await synthesis.catch(() => undefined);
    }
  }

  private startAws(tools: Tools): Promise<EmulatedAws> {
    // One environment: the configuration is refused with several.
    const { account = '123456789012', region = 'us-east-1' } = this.config.environments[0] ?? {};
    return this.progress.step(
      'An emulated AWS starts (simulated)',
      () =>
        EmulatedAws.start({
          account,
          region,
          directory: this.directory,
          faults: this.options.faults,
          endpointUrl: this.options.endpointUrl,
          routes: { [DOCKER]: tools.route },
          env: { ...this.context.env, TMPDIR: this.work('tmp') },
          signal: this.context.signal,
          log: (line) => this.progress.note(line),
        }),
      ({ url }) => `account ${account}, ${region}, ${url}`,
    );
  }

  /** As README.md tells it: bootstrap, deploy, and the bootstrap command that the stack prints for the application. */
  private async deployPipeline(aws: EmulatedAws, cdk: Cdk, synthesis: Promise<void>): Promise<void> {
    const { progress } = this;
    const administrator = aws.environmentFor(aws.administrator);
    const outputs = this.work('outputs.json');
    await progress.step('cdk bootstrap', () =>
      cdk.bootstrap([`aws://${aws.account}/${aws.region}`], administrator),
    );
    await synthesis;
    await progress.step('cdk deploy of the pipeline', () =>
      cdk.deploy(this.work('cdk.out'), outputs, administrator),
    );
    for (const { qualifier, args } of await bootstrapCommands(outputs)) {
      await progress.step(`cdk bootstrap for the application (${qualifier})`, () =>
        cdk.bootstrap(args, administrator),
      );
    }
  }

  private async push(aws: EmulatedAws, tools: Tools, uncommitted: readonly string[]): Promise<PushResult> {
    const { options, progress } = this;
    const repository = await Repository.create(this.work('github.git'));
    const event = await progress.step(
      `git push to ${options.branch} (simulated GitHub)`,
      () => repository.push(options),
      ({ after, changedFiles }) => `${after.slice(0, 7)}, ${changedFiles.length} files`,
    );
    if (uncommitted.length) {
      const some = uncommitted.slice(0, 3).join(', ');
      progress.note(`not committed, so not part of the push: ${uncommitted.length} files (${some})`);
    }
    const candidates = aws.projects.all().map((project) => ({
      project,
      decision: decide(event, project.webhook),
    }));
    for (const { project, decision } of candidates) {
      const told = decision.matched ? 'matches' : decision.reasons.join('; ');
      progress.note(`webhook of ${project.name}: ${told}`);
    }
    const chosen = candidates.find(({ decision }) => decision.matched);
    const build = chosen && (await this.build(aws, tools, chosen.project, event, repository));
    return {
      source: { directory: options.source, commit: event.after, uncommitted: uncommitted.length },
      webhook: {
        event: event.event,
        ref: event.ref,
        matched: chosen !== undefined,
        filterGroup: chosen?.decision.filterGroup ? [chosen.decision.filterGroup] : [],
        reasons: candidates.flatMap(({ decision }) => decision.reasons),
      },
      build,
      ...(await deployedState(aws)),
      aws: {
        account: aws.account,
        region: aws.region,
        calls: aws.ledger.all(),
        unused: chosen ? await aws.authorizer.unusedPermissions(chosen.project.serviceRole) : [],
      },
      simulated: [...aws.simulated(), ...tools.simulated, ...(build?.simulated ?? [])],
      steps: progress.steps,
    };
  }

  private async build(
    aws: EmulatedAws,
    tools: Tools,
    project: Project,
    event: PushEvent,
    repository: Repository,
  ): Promise<BuildReport> {
    const { host, progress, context } = this;
    const log = path.join(this.options.results, 'build.log');
    await mkdir(this.options.results, { recursive: true });
    const file = createWriteStream(log);
    const builds = new Builds(aws, {
      directory: this.work('builds'),
      cacheDirectory: path.join(cacheHome(context.env), 'builds'),
      environment: { ...host, ...(await tools.install(this.work('tools'), `${aws.url}${DOCKER}`, host)) },
    });
    let text = '';
    const output: BuildOutput = {
      started: (id) => progress.note(id),
      output: (chunk) => {
        file.write(chunk);
        progress.output(chunk);
        text += chunk;
      },
      phaseStarted: (name) => progress.phaseStarted(name),
      phaseEnded: (phase) => progress.phaseEnded(phase),
    };
    try {
      const build = await progress.step(`build of ${project.name}`, () =>
        builds.startForPush(project, event, repository, output, context.signal),
      );
      const errors = text.match(/^ERROR: .*$/gm) ?? [];
      const location = artifactLocation(project, build);
      return { ...build, tools: tools.kinds, log, errors, artifactLocation: location };
    } finally {
      await new Promise((resolve) => file.end(resolve));
      context.signal.throwIfAborted();
    }
  }

  private work(name: string): string {
    return path.join(this.directory, name);
  }
}

/** The stack tells how the application's environment is bootstrapped; what it prints is what is run. */
async function bootstrapCommands(outputsFile: string): Promise<{ qualifier: string; args: string[] }[]> {
  const outputs = JSON.parse(await readFile(outputsFile, 'utf8')) as Record<string, Record<string, string>>;
  return Object.values(outputs).flatMap((stack) => {
    const words = stack.BootstrapCommand?.trim().split(/\s+/) ?? [];
    const start = words.indexOf('bootstrap');
    if (start < 0) return [];
    const args = words.slice(start + 1);
    return [{ qualifier: args[args.indexOf('--qualifier') + 1] ?? '', args }];
  });
}

function artifactLocation(project: Project, build: Build): string | undefined {
  const { location, path: prefix, namespaceType } = project.artifacts;
  if (!location) return undefined;
  const parts = [prefix, namespaceType === 'BUILD_ID' ? build.id.split(':')[1] : undefined].filter(Boolean);
  return `s3://${[location, ...parts].join('/')}/`;
}

function cacheHome(env: Context['env']): string {
  return path.join(env.XDG_CACHE_HOME ?? path.join(env.HOME ?? homedir(), '.cache'), 'mangoo-simulator');
}
