import { XMLParser } from 'fast-xml-parser';
import { AwsError, type AwsRequest } from './request';

/** What a subresource of a bucket (`?encryption`) is called in the API's operations (`GetBucketEncryption`). */
const BUCKET_SUBRESOURCES: Readonly<Record<string, string>> = {
  abac: 'BucketAbac',
  accelerate: 'BucketAccelerateConfiguration',
  acl: 'BucketAcl',
  analytics: 'BucketAnalyticsConfiguration',
  cors: 'BucketCors',
  encryption: 'BucketEncryption',
  'intelligent-tiering': 'BucketIntelligentTieringConfiguration',
  inventory: 'BucketInventoryConfiguration',
  lifecycle: 'BucketLifecycleConfiguration',
  location: 'BucketLocation',
  logging: 'BucketLogging',
  metrics: 'BucketMetricsConfiguration',
  notification: 'BucketNotificationConfiguration',
  'object-lock': 'ObjectLockConfiguration',
  ownershipControls: 'BucketOwnershipControls',
  policy: 'BucketPolicy',
  policyStatus: 'BucketPolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  replication: 'BucketReplication',
  requestPayment: 'BucketRequestPayment',
  tagging: 'BucketTagging',
  versioning: 'BucketVersioning',
  website: 'BucketWebsite',
};

const OBJECT_SUBRESOURCES: Readonly<Record<string, string>> = {
  acl: 'ObjectAcl',
  attributes: 'ObjectAttributes',
  'legal-hold': 'ObjectLegalHold',
  retention: 'ObjectRetention',
  tagging: 'ObjectTagging',
  torrent: 'ObjectTorrent',
};

const VERBS: Readonly<Record<string, string>> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' };

/**
 * The bucket and the rest of the path of an S3 request to `localhost`, in path style (`localhost/bucket/key`) or virtual-hosted
 * style (`bucket.localhost/key`, `bucket.s3.localhost/key`).
 */
export function pathStyle(host: string, pathname: string): string {
  const bucket = /^(.+?)(?:\.s3(?:[.-][a-z0-9-]+)?)?\.localhost$/.exec(host.replace(/:\d+$/, ''))?.[1];
  return bucket ? `/${bucket}${pathname}` : pathname;
}

/**
 * The operation of an S3 request, which names none itself.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 *
 * @param url in path style
 * @returns undefined for what S3 has no operation for
 */
export function s3Operation(
  request: Pick<AwsRequest, 'method' | 'url' | 'headers'>,
): { operation: string; input: Record<string, unknown> } | undefined {
  const { method, url, headers } = request;
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/s.exec(decoded(url.pathname)) ?? [];
  if (!bucket) return method === 'GET' ? { operation: 'ListBuckets', input: {} } : undefined;
  const query = url.searchParams;
  const input: Record<string, unknown> = { Bucket: bucket };
  const take = (name: string, parameter: string): void => {
    const value = query.get(parameter);
    if (value !== null) input[name] = value;
  };
  if (key) {
    input.Key = key;
    take('VersionId', 'versionId');
    take('UploadId', 'uploadId');
    const source = headers['x-amz-copy-source'];
    if (source) input.CopySource = decoded(source);
  } else {
    take('Prefix', 'prefix');
    take('Delimiter', 'delimiter');
    take('MaxKeys', 'max-keys');
  }
  const operation = key ? objectOperation(method, query, headers) : bucketOperation(method, query);
  return operation === undefined ? undefined : { operation, input };
}

/** The keys that a DeleteObjects request names in its body. */
export function objectsToDelete(body: Buffer): { Key: string; VersionId?: string }[] {
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Object' });
  const parsed = parser.parse(body) as { Delete?: { Object?: { Key: string; VersionId?: string }[] } };
  return parsed.Delete?.Object ?? [];
}

/** @throws AwsError for what is not percent-encoded UTF-8 */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function bucketOperation(method: string, query: URLSearchParams): string | undefined {
  const subresource = Object.keys(BUCKET_SUBRESOURCES).find((name) => query.has(name));
  const noun = subresource && BUCKET_SUBRESOURCES[subresource];
  if (noun) {
    if (method === 'DELETE' && subresource === 'lifecycle') return 'DeleteBucketLifecycle';
    const listed = /Analytics|Inventory|Metrics|IntelligentTiering/.test(noun);
    if (method === 'GET' && listed && !query.has('id')) return `List${noun}s`;
    return VERBS[method] && `${VERBS[method]}${noun}`;
  }
  switch (method) {
    case 'GET':
      if (query.has('versions')) return 'ListObjectVersions';
      if (query.has('uploads')) return 'ListMultipartUploads';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return 'CreateBucket';
    case 'DELETE':
      return 'DeleteBucket';
    case 'POST':
      return query.has('delete') ? 'DeleteObjects' : undefined;
    default:
      return undefined;
  }
}

function objectOperation(
  method: string,
  query: URLSearchParams,
  headers: AwsRequest['headers'],
): string | undefined {
  const subresource = Object.keys(OBJECT_SUBRESOURCES).find((name) => query.has(name));
  if (subresource) return VERBS[method] && `${VERBS[method]}${OBJECT_SUBRESOURCES[subresource]}`;
  const copies = headers['x-amz-copy-source'] !== undefined;
  switch (method) {
    case 'GET':
      return query.has('uploadId') ? 'ListParts' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      if (query.has('uploadId')) return copies ? 'UploadPartCopy' : 'UploadPart';
      return copies ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      if (query.has('uploadId')) return 'CompleteMultipartUpload';
      if (query.has('restore')) return 'RestoreObject';
      return query.has('select') ? 'SelectObjectContent' : undefined;
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return undefined;
  }
}
