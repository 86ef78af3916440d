import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { kill, killProcessesWith } from '../processes';

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** How an invocation ended. */
export interface Outcome {
  readonly result?: unknown;
  readonly error?: FunctionError;
  /** Standard output and standard error. */
  readonly output: string;
}

export interface InvocationProcess {
  readonly event: unknown;
  readonly requestId: string;
  readonly functionArn: string;
  /** All that the function sees. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The function's own timeout; loading its code is not part of it. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** What Lambda gives a function to load. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_SECONDS = 10;
const MOST_OUTPUT = 1024 * 1024;

/** Runs the handler once, in a process of its own. When this resolves, nothing that the function started is left. */
export async function invokeInProcess(invocation: InvocationProcess): Promise<Outcome> {
  const { env, cwd, event, requestId, functionArn, seconds, signal } = invocation;
  const child = spawn(process.execPath, [path.join(__dirname, 'lambda-runtime.js')], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const closed = once(child, 'close').catch(() => undefined);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      if (output.length < MOST_OUTPUT) output += text;
    });
  }
  let answer: Pick<Outcome, 'result' | 'error'> | undefined;
  const end = (error: FunctionError): void => {
    answer ??= { error };
    if (child.pid !== undefined) kill(-child.pid);
  };
  const stop = (): void => end({ errorType: 'Stopped', errorMessage: 'the simulator ends' });
  const timedOut = (after: number): void => {
    const errorMessage = `${requestId} Task timed out after ${after.toFixed(2)} seconds`;
    end({ errorType: 'Sandbox.Timedout', errorMessage });
  };
  let timer = setTimeout(() => timedOut(INIT_SECONDS), INIT_SECONDS * 1000);
  await new Promise<void>((resolve) => {
    child.on('message', (message: { loaded?: true } & Pick<Outcome, 'result' | 'error'>) => {
      clearTimeout(timer);
      if (message.loaded) timer = setTimeout(() => timedOut(seconds), seconds * 1000);
      else answer ??= message;
    });
    child.on('error', ({ message }) => {
      answer ??= { error: { errorType: 'Runtime.ExitError', errorMessage: message } };
      resolve();
    });
    // Not `close`: what the function started may hold its output open.
    child.on('exit', (code, how) => {
      const errorMessage = `Runtime exited with error: ${how ? `signal: ${how}` : `exit status ${code}`}`;
      answer ??= { error: { errorType: 'Runtime.ExitError', errorMessage } };
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    child.send({ event, id: requestId, arn: functionArn, milliseconds: seconds * 1000 }, () => undefined);
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  if (child.pid !== undefined) kill(-child.pid);
  // On Lambda the environment freezes with the answer.
  await killProcessesWith(`AWS_LAMBDA_LOG_STREAM_NAME=${env.AWS_LAMBDA_LOG_STREAM_NAME}`);
  // What it had written may still be in the pipes.
  await Promise.race([closed, delay(1000)]);
  return { ...answer, output };
}
