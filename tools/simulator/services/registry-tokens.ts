import { randomBytes } from 'node:crypto';
import type { Session, Sessions } from '../gateway/sessions';

export interface RegistryLogin {
  readonly session: Session;
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

  /** Undefined for a password that was never issued, or whose session has ended. */
  find(password: string): RegistryLogin | undefined {
    const login = this.logins.get(password);
    return login && this.sessions.find(login.session.credentials.accessKeyId) ? login : undefined;
  }
}
