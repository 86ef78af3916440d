import { madeUpAsPattern } from '../gateway/resources';
import { unmetConditions } from '../../iam/condition';
import {
  evaluate,
  type NamedPolicy,
  type Policies,
  type Request,
  speaksOf,
  type Verdict,
} from '../../iam/evaluate';
import { type PolicyDocument, type Statement, statementsOf } from '../../iam/policy';

/** Why a call was denied, and what would allow it. */
export interface Remedy {
  /**
   * `condition`: a statement names action and resource, but its condition does not hold. `fault`: only because the user
   * asked for it. `notJudged`: the simulator could not tell.
   */
  readonly cause:
    | 'missing'
    | 'condition'
    | 'explicitDeny'
    | 'boundary'
    | 'sessionPolicy'
    | 'trustPolicy'
    | 'fault'
    | 'notJudged';
  /** The smallest statement that would allow it, for the policy that `change` names; absent where none would. */
  readonly statement?: Statement;
  /** What to change, one sentence. */
  readonly change: string;
}

/** Whom a denied call concerns, by the names that a person knows them by. */
export interface Concerned {
  /** The role's name. */
  readonly role: string;
  /** The ARN of its permissions boundary. */
  readonly boundary?: string;
}

/** What would allow a request that policies deny. */
export function remedyFor(request: Request, verdict: Verdict, policies: Policies, of: Concerned): Remedy {
  const statement: Statement = {
    Effect: 'Allow',
    Action: request.action,
    Resource: madeUpAsPattern(request.resource),
  };
  const boundary = of.boundary ? `the permissions boundary ${of.boundary}` : 'the permissions boundary';
  switch (verdict.reason) {
    case 'explicitDeny':
      return { cause: 'explicitDeny', change: narrow(verdict, policies, request) };
    case 'boundary':
      return { cause: 'boundary', statement, change: `add the statement to ${boundary} of ${of.role}` };
    case 'sessionPolicy':
      return {
        cause: 'sessionPolicy',
        statement,
        change: `add the statement to the session policy with which ${of.role} was assumed`,
      };
    default: {
      const nearly = nearMiss(request, policies.identity);
      if (nearly) return { cause: 'condition', change: nearly };
      const added = { name: 'added', document: { Statement: statement } };
      const then = evaluate(request, { ...policies, identity: [...policies.identity, added] });
      const also = then.reason === 'boundary' ? `, and to ${boundary}` : '';
      return { cause: 'missing', statement, change: `add the statement to a policy of ${of.role}${also}` };
    }
  }
}

/** What would let a caller assume a role whose trust policy does not let it. */
export function trustRemedy(request: Request, trust: PolicyDocument | undefined, role: string): Remedy {
  const cause = 'trustPolicy';
  if (!trust) return { cause, change: `make the role ${request.resource}: there is none` };
  const policy = `the trust policy of ${role}`;
  const denies = statementsOf(trust).find((one) => one.Effect === 'Deny' && speaksOf(one, request));
  if (denies)
    return { cause, change: `except ${request.principal.arn} from ${label(trust, denies)} of ${policy}` };
  const nearly = nearMiss(request, [{ name: policy, document: trust }]);
  if (nearly) return { cause, change: nearly };
  const { arn, roleArn } = request.principal;
  const Principal: Record<string, string> = arn.endsWith('.amazonaws.com')
    ? { Service: arn }
    : { AWS: roleArn ?? arn };
  const statement: Statement = { Effect: 'Allow', Principal, Action: request.action };
  return { cause, statement, change: `add the statement to ${policy}` };
}

/** A statement that would allow the request if its conditions held, and which do not. */
function nearMiss(request: Request, policies: readonly NamedPolicy[]): string | undefined {
  for (const { name, document } of policies) {
    for (const statement of statementsOf(document)) {
      const { Condition: condition, ...unconditional } = statement;
      if (!condition || statement.Effect !== 'Allow' || !speaksOf(unconditional, request)) continue;
      const unmet = unmetConditions(condition, request.context).map(({ operator, key, expected, actual }) => {
        const is = actual === undefined ? 'is not in the request' : `is ${[actual].flat().join(', ')}`;
        return `${operator} ${key} ${expected.join(' or ')}, but it ${is}`;
      });
      return `${label(document, statement)} of ${name} allows it only with ${unmet.join('; and ')}: make the request carry that, or change the condition`;
    }
  }
  return undefined;
}

function narrow({ by }: Verdict, policies: Policies, { action, resource }: Request): string {
  if (!by) return `except ${action} on ${resource} from the statement that denies it`;
  const documents = [
    ...policies.identity.map(({ document }) => document),
    policies.boundary,
    ...(policies.session ?? []),
    policies.resource,
  ];
  const of = documents.find((document) => document && statementsOf(document).includes(by.statement));
  const which = of ? label(of, by.statement) : 'the statement';
  return `except ${action} on ${resource} from ${which} of ${by.policy}, which denies it`;
}

/** A statement as a person finds it: by its Sid, or else its place. */
export function label(document: PolicyDocument, statement: Statement): string {
  return `statement ${statement.Sid ?? `#${statementsOf(document).indexOf(statement) + 1}`}`;
}
