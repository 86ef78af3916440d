import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { PipelineConfig } from '../../lib/config';
import { loadConfig } from '../../lib/config-file';
import { ConfigError } from '../../lib/config-validation';
import { namesOf } from '../../lib/names';
import { type Command, type Context, UserError } from '../command';

/** This repository, wherever the command is typed. */
const PIPELINE = realpathSync(path.resolve(__dirname, '../..'));

/** Something about the application's repository that its owner has to change; told, never done. */
export interface Finding {
  /** Relative to the repository's root. */
  readonly file: string;
  readonly message: string;
  readonly fix: string;
}

/** What `--json` writes. When conflicts prevented the copy, nothing is `copied`, and they come first among the findings. */
export interface Adoption {
  readonly copied: readonly string[];
  readonly unchanged: readonly string[];
  readonly findings: readonly Finding[];
}

export const adopt: Command = {
  summary:
    "Copies buildspec.yml and ci/ into the application's git repository DIR, and says what else must change there.",
  positional: 'DIR',
  options: {
    config: { value: 'PATH', help: "the pipeline's configuration (default: config/mangoo.ts)" },
    force: { help: 'overwrites files there that differ' },
    json: { value: 'FILE', help: 'writes the result for programs' },
  },
  run(values, context, positionals) {
    const [directory, ...more] = positionals;
    if (directory === undefined || more.length > 0) {
      throw new UserError(
        `expected one DIR, the application's git repository, got ${positionals.length}; see npm run adopt -- --help`,
      );
    }
    const json = typeof values.json === 'string' ? path.resolve(context.cwd, values.json) : undefined;
    if (json !== undefined) checkWritable(json);
    const configName = typeof values.config === 'string' ? values.config : 'config/mangoo.ts';
    const config = readConfig(
      typeof values.config === 'string'
        ? path.resolve(context.cwd, configName)
        : path.join(PIPELINE, configName),
    );
    const repository = openRepository(directory, context);
    const files = pipelineFiles();

    const { changed, unchanged, conflicts } = compare(files, repository, values.force === true);
    const findings = findingsOf(repository, files, config, configName);
    if (conflicts.length === 0) replaceAll(repository.root, changed);
    const adoption: Adoption = {
      copied: conflicts.length === 0 ? changed.map((file) => file.path) : [],
      unchanged,
      findings: [...conflicts, ...findings],
    };

    for (const file of adoption.copied) context.out(`copied     ${file}`);
    for (const file of unchanged) context.out(`unchanged  ${file}`);
    for (const conflict of conflicts) context.out(`conflict   ${lineOf(conflict)}`);
    for (const finding of findings) context.out(`to change  ${lineOf(finding)}`);
    if (json !== undefined) writeJson(json, adoption);
    context.err(
      conflicts.length > 0
        ? `nothing was copied to ${repository.root}: ${conflicts.length} in the way`
        : `${adoption.copied.length} copied to ${repository.root}, ${findings.length} to change there`,
    );
    return Promise.resolve(conflicts.length > 0 ? 1 : 0);
  },
};

function lineOf({ file, message, fix }: Finding): string {
  return `${file}: ${message}; ${fix}`;
}

function readConfig(file: string): PipelineConfig {
  try {
    return loadConfig(file);
  } catch (error) {
    if (error instanceof ConfigError) throw new UserError(error.message);
    throw error;
  }
}

// What is copied

