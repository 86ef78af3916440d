import { createHash } from 'node:crypto';
import type { Emulated } from '../gateway/emulated';
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';
import { type ImageScan, type ImageScans, severityCounts } from './image-scans';
import type { Layers } from './layers';
import type { RegistryTokens } from './registry-tokens';

/**
 * ECR. Repositories and images are the emulator's; made right here is what moto 5.2.1 does otherwise than ECR: digests, sizes,
 * immutable tags, errors, scans, and the authorization token.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/
 */
export class Ecr implements Service {
  private puts: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly account: string,
    private readonly emulated: Emulated,
    private readonly tokens: RegistryTokens,
    private readonly layers: Layers,
    private readonly scans: ImageScans,
  ) {}

  async handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    switch (request.operation) {
      case 'GetAuthorizationToken':
        return json(this.authorizationToken(request));
      case 'PutImage':
        return json({ image: await this.putImage(request, request.input as unknown as NewImage) });
      case 'DescribeImages':
        return json(await this.describeImages(request));
      case 'BatchGetImage':
        return json(await this.batchGetImage(request, request.input as unknown as ImageIds));
      case 'DeleteRepository': {
        const answer = await this.emulated.answer(request);
        if (answer.status < 300) {
          this.layers.forget(String(request.input.repositoryName));
          this.scans.forget(String(request.input.repositoryName));
        }
        return answer;
      }
      case 'StartImageScan':
        return json(await this.startImageScan(request, request.input as unknown as ScanInput));
      case 'DescribeImageScanFindings':
        return json(await this.describeImageScanFindings(request, request.input as unknown as ScanInput));
      default:
        return undefined;
    }
  }

  /** @throws AwsError RepositoryNotFoundException */
  async repository(request: AwsRequest, name: string): Promise<Repository> {
    const { repositories } = await this.emulated.call<{ repositories: Repository[] }>(
      request,
      'DescribeRepositories',
      { repositoryNames: [name] },
    );
    const [repository] = repositories;
    if (!repository) throw new Error(`moto describes no repository ${name}`);
    return repository;
  }

  /** Each id's image, in the order of the ids; what is not there stands among the failures. */
  async batchGetImage(
    request: AwsRequest,
    { repositoryName, imageIds }: ImageIds,
  ): Promise<{ images: Image[]; failures: object[] }> {
    const images: Image[] = [];
    const failures: object[] = [];
    for (const imageId of imageIds) {
      // One by one: of several, moto does not tell which image answers which id.
      const wanted = imageId.imageDigest ? { imageDigest: imageId.imageDigest } : imageId;
      const found = await this.emulated.call<{ images: Image[] }>(request, 'BatchGetImage', {
        repositoryName,
        imageIds: [wanted],
      });
      const [image] = found.images;
      if (image) {
        images.push({ ...image, imageId: { imageDigest: image.imageId.imageDigest, ...imageId } });
      } else {
        failures.push({
          imageId,
          failureCode: 'ImageNotFound',
          failureReason: 'Requested image not found',
        });
      }
    }
    return { images, failures };
  }

  /**
   * Puts an image by ECR's rules.
   * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
   *
   * @throws AwsError ImageAlreadyExistsException, ImageTagAlreadyExistsException, LayersNotFoundException…
   */
  putImage(request: AwsRequest, image: NewImage): Promise<Image> {
    // One after the other: whether a tag may move must still hold when it does.
    const put = this.puts.then(() => this.putNow(request, image));
    this.puts = put.catch(() => undefined);
    return put;
  }

  private async putNow(request: AwsRequest, image: NewImage): Promise<Image> {
    const { repositoryName, imageManifest, imageTag } = image;
    const manifest = parsed(imageManifest);
    const digest = `sha256:${createHash('sha256').update(imageManifest).digest('hex')}`;
    if (image.imageDigest !== undefined && image.imageDigest !== digest) {
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        'The specified image digest does not match the digest that Amazon ECR calculated for the image.',
      );
    }
    const repository = await this.repository(request, repositoryName);
    const { imageDetails } = await this.emulated.call<{ imageDetails: ImageDetail[] }>(
      request,
      'DescribeImages',
      {
        repositoryName,
      },
    );
    const known = imageDetails.some(({ imageDigest }) => imageDigest === digest);
    const holder = imageDetails.find(({ imageTags }) => imageTag && imageTags?.includes(imageTag));
    if (imageTag === undefined ? known : holder?.imageDigest === digest) {
      throw new AwsError(
        'ImageAlreadyExistsException',
        `Image with digest '${digest}' and tag '${imageTag ?? 'null'}' already exists in the repository with name '${repositoryName}' in registry with id '${this.account}'`,
      );
    }
    if (imageTag !== undefined && holder && !mayMove(repository, imageTag)) {
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${imageTag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`,
      );
    }
    if (!known) this.requireParts(repositoryName, manifest, imageDetails);

    const untagged =
      holder?.imageTags?.length === 1
        ? await this.batchGetImage(request, {
            repositoryName,
            imageIds: [{ imageDigest: holder.imageDigest }],
          })
        : undefined;
    const put = (input: object): Promise<{ image: Image }> => this.emulated.call(request, 'PutImage', input);
    return this.withMutableTags(request, repository, async () => {
      const { image: result } = await put({
        repositoryName,
        imageManifest,
        imageManifestMediaType: image.imageManifestMediaType ?? manifest.mediaType,
        imageDigest: digest,
        imageTag,
      });
      // moto drops an image with its last tag; ECR keeps it, untagged.
      for (const { imageManifest, imageManifestMediaType, imageId } of untagged?.images ?? []) {
        await put({
          repositoryName,
          imageManifest,
          imageManifestMediaType,
          imageDigest: imageId.imageDigest,
        });
      }
      if (!known && repository.imageScanningConfiguration?.scanOnPush) {
        this.scans.start(request.region, repositoryName, digest, manifest);
      }
      return { ...result, imageId: { imageDigest: digest, ...(imageTag && { imageTag }) } };
    });
  }

  /** moto takes the wildcards of exclusion filters for regular expressions, and fails on some. Ours has decided already. */
  private async withMutableTags<T>(
    request: AwsRequest,
    repository: Repository,
    work: () => Promise<T>,
  ): Promise<T> {
    const { repositoryName, imageTagMutability, imageTagMutabilityExclusionFilters } = repository;
    if (imageTagMutability === 'MUTABLE') return work();
    const set = (setting: object): Promise<object> =>
      this.emulated.call(request, 'PutImageTagMutability', { repositoryName, ...setting });
    await set({ imageTagMutability: 'MUTABLE' });
    try {
      return await work();
    } finally {
      await set({ imageTagMutability, imageTagMutabilityExclusionFilters });
    }
  }

  private requireParts(repositoryName: string, manifest: Manifest, images: readonly ImageDetail[]): void {
    const missing = [manifest.config, ...(manifest.layers ?? [])].some(
      (part) => part && !this.layers.has(repositoryName, part.digest),
    );
    if (missing) {
      throw new AwsError(
        'LayersNotFoundException',
        'The specified layers could not be found, or the specified layer is not valid for this repository.',
      );
    }
    const digests = new Set(images.map(({ imageDigest }) => imageDigest));
    if (manifest.manifests?.some(({ digest }) => !digests.has(digest))) {
      throw new AwsError(
        'ReferencedImagesNotFoundException',
        'The manifest list is referencing an image that does not exist.',
      );
    }
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html */
  private async startImageScan(request: AwsRequest, input: ScanInput): Promise<object> {
    const { repositoryName } = input;
    const imageId = await this.identified(request, input);
    const known = this.scans.find(repositoryName, imageId.imageDigest);
    if (known && Date.now() - known.startedAt < DAY_MS) {
      throw new AwsError(
        'LimitExceededException',
        'The scan quota per image has been exceeded. Wait and try again.',
      );
    }
    const { images } = await this.batchGetImage(request, { repositoryName, imageIds: [imageId] });
    const manifest = parsed(images[0]?.imageManifest ?? '{}');
    const scan = this.scans.start(request.region, repositoryName, imageId.imageDigest, manifest);
    return { registryId: this.account, repositoryName, imageId, imageScanStatus: statusOf(scan) };
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html */
  private async describeImageScanFindings(request: AwsRequest, input: ScanInput): Promise<object> {
    const { repositoryName, maxResults = 100, nextToken } = input;
    const imageId = await this.identified(request, input);
    const scan = this.scans.find(repositoryName, imageId.imageDigest);
    if (!scan) {
      const { imageDigest = 'null', imageTag = 'null' } = input.imageId;
      throw new AwsError(
        'ScanNotFoundException',
        `Image scan does not exist for the image with '{imageDigest:'${imageDigest}', imageTag:'${imageTag}'}' in the repository with name '${repositoryName}' in the registry with id '${this.account}'`,
      );
    }
    const from = nextToken === undefined ? 0 : Number(nextToken);
    if (!(maxResults >= 1 && maxResults <= 1000)) throw invalid('maxResults');
    if (!Number.isInteger(from) || from < 0 || from >= Math.max(scan.findings.length, 1))
      throw invalid('nextToken');
    const to = from + maxResults;
    return {
      registryId: this.account,
      repositoryName,
      imageId,
      imageScanStatus: statusOf(scan),
      ...(scan.completedAt !== undefined && {
        imageScanFindings: {
          findings: scan.findings.slice(from, to),
          findingSeverityCounts: severityCounts(scan),
          imageScanCompletedAt: scan.completedAt / 1000,
        },
        nextToken: to < scan.findings.length ? String(to) : undefined,
      }),
    };
  }

  /** @throws AwsError RepositoryNotFoundException, ImageNotFoundException */
  private async identified(
    request: AwsRequest,
    { repositoryName, imageId }: ScanInput,
  ): Promise<ScanInput['imageId'] & { imageDigest: string }> {
    const { imageDetails } = await this.emulated.call<{ imageDetails: ImageDetail[] }>(
      request,
      'DescribeImages',
      { repositoryName, imageIds: [imageId] },
    );
    return { ...imageId, imageDigest: imageDetails[0]?.imageDigest ?? '' };
  }

  private authorizationToken(request: AwsRequest): object {
    const { session, region } = request;
    const password = this.tokens.issue({ session, region });
    return {
      authorizationData: [
        {
          authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
          expiresAt: Math.round(Date.now() / 1000) + 12 * 60 * 60,
          proxyEndpoint: `https://${this.account}.dkr.ecr.${region}.amazonaws.com`,
        },
      ],
    };
  }

  private async describeImages(request: AwsRequest): Promise<object> {
    const { repositoryName, filter } = request.input as {
      repositoryName: string;
      filter?: { tagStatus?: string };
    };
    const found = await this.emulated.call<{ imageDetails: ImageDetail[] }>(
      request,
      'DescribeImages',
      request.input,
    );
    const tagStatus = filter?.tagStatus ?? 'ANY';
    const details = found.imageDetails.filter(
      ({ imageTags }) => tagStatus === 'ANY' || (tagStatus === 'TAGGED') === Boolean(imageTags?.length),
    );
    const { images } = details.length
      ? await this.emulated.call<{ images: Image[] }>(request, 'BatchGetImage', {
          repositoryName,
          imageIds: details.map(({ imageDigest }) => ({ imageDigest })),
        })
      : { images: [] };
    return {
      imageDetails: details.map((detail, index) => ({
        ...detail,
        registryId: this.account,
        repositoryName,
        imageSizeInBytes: sizeOf(parsed(images[index]?.imageManifest ?? '{}')),
      })),
    };
  }
}

