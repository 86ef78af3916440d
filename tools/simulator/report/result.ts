import type { Diagnosis } from '../../../lib/catalogue/diagnosis';
import type { BuildResult } from '../engine/types';
import type { Message } from '../events/event-bus';
import type { Call } from '../gateway/ledger';
import type { WebhookFilter } from '../github/types';
import type { DeployRole } from '../iam/deploy-role';
import type { PrincipalUse } from '../iam/usage';

/** What `simulate push` found out; `--json FILE` writes it as it is. */
export interface PushResult {
  readonly source: {
    readonly directory: string;
    readonly commit: string;
    /** The commit's own words. */
    readonly message?: string;
    readonly uncommitted: number;
  };
  readonly webhook: {
    readonly event: string;
    readonly ref: string;
    readonly matched: boolean;
    /** Filters match, and a comment has to approve the pull request first. */
    readonly waitingForApproval?: boolean;
    readonly filterGroup: readonly (readonly WebhookFilter[])[];
    /** What the filters of the matching group matched; or, a line a group, why none did. Of several projects, after their names. */
    readonly reasons: readonly string[];
  };
  /** Absent when the webhook matched nothing. */
  readonly build?: BuildReport;
  /** How the builds ended that ran beside it, a line each. */
  readonly meanwhile?: readonly string[];
  readonly stacks: readonly StackReport[];
  readonly images: readonly ImageReport[];
  readonly services: readonly ServiceReport[];
  readonly aws: {
    readonly account: string;
    readonly region: string;
    readonly calls: readonly (Call & { readonly count: number })[];
    /** Permissions of the build role that nothing used. */
    readonly unused: readonly string[];
    /** The same calls by principal and phase, with what would allow the denied ones and what would have sufficed. */
    readonly principals: readonly PrincipalUse[];
    /** What CloudFormation's execution role needs for the stacks that the build deployed; absent when it deployed none. */
    readonly deployRole?: DeployRole;
  };
  /** What was published to SNS since the push; nobody was really sent it. */
  readonly notifications: readonly Message[];
  /** What became of events that a rule matched and no function dealt with, a line each. */
  readonly undelivered: readonly string[];
  /** What was played, each with how. */
  readonly simulated: readonly string[];
  /** Where the time went, in order. */
  readonly steps: readonly Step[];
}

/** One thing that a run does. Some run side by side. */
export interface Step {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
}

export interface BuildReport extends BuildResult {
  readonly id: string;
  readonly tools: Readonly<Record<string, 'real' | 'simulated'>>;
  /** The build's whole output. */
  readonly log: string;
  /** What the steps themselves called an error, a line each. */
  readonly errors: readonly string[];
  /** Why it did not succeed, as far as its output tells; absent when it did. */
  readonly diagnosis?: readonly Diagnosis[];
  readonly artifactLocation?: string;
}

export interface StackReport {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  /** Of the application, not of the pipeline or the bootstrap. */
  readonly application: boolean;
  readonly changes: { readonly added: number; readonly modified: number; readonly removed: number };
}

export interface ImageReport {
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
  /** Pushed by this build, not found in the registry. */
  readonly built: boolean;
  readonly reason: string;
}

export interface ServiceReport {
  readonly name: string;
  readonly taskDefinition: string;
  readonly image: string;
  readonly rollout: 'COMPLETED' | 'FAILED' | 'IN_PROGRESS';
  /** A deployment that `aws ecs update-service --force-new-deployment` started. */
  readonly forced: boolean;
  readonly reason?: string;
}

/** The form of the design: the build's fields at the top, and what a push adds beside them. */
export function toJson(result: PushResult): object {
  const { build, ...rest } = result;
  return { ...build, status: build?.status ?? 'NOT_STARTED', ...rest };
}
