import path from 'node:path';
import picomatch from 'picomatch';
import { object, text as textAt, texts } from '../../values';
import { folderOf } from './docker-build';
import { parsedObject, parsedYaml } from './parsed';
import type { SourceTree } from './source-tree';

/** A `package.json` of the source. */
export interface PackageManifest {
  readonly path: string;
  /** `` being the root. */
  readonly folder: string;
  readonly name?: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly nodeEngine?: string;
  /** That `npm ci` and its like need, in the folder or a workspace's root above; undefined where the index has none. */
  readonly lockFile?: string;
}

/** A `requirements*.txt` of the source, or one that such a file includes. */
export interface Requirements {
  readonly path: string;
  readonly folder: string;
  /** Of the file itself; names as PyPI compares them, in lower case with hyphens. */
  readonly packages: readonly { readonly name: string; readonly line: number; readonly pinned: boolean }[];
  /** Of `-r`: files from the source's root. */
  readonly includes: readonly string[];
}

const LOCKS = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
];

/** The `package.json` files, less those that are not JSON and those of installed packages. */
export function packagesOf(source: SourceTree): PackageManifest[] {
  const files = [...source.files.keys()].filter(
    (file) => /(?:^|\/)package\.json$/.test(file) && !/(?:^|\/)(?:node_modules|cdk\.out)\//.test(file),
  );
  return files.flatMap((file) => {
    const json = parsedObject(source.read(file));
    if (!json) return [];
    const folder = folderOf(file);
    return [
      {
        path: file,
        folder,
        name: textAt(json, 'name'),
        scripts: strings(json.scripts),
        dependencies: strings(json.dependencies),
        devDependencies: strings(json.devDependencies),
        nodeEngine: textAt(json, 'engines', 'node'),
        lockFile: lockFileOf(source, folder),
      },
    ];
  });
}

/** In the folder itself, or in one above whose workspaces it is among. */
function lockFileOf(source: SourceTree, folder: string): string | undefined {
  const own = lockIn(source, folder);
  if (own !== undefined || folder === '') return own;
  for (let above = folder; above !== '';) {
    above = folderOf(above);
    const lock = lockIn(source, above);
    if (lock !== undefined && isWorkspace(source, above, path.posix.relative(above, folder))) return lock;
  }
  return undefined;
}

function lockIn(source: SourceTree, folder: string): string | undefined {
  return LOCKS.map((name) => path.posix.join(folder, name)).find((file) => source.files.has(file));
}

/** https://docs.npmjs.com/cli/using-npm/workspaces, https://pnpm.io/pnpm-workspace_yaml */
function isWorkspace(source: SourceTree, root: string, folder: string): boolean {
  const manifest = parsedObject(source.read(path.posix.join(root, 'package.json')));
  const listed = Array.isArray(manifest?.workspaces) ? ['workspaces'] : ['workspaces', 'packages'];
  const pnpm = parsedYaml(source.read(path.posix.join(root, 'pnpm-workspace.yaml')));
  const globs = [...texts(manifest, ...listed), ...texts(pnpm, 'packages')].map((glob) =>
    glob.replace(/^\.\//, '').replace(/\/$/, ''),
  );
  const [out, within] = [true, false].map((except) =>
    globs.filter((glob) => glob.startsWith('!') === except).map((glob) => (except ? glob.slice(1) : glob)),
  ) as [string[], string[]];
  return picomatch(within)(folder) && !(out.length > 0 && picomatch(out)(folder));
}

/** The requirements files of pip: by their names, and those that they include. */
export function requirementsOf(source: SourceTree): Requirements[] {
  const paths = [...source.files.keys()].filter(
    (file) =>
      /(?:^|\/)(?:requirements[^/]*|[^/]*[-_.]requirements|requirements\/[^/]+)\.txt$/.test(file) &&
      !/(?:^|\/)(?:node_modules|cdk\.out|\.venv|site-packages)\//.test(file),
  );
  const found = new Map<string, Requirements>();
  for (let file; (file = paths.shift()) !== undefined;) {
    const text = found.has(file) ? undefined : source.read(file);
    if (text === undefined) continue;
    const requirements = requirementsIn(file, text);
    found.set(file, requirements);
    paths.push(...requirements.includes);
  }
  return [...found.values()];
}

/** https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
function requirementsIn(file: string, text: string): Requirements {
  const folder = folderOf(file);
  const packages: { name: string; line: number; pinned: boolean }[] = [];
  const includes: string[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let joined = lines[i] ?? '';
    while (joined.endsWith('\\') && i + 1 < lines.length) joined = joined.slice(0, -1) + (lines[++i] ?? '');
    const entry = joined.replace(/(?:^|\s)#.*$/, '').trim();
    const [, included] = /^(?:-r|--requirement)[\s=]*(\S+)/.exec(entry) ?? [];
    if (included !== undefined) {
      const target = path.posix.join(folder, included);
      if (!/^[a-z]+:\/\//.test(included) && !target.startsWith('../')) includes.push(target);
      continue;
    }
    const one = requirement(entry.replace(/^(?:-e|--editable)[\s=]+/, ''));
    if (one) packages.push({ ...one, line });
  }
  return { path: file, folder, packages, includes };
}

/** `name[extra]==1.0 ; marker --hash=…`, `name @ https://…`, `git+https://…@v1#egg=name`; an option or a path is none. */
function requirement(entry: string): { name: string; pinned: boolean } | undefined {
  const [, egg] = /^(?:\w+\+)?[a-z]+:\/\/\S*[#&]egg=([\w.-]+)/i.exec(entry) ?? [];
  if (egg !== undefined) return { name: canonical(egg), pinned: /@[^/@#]+#/.test(entry) };
  const [, name, rest = ''] =
    /^([a-z\d](?:[\w.-]*[a-z\d])?)\s*(?:\[[^\]]*\])?\s*(@.*|[<>=!~;( ].*|--hash.*)?$/i.exec(entry) ?? [];
  if (name === undefined) return undefined;
  const [version = ''] = rest.split(';');
  return {
    name: canonical(name),
    pinned: /^\(?\s*={2,3}\s*[^*]+$/.test(version.trim()) || /^@.*@[^/]+$/.test(version),
  };
}

/** https://packaging.python.org/en/latest/specifications/name-normalization/ */
function canonical(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

function strings(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(object(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
