import { GetPolicyCommand, GetRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { pastGateway } from '../gateway/emulated';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';

/**
 * IAM is the emulator's, but for what moto 5.2.1 deletes although it is in use: a managed policy that is attached, or the
 * permissions boundary of a role.
 *
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
 */
export class Iam implements Service {
  private readonly iam: IAMClient;

  /** @param endpoint of the emulator itself: the service looks, not the caller, who may not be allowed to */
  constructor(endpoint: string) {
    this.iam = new IAMClient(pastGateway(endpoint));
  }

  /** Leaves every answer to the emulator. */
  async handle({ operation, input }: AwsRequest): Promise<AwsResponse | undefined> {
    if (operation === 'DeletePolicy' && (await this.isInUse(String(input.PolicyArn)))) {
      throw new AwsError('DeleteConflict', 'Cannot delete a policy attached to entities.', 409);
    }
    return undefined;
  }

  private async isInUse(PolicyArn: string): Promise<boolean> {
    const policy = await this.iam.send(new GetPolicyCommand({ PolicyArn })).catch(() => undefined);
    if (policy?.Policy?.AttachmentCount) return true;
    let Marker: string | undefined;
    do {
      const { Roles = [], ...page } = await this.iam.send(new ListRolesCommand({ Marker }));
      for (const { RoleName } of Roles) {
        // A list of roles tells no boundaries.
        const { Role } = await this.iam.send(new GetRoleCommand({ RoleName }));
        if (Role?.PermissionsBoundary?.PermissionsBoundaryArn === PolicyArn) return true;
      }
      Marker = page.IsTruncated ? page.Marker : undefined;
    } while (Marker);
    return false;
  }
}
