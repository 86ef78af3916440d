import { createHash } from 'node:crypto';
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImageScanFindingsCommand,
  type DescribeImageScanFindingsCommandOutput,
  ECRClient,
  GetAuthorizationTokenCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import type { AwsEvent } from '../../../tools/simulator/events/event-bus';
import { Faults } from '../../../tools/simulator/faults';
import { type ImageScan, ImageScans } from '../../../tools/simulator/services/image-scans';
import { ACCOUNT, type Harness, startHarness } from '../gateway/harness';

let clean: Harness;
let vulnerable: Harness;

beforeAll(async () => {
  [clean, vulnerable] = await Promise.all([
    startHarness([{ name: 'scan-never-ends', argument: 'slow' }]),
    startHarness([
      { name: 'scan-finds' },
      { name: 'scan-finds', argument: 'HIGH:CVE-2026-12345' },
      { name: 'scan-finds', argument: 'HIGH:CVE-2026-54321' },
    ]),
  ]);
  for (const repositoryName of ['app', 'slow', 'gone']) {
    const scanned = { repositoryName, imageScanningConfiguration: { scanOnPush: true } };
    await Promise.all([clean, vulnerable].map((aws) => ecr(aws).send(new CreateRepositoryCommand(scanned))));
  }
  await ecr(clean).send(new CreateRepositoryCommand({ repositoryName: 'unscanned' }));
});

afterAll(() => Promise.all([clean.stop(), vulnerable.stop()]));

const ecr = (aws: Harness): ECRClient => new ECRClient({ ...aws.client, maxAttempts: 1 });
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const IMAGE = 'application/vnd.docker.distribution.manifest.v2+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

function manifestOf(layer: string, mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip'): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: { digest: sha256('{}'), size: 2 },
    layers: [{ mediaType, digest: sha256(layer), size: layer.length }],
  });
}

/** @returns the digest */
async function push(aws: Harness, repository: string, tag: string, manifest: string): Promise<string> {
  const { authorizationData } = await ecr(aws).send(new GetAuthorizationTokenCommand({}));
  const headers = { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` };
  for (const part of ['{}', 'one', 'two', 'three', 'statement']) {
    const url = `${aws.gateway.url}/v2/${repository}/blobs/uploads/?digest=${sha256(part)}`;
    await fetch(url, { method: 'POST', headers, body: part });
  }
  const type = (JSON.parse(manifest) as { mediaType: string }).mediaType;
  const answer = await fetch(`${aws.gateway.url}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': type },
    body: manifest,
  });
  expect(answer.status).toBe(201);
  return sha256(manifest);
}

function findings(
  aws: Harness,
  repositoryName: string,
  imageId: { imageTag?: string; imageDigest?: string },
  page: { maxResults?: number; nextToken?: string } = {},
): Promise<DescribeImageScanFindingsCommandOutput> {
  return ecr(aws).send(new DescribeImageScanFindingsCommand({ repositoryName, imageId, ...page }));
}

const about = (aws: Harness, digest: string): AwsEvent[] =>
  aws.events.filter(({ detail }) => detail['image-digest'] === digest);

describe('a push to a repository with scan-on-push', () => {
  test('is scanned: whoever asks by the digest that is deployed learns that nothing was found', async () => {
    const digest = await push(clean, 'app', 'v1', manifestOf('one'));
    await clean.imageScans.settled();

    const { $metadata: _, ...answer } = await findings(clean, 'app', { imageDigest: digest });
    expect(answer).toEqual({
      registryId: ACCOUNT,
      repositoryName: 'app',
      imageId: { imageDigest: digest },
      imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
      imageScanFindings: {
        findings: [],
        findingSeverityCounts: {},
        imageScanCompletedAt: expect.any(Date) as Date,
      },
    });
  });

  test('is told of by an event of the documented form, without a severity that was not found', async () => {
    const digest = await push(clean, 'app', 'v2', manifestOf('two'));
    await clean.imageScans.settled();

    expect(about(clean, digest)).toStrictEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        'detail-type': 'ECR Image Scan',
        source: 'aws.ecr',
        account: ACCOUNT,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        region: 'us-east-1',
        resources: [`arn:aws:ecr:us-east-1:${ACCOUNT}:repository/app`],
        detail: {
          'scan-status': 'COMPLETE',
          'repository-name': 'app',
          'finding-severity-counts': {},
          'image-digest': digest,
          'image-tags': ['v2'],
        },
      },
    ]);
  });

  test('is scanned once: another tag for the same image is no second message', async () => {
    const digest = await push(clean, 'app', 'v3', manifestOf('three'));
    await clean.imageScans.settled();
    await push(clean, 'app', 'latest', manifestOf('three'));
    await push(clean, 'app', 'latest', manifestOf('three'));
    await clean.imageScans.settled();

    expect(about(clean, digest)).toHaveLength(1);
    const { imageScanStatus, imageId } = await findings(clean, 'app', { imageTag: 'latest' });
    expect([imageScanStatus?.status, imageId]).toEqual([
      'COMPLETE',
      { imageTag: 'latest', imageDigest: digest },
    ]);
  });

  test('is not scanned where the repository does not ask for it, until somebody starts a scan', async () => {
    const digest = await push(clean, 'unscanned', 'v1', manifestOf('one'));
    const imageId = { imageTag: 'v1' };

    await expect(findings(clean, 'unscanned', imageId)).rejects.toMatchObject({
      name: 'ScanNotFoundException',
      message: `Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}' in the repository with name 'unscanned' in the registry with id '${ACCOUNT}'`,
    });
    const start = new StartImageScanCommand({ repositoryName: 'unscanned', imageId });
    const { imageScanStatus } = await ecr(clean).send(start);
    expect(imageScanStatus).toEqual({ status: 'IN_PROGRESS' });
    await clean.imageScans.settled();
    expect(about(clean, digest).filter(({ resources }) => resources[0]?.endsWith('/unscanned'))).toHaveLength(
      1,
    );
    await expect(ecr(clean).send(start)).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  test('leaves the manifest to be read, which says what the image weighs', async () => {
    await push(clean, 'app', 'v1', manifestOf('one'));
    const { images } = await ecr(clean).send(
      new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }),
    );

    expect(images).toMatchObject([{ imageManifest: manifestOf('one'), imageManifestMediaType: IMAGE }]);
  });
});

