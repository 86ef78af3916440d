import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, YAMLMap } from 'yaml';
import { type OnFailure, parseOnFailure } from './on-failure';
import { REPORT_FORMATS, type ReportFormat } from './report-formats';
import { type DuplicateKey, readYaml } from './yaml';

/** The buildspec cannot be used; the message is in CodeBuild's words. */
export class BuildspecError extends Error {
  /** The status code of the phase context. */
  readonly code = 'YAML_FILE_ERROR';
}

export const BUILDSPEC_PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type BuildspecPhase = (typeof BUILDSPEC_PHASES)[number];

const SHELLS = ['bash', '/bin/sh', 'powershell.exe', 'cmd.exe'] as const;
type Shell = (typeof SHELLS)[number];

export interface Buildspec {
  readonly version: '0.1' | '0.2';
  readonly shell: Shell;
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
  readonly format: ReportFormat;
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

/** Why CodeBuild refuses a buildspec. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** In CodeBuild's words. */
  readonly message: string;
  /**
   * `syntax`: it is no YAML; `subkeys`: a command is a map; `empty`: a key of which everything is commented out; `structure`:
   * it has another shape. CodeBuild is known to refuse these. `required` is a list that the documentation requires, and `value`
   * a value that it does not know: what CodeBuild makes of them nobody has written down.
   */
  readonly kind: 'syntax' | 'subkeys' | 'empty' | 'structure' | 'required' | 'value';
}

/** A value as it is written. */
export interface Scalar {
  /** Without its quotes, before YAML makes a number or a truth value of it. */
  readonly written: string;
  readonly quoted: boolean;
  /** Whether it is a text of lines, behind `|` or `>`: then it begins on the line after its place. */
  readonly block: boolean;
}

export type Path = readonly (string | number)[];

/** A buildspec with all that is wrong with it. */
export interface ReadBuildspec {
  /** As much of it as can be made out; nothing, where it is no YAML. */
  readonly content: Buildspec;
  /** In the order in which CodeBuild looks: it tells only the first. */
  readonly problems: readonly Problem[];
  /** What CodeBuild builds and the simulator cannot. */
  readonly unplayable: readonly string[];
  readonly duplicates: readonly DuplicateKey[];
  /** The line of what lies at a path of keys and indexes, or of the nearest above. */
  readonly lineOf: (...path: Path) => number;
  readonly has: (...path: Path) => boolean;
  readonly scalarAt: (...path: Path) => Scalar | undefined;
}

/**
 * Reads a buildspec as CodeBuild does, and on after the first problem.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
 */
export function readBuildspec(text: string): ReadBuildspec {
  const { contents, lines, problem, duplicates } = readYaml(text);
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
  const reader = new Reader(lines);
  const content = reader.buildspec(isMap(contents) ? contents : new YAMLMap());
  const found = (path: Path): Node | null | undefined => {
    const steps = along(contents, path);
    return steps.length === path.length ? (steps.at(-1)?.value ?? null) : undefined;
  };
  return {
    content,
    problems: problem
      ? [{ ...problem, kind: 'syntax' }]
      : isEmpty || isMap(contents)
        ? reader.problems
        : [{ kind: 'structure', line: 1, message: 'Expected the buildspec to be a map of keys' }],
    unplayable: reader.unplayable,
    duplicates,
    lineOf: (...path) => lines.linePos(along(contents, path).at(-1)?.mark.range?.[0] ?? 0).line || 1,
    has: (...path) => found(path) !== undefined,
    scalarAt: (...path) => {
      const node = found(path);
      if (!isScalar(node)) return undefined;
      return {
        written: node.source ?? String(node.value ?? ''),
        quoted: node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE',
        block: node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED',
      };
    },
  };
}

/**
 * Reads a buildspec that the simulator is to play: every problem ends the build in DOWNLOAD_SOURCE.
 *
 * @throws BuildspecError
 */
export function parseBuildspec(text: string): Buildspec & { readonly shell: 'bash' | '/bin/sh' } {
  const { content, problems, unplayable } = readBuildspec(text);
  const message = unplayable[0] ?? problems[0]?.message;
  if (message !== undefined) throw new BuildspecError(message);
  return content as ReturnType<typeof parseBuildspec>;
}

class Reader {
  readonly unplayable: string[] = [];
  /** By line and message: some keys are read twice. */
  private readonly found = new Map<string, Problem>();

  constructor(private readonly lines: LineCounter) {}

  get problems(): readonly Problem[] {
    return [...this.found.values()];
  }

