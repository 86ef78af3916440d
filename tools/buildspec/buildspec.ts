import { isMap, isScalar, isSeq, type LineCounter, type Node, YAMLMap } from 'yaml';
import { type OnFailure, parseOnFailure } from './on-failure';
import { FORMATS } from '../simulator/engine/reports/formats';
import { readYaml } from './yaml';

/** The buildspec cannot be used; the message is in CodeBuild's words. */
export class BuildspecError extends Error {
  /** The status code of the phase context. */
  readonly code = 'YAML_FILE_ERROR';
}

export const BUILDSPEC_PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type BuildspecPhase = (typeof BUILDSPEC_PHASES)[number];

export interface Buildspec {
  readonly version: '0.1' | '0.2';
  readonly shell: 'bash' | '/bin/sh';
  readonly variables: Readonly<Record<string, string>>;
  readonly parameterStore: Readonly<Record<string, string>>;
  readonly secretsManager: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly runtimeVersions: Readonly<Record<string, string>>;
  readonly phases: Readonly<Partial<Record<BuildspecPhase, Phase>>>;
  readonly reports: readonly Report[];
  readonly artifacts: readonly Artifact[];
  readonly cache?: CacheSpec;
  /** What it asks for that the simulator does not play, a line each. */
  readonly notPlayed: readonly string[];
}

export interface Phase {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure?: OnFailure;
}

export interface Report extends Files {
  readonly name: string;
  readonly format: string;
}

export interface Artifact extends Files {
  /** Undefined for the primary one. */
  readonly identifier?: string;
  readonly name?: string;
  readonly s3Prefix?: string;
  readonly excludePaths: readonly string[];
  /** For a ZIP only: links stay links. */
  readonly enableSymlinks: boolean;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.cache */
export interface CacheSpec {
  readonly paths: readonly string[];
  readonly key?: string;
  readonly fallbackKeys: readonly string[];
  /** Undefined: both. */
  readonly action?: 'restore' | 'save';
}

const KEYS = ['version', 'run-as', 'env', 'proxy', 'batch', 'phases', 'reports', 'artifacts', 'cache'];

/** Files that a buildspec names. */
export interface Files {
  readonly files: readonly string[];
  readonly baseDirectory?: string;
  readonly discardPaths: boolean;
}

/**
 * Reads a buildspec as CodeBuild does: every problem ends the build in DOWNLOAD_SOURCE.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
 * @throws BuildspecError
 */
export function parseBuildspec(text: string): Buildspec {
  const { contents, lines } = yaml(text);
  if (contents !== null && !isMap(contents) && !(isScalar(contents) && contents.value === null))
    throw new BuildspecError('Expected the buildspec to be a map of keys');
  return new Reader(lines).buildspec(isMap(contents) ? contents : new YAMLMap());
}

function yaml(text: string): ReturnType<typeof readYaml> {
  try {
    return readYaml(text);
  } catch (error) {
    throw new BuildspecError((error as Error).message);
  }
}

class Reader {
  constructor(private readonly lines: LineCounter) {}

  buildspec(root: YAMLMap): Buildspec {
    if (root.has('batch')) {
      throw new BuildspecError(
        'batch: batch builds are not simulated; run the builds of the batch one by one',
      );
    }
    const version = this.written(root, 'version');
    if (version !== '0.1' && version !== '0.2') {
      throw new BuildspecError(`invalid buildspec \`version\` specified: ${version}, see documentation`);
    }
    const env = this.map(root, 'env');
    const shell = (env && this.text(env, 'shell')) ?? '/bin/sh';
    if (shell === 'powershell.exe' || shell === 'cmd.exe') {
      throw new BuildspecError(
        `env/shell: ${shell} needs a Windows image, and this simulator is a Linux one`,
      );
    }
    if (shell !== 'bash' && shell !== '/bin/sh') {
      throw new BuildspecError(`env/shell: expected bash or /bin/sh, got '${shell}'`);
    }
    const phases = this.map(root, 'phases');
    if (!phases) throw new BuildspecError('Missing phases');
    for (const { key } of phases.items) {
      const name = this.scalar(key as Node, 'phases');
      if ((BUILDSPEC_PHASES as readonly string[]).includes(name)) continue;
      throw new BuildspecError(
        `Invalid buildspec phase name: ${name}. Expecting: ${[...BUILDSPEC_PHASES].sort().join(',')}`,
      );
    }
    const install = this.map(phases, 'install');
    return {
      version,
      shell,
      variables: this.texts(env, 'variables'),
      parameterStore: this.references(env, 'parameter-store', 'ParameterStore'),
      secretsManager: this.references(env, 'secrets-manager', 'SecretsManager'),
      exportedVariables: this.list(env, 'exported-variables'),
      runtimeVersions: this.runtimes(install),
      phases: Object.fromEntries(
        BUILDSPEC_PHASES.flatMap((name) => {
          return phases.has(name) ? [[name, this.phase(this.map(phases, name) ?? new YAMLMap(), name)]] : [];
        }),
      ),
      reports: this.entries(this.map(root, 'reports')).map(([name, report]) => this.report(name, report)),
      artifacts: this.artifacts(this.map(root, 'artifacts')),
      cache: this.cache(this.map(root, 'cache')),
      notPlayed: this.notPlayed(root, env, phases),
    };
  }

