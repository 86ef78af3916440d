import path from 'node:path';
import { type Command, type Context, UserError } from '../command';
import { checkJsonFile, writeJson } from '../json-file';
import { type Behaviour, readBehaviours } from './behaviours';
import { runOnEngine } from './engine';
import { replayed } from './real';
import { type Result, resultOf, table } from './results';

export const conformance: Command = {
  summary:
    'Compares what a CodeBuild does with test/conformance, a folder each: the engine on this machine, or the real service.',
  options: {
    real: {
      help: 'on the CodeBuild that your AWS credentials reach (or the emulated one of AWS_ENDPOINT_URL)',
    },
    yes: { help: 'agrees to what --real makes in the account, and to its cost' },
    region: { value: 'REGION', help: 'of --real (default: AWS_REGION)' },
    only: { value: 'PATTERN', help: 'the folders whose names match this regular expression' },
    keep: { help: 'leaves what --real has made, to look at; the next run removes it' },
    json: { value: 'FILE', help: 'writes the results there, with all that differs' },
    directory: { value: 'DIR', help: 'other folders than test/conformance' },
  },
  async run(values, context) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const json = text('json') === undefined ? undefined : path.resolve(context.cwd, text('json') ?? '');
    if (json) checkJsonFile(json);
    for (const name of ['yes', 'region', 'keep']) {
      if (values[name] !== undefined && !values.real)
        throw new UserError(`--${name} means nothing without --real`);
    }
    const directory = path.resolve(
      context.cwd,
      text('directory') ?? path.join(__dirname, '../../test/conformance'),
    );
    const behaviours = matching(readBehaviours(directory), text('only'));
    const results = values.real
      ? await replayed(
          behaviours,
          { region: text('region'), yes: values.yes === true, keep: values.keep === true },
          context,
        )
      : await onEngine(behaviours, context);
    if (json) writeJson(json, { results });
    // Only AWS can settle what its documentation does not.
    const settles = values.real === true && !context.env.AWS_ENDPOINT_URL;
    for (const line of table(results, settles)) context.out(line);
    return results.some(({ verdict }) => verdict === 'differs') ? 1 : 0;
  },
};

function matching(behaviours: readonly Behaviour[], pattern: string | undefined): readonly Behaviour[] {
  if (pattern === undefined) return behaviours;
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new UserError(`--only: ${(error as Error).message}`);
  }
  const some = behaviours.filter(({ name }) => expression.test(name));
  if (!some.length) throw new UserError(`--only: no folder's name matches '${pattern}'`);
  return some;
}

async function onEngine(behaviours: readonly Behaviour[], { signal }: Context): Promise<Result[]> {
  const results: Result[] = [];
  for (const behaviour of behaviours) {
    if (signal.aborted) throw new UserError('interrupted', 1);
    results.push(resultOf(behaviour, await runOnEngine(behaviour)));
  }
  return results;
}
