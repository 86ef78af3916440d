import type { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Connection {
  readonly ConnectionName?: string;
  readonly ConnectionStatus?: 'PENDING' | 'AVAILABLE' | 'ERROR';
  readonly ProviderType?: string;
}

/** The API has two names, and the one that is asked must be that of the connection's ARN. */
const TARGETS: Readonly<Record<string, string>> = {
  codeconnections: 'com.amazonaws.codeconnections.CodeConnections_20231201',
  'codestar-connections': 'com.amazonaws.codestar.connections.CodeStar_connections_20191201',
};

/**
 * CodeConnections, whose client is not on every registry: one request, signed by the SDK's own signer.
 * https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_GetConnection.html
 * https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html
 */
export class Connections {
  constructor(
    /** Whose credentials sign. */
    private readonly sts: STSClient,
    /** Of an emulated AWS. */
    private readonly endpoint: string | undefined,
  ) {}

  /** @throws an error named as AWS's, as the SDK would */
  async get(arn: string, signal: AbortSignal): Promise<Connection | undefined> {
    const [, , service = '', region = ''] = arn.split(':');
    const url = new URL(this.endpoint ?? `https://${service}.${region}.amazonaws.com`);
    const { sha256, credentials } = this.sts.config;
    const body = JSON.stringify({ ConnectionArn: arn });
    const signed = await new SignatureV4({ service, region, credentials, sha256 }).sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port ? Number(url.port) : undefined,
      path: '/',
      query: {},
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${TARGETS[service]}.GetConnection`,
      },
      body,
    });
    const { host: _, ...headers } = signed.headers;
    const response = await fetch(url, { method: 'POST', headers, body, signal }).catch((error: Error) => {
      // fetch hides what happened to the connection in the cause.
      throw (error.cause as Error | undefined) ?? error;
    });
    const answer = (await response.json()) as {
      Connection?: Connection;
      __type?: string;
      message?: string;
      Message?: string;
    };
    if (response.ok) return answer.Connection;
    const error = new Error(answer.message ?? answer.Message ?? response.statusText);
    error.name = answer.__type?.split('#').at(-1) ?? `HTTP ${response.status}`;
    throw Object.assign(error, { $metadata: { httpStatusCode: response.status } });
  }
}
