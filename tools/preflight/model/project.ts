import type { Role } from './role';
import type { Resource, Stack } from './stack';

/** A CodeBuild project of a template. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html */
export interface Project {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  readonly source: {
    /** E.g. `GITHUB`, `CODEPIPELINE`, `NO_SOURCE`. */
    readonly type: string;
    readonly location?: string;
    /** As written: a path, or a whole buildspec. */
    readonly buildspec?: string;
    readonly cloneDepth?: number;
    readonly reportBuildStatus?: boolean;
    readonly auth?: { readonly type: string; readonly resource?: string };
  };
  readonly webhook?: {
    /** Empty: every push and every pull request. */
    readonly filterGroups: readonly (readonly Filter[])[];
    readonly requiresCommentApproval?: string;
  };
  readonly environment: {
    readonly image: string;
    /** E.g. `LINUX_CONTAINER`, `ARM_CONTAINER`. */
    readonly type: string;
    readonly computeType: string;
    readonly privileged: boolean;
    readonly variables: readonly Variable[];
  };
  readonly artifacts: { readonly type: string; readonly location?: string; readonly name?: string };
  readonly cache: { readonly type: string; readonly modes: readonly string[]; readonly location?: string };
  readonly logGroup?: string;
  readonly timeoutMinutes: number;
  readonly concurrentBuildLimit?: number;
  readonly inVpc: boolean;
  /** Undefined where no template has it. */
  readonly role?: Role;
}

export interface Filter {
  readonly type: string;
  readonly pattern: string;
  readonly exclude: boolean;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
}
