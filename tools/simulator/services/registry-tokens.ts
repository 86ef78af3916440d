import { randomBytes } from 'node:crypto';
import type { Session, Sessions } from '../gateway/sessions';

export interface RegistryLogin {
  readonly session: Session;
  readonly region: string;
}

export interface SavedLogin {
  readonly password: string;
  /** The access key of the session. */
  readonly session: string;
  readonly region: string;
}

/** ECR's passwords: each stands for the session that asked for it. */
export class RegistryTokens {
  private readonly logins = new Map<string, RegistryLogin>();

  constructor(private readonly sessions: Sessions) {}

  issue(login: RegistryLogin): string {
    // As long as AWS's, and of its alphabet: scripts that mangle a long line would fail there too.
    const password = randomBytes(1400).toString('base64');
    this.logins.set(password, login);
    return password;
  }

  save(): SavedLogin[] {
    return [...this.logins].map(([password, { session, region }]) => ({
      password,
      session: session.credentials.accessKeyId,
      region,
    }));
  }

  /** Passwords of sessions that have ended are gone. */
  restore(saved: readonly SavedLogin[]): void {
    for (const { password, session: key, region } of saved) {
      const session = this.sessions.find(key);
      if (session) this.logins.set(password, { session, region });
    }
  }

  /** Undefined for a password that was never issued, or whose session has ended. */
  find(password: string): RegistryLogin | undefined {
    const login = this.logins.get(password);
    return login && this.sessions.find(login.session.credentials.accessKeyId) ? login : undefined;
  }
}
