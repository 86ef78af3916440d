import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runAsProcess } from '../tools/cli';
import { type Command, type Context, UserError } from '../tools/command';
import { readConfig } from '../tools/config';
import { runGit } from '../tools/git';
import { hostEnvironment } from '../tools/host-environment';
import { writeJson } from '../tools/json-file';
import { run } from '../tools/process';
import type { BuildRecord } from '../tools/simulator/codebuild/record';
import { Faults } from '../tools/simulator/faults';
import { PushRun } from '../tools/simulator/push';
import { imagesOf } from '../tools/simulator/report/deployed';
import { summary } from '../tools/simulator/report/summary';
import { endOf, type Simulator } from '../tools/simulator/simulator';
import { WorkingDirectory } from '../tools/simulator/working-directory';

/**
 * What a delivery costs when there is little to do, on the example, in one run of the simulator: each build's time over that
 * of the first push, and how many images it built. Of the steps that ran side by side in the first push: their time over that of
 * all of them one after the other, and over the longest chain of them, each as long as it took beside the others.
 *
 *   node --require ts-node/register/transpile-only bench/delivery.ts [JSON FILE]
 */
const ROOT = path.join(__dirname, '..');
const CONFIG = 'config/example.ts';
const UNCHANGED_PUSHES = 3;

/** What a line's number must not be above. */
const LIMITS = {
  unchanged: 0.35,
  imagesOfOneLine: 1,
  toCriticalPath: 1.15,
  rollback: 0.4,
} as const;

const delivery: Command = {
  summary: 'Measures an unchanged push, a changed line and a rollback by the first push.',
  positional: '[JSON FILE]',
  options: {},
  async run(_, context, [file]) {
    const working = await WorkingDirectory.create(context.env, (line) => context.err(line));
    try {
      const { figures, lines, isWithin } = await measure(working.path, context);
      if (file !== undefined) writeJson(path.resolve(context.cwd, file), figures);
      for (const line of lines) context.out(line);
      return isWithin ? 0 : 1;
    } catch (error) {
      if (!context.signal.aborted) throw error;
      context.err('interrupted');
      return 1;
    } finally {
      await working.remove();
    }
  },
};

runAsProcess('npm run bench -- delivery', delivery);

async function measure(
  directory: string,
  context: Context,
): Promise<{ figures: object; lines: string[]; isWithin: boolean }> {
  const pipeline = new Pipeline(directory, context);
  await pipeline.prepare();
  try {
    const first = await pipeline.push('the first push');
    const unchanged: Delivered[] = [];
    for (let i = 1; i <= UNCHANGED_PUSHES; i += 1) {
      unchanged.push(await pipeline.push(`unchanged push ${i}`, 'README.md', `${i}\n`));
    }
    const line = await pipeline.push('one line', 'examples/mangoo/backend/app/main.py', '# One line more.\n');
    const back = await pipeline.rollback('1');

    const ratio = (of: number): number => round(of / first.seconds);
    const seconds = unchanged.map((push) => push.seconds);
    const figures = {
      firstPush: { seconds: round(first.seconds), imagesBuilt: first.imagesBuilt },
      unchangedPush: { ratio: ratio(median(seconds)), imagesBuilt: most(unchanged) },
      oneLineChange: { ratio: ratio(line.seconds), imagesBuilt: line.imagesBuilt },
      parallel: {
        toSequential: round(first.sideBySide('seconds') / first.sideBySide('sequential')),
        toCriticalPath: round(first.sideBySide('seconds') / first.sideBySide('criticalPath')),
      },
      rollback: { ratio: ratio(back.seconds), imagesBuilt: back.imagesBuilt },
    };
    const { unchangedPush, oneLineChange, parallel, rollback } = figures;
    return {
      figures,
      lines: [
        `first push        1.00   ${told(first)}`,
        `unchanged push    ${unchangedPush.ratio.toFixed(2)} (limit ${LIMITS.unchanged})   ${told(...unchanged)} (limit 0)`,
        `one line changed  ${oneLineChange.ratio.toFixed(2)}   ${told(line)} (limit ${LIMITS.imagesOfOneLine})`,
        `rollback          ${rollback.ratio.toFixed(2)} (limit ${LIMITS.rollback})   ${told(back)} (limit 0)`,
        `side by side      ${parallel.toSequential.toFixed(2)} of one after the other   ${parallel.toCriticalPath.toFixed(2)} of the longest chain (limit ${LIMITS.toCriticalPath})`,
        'Most of the time went to',
        ...Object.entries({
          'first push': first,
          'unchanged push': unchanged[0],
          'one line changed': line,
          rollback: back,
        }).map(([name, build]) => `  ${name.padEnd(16)}  ${build?.longest}`),
      ],
      isWithin:
        unchangedPush.ratio <= LIMITS.unchanged &&
        unchangedPush.imagesBuilt === 0 &&
        // None would be a line that was not delivered.
        oneLineChange.imagesBuilt === LIMITS.imagesOfOneLine &&
        rollback.ratio <= LIMITS.rollback &&
        rollback.imagesBuilt === 0 &&
        parallel.toCriticalPath <= LIMITS.toCriticalPath,
    };
  } finally {
    await pipeline.stop();
  }
}

