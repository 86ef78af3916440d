import {
  type Dirent,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { UserError } from '../../command';
import { NoGit, rulesOf, runGit } from '../../git';

/** A file that git gives to whoever clones. */
export interface TreeFile {
  /** With `/`, from the source's root. */
  readonly path: string;
  /** As git records it; `160000` is a submodule. */
  readonly mode: '100644' | '100755' | '120000' | '160000';
}

/** What CodeBuild will see of the source: the files of git's index, with their modes. Their texts are those of the work tree. */
export interface SourceTree {
  /** Whether it is a git repository; if not, every file of the folder counts, and modes are those of the disk. */
  readonly isGit: boolean;
  /** By path. */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** The URLs that git has of it; empty where it has none. */
  readonly remotes: readonly string[];
  /** Undefined where there is no such file in the index, it cannot be read, or it is larger than 5 MB. */
  read(path: string): string | undefined;
  isFolder(path: string): boolean;
  /** Whether it lies on the disk without being in the index. */
  isUntracked(path: string): boolean;
  /** The rule that makes git ignore it, e.g. `.gitignore:3:*.js`; undefined where it is in the index, or none does. */
  ignoredBy(path: string): string | undefined;
}

const LARGEST = 5 * 1024 * 1024;
/** Characters of texts that are kept for the next rule that reads them. */
const KEPT = 64 * 1024 * 1024;
/** Without git, folders that are made, not written. */
const MADE = new Set(['node_modules', '.git', 'cdk.out', 'dist', '.venv']);

/**
 * Reads the index of the repository that a folder is, or lies in: then what is below the folder counts. Without a repository or
 * without git, the files of the folder.
 *
 * @throws UserError when there is no such folder, or git refuses it
 */
export function gitTree(root: string): SourceTree {
  const real = realFolder(root);
  let index: Map<string, TreeFile> | undefined;
  try {
    index = indexOf(real, root);
  } catch (error) {
    if (!(error instanceof NoGit)) throw error;
  }
  return index ? new DiskTree(real, index, true) : new DiskTree(real, walk(real), false);
}

function realFolder(root: string): string {
  try {
    const real = realpathSync(root);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    throw new UserError(`${root}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  throw new UserError(`${root}: not a directory`);
}

/** @returns undefined where there is no repository that has anything of the folder */
function indexOf(root: string, shownAs: string): Map<string, TreeFile> | undefined {
  const prefix = runGit(root, process.env, ['rev-parse', '--show-prefix']);
  if (/not a git repository|must be run in a work tree/.test(prefix.stderr)) return undefined;
  const listed = runGit(root, process.env, ['ls-files', '--stage', '-z']);
  const failed = [prefix, listed].find(({ status }) => status !== 0);
  if (failed) {
    throw new UserError(`${shownAs}: git refuses it: ${failed.stderr.trim().replace(/\s+/g, ' ')}`);
  }
  const files = new Map<string, TreeFile>();
  for (const entry of listed.stdout.split('\0')) {
    const name = entry.slice(entry.indexOf('\t') + 1);
    if (entry) files.set(name, { path: name, mode: entry.slice(0, 6) as TreeFile['mode'] });
  }
  // A folder of somebody's home, which happens to be a repository, is none of its.
  return files.size === 0 && prefix.stdout.trim() !== '' ? undefined : files;
}

function walk(root: string): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  const folders = [''];
  for (let folder; (folder = folders.pop()) !== undefined;) {
    for (const entry of entriesOf(path.join(root, folder))) {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!MADE.has(entry.name)) folders.push(name);
      } else if (entry.isSymbolicLink()) {
        files.set(name, { path: name, mode: '120000' });
      } else if (entry.isFile()) {
        const executable = ((statOf(path.join(root, name), lstatSync)?.mode ?? 0) & 0o100) !== 0;
        files.set(name, { path: name, mode: executable ? '100755' : '100644' });
      }
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

class DiskTree implements SourceTree {
  private readonly texts = new Map<string, string | undefined>();
  private kept = 0;
  private readonly rules = new Map<string, string | undefined>();
  private folders?: ReadonlySet<string>;

  constructor(
    private readonly root: string,
    readonly files: ReadonlyMap<string, TreeFile>,
    readonly isGit: boolean,
  ) {}

  get remotes(): readonly string[] {
    if (!this.isGit) return [];
    const { stdout } = runGit(this.root, process.env, [
      'config',
      '--get-regexp',
      '-z',
      '^remote\\..*\\.url$',
    ]);
    return stdout.split('\0').flatMap((entry) => entry.split('\n')[1] ?? []);
  }

  read(file: string): string | undefined {
    const name = this.behindLinks(file);
    if (name === undefined || !this.files.has(name)) return undefined;
    if (this.texts.has(name)) return this.texts.get(name);
    const text = textOf(path.join(this.root, name));
    if ((this.kept += text?.length ?? 0) > KEPT) {
      this.texts.clear();
      this.kept = text?.length ?? 0;
    }
    this.texts.set(name, text);
    return text;
  }

  isFolder(folder: string): boolean {
    this.folders ??= foldersOf(this.files.values());
    const name = this.behindLinks(folder);
    return name !== undefined && this.folders.has(name);
  }

  isUntracked(file: string): boolean {
    if (!this.isGit) return false;
    const name = this.behindLinks(file);
    if (name === undefined || name === '' || this.files.has(name) || this.isFolder(name)) return false;
    // A submodule has an index of its own.
    if (ancestors(name).some((folder) => this.files.get(folder)?.mode === '160000')) return false;
    return statOf(path.join(this.root, name), lstatSync) !== undefined;
  }

  ignoredBy(file: string): string | undefined {
    const name = inside(file);
    if (!this.isGit || name === undefined || name === '') return undefined;
    if (!this.rules.has(name)) {
      const { stdout } = runGit(
        this.root,
        process.env,
        ['check-ignore', '--verbose', '--stdin', '-z'],
        `${name}\0`,
      );
      const rule = rulesOf(stdout).get(name);
      this.rules.set(name, rule && `${rule.source}:${rule.line}:${rule.pattern}`);
    }
    return this.rules.get(name);
  }

  /** The path that a path leads to when links are followed; undefined where it leads out of the source. */
  private behindLinks(name: string): string | undefined {
    const file = inside(name);
    if (file === undefined) return undefined;
    const isLink = [...ancestors(file), file].some((part) => this.files.get(part)?.mode === '120000');
    if (!isLink) return file;
    try {
      return inside(path.relative(this.root, realpathSync(path.join(this.root, file))).replaceAll('\\', '/'));
    } catch {
      // It leads nowhere, or in a circle.
      return undefined;
    }
  }
}

/** Without `./`, `..` and slashes around it; `` is the root. */
function inside(name: string): string | undefined {
  if (name.includes('\0')) return undefined;
  const normal = path.posix.normalize(name).replace(/\/+$/, '');
  if (normal === '..' || normal.startsWith('../') || normal.startsWith('/')) return undefined;
  return normal === '.' ? '' : normal;
}

function ancestors(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

function foldersOf(files: Iterable<TreeFile>): ReadonlySet<string> {
  const folders = new Set(['']);
  for (const { path: file, mode } of files) {
    if (mode === '160000') folders.add(file);
    for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
      if (folders.has(file.slice(0, end))) break;
      folders.add(file.slice(0, end));
    }
  }
  return folders;
}

function textOf(file: string): string | undefined {
  // A pipe, which git does not know, would never end.
  const stat = statOf(file, statSync);
  if (!stat?.isFile() || stat.size > LARGEST) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function statOf(file: string, stat: typeof statSync): Stats | undefined {
  try {
    return stat(file, { throwIfNoEntry: false });
  } catch {
    // Below a file, or in a folder that may not be read.
    return undefined;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
