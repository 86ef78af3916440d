import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PipelineConfig } from '../../lib/config';
import { environmentOf, pipelinePlace } from '../../lib/environments';
import { type Context, UserError } from '../command';
import { readConfig } from '../config';
import { Cdk } from '../cdk';
import { type BuildRecord, uuidOf } from './codebuild/record';
import type { EmulatedAws } from './emulated-aws';
import { hostEnvironment } from '../host-environment';
import type { Faults } from './faults';
import { approvalOf, approved } from './github/approval';
import { readEvent } from './github/event-file';
import { checkPush, uncommittedChanges } from './github/repository';
import type { WebhookEvent } from './github/types';
import { BuildFollower } from './report/build-follower';
import { deployedState, imagesOf } from './report/deployed';
import { Progress } from './report/progress';
import type { BuildReport, PushResult } from './report/result';
import { endOf, type Reaction, Simulator } from './simulator';
import { requireTools } from './standins/tools';
import { WorkingDirectory } from './working-directory';

/** Where the configuration names none: moto's own account. */
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

/** A machine of two cores runs as many without slowing them down much. */
export const BUILDS_AT_ONCE = 4;

export interface PushOptions {
  /** The git work tree whose HEAD is pushed. */
  readonly source: string;
  readonly branch: string;
  /** A payload of GitHub's webhook, which tells of something else than a push to `branch`. */
  readonly event?: string;
  /** Whether a comment approves a pull request whose build waits for one. */
  readonly approve?: boolean;
  /** The pipeline's configuration file. */
  readonly config: string;
  readonly faults: Faults;
  /** Tools that must not be played. */
  readonly require: readonly string[];
  readonly endpointUrl?: string;
  /** The directory that keeps the emulated AWS between runs. */
  readonly state?: string;
  readonly keep: boolean;
  /** Shows the output of the tools and of the build. */
  readonly verbose: boolean;
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
  const file = path.relative(context.cwd, options.config);
  const config = readConfig(file);
  checkPlayable(config, file);
  await checkPush(options);
  const told = options.event === undefined ? undefined : readEvent(options.event);
  if (options.approve && told) approved(told);
  const note = (line: string): void => context.err(line);
  const directory = await WorkingDirectory.create(context.env, note, options.state);
  try {
    const result = await new PushRun(directory.path, config, told, options, context).run();
    const stays = options.keep || options.state !== undefined;
    return { result, directory: stays ? directory.path : undefined };
  } finally {
    await (options.keep ? directory.keep() : directory.remove());
  }
}

/** @throws UserError where an environment is in another account or region than the one that is emulated */
function checkPlayable(config: PipelineConfig, file: string): void {
  const far = config.environments.flatMap((environment) => {
    const { name, elsewhere } = environmentOf(config, environment);
    return elsewhere ? [`${name} (${elsewhere.account}, ${elsewhere.region})`] : [];
  });
  if (!far.length) return;
  throw new UserError(
    `${file}: ${far.join(', ')}: expected every environment where the pipeline is, because one account and region are emulated; leave it out, or its account and region`,
  );
}

/** One emulated AWS with the pipeline in it, and pushes to it. */
export class PushRun {
  private readonly progress: Progress;
  private readonly host: Readonly<Record<string, string>>;

  constructor(
    private readonly directory: string,
    private readonly config: PipelineConfig,
    /** The event that a file tells of, instead of a push. */
    private readonly told: WebhookEvent | undefined,
    private readonly options: PushOptions,
    private readonly context: Context,
  ) {
    this.progress = new Progress(context, options);
    // Tools leave caches and sockets there, which go with the directory.
    this.host = hostEnvironment({ ...context.env, TMPDIR: this.work('tmp') });
  }

  async run(): Promise<PushResult> {
    const simulator = await this.prepare();
    try {
      return await this.push(simulator);
    } finally {
      await simulator.stop();
    }
  }

