import { execFile } from 'node:child_process';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { UserError } from '../../../tools/command';
import { startGateway } from '../../../tools/simulator/gateway/server';
import { Sessions } from '../../../tools/simulator/gateway/sessions';
import { type Harness, startHarness } from './harness';

let aws: Harness;
let s3: S3Client;

beforeAll(async () => {
  aws = await startHarness();
  s3 = new S3Client({ ...aws.client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'artifacts' }));
});

afterAll(() => aws.stop());

afterEach(() => {
  aws.authorizer.denied.clear();
  aws.log.length = 0;
});

const asked = (): string[] => aws.authorizer.asked.map(({ service, operation }) => `${service}:${operation}`);

describe('the protocols that AWS clients really speak', () => {
  test('an object of any bytes comes back as it was put', async () => {
    const Body = Buffer.from([0, 255, 13, 10, 65]);
    await s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'builds/a b+c/ü.bin', Body }));

    const object = await s3.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'builds/a b+c/ü.bin' }));

    expect(Buffer.from((await object.Body?.transformToByteArray()) ?? [])).toEqual(Body);
    expect(aws.authorizer.asked.at(-1)?.input).toEqual({ Bucket: 'artifacts', Key: 'builds/a b+c/ü.bin' });
  });

  test('a stream of unknown length is stored without its chunk signatures', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const Body = Readable.from([chunk, chunk, chunk]);
    await s3.send(
      new PutObjectCommand({ Bucket: 'artifacts', Key: 'large', Body, ContentLength: 3 * chunk.length }),
    );

    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: 'artifacts', Key: 'large' }));

    expect(ContentLength).toBe(3 * chunk.length);
  });

  test('keys to delete are known, so that each can be judged', async () => {
    await s3.send(
      new DeleteObjectsCommand({
        Bucket: 'artifacts',
        Delete: { Objects: [{ Key: 'x' }, { Key: 'y & z' }] },
      }),
    );

    expect(aws.authorizer.asked.at(-1)?.input).toEqual({
      Bucket: 'artifacts',
      Delete: { Objects: [{ Key: 'x' }, { Key: 'y & z' }] },
    });
  });

  test('a bucket in the host name is the bucket of the path', async () => {
    const { status } = await get(aws.gateway.port, '/?list-type=2', {
      host: `artifacts.localhost:${aws.gateway.port}`,
      authorization: signature(aws, 's3'),
      'x-amz-security-token': aws.administrator.credentials.sessionToken,
    });

    expect(status).toBe(200);
    expect(aws.authorizer.asked.at(-1)).toMatchObject({
      operation: 'ListObjectsV2',
      input: { Bucket: 'artifacts' },
    });
  });

  test('JSON, Query and EC2 requests reach the emulator under their operation', async () => {
    const ssm = new SSMClient(aws.client);
    await ssm.send(new PutParameterCommand({ Name: '/mangoo/x', Value: 'y', Type: 'String' }));
    expect((await ssm.send(new GetParameterCommand({ Name: '/mangoo/x' }))).Parameter?.Value).toBe('y');
    await new EC2Client(aws.client).send(new DescribeVpcsCommand({ VpcIds: [] }));

    expect(asked()).toEqual(
      expect.arrayContaining(['ssm:PutParameter', 'ssm:GetParameter', 'ec2:DescribeVpcs']),
    );
  });

  test('the emulator never sees who asked: everything lies in one account', async () => {
    const iam = new IAMClient(aws.client);
    await iam.send(
      new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{"Version":"2012-10-17"}' }),
    );

    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'r' }));

    expect(Role?.Arn).toBe('arn:aws:iam::123456789012:role/r');
  });
});

