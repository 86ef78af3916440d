import type { NamedPolicy } from '../../iam/evaluate';
import type { PolicyDocument } from '../../iam/policy';
import { at, list, text, texts } from '../../values';
import { readPolicy } from './policy-document';
import { type Found, nameOf, partitionOf, referredTo, resourcesOf } from './resources';
import type { Resource, Stack } from './stack';

/** An IAM role of a template, with all that its policies say, those of other resources too. */
export interface Role {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  /** `arn:aws:iam::ACCOUNT:role/NAME` as far as known. */
  readonly arn: string;
  /** Inline ones, `AWS::IAM::Policy`, and managed ones that a template has. */
  readonly policies: readonly NamedPolicy[];
  readonly trust: PolicyDocument;
  readonly boundary?: PolicyDocument;
  /** ARNs of managed policies whose statements no template tells, e.g. AWS's own: then nothing is known to be denied. */
  readonly unread: readonly string[];
}

const ADMINISTRATOR: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

/** The roles of all stacks. */
export function rolesOf(stacks: readonly Stack[]): Role[] {
  const managed = resourcesOf(stacks, 'AWS::IAM::ManagedPolicy').map((found) => ({
    ...found,
    arn: arnOf(found, 'policy', 'ManagedPolicyName'),
  }));
  const roles = resourcesOf(stacks, 'AWS::IAM::Role').map((found) => ({
    ...found,
    name: nameOf(found.resource, 'RoleName'),
    arn: arnOf(found, 'role', 'RoleName'),
  }));
  /** Policies that other resources attach, by the role's resource. */
  const attached = new Map<Resource, Set<Resource>>();
  const attach = (role: Resource, policy: Resource): void => {
    attached.set(role, (attached.get(role) ?? new Set()).add(policy));
  };
  const types = ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::ManagedPolicy'];
  for (const { stack, resource } of resourcesOf(stacks, ...types)) {
    for (const given of [...texts(resource.properties, 'Roles'), ...texts(resource.properties, 'RoleName')]) {
      const role = referredTo(given, 'name', stack, roles);
      if (role) attach(role.resource, resource);
    }
  }
  return roles.map(({ stack, resource, name, arn }): Role => {
    const { properties } = resource;
    const policies: NamedPolicy[] = [];
    const unread: string[] = [];
    const add = (policyName: string, written: unknown): void => {
      const { document, complete } = readPolicy(written);
      policies.push({ name: policyName, document });
      if (!complete) unread.push(policyName);
    };
    for (const policy of list(properties, 'Policies')) {
      add(text(policy, 'PolicyName') ?? 'inline', at(policy, 'PolicyDocument'));
    }
    for (const given of texts(properties, 'ManagedPolicyArns')) {
      const policy = referredTo(given, 'arn', stack, managed);
      if (policy) attach(resource, policy.resource);
      else if (isAdministrator(given))
        policies.push({ name: 'AdministratorAccess', document: ADMINISTRATOR });
      else unread.push(given);
    }
    for (const policy of attached.get(resource) ?? []) {
      const { PolicyName, ManagedPolicyName, PolicyDocument } = policy.properties;
      add(text(PolicyName) ?? text(ManagedPolicyName) ?? `‹${policy.logicalId}›`, PolicyDocument);
    }
    const boundary = text(properties, 'PermissionsBoundary');
    const bound = boundary === undefined ? undefined : referredTo(boundary, 'arn', stack, managed);
    const limits = bound && readPolicy(bound.resource.properties.PolicyDocument);
    return {
      ...{ stack, resource, name, arn, policies, unread },
      trust: readPolicy(properties.AssumeRolePolicyDocument).document,
      // One that is not told whole might allow what it seems to deny.
      boundary: limits?.complete ? limits.document : undefined,
    };
  });
}

function isAdministrator(arn: string): boolean {
  return /^arn:[^:]+:iam::aws:policy\/AdministratorAccess$/.test(arn);
}

/** As other resources' references to it are resolved. */
function arnOf({ stack, resource }: Found, kind: 'role' | 'policy', named: string): string {
  const path = text(resource.properties, 'Path') ?? '/';
  return `arn:${partitionOf(stack)}:iam::${stack.account ?? '‹AWS::AccountId›'}:${kind}${path}${nameOf(resource, named)}`;
}
