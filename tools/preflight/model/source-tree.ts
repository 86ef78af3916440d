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
  /** Undefined where there is no such file in the index, it cannot be read, or it is larger than 5 MB. */
  read(path: string): string | undefined;
  isFolder(path: string): boolean;
  /** Whether it lies on the disk without being in the index. */
  isUntracked(path: string): boolean;
  /** The rule that makes git ignore it, e.g. `.gitignore:3:*.js`; undefined where it is in the index, or none does. */
  ignoredBy(path: string): string | undefined;
}
