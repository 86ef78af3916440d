import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { appendFile, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

interface Upload {
  readonly repository: string;
  readonly file: string;
  readonly hash: Hash;
  bytes: number;
}

/** The layers and configurations of pushed images: on disk, so that memory stays flat; known per repository, as in ECR. */
export class Layers {
  private readonly uploads = new Map<string, Upload>();
  private readonly sizes = new Map<string, Map<string, number>>();

  /** @param directory need not exist; the caller removes it */
  constructor(private readonly directory: string) {}

  /** The sizes of each repository's layers; the layers themselves lie in the directory. */
  save(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries(
      [...this.sizes].map(([repository, sizes]) => [repository, Object.fromEntries(sizes)]),
    );
  }

  restore(saved: Readonly<Record<string, Readonly<Record<string, number>>>>): void {
    for (const [repository, sizes] of Object.entries(saved)) {
      this.sizes.set(repository, new Map(Object.entries(sizes)));
    }
  }

  async begin(repository: string): Promise<string> {
    const id = randomUUID();
    await mkdir(this.directory, { recursive: true });
    const file = path.join(this.directory, `upload-${id}`);
    await appendFile(file, '');
    this.uploads.set(id, { repository, file, hash: createHash('sha256'), bytes: 0 });
    return id;
  }

  /** The bytes of an upload that have come; undefined for an unknown one. */
  received(repository: string, id: string): number | undefined {
    return this.find(repository, id)?.bytes;
  }

  /** @returns the bytes received so far; undefined for an unknown upload */
  async append(repository: string, id: string, body: Readable): Promise<number | undefined> {
    const upload = this.find(repository, id);
    if (!upload) return undefined;
    const file = await open(upload.file, 'a');
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        upload.hash.update(chunk);
        upload.bytes += chunk.length;
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
    return upload.bytes;
  }

  /** Ends an upload. @returns whether its content has that digest; if not, it is thrown away */
  async complete(repository: string, id: string, digest: string): Promise<boolean> {
    const upload = this.find(repository, id);
    if (!upload) return false;
    this.uploads.delete(id);
    if (`sha256:${upload.hash.digest('hex')}` !== digest) {
      await rm(upload.file, { force: true });
      return false;
    }
    await rename(upload.file, this.file(digest));
    const known = this.sizes.get(repository) ?? new Map<string, number>();
    this.sizes.set(repository, known.set(digest, upload.bytes));
    return true;
  }

  has(repository: string, digest: string): boolean {
    return this.size(repository, digest) !== undefined;
  }

  /** In bytes; undefined for a layer that the repository does not have. */
  size(repository: string, digest: string): number | undefined {
    return this.sizes.get(repository)?.get(digest);
  }

  /** The content of a layer that some repository has, `end` included. */
  read(digest: string, { start, end }: { readonly start: number; readonly end: number }): ReadStream {
    return createReadStream(this.file(digest), end < start ? {} : { start, end });
  }

  /** Forgets what a deleted repository had. */
  forget(repository: string): void {
    this.sizes.delete(repository);
  }

  private find(repository: string, id: string): Upload | undefined {
    const upload = this.uploads.get(id);
    return upload?.repository === repository ? upload : undefined;
  }

  private file(digest: string): string {
    return path.join(this.directory, digest.replace(/[^a-z0-9]/g, '-'));
  }
}
