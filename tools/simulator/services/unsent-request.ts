import type { AwsRequest } from '../gateway/request';
import type { Session } from '../gateway/sessions';

/** A request that no client has sent: what the registry's own protocol, or a task's start, asks of a JSON service. */
export function unsentRequest(
  { session, region }: { readonly session: Session; readonly region: string },
  service: 'ecr' | 'logs' | 'secretsmanager' | 'ssm',
  operation: string,
  input: AwsRequest['input'],
): AwsRequest {
  return {
    method: 'POST',
    url: new URL('http://localhost/'),
    headers: { host: 'localhost' },
    body: Buffer.alloc(0),
    service,
    protocol: 'json',
    operation,
    input,
    region,
    session,
  };
}
