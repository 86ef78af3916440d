import type { PolicyDocument } from './policy';
import type { Remedy } from './remedy';

/** What one principal did in a run, and which policy would have been enough for it. */
export interface PrincipalUse {
  /** The role's name, else the user's. */
  readonly principal: string;
  /** Absent for a principal that no policy limits, such as the administrator. */
  readonly roleArn?: string;
  readonly phases: readonly PhaseUse[];
  /** What the role's identity policies grant and nothing used. */
  readonly unused: readonly UnusedGrant[];
  /** The identity policy that would have sufficed; absent for a principal that no policy limits. */
  readonly minimalPolicy?: PolicyDocument;
}

export interface PhaseUse {
  /** The build's phase; absent outside builds. */
  readonly phase?: string;
  readonly used: readonly { readonly action: string; readonly resource: string; readonly count: number }[];
  readonly denied: readonly DeniedCall[];
}

export interface DeniedCall extends Remedy {
  readonly action: string;
  readonly resource: string;
  readonly count: number;
  /** In AWS's words. */
  readonly reason: string;
}

/** Every pair of one of the actions and one of the resources is granted by the statement and was not used. */
export interface UnusedGrant {
  readonly policy: string;
  /** The statement's Sid, or `#` and its place in the policy, from 1. */
  readonly statement: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}
