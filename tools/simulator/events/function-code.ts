import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unzip } from '../unzip';

/** The property `Code` of AWS::Lambda::Function. */
export interface Code {
  readonly S3Bucket?: string;
  readonly S3Key?: string;
  readonly S3ObjectVersion?: string;
  readonly ZipFile?: string;
}

/** The code of the deployed functions, unpacked. It stays in its directory: functions outlive what they were uploaded as. */
export class FunctionCode {
  private sdk?: Promise<void>;

  /** @param directory need not exist */
  constructor(private readonly directory: string) {}

  /** Takes in the code of a function that is made or updated; `s3` reads it as whoever does that. */
  async put(name: string, code: Code, s3: S3Client): Promise<void> {
    const place = this.of(name, code);
    if (await exists(place)) return;
    const fresh = path.join(this.directory, `new-${randomUUID()}`);
    try {
      await mkdir(fresh, { recursive: true });
      if (code.ZipFile !== undefined) await writeFile(path.join(fresh, 'index.js'), code.ZipFile);
      else await download(code, s3, fresh);
      await mkdir(path.dirname(place), { recursive: true });
      await rename(fresh, place);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  /** Where a function's code lies; each version of it has a directory of its own, as a rollback wants the former. */
  of(name: string, code: Code): string {
    const version = createHash('sha256').update(JSON.stringify(code)).digest('hex').slice(0, 16);
    return path.join(this.directory, 'code', name, version);
  }

  async delete(name: string): Promise<void> {
    await rm(path.join(this.directory, 'code', name), { recursive: true, force: true });
  }

  /** For what one invocation leaves: home and temporary files. The caller removes it. */
  async scratch(): Promise<string> {
    const scratch = path.join(this.directory, `run-${randomUUID()}`);
    await mkdir(path.join(scratch, 'tmp'), { recursive: true });
    await (this.sdk ??= this.offerSdk());
    return scratch;
  }

  /**
   * Lambda's runtimes for Node.js bring the AWS SDK along, for `require` and `import`, and nothing else that is not in the
   * code. https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
   */
  private async offerSdk(): Promise<void> {
    const modules = path.join(this.directory, 'node_modules');
    await mkdir(modules, { recursive: true });
    const link = path.join(modules, '@aws-sdk');
    // Of another run, it may lead to where this project was then.
    await rm(link, { force: true });
    await symlink(path.resolve(__dirname, '../../../node_modules/@aws-sdk'), link);
  }
}

async function download({ S3Bucket, S3Key, S3ObjectVersion }: Code, s3: S3Client, to: string): Promise<void> {
  const input = { Bucket: S3Bucket, Key: S3Key, VersionId: S3ObjectVersion };
  const { Body } = await s3.send(new GetObjectCommand(input));
  const archive = `${to}.zip`;
  try {
    await writeFile(archive, Body as Readable);
    await unzip(archive, to).catch(() => {
      throw new Error('Could not unzip uploaded file. Please check your file, then try to upload again.');
    });
  } finally {
    await rm(archive, { force: true });
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
