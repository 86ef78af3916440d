import { queryResponse } from '../gateway/query-response';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import type { Session, Sessions } from '../gateway/sessions';

/** Decides by trust policy and identity policies; part of the authorizer. */
export interface Trust {
  mayAssume(
    session: Session,
    roleArn: string,
    context: Readonly<Record<string, string>>,
  ): Promise<{ readonly allowed: boolean; readonly message: string }>;
}

const DEFAULT_SECONDS = 3600;
const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS: who am I, and the sessions of roles. */
export class Sts implements Service {
  constructor(
    private readonly account: string,
    private readonly sessions: Sessions,
    private readonly trust: Trust,
  ) {}

  async handle(request: AwsRequest): Promise<AwsResponse> {
    switch (request.operation) {
      case 'GetCallerIdentity':
        return queryResponse(NAMESPACE, request.operation, this.identity(request.session.arn));
      case 'AssumeRole':
        return queryResponse(NAMESPACE, request.operation, await this.assumeRole(request));
      default:
        throw new AwsError('InvalidAction', `The simulator does not answer sts:${request.operation}.`);
    }
  }

  private identity(arn: string): object {
    return { Arn: arn, UserId: userId(arn), Account: this.account };
  }

  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
  private async assumeRole(request: AwsRequest): Promise<object> {
    const { RoleArn, RoleSessionName, ExternalId, DurationSeconds, SourceIdentity } =
      request.input as Partial<Record<string, string>>;
    const [, account, name] =
      /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(RoleArn ?? '') ?? [];
    if (!RoleArn || !account || !name) {
      throw new AwsError('ValidationError', `${RoleArn ?? 'RoleArn'} is invalid`);
    }
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName ?? '')) {
      throw new AwsError(
        'ValidationError',
        `1 validation error detected: Value '${RoleSessionName ?? ''}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
      );
    }
    const verdict = await this.trust.mayAssume(request.session, RoleArn, {
      'sts:RoleSessionName': RoleSessionName ?? '',
      ...(ExternalId && { 'sts:ExternalId': ExternalId }),
      ...(SourceIdentity && { 'sts:SourceIdentity': SourceIdentity }),
    });
    if (!verdict.allowed) throw new AwsError('AccessDenied', verdict.message, 403);

    const partition = RoleArn.split(':')[1] ?? 'aws';
    const session = this.sessions.issue({
      arn: `arn:${partition}:sts::${account}:assumed-role/${name}/${RoleSessionName}`,
      roleArn: RoleArn,
      parent: request.session,
    });
    const { accessKeyId, secretAccessKey, sessionToken } = session.credentials;
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: new Date(Date.now() + Number(DurationSeconds ?? DEFAULT_SECONDS) * 1000),
      },
      AssumedRoleUser: { Arn: session.arn, AssumedRoleId: userId(session.arn) },
    };
  }
}

/** `AROA…:SESSION` for a role's session, `AIDA…` for a user; the same for the same principal. */
function userId(arn: string): string {
  const [kind = '', name = '', session] = arn.split(':').slice(5).join(':').split('/');
  const id = Buffer.from(name).toString('hex').toUpperCase().padEnd(16, '0').slice(0, 16);
  return kind === 'assumed-role' ? `AROA${id}:${session ?? ''}` : `AIDA${id}`;
}
