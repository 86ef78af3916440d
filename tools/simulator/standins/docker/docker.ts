import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage, type Image, type Progress, sha256 } from './image';
import { RegistryClient, RegistryError } from './registry-client';

/** One run of the stand-in's command line. */
export interface Invocation {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stdin: string;
  /** Of the emulated AWS. */
  readonly endpoint: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The command fails; docker prints the message. */
class DockerError extends Error {}

/**
 * Plays the docker command line where no engine answers: builds are checked rather than run, pushes reach the emulated
 * registry. What it does not play fails and says so.
 */
export class Docker {
  private readonly images = new Map<string, Image>();
  private readonly built = new Set<string>();
  private readonly passwords = new Map<string, string>();

  /** Resolves to the exit code. */
  async run(invocation: Invocation): Promise<number> {
    const [first = '', ...rest] = invocation.args;
    const nested = first === 'buildx' || first === 'image';
    const name = nested ? (rest[0] ?? '') : first;
    const args = nested ? rest.slice(1) : rest;
    const command = Object.hasOwn(this.commands, name) ? this.commands[name] : undefined;
    try {
      if (!command)
        throw new DockerError(`docker (simulated): 'docker ${invocation.args[0] ?? ''}' is not simulated`);
      await command(args, invocation);
      return 0;
    } catch (error) {
      invocation.err(`${(error as Error).message}\n`);
      return 1;
    }
  }

  private readonly commands: Readonly<
    Record<string, (args: readonly string[], invocation: Invocation) => Promise<void> | void>
  > = {
    version: (_, { out }) => out('Client: simulated\nServer: simulated (no Docker engine on this machine)\n'),
    '--version': (_, { out }) => out('Docker version simulated\n'),
    info: (_, { out }) => out('Server Version: simulated\n'),
    login: (args, invocation) => this.login(args, invocation),
    logout: ([host = ''], { out }) => {
      this.passwords.delete(host);
      out(`Removing login credentials for ${host}\n`);
    },
    build: (args, invocation) => this.build(args, invocation),
    tag: ([from = '', to = '']) => void this.images.set(withTag(to), this.image(from)),
    push: (args, invocation) => this.push(args, invocation),
    images: (_, { out }) => this.list(out),
    ls: (_, { out }) => this.list(out),
    inspect: ([name = ''], { out }) => {
      const { id, labels } = this.image(name);
      out(
        `${JSON.stringify([{ Id: id, RepoTags: [withTag(name)], Config: { Labels: labels } }], null, 4)}\n`,
      );
    },
    imagetools: (args, invocation) => this.inspectRemote(args, invocation),
    rmi: (names) => names.forEach((name) => this.images.delete(withTag(name))),
  };

