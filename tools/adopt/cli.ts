import { main } from '../command';
import { adopt } from './adopt';

// Having a listener keeps Ctrl-C from ending the process between two files: the copy, of some milliseconds, is done or undone.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

void main('npm run adopt --', adopt, process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  signal: interrupted.signal,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  // Not process.exit(): what is still in the pipe to stdout would be lost.
}).then((code) => (process.exitCode = code));
