import type { Emulated } from '../gateway/emulated';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';

/**
 * The policies of buckets. They are kept from moto, which enforces them without their conditions: the bootstrap bucket's
 * "deny what is not TLS" would refuse every upload.
 */
export class BucketPolicies implements Service {
  private readonly policies = new Map<string, string>();

  constructor(private readonly emulated: Emulated) {}

  /** By bucket. */
  save(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.policies);
  }

  restore(saved: Readonly<Record<string, string>>): void {
    for (const [bucket, policy] of Object.entries(saved)) this.policies.set(bucket, policy);
  }

  /** The policy document of a bucket, as JSON. */
  get(bucket: string): string | undefined {
    return this.policies.get(bucket);
  }

  async handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    const bucket = String(request.input.Bucket);
    switch (request.operation) {
      case 'PutBucketPolicy':
        await this.existing(request);
        this.policies.set(bucket, parsed(request.body));
        return { status: 204 };
      case 'GetBucketPolicy': {
        const policy = this.policies.get(bucket);
        if (policy === undefined) {
          await this.existing(request);
          throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404);
        }
        return { status: 200, headers: { 'content-type': 'application/json' }, body: policy };
      }
      case 'DeleteBucketPolicy':
        await this.existing(request);
        this.policies.delete(bucket);
        return { status: 204 };
      case 'DeleteBucket': {
        const answer = await this.emulated.answer(request);
        if (answer.status < 300) this.policies.delete(bucket);
        return answer;
      }
      default:
        return undefined;
    }
  }

  private async existing(request: AwsRequest): Promise<void> {
    const url = new URL(`/${String(request.input.Bucket)}`, request.url);
    const { status } = await this.emulated.answer({ ...request, method: 'HEAD', url, body: Buffer.alloc(0) });
    if (status === 404) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }
}

function parsed(body: Buffer): string {
  const text = body.toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new AwsError('MalformedPolicy', "Policies must be valid JSON and the first byte must be '{'");
  }
}
