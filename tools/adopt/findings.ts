import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PipelineConfig } from '../../lib/config';
import { type Environment, environmentOf } from '../../lib/environments';
import { namesOf } from '../../lib/names';
import type { PipelineFile } from './copy';
import { asRecord, PIPELINE } from './files';
import type { Repository } from './repository';

/** Something about the application's repository that its owner has to change; told, never done. */
export interface Finding {
  /** Relative to the repository's root. */
  readonly file: string;
  readonly message: string;
  readonly fix: string;
}

/** Everything that the build would stumble over, by what buildspec.yml and ci/ ask of the repository. */
export function findingsOf(
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
  const settings = repository.readJson(file);
  if (typeof settings === 'string') {
    return [{ file, message: settings, fix: 'write it as examples/mangoo/cdk/cdk.json is' }];
  }
  // What it says is right for one environment; others are told by variables.
  if (!config.environments.some(({ name }) => name === 'default')) return [];
  const { boundary: expected } = namesOf('default');
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
  if (boundaryName !== expected) {
    findings.push({
      file,
      message: 'gives the roles that it makes no permissions boundary, without which they cannot be made',
      fix: `add "@aws-cdk/core:permissionsBoundary": {"name": "${expected}"} to context`,
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
  for (const name of variablesOf(config)) {
    if (new RegExp(`\\b${name}\\b`).test(all)) continue;
    findings.push({
      file: folder,
      message: `nothing reads ${name}, which is not the same in every environment`,
      fix: `take it from process.env.${name}, as examples/mangoo/cdk/bin/mangoo.ts does`,
    });
  }
  return findings;
}

/** What the build of an environment tells the application's CDK app, and other environments' builds tell otherwise. */
function variablesOf(config: PipelineConfig): string[] {
  const environments = config.environments.map((environment) => environmentOf(config, environment));
  const differ = (of: (environment: Environment) => string): boolean =>
    new Set(environments.map(of)).size > 1;
  return [
    ...(environments.some(({ name }) => name !== 'default') ? ['PERMISSIONS_BOUNDARY'] : []),
    ...(differ(({ stacks }) => stacks.join(' ')) ? ['CDK_STACK_NAME'] : []),
    ...(differ(({ cluster }) => cluster) ? ['ECS_CLUSTER'] : []),
    ...(environments.some(({ elsewhere }) => elsewhere) ? ['TARGET_ACCOUNT', 'TARGET_REGION'] : []),
  ];
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
