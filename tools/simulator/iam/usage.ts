import type { Judgement } from '../gateway/ledger';
import { madeUpAsPattern } from '../gateway/resources';
import { type NamedPolicy, type Request, speaksOf } from '../../iam/evaluate';
import { listOf, type PolicyDocument, type Statement, statementsOf } from '../../iam/policy';
import type { Remedy } from './remedy';

/** What one principal did in a run, and which policy would have been enough for it. */
export interface PrincipalUse {
  /** The role's name, else the user's or service's. */
  readonly principal: string;
  /** Absent for a principal that no policy limits, such as the administrator. */
  readonly roleArn?: string;
  readonly phases: readonly PhaseUse[];
  /** What the role's identity policies grant and nothing used. */
  readonly unused: readonly UnusedGrant[];
  /** The identity policy that would have sufficed; absent for a principal that no policy limits. */
  readonly minimalPolicy?: PolicyDocument;
}

export interface PhaseUse {
  /** The build's phase; absent outside builds. */
  readonly phase?: string;
  readonly used: readonly { readonly action: string; readonly resource: string; readonly count: number }[];
  readonly denied: readonly DeniedCall[];
}

export interface DeniedCall extends Remedy {
  readonly action: string;
  readonly resource: string;
  readonly count: number;
  /** In AWS's words. */
  readonly reason: string;
}

