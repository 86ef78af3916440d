import type { ConditionContext } from '../../iam/condition';
import { evaluate, type Policies } from '../../iam/evaluate';
import { listOf, type PolicyDocument, type Statement, statementsOf } from '../../iam/policy';
import { matchesWildcard } from '../../iam/wildcard';
import { isKnown } from '../model/stack';
import type { Role } from '../model/role';
import { couldMatch, mustMatch } from './unknown-text';

/**
 * Whether a role may do something, by its own policies. `no`: for certain, whatever the unknown parts of the resource, the
 * policies and the conditions turn out to be. A resource's own policy may still allow it, see `mayBeAllowedByResource`.
 *
 * @param resource an ARN with what is not known as `‹…›`, or `*` for an action that has no resource
 * @param context condition keys that the request has for certain
 */
export function isAllowed(
  role: Role,
  action: string,
  resource: string,
  context: ConditionContext = {},
): 'yes' | 'no' | 'unknown' {
  const asked: Asked = { action, resource: ofAccount(role, resource), context };
  // A boundary that no template tells may deny all.
  const unreadBoundary = role.boundary === undefined && 'PermissionsBoundary' in role.resource.properties;
  if (!unreadBoundary && allows(role, asked, 'certainly')) return 'yes';
  if (role.unread.length) return 'unknown';
  return allows(role, asked, 'perhaps') ? 'unknown' : 'no';
}

/** In the role's account and partition, where the resource says no other. */
function ofAccount({ stack, arn }: Role, resource: string): string {
  return resource
    .replace('‹AWS::Partition›', arn.split(':')[1] ?? 'aws')
    .replace('‹AWS::AccountId›', stack.account ?? '‹AWS::AccountId›');
}

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

type Sureness = 'certainly' | 'perhaps';

/**
 * Asks the evaluator about the policies as they look when everything that is not known goes against the request
 * (`certainly`), or in its favour (`perhaps`).
 */
function allows(role: Role, asked: Asked, sureness: Sureness): boolean {
  const read = (document: PolicyDocument): PolicyDocument => ({
    Statement: statementsOf(document).flatMap((statement) => settled(statement, asked, sureness)),
  });
  const policies: Policies = {
    identity: role.policies.map(({ name, document }) => ({ name, document: read(document) })),
    ...(role.boundary && { boundary: read(role.boundary) }),
  };
  const principal = { arn: role.arn, account: '' };
  return evaluate({ ...asked, principal }, policies).allowed;
}

/** A statement that speaks of the request for certain, or not at all. */
function settled(statement: Statement, asked: Asked, sureness: Sureness): Statement[] {
  const generous = (statement.Effect === 'Allow') === (sureness === 'perhaps');
  const { Effect, Action, NotAction, Condition } = statement;
  if (!speaksOfResource(statement, asked.resource, generous)) return [];
  const conditions = settledConditions(Condition, asked, generous);
  if (conditions === undefined) return [];
  const actions = Action === undefined ? { NotAction } : { Action };
  return [{ Effect, ...actions, Resource: '*', Condition: conditions }];
}

function speaksOfResource(
  { Resource, NotResource }: Statement,
  resource: string,
  generous: boolean,
): boolean {
  const possible = (pattern: string): boolean => couldMatch(pattern, resource);
  const certain = (pattern: string): boolean => mustMatch(pattern, resource);
  if (Resource !== undefined) return listOf(Resource).some(generous ? possible : certain);
  if (NotResource !== undefined) return !listOf(NotResource).some(generous ? certain : possible);
  return true;
}

/** Those that can be judged; undefined where one cannot be, and doubt goes against the statement. */
function settledConditions(
  condition: Statement['Condition'],
  { action, context }: Asked,
  generous: boolean,
): Statement['Condition'] {
  const keys = new Set(Object.keys(context).map((key) => key.toLowerCase()));
  const judged: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, block] of Object.entries(condition ?? {})) {
    for (const [key, expected] of Object.entries(block)) {
      const values = listOf(expected);
      const known = keys.has(key.toLowerCase()) || isAbsent(key, action);
      if (known && values.every(isKnown)) (judged[operator] ??= {})[key] = values;
      else if (!generous) return undefined;
    }
  }
  return judged;
}

/**
 * Keys that only some requests carry. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
function isAbsent(key: string, action: string): boolean {
  return key.toLowerCase() === 'iam:passedtoservice' && action.toLowerCase() !== 'iam:passrole';
}

/** Whether a statement allows the action on something at all, so far as its text goes. */
export function namesAction(statement: Statement, action: string): boolean {
  const matches = (pattern: string): boolean => matchesWildcard(pattern, action, { ignoreCase: true });
  return statement.Action === undefined
    ? statement.NotAction !== undefined && !listOf(statement.NotAction).some(matches)
    : listOf(statement.Action).some(matches);
}