  buildspec(root: YAMLMap): Buildspec {
    if (root.has('batch')) {
      this.unplayable.push('batch: batch builds are not simulated; run the builds of the batch one by one');
    }
    const written = this.written(root, 'version');
    const version = written === '0.1' ? written : '0.2';
    if (written !== version) {
      this.problem(
        'structure',
        `invalid buildspec \`version\` specified: ${written}, see documentation`,
        keyOf(root, 'version'),
      );
    }
    const env = this.map(root, 'env');
    const shell = this.shell(env);
    // The builds of a batch may each have a buildspec of their own.
    if (!present(root, 'phases') && !root.has('batch')) this.problem('structure', 'Missing phases', root);
    const phases = this.map(root, 'phases') ?? new YAMLMap();
    for (const { key } of phases.items) {
      const name = this.scalar(key as Node, 'phases');
      if ((BUILDSPEC_PHASES as readonly string[]).includes(name)) continue;
      const isCapital = (BUILDSPEC_PHASES as readonly string[]).includes(name.toLowerCase());
      this.problem(
        // In logs of 2019 CodeBuild itself has them in capitals.
        isCapital ? 'value' : 'structure',
        `Invalid buildspec phase name: ${name}. Expecting: ${[...BUILDSPEC_PHASES].sort().join(',')}`,
        key as Node,
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
          const key = keyOf(phases, name);
          return key ? [[name, this.phase(this.map(phases, name) ?? new YAMLMap(), name, key)]] : [];
        }),
      ),
      reports: this.entries(this.map(root, 'reports')).map(([name, report]) => this.report(name, report)),
      artifacts: this.artifacts(this.map(root, 'artifacts')),
      cache: this.cache(this.map(root, 'cache')),
      notPlayed: this.notPlayed(root, env, phases),
    };
  }

  private shell(env: YAMLMap | undefined): Shell {
    const written = (env && this.text(env, 'shell')) ?? '/bin/sh';
    const shell = SHELLS.find((one) => one === written);
    if (shell === undefined) {
      this.problem(
        'value',
        `env/shell: expected bash or /bin/sh, got '${written}'`,
        env && keyOf(env, 'shell'),
      );
    }
    if (shell?.endsWith('.exe')) {
      this.unplayable.push(`env/shell: ${shell} needs a Windows image, and this simulator is a Linux one`);
    }
    return shell ?? '/bin/sh';
  }

  private phase(phase: YAMLMap, name: string, key: Node | undefined): Phase {
    const commands = this.commands(phase, 'commands');
    if (!commands.length && name !== 'install')
      this.problem(
        'required',
        `Expected Commands to be non-empty in ${name}`,
        keyOf(phase, 'commands') ?? key,
      );
    return { commands, finally: this.commands(phase, 'finally'), onFailure: this.onFailure(phase, name) };
  }

  private onFailure(phase: YAMLMap, name: string): OnFailure | undefined {
    const written = this.text(phase, 'on-failure');
    if (written === undefined) return undefined;
    const onFailure = parseOnFailure(written);
    if (onFailure) return onFailure;
    this.problem(
      'value',
      `phases/${name}/on-failure: expected ABORT, CONTINUE, RETRY, RETRY-<count up to 100>, RETRY-<regex> or RETRY-<count>-<regex>, got '${written}'`,
      keyOf(phase, 'on-failure'),
    );
    return undefined;
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

  /** A command with an unquoted colon and blank is a map to YAML: the commonest mistake of all. Its place stays, empty. */
  private commands(phase: YAMLMap, key: 'commands' | 'finally'): string[] {
    const node = present(phase, key);
    if (!node) return [];
    if (!isSeq(node)) return [this.literal(node, key)];
    return node.items.map((item, i) => {
      if (isScalar(item)) return this.literal(item, `${key}[${i}]`);
      const line = this.line(item as Node);
      this.problem(
        'subkeys',
        `Expected Commands[${i}] to be of string type: found subkeys instead at line ${line}, value of the key tag on line ${line - 1} might be empty`,
        item as Node,
      );
      return '';
    });
  }

  private runtimes(install: YAMLMap | undefined): Record<string, string> {
    if (!install?.has('runtime-versions')) return {};
    // Numbers they are, so that 3.10 without quotes is 3.1.
    const versions = this.texts(install, 'runtime-versions', (node, at) => this.scalar(node, at));
    if (!Object.keys(versions).length)
      this.problem('empty', 'Expected RuntimeVersions to be non-empty', keyOf(install, 'runtime-versions'));
    return versions;
  }

  private report(name: string, report: YAMLMap): Report {
    const written = (this.text(report, 'file-format') ?? 'JUNITXML').toUpperCase();
    const format = REPORT_FORMATS.find((one) => one === written);
    if (!format) {
      this.problem(
        'value',
        `reports/${name}/file-format: expected one of ${REPORT_FORMATS.join(', ')}, got '${written}'`,
        keyOf(report, 'file-format'),
      );
    }
    return { name, format: format ?? 'JUNITXML', ...this.files(report, `reports/${name}`) };
  }

  private cache(node: YAMLMap | undefined): CacheSpec | undefined {
    if (!node) return undefined;
    const action = this.text(node, 'action')?.toLowerCase();
    const isOne = action === undefined || action === 'restore' || action === 'save';
    if (!isOne)
      this.problem('value', `cache/action: expected restore or save, got '${action}'`, keyOf(node, 'action'));
    return {
      paths: this.list(node, 'paths'),
      key: this.text(node, 'key'),
      fallbackKeys: this.list(node, 'fallback-keys'),
      action: isOne ? action : undefined,
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
    if (!files.length)
      this.problem('required', `Expected Files to be non-empty in ${at}`, keyOf(node, 'files') ?? node);
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
    if (!Object.keys(values).length)
      this.problem('empty', `Expected ${told} to be non-empty`, keyOf(env, key));
    return values;
  }

  private texts(
    parent: YAMLMap | undefined,
    key: string,
    read = (node: Node, at: string): string => this.literal(node, at),
  ): Record<string, string> {
    const node = parent && this.map(parent, key);
    return Object.fromEntries(
      (node?.items ?? []).map((pair) => {
        const name = this.literal(pair.key as Node, key);
        return [name, pair.value === null ? '' : read(pair.value as Node, `${key}/${name}`)];
      }),
    );
  }

  private entries(node: YAMLMap | undefined): [string, YAMLMap][] {
    return (node?.items ?? []).flatMap((pair) => {
      const key = this.scalar(pair.key as Node, 'key');
      if (isMap(pair.value)) return [[key, pair.value]];
      this.problem('structure', `Expected ${key} to be a map of keys`, pair.key as Node);
      return [];
    });
  }

  private list(parent: YAMLMap | undefined, key: string): string[] {
    const node = parent && present(parent, key);
    if (!node) return [];
    if (!isSeq(node)) return [this.scalar(node, key)];
    return node.items.map((item, i) => this.scalar(item as Node, `${key}[${i}]`));
  }

  private map(parent: YAMLMap, key: string): YAMLMap | undefined {
    const node = present(parent, key);
    if (!node || isMap(node)) return node;
    this.problem('structure', `Expected ${key} to be a map of keys at line ${this.line(node)}`, node);
    return undefined;
  }

  private text(parent: YAMLMap, key: string): string | undefined {
    const node = present(parent, key);
    return node && this.scalar(node, key);
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
    if (isScalar(node)) return node.value === null ? '' : String(node.value);
    this.problem('structure', `Expected ${at} to be of string type at line ${this.line(node)}`, node);
    return '';
  }

  private problem(kind: Problem['kind'], text: string, node: Node | undefined): void {
    const line = node ? this.line(node) : 1;
    // A value that goes on in the next line is told in one.
    const message = text.replace(/\s*\n\s*/g, ' ');
    this.found.set(`${line} ${message}`, { kind, line, message });
  }

  private line(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }
}

/** A value that is written, and not null. */
function present(parent: YAMLMap, key: string): Node | undefined {
  const node = parent.get(key, true) as Node | undefined;
  return node && !(isScalar(node) && node.value === null) ? node : undefined;
}

function keyOf(parent: YAMLMap, key: string): Node | undefined {
  return pairOf(parent, key)?.key as Node | undefined;
}

function pairOf(parent: YAMLMap, key: string): Pair | undefined {
  return parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** As far down a path as there is something: what tells its place, and what it is. */
function along(root: Node | null, path: Path): { readonly mark: Node; readonly value: Node | null }[] {
  const steps: { mark: Node; value: Node | null }[] = [];
  let at = root;
  for (const step of path) {
    const pair = isMap(at) ? pairOf(at, String(step)) : undefined;
    const item = isSeq(at) && typeof step === 'number' ? (at.items[step] as Node | undefined) : undefined;
    const mark = (pair?.key as Node | undefined) ?? item;
    if (!mark) break;
    at = ((pair ? pair.value : item) ?? null) as Node | null;
    steps.push({ mark, value: at });
  }
  return steps;
}
