import { listOf, type Statement, statementsOf } from '../../iam/policy';
import type { Role } from '../model/role';
import type { Found, Rule } from '../rule';

export const openTrust: Rule = {
  id: 'S06',
  name: 'open-trust',
  title: 'Strangers may assume a role',
  cause:
    'the trust policy names everybody, or a whole account of somebody else without an external id: whoever can act there decides who has the role',
  fix: 'name the role that needs it as the principal, or ask for an sts:ExternalId',
  link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html',
  *check({ roles, stacks }): Iterable<Found> {
    const ours = new Set(stacks.flatMap(({ account }) => account ?? []));
    for (const role of roles) {
      for (const statement of statementsOf(role.trust)) {
        if (statement.Effect !== 'Allow' || statement.Condition !== undefined) continue;
        const named = principals(statement);
        if (named.includes('*')) {
          yield {
            level: 'error',
            place: role.resource.place,
            message: `everybody may assume ${role.name}: its trust policy names the principal *, without a condition`,
          };
        }
        const foreign =
          role.stack.account === undefined ? [] : named.flatMap((one) => wholeAccount(one) ?? []);
        for (const account of foreign.filter((one) => !ours.has(one))) yield ofAccount(role, account);
      }
    }
  },
};

function ofAccount(role: Role, account: string): Found {
  return {
    level: 'warning',
    place: role.resource.place,
    message: `account ${account} may assume ${role.name} without an external id`,
    fix: 'name a role of that account as the principal; or, for a service of somebody else, add "Condition":{"StringEquals":{"sts:ExternalId":"<what they give you>"}}',
  };
}

function principals({ Principal }: Statement): readonly string[] {
  if (Principal === undefined) return [];
  return typeof Principal === 'string' ? [Principal] : listOf(Principal.AWS);
}

function wholeAccount(principal: string): string | undefined {
  return /^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/.exec(principal)?.[1];
}
