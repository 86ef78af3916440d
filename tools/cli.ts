import { type Command, type Context, main } from './command';

/**
 * Runs a command as this process. A signal only aborts it: what it must do or undo before it ends, it does.
 *
 * @param name what the user types, e.g. `npm run adopt --`
 */
export function runAsProcess(name: string, command: Command): void {
  // A notice about the SDK, in the middle of the results.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupted.abort());
  // The reader of a pipe has seen enough, as `head` has.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  void main(name, command, process.argv.slice(2), {
    cwd: process.cwd(),
    env: process.env,
    signal: interrupted.signal,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    terminals: terminals(),
    // Not process.exit(): what is still in the pipe to stdout would be lost.
  }).then((code) => (process.exitCode = code));
}

/** What the streams of this process lead to, where that is a terminal. */
export function terminals(): Context['terminals'] {
  const [out, err] = [process.stdout, process.stderr].map((stream) => (stream.isTTY ? stream : undefined));
  return { out, err };
}
