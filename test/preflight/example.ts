import type { Model } from '../../tools/preflight/model/model';
import { modelOf } from '../../tools/preflight/model/read-model';
import type { SourceTree, TreeFile } from '../../tools/preflight/model/source-tree';
import { stacksOf, type TemplateFile } from '../../tools/preflight/model/stacks';
import type { Rule } from '../../tools/preflight/rule';
import { APPLICATION, BOOTSTRAP_ROLES, ENVIRONMENT, PIPELINE } from './example-templates';
import { FILES } from './example-files';

export type File = string | { readonly text: string; readonly mode: TreeFile['mode'] };

export interface Changes {
  /** By path; null: there is no such file. */
  readonly files?: Readonly<Record<string, File | null>>;
  /** By path, the rule of `.gitignore`, if any: files of the disk that git does not have. */
  readonly ignored?: Readonly<Record<string, string | undefined>>;
  /** In place of buildspec.yml. */
  readonly buildspec?: string;
  /** Merged into the project's properties; null takes one away. */
  readonly project?: Readonly<Record<string, unknown>>;
  /** By logical id, merged into the resources of the pipeline's stack; null takes one away. */
  readonly resources?: Readonly<Record<string, unknown>>;
  /** The same for the application's stack. */
  readonly application?: Readonly<Record<string, unknown>>;
  readonly assembly?: 'none';
  /** Of git. */
  readonly remotes?: readonly string[];
}

/** A repository and its pipeline, of which every rule says that it works, with what a test changes. */
export function example(changes: Changes = {}): Model {
  const files: Record<string, File | null> = { ...FILES };
  if (changes.buildspec !== undefined) files['buildspec.yml'] = changes.buildspec;
  const pipeline = merged(PIPELINE, { Project: { Properties: changes.project ?? {} } });
  const stacks =
    changes.assembly === 'none'
      ? []
      : stacksOf([
          template('PipelineStack', merged(pipeline, changes.resources)),
          template('AppStack', merged(APPLICATION, changes.application)),
        ]);
  const source = treeOf({ ...files, ...changes.files }, changes.ignored ?? {});
  return modelOf({ ...source, remotes: changes.remotes ?? [] }, stacks, {});
}

/** What a rule says of it, a line each: `error buildspec.yml:4 message`. */
export function said(rule: Rule, changes: Changes = {}): string[] {
  return [...rule.check(example(changes))].map(
    ({ level, place, message }) => `${level} ${place.file}:${place.line} ${message}`,
  );
}

/** The source of a repository that lies nowhere. */
export function treeOf(
  files: Readonly<Record<string, File | null>>,
  ignored: Readonly<Record<string, string | undefined>> = {},
): SourceTree {
  const present = Object.entries(files).filter((entry): entry is [string, File] => entry[1] !== null);
  const texts = new Map(present.map(([path, file]) => [path, typeof file === 'string' ? file : file.text]));
  const modes = present.map(([path, file]) => {
    const mode = typeof file === 'string' ? '100644' : file.mode;
    return [path, { path, mode }] as const;
  });
  return {
    isGit: true,
    files: new Map(modes),
    remotes: [],
    read: (path) => texts.get(path),
    isFolder: (path) => path === '' || [...texts.keys()].some((one) => one.startsWith(`${path}/`)),
    isUntracked: (path) => path in ignored,
    ignoredBy: (path) => ignored[path],
  };
}

function template(name: string, resources: unknown): TemplateFile {
  const { account, region } = ENVIRONMENT;
  return {
    name,
    file: `cdk.out/${name}.template.json`,
    text: JSON.stringify({ Resources: resources }, null, 1),
    account,
    region,
    bootstrap: { qualifier: 'hnb659fds', roles: BOOTSTRAP_ROLES },
    assets: [],
    missingContext: [],
    dependsOn: [],
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** Maps are merged, all else is replaced, and null takes away. */
function merged(into: Fields, changes: Fields = {}): Fields {
  const result: Record<string, unknown> = { ...into };
  for (const [key, change] of Object.entries(changes)) {
    const old = result[key];
    if (change === null) delete result[key];
    else result[key] = isFields(change) && isFields(old) ? merged(old, change) : change;
  }
  return result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
