import { nested } from '../../../tools/simulator/gateway/form';
import { renderError } from '../../../tools/simulator/gateway/errors';
import { type Head, identify, isUpload, understand } from '../../../tools/simulator/gateway/protocol';
import { AwsError, type AwsRequest } from '../../../tools/simulator/gateway/request';
import { type Session, Sessions } from '../../../tools/simulator/gateway/sessions';

const sessions = new Sessions();
const session = sessions.issue({ arn: 'arn:aws:iam::123456789012:user/administrator' });
const { accessKeyId, sessionToken } = session.credentials;

function signed(service: string, more: Partial<Head> & { host?: string } = {}): Head {
  return {
    method: more.method ?? 'POST',
    target: more.target ?? '/',
    headers: {
      host: more.host ?? 'localhost:4566',
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261123/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      'x-amz-security-token': sessionToken,
      ...more.headers,
    },
  };
}

function understood(head: Head, body = ''): AwsRequest {
  return understand(head, Buffer.from(body), identify(head, sessions));
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

describe('which permission a request would need', () => {
  test('Query: the lists and structures of a form are nested again', () => {
    const body =
      'Action=CreateStack&Version=2010-05-15&StackName=S&Capabilities.member.1=A&Capabilities.member.2=B' +
      '&Parameters.member.1.ParameterKey=K&Parameters.member.1.ParameterValue=V+%26+W';

    expect(understood(signed('cloudformation', { headers: FORM }), body)).toMatchObject({
      service: 'cloudformation',
      protocol: 'query',
      operation: 'CreateStack',
      region: 'eu-west-1',
      session,
      input: {
        StackName: 'S',
        Capabilities: ['A', 'B'],
        Parameters: [{ ParameterKey: 'K', ParameterValue: 'V & W' }],
      },
    });
  });

  test.each([
    ['SubnetId.1=a&SubnetId.2=b', { SubnetId: ['a', 'b'] }],
    ['Filter.1.Name=vpc-id&Filter.1.Value.1=v', { Filter: [{ Name: 'vpc-id', Value: ['v'] }] }],
    ['A.member.10=j&A.member.9=i', { A: ['i', 'j'] }],
    ['Attributes.entry.1.key=Policy&Attributes.entry.1.value=P', { Attributes: { Policy: 'P' } }],
    ['Filters.Filter.1.Name=engine', { Filters: [{ Name: 'engine' }] }],
    ['__proto__.polluted=1', { ['__proto__']: { polluted: '1' } }],
  ])('Query: %s', (form, expected) => {
    expect(nested(new URLSearchParams(form))).toEqual(expected);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('EC2 is its own protocol', () => {
    const request = understood(
      signed('ec2', { headers: FORM }),
      'Action=DescribeSubnets&SubnetId.1=subnet-1',
    );

    expect(request).toMatchObject({
      protocol: 'ec2',
      operation: 'DescribeSubnets',
      input: { SubnetId: ['subnet-1'] },
    });
  });

  test('JSON: the target names the operation', () => {
    const headers = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListTasks' };

    expect(understood(signed('ecs', { headers }), '{"cluster":"c"}')).toMatchObject({
      service: 'ecs',
      protocol: 'json',
      operation: 'ListTasks',
      input: { cluster: 'c' },
    });
  });

  test("a service whose signatures carry another name has IAM's", () => {
    const headers = { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData' };

    expect(understood(signed('monitoring', { headers }), '{}').service).toBe('cloudwatch');
  });

  test.each([
    ['GET', '/', 'ListBuckets'],
    ['PUT', '/b', 'CreateBucket'],
    ['HEAD', '/b/', 'HeadBucket'],
    ['DELETE', '/b', 'DeleteBucket'],
    ['GET', '/b?location', 'GetBucketLocation'],
    ['GET', '/b?encryption=', 'GetBucketEncryption'],
    ['PUT', '/b?policy', 'PutBucketPolicy'],
    ['PUT', '/b?publicAccessBlock', 'PutPublicAccessBlock'],
    ['DELETE', '/b?lifecycle', 'DeleteBucketLifecycle'],
    ['GET', '/b?list-type=2&prefix=builds%2F', 'ListObjectsV2'],
    ['GET', '/b?prefix=x', 'ListObjects'],
    ['GET', '/b?versions', 'ListObjectVersions'],
    ['GET', '/b/k', 'GetObject'],
    ['HEAD', '/b/k/l', 'HeadObject'],
    ['PUT', '/b/k?x-id=PutObject', 'PutObject'],
    ['PUT', '/b/k?partNumber=1&uploadId=u', 'UploadPart'],
    ['POST', '/b/k?uploads', 'CreateMultipartUpload'],
    ['POST', '/b/k?uploadId=u', 'CompleteMultipartUpload'],
    ['DELETE', '/b/k?uploadId=u', 'AbortMultipartUpload'],
    ['DELETE', '/b/k?versionId=v', 'DeleteObject'],
    ['PUT', '/b/k?tagging', 'PutObjectTagging'],
  ])('S3: %s %s is %s', (method, target, operation) => {
    expect(understood(signed('s3', { method, target }))).toMatchObject({ protocol: 'rest-xml', operation });
  });

  test('S3: a copy reads another object', () => {
    const head = signed('s3', {
      method: 'PUT',
      target: '/b/k',
      headers: { 'x-amz-copy-source': '/other/a%20b' },
    });

    expect(understood(head)).toMatchObject({ operation: 'CopyObject', input: { CopySource: '/other/a b' } });
    expect(isUpload(head, identify(head, sessions))).toBe(false);
  });

  test.each([
    ['localhost:4566', '/b/k%20l'],
    ['b.localhost:4566', '/k%20l'],
    ['b.s3.localhost:4566', '/k%20l'],
    ['b.s3.eu-west-1.localhost:4566', '/k%20l'],
    ['127.0.0.1:4566', '/b/k%20l'],
  ])('S3: the bucket of http://%s%s', (host, target) => {
    const request = understood(signed('s3', { method: 'GET', target, host }));

    expect(request.input).toEqual({ Bucket: 'b', Key: 'k l' });
    expect(request.url.pathname).toBe('/b/k%20l');
  });

  test('S3: a key cannot climb into another bucket', () => {
    const request = understood(signed('s3', { method: 'GET', target: '/mine/../theirs/secret' }));

    // What is judged is what is passed on.
    expect(request.input.Bucket).toBe('theirs');
    expect(request.url.pathname).toBe('/theirs/secret');
  });

  test('a presigned URL is signed too', () => {
    const credential = encodeURIComponent(`${accessKeyId}/20261123/us-east-1/s3/aws4_request`);
    const target = `/b/k?X-Amz-Credential=${credential}&X-Amz-Security-Token=${encodeURIComponent(sessionToken)}`;

    expect(understood({ method: 'GET', target, headers: {} })).toMatchObject({
      operation: 'GetObject',
      session,
    });
  });
});

describe('credentials that have expired are refused as each protocol says it, also those that they had assumed', () => {
  test.each([
    ['json', { 'x-amz-target': 'X.Y' }, 'ecr', 'ExpiredTokenException', 400],
    ['query', FORM, 'sts', 'ExpiredToken', 403],
    ['ec2', FORM, 'ec2', 'RequestExpired', 400],
    ['rest-xml', {}, 's3', 'ExpiredToken', 400],
  ])('%s', (_protocol, headers, service, code, status) => {
    const sessions = new Sessions();
    const build = sessions.issue({ arn: 'arn:build' });
    const deploy = sessions.issue({ arn: 'arn:deploy', parent: build });
    const other = sessions.issue({ arn: 'arn:other' });
    const ask = ({ credentials }: Session): Session => {
      const scope = `${credentials.accessKeyId}/20261123/us-east-1/${service}/aws4_request`;
      const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
      const token = { 'x-amz-security-token': credentials.sessionToken };
      return identify(
        { method: 'POST', target: '/', headers: { ...headers, ...token, authorization } },
        sessions,
      ).session;
    };
    expect(ask(deploy)).toBe(deploy);

    sessions.expire(build);

    for (const session of [build, deploy]) {
      expect(() => ask(session)).toThrow(expect.objectContaining({ code, status }) as Error);
    }
    expect(ask(other)).toBe(other);
  });
});

describe('what cannot be understood is refused', () => {
  test.each([
    [
      'no signature',
      { method: 'POST', target: '/', headers: { 'x-amz-target': 'X.Y' } },
      'MissingAuthenticationToken',
    ],
    [
      "a token of an identity provider's",
      { method: 'POST', target: '/', headers: FORM },
      'MissingAuthenticationToken',
    ],
    [
      'an unknown key',
      signed('ecs', { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/1/r/ecs/aws4_request' } }),
      'InvalidAccessKeyId',
    ],
    ['no action', signed('iam', { headers: FORM }), 'MissingAction'],
    ['broken JSON', signed('ecs', { headers: { 'x-amz-target': 'X.Y' } }), 'SerializationException'],
    ['S3 without an operation', signed('s3', { method: 'PATCH', target: '/b' }), 'MethodNotAllowed'],
    ['S3 Control', signed('s3', { method: 'GET', target: '/v20180820/jobs' }), 'MethodNotAllowed'],
    ['a key that is not UTF-8', signed('s3', { method: 'GET', target: '/b/%ff' }), 'InvalidURI'],
    [
      'a REST service',
      signed('lambda', { method: 'GET', target: '/2015-03-31/functions' }),
      'UnknownOperationException',
    ],
  ])('%s', (_what, head, code) => {
    const ask = (): AwsRequest => understood(head, '{');

    expect(ask).toThrow(AwsError);
    expect(ask).toThrow(expect.objectContaining({ code }) as Error);
  });
});

test('who comes with a token of an identity provider is told that none is played; others only that they did not sign', () => {
  const ask = (headers: Head['headers']) => () => understood({ method: 'POST', target: '/', headers }, '{');

  expect(ask(FORM)).toThrow(
    'the simulator plays neither sts:AssumeRoleWithWebIdentity nor sts:AssumeRoleWithSAML',
  );
  expect(ask({ 'x-amz-target': 'X.Y' })).toThrow(/^Missing Authentication Token$/);
});

describe('errors', () => {
  const error = new AwsError('AccessDenied', 'User: a<b> & "c"', 403);
  const render = (protocol: AwsRequest['protocol'], method = 'POST') =>
    renderError(error, { protocol, method }, 'id-1');

  test('a message with markup does not break the XML', () => {
    expect(render('query').body).toContain('<Message>User: a&#60;b&#62; &#38; &#34;c&#34;</Message>');
  });

  test.each([
    ['query', /<ErrorResponse><Error><Type>Sender<\/Type><Code>AccessDenied<\/Code>.*<RequestId>id-1</],
    ['ec2', /<Response><Errors><Error><Code>AccessDenied<\/Code>.*<RequestID>id-1</],
    ['rest-xml', /<Error><Code>AccessDenied<\/Code>.*<RequestId>id-1</],
    ['json', /^{"__type":"AccessDenied","message":"User: a<b> & \\"c\\""}$/],
  ] as const)('%s carries the code where its clients look', (protocol, pattern) => {
    expect(render(protocol)).toMatchObject({ status: 403, body: expect.stringMatching(pattern) as string });
  });

  test('HEAD has no body', () => {
    expect(render('rest-xml', 'HEAD')).toEqual({ status: 403, headers: { 'x-amz-request-id': 'id-1' } });
  });
});
