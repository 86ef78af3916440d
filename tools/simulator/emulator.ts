import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { UserError } from '../command';
import { hostEnvironment } from '../host-environment';
import { run } from '../process';

/** The version that the simulator was made with; others on the PATH are taken as they are. */
const MOTO = 'moto[server]==5.2.1';

const HOW_TO_GET_IT = "get it with: pip install 'moto[server]'";

export interface Emulator {
  readonly url: string;
  /** Undefined for one that was running already. */
  readonly pid?: number;
  /**
   * Writes what it holds to `moto-N.pickle` beside the state that it was started with; undefined where that is not possible.
   *
   * @returns the services that were left out for the first time, with the reason, one line each
   */
  readonly save?: (generation: number) => Promise<readonly string[]>;
  /** Ends what was started; an emulator that was running already goes on. */
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** The user's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** @default moto's own, 123456789012 */
  readonly account?: string;
  /**
   * The file with the state to start with; it need not exist, but its directory. Without it, nothing can be saved; with it,
   * moto outlives an abort until it is stopped, so that it can still be saved.
   */
  readonly state?: string;
  /** Told when something has to be downloaded first, one line. */
  note(line: string): void;
}

/**
 * Starts moto on a free port of 127.0.0.1, from the PATH or else from a virtual environment in the user's cache directory.
 * It ends with this process, however that ends.
 *
 * @throws UserError when there is no moto and none can be installed, or it cannot take up its state
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { signal } = options;
  const program = await findMoto(options);
  signal.throwIfAborted();
  // The first process of the group waits for the end of its standard input, which is ours: it comes even if we are killed.
  const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', program, '-H', '127.0.0.1', '-p', '0'], {
    env: {
      ...hostEnvironment(options.env),
      ...SETTINGS,
      ...(options.account && { MOTO_ACCOUNT_ID: options.account }),
      ...(options.state && { MANGOO_MOTO_STATE: options.state, PYTHONPATH: MEMORY }),
    },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = (): Promise<void> => stopped(child);
  const onAbort = (): void => void stop();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const url = await announcedUrl(child, program);
    signal.throwIfAborted();
    const save = options.state ? await memoryOf(url, options.state, options) : undefined;
    if (save) signal.removeEventListener('abort', onAbort);
    warmUp(url, signal);
    return {
      url,
      pid: child.pid,
      save,
      stop: async () => {
        signal.removeEventListener('abort', onAbort);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * Takes an emulator that is running already.
 *
 * @throws UserError when nothing answers there
 */
export async function useEmulator(url: string): Promise<Emulator> {
  let answer: string;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...FORM, authorization: authorizationFor('sts') },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      signal: AbortSignal.timeout(5000),
      redirect: 'manual',
    });
    answer = await response.text();
  } catch {
    throw new UserError(
      `--endpoint-url ${url}: no emulator answers there; start it, or leave the option out`,
    );
  }
  if (!answer.includes('GetCallerIdentityResult')) {
    throw new UserError(
      `--endpoint-url ${url}: what answers there is no emulator of AWS (it does not know STS's GetCallerIdentity); start one, or leave the option out`,
    );
  }
  return { url: url.replace(/\/+$/, ''), stop: () => Promise.resolve() };
}

/** What Python runs before moto: tools/simulator/state/moto/sitecustomize.py. */
const MEMORY = path.join(__dirname, 'state', 'moto');

/** Finds out whether the state has been taken up, and how it is saved. */
async function memoryOf(
  url: string,
  state: string,
  options: EmulatorOptions,
): Promise<Emulator['save'] | undefined> {
  const answer = await fetch(`${url}/_simulator/state`);
  const told = answer.ok ? ((await answer.json()) as { error: string | null }) : undefined;
  const exists = await isReadable(state);
  if (told?.error || (!told && exists)) {
    const why = told?.error ?? 'it runs without the part of the simulator that reads it';
    throw new UserError(
      `${state}: this moto cannot take it up (${why}); use the moto that wrote it, or start anew: remove ${path.dirname(state)}`,
    );
  }
  if (!told) {
    options.note("this moto's state cannot be kept: only what the simulator itself holds is");
    return undefined;
  }
  return async (generation) => {
    const saved = await fetch(`${url}/_simulator/save?generation=${generation}`, { method: 'POST' });
    if (!saved.ok) throw new Error(`moto: ${lastLine(await saved.text())}`);
    const { left_out: leftOut } = (await saved.json()) as { left_out: Record<string, string> };
    return Object.entries(leftOut).map(([service, why]) => `moto's ${service} cannot be kept: ${why}`);
  };
}

const SETTINGS = {
  // The bootstrap stack attaches policies of AWS.
  MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
  // The gateway passes S3 requests on in path style.
  S3_IGNORE_SUBDOMAIN_BUCKETNAME: 'true',
  // A page in a browser is not to read what it holds.
  MOTO_DISABLE_GLOBAL_CORS: 'true',
  PYTHONUNBUFFERED: '1',
};

