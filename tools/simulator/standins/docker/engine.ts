import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { hostEnvironment } from '../../../host-environment';

const exec = promisify(execFile);

type Environment = Readonly<Record<string, string | undefined>>;

/** A first answer may have to wake a virtual machine. */
const ANSWER_MS = 5000;
const OUTPUT_BYTES = 16 * 1024 * 1024;

/** How the client finds its engine, besides its configuration. https://docs.docker.com/reference/cli/docker/#environment-variables */
const SETTINGS = ['DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_API_VERSION'];

/** Without it, and without HOME, the client still finds the user's. */
const NO_CONFIGURATION = { DOCKER_CONFIG: '/nonexistent' };

/** The label of all containers of the simulator. */
export const LABEL = 'mangoo.simulator';

/** What a docker command says when it fails: the last line of its own words. */
export class EngineError extends Error {}

/** A Docker engine that answers and reaches this machine's ports: what a build's images are made and run with. */
export class Engine {
  /** What the containers of this run carry, `NAME=HOST/PROCESS/NUMBER`: those of a killed one are found by it. */
  readonly label = `${LABEL}=${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;

  private constructor(
    /** The client's path. */
    readonly client: string,
    readonly version: string,
    /** What a process needs to reach the same engine. */
    readonly environment: Readonly<Record<string, string>>,
    /** The user's folder of plug-ins, which a configuration of its own would hide; buildx may be among them. */
    readonly plugins: string | undefined,
  ) {}

  /**
   * Looks where the user's own docker looks: DOCKER_HOST, else the context in use. Of the user's configuration only the
   * context's address is asked for; nothing of it reaches a build.
   *
   * @returns why not, where no engine can be used
   */
  static async find(env: Environment): Promise<Engine | string> {
    const host = hostEnvironment(env);
    const client = await onPath('docker', host.PATH ?? '');
    if (!client) return 'docker is not on the PATH';
    const environment: Record<string, string> = {};
    for (const name of SETTINGS) if (env[name]) environment[name] = env[name];
    const address = env.DOCKER_HOST || (await contextAddress(client, env, host));
    if (address) environment.DOCKER_HOST = address;
    const configuration = env.DOCKER_CONFIG || path.join(env.HOME ?? homedir(), '.docker');
    const plugins = path.join(configuration, 'cli-plugins');
    const version = await exec(client, ['version', '--format', '{{.Server.Version}}'], {
      env: { ...NO_CONFIGURATION, ...environment },
      timeout: ANSWER_MS,
    }).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
    const where = address ? ` at ${address}` : '';
    if (!version) return `no engine answers${where}`;
    const engine = new Engine(client, version, environment, (await isThere(plugins)) ? plugins : undefined);
    if (await engine.reachesThisMachine()) return engine;
    return `the engine${where} cannot reach ports of this machine: it runs on another, or in a virtual one`;
  }

  /**
   * Runs one docker command.
   *
   * @param env for the client, e.g. `DOCKER_CONFIG`; the values of `--env NAME` come from there too
   * @returns what it wrote to stdout and stderr
   * @throws EngineError with docker's reason
   */
  async run(
    args: readonly string[],
    options: {
      readonly env?: Readonly<Record<string, string>>;
      readonly timeout?: number;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const env = { ...NO_CONFIGURATION, ...options.env, ...this.environment };
    const { timeout, signal } = options;
    try {
      return await exec(this.client, [...args], { env, timeout, signal, maxBuffer: OUTPUT_BYTES });
    } catch (error) {
      const { stderr = '', message } = error as Error & { stderr?: string };
      throw new EngineError(stderr.trim().split('\n').at(-1) || message);
    }
  }

  /** Removes the containers of this run that are left, running or not. */
  async removeContainers(): Promise<void> {
    const { stdout } = await this.run(['ps', '--all', '--quiet', '--filter', `label=${this.label}`]);
    const ids = stdout.split('\n').filter(Boolean);
    // One that has gone meanwhile is no failure.
    if (ids.length) await this.run(['rm', '--force', '--volumes', ...ids]).catch(() => undefined);
  }

  /** Has it pull an image that is not there from a port that only looks like a registry: what counts is that it asks. */
  private async reachesThisMachine(): Promise<boolean> {
    let asked = false;
    const server = createServer((request, response) => {
      asked = true;
      response.writeHead(request.url === '/v2/' ? 200 : 404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await this.run(['pull', '--quiet', `localhost:${port}/mangoo-simulator`], { timeout: ANSWER_MS });
    } catch {
      // It cannot succeed.
    } finally {
      server.close();
      server.closeAllConnections();
    }
    return asked;
  }
}

/** Undefined for the client's default. */
async function contextAddress(
  client: string,
  env: Environment,
  host: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const users: Record<string, string> = { ...host, HOME: env.HOME ?? homedir() };
  for (const name of ['DOCKER_CONFIG', 'DOCKER_CONTEXT']) if (env[name]) users[name] = env[name];
  const args = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'];
  return exec(client, args, { env: users, timeout: ANSWER_MS }).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

async function onPath(name: string, folders: string): Promise<string | undefined> {
  for (const folder of folders.split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, name);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