  /** Starts the simulator, and deploys the pipeline into it. The caller stops it. */
  async prepare(): Promise<Simulator> {
    const { host, options, context, progress } = this;
    const home = this.work('home');
    await Promise.all(['tmp', 'home'].map((name) => mkdir(this.work(name), { recursive: true })));
    await requireTools(host);
    const failed = new AbortController();
    const cdk = new Cdk({
      env: { ...host, HOME: home },
      elsewhere: home,
      signal: AbortSignal.any([context.signal, failed.signal]),
      output: (text) => progress.output(text),
    });
    const synthesis = progress.step('cdk synth of the pipeline', () =>
      cdk.synth(options.config, this.work('cdk.out')),
    );
    // Handled below, but perhaps only after what else fails has been cleaned up.
    synthesis.catch(() => undefined);
    let simulator: Simulator | undefined;
    try {
      simulator = await this.start();
      await this.deployPipeline(simulator.aws, cdk, synthesis);
      return simulator;
    } catch (error) {
      // The user waits for the reason, not for a synthesis that is of no use any more.
      failed.abort();
      await simulator?.stop();
      throw error;
    } finally {
      // It runs beside the rest, which may have failed; nothing may write into the directory when that goes.
      await synthesis.catch(() => undefined);
    }
  }

  private start(): Promise<Simulator> {
    const { options, context, progress } = this;
    const { account = ACCOUNT, region = REGION } = pipelinePlace(this.config);
    return progress.step(
      'An emulated AWS starts (simulated)',
      () =>
        Simulator.start({
          account,
          region,
          directory: this.directory,
          keepState: options.state !== undefined,
          keepBuilds: options.keep,
          faults: options.faults,
          require: options.require,
          endpointUrl: options.endpointUrl,
          quota: BUILDS_AT_ONCE,
          host: this.host,
          context,
          note: (line) => progress.note(line),
        }),
      ({ aws }) => `account ${account}, ${region}, ${aws.url}`,
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

  /** One push, followed to the end of all that it starts. */
  async push(simulator: Simulator): Promise<PushResult> {
    const { options, progress } = this;
    const { aws } = simulator;
    const uncommitted = await uncommittedChanges(options.source);
    const images = await imagesOf(aws);
    const earlier = { messages: aws.events.messages().length, failures: aws.events.failures().length };
    const event = await this.event(simulator);
    const { ref, commit } = whatOf(event);
    if (uncommitted.length) {
      const some = uncommitted.slice(0, 3).join(', ');
      progress.note(`not committed, so not part of the push: ${uncommitted.length} files (${some})`);
    }
    const before = new Set(aws.buildRecords.all().map(({ id }) => id));
    const { reactions, build } = await this.builds(simulator, event);
    const meanwhile = await this.others(simulator, before.add(build?.id ?? ''));
    // Their ends are events, too.
    await aws.imageScans.settled();
    await this.notified(simulator);
    const chosen = reactions.find((reaction) => reaction.build !== undefined);
    const hooks = new Set(reactions.map(({ project }) => project.name)).size;
    return {
      source: {
        directory: options.source,
        commit,
        message: 'headCommitMessage' in event ? event.headCommitMessage : undefined,
        uncommitted: uncommitted.length,
      },
      webhook: {
        event: event.event,
        ref,
        matched: chosen !== undefined,
        waitingForApproval: !chosen && reactions.some(({ decision }) => decision.waitingForApproval),
        filterGroup: chosen?.decision.filterGroup ? [chosen.decision.filterGroup] : [],
        reasons: reactions.flatMap(({ project, decision }) =>
          decision.reasons.map((reason) => (hooks > 1 ? `${project.name}: ${reason}` : reason)),
        ),
      },
      build,
      meanwhile,
      ...(await deployedState(aws, images, build?.exportedVariables.IMAGE_TAG)),
      aws: {
        account: aws.account,
        region: aws.region,
        calls: aws.ledger.all(),
        unused: chosen ? await aws.authorizer.unusedPermissions(chosen.project.serviceRole) : [],
        principals: await aws.authorizer.principals(),
        deployRole: await aws.authorizer.deployRole(aws.deployRoles),
      },
      notifications: aws.events.messages().slice(earlier.messages),
      undelivered: aws.events.failures().slice(earlier.failures),
      simulated: [
        ...options.faults.asked().map((fault) => `--fault ${fault}: what it breaks was asked for`),
        ...simulator.simulated(),
        ...(build?.simulated ?? []),
      ],
      steps: progress.steps,
    };
  }

  private async event({ github }: Simulator): Promise<WebhookEvent> {
    const { options, progress, told } = this;
    if (!told) {
      return progress.step(
        `git push to ${options.branch} (simulated GitHub)`,
        () => github.push(options),
        ({ after, changedFiles }) => `${after.slice(0, 7)}, ${changedFiles.length} files`,
      );
    }
    return progress.step(`${told.event} of ${options.event} (simulated GitHub)`, () =>
      github.receive(told, options.source, (line) => progress.note(line)),
    );
  }

  /** What the webhooks make of the event; the first build that one of them starts is followed and reported. */
  private async builds(
    simulator: Simulator,
    event: WebhookEvent,
  ): Promise<{ reactions: readonly Reaction[]; build?: BuildReport }> {
    const { options, progress, context } = this;
    const log = path.join(options.results, 'build.log');
    await mkdir(options.results, { recursive: true });
    const follower = new BuildFollower(log, progress);
    try {
      const reactions = this.tell(simulator.receive(event, follower));
      const waiting = reactions.some(({ decision }) => decision.waitingForApproval);
      if (waiting && options.approve) {
        const comment = approved(event);
        progress.note(`a maintainer comments ${approvalOf(comment)} (simulated)`);
        reactions.push(...this.tell(simulator.receive(comment, follower)));
      }
      const chosen = reactions.find((reaction) => reaction.build !== undefined);
      if (!chosen?.build) return { reactions };
      const { project, build } = chosen;
      progress.note(build.id);
      const stop = (): void => simulator.builds.stop(build.id);
      context.signal.addEventListener('abort', stop, { once: true });
      if (context.signal.aborted) stop();
      const ended = await progress.step(`build of ${project.name}`, () => simulator.builds.ended(build.id));
      context.signal.removeEventListener('abort', stop);
      context.signal.throwIfAborted();
      return { reactions, build: ended && reportOf(ended, simulator, follower) };
    } finally {
      await follower.end();
    }
  }

  private tell(reactions: Reaction[]): Reaction[] {
    for (const { project, decision } of reactions) {
      this.progress.note(
        `webhook of ${project.name}: ${decision.matched ? 'matches' : decision.reasons.join('; ')}`,
      );
    }
    return reactions;
  }

  /** How the builds end that somebody else's pushes have started meanwhile. */
  private async others({ aws, builds }: Simulator, known: ReadonlySet<string>): Promise<string[]> {
    const others = aws.buildRecords.all().filter(({ id }) => !known.has(id));
    const ended = await Promise.all(others.map(({ id }) => builds.ended(id)));
    const lines = ended.flatMap((record) => (record ? [endOf(record)] : []));
    for (const line of lines) this.progress.note(line);
    return lines;
  }

  /** Waits for the functions that the builds' events have started. */
  private async notified({ aws: { events } }: Simulator): Promise<void> {
    if (events.isBusy) await this.progress.step('functions that events started', () => events.settled());
    this.context.signal.throwIfAborted();
  }

  private work(name: string): string {
    return path.join(this.directory, name);
  }
}

/** The ref that an event is about, and the commit; of a release, the tag stands for it. */
function whatOf(event: WebhookEvent): { ref: string; commit: string } {
  if (event.event === 'PUSH') return { ref: event.ref, commit: event.after };
  if ('number' in event) return { ref: event.headRef, commit: event.headCommit };
  return { ref: `refs/tags/${event.tag}`, commit: event.tag };
}

/** The fields of a record that the design's JSON has, and what else a reader wants. */
function reportOf(record: BuildRecord, { tools }: Simulator, follower: BuildFollower): BuildReport {
  const { id, status, phases, exportedVariables, artifacts, reports, simulated } = record;
  return {
    id,
    status: status === 'IN_PROGRESS' ? 'FAULT' : status,
    phases,
    exportedVariables,
    artifacts,
    reports,
    simulated,
    tools: tools.kinds,
    log: follower.log,
    errors: follower.errors,
    diagnosis: follower.diagnosis(record),
    artifactLocation: artifactLocation(record),
  };
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

function artifactLocation({ project, id }: BuildRecord): string | undefined {
  const { location, path: prefix, namespaceType } = project.artifacts;
  if (!location) return undefined;
  const parts = [prefix, namespaceType === 'BUILD_ID' ? uuidOf(id) : undefined].filter(Boolean);
  return `s3://${[location, ...parts].join('/')}/`;
}
