import type { Command } from '../model/command';
import { withoutShell } from './unknown-text';

/** One call of the AWS CLI: `aws [global options] SERVICE OPERATION [options]`. */
export interface AwsCall {
  /** As the CLI names them, e.g. `s3api`, `head-object`. */
  readonly service: string;
  readonly operation: string;
  /** All after the operation that is neither an option nor its value; for `aws s3` the paths, for a waiter its name. */
  readonly operands: readonly string[];
  /** The values of an option, unknown parts as `‹…›`; empty where it is not given. */
  values(option: string): readonly string[];
  has(option: string): boolean;
}

/** The call that a command makes; undefined where it is none, or what it calls is not known. */
export function awsCall(command: Command): AwsCall | undefined {
  if (command.name !== 'aws') return undefined;
  const words = command.words.map(withoutShell);
  const options = new Map<string, string[]>();
  const operands: string[] = [];
  let open: { readonly name: string; readonly most: number } | undefined;
  for (const word of words) {
    const option = /^(--[a-z0-9-]+)(?:=(.*))?$/s.exec(word);
    const name = option?.[1];
    if (name !== undefined) {
      const value = option?.[2];
      options.set(name, [...(options.get(name) ?? []), ...(value === undefined ? [] : [value])]);
      open =
        value !== undefined || isFlag(name) ? undefined : { name, most: operands.length < 2 ? 1 : Infinity };
      continue;
    }
    const values = open && options.get(open.name);
    // Options of `aws s3` take one value each, and paths may follow; those of APIs take what is there.
    const most = operands[0] === 's3' ? 1 : open?.most;
    if (values && most !== undefined && values.length < most) values.push(word);
    else operands.push(word);
  }
  const [service, operation, ...rest] = operands;
  if (service === undefined || operation === undefined) return undefined;
  if (!/^[a-z0-9-]+$/.test(service) || !/^[a-z0-9-]+$/.test(operation)) return undefined;
  return {
    service,
    operation,
    operands: rest,
    values: (option) => options.get(option) ?? [],
    has: (option) => options.has(option),
  };
}

/** Global options without a value, and those of `aws s3`. https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html */
const FLAGS = new Set([
  '--debug',
  '--delete',
  '--dryrun',
  '--exact-timestamps',
  '--follow-symlinks',
  '--force',
  '--human-readable',
  '--ignore-glacier-warnings',
  '--only-show-errors',
  '--quiet',
  '--recursive',
  '--size-only',
  '--summarize',
  '--version',
]);

function isFlag(option: string): boolean {
  return option.startsWith('--no-') || FLAGS.has(option);
}