interface PipelineFile {
  /** Relative to the root of either repository. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** buildspec.yml and all of ci/ but what editors and systems leave there. */
function pipelineFiles(): PipelineFile[] {
  const steps = readdirSync(path.join(PIPELINE, 'ci'), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join('ci', file))
    .filter((file) => !/(?:^|\/)\.|~$/.test(file) && statSync(path.join(PIPELINE, file)).isFile());
  return ['buildspec.yml', ...steps.sort()].map((file) => {
    const absolute = path.join(PIPELINE, file);
    return { path: file, content: readFileSync(absolute), executable: isExecutable(absolute) };
  });
}

interface Comparison {
  readonly changed: readonly PipelineFile[];
  readonly unchanged: readonly string[];
  readonly conflicts: readonly Finding[];
}

function compare(files: readonly PipelineFile[], repository: Repository, force: boolean): Comparison {
  const conflicts: Finding[] = [];
  for (const folder of new Set(files.map((file) => path.dirname(file.path)))) {
    if (repository.exists(folder) && !repository.isFolder(folder)) {
      const message = 'is a file, or a symbolic link that leads out of the repository';
      conflicts.push({ file: folder, message, fix: 'move it away: the steps need a folder of this name' });
    }
  }
  const changed: PipelineFile[] = [];
  const unchanged: string[] = [];
  for (const file of files) {
    if (conflicts.some((conflict) => conflict.file === path.dirname(file.path))) continue;
    const { path: name } = file;
    if (!repository.exists(name)) changed.push(file);
    else if (repository.isFolder(name)) {
      conflicts.push({ file: name, message: 'is a folder', fix: 'move it away' });
    } else if (repository.read(name)?.equals(file.content)) {
      // Where git does not look at modes, the file system may have none: writing again would never end.
      if (!file.executable || !repository.fileMode || repository.isExecutable(name)) unchanged.push(name);
      else changed.push(file);
    } else if (force) changed.push(file);
    else {
      const fix = `compare it with ${path.join(PIPELINE, name)}, then --force overwrites it`;
      conflicts.push({ file: name, message: 'is there already and differs', fix });
    }
  }
  return { changed, unchanged, conflicts };
}

/**
 * Writes all files or none: first beside their places, then all are renamed. A symbolic link is replaced, not followed.
 *
 * @throws UserError when one cannot be written; everything is as before then
 */
function replaceAll(root: string, files: readonly PipelineFile[]): void {
  const undo: (() => void)[] = [];
  const places = files.map((file) => {
    const target = path.join(root, file.path);
    const beside = path.join(path.dirname(target), `.${path.basename(target)}.adopt-${process.pid}`);
    return { ...file, target, temporary: beside, before: `${beside}.before` };
  });
  let current = root;
  try {
    for (const { target, temporary, content, executable } of places) {
      current = target;
      const made = mkdirSync(path.dirname(target), { recursive: true });
      if (made !== undefined) undo.push(() => rmSync(made, { recursive: true }));
      writeFileSync(temporary, content, { flag: 'wx', mode: executable ? 0o755 : 0o644 });
      undo.push(() => rmSync(temporary, { force: true }));
    }
    for (const { target, temporary, before } of places) {
      current = target;
      if (lstatSync(target, { throwIfNoEntry: false })) {
        renameSync(target, before);
        undo.push(() => renameSync(before, target));
      }
      renameSync(temporary, target);
      undo.push(() => rmSync(target));
    }
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw new UserError(`${current}: cannot be written (${codeOf(error)}); nothing was copied`, 1);
  }
  for (const { before } of places) rmSync(before, { force: true });
}

// What else must change

/** Everything that the build would stumble over, by what buildspec.yml and ci/ ask of the repository. */
function findingsOf(
  repository: Repository,
  files: readonly PipelineFile[],
  config: PipelineConfig,
  configName: string,
): Finding[] {
  const folderOf = (name: string): string => path.posix.join(config.appDir, name);
  const cdk = folderOf('cdk');
  const contexts = config.images.map((image) => folderOf(image.context));
  return [
    ...lostModes(repository, files),
    ...ignoredFiles(repository, [
      ...files.map((file) => file.path),
      ...filesThatCount(repository, [...contexts, cdk]),
    ]),
    ...config.images.flatMap((image, i) =>
      imageFindings(repository, folderOf(image.context), `images[${i}].context in ${configName}`),
    ),
    ...cdkFindings(repository, cdk, config),
    ...workflowFindings(repository),
  ];
}

/** Where git does not look at modes, `git add` records 644, and CodeBuild says `Permission denied`. */
function lostModes(repository: Repository, files: readonly PipelineFile[]): Finding[] {
  if (repository.fileMode) return [];
  const recorded = repository.recordedModes('ci');
  const lost = files.filter((file) => file.executable && recorded.get(file.path) !== '100755');
  if (lost.length === 0) return [];
  const names = lost.map((file) => file.path);
  return [
    {
      file: together(names),
      message: 'will not be executable for CodeBuild: core.fileMode is false here',
      fix: `git add ${names.join(' ')} && git update-index --chmod=+x ${names.join(' ')}`,
    },
  ];
}

/** The files of the application that a build reads by name: those that are there, and lock files that should be. */
function filesThatCount(repository: Repository, folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const names = ['Dockerfile', 'requirements.txt', 'requirements-dev.txt', 'package.json', 'cdk.json'];
    const there = names
      .map((name) => path.posix.join(folder, name))
      .filter((file) => repository.isFile(file));
    const [manifest, lock, requirements] = ['package.json', 'package-lock.json', 'requirements.txt'].map(
      (name) => path.posix.join(folder, name),
    ) as [string, string, string];
    return there.includes(manifest) && !there.includes(requirements) ? [...there, lock] : there;
  });
}

