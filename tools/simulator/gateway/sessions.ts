import { randomBytes } from 'node:crypto';
import type { PolicyDocument } from '../../iam/policy';

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
  /** It can do no more than these allow together; undefined: all that its role can. */
  readonly policies?: readonly PolicyDocument[];
  /** Session tags: `aws:PrincipalTag/…`, over those of the role. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Those of the tags that sessions which this one begins get too. */
  readonly transitiveTags?: readonly string[];
  readonly sourceIdentity?: string;
  /** The session that assumed this one; follows the chain back to a build. */
  readonly parent?: Session;
  /** The build phase that a request of this moment belongs to; undefined outside builds. */
  readonly phase: () => string | undefined;
}

/** A session as it is kept between runs: all that limits it, too. */
export interface SavedSession extends Omit<Session, 'parent' | 'phase'> {
  /** The access key of the parent. */
  readonly parent?: string;
  /** The build phase that it was last in. */
  readonly phase?: string;
  /** When it was issued, in milliseconds. */
  readonly issued: number;
}

/** The longest that a role's credentials live. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const LIFETIME_MS = 12 * 60 * 60 * 1000;

/** All credentials that are known to the emulated AWS. */
export class Sessions {
  private readonly byAccessKey = new Map<string, Session>();
  private readonly issued = new Map<string, number>();
  private readonly expired = new Set<Session>();

  /** Issues credentials. A child without a `phase` of its own is in its parent's. */
  issue(
    session: Omit<Session, 'credentials' | 'phase'> & { readonly phase?: () => string | undefined },
  ): Session {
    const issued: Session = {
      ...session,
      phase: session.phase ?? session.parent?.phase ?? (() => undefined),
      credentials: {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(20).toString('hex'),
        sessionToken: randomBytes(32).toString('base64'),
      },
    };
    this.add(issued, Date.now());
    return issued;
  }

  /** Those that would still be valid on AWS, parents before their children. */
  save(): SavedSession[] {
    return [...this.byAccessKey].flatMap(([key, { parent, phase, ...session }]) => {
      const issued = this.issued.get(key) ?? 0;
      if (session.roleArn && issued < Date.now() - LIFETIME_MS) return [];
      return [{ ...session, parent: parent?.credentials.accessKeyId, phase: phase(), issued }];
    });
  }

  restore(saved: readonly SavedSession[]): void {
    for (const { parent: parentKey, phase, issued, ...session } of saved) {
      const parent = parentKey === undefined ? undefined : this.find(parentKey);
      this.add({ ...session, parent, phase: () => phase }, issued);
    }
  }

  find(accessKeyId: string): Session | undefined {
    return this.byAccessKey.get(accessKeyId);
  }

  /** The credentials of `session`, and those of every session that it assumed, have run out. */
  expire(session: Session): void {
    this.expired.add(session);
  }

  hasExpired(session: Session): boolean {
    return this.expired.has(session) || (session.parent !== undefined && this.hasExpired(session.parent));
  }

  /** Ends the credentials of `session` and of every session that it assumed. */
  revoke(session: Session): void {
    for (const [key, other] of this.byAccessKey) {
      for (let s: Session | undefined = other; s; s = s.parent) {
        if (s !== session) continue;
        this.byAccessKey.delete(key);
        this.issued.delete(key);
      }
    }
  }

  private add(session: Session, issued: number): void {
    this.byAccessKey.set(session.credentials.accessKeyId, session);
    this.issued.set(session.credentials.accessKeyId, issued);
  }
}
