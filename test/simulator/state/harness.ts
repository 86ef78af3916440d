import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { EmulatedAws, type EmulatedAwsOptions } from '../../../tools/simulator/emulated-aws';
import { Faults } from '../../../tools/simulator/faults';

export const ACCOUNT = '123456789012';

export function startAws(
  options: Pick<EmulatedAwsOptions, 'directory'> & Partial<EmulatedAwsOptions>,
): Promise<EmulatedAws> {
  return EmulatedAws.start({
    account: ACCOUNT,
    region: 'us-east-1',
    faults: new Faults(),
    env: process.env,
    signal: new AbortController().signal,
    log: () => undefined,
    ...options,
  });
}

/** What an SDK client's constructor takes to act as whoever has these credentials. */
export function clientOf(aws: EmulatedAws, credentials = aws.administrator.credentials) {
  return { endpoint: aws.url, region: 'us-east-1', credentials, maxAttempts: 1 };
}

/** Runs TypeScript in a process of its own, which a test may kill. @returns it, and the first line that it prints */
export async function scriptProcess(script: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', script], {
    cwd: path.resolve('.'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('\n')) resolve(said.split('\n')[0] ?? '');
    });
    child.on('close', () => reject(new Error(`it ended: ${said}`)));
  });
  return { child, line };
}

export function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });
}
