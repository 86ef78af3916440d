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

/** What was asked of the emulated AWS, in order; each judged permission once, with its count. */
export class Ledger {
  private readonly calls = new Map<string, Call & { count: number }>();

  record(call: Call): void {
    const key = JSON.stringify([call.phase, call.principal, call.action, call.resource, call.decision]);
    const known = this.calls.get(key);
    if (known) known.count += 1;
    else this.calls.set(key, { ...call, count: 1 });
  }

  all(): readonly (Call & { readonly count: number })[] {
    return [...this.calls.values()];
  }
}
