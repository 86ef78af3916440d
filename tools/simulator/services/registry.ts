import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import type { Faults } from '../faults';
import { AwsError, type AwsRequest } from '../gateway/request';
import { unsentRequest } from './unsent-request';
import type { Ecr } from './ecr';
import type { Layers } from './layers';
import type { RegistryLogin, RegistryTokens } from './registry-tokens';

export interface RegistryParts {
  readonly account: string;
  readonly ecr: Ecr;
  readonly layers: Layers;
  readonly tokens: RegistryTokens;
  readonly faults: Faults;
  readonly authorizer: { authorize(request: AwsRequest): Promise<void> };
}

const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };

/**
 * ECR as docker sees it: the registry's HTTP API, mounted at `/v2/`. Each request is judged as the ECR permission that it
 * stands for, and images land in the emulated ECR.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md,
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html (the permissions)
 */
export class Registry {
  constructor(private readonly parts: RegistryParts) {}

  /** A route of the gateway. */
  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await this.answer(request, response);
    } catch (error) {
      if (response.headersSent) throw error;
      const known = error instanceof RegistryError ? error : translated(error);
      const headers = { ...API_VERSION, 'content-type': 'application/json', ...known.headers };
      response.writeHead(known.status, headers);
      const body = JSON.stringify({ errors: [{ code: known.code, message: known.message }] });
      response.end(request.method === 'HEAD' ? undefined : body);
      request.resume();
    }
  };

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const login = this.login(request);
    const url = new URL(`http://localhost${request.url ?? '/'}`);
    const done = (status: number, headers: Record<string, string | number> = {}, body?: string): void => {
      response.writeHead(status, {
        ...API_VERSION,
        'content-length': body ? Buffer.byteLength(body) : 0,
        ...headers,
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (url.pathname === '/v2/') return done(200);

    const [, repository = '', kind, rest = ''] =
      /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags)\/?([^/]*)$/.exec(
        decodeURIComponent(url.pathname),
      ) ?? [];
    const digest = url.searchParams.get('digest');
    switch (`${request.method} ${kind}`) {
      // `mount` and `from` are answered as by an ECR whose blob mounting has not been enabled: with an upload.
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
      case 'POST blobs/uploads': {
        this.failIfAsked(repository);
        await this.judge(login, repository, 'InitiateLayerUpload');
        const id = await this.parts.layers.begin(repository);
        if (digest) return this.completeUpload(login, repository, id, digest, request, done);
        return done(202, uploadHeaders(repository, id, 0));
      }
      case 'GET blobs/uploads': {
        await this.judge(login, repository, 'UploadLayerPart');
        const bytes = this.parts.layers.received(repository, rest);
        if (bytes === undefined) throw unknownUpload();
        return done(204, uploadHeaders(repository, rest, bytes));
      }
      case 'PATCH blobs/uploads': {
        await this.judge(login, repository, 'UploadLayerPart');
        this.refuseGap(repository, rest, request);
        const bytes = await this.parts.layers.append(repository, rest, request);
        if (bytes === undefined) throw unknownUpload();
        return done(202, uploadHeaders(repository, rest, bytes));
      }
      case 'PUT blobs/uploads':
        return this.completeUpload(login, repository, rest, digest ?? '', request, done);
      case 'HEAD blobs':
      case 'GET blobs': {
        const reads = request.method === 'GET';
        await this.judge(login, repository, reads ? 'GetDownloadUrlForLayer' : 'BatchCheckLayerAvailability');
        const size = this.parts.layers.size(repository, rest);
        if (size === undefined) throw new RegistryError('BLOB_UNKNOWN', 'blob unknown to registry', 404);
        const headers = {
          'docker-content-digest': rest,
          'content-type': OCTETS,
          'accept-ranges': 'bytes',
        };
        if (!reads) return done(200, { ...headers, 'content-length': size });
        // A client goes on like this where a download broke off.
        const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
        const start = Number(from ?? 0);
        const end = Math.min(to ? Number(to) : Infinity, size - 1);
        if (start > end && size > 0) {
          throw new RegistryError('RANGE_INVALID', 'invalid range', 416, {
            'content-range': `bytes */${size}`,
          });
        }
        response.writeHead(from === undefined ? 200 : 206, {
          ...API_VERSION,
          ...headers,
          'content-length': size === 0 ? 0 : end - start + 1,
          ...(from !== undefined && { 'content-range': `bytes ${start}-${end}/${size}` }),
        });
        return pipeline(this.parts.layers.read(rest, { start, end }), response);
      }
      case 'HEAD manifests':
      case 'GET manifests': {
        const get = await this.judge(login, repository, 'BatchGetImage', { imageIds: [reference(rest)] });
        const { images } = await this.parts.ecr.batchGetImage(get, {
          repositoryName: repository,
          imageIds: [reference(rest)],
        });
        const [image] = images;
        if (!image) throw new RegistryError('MANIFEST_UNKNOWN', 'Requested image not found', 404);
        const headers = {
          'content-length': Buffer.byteLength(image.imageManifest),
          'content-type': image.imageManifestMediaType ?? OCTETS,
          'docker-content-digest': image.imageId.imageDigest,
        };
        return done(200, headers, image.imageManifest);
      }
      case 'PUT manifests': {
        this.failIfAsked(repository);
        const put = await this.judge(login, repository, 'PutImage', reference(rest));
        const manifest = await text(request);
        if (this.parts.faults.asks('tag-exists', repository))
          await this.takeTag(put, repository, rest, manifest);
        const stored = await this.putManifest(put, repository, rest, manifest, request);
        return done(201, {
          location: `/v2/${repository}/manifests/${stored}`,
          'docker-content-digest': stored,
        });
      }
      default:
        throw new RegistryError('UNSUPPORTED', 'The operation is unsupported.', 405);
    }
  }

  /** Chunks come in order. */
  private refuseGap(repository: string, id: string, request: IncomingMessage): void {
    const [, start] = /^(?:bytes )?(\d+)-/.exec(request.headers['content-range'] ?? '') ?? [];
    const bytes = this.parts.layers.received(repository, id);
    if (start === undefined || bytes === undefined || Number(start) === bytes) return;
    throw new RegistryError(
      'RANGE_INVALID',
      `the chunk starts at ${start}, expected ${bytes}`,
      416,
      uploadHeaders(repository, id, bytes),
    );
  }

  private async completeUpload(
    login: RegistryLogin,
    repository: string,
    id: string,
    digest: string,
    request: IncomingMessage,
    done: (status: number, headers: Record<string, string>) => void,
  ): Promise<void> {
    await this.judge(login, repository, 'CompleteLayerUpload');
    if ((await this.parts.layers.append(repository, id, request)) === undefined) throw unknownUpload();
    if (!(await this.parts.layers.complete(repository, id, digest))) {
      throw new RegistryError('DIGEST_INVALID', 'provided digest did not match uploaded content', 400);
    }
    done(201, { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest });
  }

  /** @returns the digest */
  private async putManifest(
    put: AwsRequest,
    repository: string,
    name: string,
    manifest: string,
    request: IncomingMessage,
  ): Promise<string> {
    try {
      const image = await this.parts.ecr.putImage(put, {
        repositoryName: repository,
        imageManifest: manifest,
        imageManifestMediaType: request.headers['content-type'],
        ...reference(name),
      });
      return image.imageId.imageDigest;
    } catch (error) {
      // A push of what is there already is no failure for docker.
      const digest = error instanceof AwsError && error.code === 'ImageAlreadyExistsException';
      const [known] = digest ? (/sha256:[0-9a-f]{64}/.exec(error.message) ?? []) : [];
      if (known) return known;
      throw error;
    }
  }

  private login(request: IncomingMessage): RegistryLogin {
    const [, encoded = ''] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const [user, ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
    const login = user === 'AWS' ? this.parts.tokens.find(password.join(':')) : undefined;
    if (!login) {
      throw new RegistryError('UNAUTHORIZED', 'authentication required', 401, {
        'www-authenticate': 'Basic realm="https://ecr.amazonaws.com/",service="ecr.amazonaws.com"',
      });
    }
    const region = /\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\./.exec(request.headers.host ?? '')?.[1];
    return region ? { ...login, region } : login;
  }

  /** @throws AwsError when the permission is missing, or the repository */
  private async judge(
    login: RegistryLogin,
    repositoryName: string,
    operation: string,
    input: object = {},
  ): Promise<AwsRequest> {
    const request = unsentRequest(login, 'ecr', operation, { repositoryName, ...input });
    await this.parts.authorizer.authorize(request);
    await this.parts.ecr.repository(request, repositoryName);
    return request;
  }

  private failIfAsked(repository: string): void {
    const { faults } = this.parts;
    if (faults.asks('push-fails', repository)) {
      throw new RegistryError(
        'DENIED',
        'Your authorization token has expired. Reauthenticate and try again.',
        403,
      );
    }
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors.html
    for (const times of faults.of('registry-throttles')) {
      if (faults.first('registry-throttles', Number(times)))
        throw new RegistryError('TOOMANYREQUESTS', 'Rate exceeded', 429);
    }
  }

  /** `--fault tag-exists`: somebody else's image, of the same layers, gets the tag first, once. */
  private async takeTag(put: AwsRequest, repositoryName: string, tag: string, text: string): Promise<void> {
    const manifest = JSON.parse(text) as object;
    const annotations = { 'org.opencontainers.image.description': 'pushed by somebody else (simulated)' };
    const imageManifest = JSON.stringify({ ...manifest, annotations });
    await this.parts.ecr
      .putImage(put, { repositoryName, imageManifest, ...reference(tag) })
      .catch(() => undefined);
  }
}

const OCTETS = 'application/octet-stream';

/** An error in the registry's form; docker prints `code in words: message`. */
class RegistryError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** ECR's exceptions as its registry tells them. */
const CODES: Readonly<Record<string, [code: string, status: number]>> = {
  AccessDeniedException: ['DENIED', 403],
  RepositoryNotFoundException: ['NAME_UNKNOWN', 404],
  ImageTagAlreadyExistsException: ['TAG_INVALID', 400],
  LayersNotFoundException: ['MANIFEST_BLOB_UNKNOWN', 404],
  ReferencedImagesNotFoundException: ['MANIFEST_UNKNOWN', 404],
  ImageDigestDoesNotMatchException: ['DIGEST_INVALID', 400],
  InvalidParameterException: ['MANIFEST_INVALID', 400],
};

function translated(error: unknown): RegistryError {
  if (!(error instanceof AwsError)) throw error;
  const [code, status] = CODES[error.code] ?? ['UNKNOWN', error.status];
  return new RegistryError(code, error.message, status);
}

function reference(name: string): { imageDigest: string } | { imageTag: string } {
  return name.startsWith('sha256:') ? { imageDigest: name } : { imageTag: name };
}

function uploadHeaders(repository: string, id: string, bytes: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    'docker-upload-uuid': id,
    range: `0-${Math.max(bytes - 1, 0)}`,
  };
}

function unknownUpload(): RegistryError {
  return new RegistryError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', 404);
}
