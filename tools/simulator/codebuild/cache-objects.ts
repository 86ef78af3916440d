import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { CacheBucket } from '../engine/types';

const run = promisify(execFile);

/**
 * The copies of an S3 cache: one archive each, in the bucket that the project names, by the calls of the build's role.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html
 */
export class CacheObjects implements CacheBucket {
  private readonly bucket: string;
  private readonly prefix: string;

  /** @param parts of the location: `bucket` or `bucket/prefix`, and what else parts this cache from others */
  constructor(
    private readonly s3: S3Client,
    ...parts: readonly string[]
  ) {
    const [bucket = '', ...prefix] = parts
      .flatMap((part) => part.replace(/^arn:[^:]*:s3:::/, '').split('/'))
      .filter(Boolean);
    this.bucket = bucket;
    this.prefix = prefix.map((part) => `${part}/`).join('');
  }

  async list(folder: string): Promise<readonly { name: string; savedAt: number }[]> {
    const found: { name: string; savedAt: number }[] = [];
    const Prefix = `${this.prefix}${folder}/`;
    for await (const page of paginateListObjectsV2({ client: this.s3 }, { Bucket: this.bucket, Prefix })) {
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        found.push({ name: Key.slice(this.prefix.length), savedAt: LastModified?.getTime() ?? 0 });
      }
    }
    return found;
  }

  async get(name: string, directory: string): Promise<void> {
    const { Body } = await this.s3.send(
      new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + name }),
    );
    const archive = `${directory}.tar`;
    await mkdir(directory, { recursive: true });
    await writeFile(archive, Body as Readable);
    await run('tar', ['-xf', archive, '-C', directory]);
    await rm(archive);
  }

  async put(name: string, directory: string): Promise<void> {
    const archive = `${directory}.tar`;
    await run('tar', ['-cf', archive, '-C', directory, '.']);
    await this.s3.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: this.prefix + name,
        Body: createReadStream(archive),
        ContentLength: (await stat(archive)).size,
      }),
    );
    await rm(archive);
  }
}