export interface NewImage {
  readonly repositoryName: string;
  readonly imageManifest: string;
  readonly imageManifestMediaType?: string;
  readonly imageTag?: string;
  readonly imageDigest?: string;
}

export interface Image {
  readonly imageId: { readonly imageDigest: string; readonly imageTag?: string };
  readonly imageManifest: string;
  readonly imageManifestMediaType?: string;
}

interface ImageIds {
  readonly repositoryName: string;
  readonly imageIds: readonly { readonly imageDigest?: string; readonly imageTag?: string }[];
}

interface ScanInput {
  readonly repositoryName: string;
  readonly imageId: { readonly imageDigest?: string; readonly imageTag?: string };
  readonly maxResults?: number;
  readonly nextToken?: string;
}

interface ImageDetail {
  readonly imageDigest: string;
  readonly imageTags?: readonly string[];
}

interface Repository {
  readonly repositoryName: string;
  readonly imageTagMutability:
    'MUTABLE' | 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION' | 'IMMUTABLE_WITH_EXCLUSION';
  readonly imageTagMutabilityExclusionFilters?: readonly { readonly filter: string }[];
  readonly imageScanningConfiguration?: { readonly scanOnPush?: boolean };
}

interface Part {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size?: number;
}

interface Manifest {
  readonly mediaType?: string;
  readonly config?: Part;
  readonly layers?: readonly Part[];
  readonly manifests?: readonly Part[];
}

