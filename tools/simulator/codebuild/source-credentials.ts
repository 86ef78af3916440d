import { AwsError } from '../gateway/request';

/** What ListSourceCredentials tells; the token itself is told by nothing, and not kept here. */
export interface SourceCredential {
  readonly arn: string;
  readonly serverType: string;
  readonly authType: string;
  /** The connection or secret that stands for the token, by ARN. */
  readonly resource?: string;
}

export interface ImportSourceCredentials {
  readonly serverType: string;
  readonly authType: string;
  readonly token: string;
  readonly shouldOverwrite?: boolean;
}

/**
 * The credentials by which CodeBuild reaches where sources are: one for each kind of server. One for GitHub is there from
 * the start, since GitHub is on this machine and asks for none.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ImportSourceCredentials.html
 */
export class SourceCredentials {
  private byServer: Map<string, Omit<SourceCredential, 'arn'>>;

  constructor() {
    const github = { serverType: 'GITHUB', authType: 'PERSONAL_ACCESS_TOKEN' };
    this.byServer = new Map([[github.serverType, github]]);
  }

  list(arnOf: (serverType: string) => string): SourceCredential[] {
    return [...this.byServer.values()].map((one) => ({ arn: arnOf(one.serverType), ...one }));
  }

  import({ serverType, authType, token, shouldOverwrite = true }: ImportSourceCredentials): void {
    if (!shouldOverwrite && this.byServer.has(serverType)) {
      const message = `Source credential already exists for server type: ${serverType}`;
      throw new AwsError('ResourceAlreadyExistsException', message);
    }
    const isReference = authType === 'CODECONNECTIONS' || authType === 'SECRETS_MANAGER';
    this.byServer.set(serverType, { serverType, authType, resource: isReference ? token : undefined });
  }

  delete(arn: string): void {
    const serverType = arn.split('/').pop()?.toUpperCase() ?? '';
    if (this.byServer.delete(serverType)) return;
    throw new AwsError('ResourceNotFoundException', `Token does not exist: ${arn}`);
  }

  save(): readonly Omit<SourceCredential, 'arn'>[] {
    return [...this.byServer.values()];
  }

  restore(saved: readonly Omit<SourceCredential, 'arn'>[]): void {
    this.byServer = new Map(saved.map((one) => [one.serverType, one]));
  }
}
