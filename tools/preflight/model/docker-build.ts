import path from 'node:path';
import { object, text as textAt } from '../../values';
import type { Command } from './command';
import { parsedYaml } from './parsed';
import type { SourceTree } from './source-tree';

/** An image that a command builds. */
export interface DockerBuild {
  /** From the source's root; undefined where it is not known, or not a folder of the source. */
  readonly context?: string;
  /** From the source's root; undefined where it is not known. */
  readonly dockerfile?: string;
  /** Of `--build-arg`; the value is undefined where it is not known. */
  readonly args: ReadonlyMap<string, string | undefined>;
  /** By name, e.g. `--platform`, `--cache-to`: what was given, in its order. A switch has no value: ``. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** Options that take no value, of https://docs.docker.com/reference/cli/docker/buildx/build/ and of the builder before it. */
const SWITCHES = new Set(
  '--check --compress --debug -D --disable-content-trust --force-rm --load --no-cache --pull --push --quiet -q --rm --squash'.split(
    ' ',
  ),
);
const SHORT: Readonly<Record<string, string>> = {
  '-f': '--file',
  '-t': '--tag',
  '-o': '--output',
  '-m': '--memory',
};
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** The images that a command builds: `docker build` and its like have one, `docker compose build` and `up` those of its file. */
export function dockerBuilds(command: Command, source: SourceTree): DockerBuild[] {
  const words = [...command.words];
  if (command.name === 'docker-compose') return composeBuilds(command, source);
  if (!['docker', 'podman', 'nerdctl', 'finch', 'buildah'].includes(command.name)) return [];
  if (words[0] === 'compose') return composeBuilds(command, source);
  if (['buildx', 'image', 'builder'].includes(words[0] ?? '')) words.shift();
  return ['build', 'b', 'bud'].includes(words.shift() ?? '') ? [buildOf(command, words)] : [];
}

function buildOf({ cwd }: Command, words: readonly string[]): DockerBuild {
  const options = new Map<string, string[]>();
  const positional: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const [, written = word, joined] = /^(--[\w-]+)=([^]*)$/.exec(word) ?? [];
    const name = SHORT[written] ?? written;
    const value = joined ?? (SWITCHES.has(written) ? '' : (words[++i] ?? ''));
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  const context = positional[0] === undefined ? undefined : fromRoot(cwd, positional[0]);
  const file = options.get('--file')?.at(-1);
  const args = (options.get('--build-arg') ?? []).map((text): [string, string | undefined] => {
    const [name, value] = split(text);
    // Without a value, it is that of the variable.
    return [name, !text.includes('=') || isUnknown(value) ? undefined : value];
  });
  return {
    context,
    dockerfile: file !== undefined ? fromRoot(cwd, file) : inContext(context, 'Dockerfile'),
    args: new Map(args),
    options,
  };
}

/** The images that `docker compose` pulls, as its file names them. */
export function composeImages(command: Command, source: SourceTree): string[] {
  return servicesOf(command, source).flatMap(({ service }) =>
    service.build === undefined ? (textAt(service.image) ?? []) : [],
  );
}

/** https://docs.docker.com/reference/compose-file/build/ */
function composeBuilds(command: Command, source: SourceTree): DockerBuild[] {
  return servicesOf(command, source).flatMap(({ service: { build, platform, image }, folder }) => {
    if (build === undefined || build === null) return [];
    const settings = typeof build === 'string' ? { context: build } : object(build);
    const context = fromRoot(folder, textAt(settings.context) ?? '.');
    const args = Array.isArray(settings.args)
      ? settings.args.map((text) => split(String(text)))
      : Object.entries(object(settings.args)).map(([name, value]): [string, string] => [name, String(value)]);
    const platforms: unknown[] = [platform, settings.platforms].flat();
    return [
      {
        context,
        dockerfile: inContext(context, textAt(settings.dockerfile) ?? 'Dockerfile'),
        args: new Map(args.map(([name, value]) => [name, isUnknown(value) ? undefined : value])),
        options: new Map(
          [
            ['--platform', platforms.filter(Boolean).map(String)] as const,
            ['--tag', [image].flatMap((tag) => textAt(tag) ?? [])] as const,
          ].filter(([, values]) => values.length),
        ),
      },
    ];
  });
}

/** The services that a command builds or starts, each with the folder that its paths start from. */
function servicesOf(
  { name, words: all, cwd }: Command,
  source: SourceTree,
): { service: Readonly<Record<string, unknown>>; folder: string }[] {
  const words = name === 'docker-compose' ? all : all[0] === 'compose' ? all.slice(1) : [];
  if (!words.some((word) => ['build', 'up', 'create', 'run', 'pull'].includes(word))) return [];
  const given = words.flatMap((word, i) =>
    ['-f', '--file'].includes(word) ? [words[i + 1] ?? ''] : /^--file=/.test(word) ? [word.slice(7)] : [],
  );
  const files = given.map((file) => fromRoot(cwd, file));
  if (!files.length && cwd !== undefined) {
    files.push(COMPOSE_FILES.map((one) => path.posix.join(cwd, one)).find((one) => source.files.has(one)));
  }
  return files.flatMap((file) => {
    if (file === undefined) return [];
    const services = object(parsedYaml(source.read(file)), 'services');
    return Object.values(services).map((service) => ({
      service: object(service),
      folder: folderOf(file),
    }));
  });
}

/** `NAME=value`. */
function split(text: string): [string, string] {
  const [, name = '', value = ''] = /^([^=]*)=?([^]*)$/.exec(text) ?? [];
  return [name, value];
}

/** A path as a command in a folder of the source means it; undefined where it is not known, or leads out of the source. */
export function fromRoot(cwd: string | undefined, name: string): string | undefined {
  const rooted = /^\$(?:\{CODEBUILD_SRC_DIR\}|CODEBUILD_SRC_DIR)(?:\/|$)(.*)$/.exec(name);
  const base = rooted ? '' : cwd;
  const rest = rooted ? (rooted[1] ?? '') : name;
  // Standard input, another machine's, or what only the build knows.
  if (base === undefined || rest === '-' || /^(?:\/|~|[a-z+]+:\/\/|git@)/.test(rest) || isUnknown(rest))
    return undefined;
  const joined = path.posix.join(base, rest).replace(/\/+$/, '');
  if (joined === '..' || joined.startsWith('../')) return undefined;
  return joined === '.' ? '' : joined;
}

/** Of a file; `` is the root. */
export function folderOf(file: string): string {
  const folder = path.posix.dirname(file);
  return folder === '.' ? '' : folder;
}

function inContext(context: string | undefined, name: string): string | undefined {
  return context === undefined ? undefined : fromRoot(context, name);
}

function isUnknown(text: string): boolean {
  return /[$`‹]/.test(text);
}
