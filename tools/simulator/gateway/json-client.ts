import type { Session } from './sessions';
import { AWS_INTERNAL } from './throttling';

/** The prefix of `X-Amz-Target` of the services that are called this way. */
const TARGETS = {
  cloudwatch: { signingName: 'monitoring', target: 'GraniteServiceVersion20100801' },
  events: { signingName: 'events', target: 'AWSEvents' },
  sqs: { signingName: 'sqs', target: 'AmazonSQS' },
} as const;

/** Calls services of AWS's JSON protocol that are too little used to bring their SDK clients along. */
export class JsonClient {
  /** @param endpoint of the gateway, which checks no signature */
  constructor(
    private readonly endpoint: string,
    private readonly region: string,
    private readonly session: Session,
  ) {}

  /** @throws Error like an SDK's, with the service's code as its name */
  async call<Output>(service: keyof typeof TARGETS, operation: string, input: object): Promise<Output> {
    const { signingName, target } = TARGETS[service];
    const { accessKeyId, sessionToken } = this.session.credentials;
    const date = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const scope = `${accessKeyId}/${date}/${this.region}/${signingName}/aws4_request`;
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'user-agent': AWS_INTERNAL,
        'x-amz-target': `${target}.${operation}`,
        'x-amz-security-token': sessionToken,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const output = JSON.parse((await response.text()) || '{}') as { __type?: string; message?: string };
    if (response.ok) return output as Output;
    const name = output.__type?.split('#').at(-1) ?? `HTTP ${response.status}`;
    const $metadata = { httpStatusCode: response.status };
    throw Object.assign(new Error(output.message ?? name), { name, $metadata });
  }
}
