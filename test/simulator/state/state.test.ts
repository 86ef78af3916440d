import { type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  DeleteStackCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { BatchGetProjectsCommand, CodeBuildClient, CreateProjectCommand } from '@aws-sdk/client-codebuild';
import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { UserError } from '../../../tools/command';
import type { BuildRecord } from '../../../tools/simulator/codebuild/record';
import type { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import { EventBus } from '../../../tools/simulator/events/event-bus';
import { startEmulator } from '../../../tools/simulator/emulator';
import type { Credentials } from '../../../tools/simulator/gateway/sessions';
import type { SavedStack } from '../../../tools/simulator/cloudformation/stack';
import { clientOf, killed, scriptProcess, startAws } from './harness';

let directory: string;
let state: string;
let running: EmulatedAws[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-state-test-'));
  state = path.join(directory, 'state');
});

afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  for (const aws of running.splice(0)) await aws.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(
  options: { account?: string; region?: string; endpointUrl?: string; log?: (line: string) => void } = {},
): Promise<EmulatedAws> {
  const aws = await startAws({ directory, state, ...options });
  running.push(aws);
  return aws;
}

async function stop(aws: EmulatedAws): Promise<void> {
  running = running.filter((other) => other !== aws);
  await aws.stop();
}

/** A simulator in another process, which prints its URL and its administrator's credentials. */
async function startElsewhere(): Promise<{ child: ChildProcess; url: string; credentials: Credentials }> {
  const { child, line } = await scriptProcess(`
    const { startAws } = require('./test/simulator/state/harness.ts');
    startAws({ directory: ${JSON.stringify(directory)}, state: ${JSON.stringify(state)} }).then((aws) =>
      console.log(JSON.stringify({ url: aws.url, credentials: aws.administrator.credentials })));
  `);
  children.push(child);
  return { child, ...(JSON.parse(line) as { url: string; credentials: Credentials }) };
}

const at = (endpoint: string, credentials: Credentials) => ({
  endpoint,
  region: 'us-east-1',
  credentials,
  maxAttempts: 1,
});

/** Until simulator.json has the stack in that status, with a service of its own. */
async function savedInTheMiddle(status: string): Promise<void> {
  for (;;) {
    const text = await readFile(path.join(state, 'simulator.json'), 'utf8').catch(() => undefined);
    const { parts } = JSON.parse(text ?? '{"parts":{}}') as { parts: { cloudFormation?: SavedStack[] } };
    const [stack] = parts.cloudFormation ?? [];
    const services = stack?.resources.filter(({ type }) => type === 'AWS::ECS::Service');
    if (stack?.status === status && services?.length) return;
    await delay(20);
  }
}

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
  ],
});
const READER = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::artifacts/*' }],
});
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource: 'arn:aws:s3:::artifacts/*' },
  ],
});
const templateOf = (value: string): string =>
  JSON.stringify({
    Resources: {
      Parameter: {
        Type: 'AWS::SSM::Parameter',
        Properties: { Name: '/stack', Type: 'String', Value: value, Tags: { none: { Ref: 'AWS::NoValue' } } },
      },
    },
    Outputs: { Name: { Value: { Ref: 'Parameter' } } },
  });

describe('what a restart keeps', () => {
  test('everything that the pipeline touches, through two restarts', async () => {
    let aws = await start();
    const administrator = aws.administrator.credentials;
    let s3 = new S3Client({ ...clientOf(aws), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'artifacts' }));
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: 'artifacts', VersioningConfiguration: { Status: 'Enabled' } }),
    );
    await s3.send(new PutBucketPolicyCommand({ Bucket: 'artifacts', Policy: POLICY }));
    await s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'a', Body: 'first' }));
    await s3.send(
      new PutObjectCommand({ Bucket: 'artifacts', Key: 'a', Body: 'second', Metadata: { by: 'me' } }),
    );
    const iam = new IAMClient(clientOf(aws));
    await iam.send(new CreateRoleCommand({ RoleName: 'reader', AssumeRolePolicyDocument: TRUST }));
    await iam.send(
      new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'read', PolicyDocument: READER }),
    );
    await iam.send(
      new AttachRolePolicyCommand({
        RoleName: 'reader',
        PolicyArn: 'arn:aws:iam::aws:policy/AWSSupportAccess',
      }),
    );
    const { credentials: reader } = aws.sessions.issue({
      arn: 'arn:aws:sts::123456789012:assumed-role/reader/me',
      roleArn: 'arn:aws:iam::123456789012:role/reader',
      parent: aws.administrator,
    });
    await new SSMClient(clientOf(aws)).send(
      new PutParameterCommand({ Name: '/db/password', Value: 'pa55', Type: 'SecureString' }),
    );
    await new SecretsManagerClient(clientOf(aws)).send(
      new CreateSecretCommand({ Name: 'token', SecretString: 's3cret' }),
    );
    let cloudFormation = new CloudFormationClient(clientOf(aws));
    await cloudFormation.send(new CreateStackCommand({ StackName: 'one', TemplateBody: templateOf('1') }));
    const before = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'one' }));
    expect(before.Stacks?.[0]?.Outputs).toEqual([{ OutputKey: 'Name', OutputValue: '/stack' }]);
    await new CodeBuildClient(clientOf(aws)).send(
      new CreateProjectCommand({
        name: 'build',
        source: { type: 'NO_SOURCE' },
        artifacts: { type: 'NO_ARTIFACTS' },
        environment: {
          type: 'LINUX_CONTAINER',
          image: 'aws/codebuild/standard:7.0',
          computeType: 'BUILD_GENERAL1_SMALL',
        },
        serviceRole: 'arn:aws:iam::123456789012:role/reader',
      }),
    );
    const ec2 = new EC2Client(clientOf(aws));
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }));
    const digest = await pushImage(aws);
    const web = await createService(aws);

    for (const restart of [1, 2]) {
      await stop(aws);
      aws = await start();

      expect(aws.administrator.credentials).toEqual(administrator);
      const me = clientOf(aws, administrator);
      s3 = new S3Client({ ...me, forcePathStyle: true });
      const object = await s3.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'a' }));
      expect([await object.Body?.transformToString(), object.Metadata]).toEqual(['second', { by: 'me' }]);
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'artifacts' }));
      expect(Versions).toHaveLength(2);
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: 'artifacts' }));
      expect(Policy).toBe(POLICY);

      const asReader = new S3Client({ ...clientOf(aws, reader), forcePathStyle: true });
      await asReader.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'a' }));
      await expect(
        asReader.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'a', Body: 'no' })),
      ).rejects.toThrow(/not authorized to perform: s3:PutObject/);
      const attached = await new IAMClient(me).send(
        new ListAttachedRolePoliciesCommand({ RoleName: 'reader' }),
      );
      expect(attached.AttachedPolicies?.map(({ PolicyName }) => PolicyName)).toEqual(['AWSSupportAccess']);

      const parameter = await new SSMClient(me).send(
        new GetParameterCommand({ Name: '/db/password', WithDecryption: true }),
      );
      expect(parameter.Parameter?.Value).toBe('pa55');
      const secret = await new SecretsManagerClient(me).send(
        new GetSecretValueCommand({ SecretId: 'token' }),
      );
      expect(secret.SecretString).toBe('s3cret');

      cloudFormation = new CloudFormationClient(me);
      const after = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'one' }));
      expect(after.Stacks).toEqual(before.Stacks);
      await expect(
        cloudFormation.send(new UpdateStackCommand({ StackName: 'one', TemplateBody: templateOf('1') })),
      ).rejects.toThrow('No updates are to be performed.');
      const { projects } = await new CodeBuildClient(me).send(
        new BatchGetProjectsCommand({ names: ['build'] }),
      );
      expect(projects?.map(({ arn }) => arn)).toEqual([
        'arn:aws:codebuild:us-east-1:123456789012:project/build',
      ]);

      const { Vpcs } = await new EC2Client(me).send(new DescribeVpcsCommand({}));
      expect(Vpcs?.map(({ VpcId }) => VpcId)).toContain(Vpc?.VpcId);
      expect(Vpcs).toHaveLength(2);

      const { imageDetails } = await new ECRClient(me).send(
        new DescribeImagesCommand({ repositoryName: 'app' }),
      );
      expect(imageDetails?.map(({ imageDigest, imageTags }) => [imageDigest, imageTags])).toEqual([
        [digest, ['v1']],
      ]);
      await aws.imageScans.settled();
      const scan = await new ECRClient(me).send(
        new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageDigest: digest } }),
      );
      expect(scan.imageScanStatus?.status).toBe('COMPLETE');
      const pulled = await fetch(`${aws.url}/v2/app/blobs/${LAYER_DIGEST}`, { headers: await loginOf(aws) });
      expect(await pulled.text()).toBe(LAYER);
      const described = await new ECSClient(me).send(
        new DescribeServicesCommand({ cluster: 'c', services: ['web'] }),
      );
      expect([restart, described.services?.[0]]).toEqual([restart, web]);
    }
  });

  test('a rollout that was running goes on, as ECS does without whoever asked for it', async () => {
    let aws = await start();
    const ecs = new ECSClient(clientOf(aws));
    await ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
    await ecs.send(new RegisterTaskDefinitionCommand(DEFINITION));
    const service = { cluster: 'c', serviceName: 'web', taskDefinition: 'web', desiredCount: 2 };
    await ecs.send(new CreateServiceCommand({ ...service, launchType: 'FARGATE' }));
    await stop(aws);
    const text = await readFile(path.join(state, 'simulator.json'), 'utf8');
    expect(text).toContain('"rolloutState":"IN_PROGRESS"');

    aws = await start();

    const { services } = await new ECSClient(clientOf(aws)).send(
      new DescribeServicesCommand({ cluster: 'c', services: ['web'] }),
    );
    expect(services?.[0]).toMatchObject({ runningCount: 2, deployments: [{ rolloutState: 'COMPLETED' }] });
  });

  test('a build that was running has failed: the event bus is told, so that somebody learns of it', async () => {
    let aws = await start();
    aws.buildRecords.put({
      id: 'p:1',
      arn: 'arn:aws:codebuild:us-east-1:123456789012:build/p:1',
      project: { name: 'p', source: {}, artifacts: {}, environment: {} },
      status: 'IN_PROGRESS',
      startTime: 0,
      phases: [],
      currentPhase: 'BUILD',
      currentPhaseStartedAt: 0,
    } as unknown as BuildRecord);
    await stop(aws);
    const put = jest.spyOn(EventBus.prototype, 'put');

    for (const ends of [['FAULT'], []]) {
      put.mockClear();
      aws = await start();
      expect(put.mock.calls.map(([{ detail }]) => detail['build-status'])).toEqual(ends);
      await stop(aws);
    }
    put.mockRestore();
  });

  test('a password of docker login, as long as its session', async () => {
    let aws = await start();
    await pushImage(aws);
    const headers = await loginOf(aws);

    await stop(aws);
    aws = await start();

    expect((await fetch(`${aws.url}/v2/app/manifests/v1`, { headers })).status).toBe(200);
    const wrong = { authorization: `Basic ${Buffer.from('AWS:guess').toString('base64')}` };
    expect((await fetch(`${aws.url}/v2/app/manifests/v1`, { headers: wrong })).status).toBe(401);
  });

  test("with another emulator, the simulator's own part", async () => {
    const emulator = await startEmulator({
      env: process.env,
      signal: new AbortController().signal,
      note: () => undefined,
    });
    try {
      const options = { endpointUrl: emulator.url };
      let aws = await start(options);
      const { credentials } = aws.administrator;
      const parameter = { Name: '/theirs', Value: '1', Type: 'String' } as const;
      await new SSMClient(clientOf(aws)).send(new PutParameterCommand(parameter));
      const cloudFormation = new CloudFormationClient(clientOf(aws));
      await cloudFormation.send(new CreateStackCommand({ StackName: 'one', TemplateBody: templateOf('1') }));
      await cloudFormation.send(new DescribeStacksCommand({ StackName: 'one' }));
      await stop(aws);
      expect(await readdir(state)).toEqual(['simulator.json']);

      aws = await start(options);

      const again = new CloudFormationClient(clientOf(aws, credentials));
      const { Stacks } = await again.send(new DescribeStacksCommand({ StackName: 'one' }));
      expect(Stacks?.[0]?.StackStatus).toBe('CREATE_COMPLETE');
    } finally {
      await emulator.stop();
    }
  });

  test('nothing without --state', async () => {
    const options = { directory, state: undefined };
    const aws = await startAws(options);
    await new SSMClient(clientOf(aws)).send(
      new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' }),
    );
    const { credentials } = aws.administrator;
    await aws.stop();

    const next = await startAws(options);
    running.push(next);

    await expect(new SSMClient(clientOf(next)).send(new GetParameterCommand({ Name: '/a' }))).rejects.toThrow(
      /not found/,
    );
    await expect(
      new SSMClient(clientOf(next, credentials)).send(new GetParameterCommand({ Name: '/a' })),
    ).rejects.toThrow(/security token/);
    expect((await readdir(directory)).sort()).not.toContain('state');
  });
});

describe('kill -9 of the simulator', () => {
  test('loses nothing that was saved, and what was begun is rolled back, so that the stack can be used', async () => {
    const { child, url, credentials } = await startElsewhere();
    const cloudFormation = new CloudFormationClient(at(url, credentials));
    await cloudFormation.send(new CreateStackCommand({ StackName: 'kept', TemplateBody: templateOf('1') }));
    await cloudFormation.send(new DescribeStacksCommand({ StackName: 'kept' }));
    const slow = JSON.stringify({
      Resources: { ...(JSON.parse(templateOf('2')) as { Resources: object }).Resources, ...SLOW },
    });
    await new ECSClient(at(url, credentials)).send(new CreateClusterCommand({ clusterName: 'c' }));
    await new ECSClient(at(url, credentials)).send(new RegisterTaskDefinitionCommand(DEFINITION));
    await cloudFormation.send(new UpdateStackCommand({ StackName: 'kept', TemplateBody: slow }));
    await savedInTheMiddle('UPDATE_IN_PROGRESS');
    await killed(child);

    const aws = await start();

    expect(aws.administrator.credentials).toEqual(credentials);
    const again = new CloudFormationClient(clientOf(aws));
    const { Stacks } = await again.send(new DescribeStacksCommand({ StackName: 'kept' }));
    expect(Stacks?.[0]?.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    const { StackEvents = [] } = await again.send(new DescribeStackEventsCommand({ StackName: 'kept' }));
    const rollback = StackEvents.find(
      ({ ResourceStatus }) => ResourceStatus === 'UPDATE_ROLLBACK_IN_PROGRESS',
    );
    expect(rollback?.ResourceStatusReason).toBe(
      'simulated: the simulator ended in the middle of the operation',
    );
    const parameter = await new SSMClient(clientOf(aws)).send(new GetParameterCommand({ Name: '/stack' }));
    expect(parameter.Parameter?.Value).toBe('1');
    await again.send(new UpdateStackCommand({ StackName: 'kept', TemplateBody: templateOf('3') }));
    const updated = await again.send(new DescribeStacksCommand({ StackName: 'kept' }));
    expect(updated.Stacks?.[0]?.StackStatus).toBe('UPDATE_COMPLETE');
  });

  test('while a stack is made, leaves none of its resources, and its name is free', async () => {
    const { child, url, credentials } = await startElsewhere();
    const cloudFormation = new CloudFormationClient(at(url, credentials));
    await new ECSClient(at(url, credentials)).send(new CreateClusterCommand({ clusterName: 'c' }));
    await new ECSClient(at(url, credentials)).send(new RegisterTaskDefinitionCommand(DEFINITION));
    const template = JSON.parse(templateOf('1')) as { Resources: object };
    const TemplateBody = JSON.stringify({ Resources: { ...template.Resources, ...SLOW } });
    await cloudFormation.send(new CreateStackCommand({ StackName: 'new', TemplateBody }));
    await savedInTheMiddle('CREATE_IN_PROGRESS');
    await killed(child);

    const aws = await start();

    const again = new CloudFormationClient(clientOf(aws));
    const { Stacks } = await again.send(new DescribeStacksCommand({ StackName: 'new' }));
    expect(Stacks?.[0]?.StackStatus).toBe('ROLLBACK_COMPLETE');
    await expect(
      new SSMClient(clientOf(aws)).send(new GetParameterCommand({ Name: '/stack' })),
    ).rejects.toThrow(/not found/);
    const { services } = await new ECSClient(clientOf(aws)).send(
      new DescribeServicesCommand({ cluster: 'c', services: ['slow'] }),
    );
    expect(services?.map(({ status }) => status)).toEqual(['INACTIVE']);
    await again.send(new DeleteStackCommand({ StackName: 'new' }));
    await again.send(new CreateStackCommand({ StackName: 'new', TemplateBody: templateOf('1') }));
  });

  test('in the middle of a save leaves the state of before', async () => {
    let aws = await start();
    await new SSMClient(clientOf(aws)).send(
      new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' }),
    );
    await stop(aws);
    const [moto] = (await readdir(state)).filter((name) => name.endsWith('.pickle'));
    await writeFile(path.join(state, 'moto-99.pickle'), 'half of');
    await writeFile(path.join(state, 'simulator.json.new'), '{"version":');
    await writeFile(path.join(state, 'layers-of-mine.new'), 'not ours');

    aws = await start();

    const found = await new SSMClient(clientOf(aws)).send(new GetParameterCommand({ Name: '/a' }));
    expect(found.Parameter?.Value).toBe('1');
    expect((await readdir(state)).sort()).toEqual(
      ['layers-of-mine.new', 'lock', moto, 'simulator.json'].sort(),
    );
  });
});

describe('a state that cannot be taken up', () => {
  const refusal = async (options: Parameters<typeof start>[0] = {}): Promise<string> => {
    const error = await start(options).then(
      () => new Error('it started'),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    return error.message.replaceAll(state, 'STATE');
  };

  test('one that a living simulator uses is told with its process, in one line', async () => {
    const aws = await start();

    expect(await refusal()).toBe(
      `--state STATE: another simulator (process ${process.pid}) uses it; stop that, or name another directory`,
    );

    await stop(aws);
    await start();
  });

  test('a lock of a process that has died, or of an earlier one with the same number, does not block', async () => {
    await stop(await start());
    await writeFile(path.join(state, 'lock'), JSON.stringify({ pid: process.pid, started: '1' }));

    await start();
  });

  test('it is never dropped: the file, the reason, and how to start anew', async () => {
    await stop(await start());
    const file = path.join(state, 'simulator.json');
    const good = await readFile(file, 'utf8');

    expect(await refusal({ account: '999999999999' })).toBe(
      'STATE/simulator.json: was written for account 123456789012, and this run has 999999999999; to start anew, remove STATE or name another directory',
    );
    expect(await refusal({ region: 'eu-west-1' })).toContain(
      'for region us-east-1, and this run has eu-west-1',
    );
    expect(await refusal({ endpointUrl: 'http://127.0.0.1:1' })).toContain(
      'for emulator moto, and this run has http://127.0.0.1:1',
    );
    await writeFile(file, good.replace('"version":1', '"version":2'));
    expect(await refusal()).toContain('has version 2, and this simulator reads version 1');
    await writeFile(file, good.slice(0, 100));
    expect(await refusal()).toContain('STATE/simulator.json: is not a state of the simulator; to start anew');
    expect(await readFile(file, 'utf8')).toBe(good.slice(0, 100));
    expect(await readdir(state)).not.toContain('lock');
  });

  test("moto's part is refused when it is broken, gone, or would run something", async () => {
    const aws = await start();
    await new SSMClient(clientOf(aws)).send(
      new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' }),
    );
    await stop(aws);
    const name = (await readdir(state)).find((other) => other.endsWith('.pickle')) ?? '';
    const file = path.join(state, name);

    // What Python's pickle writes for os.system('touch …').
    const harm = path.join(directory, 'harm');
    await writeFile(file, `cos\nsystem\n(S'touch ${harm}'\ntR.`);
    expect(await refusal()).toMatch(
      /^STATE\/moto-\d+\.pickle: this moto cannot take it up \(Refused: .*system is not part of what moto keeps\)/,
    );
    expect(await readdir(directory)).not.toContain('harm');
    await rm(file);
    expect(await refusal()).toContain(`names ${name}, which is not there`);
  });
});

const LAYER = 'the content of a layer';
const LAYER_DIGEST = `sha256:${createHash('sha256').update(LAYER).digest('hex')}`;

async function loginOf(aws: EmulatedAws): Promise<{ authorization: string }> {
  const { authorizationData } = await new ECRClient(clientOf(aws)).send(new GetAuthorizationTokenCommand({}));
  return { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` };
}

/** @returns the digest */
async function pushImage(aws: EmulatedAws): Promise<string> {
  await new ECRClient(clientOf(aws)).send(
    new CreateRepositoryCommand({
      repositoryName: 'app',
      imageScanningConfiguration: { scanOnPush: true },
    }),
  );
  const headers = await loginOf(aws);
  const upload = await fetch(`${aws.url}/v2/app/blobs/uploads/?digest=${LAYER_DIGEST}`, {
    method: 'POST',
    headers,
    body: LAYER,
  });
  expect(upload.status).toBe(201);
  const part = { mediaType: 'application/octet-stream', size: LAYER.length, digest: LAYER_DIGEST };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: part, layers: [part] });
  const put = await fetch(`${aws.url}/v2/app/manifests/v1`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': mediaType },
    body: manifest,
  });
  expect(put.status).toBe(201);
  return put.headers.get('docker-content-digest') ?? '';
}

const DEFINITION = {
  family: 'web',
  containerDefinitions: [{ name: 'app', image: 'public.ecr.aws/nginx/nginx:1.27', memory: 128 }],
};

const service = (ServiceName: string, more: object = {}): object => ({
  Type: 'AWS::ECS::Service',
  Properties: { Cluster: 'c', ServiceName, TaskDefinition: 'web', DesiredCount: 1, LaunchType: 'FARGATE' },
  ...more,
});

/** Rollouts take their time, in which the process is killed. */
const SLOW = {
  First: service('slow', { DependsOn: 'Parameter' }),
  Second: service('slower', { DependsOn: 'First' }),
  Third: service('slowest', { DependsOn: 'Second' }),
};

/** @returns it as it is described once its rollout has ended */
async function createService(aws: EmulatedAws) {
  const ecs = new ECSClient(clientOf(aws));
  await ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
  await ecs.send(new RegisterTaskDefinitionCommand(DEFINITION));
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'c',
      serviceName: 'web',
      taskDefinition: 'web',
      desiredCount: 2,
      launchType: 'FARGATE',
    }),
  );
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'c', services: ['web'] }));
  return services?.[0];
}
