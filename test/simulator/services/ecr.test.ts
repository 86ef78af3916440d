import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { mayMove } from '../../../tools/simulator/services/ecr';
import { type Harness, startHarness } from '../gateway/harness';

let aws: Harness;
let ecr: ECRClient;
let authorization: string;

beforeAll(async () => {
  aws = await startHarness([{ name: 'push-fails', argument: 'unlucky' }]);
  ecr = new ECRClient(aws.client);
  await ecr.send(
    new CreateRepositoryCommand({
      repositoryName: 'app',
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest' }],
    }),
  );
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'unlucky' }));
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
});

afterAll(() => aws.stop());

afterEach(() => aws.authorizer.denied.clear());

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${aws.gateway.url}${path}`, { method, body, headers: { authorization, ...headers } });
}

async function errorOf(response: Response): Promise<object> {
  const { errors } = (await response.json()) as { errors: object[] };
  return { status: response.status, ...errors[0] };
}

/** What `docker push` does, for an image with one layer. */
async function push(repository: string, tag: string, layer: string): Promise<Response> {
  const parts = ['{}', layer];
  for (const part of parts) {
    const start = await call('POST', `/v2/${repository}/blobs/uploads/`);
    if (!start.ok) return start;
    const location = start.headers.get('location') ?? '';
    await call('PATCH', location, part);
    const end = await call('PUT', `${location}?digest=${sha256(part)}`);
    if (!end.ok) return end;
  }
  return call('PUT', `/v2/${repository}/manifests/${tag}`, manifest(layer), {
    'content-type': MANIFEST_TYPE,
  });
}

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

function manifest(layer: string): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { digest: sha256('{}'), size: 2 },
    layers: [{ digest: sha256(layer), size: layer.length }],
  });
}

describe('what a push leaves in ECR', () => {
  test('the digest is that of the manifest, which a deployment by digest relies on', async () => {
    const pushed = await push('app', 'v1', 'one');

    expect(pushed.status).toBe(201);
    expect(pushed.headers.get('docker-content-digest')).toBe(sha256(manifest('one')));
    const { imageDetails } = await ecr.send(
      new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }),
    );
    expect(imageDetails).toMatchObject([
      { imageDigest: sha256(manifest('one')), imageTags: ['v1'], imageSizeInBytes: 5, repositoryName: 'app' },
    ]);
    expect(imageDetails?.[0]?.imagePushedAt).toBeInstanceOf(Date);
  });

  test('the manifest and its layers can be pulled again', async () => {
    const byTag = await call('GET', '/v2/app/manifests/v1');
    const blob = await call('GET', `/v2/app/blobs/${sha256('one')}`);

    expect(await byTag.text()).toBe(manifest('one'));
    expect(byTag.headers.get('content-type')).toBe(MANIFEST_TYPE);
    expect(await blob.text()).toBe('one');
    expect((await call('HEAD', `/v2/app/blobs/${sha256('none')}`)).status).toBe(404);
  });

  test('pushing the same image again is no failure', async () => {
    const again = await push('app', 'v1', 'one');

    expect(again.status).toBe(201);
    expect(again.headers.get('docker-content-digest')).toBe(sha256(manifest('one')));
  });

  test("latest may move, a commit's tag may not", async () => {
    expect((await push('app', 'latest', 'one')).status).toBe(201);
    expect((await push('app', 'latest', 'two')).status).toBe(201);

    expect(await errorOf(await push('app', 'v1', 'two'))).toEqual({
      status: 400,
      code: 'TAG_INVALID',
      message:
        "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.",
    });
    const { images } = await ecr.send(
      new BatchGetImageCommand({
        repositoryName: 'app',
        imageIds: [{ imageTag: 'v1' }, { imageTag: 'latest' }],
      }),
    );
    expect(images?.map(({ imageId }) => imageId)).toEqual([
      { imageTag: 'v1', imageDigest: sha256(manifest('one')) },
      { imageTag: 'latest', imageDigest: sha256(manifest('two')) },
    ]);
  });

  test('an image that loses its only tag is kept, because a service may still run it', async () => {
    await push('app', 'latest', 'three');

    const { imageDetails } = await ecr.send(
      new DescribeImagesCommand({ repositoryName: 'app', filter: { tagStatus: 'UNTAGGED' } }),
    );

    expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([sha256(manifest('two'))]);
  });

  test("the repository's rules are what they were before the push", async () => {
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['app'] }));

    expect(repositories?.[0]).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest' }],
    });
  });

  test.each([
    ['v1', 'IMMUTABLE_WITH_EXCLUSION', false],
    ['latest', 'IMMUTABLE_WITH_EXCLUSION', true],
    ['latest-2', 'IMMUTABLE_WITH_EXCLUSION', false],
    ['1-dev', 'IMMUTABLE_WITH_EXCLUSION', true],
    ['latest', 'MUTABLE_WITH_EXCLUSION', false],
    ['v1', 'MUTABLE_WITH_EXCLUSION', true],
  ] as const)(
    'the tag %s in a repository that is %s: may move is %s',
    (tag, imageTagMutability, expected) => {
      const imageTagMutabilityExclusionFilters = [{ filter: 'latest' }, { filter: '*-dev' }];

      expect(mayMove({ imageTagMutability, imageTagMutabilityExclusionFilters }, tag)).toBe(expected);
    },
  );
});

describe('what docker is told when a push cannot be', () => {
  test('no login', async () => {
    const answer = await fetch(`${aws.gateway.url}/v2/`);

    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  test('a login with a password that ECR never gave', async () => {
    const headers = { authorization: `Basic ${Buffer.from('AWS:guess').toString('base64')}` };

    expect((await fetch(`${aws.gateway.url}/v2/`, { headers })).status).toBe(401);
  });

  test('no such repository', async () => {
    expect(await errorOf(await push('nowhere', 'v1', 'one'))).toEqual({
      status: 404,
      code: 'NAME_UNKNOWN',
      message: "The repository with name 'nowhere' does not exist in the registry with id '123456789012'",
    });
  });

  test.each([
    ['ecr:InitiateLayerUpload', () => call('POST', '/v2/app/blobs/uploads/')],
    ['ecr:PutImage', () => call('PUT', '/v2/app/manifests/v9', manifest('one'))],
    ['ecr:BatchGetImage', () => call('GET', '/v2/app/manifests/v1')],
    ['ecr:GetDownloadUrlForLayer', () => call('GET', `/v2/app/blobs/${sha256('one')}`)],
  ])('the permission %s is missing', async (action, request) => {
    aws.authorizer.denied.add(action);

    expect(await errorOf(await request())).toEqual({
      status: 403,
      code: 'DENIED',
      message: `User: ${aws.administrator.arn} is not authorized to perform: ${action}`,
    });
  });

  test('a layer that is not what its digest says is not stored', async () => {
    const start = await call('POST', '/v2/app/blobs/uploads/');
    const end = await call('PUT', `${start.headers.get('location')}?digest=${sha256('said')}`, 'sent');

    expect(await errorOf(end)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    expect((await call('HEAD', `/v2/app/blobs/${sha256('said')}`)).status).toBe(404);
  });

  test('an image without its layers is not stored', async () => {
    const put = call('PUT', '/v2/app/manifests/v9', manifest('never pushed'));

    expect(await errorOf(await put)).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
  });

  test('the fault push-fails refuses its repository and no other', async () => {
    expect(await errorOf(await push('unlucky', 'v1', 'one'))).toMatchObject({ status: 403, code: 'DENIED' });
    expect((await push('app', 'v2', 'four')).status).toBe(201);
  });
});

describe('what scripts ask ECR', () => {
  test('the password of get-login-password logs the same session in', async () => {
    const { stdout } = await promisify(execFile)('aws', ['ecr', 'get-login-password'], {
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        AWS_ENDPOINT_URL: aws.gateway.url,
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: aws.gateway.credentialsUrl(aws.administrator),
      },
    });
    const headers = { authorization: `Basic ${Buffer.from(`AWS:${stdout.trim()}`).toString('base64')}` };

    expect((await fetch(`${aws.gateway.url}/v2/`, { headers })).status).toBe(200);
    // The login says which region's registry is meant; the name localhost does not.
    expect((await fetch(`${aws.gateway.url}/v2/app/manifests/v1`, { headers })).status).toBe(404);
    expect(aws.authorizer.asked.at(-1)).toMatchObject({ service: 'ecr', region: 'eu-west-1' });
  });

  test('the registry has the name that image references are made of', async () => {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));

    expect(authorizationData?.[0]?.proxyEndpoint).toBe(
      'https://123456789012.dkr.ecr.us-east-1.amazonaws.com',
    );
  });

  test('an image that is not there is told in the words that scripts look for', async () => {
    const describe = ecr.send(
      new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v0' }] }),
    );
    await expect(describe).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message:
        "The image with imageId {imageDigest:'null', imageTag:'v0'} does not exist within the repository with name 'app' in the registry with id '123456789012'",
    });

    const { images, failures } = await ecr.send(
      new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v0' }] }),
    );
    expect(images).toEqual([]);
    expect(failures).toMatchObject([{ imageId: { imageTag: 'v0' }, failureCode: 'ImageNotFound' }]);
  });

  test('put-image gives an image another tag, and keeps an immutable one', async () => {
    const imageManifest = manifest('one');
    const put = (imageTag: string): Promise<unknown> =>
      ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest, imageTag }));

    await put('stable');
    await expect(put('stable')).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    await expect(put('v2')).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
  });
});
