import { randomUUID } from 'node:crypto';
import type { AwsResponse } from './request';
import type { Session, Sessions } from './sessions';

export const CREDENTIALS_PATH = '/_simulator/credentials/';

const LIFETIME_MS = 60 * 60 * 1000;

/**
 * Gives a process the credentials of its session, as ECS and CodeBuild do, so that no key stands in its environment.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export class CredentialsEndpoint {
  private readonly byToken = new Map<string, Session>();

  constructor(private readonly sessions: Sessions) {}

  /** The path part of `AWS_CONTAINER_CREDENTIALS_FULL_URI` for `session`; nobody else can guess it. */
  pathFor(session: Session): string {
    const token = randomUUID();
    this.byToken.set(token, session);
    return `${CREDENTIALS_PATH}${token}`;
  }

  answer(pathname: string): AwsResponse {
    const session = this.byToken.get(pathname.slice(CREDENTIALS_PATH.length));
    const headers = { 'content-type': 'application/json' };
    if (!session || !this.sessions.find(session.credentials.accessKeyId)) {
      return {
        status: 404,
        headers,
        body: JSON.stringify({ code: 'NotFound', message: 'No such credentials.' }),
      };
    }
    const { accessKeyId, secretAccessKey, sessionToken } = session.credentials;
    return {
      status: 200,
      headers,
      body: JSON.stringify({
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: new Date(Date.now() + LIFETIME_MS).toISOString(),
        RoleArn: session.roleArn,
      }),
    };
  }
}
