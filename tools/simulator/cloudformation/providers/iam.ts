import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  ListPolicyVersionsCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { generatedName } from '../generated-name';
import { type Made, type Properties, type Provider, type ProviderContext, tagsOf, textOf } from '../provider';

interface Inline {
  readonly PolicyName: string;
  readonly PolicyDocument: unknown;
}

export const role: Provider = {
  replacedBy: ['RoleName', 'Path'],
  async create(context, properties) {
    const RoleName = textOf(properties, 'RoleName') ?? generatedName(context);
    await context.clients.iam.send(
      new CreateRoleCommand({
        RoleName,
        Path: textOf(properties, 'Path'),
        Description: textOf(properties, 'Description'),
        AssumeRolePolicyDocument: JSON.stringify(properties.AssumeRolePolicyDocument),
        PermissionsBoundary: textOf(properties, 'PermissionsBoundary'),
        Tags: tagsOf(context, properties),
      }),
    );
    context.begun(RoleName);
    await putPolicies(context, RoleName, properties, {});
    return made(context, RoleName);
  },
  async update(context, RoleName, properties, old) {
    const { iam } = context.clients;
    const PolicyDocument = JSON.stringify(properties.AssumeRolePolicyDocument);
    if (PolicyDocument !== JSON.stringify(old.AssumeRolePolicyDocument)) {
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    }
    const PermissionsBoundary = textOf(properties, 'PermissionsBoundary');
    if (PermissionsBoundary && PermissionsBoundary !== old.PermissionsBoundary) {
      await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
    }
    await putPolicies(context, RoleName, properties, old);
    return made(context, RoleName);
  },
  async delete(context, RoleName, properties) {
    await putPolicies(context, RoleName, {}, properties);
    await context.clients.iam.send(new DeleteRoleCommand({ RoleName }));
  },
};

/** Makes the inline and attached policies of a role what they should be. */
async function putPolicies(
  { clients }: ProviderContext,
  RoleName: string,
  wanted: Properties,
  old: Properties,
): Promise<void> {
  const { iam } = clients;
  const inline = (properties: Properties): Inline[] => (properties.Policies ?? []) as Inline[];
  const attached = (properties: Properties): string[] => (properties.ManagedPolicyArns ?? []) as string[];
  for (const { PolicyName, PolicyDocument } of inline(wanted)) {
    await iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) }),
    );
  }
  for (const { PolicyName } of inline(old)) {
    if (inline(wanted).some((policy) => policy.PolicyName === PolicyName)) continue;
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  }
  for (const PolicyArn of attached(wanted)) {
    if (!attached(old).includes(PolicyArn))
      await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
  for (const PolicyArn of attached(old)) {
    if (!attached(wanted).includes(PolicyArn))
      await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  }
}

async function made({ clients }: ProviderContext, RoleName: string): Promise<Made> {
  const { Role } = await clients.iam.send(new GetRoleCommand({ RoleName }));
  return { physicalId: RoleName, attributes: { Arn: Role?.Arn, RoleId: Role?.RoleId } };
}

/** An inline policy of roles. */
export const policy: Provider = {
  replacedBy: ['PolicyName'],
  async create({ clients }, properties) {
    const PolicyName = String(properties.PolicyName);
    for (const RoleName of (properties.Roles ?? []) as string[]) {
      const PolicyDocument = JSON.stringify(properties.PolicyDocument);
      await clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    }
    return { physicalId: PolicyName };
  },
  update: (context, _, properties) => policy.create(context, properties),
  async delete({ clients }, PolicyName, properties) {
    for (const RoleName of (properties.Roles ?? []) as string[]) {
      await clients.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    }
  },
};

export const managedPolicy: Provider = {
  replacedBy: ['ManagedPolicyName', 'Path', 'Description'],
  async create(context, properties) {
    const { Policy } = await context.clients.iam.send(
      new CreatePolicyCommand({
        PolicyName: textOf(properties, 'ManagedPolicyName') ?? generatedName(context, 128),
        Path: textOf(properties, 'Path'),
        Description: textOf(properties, 'Description'),
        PolicyDocument: JSON.stringify(properties.PolicyDocument),
      }),
    );
    return { physicalId: Policy?.Arn ?? '', attributes: { PolicyArn: Policy?.Arn } };
  },
  async update({ clients }, PolicyArn, properties) {
    const PolicyDocument = JSON.stringify(properties.PolicyDocument);
    await deleteOldVersions(clients, PolicyArn);
    await clients.iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
    return { physicalId: PolicyArn, attributes: { PolicyArn } };
  },
  async delete({ clients }, PolicyArn) {
    await deleteOldVersions(clients, PolicyArn);
    await clients.iam.send(new DeletePolicyCommand({ PolicyArn }));
  },
};

/** A policy has five versions at most. */
async function deleteOldVersions({ iam }: ProviderContext['clients'], PolicyArn: string): Promise<void> {
  const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }));
  for (const { VersionId, IsDefaultVersion } of Versions) {
    if (!IsDefaultVersion) await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
  }
}
