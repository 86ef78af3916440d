import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { pastGateway } from '../gateway/emulated';
import type { NamedPolicy } from '../../iam/evaluate';
import type { PolicyDocument } from '../../iam/policy';

export interface RolePolicies {
  readonly identity: readonly NamedPolicy[];
  readonly boundary?: PolicyDocument;
  readonly boundaryArn?: string;
  readonly trust: PolicyDocument;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The policies of roles, as the emulator's IAM has them. */
export class RoleDirectory {
  private readonly iam: IAMClient;
  private readonly roles = new Map<string, Promise<RolePolicies | undefined>>();

  /** @param endpoint of the emulator itself */
  constructor(endpoint: string) {
    this.iam = new IAMClient(pastGateway(endpoint));
  }

  /** Undefined when there is no such role. */
  role(roleArn: string): Promise<RolePolicies | undefined> {
    const known = this.roles.get(roleArn);
    if (known) return known;
    const reading = this.read(roleArn.split('/').pop() ?? '');
    this.roles.set(roleArn, reading);
    // A failure is not what the role has: the next request asks again.
    reading.catch(() => this.roles.delete(roleArn));
    return reading;
  }

  /** What was read is read again: a role or policy has changed. */
  forget(): void {
    this.roles.clear();
  }

  private async read(RoleName: string): Promise<RolePolicies | undefined> {
    const role = await this.iam.send(new GetRoleCommand({ RoleName })).then(
      (answer) => answer.Role,
      (error: Error) => {
        if (error.name === 'NoSuchEntityException') return undefined;
        throw error;
      },
    );
    if (!role) return undefined;
    const [inline, attached] = await Promise.all([
      this.iam.send(new ListRolePoliciesCommand({ RoleName })),
      this.iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
    ]);
    const boundary = role.PermissionsBoundary?.PermissionsBoundaryArn;
    const [inlinePolicies, managedPolicies, boundaryPolicy] = await Promise.all([
      Promise.all((inline.PolicyNames ?? []).map((name) => this.inline(RoleName, name))),
      Promise.all((attached.AttachedPolicies ?? []).map((policy) => this.managed(policy.PolicyArn ?? ''))),
      boundary ? this.managed(boundary) : undefined,
    ]);
    return {
      identity: [...inlinePolicies, ...managedPolicies],
      boundary: boundaryPolicy?.document,
      boundaryArn: boundary,
      trust: parsed(role.AssumeRolePolicyDocument),
      tags: Object.fromEntries((role.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    };
  }

  private async inline(RoleName: string, PolicyName: string): Promise<NamedPolicy> {
    const { PolicyDocument: text } = await this.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return { name: PolicyName, document: parsed(text) };
  }

  /** A managed policy, by its ARN. */
  async managed(PolicyArn: string): Promise<NamedPolicy> {
    const { Policy } = await this.iam.send(new GetPolicyCommand({ PolicyArn }));
    const VersionId = Policy?.DefaultVersionId;
    const { PolicyVersion } = await this.iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
    return { name: Policy?.PolicyName ?? PolicyArn, document: parsed(PolicyVersion?.Document) };
  }
}

/** IAM gives documents URL-encoded; moto gives some as they are. */
function parsed(text: string | undefined): PolicyDocument {
  const json = text?.startsWith('%7B') ? decodeURIComponent(text) : (text ?? '{"Statement":[]}');
  return JSON.parse(json) as PolicyDocument;
}
