import type { Faults } from '../faults';
import { type Caller, evaluate, trusts, type Verdict } from '../iam/evaluate';
import { listOf, type PolicyDocument, statementsOf } from '../iam/policy';
import type { RolePolicies } from '../iam/role-policies';
import { matchesWildcard } from '../iam/wildcard';
import type { Ledger } from './ledger';
import { AwsError, type AwsRequest } from './request';
import { type Permission, permissionsOf } from './resources';
import type { Session } from './sessions';

/** Where policies come from. */
export interface PolicySource {
  role(roleArn: string): Promise<RolePolicies | undefined>;
  forget(): void;
}

const ALLOWED: Verdict = { allowed: true, reason: 'allowed', message: '' };

/** Judges every request by the policies that the deployed stacks have made, and records each judgement. */
export class Authorizer {
  constructor(
    private readonly aws: {
      readonly account: string;
      readonly region: string;
      readonly policies: PolicySource;
      readonly ledger: Ledger;
      readonly faults: Faults;
      /** The policy of a bucket, as JSON. */
      bucketPolicy(bucket: string): string | undefined;
    },
  ) {}

  /** @throws AwsError as the service would answer */
  async authorize(request: AwsRequest): Promise<void> {
    for (const permission of permissionsOf(request, this.aws.account)) {
      const verdict = await this.check(request.session, permission);
      if (!verdict.allowed) throw denial(request, verdict);
    }
  }

  /** Judges one permission, and records it. What cannot be judged is denied. */
  async check(session: Session, permission: Permission): Promise<Verdict> {
    const verdict = await this.judge(session, permission).catch((error: Error): Verdict => ({
      allowed: false,
      reason: 'implicitDeny',
      message: `User: ${session.arn} is not authorized to perform: ${permission.action}: the simulator could not judge it (${error.message})`,
    }));
    this.record(session, permission, verdict);
    return verdict;
  }

  /**
   * Whether a session, or a service such as `codebuild.amazonaws.com`, may assume a role: by the role's trust policy, and
   * where that delegates to the account, by the session's own policies.
   */
  async mayAssume(
    caller: Session | string,
    roleArn: string,
    context: Readonly<Record<string, string>>,
  ): Promise<Verdict> {
    const permission: Permission = { action: 'sts:AssumeRole', resource: roleArn, context };
    const verdict = await this.judgeTrust(caller, permission);
    if (typeof caller !== 'string') this.record(caller, permission, verdict);
    return verdict;
  }

  /** Policies may have changed. */
  forget(): void {
    this.aws.policies.forget();
  }

  /** The actions of a role's identity policies that no recorded request has used. */
  async unusedPermissions(roleArn: string): Promise<string[]> {
    const role = await this.aws.policies.role(roleArn);
    const principal = nameOf(roleArn);
    const used = this.aws.ledger
      .all()
      .filter((call) => call.principal === principal && call.decision === 'allowed')
      .map((call) => call.action);
    const granted = (role?.identity ?? []).flatMap(({ document }) =>
      statementsOf(document)
        .filter((statement) => statement.Effect === 'Allow')
        .flatMap((statement) => listOf(statement.Action)),
    );
    const unused = granted.filter(
      (pattern) => !used.some((action) => matchesWildcard(pattern, action, { ignoreCase: true })),
    );
    return [...new Set(unused)].sort();
  }

  private async judge(session: Session, permission: Permission): Promise<Verdict> {
    const { account, policies } = this.aws;
    if (session.roleArn === undefined) return ALLOWED;
    const caller: Caller = { arn: session.arn, roleArn: session.roleArn, account };
    const fault = this.faultFor(session, permission.action, caller.arn);
    if (fault) return fault;
    const role = await policies.role(session.roleArn);
    if (!role) throw new Error(`there is no role ${session.roleArn}`);
    const context = { ...this.contextOf(caller, permission), ...(await this.boundaryOf(permission)) };
    return evaluate(
      { ...permission, principal: caller, context },
      { identity: role.identity, boundary: role.boundary, resource: this.resourcePolicy(permission) },
    );
  }

  private async judgeTrust(caller: Session | string, permission: Permission): Promise<Verdict> {
    const { account, policies } = this.aws;
    const arn = typeof caller === 'string' ? caller : caller.arn;
    const roleArn = typeof caller === 'string' ? undefined : caller.roleArn;
    const principal: Caller = { arn, roleArn, account };
    const role = await policies.role(permission.resource);
    const how = role
      ? trusts(role.trust, principal, permission.resource, this.contextOf(principal, permission))
      : 'no';
    if (how === 'no') {
      const because = 'because no trust policy allows the sts:AssumeRole action';
      const message = `User: ${arn} is not authorized to perform: sts:AssumeRole on resource: ${permission.resource} ${because}`;
      return { allowed: false, reason: 'implicitDeny', message };
    }
    return how === 'delegated' && typeof caller !== 'string' ? this.judge(caller, permission) : ALLOWED;
  }

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
  private contextOf(caller: Caller, permission: Permission): Permission['context'] {
    return {
      'aws:PrincipalArn': caller.roleArn ?? caller.arn,
      'aws:PrincipalAccount': caller.account,
      'aws:RequestedRegion': this.aws.region,
      'aws:ResourceAccount': caller.account,
      'aws:CurrentTime': new Date().toISOString(),
      // The emulated AWS answers over plain HTTP; policies that ask for TLS are judged as if it did not.
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '127.0.0.1',
      ...permission.context,
    };
  }

  /** Requests that change a role's policies carry the boundary that it has. */
  private async boundaryOf({ action, resource, context }: Permission): Promise<Permission['context']> {
    if (!/^iam:(Put|Delete|Attach|Detach)Role/.test(action) || 'iam:PermissionsBoundary' in context)
      return {};
    const boundary = (await this.aws.policies.role(resource))?.boundaryArn;
    return boundary ? { 'iam:PermissionsBoundary': boundary } : {};
  }

  private resourcePolicy(permission: Permission): PolicyDocument | undefined {
    const bucket = /^arn:aws:s3:::([^/]+)/.exec(permission.resource)?.[1];
    const text = bucket && this.aws.bucketPolicy(bucket);
    return text ? (JSON.parse(text) as PolicyDocument) : undefined;
  }

  /** Only builds, and what they started, meet faults. */
  private faultFor(session: Session, action: string, arn: string): Verdict | undefined {
    if (session.phase() === undefined || !this.aws.faults.of('access-denied').includes(action))
      return undefined;
    const message = `User: ${arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action (--fault access-denied)`;
    return { allowed: false, reason: 'implicitDeny', message };
  }

  private record(session: Session, { action, resource }: Permission, verdict: Verdict): void {
    this.aws.ledger.record({
      phase: session.phase(),
      principal: nameOf(session.roleArn ?? session.arn),
      action,
      resource,
      decision: verdict.allowed ? 'allowed' : 'denied',
      reason: verdict.allowed ? undefined : verdict.message,
    });
  }
}

function nameOf(arn: string): string {
  return arn.split('/').pop() ?? arn;
}

/** Each protocol has its own code for it. */
function denial(request: AwsRequest, { message }: Verdict): AwsError {
  if (request.protocol === 'json') return new AwsError('AccessDeniedException', message, 400);
  if (request.protocol === 'ec2') return new AwsError('UnauthorizedOperation', message, 403);
  return new AwsError('AccessDenied', message, 403);
}
