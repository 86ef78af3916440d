import { createReadStream, type Stats } from 'node:fs';
import { lstat, open, readlink, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createDeflateRaw } from 'node:zlib';

/** More of either needs the extensions of ZIP64. */
const MOST_FILES = 0xffff;
const MOST_BYTES = 0xffffffff;

const STORED = 0;
const DEFLATED = 8;
/** Names are UTF-8; sizes and checksum follow the content, which is written as it is read. */
const FLAGS = 0x0808;
const MADE_ON_UNIX = 0x0314;

export interface ZipEntry {
  readonly path: string;
  readonly absolutePath: string;
}

interface Written extends ZipEntry {
  readonly method: number;
  readonly modified: { readonly time: number; readonly date: number };
  readonly mode: number;
  readonly offset: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
}

/**
 * Writes files into one ZIP file, a piece at a time: an artifact may be larger than the memory.
 *
 * @param links whether symbolic links stay links, as with `enable-symlinks`, instead of becoming the files they lead to
 */
export async function writeZip(zipFile: string, entries: readonly ZipEntry[], links: boolean): Promise<void> {
  if (entries.length > MOST_FILES) throw new Error(`${entries.length} files: a ZIP holds ${MOST_FILES}`);
  const output = new Output(await open(zipFile, 'w'));
  try {
    const written: Written[] = [];
    for (const entry of entries) {
      const found = await (links ? lstat : stat)(entry.absolutePath);
      written.push(await writeEntry(output, entry, found));
    }
    const start = output.position;
    for (const entry of written) await output.write(centralHeader(entry));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(written.length, 8);
    end.writeUInt16LE(written.length, 10);
    end.writeUInt32LE(output.position - start, 12);
    end.writeUInt32LE(start, 16);
    await output.write(end);
  } finally {
    await output.close();
  }
}

async function writeEntry(output: Output, entry: ZipEntry, found: Stats): Promise<Written> {
  const method = found.isSymbolicLink() ? STORED : DEFLATED;
  const name = Buffer.from(nameOf(entry));
  const offset = output.position;
  const modified = dosTime(found.mtime);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(FLAGS, 6);
  local.writeUInt16LE(method, 8);
  local.writeUInt16LE(modified.time, 10);
  local.writeUInt16LE(modified.date, 12);
  local.writeUInt16LE(name.length, 26);
  await output.write(Buffer.concat([local, name]));

  const start = output.position;
  const content = new Crc32();
  if (found.isSymbolicLink()) {
    const target = Buffer.from(await readlink(entry.absolutePath));
    content.add(target);
    await output.write(target);
  } else {
    const deflate = createDeflateRaw();
    const source = createReadStream(entry.absolutePath);
    source.on('data', (chunk) => content.add(chunk as Buffer));
    source.on('error', (error) => deflate.destroy(error));
    for await (const chunk of source.pipe(deflate)) await output.write(chunk as Buffer);
  }
  const compressed = output.position - start;
  const { crc, size } = content;
  if (size > MOST_BYTES || output.position > MOST_BYTES) {
    throw new Error(`${entry.path}: a ZIP holds ${MOST_BYTES} bytes`);
  }
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeUInt32LE(compressed, 8);
  descriptor.writeUInt32LE(size, 12);
  await output.write(descriptor);
  return { ...entry, method, modified, mode: found.mode, offset, crc, compressed, size };
}

function centralHeader(entry: Written): Buffer {
  const name = Buffer.from(nameOf(entry));
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_ON_UNIX, 4);
  header.writeUInt16LE(20, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(entry.method, 10);
  header.writeUInt16LE(entry.modified.time, 12);
  header.writeUInt16LE(entry.modified.date, 14);
  header.writeUInt32LE(entry.crc, 16);
  header.writeUInt32LE(entry.compressed, 20);
  header.writeUInt32LE(entry.size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE((entry.mode << 16) >>> 0, 38);
  header.writeUInt32LE(entry.offset, 42);
  return Buffer.concat([header, name]);
}

function nameOf(entry: ZipEntry): string {
  return entry.path.split(path.sep).join('/');
}

/** Two seconds are the step of a ZIP's time, 1980 its first year. */
function dosTime(at: Date): { time: number; date: number } {
  const year = Math.max(at.getFullYear() - 1980, 0);
  return {
    time: (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
    date: (year << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
  };
}

/** A file that is written from its beginning to its end. */
class Output {
  position = 0;

  constructor(private readonly file: FileHandle) {}

  async write(bytes: Buffer): Promise<void> {
    await this.file.writeFile(bytes);
    this.position += bytes.length;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** `zlib.crc32` came with Node.js 20.15, which is later than the first that is supported. */
class Crc32 {
  size = 0;
  private state = 0xffffffff;

  add(bytes: Buffer): void {
    let state = this.state;
    for (const byte of bytes) state = (state >>> 8) ^ (TABLE[(state ^ byte) & 0xff] ?? 0);
    this.state = state;
    this.size += bytes.length;
  }

  get crc(): number {
    return (this.state ^ 0xffffffff) >>> 0;
  }
}
