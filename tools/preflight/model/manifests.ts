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

/** A `requirements*.txt` of the source. */
export interface Requirements {
  readonly path: string;
  readonly folder: string;
  readonly packages: readonly { readonly name: string; readonly line: number; readonly pinned: boolean }[];
}
