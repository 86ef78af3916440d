import path from 'node:path';
import { folderOf } from './docker-build';
import type { SourceTree } from './source-tree';

/** What a file asks for by a relative path, and where that may be: the first that is there is taken. */
export interface Import {
  readonly line: number;
  /** As written. */
  readonly name: string;
  readonly candidates: readonly string[];
}

const SCRIPT = /\.[cm]?[jt]sx?$/;
const PAGE = /\.(?:vue|svelte|astro)$/;

export function importsOf(file: string, text: string, source: SourceTree): Import[] {
  if (SCRIPT.test(file) || PAGE.test(file)) return scriptImports(file, text, source);
  return file.endsWith('.py') ? pythonImports(file, text, source) : [];
}

const RELATIVE = /\b(?:from|import|require)[\s(]{0,99}(["'])(\.{1,2}(?:\/[^"'\n]*)?)\1/g;
const ENDINGS = [
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.d.ts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.json',
  '.vue',
  '.svelte',
];
/** What TypeScript takes where a module is asked for by the name that it will have. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.d.ts'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

function scriptImports(file: string, text: string, source: SourceTree): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(RELATIVE)) {
    const name = match[2] ?? '';
    const before = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
    // In a comment or a text, or where its absence is allowed for.
    if (
      /\/\/|^\s*\*|[`'"]\s*$/.test(before) ||
      /\btry\s*\{[^}]*$/.test(text.slice(Math.max(0, match.index - 200), match.index))
    )
      continue;
    const target = path.posix.join(folderOf(file), name.replace(/[?#].*$/, ''));
    const ending = path.posix.extname(target);
    const bare = target.slice(0, target.length - ending.length);
    found.push({
      line: lineAt(text, match.index),
      name,
      candidates: [
        target,
        ...(SOURCES[ending] ?? []).map((other) => bare + other),
        ...ENDINGS.map((other) => target + other),
        ...ENDINGS.map((other) => `${target}/index${other}`),
      ],
    });
  }
  for (const match of text.matchAll(ASSET)) {
    const parts = [...(match[2] ?? '').matchAll(/["']([^"'\n]+)["']/g)].map(([, part = '']) => part);
    const target = path.posix.join(...parts).replace(/\/$/, '');
    // Without __dirname, from where the CDK runs.
    const roots =
      match[1] === undefined
        ? above(folderOf(file)).filter((root) => source.files.has(path.posix.join(root, 'cdk.json')))
        : [folderOf(file)];
    const candidates = roots.map((root) => path.posix.join(root, target));
    found.push({ line: lineAt(text, match.index), name: 'fromAsset', candidates });
  }
  return found;
}

/** `fromAsset('lambda')`, `fromAsset(path.join(__dirname, '..', 'lambda'))`. */
const ASSET =
  /\bfromAsset\(\s*((?:path\.)?(?:join|resolve)\(\s*__dirname\s*,)?\s*((?:["'][^"'\n]+["'][\s,]*)+)/g;

/** `a/b` is `a/b`, `a` and ``. */
function above(folder: string): string[] {
  return folder === '' ? [''] : [folder, ...above(folderOf(folder))];
}

function pythonImports(file: string, text: string, source: SourceTree): Import[] {
  const found: Import[] = [];
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    const [, indent = '', from, names = '', plain] =
      /^(\s*)(?:from\s+([\w.]+)\s+import\s+\(?\s*([\w*,\s]*)|import\s+([\w.]+))/.exec(line) ?? [];
    const module = from ?? plain;
    if (module === undefined) continue;
    // `try: from .local import *`: its absence is allowed for.
    if (
      indent !== '' &&
      /^\s*try\s*:/.test(
        lines.slice(0, i).findLast((one) => indentOf(one) < indent.length && one.trim() !== '') ?? '',
      )
    )
      continue;
    for (const root of rootsOf(file, module, source)) {
      const target = path.posix.join(root, ...module.replace(/^\.+/, '').split('.'));
      found.push({ line: i + 1, name: module, candidates: modulesAt(target) });
      // What is imported from a package may be a module of it.
      for (const [, one = ''] of from === undefined ? [] : names.matchAll(/(\w+)/g)) {
        const within = path.posix.join(target, one);
        if (source.isFolder(target) && source.isUntracked(`${within}.py`)) {
          found.push({ line: i + 1, name: `${module}.${one}`, candidates: modulesAt(within) });
        }
      }
    }
  }
  return found;
}

/** The folders that a module is looked for in: of a relative one, its package; else each above that has its first part. */
function rootsOf(file: string, module: string, source: SourceTree): string[] {
  const folder = folderOf(file);
  const [dots = ''] = /^\.*/.exec(module) ?? [];
  if (dots) {
    const up = path.posix.join(folder, ...Array<string>(dots.length - 1).fill('..'));
    return up.startsWith('..') ? [] : [up === '.' ? '' : up];
  }
  const first = module.split('.')[0] ?? '';
  for (let above = folder; ; above = folderOf(above)) {
    if (source.isFolder(path.posix.join(above, first))) return [above];
    if (above === '') return [];
  }
}

function modulesAt(target: string): string[] {
  return [`${target}.py`, path.posix.join(target, '__init__.py'), `${target}.pyi`, target];
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
