import type { ConditionContext } from '../../iam/condition';
import type { Statement } from '../../iam/policy';
import type { Remedy } from '../iam/remedy';

/** One judged permission of one request to the emulated AWS. */
export interface Call {
  readonly phase?: string;
  /** The role's name for a role's session, else the user's. */
  readonly principal: string;
  /** IAM's name, e.g. `ecr:PutImage`. */
  readonly action: string;
  readonly resource: string;
  readonly decision: 'allowed' | 'denied';
  /** Why it was denied, in AWS's words. */
  readonly reason?: string;
}

/** A call, and how it was judged. */
export interface Judgement {
  readonly call: Call;
  /** The role whose policies decided; absent for the administrator and for services. */
  readonly roleArn?: string;
  /** The condition keys of the request. */
  readonly context: ConditionContext;
  /** The statement of an identity policy that allowed it. */
  readonly grant?: Statement;
  /** What would allow it, when it was denied. */
  readonly remedy?: Remedy;
}

/** A run has some thousand; a simulator that serves for weeks forgets the oldest. */
const MOST = 20_000;

type Counted<T> = T & { readonly count: number };

/** What was asked of the emulated AWS, in order; each judged permission once, with its count. */
export class Ledger {
  private readonly calls = new Map<string, Call & { count: number }>();
  private readonly kept = new Map<string, Judgement & { count: number }>();

  record(judgement: Judgement): void {
    const { call, grant } = judgement;
    const key = JSON.stringify([call.phase, call.principal, call.action, call.resource, call.decision]);
    const known = this.calls.get(key);
    if (known) known.count += 1;
    else keep(this.calls, key, { ...call, count: 1 });
    // The same permission may be granted by several statements, each with a condition of its own.
    const exact = key + JSON.stringify([grant, call.reason]);
    const kept = this.kept.get(exact);
    if (kept) kept.count += 1;
    else keep(this.kept, exact, { ...judgement, count: 1 });
  }

  all(): readonly Counted<Call>[] {
    return [...this.calls.values()];
  }

  /** With how each was judged. */
  judgements(): readonly Counted<Judgement>[] {
    return [...this.kept.values()];
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}
