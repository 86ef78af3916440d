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
  // What git check-ref-format refuses, of which some have a meaning to git.
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/$|^\/|\.$|\.lock(\/|$)|(^|\/)\./.test(name)) {
    throw sourceError('reference not found', version);
  }
  const [, number] = /^pr\/([1-9]\d*)$/.exec(name) ?? [];
  if (number) return { refs: [`refs/pull/${number}/head`], commit };
  if (name.startsWith('refs/')) return { refs: [name], commit };
  return { refs: [`refs/heads/${name}`, `refs/tags/${name}`], commit };
}

/** As CodeBuild words what its git cannot do; seen in logs of users, AWS does not document it. */
export function sourceError(problem: string, version: string): Error {
  return new Error(`${problem} for primary source${version ? ` and source version ${version}` : ''}`);
}
