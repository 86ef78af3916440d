import { main } from '../command';
import { build } from './commands/build';
import { event } from './commands/event';
import { faults } from './commands/faults';
import { push } from './commands/push';
import { serve } from './commands/serve';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const first = !interrupted.signal.aborted;
    // Before the message: the line that tells what runs is taken away by it.
    interrupted.abort(new Interrupted(signal));
    if (first) process.stderr.write(`\n${signal}: cleaning up…\n`);
  });
}

class Interrupted extends Error {}

void main('npm run simulate --', { push, build, serve, event, faults }, process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  signal: interrupted.signal,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  terminals: {
    out: process.stdout.isTTY ? process.stdout : undefined,
    err: process.stderr.isTTY ? process.stderr : undefined,
  },
}).then(
  // Not process.exit(): what is still in the pipe to stdout would be lost.
  (code) => (process.exitCode = code),
  (error: unknown) => {
    if (interrupted.signal.aborted) process.exitCode = 130;
    else throw error;
  },
);
