import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Context, UserError } from '../command';
import { type GitResult, rulesOf, runGit } from '../git';
import { asRecord, isExecutable, PIPELINE, unlessMissing } from './files';

/** @throws UserError when `directory` is not the root of somebody else's git work tree */
export function openRepository(directory: string, context: Context): Repository {
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
export class Repository {
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
    return new Map(
      [...rulesOf(result.stdout)].map(([file, { source, line, pattern }]) => [
        file,
        `${source}:${line} ${pattern}`,
      ]),
    );
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
