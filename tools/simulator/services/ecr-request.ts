import type { AwsRequest } from '../gateway/request';
import type { Session } from '../gateway/sessions';

/** A request to ECR that no client has sent: what the registry's own protocol, or a task's pull, asks of it. */
export function ecrRequest(
  { session, region }: { readonly session: Session; readonly region: string },
  operation: string,
  input: AwsRequest['input'],
): AwsRequest {
  return {
    method: 'POST',
    url: new URL('http://localhost/'),
    headers: { host: 'localhost' },
    body: Buffer.alloc(0),
    service: 'ecr',
    protocol: 'json',
    operation,
    input,
    region,
    session,
  };
}