function ignoredFiles(repository: Repository, files: readonly string[]): Finding[] {
  const byRule = new Map<string, string[]>();
  for (const [file, rule] of repository.ignored(files)) {
    const key = `${rule}\n${path.dirname(file)}`;
    byRule.set(key, [...(byRule.get(key) ?? []), file]);
  }
  return [...byRule].map(([key, names]) => ({
    file: together(names),
    message: `ignored by git (${key.split('\n')[0]}), so CodeBuild does not get it`,
    fix: `take the rule out, or git add --force ${names.join(' ')}`,
  }));
}

function imageFindings(repository: Repository, folder: string, setting: string): Finding[] {
  if (!repository.isFolder(folder)) {
    return [{ file: folder, message: 'is missing', fix: `make the folder, or correct ${setting}` }];
  }
  const has = (name: string): boolean => repository.isFile(path.posix.join(folder, name));
  // As ci/install.sh has it: what has requirements is Python, and nobody runs npm ci there.
  const findings = has('requirements.txt') ? [] : lockFindings(repository, folder);
  if (!has('package.json') && !has('requirements.txt')) {
    findings.push({
      file: path.posix.join(folder, 'requirements.txt'),
      message: 'is missing, and there is no package.json: nothing says what to install',
      fix: 'write it, versions pinned with ==',
    });
  }
  if (!has('Dockerfile')) {
    findings.push({
      file: path.posix.join(folder, 'Dockerfile'),
      message: 'is missing',
      fix: 'write it; examples/mangoo has one for FastAPI and one for React',
    });
  }
  return findings;
}

function lockFindings(repository: Repository, folder: string): Finding[] {
  const file = path.posix.join(folder, 'package-lock.json');
  if (!repository.isFile(path.posix.join(folder, 'package.json')) || repository.isFile(file)) return [];
  const fix = `make it with npm install --package-lock-only in ${folder}, and commit it`;
  return [{ file, message: 'is missing: npm ci installs what it says', fix }];
}

function cdkFindings(repository: Repository, folder: string, config: PipelineConfig): Finding[] {
  if (!repository.isFolder(folder)) {
    return [{ file: folder, message: 'is missing', fix: "put the application's CDK app there" }];
  }
  return [
    ...lockFindings(repository, folder),
    ...cliFindings(repository, path.posix.join(folder, 'package.json')),
    ...settingFindings(repository, path.posix.join(folder, 'cdk.json'), config),
    ...codeFindings(repository, folder, config),
  ];
}

function cliFindings(repository: Repository, file: string): Finding[] {
  const fix = `npm install --save-dev aws-cdk@${ownCliVersion()} (not latest, which is 3.0.0, published by accident)`;
  const manifest = repository.readJson(file);
  if (typeof manifest === 'string') return [{ file, message: manifest, fix }];
  const dependencies = { ...asRecord(manifest.dependencies), ...asRecord(manifest.devDependencies) };
  return 'aws-cdk' in dependencies
    ? []
    : [{ file, message: 'lacks aws-cdk, the CLI that a build deploys with', fix }];
}

function ownCliVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(PIPELINE, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return manifest.dependencies['aws-cdk'] ?? '2';
}

