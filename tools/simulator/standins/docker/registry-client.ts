import { type Blob, sha256 } from './image';

/** The registry refused; the message is what docker prints. */
export class RegistryError extends Error {}

/** What a manifest names, and the manifest. */
export interface Stored {
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly manifest: string;
}

/** Speaks the registry's HTTP API to the emulated ECR. https://distribution.github.io/distribution/spec/api/ */
export class RegistryClient {
  /**
   * @param endpoint of the emulated AWS
   * @param password of the login
   */
  constructor(
    private readonly endpoint: string,
    private readonly password: string,
  ) {}

  /** False when the password is not (any more) good. */
  async login(): Promise<boolean> {
    return (await this.send('GET', '')).ok;
  }

  /** @returns the manifest's digest and size */
  async push(
    image: Stored,
    repository: string,
    tag: string,
    progress: (line: string) => void,
  ): Promise<{ digest: string; size: number }> {
    for (const layer of [...image.layers, image.config]) progress(await this.pushBlob(repository, layer));
    const { mediaType } = JSON.parse(image.manifest) as { mediaType: string };
    await this.expect(
      this.send('PUT', `${repository}/manifests/${tag}`, image.manifest, { 'content-type': mediaType }),
    );
    return { digest: sha256(image.manifest), size: Buffer.byteLength(image.manifest) };
  }

  /** @returns the manifest's digest, and the image's configuration */
  async inspect(repository: string, reference: string): Promise<{ digest: string; config: string }> {
    const manifest = await this.expect(this.send('GET', `${repository}/manifests/${reference}`));
    const digest = manifest.headers.get('docker-content-digest') ?? '';
    const { config } = (await manifest.json()) as { config?: { digest: string } };
    if (!config)
      throw new RegistryError(`${digest} is an index of several platforms, which is not simulated`);
    const blob = await this.expect(this.send('GET', `${repository}/blobs/${config.digest}`));
    return { digest, config: await blob.text() };
  }

  private async pushBlob(repository: string, blob: Blob): Promise<string> {
    const short = blob.digest.slice(7, 19);
    const known = await this.send('HEAD', `${repository}/blobs/${blob.digest}`);
    if (known.ok) return `${short}: Layer already exists`;
    const started = await this.expect(this.send('POST', `${repository}/blobs/uploads/`));
    const location = new URL(started.headers.get('location') ?? '', this.endpoint);
    location.searchParams.set('digest', blob.digest);
    const upload = `${location.pathname.replace(/^\/v2\//, '')}${location.search}`;
    await this.expect(this.send('PUT', upload, blob.body, { 'content-type': 'application/octet-stream' }));
    return `${short}: Pushed`;
  }

  private async expect(sent: Promise<Response>): Promise<Response> {
    const response = await sent;
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as {
      errors?: { code: string; message: string }[];
    };
    const [error] = body.errors ?? [];
    if (!error) throw new RegistryError(`unexpected status from the registry: ${response.status}`);
    throw new RegistryError(`${error.code.toLowerCase().replaceAll('_', ' ')}: ${error.message}`);
  }

  private send(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`AWS:${this.password}`).toString('base64')}`;
    return fetch(`${this.endpoint}/v2/${path}`, { method, body, headers: { authorization, ...headers } });
  }
}