  private phase(phase: YAMLMap, name: string): Phase {
    const commands = this.commands(phase, 'commands');
    if (!commands.length && name !== 'install')
      throw new BuildspecError(`Expected Commands to be non-empty in ${name}`);
    return { commands, finally: this.commands(phase, 'finally'), onFailure: this.onFailure(phase, name) };
  }

  private onFailure(phase: YAMLMap, name: string): OnFailure | undefined {
    const written = this.text(phase, 'on-failure');
    if (written === undefined) return undefined;
    const onFailure = parseOnFailure(written);
    if (onFailure) return onFailure;
    throw new BuildspecError(
      `phases/${name}/on-failure: expected ABORT, CONTINUE, RETRY, RETRY-<count up to 100>, RETRY-<regex> or RETRY-<count>-<regex>, got '${written}'`,
    );
  }

  /** Told instead of played: the user of `run-as`, for instance, has no right to the build's files on this machine. */
  private notPlayed(root: YAMLMap, env: YAMLMap | undefined, phases: YAMLMap): string[] {
    const users: [string, string | undefined][] = [['run-as', this.text(root, 'run-as')]];
    for (const name of BUILDSPEC_PHASES) {
      const phase = this.map(phases, name);
      if (phase) users.push([`phases/${name}/run-as`, this.text(phase, 'run-as')]);
    }
    const unknown = root.items
      .map((pair) => this.scalar(pair.key as Node, 'key'))
      .filter((key) => !KEYS.includes(key));
    return [
      ...users.flatMap(([key, user]) =>
        user === undefined ? [] : [`${key}: commands run as the user of the simulator, not as ${user}`],
      ),
      ...(env && this.yes(env, 'git-credential-helper')
        ? ['env/git-credential-helper: git asks the credential helpers of this machine']
        : []),
      ...(this.map(root, 'proxy') ? ['proxy: there is no proxy to go through'] : []),
      ...unknown.map((key) => `${key}: no key of a buildspec, so nothing reads it`),
    ];
  }

  /** A command with an unquoted colon and blank is a map to YAML: the commonest mistake of all. */
  private commands(phase: YAMLMap, key: 'commands' | 'finally'): string[] {
    const node = phase.get(key, true) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    if (!isSeq(node)) return [this.literal(node, key)];
    return node.items.map((item, i) => {
      if (isScalar(item)) return this.literal(item, `${key}[${i}]`);
      const line = this.line(item as Node);
      throw new BuildspecError(
        `Expected Commands[${i}] to be of string type: found subkeys instead at line ${line}, value of the key tag on line ${line - 1} might be empty`,
      );
    });
  }

  private runtimes(install: YAMLMap | undefined): Record<string, string> {
    if (!install?.has('runtime-versions')) return {};
    // Numbers they are, so that 3.10 without quotes is 3.1.
    const versions = this.texts(install, 'runtime-versions', (node, at) => this.scalar(node, at));
    if (!Object.keys(versions).length) throw new BuildspecError('Expected RuntimeVersions to be non-empty');
    return versions;
  }

  private report(name: string, report: YAMLMap): Report {
    const format = (this.text(report, 'file-format') ?? 'JUNITXML').toUpperCase();
    if (!(format in FORMATS)) {
      throw new BuildspecError(
        `reports/${name}/file-format: expected one of ${Object.keys(FORMATS).join(', ')}, got '${format}'`,
      );
    }
    return { name, format, ...this.files(report, `reports/${name}`) };
  }