describe('what is not allowed does not happen', () => {
  test.each([
    [
      'S3',
      's3:PutObject',
      () => s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'no', Body: 'x' })),
      'AccessDenied',
      403,
    ],
    [
      'JSON',
      'ssm:PutParameter',
      () => new SSMClient(aws.client).send(new PutParameterCommand({ Name: 'no', Value: 'x' })),
      'AccessDeniedException',
      400,
    ],
    [
      'Query',
      'iam:CreateRole',
      () =>
        new IAMClient(aws.client).send(
          new CreateRoleCommand({ RoleName: 'no', AssumeRolePolicyDocument: '{}' }),
        ),
      'AccessDenied',
      403,
    ],
  ])('%s clients see the denial in their own form', async (_protocol, action, call, name, status) => {
    aws.authorizer.denied.add(action);

    await expect(call()).rejects.toMatchObject({
      name,
      message: `User: ${aws.administrator.arn} is not authorized to perform: ${action}`,
      $metadata: { httpStatusCode: status, attempts: 1 },
    });
  });

  test('a denied object is not stored', async () => {
    aws.authorizer.denied.add('s3:PutObject');
    await expect(
      s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'no', Body: 'x' })),
    ).rejects.toThrow();
    aws.authorizer.denied.clear();

    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'artifacts', Prefix: 'no' }));

    expect(Contents).toEqual([]);
  });

  test('a client that waits for "100 Continue" is denied before it sends its object', async () => {
    aws.authorizer.denied.add('s3:PutObject');

    const answer = await expectContinue('/artifacts/large-and-denied');

    expect(answer).toEqual({ continued: false, status: 403 });
  });

  test('a client that waits for "100 Continue" is told to go on once it is allowed', async () => {
    expect(await expectContinue('/artifacts/allowed')).toEqual({ continued: true, status: 200 });
  });

  test('a HEAD request is denied without a body', async () => {
    aws.authorizer.denied.add('s3:HeadBucket');

    await expect(s3.send(new HeadBucketCommand({ Bucket: 'artifacts' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  });

  test('an unsigned request gets nothing', async () => {
    const answer = await get(aws.gateway.port, '/artifacts/large', {});

    expect(answer.status).toBe(403);
    expect(answer.body).toContain('<Code>AccessDenied</Code>');
  });

  test.each([
    [
      'S3',
      () =>
        new S3Client({ ...stranger(), forcePathStyle: true }).send(
          new GetObjectCommand({ Bucket: 'artifacts', Key: 'large' }),
        ),
      'InvalidAccessKeyId',
    ],
    [
      'JSON',
      () => new SSMClient(stranger()).send(new GetParameterCommand({ Name: 'x' })),
      'UnrecognizedClientException',
    ],
    [
      'Query',
      () => new IAMClient(stranger()).send(new GetRoleCommand({ RoleName: 'x' })),
      'InvalidClientTokenId',
    ],
    ['EC2', () => new EC2Client(stranger()).send(new DescribeVpcsCommand({})), 'AuthFailure'],
  ])('credentials of another account are unknown to %s', async (_protocol, call, name) => {
    await expect(call()).rejects.toMatchObject({ name });
  });

  test('the credentials of an ended session are worth nothing', async () => {
    const session = aws.sessions.issue({ arn: 'arn:aws:sts::123456789012:assumed-role/r/s' });
    aws.sessions.revoke(session);
    const ssm = new SSMClient({ ...aws.client, credentials: session.credentials });

    await expect(ssm.send(new GetParameterCommand({ Name: 'x' }))).rejects.toThrow('security token');
  });

  test('an access key without its session token is not enough', async () => {
    const { accessKeyId, secretAccessKey } = aws.administrator.credentials;
    const ssm = new SSMClient({ ...aws.client, credentials: { accessKeyId, secretAccessKey } });

    await expect(ssm.send(new GetParameterCommand({ Name: 'x' }))).rejects.toThrow('security token');
  });

  test('a service whose requests carry no operation is not passed on', async () => {
    const before = aws.authorizer.asked.length;
    const answer = await get(aws.gateway.port, '/2015-03-31/functions', {
      authorization: signature(aws, 'lambda'),
      'x-amz-security-token': aws.administrator.credentials.sessionToken,
    });

    expect(answer.status).toBe(404);
    expect(answer.body).toContain('does not understand lambda: GET /2015-03-31/functions');
    expect(aws.authorizer.asked).toHaveLength(before);
  });
});

describe('what would make a run slow or wrong', () => {
  test('a 5xx of the emulator fails at once instead of being repeated, and is told', async () => {
    const broken = createServer((_request, response) => {
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>KeyError: x</h1>');
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const log: string[] = [];
    const { Emulated } = await import('../../../tools/simulator/gateway/emulated');
    const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
    const emulated = new Emulated(url, (line) => log.push(line));
    const gateway = await startGateway({
      ...options(),
      emulated,
      sessions: aws.sessions,
      log: () => undefined,
    });
    const secrets = new SecretsManagerClient({ ...aws.client, endpoint: gateway.url });

    const outcome = await secrets
      .send(new GetSecretValueCommand({ SecretId: 'x' }))
      .catch((error: Error) => error);
    await gateway.close();
    broken.close();

    expect(outcome).toMatchObject({
      message: 'The emulated AWS cannot do secretsmanager:GetSecretValue: KeyError: x',
      $metadata: { attempts: 1 },
    });
    expect(log).toEqual(['the emulated AWS failed on secretsmanager:GetSecretValue: KeyError: x']);
  });

  test('a change of IAM is known before the caller hears of it', async () => {
    const before = aws.authorizer.forgotten;
    const iam = new IAMClient(aws.client);
    await iam.send(
      new CreateRoleCommand({ RoleName: 'f', AssumeRolePolicyDocument: '{"Version":"2012-10-17"}' }),
    );
    const after = aws.authorizer.forgotten;
    await iam.send(new GetRoleCommand({ RoleName: 'f' }));

    expect(after).toBe(before + 1);
    expect(aws.authorizer.forgotten).toBe(after);
  });

  test('a bucket policy refuses nobody in moto, and is given back as it was put', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: '*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
    await s3.send(new CreateBucketCommand({ Bucket: 'tls-only' }));
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket: 'tls-only' }))).rejects.toMatchObject({
      name: 'NoSuchBucketPolicy',
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket: 'tls-only', Policy }));
    await s3.send(new PutObjectCommand({ Bucket: 'tls-only', Key: 'k', Body: 'x' }));

    expect((await s3.send(new GetBucketPolicyCommand({ Bucket: 'tls-only' }))).Policy).toBe(Policy);
    expect(aws.bucketPolicies.get('tls-only')).toBe(Policy);
    await expect(s3.send(new PutBucketPolicyCommand({ Bucket: 'nowhere', Policy }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  test('a port that is taken is told in one line', async () => {
    const taken = startGateway({ ...options(), port: aws.gateway.port });

    await expect(taken).rejects.toThrow(UserError);
    await expect(taken).rejects.toThrow(`port ${aws.gateway.port}: another program listens on it`);
  });

  test('the AWS CLI works unmodified, with credentials from the container endpoint', async () => {
    const { stdout } = await promisify(execFile)('aws', ['sts', 'get-caller-identity', '--output', 'json'], {
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        AWS_ENDPOINT_URL: aws.gateway.url,
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: aws.gateway.credentialsUrl(aws.administrator),
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });

    expect(JSON.parse(stdout)).toMatchObject({ Account: '123456789012', Arn: aws.administrator.arn });
  });

  test('credentials of a session that has ended are not handed out', async () => {
    const session = aws.sessions.issue({ arn: 'arn:aws:sts::123456789012:assumed-role/r/s' });
    const url = new URL(aws.gateway.credentialsUrl(session));
    expect((await get(aws.gateway.port, url.pathname, {})).status).toBe(200);
    aws.sessions.revoke(session);

    expect((await get(aws.gateway.port, url.pathname, {})).status).toBe(404);
    expect((await get(aws.gateway.port, '/_simulator/credentials/guess', {})).status).toBe(404);
  });
});

function options(): Parameters<typeof startGateway>[0] {
  return {
    emulated: undefined as never,
    authorizer: aws.authorizer,
    sessions: new Sessions(),
    services: {},
    log: () => undefined,
  };
}

function stranger(): Harness['client'] {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x', sessionToken: 'y' };
  return { ...aws.client, credentials };
}

function signature({ administrator }: Harness, service: string): string {
  const { accessKeyId } = administrator.credentials;
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

function get(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

function expectContinue(path: string): Promise<{ continued: boolean; status: number }> {
  return new Promise((resolve, reject) => {
    let continued = false;
    const request = httpRequest({
      host: '127.0.0.1',
      port: aws.gateway.port,
      method: 'PUT',
      path,
      agent: false,
      headers: {
        authorization: signature(aws, 's3'),
        'x-amz-security-token': aws.administrator.credentials.sessionToken,
        expect: '100-continue',
        'content-length': '5',
      },
    });
    request.on('continue', () => {
      continued = true;
      request.end('hello');
    });
    request.on('response', (response) => {
      response.resume();
      resolve({ continued, status: response.statusCode ?? 0 });
      request.destroy();
    });
    request.on('error', reject);
    request.flushHeaders();
  });
}