describe('a scan that does not end with an answer', () => {
  test('goes on for ever by the fault, in its repository only: whoever waits must give up', async () => {
    const digest = await push(clean, 'slow', 'v1', manifestOf('one'));
    await clean.imageScans.settled();

    const { imageScanStatus, imageScanFindings } = await findings(clean, 'slow', { imageDigest: digest });
    expect([imageScanStatus, imageScanFindings]).toEqual([{ status: 'IN_PROGRESS' }, undefined]);
    expect(about(clean, digest).filter(({ resources }) => resources[0]?.endsWith('/slow'))).toEqual([]);
  });

  test('is none of an index, nor of an attestation: only the image of a platform is scanned', async () => {
    const image = await push(clean, 'app', 'v1', manifestOf('one'));
    const attestation = await push(
      clean,
      'app',
      'a',
      manifestOf('statement', 'application/vnd.in-toto+json'),
    );
    const manifests = [image, attestation].map((digest) => ({ digest, size: 1 }));
    const index = await push(
      clean,
      'app',
      'index',
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }),
    );
    await clean.imageScans.settled();

    for (const digest of [index, attestation]) {
      const { imageScanStatus, imageScanFindings } = await findings(clean, 'app', { imageDigest: digest });
      expect(imageScanStatus).toEqual({
        status: 'FAILED',
        description: 'UnsupportedImageError: The operating system and/or package manager are not supported.',
      });
      expect(imageScanFindings).toBeUndefined();
      expect(about(clean, digest)).toEqual([]);
    }
  });

  test('of an image or repository that is not there is told in the words of ECR', async () => {
    await expect(findings(clean, 'app', { imageTag: 'v0' })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message: `The image with imageId {imageDigest:'null', imageTag:'v0'} does not exist within the repository with name 'app' in the registry with id '${ACCOUNT}'`,
    });
    await expect(findings(clean, 'nowhere', { imageTag: 'v1' })).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    });
  });
});

describe('the fault scan-finds', () => {
  test('has every pushed image found vulnerable, by severity and name as asked, with a name that no real one has', async () => {
    const digest = await push(vulnerable, 'app', 'v1', manifestOf('one'));
    await vulnerable.imageScans.settled();

    const { imageScanFindings } = await findings(vulnerable, 'app', { imageDigest: digest });
    expect(imageScanFindings?.findingSeverityCounts).toEqual({ CRITICAL: 1, HIGH: 2 });
    expect(imageScanFindings?.findings?.map(({ name, severity }) => [name, severity])).toEqual([
      ['CVE-2026-0000', 'CRITICAL'],
      ['CVE-2026-12345', 'HIGH'],
      ['CVE-2026-54321', 'HIGH'],
    ]);
    expect(imageScanFindings?.findings?.[1]).toEqual({
      name: 'CVE-2026-12345',
      description: 'asked for by --fault scan-finds:HIGH:CVE-2026-12345 (simulated)',
      uri: 'https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2026-12345',
      severity: 'HIGH',
      attributes: [
        { key: 'package_name', value: 'simulated-package' },
        { key: 'package_version', value: '1.0.0' },
      ],
    });
    expect(about(vulnerable, digest).map(({ detail }) => detail['finding-severity-counts'])).toEqual([
      { CRITICAL: 1, HIGH: 2 },
    ]);
  });

  test('is told a page at a time, so that code which forgets the second page is found out', async () => {
    const digest = await push(vulnerable, 'app', 'v2', manifestOf('two'));
    await vulnerable.imageScans.settled();
    const imageId = { imageDigest: digest };

    const first = await findings(vulnerable, 'app', imageId, { maxResults: 2 });
    const second = await findings(vulnerable, 'app', imageId, { maxResults: 2, nextToken: first.nextToken });
    expect([first, second].map(({ imageScanFindings }) => imageScanFindings?.findings?.length)).toEqual([
      2, 1,
    ]);
    expect(first.nextToken).toBeDefined();
    expect(second.nextToken).toBeUndefined();
    expect(second.imageScanFindings?.findingSeverityCounts).toEqual({ CRITICAL: 1, HIGH: 2 });

    for (const page of [
      { nextToken: '3' },
      { nextToken: 'other' },
      { maxResults: 1001 },
      { maxResults: 0 },
    ]) {
      await expect(findings(vulnerable, 'app', imageId, page)).rejects.toMatchObject({
        name: 'InvalidParameterException',
      });
    }
  });
});