/** Every pair of one of the actions and one of the resources is granted by the statement and was not used. */
export interface UnusedGrant {
  readonly policy: string;
  /** The statement's Sid, or `#` and its place in the policy, from 1. */
  readonly statement: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

type Judged = Judgement & { readonly count: number };

/**
 * What each principal used, was denied, and had for nothing.
 *
 * @param policiesOf the identity policies of a role, by its ARN
 */
export function usageOf(
  judgements: readonly Judged[],
  account: string,
  policiesOf: ReadonlyMap<string, readonly NamedPolicy[]>,
): PrincipalUse[] {
  return [...groupedBy(judgements, ({ call }) => call.principal)].map(([principal, all]) => {
    const roleArn = all.find((one) => one.roleArn !== undefined)?.roleArn;
    const allowed = all.filter(({ call }) => call.decision === 'allowed');
    return {
      principal,
      phases: [...groupedBy(all, ({ call }) => call.phase)].map(([phase, calls]) => phaseUse(phase, calls)),
      ...(roleArn === undefined
        ? { unused: [] }
        : {
            roleArn,
            unused: unusedGrants(policiesOf.get(roleArn) ?? [], allowed, account),
            minimalPolicy: minimalPolicy(allowed),
          }),
    };
  });
}

function phaseUse(phase: string | undefined, judgements: readonly Judged[]): PhaseUse {
  const total = (of: readonly Judged[]): number => of.reduce((sum, { count }) => sum + count, 0);
  const same = (decision: 'allowed' | 'denied'): Judged[][] => {
    const some = judgements.filter(({ call }) => call.decision === decision);
    return [
      ...groupedBy(some, ({ call }) => `${call.action} ${call.resource} ${call.reason ?? ''}`).values(),
    ];
  };
  return {
    phase,
    used: same('allowed').map((group) => {
      const { action, resource } = head(group).call;
      return { action, resource, count: total(group) };
    }),
    denied: same('denied').map((group) => {
      const { call, remedy } = head(group);
      const { action, resource, reason = '' } = call;
      const unknown: Remedy = { cause: 'notJudged', change: 'nothing is known that would allow it' };
      return { action, resource, count: total(group), reason, ...(remedy ?? unknown) };
    }),
  };
}

/**
 * The pairs of action and resource that a role's policies grant and that no allowed call used, as written in the policies.
 */
export function unusedGrants(
  policies: readonly NamedPolicy[],
  allowed: readonly Judgement[],
  account: string,
): UnusedGrant[] {
  const requests = allowed.map(({ call, context, roleArn }): Request => ({
    action: call.action,
    resource: call.resource,
    principal: { arn: roleArn ?? '', roleArn, account },
    context,
  }));
  return policies.flatMap(({ name, document }) =>
    statementsOf(document).flatMap((statement, index) => {
      // What NotAction or NotResource grant has no list from which something could be taken.
      if (statement.Effect !== 'Allow' || !statement.Action || !statement.Resource) return [];
      const unused = listOf(statement.Action).map((Action) => {
        const asked = requests.filter((request) => speaksOf({ ...statement, Action }, request));
        const resources = listOf(statement.Resource).filter(
          (Resource) => !asked.some((request) => speaksOf({ ...statement, Action, Resource }, request)),
        );
        return { action: Action, resources };
      });
      const some = unused.filter(({ resources }) => resources.length > 0);
      return [...groupedBy(some, ({ resources }) => resources.join('\n')).values()].map((group) => ({
        policy: name,
        statement: statement.Sid ?? `#${index + 1}`,
        actions: group.map(({ action }) => action).sort(),
        resources: head(group).resources,
      }));
    }),
  );
}

/** From this many resources under one wildcard on, a policy that lists them helps nobody: the next run has others. */
const MANY = 9;

/**
 * The smallest identity policy under which all of these calls are allowed: actions by name, resources as they were asked
 * for, with the conditions of the statements that granted them. A wildcard stays only where many resources were used
 * under it, and then as narrow as their common folder.
 */
export function minimalPolicy(allowed: readonly Judgement[]): PolicyDocument {
  const needed = allowed.flatMap(({ call, grant }) => (grant ? [{ call, grant }] : []));
  const statements: Statement[] = [];
  for (const [, sameCondition] of groupedBy(needed, ({ grant }) => JSON.stringify(grant.Condition))) {
    const actionsOn = new Map<string, Set<string>>();
    for (const [action, calls] of groupedBy(sameCondition, ({ call }) => call.action)) {
      const { grant } = head(calls);
      for (const resource of narrowed(
        calls.map(({ call }) => call.resource),
        grant,
      )) {
        actionsOn.set(resource, (actionsOn.get(resource) ?? new Set()).add(action));
      }
    }
    const condition = head(sameCondition).grant.Condition;
    const groups = groupedBy([...actionsOn], ([, actions]) => [...actions].sort().join(' '));
    for (const [actions, resources] of groups) {
      statements.push({
        Effect: 'Allow',
        Action: oneOrMany(actions.split(' ')),
        Resource: oneOrMany(resources.map(([resource]) => resource).sort()),
        ...(condition && { Condition: condition }),
      });
    }
  }
  return { Version: '2012-10-17', Statement: statements };
}

function narrowed(used: readonly string[], grant: Statement): string[] {
  const resources = [...new Set(used.map(madeUpAsPattern))];
  const patterns = listOf(grant.Resource);
  if (resources.length < MANY || !patterns.some((pattern) => pattern.includes('*'))) return resources;
  // Never across the kinds of resources, nor across buckets: `arn:aws:s3:::bucket/` and `…:task/` are folders.
  const byFolder = groupedBy(resources, (resource) => /^(?:[^:]*:){5}[^/:]*[/:]?/.exec(resource)?.[0]);
  return [...byFolder].flatMap(([folder, inside]) => {
    if (folder === undefined || inside.length < MANY) return inside;
    const prefix = commonFolder(inside);
    return prefix.length > folder.length ? [`${prefix}*`] : inside;
  });
}

/** Of all of them, up to the last `/` or `:` that they share. */
function commonFolder(resources: readonly string[]): string {
  const [one = '', ...others] = resources;
  let length = one.length;
  for (const other of others) {
    while (!other.startsWith(one.slice(0, length))) length -= 1;
  }
  return one.slice(0, length).replace(/[^/:]*$/, '');
}

function oneOrMany(values: string[]): string | string[] {
  return values.length === 1 ? head(values) : values;
}

function groupedBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}

/** Of a group, which has at least one. */
function head<T>(group: readonly T[]): T {
  return group[0] as T;
}
