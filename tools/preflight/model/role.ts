import type { NamedPolicy } from '../../iam/evaluate';
import type { PolicyDocument } from '../../iam/policy';
import type { Resource, Stack } from './stack';

/** An IAM role of a template, with all that its policies say, those of other resources too. */
export interface Role {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  /** `arn:aws:iam::ACCOUNT:role/NAME` as far as known. */
  readonly arn: string;
  /** Inline ones, `AWS::IAM::Policy`, and managed ones that a template has. */
  readonly policies: readonly NamedPolicy[];
  readonly trust: PolicyDocument;
  readonly boundary?: PolicyDocument;
  /** ARNs of managed policies whose statements no template tells, e.g. AWS's own: then nothing is known to be denied. */
  readonly unread: readonly string[];
}
