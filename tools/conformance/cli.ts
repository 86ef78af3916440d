import { main } from '../command';
import { conformance } from './conformance';

// A notice about the SDK, in the middle of the results.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// Having a listener keeps Ctrl-C from ending the process before what it has made in an account is removed.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

void main('npm run conformance --', conformance, process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  signal: interrupted.signal,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  // Not process.exit(): what is still in the pipe to stdout would be lost.
}).then((code) => (process.exitCode = code));
