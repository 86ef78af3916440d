import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

const CLAIMED = 'claimed';
const SENT = 'sent';
const FAILED = 'failed';
/** The function's timeout: whoever has claimed a message for longer is gone. */
const LONGEST_CLAIM_MS = 30_000;
const PREFIX = 'notifications';

/**
 * Remembers in S3 what was sent, so that nobody is told twice: EventBridge delivers at least once, and Lambda tries again.
 *
 * A message is claimed first, by a write that only one can win, and marked as sent at the end. Whoever dies in between leaves
 * a claim, which is taken over when it is older than the function can run; Lambda's first retry comes after a minute.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export class Marks {
  constructor(
    private readonly s3: Pick<S3Client, 'send'>,
    private readonly bucket: string,
    private readonly now: () => number,
  ) {}

  /** True for the one who has to send it. */
  async claim(key: string): Promise<boolean> {
    if (await this.put(key, CLAIMED, { IfNoneMatch: '*' })) return true;
    const { Body, ETag, LastModified } = await this.s3.send(
      new GetObjectCommand({ Bucket: this.bucket, Key: `${PREFIX}/${key}` }),
    );
    const mark = await Body?.transformToString();
    if (mark === SENT) return false;
    if (mark === CLAIMED && this.now() - (LastModified?.getTime() ?? 0) < LONGEST_CLAIM_MS) return false;
    return this.put(key, CLAIMED, { IfMatch: ETag });
  }

  async sent(key: string): Promise<void> {
    await this.put(key, SENT);
  }

  /** Gives the claim back: whoever tries next need not wait for its end. */
  async failed(key: string): Promise<void> {
    await this.put(key, FAILED);
  }

  private async put(
    key: string,
    body: string,
    condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string } = {},
  ): Promise<boolean> {
    try {
      await this.s3.send(
        new PutObjectCommand({ Bucket: this.bucket, Key: `${PREFIX}/${key}`, Body: body, ...condition }),
      );
      return true;
    } catch (error) {
      if ((error as Error).name !== 'PreconditionFailed') throw error;
      return false;
    }
  }
}