/**
 * Whether a tag that is taken may go to another image. Filters hold wildcards, and turn the setting around for the tags they match.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function mayMove(repository: Omit<Repository, 'repositoryName'>, tag: string): boolean {
  const excluded = (repository.imageTagMutabilityExclusionFilters ?? []).some(({ filter }) =>
    new RegExp(`^${filter.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(tag),
  );
  return repository.imageTagMutability.startsWith('IMMUTABLE') === excluded;
}

function statusOf({ unsupported, completedAt }: ImageScan): object {
  if (unsupported !== undefined) return { status: 'FAILED', description: unsupported };
  if (completedAt === undefined) return { status: 'IN_PROGRESS' };
  return { status: 'COMPLETE', description: 'The scan was completed successfully.' };
}

function invalid(parameter: string): AwsError {
  return new AwsError(
    'InvalidParameterException',
    `Invalid parameter at '${parameter}' failed to satisfy constraint`,
  );
}

function sizeOf({ config, layers, manifests }: Manifest): number {
  return [config, ...(layers ?? []), ...(manifests ?? [])].reduce((sum, part) => sum + (part?.size ?? 0), 0);
}

function parsed(manifest: string): Manifest {
  try {
    return JSON.parse(manifest) as Manifest;
  } catch {
    throw new AwsError(
      'InvalidParameterException',
      "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
    );
  }
}

/** How long an image is not scanned again. */
const DAY_MS = 24 * 60 * 60 * 1000;

function json(output: object): AwsResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(output),
  };
}