function settingFindings(repository: Repository, file: string, config: PipelineConfig): Finding[] {
  const qualifier = config.application.bootstrapQualifier ?? 'mangoo';
  const boundaries = config.environments.map((environment) => namesOf(environment.name).boundary);
  const settings = repository.readJson(file);
  if (typeof settings === 'string') {
    return [{ file, message: settings, fix: 'write it as examples/mangoo/cdk/cdk.json is' }];
  }
  const context = asRecord(settings.context);
  const boundary = asRecord(context['@aws-cdk/core:permissionsBoundary']);
  const boundaryName = String(boundary.name ?? boundary.arn).replace(/^.*:policy\//, '');
  const findings: Finding[] = [];
  if (context['@aws-cdk/core:bootstrapQualifier'] !== qualifier) {
    findings.push({
      file,
      message: "deploys with other bootstrap roles than the pipeline's, which a build may not assume",
      fix: `add "@aws-cdk/core:bootstrapQualifier": "${qualifier}" to context`,
    });
  }
  if (!boundaries.includes(boundaryName)) {
    findings.push({
      file,
      message: 'gives the roles that it makes no permissions boundary, without which they cannot be made',
      fix: `add "@aws-cdk/core:permissionsBoundary": {"name": "${boundaries[0]}"} to context`,
    });
  }
  return findings;
}

/** Lambda's `Code.fromAsset` and the like upload files, which a build may; only images are built elsewhere. */
const IMAGE_ASSET =
  /\b\w*Image\s*\.\s*fromAsset\b|\bnew\s+(?:\w+\s*\.\s*)*(?:DockerImageAsset|TarballImageAsset|AssetImage)\b/;

function codeFindings(repository: Repository, folder: string, config: PipelineConfig): Finding[] {
  const sources = repository
    .list(folder)
    .filter((file) => /\.[cm]?[jt]s$/.test(file) && !/\.(?:d|test|spec|config)\.[cm]?[jt]s$/.test(file))
    .map((file) => ({ file, code: withoutComments(repository.read(file)?.toString() ?? '') }));
  if (sources.length === 0) {
    const keys = config.images.map(({ name }) => `${name}Image`).join(' and ');
    const message = 'has neither TypeScript nor JavaScript, so its images could not be checked';
    return [{ file: folder, message, fix: `see to it that they come from the context: ${keys}` }];
  }
  const findings: Finding[] = [];
  for (const { file, code } of sources) {
    const asset = IMAGE_ASSET.exec(code);
    if (asset) {
      findings.push({
        file,
        message: `line ${lineAt(code, asset.index)} builds an image in the CDK app (${asset[0].replace(/\s+/g, ' ')})`,
        fix: 'take the image that the build has tested and pushed, by digest from the context, as examples/mangoo/cdk does',
      });
    }
    const pipeline = /\bMangooCodeBuildStack\b/.exec(code);
    if (pipeline) {
      findings.push({
        file,
        message: `line ${lineAt(code, pipeline.index)} has MangooCodeBuildStack: a build could change or break its own pipeline`,
        fix: "delete it there; an administrator deploys it from the pipeline's repository",
      });
    }
  }
  const all = sources.map(({ code }) => code).join('\n');
  for (const { name } of config.images) {
    const key = `${name}Image`;
    // `${name}Image` reads the context of every image.
    if (new RegExp(`(["'\`])${key}\\1|\\$\\{[^}]*\\}Image\``).test(all)) continue;
    findings.push({
      file: folder,
      message: `nothing reads '${key}' from the context, so what runs is not what was built`,
      fix: `take the image from tryGetContext('${key}'), as examples/mangoo/cdk/lib/image.ts does`,
    });
  }
  return findings;
}

/** Keeps line numbers, and strings, which may hold what looks like a comment (`https://…`). */
function withoutComments(code: string): string {
  return code.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (text, string?: string) => string ?? text.replace(/[^\n]/g, ''),
  );
}

function lineAt(code: string, index: number): number {
  return code.slice(0, index).split('\n').length;
}

