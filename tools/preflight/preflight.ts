import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../cdk';
import { type Command, type Context, UserError, type Values } from '../command';
import { readConfig } from '../config';
import { checkJsonFile, isDirectory, writeJson } from '../json-file';
import { synthesized } from '../synthesized';
import { checked } from './check';
import { explained, listed } from './explain';
import type { Entry } from './finding';
import type { Model } from './model/model';
import { modelOf } from './model/read-model';
import { gitTree } from './model/source-tree';
import { readAssembly, stacksOf, type TemplateFile } from './model/stacks';
import { needsOf } from './needs/needs';
import { unusedOf } from './needs/unused';
import { printed, toJson, type Unneeded } from './report';
import { RULES } from './rules';
import { notSeen } from './seen';
import { OF_SUPPRESSIONS } from './suppressions';

const DEFAULT_CONFIG = 'config/mangoo.ts';
const ENTRIES: readonly Entry[] = [...RULES, ...OF_SUPPRESSIONS];

export const preflight: Command = {
  summary:
    'Will it deploy? Looks through buildspecs, what they run, synthesized stacks and the source for what would fail on AWS, or harm. Nothing is asked of AWS.',
  options: {
    source: { value: 'DIR', help: 'the repository that CodeBuild builds (default: .)' },
    buildspec: { value: 'FILE', help: 'one more buildspec of the source, which no project names' },
    assembly: {
      value: 'DIR',
      multiple: true,
      help: "stacks that cdk synth has left there; none: without (default: synthesizes the source's CDK app, which runs its code)",
    },
    config: {
      value: 'PATH',
      help: `synthesizes this pipeline with it, whatever the source (default: ${DEFAULT_CONFIG}, for this repository)`,
    },
    json: { value: 'FILE', help: 'writes the result for programs' },
    explain: { value: 'ID', help: 'tells what a rule is about, e.g. F25' },
    list: { help: 'all rules, a line each' },
  },
  async run(values, context) {
    if (values.list) {
      for (const line of listed(ENTRIES)) context.out(line);
      return 0;
    }
    if (typeof values.explain === 'string') {
      for (const line of explained(values.explain, ENTRIES)) context.out(line);
      return 0;
    }
    const json = fileOf(values, 'json', context);
    if (json !== undefined) checkJsonFile(json);
    const source = folderOf(values, context);
    const buildspec = buildspecOf(values, source, context);
    const templates = await templatesOf(values, source, context);
    const model = read(() => modelOf(gitTree(source), stacksOf(templates), { buildspec }));
    const outcome = {
      ...checked(model, RULES),
      model,
      rules: RULES.length,
      notSeen: notSeen(model),
      unused: read(() => unneeded(model)),
    };
    if (json !== undefined) writeJson(json, toJson(outcome));
    for (const line of printed(outcome, context)) context.out(line);
    for (const { id, rule, message } of outcome.faults) {
      context.err(
        `${id} ${rule} could not be checked, by a fault of preflight: ${message}; please report it`,
      );
    }
    return outcome.faults.length || outcome.findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
};

/** Whatever the input, no stack trace: what is not foreseen is our fault, and one line. */
function read<T>(what: () => T): T {
  try {
    return what();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `the source cannot be looked at, by a fault of preflight: ${String(error).split('\n')[0]}; please report it`,
      1,
    );
  }
}

/** Where the commands are not known, all permissions would seem to be too many. */
function unneeded(model: Model): Unneeded[] {
  return model.builds.flatMap((build) => {
    const { project, commands } = build;
    if (!project || !commands.length) return [];
    return unusedOf(project, needsOf(build, model)).map((each) => ({ project: project.name, ...each }));
  });
}

function fileOf(values: Values, name: string, { cwd }: Context): string | undefined {
  const value = values[name] as string | undefined;
  return value === undefined ? undefined : path.resolve(cwd, value);
}

function folderOf(values: Values, context: Context): string {
  const source = fileOf(values, 'source', context) ?? context.cwd;
  if (isDirectory(source)) return realpathSync(source);
  throw new UserError(`--source ${String(values.source)}: no such directory; give the repository's root`);
}

/** From the source's root, as the source tree names its files. */
function buildspecOf(values: Values, source: string, { cwd }: Context): string | undefined {
  const { buildspec } = values;
  if (typeof buildspec !== 'string') return undefined;
  const file = [path.resolve(source, buildspec), path.resolve(cwd, buildspec)].find(
    (name) => existsSync(name) && statSync(name).isFile(),
  );
  if (file === undefined) {
    throw new UserError(`--buildspec ${buildspec}: no such file in ${source}; give its path in the source`);
  }
  const relative = path.relative(source, realpathSync(file));
  if (relative.startsWith('..')) {
    throw new UserError(`--buildspec ${buildspec}: lies outside of ${source}, so CodeBuild would not see it`);
  }
  return relative.split(path.sep).join('/');
}

async function templatesOf(values: Values, source: string, context: Context): Promise<TemplateFile[]> {
  const given = values.assembly as readonly string[] | undefined;
  const config = fileOf(values, 'config', context);
  if (given && config !== undefined) {
    throw new UserError(
      '--config means nothing with --assembly, which is synthesized already; give one of them',
    );
  }
  if (given?.includes('none')) {
    if (given.length > 1) throw new UserError('--assembly none: expected alone, got others beside it');
    return [];
  }
  if (given) return given.flatMap((name) => readAssembly(path.resolve(context.cwd, name), name));
  const ours = source === realpathSync(PROJECT);
  if (config === undefined && !ours && !hasApp(source)) {
    context.err(
      `${source} has no cdk.json, so no stacks are looked at; --assembly DIR takes what cdk synth has left there, --config PATH this pipeline's`,
    );
    return [];
  }
  // Bare names: the directory is gone when the report is read.
  const readIt = (assembly: string): TemplateFile[] => readAssembly(assembly, '');
  if (config === undefined && !ours) {
    return synthesized((cdk, assembly) => cdk.synthOf(source, assembly), readIt, context).catch(otherwise);
  }
  const file = config ?? path.join(PROJECT, DEFAULT_CONFIG);
  // CDK would tell the same, between lines of its own.
  readConfig(file);
  return synthesized((cdk, assembly) => cdk.synth(file, assembly), readIt, context);
}

function otherwise(error: unknown): never {
  if (!(error instanceof UserError) || error.message === 'interrupted') throw error;
  throw new UserError(
    `${error.message}\n--assembly DIR takes what cdk synth has left in DIR, --assembly none checks without`,
    1,
  );
}

function hasApp(source: string): boolean {
  try {
    return (
      typeof (JSON.parse(readFileSync(path.join(source, 'cdk.json'), 'utf8')) as { app?: unknown }).app ===
      'string'
    );
  } catch {
    return false;
  }
}
