import path from 'node:path';
import { DockerfileError, type Instruction, instructionsOf, VARIABLE } from '../../dockerfile/dockerfile';
import type { Build } from './build';
import { type DockerBuild, dockerBuilds, folderOf } from './docker-build';
import type { SourceTree } from './source-tree';
import type { Stack } from './stack';

export type { Instruction };

/** A Dockerfile of the source. */
export interface Dockerfile {
  readonly path: string;
  /** As far as it can be read. */
  readonly stages: readonly Stage[];
  /** Folders, from the source's root, that commands or assets build it with; empty where nothing known builds it. */
  readonly contexts: readonly string[];
  /** Whether a command or an asset builds it, or may: false where all that is built is known, and this is not among it. */
  readonly built: boolean;
  /** Of its context: the lines of `.dockerignore`, or of `Dockerfile.dockerignore`; undefined where there is none. */
  readonly ignore?: readonly string[];
  /** Why docker would refuse it, in its own words. */
  readonly problem?: string;
}

export interface Stage {
  readonly line: number;
  /** As written, with known `ARG` defaults filled in, e.g. `python:3.11-slim`, `scratch`, or the name of a stage before. */
  readonly from: string;
  readonly platform?: string;
  /** In lower case, as `FROM` and `--from` find it. */
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

const NAMES = /(?:^|\/)(?:dockerfile|containerfile|[^/]+\.dockerfile|dockerfile\.[^/]+)$/i;
/** Other people's, and those that only tests and editors build. */
const ELSEWHERE = /(?:^|\/)(?:node_modules|cdk\.out|\.devcontainer|fixtures|__fixtures__|testdata)\//;

/** The Dockerfiles of the source: by their names, and those that commands and assets name. */
export function dockerfilesOf(
  source: SourceTree,
  builds: readonly Build[],
  stacks: readonly Stack[],
): Dockerfile[] {
  const known = [
    ...builds.flatMap(({ commands }) => commands.flatMap((command) => dockerBuilds(command, source))),
    ...assetsOf(source, stacks),
  ].map((build): DockerBuild => ({ ...build, dockerfile: named(build.dockerfile, source) }));
  const asked = known.flatMap(({ dockerfile }) => dockerfile ?? []);
  const paths = [...source.files.keys()].filter(
    (file) => NAMES.test(file) && !ELSEWHERE.test(file) && !file.endsWith('.dockerignore'),
  );
  const mayBeAny = known.length === 0 || known.some(({ dockerfile }) => dockerfile === undefined);
  return [...new Set([...asked, ...paths])].flatMap((file) => {
    const text = source.read(file);
    if (text === undefined) return [];
    const own = known.filter(({ dockerfile }) => dockerfile === file);
    const { stages, problem } = stagesOf(text, argumentsFor(known, file));
    // Notes, or a template of one.
    if (!stages.length && !own.length) return [];
    const contexts = [...new Set(own.flatMap(({ context }) => context ?? []))];
    const ignore =
      source.read(`${file}.dockerignore`) ??
      source.read(path.posix.join(contexts[0] ?? folderOf(file), '.dockerignore'));
    return [
      {
        path: file,
        stages,
        contexts,
        built: own.length > 0 || mayBeAny,
        ignore: ignore?.split(/\r?\n/),
        problem,
      },
    ];
  });
}

/** Docker takes `dockerfile` where there is no `Dockerfile`. */
function named(file: string | undefined, source: SourceTree): string | undefined {
  const lower = file?.replace(/Dockerfile$/, 'dockerfile');
  return file !== undefined && !source.files.has(file) && source.files.has(lower ?? '') ? lower : file;
}

function assetsOf(source: SourceTree, stacks: readonly Stack[]): DockerBuild[] {
  return stacks.flatMap(({ assets }) =>
    assets.flatMap(({ kind, folder, dockerfile = 'Dockerfile' }) => {
      if (kind !== 'docker') return [];
      // The CDK copies what it builds into its output; then nobody knows from where.
      const files = folder === undefined ? [] : [path.posix.join(folder, dockerfile), dockerfile];
      const file = files.find((one) => source.files.has(one));
      const context = file === undefined ? undefined : folder;
      return [{ context, dockerfile: file, args: new Map(), options: new Map() }];
    }),
  );
}

/** What commands give: undefined where it is not known, or where they differ. */
function argumentsFor(known: readonly DockerBuild[], file: string): ReadonlyMap<string, string | undefined> {
  const args = new Map<string, string | undefined>();
  for (const build of known.filter(({ dockerfile }) => dockerfile === undefined || dockerfile === file)) {
    for (const [name, value] of build.args) {
      const same = build.dockerfile === file && (!args.has(name) || args.get(name) === value);
      args.set(name, same ? value : undefined);
    }
  }
  return args;
}

function stagesOf(
  text: string,
  given: ReadonlyMap<string, string | undefined>,
): Pick<Dockerfile, 'stages' | 'problem'> {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  const globals = new Map(given);
  try {
    for (const instruction of instructionsOf(text)) {
      const stage = stages.at(-1);
      if (instruction.keyword === 'FROM') {
        const [, from = '', name] = /^(\S+)(?:\s+AS\s+(\S+))?/i.exec(instruction.rest) ?? [];
        const { platform } = instruction.flags;
        stages.push({
          line: instruction.line,
          from: filled(from, globals),
          platform: platform === undefined ? undefined : filled(platform, globals),
          name: name?.toLowerCase(),
          instructions: [],
        });
      } else if (stage) {
        stage.instructions.push(instruction);
      } else if (instruction.keyword === 'ARG') {
        // Several may share a line.
        for (const [, name = '', value] of instruction.rest.matchAll(/(\w+)(?:=("[^"]*"|'[^']*'|\S*))?/g)) {
          if (!given.has(name) && value !== undefined) {
            globals.set(name, filled(value.replace(/^(["'])(.*)\1$/, '$2'), globals));
          }
        }
      } else {
        throw new DockerfileError('no build stage in current context', instruction.line);
      }
    }
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return { stages, problem: error.message };
  }
  return { stages };
}

/** With the values that are known; what is not known stays as written. */
function filled(text: string, values: ReadonlyMap<string, string | undefined>): string {
  return text.replace(VARIABLE, (whole, braced?: string, fallback?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    return values.get(name) || (values.has(name) ? whole : (fallback ?? whole));
  });
}

/** The stage's instructions, after those of the stages that it starts from. */
export function lineage(stages: readonly Stage[], stage: Stage): Instruction[] {
  const [parent, before] = parentOf(stages, stage);
  return [...(parent ? lineage(before, parent) : []), ...stage.instructions];
}

/** The image that a stage starts from, by itself or by the stages before it. */
export function baseOf(stages: readonly Stage[], stage: Stage): string {
  const [parent, before] = parentOf(stages, stage);
  return parent ? baseOf(before, parent) : stage.from;
}

function parentOf(stages: readonly Stage[], { from, line }: Stage): [Stage | undefined, readonly Stage[]] {
  const before = stages.filter((stage) => stage.line < line);
  return [before.findLast(({ name }) => name === from.toLowerCase()), before];
}