describe('nobody is told of an image that is no more', () => {
  test('deleted and pushed again, it is scanned again', async () => {
    const digest = await push(clean, 'gone', 'v1', manifestOf('one'));
    await clean.imageScans.settled();
    await ecr(clean).send(
      new BatchDeleteImageCommand({ repositoryName: 'gone', imageIds: [{ imageDigest: digest }] }),
    );
    await expect(findings(clean, 'gone', { imageDigest: digest })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
    });
    await push(clean, 'gone', 'v1', manifestOf('one'));
    await clean.imageScans.settled();

    expect(about(clean, digest).filter(({ resources }) => resources[0]?.endsWith('/gone'))).toHaveLength(2);
  });

  test("a repository's scans go with it", async () => {
    const digest = await push(clean, 'gone', 'v2', manifestOf('two'));
    await clean.imageScans.settled();
    await ecr(clean).send(new DeleteRepositoryCommand({ repositoryName: 'gone', force: true }));

    expect(clean.imageScans.find('gone', digest)).toBeUndefined();
    expect(clean.imageScans.find('app', digest)).toBeDefined();
  });

  test('a scan that outlives its image ends without an event', async () => {
    const { scans, events } = fresh({ DescribeImages: 'ImageNotFoundException' });
    const { digest } = scans.start('us-east-1', 'app', 'sha256:1', {});
    await scans.settled();

    expect(events).toEqual([]);
    expect(scans.find('app', digest)?.completedAt).toBeDefined();
  });
});

/** Scans in front of an emulator with one image, or of one that answers with an error. */
function fresh(
  errors: { DescribeImages?: string } = {},
  seconds = 0,
): { scans: ImageScans; events: AwsEvent[]; log: string[] } {
  const events: AwsEvent[] = [];
  const log: string[] = [];
  const call = (): Promise<object> => {
    const code = errors.DescribeImages;
    if (code) return Promise.reject(Object.assign(new Error('no'), { code }));
    return Promise.resolve({ imageDetails: [{ imageTags: ['v1'] }] });
  };
  const scans = new ImageScans(
    {
      account: ACCOUNT,
      emulated: { call } as never,
      faults: new Faults(),
      events: { put: (event) => void events.push(event) },
      changed: () => undefined,
      log: (line) => log.push(line),
    },
    seconds,
  );
  return { scans, events, log };
}

describe('scans outlive the simulator', () => {
  const kept = (scans: ImageScans): ImageScan[] => JSON.parse(JSON.stringify(scans.save())) as ImageScan[];

  test('one that has ended is known, and nobody is told of it twice', async () => {
    const before = fresh();
    before.scans.start('us-east-1', 'app', 'sha256:1', {});
    await before.scans.settled();
    const after = fresh();
    after.scans.restore(kept(before.scans));
    await after.scans.settled();

    expect(after.scans.find('app', 'sha256:1')).toEqual(before.scans.find('app', 'sha256:1'));
    expect([before.events.length, after.events.length]).toEqual([1, 0]);
  });

  test('one that was going on ends in the next', async () => {
    const before = fresh({}, 3600);
    before.scans.start('us-east-1', 'app', 'sha256:1', {});
    await before.scans.close();
    expect(before.scans.find('app', 'sha256:1')?.completedAt).toBeUndefined();
    const after = fresh();
    after.scans.restore(kept(before.scans));
    await after.scans.settled();

    expect([before.events.length, after.events.length]).toEqual([0, 1]);
    expect([before.log, after.log]).toEqual([[], []]);
  });
});

test('the run says what of the scans was played', async () => {
  const { scans } = fresh();
  expect(scans.simulated()).toEqual([]);
  scans.start('us-east-1', 'app', 'sha256:1', {});
  await scans.settled();

  expect(scans.simulated()).toEqual(['ECR: image scans (1) look for nothing; none has a finding']);
  expect(vulnerable.imageScans.simulated()).toEqual([
    expect.stringMatching(/look for nothing; the findings \(\d+\) were asked for$/),
  ]);
});
