import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage, type Image, type Progress, sha256 } from './image';
import { cacheOf, type CacheOption, cacheOption, stepsOf } from './layer-cache';
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

/** What builds: the one that Docker brings, or one that `docker buildx create` has made. */
interface Builder {
  readonly name: string;
  readonly driver: 'docker' | 'docker-container';
  /** The steps that its own cache has. */
  readonly built: Set<string>;
}

/** The command fails; docker prints the message. */
class DockerError extends Error {}

/**
 * Plays the docker command line where no engine answers: builds are checked rather than run, pushes reach the emulated
 * registry. What it does not play fails and says so.
 */
export class Docker {
  private readonly images = new Map<string, Image>();
  /** As CodeBuild's images start Docker: without containerd's image store, so that this one cannot export a cache. */
  private readonly default: Builder = { name: 'default', driver: 'docker', built: new Set() };
  private readonly builders = new Map([[this.default.name, this.default]]);
  private selected = this.default;
  private readonly passwords = new Map<string, string>();

  /** Resolves to the exit code. */
  async run(invocation: Invocation): Promise<number> {
    const [first = '', ...rest] = invocation.args;
    const nested = first === 'buildx' || first === 'image';
    const name = nested ? (rest[0] ?? '') : first;
    const args = nested ? rest.slice(1) : rest;
    const command = [first === 'buildx' ? `buildx ${name}` : name, name]
      .map((key) => (Object.hasOwn(this.commands, key) ? this.commands[key] : undefined))
      .find((found) => found !== undefined);
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
    // Whatever builder is selected.
    // https://docs.docker.com/build/builders/#difference-between-docker-build-and-docker-buildx-build
    build: (args, invocation) => this.build(args, invocation, this.default),
    'buildx build': (args, invocation) => this.build(args, invocation, this.selected),
    'buildx create': (args, invocation) => this.createBuilder(args, invocation),
    'buildx use': ([name = '']) => void (this.selected = this.builder(name)),
    'buildx inspect': (args, invocation) => this.inspectBuilder(args, invocation),
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

  private createBuilder(args: readonly string[], { out }: Invocation): void {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        driver: { type: 'string' },
        'driver-opt': { type: 'string', multiple: true },
        use: { type: 'boolean' },
        bootstrap: { type: 'boolean' },
      },
    });
    const { name = 'simulated', driver = 'docker-container' } = values;
    if (driver !== 'docker-container' || positionals.length)
      throw new DockerError(`docker (simulated): 'docker buildx create ${args.join(' ')}' is not simulated`);
    if (this.builders.has(name)) {
      throw new DockerError(
        `ERROR: existing instance for "${name}" but no append mode, specify the node name to make changes for existing instances`,
      );
    }
    const builder: Builder = { name, driver, built: new Set() };
    this.builders.set(name, builder);
    if (values.use) this.selected = builder;
    out(`${name}\n`);
  }

  private inspectBuilder(args: readonly string[], { out }: Invocation): void {
    const { positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { bootstrap: { type: 'boolean' } },
    });
    const { name, driver } = positionals[0] === undefined ? this.selected : this.builder(positionals[0]);
    const node = driver === 'docker' ? name : `${name}0`;
    out(`Name:   ${name}\nDriver: ${driver}\n\nNodes:\nName:             ${node}\n`);
    out('Status:           running\nBuildKit version: simulated\n');
  }

  private builder(name: string): Builder {
    const builder = this.builders.get(name);
    if (!builder) throw new DockerError(`ERROR: no builder "${name}" found`);
    return builder;
  }

  private async build(args: readonly string[], invocation: Invocation, builder: Builder): Promise<void> {
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
    const sources = (values['cache-from'] ?? []).map(cacheOption);
    const targets = (values['cache-to'] ?? []).map(cacheOption);
    if (builder.driver === 'docker' && targets.some(({ type }) => type !== 'inline')) {
      throw new DockerError(
        [
          'ERROR: failed to build: Cache export is not supported for the docker driver.',
          'Switch to a different driver, or turn on the containerd image store, and try again.',
          'Learn more at https://docs.docker.com/go/build-cache-backends/',
        ].join('\n'),
      );
    }
    targets.forEach(playable);
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
    const cached = new Set(values['no-cache'] ? [] : builder.built);
    for (const source of sources) {
      const steps = await this.importCache(source, invocation, progress);
      if (!values['no-cache']) steps.forEach((step) => cached.add(step));
    }
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
          built: cached,
        },
        progress,
      );
    } catch (error) {
      throw new DockerError(`ERROR: failed to build: failed to solve: ${(error as Error).message}`);
    }
    image.steps.forEach((step) => builder.built.add(step));
    for (const target of targets) await this.exportCache(target, image, invocation, progress);
    if (builder.driver !== 'docker' && !values.load && !values.push) {
      invocation.err(
        `WARNING: No output specified with ${builder.driver} driver. Build result will only remain in the build cache. To push result image into registry use --push or to load image into docker use --load\n`,
      );
      return;
    }
    progress(`writing image ${image.id} (simulated)`);
    for (const tag of values.tag ?? []) {
      this.images.set(withTag(tag), image);
      progress(`naming to ${withTag(tag)}`);
      if (values.push) await this.push([tag], invocation);
    }
    if (values.quiet) invocation.out(`${image.id}\n`);
  }

  /** What cannot be read is told, and no more: https://github.com/moby/buildkit/issues/948 */
  private async importCache(
    { type, attributes }: CacheOption,
    { endpoint }: Invocation,
    progress: Progress,
  ): Promise<readonly string[]> {
    const ref = attributes.get('ref') ?? '';
    const tell = progress(`importing cache manifest from ${ref}`);
    try {
      const { client, repository, tag } = this.registryOf(type, ref, endpoint);
      const steps = stepsOf((await client.inspect(repository, tag)).config);
      tell('DONE 0.0s');
      return steps;
    } catch (error) {
      tell(`ERROR: ${ref}: ${(error as Error).message}`);
      return [];
    }
  }

  private async exportCache(
    { type, attributes }: CacheOption,
    image: Image,
    { endpoint }: Invocation,
    progress: Progress,
  ): Promise<void> {
    if (type === 'inline') return;
    const ref = attributes.get('ref') ?? '';
    const tell = progress('exporting cache to registry');
    try {
      const { client, repository, tag } = this.registryOf(type, ref, endpoint);
      const { digest } = await client.push(cacheOf(image), repository, tag, () => undefined);
      tell(`writing cache image manifest ${digest}`);
      tell('DONE 0.0s');
    } catch (error) {
      tell(`ERROR: ${(error as Error).message}`);
      if (attributes.get('ignore-error') !== 'true')
        throw new DockerError(`ERROR: failed to build: failed to solve: ${(error as Error).message}`);
    }
  }

  private registryOf(
    type: string,
    ref: string,
    endpoint: string,
  ): { client: RegistryClient; repository: string; tag: string } {
    const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(withTag(ref)) ?? [];
    if (type !== 'registry' || !isEcr(host))
      throw new DockerError(`docker (simulated): a cache of type=${type} at '${ref}' is not simulated`);
    const password = this.passwords.get(host);
    if (!password) throw new DockerError('no basic auth credentials');
    return { client: new RegistryClient(endpoint, password), repository, tag };
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

/** @throws DockerError where a cache would be stored otherwise than it is here */
function playable({ type, attributes }: CacheOption): void {
  if (type === 'inline') return;
  // ECR takes nothing but an image's manifest: https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/
  const isImage = ['image-manifest', 'oci-mediatypes'].every((name) => attributes.get(name) !== 'false');
  if (type === 'registry' && attributes.get('mode') === 'max' && isImage) return;
  throw new DockerError(
    `docker (simulated): --cache-to is simulated for type=registry,mode=max and an image's manifest alone, got type=${type}`,
  );
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
