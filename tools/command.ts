import { parseArgs, type ParseArgsConfig, types } from 'node:util';

/** What a command may touch. Tests pass a fake; only the `cli.ts` files know the real process. */
export interface Context {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user interrupts the command. */
  readonly signal: AbortSignal;
  /** A line of the result, for stdout. */
  out(line: string): void;
  /** A line of talk, for stderr. */
  err(line: string): void;
  /** What `out` and `err` write to where that is a terminal, as wide as it is now; not a file or a pipe. */
  readonly terminals?: { readonly out?: Terminal; readonly err?: Terminal };
}

export interface Terminal {
  readonly columns: number;
  write(text: string): unknown;
}

/** Something that the user can mend: printed as its message alone, one line per problem. Anything else keeps its stack. */
export class UserError extends Error {
  constructor(
    message: string,
    /** 1: the answer is no. 2: the command was misused. */
    readonly exitCode: 1 | 2 = 2,
  ) {
    super(message);
  }
}

export interface Option {
  /** The placeholder of the value in the help, e.g. `DIR`. A flag has none. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Command {
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** The help's word for positional arguments, e.g. `DIR`. A command without takes none. */
  readonly positional?: string;
  /** Resolves to the exit code: 0 done, 1 the answer is no. */
  run(values: Values, context: Context, positionals: readonly string[]): Promise<number>;
}

/**
 * Runs one command line and resolves to its exit code: 0 done, 1 the answer is no, 2 misused.
 *
 * @param name what the user types before the command, e.g. `npm run simulate --`
 * @param commands a table of commands, or a single one
 */
export async function main(
  name: string,
  commands: Readonly<Record<string, Command>> | Command,
  argv: readonly string[],
  context: Context,
): Promise<number> {
  try {
    if (isCommand(commands)) return await runCommand(name, commands, argv, context);
    const [verb, ...rest] = argv;
    if (verb === 'help' && rest.length) return await main(name, commands, [...rest, '--help'], context);
    if (verb === undefined || ['--help', '-h', 'help'].includes(verb)) {
      for (const line of tableHelp(name, commands)) context.out(line);
      return verb === undefined ? 2 : 0;
    }
    const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
    if (!command) {
      throw new UserError(`unknown command '${verb}'; there are: ${Object.keys(commands).join(', ')}`);
    }
    return await runCommand(`${name} ${verb}`, command, rest, context);
  } catch (error) {
    if (isOfTheSystem(error)) {
      context.err(`cannot go on: ${error.message}`);
      return 1;
    }
    if (!(error instanceof UserError)) throw error;
    for (const line of error.message.split('\n')) context.err(line);
    return error.exitCode;
  }
}

/** What the machine refuses, e.g. `ENOSPC: no space left on device, write`, has its cause in its message, not in our stack. */
function isOfTheSystem(error: unknown): error is NodeJS.ErrnoException {
  return types.isNativeError(error) && 'errno' in error && 'syscall' in error;
}

async function runCommand(
  name: string,
  command: Command,
  argv: readonly string[],
  context: Context,
): Promise<number> {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const [key, option] of Object.entries(command.options)) {
    options[key] = { type: option.value ? 'string' : 'boolean', multiple: option.multiple ?? false };
  }
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: command.positional !== undefined,
    }) as typeof parsed;
  } catch (error) {
    // node:util's own wording ("Unknown option '--bracnh'. To specify…"), cut after its first sentence.
    throw new UserError(`${(error as Error).message.split(/\.\s/)[0]}; see ${name} --help`);
  }
  for (const [key, given] of Object.entries(parsed.values)) {
    // `--source "$UNSET"` must not become the current directory.
    if ([given].flat().includes('')) {
      throw new UserError(`--${key}: expected ${command.options[key]?.value}, got ''; see ${name} --help`);
    }
  }
  if (parsed.values.help) {
    for (const line of commandHelp(name, command)) context.out(line);
    return 0;
  }
  return command.run(parsed.values, context, parsed.positionals);
}

function isCommand(value: Readonly<Record<string, Command>> | Command): value is Command {
  return typeof value.run === 'function';
}

function tableHelp(name: string, commands: Readonly<Record<string, Command>>): string[] {
  const rows = Object.entries(commands).map(([verb, command]): [string, string] => [verb, command.summary]);
  return [
    `Usage: ${name} <command> [options]`,
    '',
    ...columns(rows),
    '',
    `Options of a command: ${name} <command> --help`,
  ];
}

function commandHelp(name: string, command: Command): string[] {
  const rows = Object.entries(command.options).map(([key, option]): [string, string] => [
    `--${key}${option.value ? ` ${option.value}` : ''}${option.multiple ? ' …' : ''}`,
    option.help,
  ]);
  const usage = `Usage: ${name}${command.positional ? ` ${command.positional}` : ''} [options]`;
  return [usage, '', command.summary, '', ...columns([...rows, ['--help', 'this text']])];
}

function columns(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
