import type { Build } from './build';

/**
 * The plaintext variables with which a build begins, so far as its project and buildspec tell: the project's go before.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
 */
export function plaintextVariables({ project, buildspec }: Build): ReadonlyMap<string, string> {
  const variables = new Map(Object.entries(buildspec.content.variables));
  for (const { name, value, type } of project?.environment.variables ?? []) {
    if (type === 'PLAINTEXT') variables.set(name, value);
    else variables.delete(name);
  }
  return variables;
}
