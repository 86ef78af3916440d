import type { Statement } from './policy';

/** What CloudFormation's handlers need of the execution role, for the types of the stacks that a build deployed. */
export interface DeployRole {
  /** Its name. */
  readonly role: string;
  readonly lacks: readonly LackingPermission[];
  /** Actions of its policies that no handler of the deployed types needs and nothing used. */
  readonly tooMuch: readonly string[];
  /** Types whose handlers' permissions are not written down. */
  readonly notJudged: readonly string[];
}

export interface LackingPermission {
  readonly type: string;
  readonly logicalId: string;
  readonly handler: 'create' | 'read' | 'update' | 'delete';
  readonly action: string;
  readonly resource: string;
  /** What would allow it. */
  readonly statement: Statement;
}
