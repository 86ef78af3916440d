import { type ConditionContext, conditionsHold, substituted, UnknownCondition } from './condition';
import { listOf, type PolicyDocument, type Principal, type Statement, statementsOf } from './policy';
import { matchesArn, matchesWildcard } from './wildcard';

export interface Request {
  /** E.g. `ecr:PutImage`. */
  readonly action: string;
  /** The ARN, or `*` where the API has no resource. */
  readonly resource: string;
  readonly principal: Caller;
  readonly context: ConditionContext;
}

export interface Caller {
  /** `arn:aws:sts::…:assumed-role/…`, `arn:aws:iam::…:user/…`, or a service's name such as `codebuild.amazonaws.com`. */
  readonly arn: string;
  /** The role of an assumed-role session. */
  readonly roleArn?: string;
  readonly account: string;
}

export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

export interface Policies {
  readonly identity: readonly NamedPolicy[];
  readonly boundary?: PolicyDocument;
  /** Of the resource, in the caller's account. */
  readonly resource?: PolicyDocument;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly reason: 'allowed' | 'explicitDeny' | 'implicitDeny' | 'boundary';
  /** In AWS's words; empty when allowed. */
  readonly message: string;
}

/**
 * Decides a request within one account: an explicit deny anywhere wins; then the resource's policy or an identity policy
 * must allow, the latter within the permissions boundary.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(request: Request, policies: Policies): Verdict {
  const documents: [kind: string, document: PolicyDocument][] = [
    ...policies.identity.map(({ document }): [string, PolicyDocument] => [
      'an identity-based policy',
      document,
    ]),
    ...(policies.boundary
      ? ([['a permissions boundary', policies.boundary]] as [string, PolicyDocument][])
      : []),
    ...(policies.resource
      ? ([['a resource-based policy', policies.resource]] as [string, PolicyDocument][])
      : []),
  ];
  for (const [kind, document] of documents) {
    if (applies(request, document, 'Deny')) {
      return denied(request, 'explicitDeny', `with an explicit deny in ${kind}`);
    }
  }
  const allowed: Verdict = { allowed: true, reason: 'allowed', message: '' };
  const how = policies.resource && applies(request, policies.resource, 'Allow');
  // One that names the account leaves it to the account's own policies.
  const byResource = how === 'account' ? undefined : how;
  // A policy that names the session itself is not limited by the role's boundary; one that names the role is.
  if (byResource && (byResource === 'session' || !policies.boundary)) return allowed;
  const byIdentity = policies.identity.some(({ document }) => applies(request, document, 'Allow'));
  if (!byIdentity && !byResource) {
    return denied(
      request,
      'implicitDeny',
      `because no identity-based policy allows the ${request.action} action`,
    );
  }
  if (policies.boundary && !applies(request, policies.boundary, 'Allow')) {
    return denied(request, 'boundary', `because no permissions boundary allows the ${request.action} action`);
  }
  return allowed;
}

/**
 * Decides by a role's trust policy whether a caller may assume it. A principal that names an account delegates to it: then
 * the caller's own policies must allow sts:AssumeRole too.
 */
export function trusts(
  trust: PolicyDocument,
  caller: Caller,
  roleArn: string,
  context: ConditionContext,
): 'no' | 'yes' | 'delegated' {
  const request: Request = { action: 'sts:AssumeRole', resource: roleArn, principal: caller, context };
  if (applies(request, trust, 'Deny')) return 'no';
  const how = applies(request, trust, 'Allow');
  if (!how) return 'no';
  return how === 'account' ? 'delegated' : 'yes';
}

function denied(request: Request, reason: Verdict['reason'], because: string): Verdict {
  const { principal, action, resource } = request;
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  return {
    allowed: false,
    reason,
    message: `User: ${principal.arn} is not authorized to perform: ${action}${on} ${because}`,
  };
}

type How = 'session' | 'role' | 'account' | 'anyone' | 'identity';

/** How a statement of that effect applies; undefined when none does. A condition that cannot be judged denies. */
function applies(request: Request, document: PolicyDocument, effect: Statement['Effect']): How | undefined {
  let found: How | undefined;
  for (const statement of statementsOf(document)) {
    if (statement.Effect !== effect) continue;
    const how = statementApplies(request, statement, effect);
    if (how === undefined) continue;
    found = found === undefined || found === 'account' ? how : found;
  }
  return found;
}

function statementApplies(
  request: Request,
  statement: Statement,
  effect: Statement['Effect'],
): How | undefined {
  try {
    if (!actionMatches(statement, request.action)) return undefined;
    if (!resourceMatches(statement, request)) return undefined;
    const how = principalMatches(statement, request.principal);
    if (!how) return undefined;
    return conditionsHold(statement.Condition, request.context) ? how : undefined;
  } catch (error) {
    if (!(error instanceof UnknownCondition)) throw error;
    return effect === 'Deny' ? 'identity' : undefined;
  }
}

function actionMatches({ Action, NotAction }: Statement, action: string): boolean {
  const matches = (pattern: string): boolean => matchesWildcard(pattern, action, { ignoreCase: true });
  return Action === undefined ? !listOf(NotAction).some(matches) : listOf(Action).some(matches);
}

function resourceMatches(
  { Effect, Resource, NotResource }: Statement,
  { resource, context }: Request,
): boolean {
  // A trust policy has no resource: it is the role's own.
  if (Resource === undefined && NotResource === undefined) return true;
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  const patterns = listOf(Resource ?? NotResource).map((written) => substituted(written, keys));
  const found = patterns.some((pattern) => pattern !== undefined && matchesWildcard(pattern, resource));
  if (Resource !== undefined) return found;
  // What a variable without a value excludes is not known: a deny applies, an allow does not.
  return patterns.includes(undefined) ? Effect === 'Deny' : !found;
}

function principalMatches({ Principal, NotPrincipal }: Statement, caller: Caller): How | undefined {
  if (Principal !== undefined) return principalNames(Principal, caller);
  if (NotPrincipal !== undefined) return principalNames(NotPrincipal, caller) ? undefined : 'anyone';
  return 'identity';
}

function principalNames(principal: Principal, { arn, roleArn, account }: Caller): How | undefined {
  if (principal === '*') return 'anyone';
  if (typeof principal === 'string') return undefined;
  if (listOf(principal.Service).includes(arn)) return 'session';
  const names = listOf(principal.AWS);
  if (arn.endsWith('.amazonaws.com')) return undefined;
  if (names.includes(arn)) return 'session';
  if (roleArn !== undefined && names.includes(roleArn)) return 'role';
  if (names.includes('*')) return 'anyone';
  if (names.some((name) => name === account || matchesArn(name, `arn:aws:iam::${account}:root`)))
    return 'account';
  return undefined;
}
