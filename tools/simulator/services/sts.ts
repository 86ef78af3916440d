import { queryResponse } from '../gateway/query-response';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import type { Session, Sessions } from '../gateway/sessions';
import type { ConditionContext } from '../../iam/condition';
import type { PolicyDocument } from '../../iam/policy';

/** Decides by trust policy and identity policies; part of the authorizer. */
export interface Trust {
  mayAssume(
    session: Session,
    roleArn: string,
    context: ConditionContext,
    action?: string,
  ): Promise<{ readonly allowed: boolean; readonly message: string }>;
}

/** Where the managed policies are that a session may be limited by. */
export interface ManagedPolicies {
  managed(policyArn: string): Promise<{ readonly document: PolicyDocument }>;
}

const DEFAULT_SECONDS = 3600;
const MOST_SECONDS = 43_200;
const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS: who am I, and the sessions of roles. */
export class Sts implements Service {
  constructor(
    private readonly account: string,
    private readonly sessions: Sessions,
    private readonly trust: Trust,
    private readonly policies: ManagedPolicies,
  ) {}

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { operation } = request;
    switch (operation) {
      case 'GetCallerIdentity':
        return queryResponse(NAMESPACE, operation, this.identity(request.session.arn));
      case 'AssumeRole':
        return queryResponse(NAMESPACE, operation, await this.assumeRole(request));
      case 'GetSessionToken':
      case 'GetFederationToken':
        // All credentials here are temporary, and AWS gives those nothing.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html
        throw new AwsError('AccessDenied', `Cannot call ${operation} with session credentials`, 403);
      case 'AssumeRoleWithWebIdentity':
      case 'AssumeRoleWithSAML':
        throw noIdentityProvider(operation);
      default:
        throw new AwsError('InvalidAction', `The simulator does not answer sts:${operation}.`);
    }
  }

  private identity(arn: string): object {
    return { Arn: arn, UserId: userId(arn), Account: this.account };
  }

  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
  private async assumeRole({ session: caller, input }: AwsRequest): Promise<object> {
    const { RoleArn, RoleSessionName, ExternalId, SourceIdentity } = input as Partial<Record<string, string>>;
    const [, account, name] =
      /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(RoleArn ?? '') ?? [];
    if (!RoleArn || !account || !name) {
      throw new AwsError('ValidationError', `${RoleArn ?? 'RoleArn'} is invalid`);
    }
    checkName('roleSessionName', RoleSessionName ?? '');
    if (SourceIdentity !== undefined) checkName('sourceIdentity', SourceIdentity);
    const seconds = secondsOf(input, caller);
    const policies = await this.sessionPolicies(input);
    const inherited = inheritedTags(caller);
    const tags = tagsOf(input, inherited);

    const context: ConditionContext = {
      'sts:RoleSessionName': RoleSessionName ?? '',
      ...(ExternalId && { 'sts:ExternalId': ExternalId }),
      ...(SourceIdentity && { 'sts:SourceIdentity': SourceIdentity }),
      ...tagContext(tags),
    };
    const actions = [
      'sts:AssumeRole',
      ...(Object.keys(tags).length ? ['sts:TagSession'] : []),
      ...(SourceIdentity ? ['sts:SetSourceIdentity'] : []),
    ];
    for (const action of actions) {
      const verdict = await this.trust.mayAssume(caller, RoleArn, context, action);
      if (!verdict.allowed) throw new AwsError('AccessDenied', verdict.message, 403);
    }

    const partition = RoleArn.split(':')[1] ?? 'aws';
    const session = this.sessions.issue({
      arn: `arn:${partition}:sts::${account}:assumed-role/${name}/${RoleSessionName}`,
      roleArn: RoleArn,
      parent: caller,
      policies,
      tags: { ...inherited, ...tags },
      transitiveTags: [...Object.keys(inherited), ...((input.TransitiveTagKeys ?? []) as string[])],
      // Once set, it stays for the whole chain.
      sourceIdentity: SourceIdentity ?? caller.sourceIdentity,
    });
    const { accessKeyId, secretAccessKey, sessionToken } = session.credentials;
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: new Date(Date.now() + seconds * 1000),
      },
      SourceIdentity: session.sourceIdentity,
      AssumedRoleUser: { Arn: session.arn, AssumedRoleId: userId(session.arn) },
    };
  }

  /** The inline and the managed ones; undefined when the session has none. */
  private async sessionPolicies(input: AwsRequest['input']): Promise<PolicyDocument[] | undefined> {
    const { Policy, PolicyArns = [] } = input as { Policy?: string; PolicyArns?: { arn?: string }[] };
    const managed = await Promise.all(
      PolicyArns.map(({ arn = '' }) =>
        this.policies.managed(arn).catch(() => {
          throw new AwsError('ValidationError', `Policy ${arn} does not exist or is not attachable.`);
        }),
      ),
    );
    const all = [...(Policy ? [parsed(Policy)] : []), ...managed.map(({ document }) => document)];
    return all.length ? all : undefined;
  }
}

/** For a request that nobody signs, as it comes with a token of somebody else. */
export function noIdentityProvider(operation: string): AwsError {
  const message = `The simulator does not play sts:${operation}: its account has no identity provider. Assume the role with sts:AssumeRole.`;
  return new AwsError('InvalidIdentityToken', message);
}

function checkName(member: string, value: string): void {
  if (/^[\w+=,.@-]{2,64}$/.test(value)) return;
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
  );
}

/** A role's session that assumes another role gets an hour at most. */
function secondsOf({ DurationSeconds }: AwsRequest['input'], caller: Session): number {
  const seconds = Number(DurationSeconds ?? DEFAULT_SECONDS);
  if (!(seconds >= 900 && seconds <= MOST_SECONDS)) {
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${String(DurationSeconds)}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and ${MOST_SECONDS}`,
    );
  }
  if (caller.roleArn === undefined || seconds <= DEFAULT_SECONDS) return seconds;
  throw new AwsError(
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  );
}

function parsed(policy: string): PolicyDocument {
  try {
    const document = JSON.parse(policy) as PolicyDocument | null;
    if (typeof document === 'object' && document?.Statement) return document;
  } catch {
    // Told below.
  }
  throw new AwsError('MalformedPolicyDocument', 'This policy contains invalid Json');
}

function inheritedTags({ tags = {}, transitiveTags = [] }: Session): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => transitiveTags.includes(key)));
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
function tagsOf(
  { Tags = [] }: AwsRequest['input'],
  inherited: Readonly<Record<string, string>>,
): Record<string, string> {
  const tags = Object.fromEntries(
    (Tags as { Key?: string; Value?: string }[]).map(({ Key = '', Value = '' }) => [Key, Value]),
  );
  const again = Object.keys(tags).find((key) => key in inherited);
  if (again === undefined) return tags;
  throw new AwsError(
    'InvalidParameterValue',
    `One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: ${again}`,
  );
}

function tagContext(tags: Readonly<Record<string, string>>): ConditionContext {
  const keys = Object.keys(tags);
  if (!keys.length) return {};
  const pairs = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value] as const);
  return { 'aws:TagKeys': keys, ...Object.fromEntries(pairs) };
}

/** `AROA…:SESSION` for a role's session, `AIDA…` for a user; the same for the same principal. */
function userId(arn: string): string {
  const [kind = '', name = '', session] = arn.split(':').slice(5).join(':').split('/');
  const id = Buffer.from(name).toString('hex').toUpperCase().padEnd(16, '0').slice(0, 16);
  return kind === 'assumed-role' ? `AROA${id}:${session ?? ''}` : `AIDA${id}`;
}
