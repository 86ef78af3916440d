import { listOf, statementsOf } from '../../iam/policy';
import type { Role } from '../model/role';
import { isAllowed, namesAction } from './is-allowed';
import { arn } from './need';

/** Anything at all of a kind: only a wildcard allows it for certain. */
export const ANY_ROLE = arn('iam', 'role/‹any›');

/** Managed policies of AWS's with which there is nothing left to gain. */
export function everything(role: Role): string | undefined {
  return role.unread.find((policy) => /:policy\/(?:AdministratorAccess|IAMFullAccess)$/.test(policy));
}

/** Something that a pattern of IAM's matches. */
export function oneOf(pattern: string): string {
  return pattern.replaceAll('*', '‹any›').replaceAll('?', 'x');
}

/** Resources of which the role is allowed the action for certain, as its policies write them. */
export function allowedOn(
  role: Role,
  action: string,
  context: Readonly<Record<string, string>> = {},
): string[] {
  const written = role.policies.flatMap(({ document }) =>
    statementsOf(document)
      .filter((statement) => statement.Effect === 'Allow' && namesAction(statement, action))
      .flatMap(({ Resource }) => listOf(Resource)),
  );
  return [...new Set(written)].filter(
    (pattern) => isAllowed(role, action, oneOf(pattern), context) === 'yes',
  );
}
