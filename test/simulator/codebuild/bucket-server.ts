import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** As much of S3 as a cache needs: objects that are put, got and listed, until it is closed. */
export class BucketServer {
  /** By `bucket/key`. */
  readonly objects = new Map<string, Buffer>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      void (async () => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
        const name = decodeURIComponent(pathname).slice(1).replace(/\/$/, '');
        if (request.method === 'PUT') {
          const body = await buffer(request);
          const chunked = request.headers['content-encoding'] === 'aws-chunked';
          this.objects.set(name, chunked ? unchunked(body) : body);
          response.end();
        } else if (searchParams.has('list-type')) {
          const start = `${name}/${searchParams.get('prefix')}`;
          const keys = [...this.objects.keys()].filter((key) => key.startsWith(start));
          const contents = keys.map(
            (key, i) =>
              `<Contents><Key>${key.slice(name.length + 1)}</Key><LastModified>2026-01-0${i + 1}T00:00:00Z</LastModified></Contents>`,
          );
          response.end(`<ListBucketResult>${contents.join('')}</ListBucketResult>`);
        } else {
          response.statusCode = this.objects.has(name) ? 200 : 404;
          response.end(this.objects.get(name));
        }
      })();
    });
  }

  static async started(): Promise<BucketServer> {
    const one = new BucketServer();
    await new Promise<void>((resolve) => one.server.listen(0, '127.0.0.1', resolve));
    return one;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** SDKs send a stream in chunks, `SIZE\r\nDATA\r\n`, the last of which is empty and followed by a checksum. */
function unchunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = body.indexOf('\r\n', at);
    const size = parseInt(body.toString('latin1', at, line), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
