import { terminals } from '../cli';
import { main } from '../command';
import { build } from './commands/build';
import { event } from './commands/event';
import { faults } from './commands/faults';
import { push } from './commands/push';
import { serve } from './commands/serve';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** What a shell tells of a program that a signal has ended, 128 and its number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Within it, another signal is taken for the same: a terminal sends Ctrl-C to npm, which passes it on, and to us. */
const SAME_MS = 500;

const interrupted = new AbortController();
let exitCode: number | undefined;
let interruptedAt = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (exitCode !== undefined) {
      if (performance.now() - interruptedAt < SAME_MS) return;
      // The user does not want to wait. What is left is marked as ours.
      process.stderr.write(`${signal}: ended at once; the next start cleans up\n`);
      process.exit(exitCode);
    }
    exitCode = EXIT_CODES[signal];
    interruptedAt = performance.now();
    // Before the message: the line that tells what runs is taken away by it.
    interrupted.abort(new Error(signal));
    process.stderr.write(`\n${signal}: cleaning up… (again: at once)\n`);
  });
}
// The terminal or the reader of a pipe has gone: there is nobody to tell, and still something to clean up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

void main('npm run simulate --', { push, build, serve, event, faults }, process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  signal: interrupted.signal,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  terminals: terminals(),
}).then(
  // Not process.exit(): what is still in the pipe to stdout would be lost.
  (code) => (process.exitCode = code),
  (error: unknown) => {
    if (exitCode === undefined) throw error;
    process.exitCode = exitCode;
  },
);
