import { list, object, text, texts } from '../../values';
import { type Found as Resource, nameOf, referredTo, resourcesOf } from '../model/resources';
import type { Rule } from '../rule';

/** Characters that are no white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, 2026-11 */
const MANAGED = 6_144;
const INLINE = 10_240;

export const largePolicy: Rule = {
  id: 'F76',
  name: 'large-policy',
  title: 'A policy is larger than IAM takes',
  awsError: 'Maximum policy size of 10240 bytes exceeded for role NAME',
  cause:
    'all inline policies of a role together may have 10,240 characters, a managed policy 6,144: lists of targets, one by one, grow beyond',
  fix: 'name the targets by a common prefix (arn:…/app-*), or split the permissions into managed policies',
  link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
  *check({ stacks, roles }) {
    for (const { stack, resource } of resourcesOf(stacks, 'AWS::IAM::ManagedPolicy')) {
      const size = sizeOf(resource.properties.PolicyDocument);
      if (size <= MANAGED) continue;
      yield {
        level: 'error',
        place: resource.place,
        message: `the managed policy ${nameOf(resource, 'ManagedPolicyName')} of ${stack.name} has at least ${size} characters, ${MANAGED} being the most`,
        awsError: `Cannot exceed quota for PolicySize: ${MANAGED}`,
      };
    }
    const inline = resourcesOf(stacks, 'AWS::IAM::Policy', 'AWS::IAM::RolePolicy');
    for (const role of roles) {
      const attached = inline.filter((policy) => isOf(policy, role, roles));
      const documents = [
        ...list(role.resource.properties, 'Policies').map((policy) => object(policy).PolicyDocument),
        ...attached.map(({ resource }) => resource.properties.PolicyDocument),
      ];
      const size = documents.map(sizeOf).reduce((sum, one) => sum + one, 0);
      if (size <= INLINE) continue;
      yield {
        level: 'error',
        place: role.resource.place,
        message: `the inline policies of ${role.name} have at least ${size} characters together, ${INLINE} being the most`,
        awsError: `Maximum policy size of ${INLINE} bytes exceeded for role ${role.name}`,
      };
    }
  },
};

function isOf<Role extends Resource & { readonly name: string }>(
  { stack, resource }: Resource,
  role: Role,
  roles: readonly Role[],
): boolean {
  const names = [...texts(resource.properties, 'Roles'), ...texts(resource.properties, 'RoleName')];
  return names.some((name) => referredTo(name, 'name', stack, roles) === role);
}

/** At least: what only the deployment will know is counted as an account's id, or as nothing. */
function sizeOf(document: unknown): number {
  if (document === undefined) return 0;
  const written = text(document) ?? JSON.stringify(document);
  return written
    .replaceAll('‹AWS::AccountId›', '123456789012')
    .replace(/‹[^›]*›/g, '')
    .replace(/\s/g, '').length;
}
