import type { Session } from './sessions';

/** One request to AWS, understood. Produced by `protocol.ts`, judged by `authorizer.ts`, answered by a `Service` or the emulator. */
export interface AwsRequest {
  readonly method: string;
  /** Path and query as sent, e.g. `/mangoo-artifacts-123456789012/builds/x?list-type=2`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** IAM's prefix of the service, e.g. `s3`, `ecr`, `cloudformation`, `codebuild`, `logs`. */
  readonly service: string;
  readonly protocol: 'query' | 'ec2' | 'json' | 'rest-xml' | 'registry';
  /** The API's operation, e.g. `DescribeStacks`, `PutObject`. */
  readonly operation: string;
  /** The input: JSON as sent; Query flattened back into lists and maps (values stay strings); S3 `{ Bucket, Key, … }`. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly session: Session;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A service, or part of one, that the gateway answers itself. Undefined means: let the emulator answer. */
export interface Service {
  handle(request: AwsRequest): Promise<AwsResponse | undefined>;
}

/** What a service throws to answer with an error; the gateway renders it in the request's protocol, as AWS does. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}