  private cache(node: YAMLMap | undefined): CacheSpec | undefined {
    if (!node) return undefined;
    const action = this.text(node, 'action')?.toLowerCase();
    if (action !== undefined && action !== 'restore' && action !== 'save') {
      throw new BuildspecError(`cache/action: expected restore or save, got '${action}'`);
    }
    return {
      paths: this.list(node, 'paths'),
      key: this.text(node, 'key'),
      fallbackKeys: this.list(node, 'fallback-keys'),
      action,
    };
  }

  private artifacts(node: YAMLMap | undefined): Artifact[] {
    if (!node) return [];
    const artifact = (from: YAMLMap, at: string, identifier?: string): Artifact => ({
      identifier,
      name: this.text(from, 'name'),
      s3Prefix: this.text(from, 's3-prefix'),
      excludePaths: this.list(from, 'exclude-paths'),
      enableSymlinks: this.yes(from, 'enable-symlinks'),
      ...this.files(from, at),
    });
    return [
      artifact(node, 'artifacts'),
      ...this.entries(this.map(node, 'secondary-artifacts')).map(([id, secondary]) =>
        artifact(secondary, `artifacts/secondary-artifacts/${id}`, id),
      ),
    ];
  }

  private files(node: YAMLMap, at: string): Files {
    const files = this.list(node, 'files');
    if (!files.length) throw new BuildspecError(`Expected Files to be non-empty in ${at}`);
    return {
      files,
      baseDirectory: this.text(node, 'base-directory'),
      discardPaths: this.yes(node, 'discard-paths'),
    };
  }

  /** With every entry commented out, the key has no value. */
  private references(env: YAMLMap | undefined, key: string, told: string): Record<string, string> {
    if (!env?.has(key)) return {};
    const values = this.texts(env, key);
    if (!Object.keys(values).length) throw new BuildspecError(`Expected ${told} to be non-empty`);
    return values;
  }

  private texts(
    parent: YAMLMap | undefined,
    key: string,
    read = (node: Node, at: string): string => this.literal(node, at),
  ): Record<string, string> {
    const node = parent && this.map(parent, key);
    return Object.fromEntries(
      (node?.items ?? []).map((pair) => [
        this.literal(pair.key as Node, key),
        pair.value === null ? '' : read(pair.value as Node, `${key}/${String(pair.key)}`),
      ]),
    );
  }

  private entries(node: YAMLMap | undefined): [string, YAMLMap][] {
    return (node?.items ?? []).map((pair) => {
      const key = this.scalar(pair.key as Node, 'key');
      if (!isMap(pair.value)) throw new BuildspecError(`Expected ${key} to be a map of keys`);
      return [key, pair.value];
    });
  }

  private list(parent: YAMLMap | undefined, key: string): string[] {
    const node = parent?.get(key, true) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    if (!isSeq(node)) return [this.scalar(node, key)];
    return node.items.map((item, i) => this.scalar(item as Node, `${key}[${i}]`));
  }

  private map(parent: YAMLMap, key: string): YAMLMap | undefined {
    const node = parent.get(key, true) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return undefined;
    if (!isMap(node))
      throw new BuildspecError(`Expected ${key} to be a map of keys at line ${this.line(node)}`);
    return node;
  }

  private text(parent: YAMLMap, key: string): string | undefined {
    const node = parent.get(key, true) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return undefined;
    return this.scalar(node, key);
  }

  private yes(parent: YAMLMap, key: string): boolean {
    return ['true', 'yes'].includes(this.text(parent, key) ?? '');
  }

  private written(parent: YAMLMap, key: string): string {
    const node = parent.get(key, true) as Node | undefined;
    return node === undefined ? '' : this.literal(node, key);
  }

  /** A text as written: 1.10 and yes stay what they are, where YAML would read a number and a truth value. */
  private literal(node: Node, at: string): string {
    const isRead = isScalar(node) && typeof node.value !== 'string' && node.value !== null;
    if (isRead && node.source !== undefined) return node.source;
    return this.scalar(node, at);
  }

  /** What YAML makes of a scalar: 3.1 of 3.10, true of yes. */
  private scalar(node: Node, at: string): string {
    if (!isScalar(node))
      throw new BuildspecError(`Expected ${at} to be of string type at line ${this.line(node)}`);
    return node.value === null ? '' : String(node.value);
  }

  private line(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }
}
