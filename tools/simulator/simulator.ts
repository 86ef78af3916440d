import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Context } from '../command';
import { type BuildWatcher, Builds } from './codebuild/builds';
import type { Project } from './codebuild/projects';
import type { BuildRecord } from './codebuild/record';
import { EmulatedAws } from './emulated-aws';
import type { Message } from './events/event-bus';
import type { Faults } from './faults';
import { Remote } from './github/remote';
import type { Repository } from './github/repository';
import type { WebhookDecision, WebhookEvent } from './github/types';
import { decide, sourceVersionOf, webhookVariables } from './github/webhook';
import { SomebodyElse } from './somebody-else';
import { Tools } from './standins/tools';

/** The routes of the gateway that play docker, and that the remote's hook finds. */
const DOCKER = '/_simulator/docker';
const GITHUB = '/_simulator/github';

export interface SimulatorOptions {
  readonly account: string;
  readonly region: string;
  /** Everything that is made lies below it; the caller removes it, or keeps it as the state. */
  readonly directory: string;
  /** Whether what is below `directory` is taken up, and kept for the next start. */
  readonly keepState: boolean;
  /** Whether the working directories of builds stay. */
  readonly keepBuilds: boolean;
  readonly faults: Faults;
  /** Tools that must not be played. */
  readonly require: readonly string[];
  readonly endpointUrl?: string;
  /** Of the gateway. @default a free one */
  readonly port?: number;
  /** How many builds run at once. */
  readonly quota: number;
  /** What processes see of this machine. */
  readonly host: Readonly<Record<string, string>>;
  readonly context: Context;
  readonly note: (line: string) => void;
  /** Told of each message to an SNS topic, as it happens. */
  readonly notified?: (message: Message) => void;
}

/** What became of an event at one project. */
export interface Reaction {
  readonly project: Project;
  readonly decision: WebhookDecision;
  /** Where the webhook starts one. */
  readonly build?: BuildRecord;
}

/** CodeBuild, GitHub and AWS on this machine, working together. */
export class Simulator {
  private constructor(
    readonly aws: EmulatedAws,
    /** What the user pushes to. */
    readonly remote: Remote,
    readonly builds: Builds,
    readonly tools: Tools,
  ) {}

  get github(): Repository {
    return this.remote.repository;
  }

  /** @throws UserError for what the user can mend */
  static async start(options: SimulatorOptions): Promise<Simulator> {
    const { directory, host, context, faults, note } = options;
    const below = (name: string): string => path.join(directory, name);
    await mkdir(below('tmp'), { recursive: true });
    const tools = await Tools.detect(host, options.require, context.env);
    // Its hook finds the gateway, which needs the remote's route before.
    const simulator: { started?: Simulator } = {};
    const remote = new Remote(below('github.git'), async (event, write) => {
      await simulator.started?.answer(event, write);
    });
    const aws = await EmulatedAws.start({
      account: options.account,
      region: options.region,
      directory,
      state: options.keepState ? directory : undefined,
      faults,
      quota: options.quota,
      endpointUrl: options.endpointUrl,
      port: options.port,
      routes: { [DOCKER]: tools.route, [GITHUB]: remote.route },
      env: { ...context.env, TMPDIR: below('tmp') },
      signal: context.signal,
      engine: tools.engine,
      log: note,
      notified: options.notified,
    });
    try {
      await remote.init(`${aws.url}${GITHUB}`);
      const somebodyElse = new SomebodyElse({
        faults,
        repository: remote.repository,
        stacks: () => aws.cloudFormation.all(),
        receive: (event) => void simulator.started?.receive(event),
      });
      const builds = new Builds({
        aws,
        source: remote.repository,
        directory: below('builds'),
        keepDirectories: options.keepBuilds,
        cacheDirectory: path.join(cacheHome(context.env), 'builds'),
        environment: {
          ...host,
          ...(await tools.install(below('tools'), `${aws.url}${DOCKER}`, host, aws.imageRegistry)),
        },
        quota: options.quota,
        meanwhile: (record) => somebodyElse.meets(record),
      });
      aws.codeBuild.builds = builds;
      simulator.started = new Simulator(aws, remote, builds, tools);
      return simulator.started;
    } catch (error) {
      await aws.stop();
      throw error;
    }
  }

  /** Hands an event to the webhooks of all projects, and starts what they ask for. */
  receive(event: WebhookEvent, watcher?: BuildWatcher): Reaction[] {
    return this.aws.projects.all().flatMap((project): Reaction[] => {
      if (!project.webhook) return [];
      const decision = decide(event, project.webhook);
      if (!decision.matched) return [{ project, decision }];
      const trigger = {
        initiator: 'GitHub-Hookshot/simulated',
        sourceVersion: sourceVersionOf(event),
        variables: webhookVariables(event),
      };
      return [{ project, decision, build: this.builds.start(project, trigger, watcher) }];
    });
  }

  /** What `git push` shows: which webhook starts what and why, and the log of it until it has ended. */
  private async answer(event: WebhookEvent, write: (text: string) => void): Promise<void> {
    const reactions = this.receive(event, { output: write });
    if (!reactions.length) write('no project has a webhook: deploy the pipeline first\n');
    for (const { project, decision, build } of reactions) {
      write(`webhook of ${project.name}: ${build ? `starts ${build.id}` : 'starts nothing'}\n`);
      for (const reason of decision.reasons) write(`  ${reason}\n`);
    }
    await Promise.all(
      reactions.map(async ({ build }) => {
        const ended = build && (await this.builds.ended(build.id));
        if (ended) write(`${endOf(ended)}\n`);
      }),
    );
  }

  /** What is played, a line each. */
  simulated(): string[] {
    return [...this.aws.simulated(), ...this.tools.simulated];
  }

  /** Ends every build, and everything that runs. */
  async stop(): Promise<void> {
    await this.builds.stopAll();
    await this.aws.stop();
  }
}

/** `build p:1 FAILED after 12.3 s, in BUILD: COMMAND_EXECUTION_ERROR: …` */
export function endOf(record: BuildRecord): string {
  const failed = record.phases.find(({ status }) => status !== 'SUCCEEDED');
  const seconds = ((record.endTime ?? record.startTime) - record.startTime) / 1000;
  const why = failed ? `, in ${failed.name}: ${failed.context ?? failed.status}` : '';
  return `build ${record.id} ${record.status} after ${seconds.toFixed(1)} s${why}`;
}

/** Where downloads and caches of builds stay between runs. */
function cacheHome(env: Context['env']): string {
  return path.join(env.XDG_CACHE_HOME ?? path.join(env.HOME ?? homedir(), '.cache'), 'mangoo-simulator');
}
