import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';

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
  readonly cachePaths: readonly string[];
}

export interface Phase {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure?: string;
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
}

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
  const lines = new LineCounter();
  // CodeBuild reads YAML 1.1, in which yes and no are booleans.
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { version: '1.1', lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    const line = lines.linePos(error.pos[0]).line;
    throw new BuildspecError(
      `${(error.message.split('\n')[0] ?? '').replace(/ at line.*/, '')} at line ${line}`,
    );
  }
  if (!isMap(document.contents)) throw new BuildspecError('Expected the buildspec to be a map of keys');
  return new Reader(lines).buildspec(document.contents);
}

class Reader {
  constructor(private readonly lines: LineCounter) {}

  buildspec(root: YAMLMap): Buildspec {
    if (root.has('batch')) {
      throw new BuildspecError(
        'batch: batch builds are not simulated; run the builds of the batch one by one',
      );
    }
    const version = this.text(root, 'version') ?? '';
    if (version !== '0.1' && version !== '0.2') {
      throw new BuildspecError(`version: expected 0.2 (or 0.1), got '${version}'`);
    }
    const env = this.map(root, 'env');
    const shell = (env && this.text(env, 'shell')) ?? '/bin/sh';
    if (shell !== 'bash' && shell !== '/bin/sh') {
      throw new BuildspecError(`env/shell: expected bash or /bin/sh, got '${shell}'`);
    }
    const phases = this.map(root, 'phases');
    if (!phases) throw new BuildspecError('Missing phases');
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
          const phase = this.map(phases, name);
          return phase ? [[name, this.phase(phase, name)]] : [];
        }),
      ),
      reports: this.entries(this.map(root, 'reports')).map(([name, report]) => ({
        name,
        format: (this.text(report, 'file-format') ?? 'JUNITXML').toUpperCase(),
        ...this.files(report, `reports/${name}`),
      })),
      artifacts: this.artifacts(this.map(root, 'artifacts')),
      cachePaths: this.list(this.map(root, 'cache'), 'paths'),
    };
  }

  private phase(phase: YAMLMap, name: string): Phase {
    const commands = this.commands(phase, 'commands');
    if (!commands.length && name !== 'install')
      throw new BuildspecError(`Expected Commands to be non-empty in ${name}`);
    return { commands, finally: this.commands(phase, 'finally'), onFailure: this.text(phase, 'on-failure') };
  }

  /** A command with an unquoted colon and blank is a map to YAML: the commonest mistake of all. */
  private commands(phase: YAMLMap, key: 'commands' | 'finally'): string[] {
    const node = phase.get(key, true) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    if (!isSeq(node)) return [this.scalar(node, key)];
    return node.items.map((item, i) => {
      if (isScalar(item)) return this.scalar(item, `${key}[${i}]`);
      const line = this.line(item as Node);
      throw new BuildspecError(
        `Expected Commands[${i}] to be of string type: found subkeys instead at line ${line}, value of the key tag on line ${line - 1} might be empty`,
      );
    });
  }

  private runtimes(install: YAMLMap | undefined): Record<string, string> {
    if (!install?.has('runtime-versions')) return {};
    const versions = this.texts(install, 'runtime-versions');
    if (!Object.keys(versions).length) throw new BuildspecError('Expected RuntimeVersions to be non-empty');
    return versions;
  }

  private artifacts(node: YAMLMap | undefined): Artifact[] {
    if (!node) return [];
    const artifact = (from: YAMLMap, at: string, identifier?: string): Artifact => ({
      identifier,
      name: this.text(from, 'name'),
      s3Prefix: this.text(from, 's3-prefix'),
      excludePaths: this.list(from, 'exclude-paths'),
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
    const discard = this.text(node, 'discard-paths');
    return {
      files,
      baseDirectory: this.text(node, 'base-directory'),
      discardPaths: discard === 'true' || discard === 'yes',
    };
  }

  /** With every entry commented out, the key has no value. */
  private references(env: YAMLMap | undefined, key: string, told: string): Record<string, string> {
    if (!env?.has(key)) return {};
    const values = this.texts(env, key);
    if (!Object.keys(values).length) throw new BuildspecError(`Expected ${told} to be non-empty`);
    return values;
  }

  private texts(parent: YAMLMap | undefined, key: string): Record<string, string> {
    const node = parent && this.map(parent, key);
    return Object.fromEntries(
      (node?.items ?? []).map((pair) => [
        this.scalar(pair.key as Node, key),
        this.scalar(pair.value as Node, `${key}/${String(pair.key)}`),
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

  /** As written: `3.10` stays 3.1 only where YAML has read a number, which is what CodeBuild does too. */
  private scalar(node: Node, at: string): string {
    if (!isScalar(node))
      throw new BuildspecError(`Expected ${at} to be of string type at line ${this.line(node)}`);
    return node.value === null ? '' : String(node.value);
  }

  private line(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }
}
