import type { AwsRequest } from '../../../tools/simulator/gateway/request';
import { CodeConnections } from '../../../tools/simulator/services/code-connections';

async function call<T>(service: CodeConnections, operation: string, input: object): Promise<T> {
  const { body } = await service.handle({ operation, input, region: 'us-east-1' } as unknown as AwsRequest);
  return JSON.parse(String(body)) as T;
}

test('a connection is pending until somebody completes it, and stays what it is when the state is kept', async () => {
  const service = new CodeConnections('123456789012');
  const { ConnectionArn } = await call<{ ConnectionArn: string }>(service, 'CreateConnection', {
    ConnectionName: 'mangoo',
    ProviderType: 'GitHub',
  });
  const statusIn = async (one: CodeConnections): Promise<string> =>
    (await call<{ Connection: { ConnectionStatus: string } }>(one, 'GetConnection', { ConnectionArn }))
      .Connection.ConnectionStatus;

  expect(await statusIn(service)).toBe('PENDING');
  service.complete(ConnectionArn);
  expect(await statusIn(service)).toBe('AVAILABLE');
  const next = new CodeConnections('123456789012');
  next.restore(service.save());
  expect(await statusIn(next)).toBe('AVAILABLE');

  await call(next, 'DeleteConnection', { ConnectionArn });
  expect(await call(next, 'ListConnections', {})).toEqual({ Connections: [] });
});

test('a connection that nobody made is not found', () => {
  const service = new CodeConnections('123456789012');

  expect(() => service.handle({ operation: 'GetConnection', input: {} } as AwsRequest)).toThrow(
    'Could not find connection',
  );
});
