import type { Faults } from '../faults';
import type { DeployRole, DeployRoles } from '../iam/deploy-role';
import { type Caller, evaluate, type Policies, type Request, trusts, type Verdict } from '../../iam/evaluate';
import { listOf, type PolicyDocument, statementsOf } from '../../iam/policy';
import { type Remedy, remedyFor, trustRemedy } from '../iam/remedy';
import type { RolePolicies } from '../iam/role-policies';
import { type PrincipalUse, usageOf } from '../iam/usage';
import { matchesWildcard } from '../../iam/wildcard';
import type { Ledger } from './ledger';
import { AwsError, type AwsRequest } from './request';
import { type Permission, permissionsOf } from './resources';
import type { Session } from './sessions';

/** Where policies come from. */
export interface PolicySource {
  role(roleArn: string): Promise<RolePolicies | undefined>;
  forget(): void;
}

/** A verdict, by what it was reached, and what would turn a denial. */
interface Judged {
  readonly verdict: Verdict;
  readonly context: Permission['context'];
  readonly remedy?: Remedy;
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
    const judged = await this.judge(session, permission).catch((error: Error): Judged => {
      const why = `the simulator could not judge it (${error.message})`;
      return {
        verdict: {
          allowed: false,
          reason: 'implicitDeny',
          message: `User: ${session.arn} is not authorized to perform: ${permission.action}: ${why}`,
        },
        context: permission.context,
        remedy: { cause: 'notJudged', change: why },
      };
    });
    this.record(session, permission, judged);
    return judged.verdict;
  }

  /**
   * Whether a session, or a service such as `codebuild.amazonaws.com`, may assume a role (or give the session tags or a
   * source identity): by the role's trust policy, and where that delegates to the account, by the session's own policies.
   */
  async mayAssume(
    caller: Session | string,
    roleArn: string,
    context: Permission['context'],
    action = 'sts:AssumeRole',
  ): Promise<Verdict> {
    const permission: Permission = { action, resource: roleArn, context };
    const judged = await this.judgeTrust(caller, permission);
    this.record(caller, permission, judged);
    return judged.verdict;
  }

  /**
   * Whether a role's own policies would allow something, without a request and without recording it: for judging what
   * has no API here.
   *
   * @returns undefined when they would, else what would make them
   */
  async lacks(
    session: Session,
    permission: Permission,
  ): Promise<{ message: string; remedy?: Remedy } | undefined> {
    const { verdict, remedy } = await this.judge(session, permission);
    return verdict.allowed ? undefined : { message: verdict.message, remedy };
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

  /** What every principal did, was denied, and had for nothing. */
  async principals(): Promise<PrincipalUse[]> {
    const judgements = this.aws.ledger.judgements();
    const roles = [...new Set(judgements.flatMap(({ roleArn }) => roleArn ?? []))];
    const policies = await Promise.all(
      // A role that a rollback took away has none any more.
      roles.map(async (arn) => [arn, (await this.aws.policies.role(arn))?.identity ?? []] as const),
    );
    return usageOf(judgements, this.aws.account, new Map(policies));
  }

  /** What the deployments of builds needed of CloudFormation's execution role. */
  async deployRole(roles: DeployRoles): Promise<DeployRole | undefined> {
    if (roles.roleArn === undefined) return undefined;
    const policies = (await this.aws.policies.role(roles.roleArn))?.identity ?? [];
    const used = this.aws.ledger
      .judgements()
      .filter(({ roleArn, call }) => roleArn === roles.roleArn && call.decision === 'allowed')
      .map(({ call }) => call.action);
    return roles.report(policies, used);
  }

  private async judge(
    session: Session,
    permission: Permission,
    resourcePolicy = this.resourcePolicy(permission),
  ): Promise<Judged> {
    const { account } = this.aws;
    if (session.roleArn === undefined) return { verdict: ALLOWED, context: permission.context };
    const caller: Caller = { arn: session.arn, roleArn: session.roleArn, account };
    const fault = this.faultFor(session, permission.action, caller.arn);
    if (fault) return { ...fault, context: permission.context };
    const role = await this.aws.policies.role(session.roleArn);
    if (!role) throw new Error(`there is no role ${session.roleArn}`);
    const context = {
      ...this.contextOf(caller, permission),
      ...(await this.boundaryOf(permission)),
      ...tagsOf(session, role),
    };
    const request: Request = { ...permission, principal: caller, context };
    const policies: Policies = {
      identity: role.identity,
      boundary: role.boundary,
      session: session.policies,
      resource: resourcePolicy,
    };
    const verdict = evaluate(request, policies);
    if (verdict.allowed) return { verdict, context };
    const of = { role: nameOf(session.roleArn), boundary: role.boundaryArn };
    return { verdict, context, remedy: remedyFor(request, verdict, policies, of) };
  }

  private async judgeTrust(caller: Session | string, permission: Permission): Promise<Judged> {
    const { account, policies } = this.aws;
    const { action, resource } = permission;
    const session = typeof caller === 'string' ? undefined : caller;
    const principal: Caller = {
      arn: typeof caller === 'string' ? caller : caller.arn,
      roleArn: session?.roleArn,
      account,
    };
    const role = await policies.role(resource);
    const own = session?.roleArn && (await policies.role(session.roleArn));
    const context = {
      ...this.contextOf(principal, permission),
      ...(session && own ? tagsOf(session, own) : {}),
      ...resourceTagsOf(role),
    };
    const how = role ? trusts(role.trust, principal, resource, context, action) : 'no';
    if (how === 'no') {
      const because = `because no trust policy allows the ${action} action`;
      const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
      const remedy = trustRemedy({ action, resource, principal, context }, role?.trust, nameOf(resource));
      return { verdict: { allowed: false, reason: 'implicitDeny', message }, context, remedy };
    }
    if (!session) return { verdict: ALLOWED, context };
    const tagged = { ...permission.context, ...resourceTagsOf(role) };
    return this.judge(session, { ...permission, context: tagged }, role?.trust);
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
  private faultFor(session: Session, action: string, arn: string): Omit<Judged, 'context'> | undefined {
    if (session.phase() === undefined || !this.aws.faults.of('access-denied').includes(action))
      return undefined;
    const message = `User: ${arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action (--fault access-denied)`;
    return {
      verdict: { allowed: false, reason: 'implicitDeny', message },
      remedy: { cause: 'fault', change: `leave out --fault access-denied:${action}` },
    };
  }

  private record(caller: Session | string, { action, resource }: Permission, judged: Judged): void {
    const { verdict, context, remedy } = judged;
    const session = typeof caller === 'string' ? undefined : caller;
    this.aws.ledger.record({
      call: {
        phase: session?.phase(),
        principal: session ? nameOf(session.roleArn ?? session.arn) : String(caller),
        action,
        resource,
        decision: verdict.allowed ? 'allowed' : 'denied',
        reason: verdict.allowed ? undefined : verdict.message,
      },
      roleArn: session?.roleArn,
      context,
      grant: verdict.allowed ? verdict.by?.statement : undefined,
      remedy,
    });
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
function tagsOf({ tags, sourceIdentity }: Session, role: RolePolicies): Permission['context'] {
  const all = Object.entries({ ...role.tags, ...tags });
  return {
    ...Object.fromEntries(all.map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
    ...(sourceIdentity && { 'aws:SourceIdentity': sourceIdentity }),
  };
}

/** Of the role that is to be assumed. */
function resourceTagsOf(role: RolePolicies | undefined): Permission['context'] {
  const tags = Object.entries(role?.tags ?? {});
  return Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
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
