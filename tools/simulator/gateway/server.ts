import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../command';
import { CREDENTIALS_PATH, CredentialsEndpoint } from './credentials-endpoint';
import { type Emulated, endToEnd } from './emulated';
import { renderError } from './errors';
import { type Head, identify, isUpload, protocolOf, understand } from './protocol';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from './request';
import type { Session, Sessions } from './sessions';

/** Answers what is no AWS request: it carries no signature and its path starts with the route's. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface GatewayOptions {
  readonly emulated: Emulated;
  readonly authorizer: {
    /** @throws AwsError when the session may not do what the request asks for */
    authorize(request: AwsRequest): Promise<void>;
    /** Called when roles or policies may have changed. */
    forget(): void;
  };
  readonly sessions: Sessions;
  /** By IAM's prefix. What a service leaves, and what has none, the emulator answers. */
  readonly services: Readonly<Record<string, Service>>;
  /** By the start of the path, e.g. `/v2/`. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** @default 0, a free one */
  readonly port?: number;
  /** Called after each request, whatever its answer. */
  readonly answered?: () => void;
  /** Told about failures of the emulator and of the simulator itself, one line each. */
  log(line: string): void;
}

export interface Gateway {
  /** `http://localhost:PORT`: the CDK CLI's template URLs need the name. */
  readonly url: string;
  readonly port: number;
  /** The value of `AWS_CONTAINER_CREDENTIALS_FULL_URI` for a process that acts as `session`. */
  credentialsUrl(session: Session): string;
  close(): Promise<void>;
}

/** Bodies that are read at all are requests to an API; their largest is a template. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * The one HTTP endpoint of the emulated AWS: sees every request, has it judged, and has it answered by a service of ours or
 * by the emulator. It listens on this machine's loopback addresses only.
 *
 * @throws UserError when `port` is taken
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const credentials = new CredentialsEndpoint(options.sessions);
  const routes: Record<string, Route> = {
    ...options.routes,
    [CREDENTIALS_PATH]: (request, response) =>
      send(response, credentials.answer(new URL(request.url ?? '/', 'http://localhost').pathname)),
  };
  const handle = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    new Exchange(request, response, options, routes, expectsContinue)
      .run()
      .catch((error: Error) => {
        // The client went away, or an answer broke off in the middle.
        options.log(`${request.method} ${request.url}: ${error.message}`);
        response.destroy();
      })
      .finally(() => options.answered?.());
  };
  const { servers, port } = await listen(options.port ?? 0, handle);
  const url = `http://localhost:${port}`;
  return {
    url,
    port,
    credentialsUrl: (session) => `${url}${credentials.pathFor(session)}`,
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
}

/** One request and its answer. */
class Exchange {
  private readonly head: Head;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly options: GatewayOptions,
    private readonly routes: Readonly<Record<string, Route>>,
    private expectsContinue: boolean,
  ) {
    this.head = {
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: endToEnd(request.headers),
    };
  }

  async run(): Promise<void> {
    const route = this.route();
    if (route) {
      this.letBodyCome();
      return route(this.request, this.response);
    }
    try {
      await this.answer();
    } catch (error) {
      if (this.response.headersSent) throw error;
      const rendered = renderError(this.awsError(error), this.errorContext(), randomUUID());
      // A client that waits for "100 Continue" sends no body after an error: the connection cannot be used again.
      const headers = this.expectsContinue ? { ...rendered.headers, connection: 'close' } : rendered.headers;
      send(this.response, { ...rendered, headers });
      this.request.resume();
    }
  }

  private async answer(): Promise<void> {
    const { authorizer, services, emulated } = this.options;
    const caller = identify(this.head, this.options.sessions);
    const upload = isUpload(this.head, caller);
    // An upload is judged before its body comes; everything else needs the body to be judged.
    if (!upload) this.letBodyCome();
    const body = upload ? Buffer.alloc(0) : await read(this.request);
    const request = understand(this.head, body, caller);
    await authorizer.authorize(request);
    if (upload) this.letBodyCome();
    const answer = upload ? undefined : await services[request.service]?.handle(request);
    const passed = answer ? undefined : await emulated.forward(request, upload ? this.request : undefined);
    // Before the client knows: its next request may depend on the change.
    if (changesPolicies(request)) authorizer.forget();
    if (answer) send(this.response, answer);
    if (!passed) return;
    this.response.writeHead(passed.statusCode ?? 200, endToEnd(passed.headers));
    await pipeline(passed, this.response);
  }

  private route(): Route | undefined {
    if (/^AWS4-/.test(this.head.headers.authorization ?? '')) return undefined;
    const path = this.head.target.replace(/\?.*$/s, '');
    return Object.entries(this.routes).find(([prefix]) => path.startsWith(prefix))?.[1];
  }

  private letBodyCome(): void {
    if (this.expectsContinue) this.response.writeContinue();
    this.expectsContinue = false;
  }

  private awsError(error: unknown): AwsError {
    if (error instanceof AwsError) return error;
    const message = error instanceof Error ? error.message : String(error);
    this.options.log(`the simulator failed on ${this.head.method} ${this.head.target}: ${message}`);
    // No 5xx: SDKs would repeat the call and hide the failure.
    return new AwsError('SimulatorFailure', `The simulator failed: ${message}`);
  }

  private errorContext(): Pick<AwsRequest, 'protocol' | 'method'> {
    return { protocol: protocolOf(this.head), method: this.head.method };
  }
}

function changesPolicies({ service, operation }: AwsRequest): boolean {
  const reads = /^(Get|List|Simulate|Generate)/.test(operation);
  return (
    (service === 'iam' && !reads) ||
    (service === 's3' && /BucketPolicy$|DeleteBucket$/.test(operation) && !reads)
  );
}

/** Answers with a body that is at hand. */
export function send(response: ServerResponse, answer: AwsResponse): void {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw new AwsError(
        'RequestEntityTooLarge',
        `Request body is larger than ${MAX_BODY_BYTES} bytes.`,
        413,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function listen(
  wanted: number,
  handle: (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void,
): Promise<{ servers: Server[]; port: number }> {
  for (;;) {
    const first = serverOf(handle);
    await listening(first, wanted, '127.0.0.1');
    const { port } = first.address() as AddressInfo;
    // `localhost` is ::1 first on some machines, and for some runtimes only.
    const second = serverOf(handle);
    try {
      await listening(second, port, '::1');
      return { servers: [first, second], port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' && !(error instanceof UserError)) {
        return { servers: [first], port };
      }
      await closed(first);
      if (wanted) throw error;
    }
  }
}

function serverOf(
  handle: (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void,
): Server {
  // Clients keep connections for a minute; one that is closed under a request looks like a network failure to them.
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) =>
    handle(request, response, false),
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    handle(request, response, true),
  );
  return server;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new UserError(`port ${port}: another program listens on it; stop that, or choose another port`)
          : error,
      ),
    );
    server.listen(port, host, resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
