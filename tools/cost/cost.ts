import path from 'node:path';
import { PRICES } from '../../lib/catalogue/prices';
import { PROJECT } from '../cdk';
import { type Command, type Context, UserError } from '../command';
import { readConfig } from '../config';
import { checkJsonFile, writeJson } from '../json-file';
import { synthesized } from '../synthesized';
import { readStacks, type Stack } from './assembly';
import { billOf } from './bill';
import { type Pipeline, pipelineOf } from './pipeline';
import { assumptions, type Estimate, printed } from './report';
import { alternativesOf, savingsOf } from './savings';
import { type Usage, usageOf } from './usage';

const DEFAULT_CONFIG = 'config/mangoo.ts';

export const cost: Command = {
  summary:
    'Tells what the pipeline costs in a month, line by line, and what would cost less. Nothing is asked of AWS.',
  options: {
    'builds-per-month': { value: 'N', help: 'of each environment (default: 100)' },
    minutes: { value: 'M', help: 'that a build takes (default: 15)' },
    'artifact-mb': { value: 'N', help: 'megabytes of artifacts that a build stores (default: 100)' },
    'log-mb': { value: 'N', help: 'megabytes of log that a build writes (default: 5)' },
    config: { value: 'PATH', help: `the pipeline's configuration (default: ${DEFAULT_CONFIG})` },
    assembly: { value: 'DIR', help: 'stacks that cdk synth has left there, instead of synthesizing' },
    json: { value: 'FILE', help: 'writes the result for programs' },
  },
  async run(values, context) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const usage = usageOf(values);
    const json = text('json') === undefined ? undefined : path.resolve(context.cwd, text('json') ?? '');
    if (json !== undefined) checkJsonFile(json);
    const [assembly, config] = [text('assembly'), text('config')];
    if (assembly !== undefined && config !== undefined) {
      throw new UserError(
        '--config means nothing with --assembly, which is synthesized already; give one of them',
      );
    }
    const stacks =
      assembly === undefined
        ? await stacksOf(config, context)
        : readStacks(path.resolve(context.cwd, assembly), assembly);
    const pipeline = pipelineOf(stacks);
    if (!pipeline.projects.length) {
      throw new UserError(
        `${assembly ?? 'the app'}: has no stack with a CodeBuild project, so there is no pipeline`,
      );
    }
    checkTimeouts(pipeline, usage);

    const estimate: Estimate = {
      stacks: stacks.map(({ name, region }) => ({ name, region })),
      usage,
      pipeline,
      bill: billOf(pipeline, usage),
      alternatives: alternativesOf(pipeline, usage),
      savings: savingsOf(pipeline, usage),
    };
    if (json !== undefined) writeJson(json, toJson(estimate));
    for (const line of printed(estimate)) context.out(line);
    return 0;
  },
};

/** What `--json` writes. */
function toJson({ stacks, usage, pipeline, bill, alternatives, savings }: Estimate): object {
  return {
    currency: 'USD',
    region: PRICES.region,
    pricesOf: PRICES.pricesOf,
    month: bill.month,
    lines: bill.lines,
    unknown: bill.unknown,
    alternatives,
    savings,
    usage,
    assumptions: assumptions(usage, pipeline),
    stacks,
  };
}

/** The app's own stacks. */
function stacksOf(config: string | undefined, context: Context): Promise<readonly Stack[]> {
  const file = config === undefined ? path.join(PROJECT, DEFAULT_CONFIG) : path.resolve(context.cwd, config);
  // CDK would tell the same, between lines of its own.
  readConfig(file);
  return synthesized(
    (cdk, assembly) => cdk.synth(file, assembly),
    (assembly) => readStacks(assembly, 'the app'),
    context,
  );
}

function checkTimeouts({ projects }: Pipeline, { minutes }: Usage): void {
  const shorter = projects.filter(({ timeoutMinutes }) => minutes > timeoutMinutes);
  if (!shorter.length) return;
  throw new UserError(
    shorter
      .map(
        ({ name, timeoutMinutes }) =>
          `--minutes ${minutes}: ${name} stops a build after ${timeoutMinutes}; give fewer, or raise build.timeoutMinutes`,
      )
      .join('\n'),
  );
}