  private async login(args: readonly string[], { stdin, endpoint, out, err }: Invocation): Promise<void> {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        username: { type: 'string', short: 'u' },
        password: { type: 'string', short: 'p' },
        'password-stdin': { type: 'boolean' },
      },
    });
    const [host = ''] = positionals;
    if (values.password) err('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
    const password = values.password ?? stdin.trim();
    if (!password) throw new DockerError('Error: Cannot perform an interactive login from a non TTY device');
    if (values.username !== 'AWS' || !(await new RegistryClient(endpoint, password).login())) {
      throw new DockerError(
        `Error response from daemon: login attempt to https://${host}/v2/ failed with status: 401 Unauthorized`,
      );
    }
    this.passwords.set(host, password);
    out('Login Succeeded\n');
  }

  private async build(args: readonly string[], invocation: Invocation): Promise<void> {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        tag: { type: 'string', short: 't', multiple: true },
        file: { type: 'string', short: 'f' },
        'build-arg': { type: 'string', multiple: true },
        label: { type: 'string', multiple: true },
        target: { type: 'string' },
        platform: { type: 'string' },
        progress: { type: 'string' },
        provenance: { type: 'string' },
        sbom: { type: 'string' },
        'cache-from': { type: 'string', multiple: true },
        'cache-to': { type: 'string', multiple: true },
        pull: { type: 'boolean' },
        push: { type: 'boolean' },
        load: { type: 'boolean' },
        quiet: { type: 'boolean', short: 'q' },
        'no-cache': { type: 'boolean' },
      },
    });
    if (positionals.length !== 1) throw new DockerError(`ERROR: "docker build" requires exactly 1 argument.`);
    const directory = path.resolve(invocation.cwd, positionals[0] ?? '.');
    const file = path.resolve(invocation.cwd, values.file ?? path.join(directory, 'Dockerfile'));
    let step = 0;
    const progress: Progress = (line) => {
      const number = step++;
      const tell = (text: string): void => {
        if (!values.quiet) invocation.err(`#${number} ${text}\n`);
      };
      tell(line);
      return tell;
    };
    progress('building with "simulated": the Dockerfile and the context are checked, nothing runs');
    let image: Image;
    try {
      const text = dockerfileText(file);
      const args_ = pairs(values['build-arg']);
      const labels = pairs(values.label);
      const dockerfile = path.relative(directory, file);
      image = buildImage(
        {
          directory,
          dockerfile,
          text,
          args: args_,
          labels,
          target: values.target,
          built: values['no-cache'] ? new Set() : this.built,
        },
        progress,
      );
    } catch (error) {
      throw new DockerError(`ERROR: failed to build: failed to solve: ${(error as Error).message}`);
    }
    progress(`writing image ${image.id} (simulated)`);
    for (const tag of values.tag ?? []) {
      this.images.set(withTag(tag), image);
      progress(`naming to ${withTag(tag)}`);
      if (values.push) await this.push([tag], invocation);
    }
    if (values.quiet) invocation.out(`${image.id}\n`);
  }

  private async push(args: readonly string[], { endpoint, out }: Invocation): Promise<void> {
    const name = args.find((arg) => !arg.startsWith('-')) ?? '';
    const image = this.image(name);
    const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(withTag(name)) ?? [];
    const password = this.passwords.get(host);
    out(`The push refers to repository [${host}/${repository}]\n`);
    if (!password) throw new DockerError('no basic auth credentials');
    try {
      const { digest, size } = await new RegistryClient(endpoint, password).push(
        image,
        repository,
        tag,
        (line) => out(`${line}\n`),
      );
      out(`${tag}: digest: ${digest} size: ${size}\n`);
    } catch (error) {
      if (error instanceof RegistryError) throw new DockerError(error.message);
      throw error;
    }
  }

  /**
   * What a registry has, by the two formats that the pipeline asks for. No registry but the emulated one is asked: elsewhere, a
   * digest is made of the name, so that the same name always has the same.
   * https://docs.docker.com/reference/cli/docker/buildx/imagetools/inspect/
   */
  private async inspectRemote(
    [command, ...args]: readonly string[],
    { endpoint, out, err }: Invocation,
  ): Promise<void> {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { format: { type: 'string' } },
    });
    const [name = ''] = positionals;
    const wanted = { '{{.Manifest.Digest}}': 'digest', '{{json .Image}}': 'config' }[values.format ?? ''];
    const [, host = '', repository = '', tag, digest] =
      /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(name) ?? [];
    const isOurs = isEcr(host);
    if (command !== 'inspect' || (wanted !== 'digest' && !(wanted === 'config' && isOurs))) {
      throw new DockerError(
        `docker (simulated): 'docker buildx imagetools ${[command, ...args].join(' ')}' is not simulated`,
      );
    }
    if (!isOurs) {
      err(`docker (simulated): no registry is asked, the digest of ${name} is made of its name\n`);
      out(`${sha256(withTag(name))}\n`);
      return;
    }
    const password = this.passwords.get(host);
    if (!password) throw new DockerError(`ERROR: failed to resolve ${name}: no basic auth credentials`);
    try {
      const found = await new RegistryClient(endpoint, password).inspect(
        repository,
        digest ?? tag ?? 'latest',
      );
      out(`${wanted === 'digest' ? found.digest : found.config}\n`);
    } catch (error) {
      if (error instanceof RegistryError) throw new DockerError(`ERROR: ${name}: ${error.message}`);
      throw error;
    }
  }

  private list(out: (text: string) => void): void {
    out('REPOSITORY:TAG  IMAGE ID\n');
    for (const [name, image] of this.images) out(`${name}  ${image.id.slice(7, 19)}\n`);
  }

  private image(name: string): Image {
    const image = this.images.get(withTag(name)) ?? [...this.images.values()].find(({ id }) => id === name);
    if (!image) throw new DockerError(`Error response from daemon: No such image: ${withTag(name)}`);
    return image;
  }
}

function dockerfileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`failed to read dockerfile: open ${path.basename(file)}: no such file or directory`);
  }
}

function pairs(values: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf('=');
      return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
    }),
  );
}

function isEcr(host: string): boolean {
  return /^\d{12}\.dkr\.ecr\./.test(host);
}

function withTag(name: string): string {
  return /:[^/]+$/.test(name) ? name : `${name}:latest`;
}
