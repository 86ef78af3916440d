import { createWriteStream } from 'node:fs';
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { PipelineConfig } from '../../lib/config';
import { loadConfig } from '../../lib/config-file';
import { ConfigError } from '../../lib/config-validation';
import { type Context, UserError } from '../command';
import { Cdk } from './cdk';
import { type Build, Builds } from './codebuild/builds';
import type { Project } from './codebuild/projects';
import { EmulatedAws } from './emulated-aws';
import { hostEnvironment } from './environment';
import type { Faults } from './faults';
import { Repository, uncommittedChanges } from './github/repository';
import { decide } from './github/webhook';
import { deployedState } from './report/deployed';
import { Progress } from './report/progress';
import type { PushResult } from './report/result';
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
  const directory = await mkdtemp(path.join(context.env.TMPDIR ?? tmpdir(), 'mangoo-simulator-'));
  try {
    const result = await pushIn(directory, options, context);
    return { result, directory: options.keep ? directory : undefined };
  } finally {
    if (!options.keep) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function pushIn(directory: string, options: PushOptions, context: Context): Promise<PushResult> {
  const progress = new Progress((line) => context.err(line));
  const { signal } = context;
  const work = (name: string): string => path.join(directory, name);
  // Tools leave caches and sockets there, which go with the directory.
  const own = { ...context.env, TMPDIR: await emptyDirectory(work('tmp')) };
  const env = hostEnvironment(own);

  const config = readConfig(path.relative(context.cwd, options.config));
  // One environment: the configuration is refused with several.
  const { account = '123456789012', region = 'us-east-1' } = config.environments[0] ?? {};
  const [, uncommitted, tools] = await Promise.all([
    requireTools(env),
    uncommittedChanges(options.source),
    Tools.detect(env, options.require),
  ]);
  const home = await emptyDirectory(work('home'));
  const cdk = new Cdk({
    env: { ...env, HOME: home },
    elsewhere: home,
    signal,
    output: (text) => progress.output(text),
  });

  const synthesized = progress.step('cdk synth of the pipeline', () => cdk.synth(options.config, work('cdk.out')));
  // Whatever happens meanwhile, it is waited for below.
  synthesized.catch(() => undefined);
  const aws = await progress.step(
    'An emulated AWS starts (simulated)',
    () =>
      EmulatedAws.start({
        account,
        region,
        directory,
        faults: options.faults,
        endpointUrl: options.endpointUrl,
        routes: { [DOCKER]: tools.route },
        env: own,
        signal,
        log: (line) => progress.note(line),
      }),
    ({ url }) => `account ${account}, ${region}, ${url}`,
  );
  try {
    const administrator = aws.environmentFor(aws.administrator);
    await progress.step('cdk bootstrap', () => cdk.bootstrap([`aws://${account}/${region}`], administrator));
    await synthesized;
    await progress.step('cdk deploy of the pipeline', () =>
      cdk.deploy(work('cdk.out'), work('outputs.json'), administrator),
    );
    for (const command of await bootstrapCommands(work('outputs.json'))) {
      await progress.step(`cdk bootstrap for the application (${command.qualifier})`, () =>
        cdk.bootstrap(command.args, administrator),
      );
    }

    const repository = await Repository.create(work('github.git'));
    const event = await progress.step(
      `git push to ${options.branch} (simulated GitHub)`,
      () => repository.push({ source: options.source, branch: options.branch }),
      ({ after, changedFiles }) => `${after.slice(0, 7)}, ${changedFiles.length} files`,
    );
    if (uncommitted.length) {
      progress.note(`${uncommitted.length} uncommitted changes are not part of the push: ${uncommitted.slice(0, 3).join(', ')}`);
    }

    const candidates = aws.projects.all().map((project) => ({
      project,
      decision: decide(event, project.webhook?.filterGroups ?? []),
    }));
    const chosen = candidates.find(({ decision }) => decision.matched);
    for (const { project, decision } of candidates) {
      progress.note(`webhook of ${project.name}: ${decision.matched ? 'matches' : decision.reasons.join('; ')}`);
    }

    const log = path.join(options.results, 'build.log');
    const build = chosen && (await buildOf(chosen.project));

    return {
      source: { directory: options.source, commit: event.after, uncommitted: uncommitted.length },
      webhook: {
        event: event.event,
        ref: event.ref,
        matched: chosen !== undefined,
        filterGroup: chosen?.decision.filterGroup ? [chosen.decision.filterGroup] : [],
        reasons: candidates.flatMap(({ decision }) => decision.reasons),
      },
      build: build && {
        ...build,
        tools: tools.kinds,
        log,
        artifactLocation: artifactLocation(chosen.project, build),
      },
      ...(await deployedState(aws)),
      aws: {
        account,
        region,
        calls: aws.ledger.all(),
        unused: chosen ? await aws.authorizer.unusedPermissions(chosen.project.serviceRole) : [],
      },
      simulated: [...aws.simulated(), ...tools.simulated],
      steps: progress.steps,
    };

    async function buildOf(project: Project): Promise<Build> {
      await mkdir(options.results, { recursive: true });
      const file = createWriteStream(log);
      const standins = await tools.install(work('tools'), `${aws.url}${DOCKER}`, env);
      const builds = new Builds(aws, {
        directory: work('builds'),
        cacheDirectory: path.join(cacheHome(context.env), 'builds'),
        environment: { ...env, ...standins },
      });
      try {
        return await progress.step(`build of ${project.name}`, () =>
          builds.startForPush(
            project,
            event,
            repository,
            {
              started: (id) => progress.note(id),
              output: (text) => {
                file.write(text);
                progress.output(text);
              },
              phaseStarted: (name) => progress.phaseStarted(name),
              phaseEnded: (phase) => progress.phaseEnded(phase),
            },
            signal,
          ),
        );
      } finally {
        await new Promise((resolve) => file.end(resolve));
        signal.throwIfAborted();
      }
    }
  } finally {
    await Promise.allSettled([synthesized, aws.stop()]);
  }
}

/** @throws UserError that lists all that is wrong with it */
function readConfig(file: string): PipelineConfig {
  try {
    return loadConfig(file);
  } catch (error) {
    if (error instanceof ConfigError) throw new UserError(error.message);
    throw error;
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

async function emptyDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  return directory;
}
