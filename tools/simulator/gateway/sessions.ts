import { randomBytes } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Who makes requests with one set of temporary credentials. */
export interface Session {
  readonly credentials: Credentials;
  /** `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`, or the administrator's `arn:aws:iam::123456789012:user/administrator`. */
  readonly arn: string;
  /** The role whose policies decide. The administrator has none and may do everything. */
  readonly roleArn?: string;
  /** The session that assumed this one; follows the chain back to a build. */
  readonly parent?: Session;
  /** The build phase that a request of this moment belongs to; undefined outside builds. */
  readonly phase: () => string | undefined;
}

/** All credentials that are known to the emulated AWS. */
export class Sessions {
  private readonly byAccessKey = new Map<string, Session>();

  /** Issues credentials. A child without a `phase` of its own is in its parent's. */
  issue(session: {
    arn: string;
    roleArn?: string;
    parent?: Session;
    phase?: () => string | undefined;
  }): Session {
    const issued: Session = {
      arn: session.arn,
      roleArn: session.roleArn,
      parent: session.parent,
      phase: session.phase ?? session.parent?.phase ?? (() => undefined),
      credentials: {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(20).toString('hex'),
        sessionToken: randomBytes(32).toString('base64'),
      },
    };
    this.byAccessKey.set(issued.credentials.accessKeyId, issued);
    return issued;
  }

  find(accessKeyId: string): Session | undefined {
    return this.byAccessKey.get(accessKeyId);
  }

  /** Ends the credentials of `session` and of every session that it assumed. */
  revoke(session: Session): void {
    for (const [key, other] of this.byAccessKey) {
      for (let s: Session | undefined = other; s; s = s.parent) {
        if (s === session) this.byAccessKey.delete(key);
      }
    }
  }
}
