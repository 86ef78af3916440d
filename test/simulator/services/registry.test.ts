import { createHash } from 'node:crypto';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { type Harness, startHarness } from '../gateway/harness';

let aws: Harness;
let authorization: string;

beforeAll(async () => {
  aws = await startHarness();
  const ecr = new ECRClient(aws.client);
  for (const repositoryName of ['one', 'two'])
    await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
});

afterAll(() => aws.stop());

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${aws.gateway.url}${path}`, { method, body, headers: { authorization, ...headers } });
}

async function begin(repository: string, query = ''): Promise<string> {
  const started = await call('POST', `/v2/${repository}/blobs/uploads/${query}`);
  expect(started.status).toBe(202);
  return started.headers.get('location') ?? '';
}

async function put(repository: string, content: string): Promise<void> {
  const location = await begin(repository);
  const ended = await call('PUT', `${location}?digest=${encodeURIComponent(sha256(content))}`, content);
  expect(ended.status).toBe(201);
}

const SCHEMA_2 = 'application/vnd.docker.distribution.manifest.v2+json';

function manifest(config: string, layers: readonly string[]): string {
  const part = (text: string): object => ({ digest: sha256(text), size: text.length });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: SCHEMA_2,
    config: part(config),
    layers: layers.map(part),
  });
}

describe('the requests of the real client, recorded from dockerd 20.10.24 and docker 28.2.2', () => {
  const config = '{"architecture":"amd64"}';
  const layers = ['first layer', 'second layer'];
  const image = manifest(config, layers);

  /** Chunked, without a content length, as dockerd sends them. */
  function patch(location: string, content: string): Promise<Response> {
    return fetch(`${aws.gateway.url}${location}`, {
      method: 'PATCH',
      headers: { authorization },
      body: new Blob([content]).stream(),
      duplex: 'half',
    });
  }

  async function push(repository: string, tag: string, mountFrom?: string): Promise<string[]> {
    const sent: string[] = [];
    for (const part of [...layers, config]) {
      const known = await call('HEAD', `/v2/${repository}/blobs/${sha256(part)}`);
      if (known.status === 200) {
        sent.push('known');
        continue;
      }
      expect(known.status).toBe(404);
      const query = mountFrom && part !== config ? `?from=${mountFrom}&mount=${sha256(part)}` : '';
      const location = await begin(repository, query);
      const patched = await patch(location, part);
      expect([patched.status, patched.headers.get('range')]).toEqual([202, `0-${part.length - 1}`]);
      const next = patched.headers.get('location') ?? '';
      const ended = await call('PUT', `${next}?digest=${encodeURIComponent(sha256(part))}`);
      expect([ended.status, ended.headers.get('docker-content-digest')]).toEqual([201, sha256(part)]);
      const there = await call('HEAD', `/v2/${repository}/blobs/${sha256(part)}`);
      expect([there.status, there.headers.get('content-length')]).toEqual([200, String(part.length)]);
      sent.push('sent');
    }
    const stored = await call('PUT', `/v2/${repository}/manifests/${tag}`, image, {
      'content-type': SCHEMA_2,
    });
    expect([stored.status, stored.headers.get('docker-content-digest')]).toEqual([201, sha256(image)]);
    return sent;
  }

  test('without a login the registry asks for one, by Basic authentication as ECR', async () => {
    const answer = await fetch(`${aws.gateway.url}/v2/`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Basic realm="[^"]+",service="ecr\.amazonaws\.com"$/,
    );
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect((await call('GET', '/v2/')).status).toBe(200);
  });

  test('a push, a second one of the same image, and one into another repository', async () => {
    expect(await push('one', 'v1')).toEqual(['sent', 'sent', 'sent']);
    expect(await push('one', 'v2')).toEqual(['known', 'known', 'known']);
    // Layers are not mounted from the first: ECR does that only where it has been enabled.
    expect(await push('two', 'v1', 'one')).toEqual(['sent', 'sent', 'sent']);
  });

  test('a pull by digest, and by a tag that is resolved first', async () => {
    const accept = { accept: `application/vnd.oci.image.index.v1+json, ${SCHEMA_2}` };
    const head = await call('HEAD', '/v2/two/manifests/v1', undefined, accept);
    expect([head.status, head.headers.get('docker-content-digest')]).toEqual([200, sha256(image)]);
    expect([head.headers.get('content-type'), head.headers.get('content-length')]).toEqual([
      SCHEMA_2,
      String(image.length),
    ]);
    const got = await call('GET', `/v2/one/manifests/${sha256(image)}`, undefined, accept);
    expect(await got.text()).toBe(image);
    for (const part of [...layers, config]) {
      const blob = await call('GET', `/v2/one/blobs/${sha256(part)}`);
      expect([blob.status, await blob.text()]).toEqual([200, part]);
    }
  });
});

// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
describe('what the distribution specification asks for besides', () => {
  test('a download that broke off goes on where it was', async () => {
    await put('one', '0123456789');
    const get = (range: string): Promise<Response> =>
      call('GET', `/v2/one/blobs/${sha256('0123456789')}`, undefined, { range });

    const rest = await get('bytes=4-');
    expect([rest.status, rest.headers.get('content-range'), await rest.text()]).toEqual([
      206,
      'bytes 4-9/10',
      '456789',
    ]);
    const middle = await get('bytes=2-3');
    expect([middle.status, middle.headers.get('content-length'), await middle.text()]).toEqual([
      206,
      '2',
      '23',
    ]);
    expect(await (await get('bytes=8-99')).text()).toBe('89');
    expect((await get('bytes=10-')).status).toBe(416);
  });

  test('an empty blob can be read', async () => {
    await put('one', '');
    const got = await call('GET', `/v2/one/blobs/${sha256('')}`);
    expect([got.status, await got.text()]).toEqual([200, '']);
  });

  test('an upload in chunks tells how far it is, and refuses one that leaves a gap', async () => {
    const location = await begin('one');
    const chunk = (range: string, content: string): Promise<Response> =>
      call('PATCH', location, content, { 'content-range': range });

    expect((await chunk('0-3', 'abcd')).headers.get('range')).toBe('0-3');
    const gap = await chunk('5-6', 'fg');
    expect([gap.status, gap.headers.get('range'), gap.headers.get('location')]).toEqual([
      416,
      '0-3',
      location,
    ]);
    const status = await call('GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-3']);
    expect((await chunk('4-6', 'efg')).headers.get('range')).toBe('0-6');

    expect((await call('PUT', `${location}?digest=${sha256('abcdefg')}`)).status).toBe(201);
    expect((await call('GET', location)).status).toBe(404);
  });

  test('an upload with another content than its digest says is thrown away', async () => {
    const location = await begin('one');
    expect((await call('PUT', `${location}?digest=${sha256('said')}`, 'sent')).status).toBe(400);
    expect((await call('HEAD', `/v2/one/blobs/${sha256('said')}`)).status).toBe(404);
    expect((await call('HEAD', `/v2/one/blobs/${sha256('sent')}`)).status).toBe(404);
  });

  test('an index is kept once its images are there, as buildx pushes them', async () => {
    await Promise.all(['{"index":1}', 'indexed'].map((part) => put('one', part)));
    const image = manifest('{"index":1}', ['indexed']);
    const type = 'application/vnd.oci.image.index.v1+json';
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      manifests: [{ mediaType: SCHEMA_2, digest: sha256(image), size: image.length }],
    });
    const putIndex = (): Promise<Response> =>
      call('PUT', '/v2/one/manifests/all', index, { 'content-type': type });

    expect((await putIndex()).status).toBe(404);
    await call('PUT', `/v2/one/manifests/${sha256(image)}`, image, { 'content-type': SCHEMA_2 });
    const stored = await putIndex();
    expect([stored.status, stored.headers.get('docker-content-digest')]).toEqual([201, sha256(index)]);
    const got = await call('GET', '/v2/one/manifests/all');
    expect([got.headers.get('content-type'), await got.text()]).toEqual([type, index]);
  });
});

test('a throttling registry answers again after its N refusals, so that a client that repeats its writes gets through', async () => {
  const throttling = await startHarness([{ name: 'registry-throttles', argument: '2' }]);
  try {
    const ecr = new ECRClient(throttling.client);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'one' }));
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const headers = { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` };
    const write = (): Promise<Response> =>
      fetch(`${throttling.gateway.url}/v2/one/blobs/uploads/`, { method: 'POST', headers });

    const refused = await write();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({ errors: [{ code: 'TOOMANYREQUESTS', message: 'Rate exceeded' }] });
    expect((await write()).status).toBe(429);
    expect((await write()).status).toBe(202);
  } finally {
    await throttling.stop();
  }
});
