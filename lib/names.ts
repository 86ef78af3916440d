/** Names that people type or other systems know; `default` keeps the guide's plain ones. */
export interface Names {
  readonly stack: string;
  readonly project: string;
  readonly role: string;
  readonly logGroup: string;
  /** Without the account id that follows. */
  readonly bucketPrefix: string;
  /** The first part of the names of the managed policies. */
  readonly policyPrefix: string;
  readonly boundary: string;
}

export function namesOf(environment: string): Names {
  const suffix = environment === 'default' ? '' : `-${environment}`;
  const project = environment === 'default' ? 'mangoo-build-deploy' : `mangoo-build-${environment}`;
  return {
    stack: `MangooCodeBuildStack${suffix}`,
    project,
    role: `${project}-role`,
    logGroup: `/aws/codebuild/mangoo${suffix}`,
    bucketPrefix: `mangoo-artifacts${suffix}`,
    policyPrefix: `mangoo-deploy${suffix}`,
    boundary: `mangoo-deploy${suffix}-boundary`,
  };
}
