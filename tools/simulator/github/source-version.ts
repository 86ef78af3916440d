/** Where a source version leads: refs of which the first that exists counts, and the commit where it is told. */
export interface SourceVersion {
  readonly refs: readonly string[];
  readonly commit?: string;
}

/**
 * Reads what `--source-version` takes. Whatever it says becomes a full reference or an object id, so that no version is
 * ever an option or an expression of git.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-source-version.html
 *
 * @throws Error in CodeBuild's words for what cannot be the name of a reference
 */
export function parseSourceVersion(version: string, defaultBranch: string): SourceVersion {
  if (!version) return { refs: [defaultBranch] };
  if (/^[0-9a-f]{40}$/.test(version)) return { refs: [], commit: version };
  const [, name = version, commit] = /^(.*)\^\{([0-9a-f]{40})\}$/s.exec(version) ?? [];
  const [, number] = /^pr\/([1-9]\d*)$/.exec(name) ?? [];
  const candidates = name.startsWith('refs/') ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`];
  const refs = number ? [`refs/pull/${number}/head`] : candidates;
  if (!refs.every(isRefName)) throw sourceError('reference not found', version);
  return { refs, commit };
}

/**
 * Whether git takes it as a full reference. What it refuses are, for the most part, characters that mean something to it.
 *
 * https://git-scm.com/docs/git-check-ref-format
 */
export function isRefName(name: string): boolean {
  return (
    name.startsWith('refs/') &&
    name.length <= 1024 &&
    !/[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$|\.lock(\/|$)|\/\./u.test(name)
  );
}

/** As CodeBuild words what its git cannot do; seen in the logs of users, AWS does not document it. */
export function sourceError(problem: string, version: string): Error {
  return new Error(`${problem} for primary source${version ? ` and source version ${version}` : ''}`);
}