/** What `ci/steps.mjs` tells of a build's steps, in seconds. */
interface Steps {
  readonly criticalPath: readonly { readonly name: string; readonly seconds: number }[];
  readonly sideBySide: readonly Readonly<Record<'seconds' | 'criticalPath' | 'sequential', number>>[];
}

/** What one build did. */
class Delivered {
  constructor(
    /** By CodeBuild's own record. */
    readonly seconds: number,
    /** That the registry did not have before. */
    readonly imagesBuilt: number,
    private readonly steps: Steps,
  ) {}

  /** Of all steps that ran side by side. */
  sideBySide(what: 'seconds' | 'criticalPath' | 'sequential'): number {
    return this.steps.sideBySide.reduce((sum, one) => sum + one[what], 0);
  }

  /** What it waited for most. */
  get longest(): string {
    const longest = [...this.steps.criticalPath].sort((a, b) => b.seconds - a.seconds).slice(0, 5);
    return longest.map(({ name, seconds }) => `${name} ${seconds} s`).join(', ');
  }
}

/** The example's, in an emulated AWS that stays for all pushes. */
class Pipeline {
  private readonly source: string;
  private readonly run: PushRun;
  private simulator!: Simulator;

  constructor(
    private readonly directory: string,
    private readonly context: Context,
  ) {
    this.source = path.join(directory, 'source');
    this.run = new PushRun(
      directory,
      readConfig(CONFIG),
      undefined,
      {
        source: this.source,
        branch: 'main',
        config: path.join(ROOT, CONFIG),
        faults: new Faults(),
        require: [],
        keep: false,
        verbose: false,
        results: path.join(directory, 'results'),
      },
      context,
    );
  }

  async prepare(): Promise<void> {
    // Its commits are none of the user's repository.
    this.git(ROOT, 'clone', '--quiet', ROOT, this.source);
    this.simulator = await this.run.prepare();
  }

  async stop(): Promise<void> {
    await this.simulator.stop();
  }

  /** What is there, or a commit on top that appends to a file. */
  async push(what: string, file?: string, text = ''): Promise<Delivered> {
    if (file !== undefined) {
      appendFileSync(path.join(this.source, file), text);
      const identity = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.org'];
      this.git(this.source, ...identity, 'commit', '--quiet', '--all', '--message', what);
    }
    const before = await this.digests();
    const result = await this.run.push(this.simulator);
    if (result.build?.status !== 'SUCCEEDED') {
      throw new UserError(`${what} was not delivered:\n${summary(result).join('\n')}`, 1);
    }
    return this.delivered(result.build.id, before);
  }

  /** By the command that a user types. */
  async rollback(release: string): Promise<Delivered> {
    const { aws, builds } = this.simulator;
    const before = await this.digests();
    const json = path.join(this.directory, 'rollback.json');
    const args = ['tools/rollback/cli.ts', release, '--config', CONFIG, '--json', json];
    const said: string[] = [];
    const code = await run(process.execPath, ['--require', 'ts-node/register/transpile-only', ...args], {
      cwd: ROOT,
      env: {
        ...hostEnvironment(this.context.env),
        ...aws.environmentFor(aws.administrator),
        HOME: this.directory,
      },
      signal: this.context.signal,
      output: (text) => said.push(text),
    });
    if (code !== 0) throw new UserError(`npm run rollback -- ${release}: ${said.join('')}`, 1);
    const { build } = JSON.parse(readFileSync(json, 'utf8')) as { build: string };
    const ended = await builds.ended(build);
    if (ended?.status !== 'SUCCEEDED') throw new UserError(ended ? endOf(ended) : `${build} is gone`, 1);
    return this.delivered(build, before);
  }

  private async delivered(id: string, before: ReadonlySet<string>): Promise<Delivered> {
    const { buildLogs, buildRecords } = this.simulator.aws;
    const record = buildRecords.all().find((one) => one.id === id);
    const log = record && buildLogs.get(record.logGroup, record.logStream);
    const line = [...(log?.events(0) ?? [])].find(({ message }) => message.startsWith('{"mangoo":"steps"'));
    if (!record || !line) throw new UserError(`${id} did not tell how long its steps took`, 1);
    const built = [...(await this.digests())].filter((digest) => !before.has(digest)).length;
    return new Delivered(secondsOf(record), built, JSON.parse(line.message) as Steps);
  }

  private async digests(): Promise<Set<string>> {
    return new Set((await imagesOf(this.simulator.aws)).map(({ digest }) => digest));
  }

  private git(cwd: string, ...args: string[]): void {
    const { status, stderr } = runGit(cwd, this.context.env, args);
    if (status !== 0) throw new UserError(`git ${args.join(' ')}: ${stderr.trim()}`, 1);
  }
}

function secondsOf({ startTime, endTime = NaN }: BuildRecord): number {
  return (endTime - startTime) / 1000;
}

function told(...builds: readonly Delivered[]): string {
  const seconds = builds.map((build) => build.seconds.toFixed(1)).join(' ');
  return `${seconds} s   ${most(builds)} images built`;
}

function most(pushes: readonly Delivered[]): number {
  return Math.max(...pushes.map(({ imagesBuilt }) => imagesBuilt));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
