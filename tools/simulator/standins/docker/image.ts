import { createHash } from 'node:crypto';
import { BuildContext } from './context';
import {
  DockerfileError,
  type Instruction,
  parseDockerfile,
  type Stage,
} from '../../../dockerfile/dockerfile';

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly body: string;
}

/** An image as a registry stores it; what its layers hold is a description, not a file system. */
export interface Image {
  /** The digest of its configuration, as `docker images` shows it. */
  readonly id: string;
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly manifest: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What a cache of the whole build keeps: the key of each step, and the layers of every stage. */
  readonly steps: readonly string[];
  readonly stageLayers: readonly Blob[];
}

export interface BuildOptions {
  readonly directory: string;
  /** The Dockerfile's path within the context. */
  readonly dockerfile: string;
  readonly text: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target?: string;
  /** The steps that a cache has; what is among them comes from it. */
  readonly built: ReadonlySet<string>;
}

/** Tells that a step begins; what it returns tells how it ended. */
export type Progress = (step: string) => (end: string) => void;

const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
/** Instructions that change the file system. */
const STEPS = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Checks what `docker build` checks before it runs anything (Dockerfile, context, sources, stages) and makes an image whose
 * digest follows the content: the same files and instructions give the same one.
 *
 * @throws Error with docker's words
 */
export function buildImage(options: BuildOptions, progress: Progress): Image {
  const stages = parseDockerfile(options.text, options.args);
  const context = new BuildContext(options.directory, options.dockerfile);
  progress(`[internal] load build context: ${context.size} files`);
  const target = options.target
    ? stages.findIndex((stage) => stage.name === options.target)
    : stages.length - 1;
  if (target < 0) throw new Error(`target stage "${options.target}" could not be found`);

  // BuildKit builds only what the target needs; here every stage is checked, so that an unused one cannot hide an error.
  const steps = new Set<string>();
  const built: { name?: string; layers: Blob[]; labels: Record<string, string>; runtime: string[] }[] = [];
  stages.forEach((stage, index) => {
    const parent = built.find((other) => other.name !== undefined && other.name === stage.from.toLowerCase());
    const layers = parent ? [...parent.layers] : [layer({ base: stage.from })];
    const labels = { ...parent?.labels };
    const runtime = [...(parent?.runtime ?? [])];
    // As BuildKit counts them: what adds nothing to the file system is no step.
    const count = stage.instructions.filter(({ keyword }) => STEPS.has(keyword)).length + 1;
    let number = 1;
    const begin = (text: string): ((end: string) => void) =>
      progress(`[${stage.name ?? `stage-${index}`} ${number++}/${count}] ${text}`);
    const end = (): string => {
      const key = sha256(JSON.stringify([layers.map(({ digest }) => digest), runtime]));
      const cached = options.built.has(key) || steps.has(key);
      steps.add(key);
      return cached ? 'CACHED' : 'DONE 0.0s';
    };
    begin(`FROM ${stage.from}`)(end());
    for (const instruction of stage.instructions) {
      if (instruction.keyword === 'LABEL') Object.assign(labels, labelsOf(instruction.rest));
      if (!STEPS.has(instruction.keyword)) {
        runtime.push(`${instruction.keyword} ${instruction.rest}`);
        continue;
      }
      const tell = begin(shown(instruction));
      const content = contentOf(instruction, context, stages.slice(0, index), built);
      layers.push(layer({ instruction: instruction.rest, content, args: argsOf(stage, options.args) }));
      tell(end());
    }
    built.push({ name: stage.name, layers, labels, runtime });
  });

  const stage = built[target];
  if (!stage) throw new DockerfileError('the Dockerfile has no FROM instruction');
  const labels = { ...stage.labels, ...options.labels };
  const config = blob(
    CONFIG,
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: stage.layers.map(({ digest }) => digest) },
      history: stage.runtime.map((created_by) => ({ created_by, empty_layer: true })),
    }),
  );
  return {
    id: config.digest,
    config,
    layers: stage.layers,
    manifest: manifestOf(MANIFEST, config, stage.layers),
    labels,
    steps: [...steps],
    stageLayers: built.flatMap(({ layers }) => layers),
  };
}

export function manifestOf(mediaType: string, config: Blob, layers: readonly Blob[]): string {
  const descriptor = ({ mediaType, size, digest }: Blob): object => ({ mediaType, size, digest });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: descriptor(config),
    layers: layers.map(descriptor),
  });
}

export function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** What a step adds to the file system. */
function contentOf(
  { keyword, flags, rest, line }: Instruction,
  context: BuildContext,
  stages: readonly Stage[],
  built: readonly { layers: Blob[] }[],
): string {
  if (keyword === 'RUN' || keyword === 'WORKDIR') return '';
  const sources = sourcesOf(rest, line).filter(
    (source) => !source.startsWith('<<') && !/^(https?|git)(:\/\/|@)/.test(source),
  );
  if (flags.from === undefined) return sources.length ? context.digest(sources) : '';
  const index = stages.findIndex(
    (stage, i) => stage.name === flags.from?.toLowerCase() || String(i) === flags.from,
  );
  if (index >= 0) return JSON.stringify(built[index]?.layers.map(({ digest }) => digest));
  // Not a stage, so an image of that name, which BuildKit would pull.
  if (/[/:.]/.test(flags.from)) return flags.from;
  throw new Error(`failed to solve: ${flags.from}: no build stage of that name before line ${line}`);
}

function sourcesOf(text: string, line: number): string[] {
  const words = text.startsWith('[')
    ? (JSON.parse(text) as string[])
    : (text.split('\n')[0] ?? '').split(/\s+/);
  if (words.length < 2) throw new DockerfileError('COPY requires at least two arguments', line);
  return words.slice(0, -1);
}

/** Build arguments that a stage declares change what its RUN instructions do. */
function argsOf(stage: Stage, args: Readonly<Record<string, string>>): Record<string, string> {
  const declared = stage.instructions
    .filter(({ keyword }) => keyword === 'ARG')
    .map(({ rest }) => rest.split('=')[0] ?? '');
  return Object.fromEntries(
    declared.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])),
  );
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.-]+|"[^"]+")=("(?:[^"\\]|\\.)*"|\S+)/g)];
  const plain = (word: string): string => word.replace(/^"(.*)"$/, '$1');
  return Object.fromEntries(pairs.map(([, key = '', value = '']) => [plain(key), plain(value)]));
}

function layer(content: object): Blob {
  return blob(LAYER, JSON.stringify({ simulated: true, ...content }));
}

export function blob(mediaType: string, body: string): Blob {
  return { mediaType, digest: sha256(body), size: Buffer.byteLength(body), body };
}

function shown({ keyword, rest }: Instruction): string {
  const line = `${keyword} ${rest}`.split('\n')[0] ?? '';
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
