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
  /** That the session was begun with: a session can do no more than they allow together. */
  readonly session?: readonly PolicyDocument[];
  /** Of the resource, in the caller's account. */
  readonly resource?: PolicyDocument;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly reason: 'allowed' | 'explicitDeny' | 'implicitDeny' | 'boundary' | 'sessionPolicy';
  /** In AWS's words; empty when allowed. */
  readonly message: string;
  /** The statement that decided: of an identity policy where one allows, of any policy where one denies. */
  readonly by?: Decisive;
}

export interface Decisive {
  /** Its name, or what it is, e.g. `a permissions boundary`. */
  readonly policy: string;
  readonly statement: Statement;
}

/**
 * Decides a request within one account: an explicit deny anywhere wins; then the resource's policy or an identity policy
 * must allow, the latter within the permissions boundary and the session policies.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(request: Request, policies: Policies): Verdict {
  const { identity, boundary, session, resource } = policies;
  const others: [kind: string, document: PolicyDocument | undefined][] = [
    ['a permissions boundary', boundary],
    ...(session ?? []).map((document): [string, PolicyDocument] => ['a session policy', document]),
    ['a resource-based policy', resource],
  ];
  const documents = [
    ...identity.map(({ name, document }) => ({ kind: 'an identity-based policy', policy: name, document })),
    ...others.flatMap(([kind, document]) => (document ? [{ kind, policy: kind, document }] : [])),
  ];
  for (const { kind, policy, document } of documents) {
    const found = applies(request, document, 'Deny');
    if (!found) continue;
    const by = { policy, statement: found.statement };
    return { ...denied(request, 'explicitDeny', `with an explicit deny in ${kind}`), by };
  }
  const how = resource && applies(request, resource, 'Allow')?.how;
  // One that names the account leaves it to the account's own policies.
  const byResource = how === 'account' ? undefined : how;
  const byIdentity = first(identity, ({ name, document }) => {
    const statement = applies(request, document, 'Allow')?.statement;
    return statement && { policy: name, statement };
  });
  const allowed: Verdict = { allowed: true, reason: 'allowed', message: '', by: byIdentity };
  // A policy that names the session itself is limited neither by the role's boundary nor by the session's policies; one
  // that names the role is.
  if (byResource === 'session') return allowed;
  const because = (kind: string): string => `because no ${kind} allows the ${request.action} action`;
  if (!byIdentity && !byResource) return denied(request, 'implicitDeny', because('identity-based policy'));
  if (boundary && !applies(request, boundary, 'Allow')) {
    return denied(request, 'boundary', because('permissions boundary'));
  }
  if (session && !session.some((document) => applies(request, document, 'Allow'))) {
    return denied(request, 'sessionPolicy', because('session policy'));
  }
  return allowed;
}

/**
 * Decides by a role's trust policy whether a caller may assume it, or give its session tags or a source identity. A
 * principal that names an account delegates to it: then the caller's own policies must allow the action too.
 */
export function trusts(
  trust: PolicyDocument,
  caller: Caller,
  roleArn: string,
  context: ConditionContext,
  action = 'sts:AssumeRole',
): 'no' | 'yes' | 'delegated' {
  const request: Request = { action, resource: roleArn, principal: caller, context };
  if (applies(request, trust, 'Deny')) return 'no';
  const how = applies(request, trust, 'Allow')?.how;
  if (!how) return 'no';
  return how === 'account' ? 'delegated' : 'yes';
}

/** Whether one statement, by itself, says something about a request. */
export function speaksOf(statement: Statement, request: Request): boolean {
  return statementApplies(request, statement, statement.Effect) !== undefined;
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

/** The statement of that effect that applies, and how; undefined when none does. A condition that cannot be judged denies. */
function applies(
  request: Request,
  document: PolicyDocument,
  effect: Statement['Effect'],
): { readonly how: How; readonly statement: Statement } | undefined {
  let found: { how: How; statement: Statement } | undefined;
  for (const statement of statementsOf(document)) {
    if (statement.Effect !== effect) continue;
    const how = statementApplies(request, statement, effect);
    if (how !== undefined && (found === undefined || found.how === 'account')) found = { how, statement };
  }
  return found;
}

function first<T, U>(values: readonly T[], find: (value: T) => U | undefined): U | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
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
