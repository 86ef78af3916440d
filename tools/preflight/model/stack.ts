import type { Asset, Bootstrap } from '../../assembly/assembly';
import type { Place } from './place';

export type { Asset, Bootstrap };

/** A stack of a cloud assembly. */
export interface Stack {
  readonly name: string;
  /** As `cdk deploy` takes it, where that is not its name, e.g. `Prod/App`. */
  readonly path?: string;
  /** Undefined where whoever deploys decides. */
  readonly account?: string;
  readonly region?: string;
  /** The template's path, as findings show it. */
  readonly file: string;
  readonly resources: readonly Resource[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Of the manifest, with its environment filled in. */
  readonly bootstrap?: Bootstrap;
  /** Of the manifest: `docker` builds and `file` uploads that its deployment makes. */
  readonly assets: readonly Asset[];
  /** Of the manifest: context that synth had to look up and did not find. */
  readonly missingContext: readonly string[];
  /** Stacks of which it takes values, or that must be there before. */
  readonly dependsOn: readonly string[];
}

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /**
   * Intrinsic functions replaced as far as can be told: pseudo parameters of a known environment, names and ARNs of resources
   * that have a literal name, exports of the other stacks. What is not known is `‹LogicalId›`, `‹LogicalId.Attribute›` or
   * `‹AWS::Region›`, within the text around it; a whole value of another kind that is not known is that text too.
   */
  readonly properties: Readonly<Record<string, unknown>>;
  /** As the template has them. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly deletionPolicy?: string;
  /** Whether it is made only if a condition holds that nobody knows yet. */
  readonly isConditional?: boolean;
  readonly dependsOn: readonly string[];
  readonly place: Place;
}

/** Whether a text has nothing in it that only the deployment will know. */
export function isKnown(text: string): boolean {
  return !text.includes('‹');
}

/** Whether a word of a command is what the program gets: with nothing of a template, and nothing that the shell puts in. */
export function isLiteral(word: string): boolean {
  return isKnown(word) && !/[$`*]/.test(word);
}
