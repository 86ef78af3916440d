import type { Statement } from './policy';

/** Why a call was denied, and what would allow it. */
export interface Remedy {
  /** `condition`: a statement names action and resource, but its condition does not hold. */
  readonly cause:
    'missing' | 'condition' | 'explicitDeny' | 'boundary' | 'sessionPolicy' | 'trustPolicy' | 'notJudged';
  /** The smallest statement that would allow it, for the policy that `change` names; absent where none would. */
  readonly statement?: Statement;
  /** What to change, one sentence. */
  readonly change: string;
}