/** moto sometimes needs a second signal, and then a harder one. A background job's own stdin is /dev/null, hence 3. */
const GUARDED = `
exec 3<&0
(
  trap : TERM INT
  cat <&3 >/dev/null 2>&1
  kill -TERM 0; sleep 1; kill -TERM 0; sleep 1; kill -KILL 0
) >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`;

const START_SECONDS = 60;

/** The address that moto announces when it listens. What it says later is dropped. */
function announcedUrl(child: ChildProcess, program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void =>
      reject(new UserError(`${program}: ${why}: ${lastLine(said)}; ${HOW_TO_GET_IT}`, 1));
    const timer = setTimeout(() => fail(`did not start within ${START_SECONDS} s`), START_SECONDS * 1000);
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-10_000);
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (url) done(() => resolve(url));
    };
    const ended = (): void => done(() => fail('ended'));
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      child.removeListener('close', ended);
      for (const stream of [child.stdout, child.stderr]) stream?.removeListener('data', hear).resume();
      settle();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('close', ended);
    child.on('error', (error) => done(() => fail(error.message)));
    // It is told below that it may end; a pipe that is gone by then is no error.
    child.stdin?.on('error', () => undefined);
  });
}

const AGAIN_MS = 200;
const GRACE_MS = 1500;

/** Ends the group: by closing the guard's input, by a second signal, then hard. */
function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const again = setTimeout(() => killGroup(child, 'SIGTERM'), AGAIN_MS);
    const hard = setTimeout(() => end(), GRACE_MS);
    const end = (): void => {
      clearTimeout(again);
      clearTimeout(hard);
      killGroup(child, 'SIGKILL');
      resolve();
    };
    if (child.exitCode !== null || child.signalCode !== null) return end();
    child.once('exit', end);
    child.stdin?.end();
    return undefined;
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

async function findMoto(options: EmulatorOptions): Promise<string> {
  const { PATH = '' } = hostEnvironment(options.env);
  for (const folder of PATH.split(path.delimiter)) {
    const candidate = path.join(folder, 'moto_server');
    if (folder && (await isExecutable(candidate))) return candidate;
  }
  const cache = options.env.XDG_CACHE_HOME || path.join(options.env.HOME ?? homedir(), '.cache');
  return installMoto(path.join(cache, 'mangoo-simulator', 'moto-5.2.1'), options);
}

/** @returns the program in a virtual environment, which is made where it is not there, whole, yet */
async function installMoto(directory: string, options: EmulatorOptions): Promise<string> {
  const program = path.join(directory, 'bin', 'moto_server');
  const complete = path.join(directory, 'complete');
  if ((await isExecutable(program)) && (await isReadable(complete))) return program;

  options.note(`moto_server is not on the PATH: installing ${MOTO} into ${directory}`);
  let output = '';
  const runOptions = {
    cwd: '/',
    env: { ...hostEnvironment(options.env), HOME: options.env.HOME ?? homedir() },
    signal: options.signal,
    output: (text: string): void => {
      output = (output + text).slice(-10_000);
    },
  };
  try {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const pip = path.join(directory, 'bin', 'pip');
    for (const [file, ...args] of [
      ['python3', '-m', 'venv', directory],
      [pip, 'install', '--quiet', '--disable-pip-version-check', MOTO],
    ] as const) {
      if ((await run(file, args, runOptions)) !== 0) throw new Error(lastLine(output));
    }
    await writeFile(complete, `${MOTO}\n`);
    return program;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    options.signal.throwIfAborted();
    throw new UserError(
      `moto_server: not on the PATH, and installing it failed (${(error as Error).message}); ${HOW_TO_GET_IT}`,
      1,
    );
  }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Tells an emulator which service is meant. None looks at the signature. */
function authorizationFor(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=WARMUP/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

/** moto loads a service when it is first asked, which takes up to a second each: better now than under a build. */
function warmUp(url: string, signal: AbortSignal): void {
  const ask = async (service: string, headers: Record<string, string>, body: string): Promise<void> => {
    // Not given the signal: an aborted fetch rejects once more, where nobody can catch it.
    if (signal.aborted) return;
    const authorization = authorizationFor(service);
    const response = await fetch(url, { method: 'POST', headers: { ...headers, authorization }, body });
    await response.arrayBuffer();
  };
  const json = (target: string): Record<string, string> => ({
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': target,
  });
  const inTurn = async (): Promise<void> => {
    await ask('iam', FORM, 'Action=ListRoles&Version=2010-05-08');
    await ask('ssm', json('AmazonSSM.GetParameters'), '{"Names":["/warm-up"]}');
    await ask('s3', {}, '');
    await ask('ecr', json('AmazonEC2ContainerRegistry_V20150921.DescribeRepositories'), '{}');
    await ask('logs', json('Logs_20140328.DescribeLogGroups'), '{}');
    await ask('ec2', FORM, 'Action=DescribeVpcs&Version=2016-11-15');
    await ask('ecs', json('AmazonEC2ContainerServiceV20141113.ListClusters'), '{}');
    await ask('secretsmanager', json('secretsmanager.ListSecrets'), '{}');
  };
  // A failure here shows itself again, with a better message, at the first real request.
  inTurn().catch(() => undefined);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'it said nothing';
}
