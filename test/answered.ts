import { type Command, type Context, main } from '../tools/command';

/** How a command has ended, and what it has said. */
export interface Answered {
  readonly code: number;
  readonly stdout: string[];
  readonly stderr: string[];
}

/** Runs a command as its program does, in a directory and an environment; nobody interrupts it, unless a signal is given. */
export async function answered(
  name: string,
  command: Command,
  argv: readonly string[],
  where: Pick<Context, 'cwd' | 'env'> & Partial<Pick<Context, 'signal'>>,
): Promise<Answered> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await main(name, command, argv, {
    signal: new AbortController().signal,
    ...where,
    out: (line) => stdout.push(line),
    err: (line) => stderr.push(line),
  });
  return { code, stdout, stderr };
}