const DEPLOYMENT =
  /\bcdk\b.*\bdeploy\b|\brun deploy\b|\bcdk_subcommand:\s*["']?deploy|\baws (?:ecs update-service|ecs deploy|cloudformation (?:deploy|create-|update-|execute-)|s3 sync)|\baws-actions\/(?:amazon-ecs-deploy|aws-cloudformation)[\w-]*|\bdocker push\b/;

function workflowFindings(repository: Repository): Finding[] {
  return repository
    .list('.github/workflows')
    .filter((file) => /\.ya?ml$/.test(file))
    .flatMap((file) => {
      const text = (repository.read(file)?.toString() ?? '').replace(/(^|\s)#.*$/gm, '$1');
      const deployment = DEPLOYMENT.exec(text);
      if (!deployment) return [];
      const message = `line ${lineAt(text, deployment.index)} deploys still (${deployment[0]}), beside the pipeline`;
      return [{ file, message, fix: 'delete it, then its AWS secrets and the IAM user whose keys they are' }];
    });
}

/** `ci/{build.sh,test.sh}`, for files of one folder. */
function together(files: readonly string[]): string {
  if (files.length < 2) return files.join();
  const folder = path.posix.dirname(files[0] ?? '');
  return `${folder === '.' ? '' : `${folder}/`}{${files.map((file) => path.posix.basename(file)).join()}}`;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

// The application's repository

/** @throws UserError when `directory` is not the root of somebody else's git work tree */
function openRepository(directory: string, context: Context): Repository {
  const given = path.resolve(context.cwd, directory);
  const wanted = "give the root of the application's git repository, e.g. ../mangoo";
  const root = unlessMissing(given, () => realpathSync(given));
  if (root === undefined) throw new UserError(`${given}: no such directory; ${wanted}`);
  if (!statSync(root).isDirectory()) throw new UserError(`${given}: not a directory; ${wanted}`);

  const top = runGit(root, context.env, ['rev-parse', '--show-toplevel']);
  if (/not a git repository|must be run in a work tree/.test(top.stderr)) {
    throw new UserError(`${given}: not the work tree of a git repository; ${wanted}`);
  }
  if (top.status !== 0) throw new UserError(`${given}: ${top.stderr.trim().replace(/\s+/g, ' ')}`);
  const actual = realpathSync(top.stdout.replace(/\n$/, ''));
  if (actual === PIPELINE) throw new UserError(`${given}: lies in the pipeline's own repository; ${wanted}`);
  if (actual !== root) {
    throw new UserError(
      `${given}: lies in the repository ${actual}, and CodeBuild looks at its root; give that`,
    );
  }
  return new Repository(root, context.env);
}

/** The application's repository as CodeBuild gets it: what git takes, without what symbolic links outside of it lead to. */
class Repository {
  /** Whether git records modes as the file system has them. */
  readonly fileMode: boolean;
  private files?: readonly string[];

  constructor(
    readonly root: string,
    private readonly env: Context['env'],
  ) {
    this.fileMode = this.git(['config', '--type=bool', '--get', 'core.fileMode']).stdout.trim() !== 'false';
  }

  /** Whether there is anything of this name, a broken link included. */
  exists(name: string): boolean {
    const absolute = path.join(this.root, name);
    return unlessMissing(absolute, () => lstatSync(absolute)) !== undefined;
  }

  isFolder(name: string): boolean {
    const real = this.inside(name);
    return real !== undefined && statSync(real).isDirectory();
  }

  isFile(name: string): boolean {
    const real = this.inside(name);
    return real !== undefined && statSync(real).isFile();
  }

  isExecutable(name: string): boolean {
    const real = this.inside(name);
    return real !== undefined && isExecutable(real);
  }

  read(name: string): Buffer | undefined {
    const real = this.inside(name);
    if (real === undefined || !statSync(real).isFile()) return undefined;
    return unlessMissing(real, () => readFileSync(real));
  }

  /** The object in a JSON file, or in words why there is none. */
  readJson(name: string): Readonly<Record<string, unknown>> | string {
    const text = this.read(name)?.toString();
    if (text === undefined) return 'is missing';
    try {
      return asRecord(JSON.parse(text));
    } catch {
      return 'is not JSON';
    }
  }

  /** The files of a folder that git has or would take with `git add`, but no dependencies. */
  list(folder: string): readonly string[] {
    this.files ??= this.git([
      ...['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      ...['--', '.', ':(exclude,glob)**/node_modules/**'],
    ]).stdout.split('\0');
    return [...new Set(this.files)].filter((file) => file.startsWith(`${folder}/`)).sort();
  }

  /** The files that `git add` would leave out, each with the rule: `.gitignore:3 *.lock`. */
  ignored(files: readonly string[]): Map<string, string> {
    const result = this.git(['check-ignore', '-v', '-z', '--stdin'], files.join('\0'));
    // A folder behind a symbolic link or in a submodule is a fatal error for all: each is asked about alone then.
    if (result.status === 128) {
      const folders = [...new Set(files.map((file) => path.dirname(file)))];
      if (folders.length === 1) return new Map();
      return new Map(
        folders.flatMap((folder) => [...this.ignored(files.filter((file) => path.dirname(file) === folder))]),
      );
    }
    const fields = result.stdout.split('\0');
    const rules = new Map<string, string>();
    for (let i = 0; i + 3 < fields.length; i += 4) {
      const [source = '', line = '', pattern = '', file = ''] = fields.slice(i, i + 4);
      // Rules that take a file back in are listed too.
      if (!pattern.startsWith('!')) rules.set(file, `${source}:${line} ${pattern}`);
    }
    return rules;
  }

  /** The modes that git has recorded, e.g. `100755`. */
  recordedModes(folder: string): Map<string, string> {
    const entries = this.git(['ls-files', '-z', '--stage', '--', folder]).stdout.split('\0').filter(Boolean);
    return new Map(entries.map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry.slice(0, 6)]));
  }

  /** The real path of `name`, unless it is outside: what is there is not in the repository, and not ours to touch. */
  private inside(name: string): string | undefined {
    const absolute = path.join(this.root, name);
    const real = unlessMissing(absolute, () => realpathSync(absolute));
    if (real === undefined) return undefined;
    const [first] = path.relative(this.root, real).split(path.sep);
    return first === '..' || first === '.git' ? undefined : real;
  }

  private git(args: readonly string[], input?: string): GitResult {
    return runGit(this.root, this.env, args, input);
  }
}

interface GitResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the user's git with the user's settings: their rules decide what `git add` will take. */
function runGit(cwd: string, env: Context['env'], args: readonly string[], input?: string): GitResult {
  // In a git hook, these name the repository that the hook runs in.
  const own = Object.entries(env).filter(
    ([name]) => !/^GIT_(?:DIR|WORK_TREE|COMMON_DIR|INDEX_FILE|OBJECT_DIRECTORY|PREFIX)$/.test(name),
  );
  const result = spawnSync('git', [...args], {
    cwd,
    input,
    env: { ...Object.fromEntries(own), LC_ALL: 'C' },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.error) throw new UserError(`git cannot be run (${codeOf(result.error)}); install it`);
  if (result.status === null) throw new UserError(`interrupted (${result.signal}); nothing was copied`, 1);
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

// Files

function isExecutable(file: string): boolean {
  return (statSync(file).mode & 0o100) !== 0;
}

/** @returns undefined when there is no such file */
function unlessMissing<T>(file: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined;
    throw new UserError(`${file}: cannot be read (${codeOf(error)})`);
  }
}

/** Before anything is copied, so that a mistyped path is misuse and not half a success. */
function checkWritable(file: string): void {
  const isDirectory = (name: string): boolean | undefined =>
    unlessMissing(name, () => statSync(name).isDirectory());
  if (isDirectory(file)) throw new UserError(`--json ${file}: is a directory; give a file`);
  const folder = path.dirname(file);
  if (!isDirectory(folder)) {
    throw new UserError(`--json ${file}: there is no directory ${folder}; make it, or give another file`);
  }
}

function writeJson(file: string, value: unknown): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UserError(`--json ${file}: cannot be written (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  // Under jest, node's own errors are not instances of Error.
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
