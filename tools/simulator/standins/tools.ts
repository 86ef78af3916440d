import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { UserError } from '../../command';
import { shellWord } from '../shell-word';
import { Docker } from './docker/docker';
import { Engine } from './docker/engine';

const exec = promisify(execFile);

/** More than ever run at once. */
const DOCKERS_KEPT = 100;

type Environment = Readonly<Record<string, string>>;

/** Tools that a build cannot do without, and where they come from. */
const NEEDED: Readonly<Record<string, string>> = {
  git: 'https://git-scm.com',
  npm: 'https://nodejs.org',
  python3: 'https://www.python.org',
  aws: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html (version 1 or 2)',
};

/**
 * @param names those that are needed; all, by default
 * @throws UserError that names every missing tool, a line each
 */
export async function requireTools(env: Environment, names = Object.keys(NEEDED)): Promise<void> {
  const missing = await Promise.all(
    names.map(async (name) =>
      (await onPath(name, env)) ? [] : [`${name} is not on the PATH; get it from ${NEEDED[name]}`],
    ),
  );
  const lines = missing.flat();
  if (lines.length) throw new UserError(lines.join('\n'));
}

/** Which tools of a build are real here, and stand-ins for those that are not. */
export class Tools {
  /** What is built and who is logged in, by build: on CodeBuild each has an engine of its own. */
  private readonly dockers = new Map<string, Docker>();
  /** Who does not know it, another user or a page in a browser, has no docker played. */
  private readonly token = randomBytes(16).toString('hex');

  private constructor(
    readonly kinds: Readonly<{ docker: 'real' | 'simulated'; pip: 'real' | 'simulated' }>,
    /** What is played, and why, a line each. */
    readonly simulated: readonly string[],
    /** What `docker` works with where it is real. */
    readonly engine: Engine | undefined,
  ) {}

  /**
   * @param required tools that must not be played
   * @param user the user's own environment, which tells where a Docker engine is
   * @throws UserError when one of them would be
   */
  static async detect(
    env: Environment,
    required: readonly string[],
    user: Readonly<Record<string, string | undefined>> = env,
  ): Promise<Tools> {
    const unknown = required.filter((name) => name !== 'docker' && name !== 'pip');
    if (unknown.length) throw new UserError(`--require: expected docker or pip, got '${unknown.join(', ')}'`);
    const [index, engine] = await Promise.all([packageIndexAnswers(env), Engine.find(user)]);
    const reasons: Readonly<Record<string, string>> = {
      ...(typeof engine === 'string' && {
        docker: `docker: ${engine}; Dockerfiles and contexts are checked, no image is built or run`,
      }),
      ...(!index && {
        pip: 'pip: no package index answers; requirements are checked, tests see the packages of this machine',
      }),
    };
    const refused = required.flatMap((name) =>
      reasons[name] ? [`--require ${name}: only the stand-in is there (${reasons[name]})`] : [],
    );
    if (refused.length) throw new UserError(refused.join('\n'));
    return new Tools(
      { docker: reasons.docker ? 'simulated' : 'real', pip: reasons.pip ? 'simulated' : 'real' },
      Object.values(reasons),
      typeof engine === 'string' ? undefined : engine,
    );
  }

  /** The route of the gateway that plays docker. */
  readonly route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!request.url?.endsWith(`/${this.token}`)) {
      response.writeHead(403).end();
      request.resume();
      return;
    }
    const { args, cwd, stdin, build } = (await json(request)) as {
      args: string[];
      cwd: string;
      stdin: string;
      build: string;
    };
    const tell = (line: object): void => void response.write(`${JSON.stringify(line)}\n`);
    const exit = await this.dockerOf(build).run({
      args,
      cwd,
      stdin,
      endpoint: `http://${request.headers.host}`,
      out: (out) => tell({ out }),
      err: (err) => tell({ err }),
    });
    tell({ exit });
    response.end();
  };

  /**
   * Puts the stand-ins into a directory. What differs between machines stands in files beside them: no path is ever part of
   * a shell's text unquoted, and no token of a process's arguments.
   *
   * @param url of the route above, in the emulated AWS
   * @param registry the name that images have there, `123456789012.dkr.ecr.us-east-1.amazonaws.com`; without, no AWS is there
   * @returns the variables of a build that finds them first
   */
  async install(
    directory: string,
    url: string,
    env: Environment,
    registry?: string,
  ): Promise<Record<string, string>> {
    const bin = path.join(directory, 'bin');
    await mkdir(bin, { recursive: true });
    const program = path.join(directory, 'docker.js');
    await copyFile(path.join(__dirname, this.engine ? 'docker/wrapper.js' : 'docker/shim.js'), program);
    if (this.engine) {
      const { client, plugins, label } = this.engine;
      const settings = { docker: client, host: registry, local: new URL(url).host, plugins, label };
      await writeFile(path.join(directory, 'wrapper.json'), JSON.stringify(settings));
    } else {
      const settings = { url: `${url}/${this.token}` };
      await writeFile(path.join(directory, 'shim.json'), JSON.stringify(settings), { mode: 0o600 });
    }
    await executable(path.join(bin, 'docker'), script(process.execPath, program));
    if (this.kinds.pip === 'simulated') {
      // What is on the PATH may be a launcher (pyenv's, say); the interpreter itself is what an environment is made from.
      const { stdout } = await exec('python3', ['-c', 'import sys; print(sys.executable)'], { env });
      const standin = path.join(__dirname, 'python');
      const wrapper = (await readFile(path.join(standin, 'python3'), 'utf8'))
        .replaceAll('@PYTHON@', () => shellWord(stdout.trim()))
        .replaceAll('@STANDIN@', () => shellWord(standin));
      for (const name of ['python3', 'python']) await executable(path.join(bin, name), wrapper);
      for (const name of ['pip', 'pip3']) {
        await executable(path.join(bin, name), script(path.join(bin, 'python3'), '-m', 'pip'));
      }
    }
    return { ...this.engine?.environment, PATH: `${bin}${path.delimiter}${env.PATH ?? ''}` };
  }

  private dockerOf(build: string): Docker {
    const docker = this.dockers.get(build) ?? new Docker();
    this.dockers.delete(build);
    this.dockers.set(build, docker);
    // Of a simulator that serves for weeks, the builds that used it last.
    const [oldest] = this.dockers.keys();
    if (this.dockers.size > DOCKERS_KEPT && oldest !== undefined) this.dockers.delete(oldest);
    return docker;
  }
}

function script(...words: readonly string[]): string {
  return `#!/bin/sh\nexec ${words.map(shellWord).join(' ')} "$@"\n`;
}

async function executable(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o755);
}

async function onPath(name: string, env: Environment): Promise<boolean> {
  return exec('/bin/sh', ['-c', 'command -v "$0"', name], { env }).then(
    () => true,
    () => false,
  );
}

/** Asks the index that pip is configured for; a refusal comes at once, a network without answer is not waited for. */
async function packageIndexAnswers(env: Environment): Promise<boolean> {
  const args = [
    '--dry-run',
    '--ignore-installed',
    '--no-deps',
    '--no-cache-dir',
    '--retries',
    '0',
    '--timeout',
    '3',
  ];
  // Without the user's home, as in a build.
  const options = { env: { ...env, HOME: '/nonexistent' }, timeout: 6000 };
  return exec('python3', ['-m', 'pip', 'install', ...args, 'iniconfig==2.1.0'], options).then(
    () => true,
    () => false,
  );
}
