import { randomUUID } from 'node:crypto';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';

interface Connection {
  readonly ConnectionName: string;
  readonly ConnectionArn: string;
  readonly ProviderType: string;
  readonly OwnerAccountId: string;
  readonly ConnectionStatus: 'PENDING' | 'AVAILABLE' | 'ERROR';
}

/**
 * CodeConnections: connections, which somebody has to complete in the console before they are of use.
 * https://docs.aws.amazon.com/codeconnections/latest/APIReference/Welcome.html
 */
export class CodeConnections implements Service {
  private readonly byArn = new Map<string, Connection>();

  constructor(private readonly account: string) {}

  handle(request: AwsRequest): Promise<AwsResponse> {
    const body = JSON.stringify(this.answer(request));
    return Promise.resolve({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body });
  }

  /** What a person does in the console with GitHub: installs the app, and chooses it. */
  complete(arn: string, status: Connection['ConnectionStatus'] = 'AVAILABLE'): void {
    this.byArn.set(arn, { ...this.existing(arn), ConnectionStatus: status });
  }

  save(): readonly Connection[] {
    return [...this.byArn.values()];
  }

  restore(saved: readonly Connection[]): void {
    for (const connection of saved) this.byArn.set(connection.ConnectionArn, connection);
  }

  private answer({ operation, region, input }: AwsRequest): object {
    const { ConnectionName, ConnectionArn, ProviderType = 'GitHub' } = input as Partial<Connection>;
    switch (operation) {
      case 'CreateConnection': {
        const arn = `arn:aws:codeconnections:${region}:${this.account}:connection/${randomUUID()}`;
        this.byArn.set(arn, {
          ConnectionName: ConnectionName ?? '',
          ConnectionArn: arn,
          ProviderType,
          OwnerAccountId: this.account,
          ConnectionStatus: 'PENDING',
        });
        return { ConnectionArn: arn };
      }
      case 'GetConnection':
        return { Connection: this.existing(ConnectionArn ?? '') };
      case 'ListConnections':
        return { Connections: [...this.byArn.values()] };
      case 'DeleteConnection':
        this.byArn.delete(ConnectionArn ?? '');
        return {};
      default:
        throw new AwsError('InvalidAction', `The simulator does not answer codeconnections:${operation}.`);
    }
  }

  private existing(arn: string): Connection {
    const connection = this.byArn.get(arn);
    if (connection) return connection;
    throw new AwsError('ResourceNotFoundException', `[Connection] Could not find connection ${arn}`);
  }
}
