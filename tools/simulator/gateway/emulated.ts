import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsError, type AwsRequest, type AwsResponse } from './request';

/**
 * The emulator behind the gateway. It knows one caller, who may do everything: who may do what has been decided before.
 */
export class Emulated {
  // moto's server closes idle connections when it likes, and a request on a closed one is lost.
  private readonly agent = new Agent({ keepAlive: false });
  /** How many requests have asked for a change. */
  changes = 0;
  private onTheirWay = 0;
  private held: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    /** Told what the emulator failed on, one line each. */
    private readonly log: (line: string) => void,
  ) {}

  /**
   * Passes a request on, with `upload` as its body where that has not been read.
   *
   * @throws AwsError for what the emulator cannot do (its 5xx). SDKs repeat such calls, which makes a failure wait half a
   *   minute, so it is no 5xx any more.
   */
  async forward(request: AwsRequest, upload?: Readable): Promise<IncomingMessage> {
    await this.held;
    if (!READS.test(request.operation)) this.changes += 1;
    this.onTheirWay += 1;
    try {
      return await this.forwardNow(request, upload);
    } finally {
      this.onTheirWay -= 1;
    }
  }

  /** Holds requests back while `work` runs, once those that are on their way have been answered. */
  async whileQuiet<T>(work: () => Promise<T>): Promise<T> {
    const done = (async () => {
      // An upload whose client hangs is not waited for.
      const patience = Date.now() + PATIENCE_MS;
      while (this.onTheirWay > 0 && Date.now() < patience) await delay(5);
      return work();
    })();
    this.held = done.catch(() => undefined);
    return done;
  }

  private async forwardNow(request: AwsRequest, upload?: Readable): Promise<IncomingMessage> {
    const response = await this.send(
      {
        method: request.method,
        path: request.url.pathname + withoutSignature(request.url).search,
        headers: emulatorHeaders(request, upload === undefined),
      },
      upload ?? request.body,
    ).catch((error: Error) => {
      throw this.failure(request, error.message);
    });
    if ((response.statusCode ?? 500) < 500) return response;
    throw this.failure(request, reasonIn(await buffer(response)));
  }

  /** Passes a request on and reads the whole answer. */
  async answer(request: AwsRequest): Promise<AwsResponse> {
    const response = await this.forward(request);
    return {
      status: response.statusCode ?? 200,
      headers: endToEnd(response.headers),
      body: await buffer(response),
    };
  }

  /**
   * Calls an operation of a JSON service with another input than the request at hand, as the emulator's administrator.
   *
   * @throws AwsError as the emulator answers it
   */
  async call<Output>(
    request: Pick<AwsRequest, 'service' | 'region' | 'headers'>,
    operation: string,
    input: object,
  ): Promise<Output> {
    const prefix = TARGETS[request.service];
    if (prefix === undefined) throw new Error(`no JSON service: ${request.service}`);
    const response = await this.answer({
      ...(request as AwsRequest),
      method: 'POST',
      url: new URL('http://localhost/'),
      headers: {
        host: request.headers.host ?? 'localhost',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${prefix}.${operation}`,
      },
      body: Buffer.from(JSON.stringify(input)),
      operation,
    });
    const output = JSON.parse(response.body?.toString() || '{}') as { __type?: string; message?: string };
    if (response.status < 300) return output as Output;
    const code = output.__type?.split('#').at(-1) ?? 'EmulatorFailure';
    throw new AwsError(code, output.message ?? '', response.status);
  }

  private send(
    options: { method: string; path: string; headers: Record<string, string> },
    body: Buffer | Readable,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing: ClientRequest = httpRequest(this.url, { ...options, agent: this.agent }, resolve);
      outgoing.on('error', reject);
      if (Buffer.isBuffer(body)) {
        outgoing.end(body);
        return;
      }
      body.on('error', (error) => outgoing.destroy(error));
      body.on('aborted', () => outgoing.destroy(new Error('the client went away')));
      body.pipe(outgoing);
    });
  }

  private failure(request: AwsRequest, reason: string): AwsError {
    this.log(`the emulated AWS failed on ${request.service}:${request.operation}: ${reason}`);
    return new AwsError(
      'EmulatorFailure',
      `The emulated AWS cannot do ${request.service}:${request.operation}: ${reason}`,
    );
  }
}

const PATIENCE_MS = 1000;

/** Operations that change nothing; SQS's ReceiveMessage does. */
const READS = /^(Get|List|Describe|Head|Batch(Get|Check)|Lookup|Filter|Query|Scan|Simulate|Check)/;

/**
 * What an SDK client's constructor takes to ask the emulator itself, past the gateway: these requests are ours, and nobody
 * judges them.
 */
export function pastGateway(
  endpoint: string,
  region = 'us-east-1',
): { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } } {
  return { endpoint, region, credentials: { accessKeyId: 'simulator', secretAccessKey: 'simulator' } };
}

/** The prefix of `X-Amz-Target` of the JSON services whose answers are made here out of the emulator's. */
const TARGETS: Readonly<Record<string, string>> = {
  ecr: 'AmazonEC2ContainerRegistry_V20150921',
  ecs: 'AmazonEC2ContainerServiceV20141113',
  logs: 'Logs_20140328',
  ssm: 'AmazonSSM',
  secretsmanager: 'secretsmanager',
  sqs: 'AmazonSQS',
};

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
]);

/** Headers without those that belong to one connection only. */
export function endToEnd(headers: IncomingMessage['headers']): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name))
      kept[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return kept;
}

function emulatorHeaders(request: AwsRequest, bodyIsRead: boolean): Record<string, string> {
  const headers = endToEnd(request.headers);
  // moto makes an account out of the access key, and would look for this one's.
  delete headers['x-amz-security-token'];
  const service = SIGNING_NAMES[request.service] ?? request.service;
  headers.authorization = `AWS4-HMAC-SHA256 Credential=EMULATOR/20260101/${request.region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  // In path style, whatever the client's was: moto would look for a bucket in the name.
  const port = /:\d+$/.exec(request.headers.host ?? '')?.[0] ?? '';
  headers.host = `localhost${port}`;
  // A service may pass on another body than it got.
  if (bodyIsRead) headers['content-length'] = String(request.body.length);
  return headers;
}

const SIGNING_NAMES: Readonly<Record<string, string>> = {
  cloudwatch: 'monitoring',
  ses: 'email',
  tag: 'tagging',
};

const SIGNATURE_PARAMETERS =
  /^(X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)|AWSAccessKeyId|Signature|Expires)$/i;

function withoutSignature(url: URL): URL {
  const plain = new URL(url);
  for (const name of url.searchParams.keys()) {
    if (SIGNATURE_PARAMETERS.test(name)) {
      plain.searchParams.delete(name);
    }
  }
  // URLSearchParams writes `?policy=` for `?policy`; unchanged queries go on as they came.
  return plain.searchParams.size === url.searchParams.size ? url : plain;
}

/** What a 5xx of moto says: an exception's text in HTML, XML or JSON. */
function reasonIn(body: Buffer): string {
  const text = body.toString('utf8');
  const message =
    /<Message>(.*?)<\/Message>/s.exec(text)?.[1] ?? /"message":\s*"([^"]*)"/i.exec(text)?.[1] ?? text;
  return (
    message
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 300) || 'no reason given'
  );
}
