import { nested } from './form';
import { AwsError, type AwsRequest } from './request';
import { objectsToDelete, pathStyle, s3Operation } from './s3-operations';
import type { Session, Sessions } from './sessions';

/** The head of an HTTP request: all that is needed to know who asks which service. */
export interface Head {
  readonly method: string;
  /** The request target as sent, e.g. `/bucket/key?versionId=1`. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Who asks which service, as the signature says. */
export interface Caller {
  readonly service: string;
  readonly region: string;
  readonly session: Session;
}

/** Services whose name in signatures is not the one in IAM's actions. */
const IAM_PREFIXES: Readonly<Record<string, string>> = {
  monitoring: 'cloudwatch',
  email: 'ses',
  tagging: 'tag',
  eventbridge: 'events',
};

/**
 * Which protocol the answer must have. It is needed before a request is understood, for the errors on the way there.
 */
export function protocolOf(head: Head): AwsRequest['protocol'] {
  if (signingName(head) === 's3') return 'rest-xml';
  if (head.headers['x-amz-target'] !== undefined || head.headers['smithy-protocol'] !== undefined)
    return 'json';
  const form = head.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  if (form || /[?&]Action=/.test(head.target)) return signingName(head) === 'ec2' ? 'ec2' : 'query';
  return 'rest-xml';
}

/**
 * Finds the session that signed a request, by its access key, in the header or the query of a presigned URL. Signatures
 * themselves are not checked: whoever reaches this port could read the keys anyway.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @throws AwsError in the service's words, when the request is unsigned or its credentials are unknown
 */
export function identify(head: Head, sessions: Sessions): Caller {
  const protocol = protocolOf(head);
  const scope = credentialScope(head);
  if (!scope) {
    if (protocol === 'rest-xml') throw new AwsError('AccessDenied', 'Access Denied', 403);
    // Who comes with a token of an identity provider signs nothing, and is told why that does not work here.
    const why =
      protocol === 'query'
        ? ' (the simulator plays neither sts:AssumeRoleWithWebIdentity nor sts:AssumeRoleWithSAML)'
        : '';
    throw new AwsError('MissingAuthenticationToken', `Missing Authentication Token${why}`, 403);
  }
  const session = sessions.find(scope.accessKeyId);
  const parameters = query(head);
  const token =
    head.headers['x-amz-security-token'] ??
    parameters.get('X-Amz-Security-Token') ??
    parameters.get('x-amz-security-token');
  if (!session || token !== session.credentials.sessionToken) throw unknownCredentials(protocol);
  if (sessions.hasExpired(session)) throw expiredCredentials(protocol);
  return { service: IAM_PREFIXES[scope.service] ?? scope.service, region: scope.region, session };
}

/** Whether a request carries an object of any size, which is passed on without being read. */
export function isUpload(head: Head, caller: Caller): boolean {
  if (caller.service !== 's3' || head.method !== 'PUT') return false;
  const operation = s3Operation(requestOf(head, caller))?.operation;
  return operation === 'PutObject' || operation === 'UploadPart';
}

/**
 * What a request asks for.
 *
 * @param body empty for an upload
 * @throws AwsError when the request cannot be understood
 */
export function understand(head: Head, body: Buffer, caller: Caller): AwsRequest {
  const protocol = protocolOf(head);
  const request = { ...requestOf(head, caller), ...caller, protocol, body };
  if (protocol === 'json') return { ...request, ...jsonInput(request) };
  if (protocol === 'query' || protocol === 'ec2') {
    const form = new URLSearchParams(request.method === 'POST' ? body.toString('utf8') : request.url.search);
    const operation = form.get('Action');
    if (!operation) throw new AwsError('MissingAction', 'The request must contain the parameter Action');
    return { ...request, operation, input: nested(form) };
  }
  if (caller.service !== 's3') {
    throw new AwsError(
      'UnknownOperationException',
      `The simulator does not understand ${caller.service}: ${head.method} ${request.url.pathname}`,
      404,
    );
  }
  const known = request.url.pathname.startsWith('/v20180820/') ? undefined : s3Operation(request);
  if (!known) {
    throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  }
  if (known.operation === 'DeleteObjects') known.input.Delete = { Objects: objectsToDelete(body) };
  return { ...request, ...known };
}

function requestOf(head: Head, caller: Caller): Pick<AwsRequest, 'method' | 'url' | 'headers'> {
  // Not `new URL(target, base)`: a target such as `//x` is a path here, and no host.
  const url = new URL(`http://localhost${head.target.startsWith('/') ? '' : '/'}${head.target}`);
  if (caller.service === 's3') url.pathname = pathStyle(head.headers.host ?? '', url.pathname);
  return { method: head.method, url, headers: head.headers };
}

function jsonInput(
  request: Pick<AwsRequest, 'url' | 'headers' | 'body'>,
): Pick<AwsRequest, 'operation' | 'input'> {
  const target = request.headers['x-amz-target'];
  if (target === undefined) {
    // smithy-rpc-v2-cbor, which the AWS CLI speaks with CloudWatch: the path names the operation, the input stays unread.
    return { operation: request.url.pathname.split('/').at(-1) ?? '', input: {} };
  }
  try {
    const text = request.body.toString('utf8') || '{}';
    return {
      operation: target.slice(target.lastIndexOf('.') + 1),
      input: JSON.parse(text) as Record<string, unknown>,
    };
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
}

function credentialScope(head: Head): { accessKeyId: string; region: string; service: string } | undefined {
  const parameters = query(head);
  // `aws s3 presign` of the AWS CLI 1 still signs by version 2.
  const version2 = parameters.get('Signature') && parameters.get('AWSAccessKeyId');
  if (version2) return { accessKeyId: version2, region: 'us-east-1', service: 's3' };
  const credential =
    /^AWS4-[A-Z0-9-]+ .*?Credential=([^,\s]+)/.exec(head.headers.authorization ?? '')?.[1] ??
    parameters.get('X-Amz-Credential') ??
    '';
  const [accessKeyId, , region, service] = credential.split('/');
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}

function signingName(head: Head): string | undefined {
  return credentialScope(head)?.service;
}

function query(head: Head): URLSearchParams {
  const mark = head.target.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : head.target.slice(mark));
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, and what EC2 and S3 say instead */
function unknownCredentials(protocol: AwsRequest['protocol']): AwsError {
  const invalid = 'The security token included in the request is invalid.';
  switch (protocol) {
    case 'rest-xml':
      return new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        403,
      );
    case 'ec2':
      return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
    case 'json':
      return new AwsError('UnrecognizedClientException', invalid, 400);
    default:
      return new AwsError('InvalidClientTokenId', invalid, 403);
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what EC2, JSON and Query services say */
function expiredCredentials(protocol: AwsRequest['protocol']): AwsError {
  const expired = 'The security token included in the request is expired';
  switch (protocol) {
    case 'rest-xml':
      return new AwsError('ExpiredToken', 'The provided token has expired.', 400);
    case 'ec2':
      return new AwsError('RequestExpired', 'Request has expired.', 400);
    case 'json':
      return new AwsError('ExpiredTokenException', expired, 400);
    default:
      return new AwsError('ExpiredToken', expired, 403);
  }
}
