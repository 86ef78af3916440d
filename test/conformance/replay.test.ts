import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { CodeBuildClient, ListReportGroupsCommand } from '@aws-sdk/client-codebuild';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Result } from '../../tools/conformance/results';

/** `npm run conformance -- --real` against `simulate serve`: the CodeBuild of somebody who has no account. */

const ROOT = path.join(__dirname, '../..');
const TYPESCRIPT = ['--require', 'ts-node/register/transpile-only'];
const AGAIN = '^a-single-command-needs-no-list$';

let directory: string;
let server: ChildProcess;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-replay-test-'));
  const args = [...TYPESCRIPT, 'tools/simulator/cli.ts', 'serve', '--port', '0', '--builds', '2'];
  server = spawn(process.execPath, [...args, '--state', path.join(directory, 'state')], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: directory, DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  server.stdout?.on('data', (text: Buffer) => (out += text.toString()));
  await new Promise<void>((resolve, reject) => {
    server.on('exit', () => reject(new Error(err)));
    server.stderr?.on('data', (text: Buffer) => {
      err += text.toString();
      if (err.includes('Ready.')) resolve();
    });
  });
  const exported = [...out.matchAll(/^export (\w+)=(.*)$/gm)];
  environment = Object.fromEntries(exported.map(([, name = '', value = '']) => [name, value]));
});

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** @param interruptAt a text on standard error at which the user presses Ctrl-C */
async function conformance(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = environment,
  interruptAt?: string,
): Promise<Ran> {
  const child = spawn(process.execPath, [...TYPESCRIPT, 'tools/conformance/cli.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: directory, TMPDIR: directory, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    err += text.toString();
    if (interruptAt !== undefined && err.includes(interruptAt)) {
      interruptAt = undefined;
      child.kill('SIGINT');
    }
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

function clientOptions(): object {
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } =
    environment;
  return {
    endpoint: AWS_ENDPOINT_URL,
    region: AWS_REGION,
    forcePathStyle: true,
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: AWS_SESSION_TOKEN,
    },
  };
}

/** What a replay may leave in an account. */
async function left(): Promise<object> {
  const options = clientOptions();
  const [stacks, buckets, groups, parameters] = await Promise.all([
    new CloudFormationClient(options).send(new DescribeStacksCommand({})),
    new S3Client(options).send(new ListBucketsCommand({})),
    new CodeBuildClient(options).send(new ListReportGroupsCommand({})),
    new SSMClient(options).send(new GetParametersByPathCommand({ Path: '/', Recursive: true })),
  ]);
  return {
    stacks: stacks.Stacks?.map(({ StackName, StackStatus }) => `${StackName} ${StackStatus}`),
    buckets: buckets.Buckets?.length ?? 0,
    reportGroups: groups.reportGroups,
    parameters: parameters.Parameters?.map(({ Name }) => Name),
  };
}

const NOTHING = { stacks: [], buckets: 0, reportGroups: [], parameters: [] };

test('what the engine does, whoever has an account can ask CodeBuild for, which then has nothing of it left', async () => {
  const folders = [
    'a-cache-with-a-key-never-changes',
    'a-missing-secret-ends-the-build-before-any-command',
    'a-report-group-may-be-an-arn',
    'parameters-are-fetched-and-hidden',
    'reports-are-counted-even-when-the-tests-fail',
    'secondary-artifacts-have-their-own-settings',
    'secrets-are-fetched-and-hidden',
    'set-e-ends-a-command-at-its-first-failure',
    'the-log-says-what-each-phase-did',
    'the-project-wins-over-the-buildspec',
  ];
  const json = path.join(directory, 'results.json');

  const { code, out, err } = await conformance([
    ...['--real', '--json', json, '--only', `^(${folders.join('|')})$`],
  ]);

  expect(out.split('\n').map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
    ...folders.map((name) =>
      name === 'a-report-group-may-be-an-arn'
        ? `skipped ${name} the report group is one of an example account`
        : `ok ${name}`,
    ),
    '',
    '10 behaviours: 9 ok, 0 differ, 1 skipped; 1 build not run',
    '',
  ]);
  expect(code).toBe(0);
  expect(err).toContain(
    `in account 123456789012, region us-east-1, emulated at ${environment.AWS_ENDPOINT_URL}.`,
  );
  const { results } = JSON.parse(readFileSync(json, 'utf8')) as { results: Result[] };
  expect(results.map(({ name }) => name)).toEqual(folders);
  expect(await left()).toEqual(NOTHING);
});

test('a difference is told with what came instead, and fails the run', async () => {
  const behaviours = path.join(directory, 'behaviours');
  cpSync(path.join(__dirname, 'a-single-command-needs-no-list'), path.join(behaviours, 'wrong'), {
    recursive: true,
  });
  const file = path.join(behaviours, 'wrong/expect.json');
  const expectation = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...expectation, status: 'FAILED' }));

  const { code, out } = await conformance(['--real', '--directory', behaviours]);

  expect(out).toContain('DIFFERS  wrong\n    status: expected "FAILED"\n                 got "SUCCEEDED"\n');
  expect(code).toBe(1);
});

test('what --keep has left, the next run removes', async () => {
  await conformance(['--real', '--only', AGAIN, '--keep']);
  expect(await left()).toMatchObject({ stacks: ['mangoo-conformance CREATE_COMPLETE'], buckets: 1 });

  const { code, err } = await conformance(['--real', '--only', AGAIN]);

  expect(err).toContain(
    'Stack mangoo-conformance is there (CREATE_COMPLETE), of an earlier run: it is removed first.',
  );
  expect(code).toBe(0);
  expect(await left()).toEqual(NOTHING);
});

test('a stack that could not be made is no obstacle to the next run', async () => {
  const TemplateBody = JSON.stringify({
    Resources: {
      Policy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: 'no-such-bucket', PolicyDocument: {} } },
    },
  });
  const name = { StackName: 'mangoo-conformance' };
  const cloudformation = new CloudFormationClient(clientOptions());
  await cloudformation.send(new CreateStackCommand({ ...name, TemplateBody }));

  await waitUntilStackCreateComplete({ client: cloudformation, maxWaitTime: 60 }, name).catch(
    () => undefined,
  );
  expect(await left()).toMatchObject({ stacks: ['mangoo-conformance ROLLBACK_COMPLETE'] });

  expect((await conformance(['--real', '--only', AGAIN])).code).toBe(0);
  expect(await left()).toEqual(NOTHING);
});

test('Ctrl-C, in the middle of the builds, leaves nothing in the account', async () => {
  const { code, err } = await conformance(['--real', '--only', 'cache|background'], environment, '\n1/');

  expect(err.trim().split('\n').at(-1)).toBe('interrupted');
  expect(code).toBe(1);
  expect(await left()).toEqual(NOTHING);
});

test('nobody pays for builds without having said --yes to what is made, where, and for how much', async () => {
  // The account is asked for its number only.
  const { AWS_ENDPOINT_URL, ...rest } = environment;
  const real = { ...rest, AWS_ENDPOINT_URL_ECR: AWS_ENDPOINT_URL };

  const { code, out, err } = await conformance(
    ['--real', '--only', '^a-cache-with-a-key-never-changes$'],
    real,
  );

  expect(err.trim().split('\n')).toEqual([
    '1 behaviour, 4 builds, in account 123456789012, region us-east-1.',
    expect.stringMatching(/^Makes the stack mangoo-conformance: a bucket, a project/),
    expect.stringMatching(/^below mangoo-conformance\//),
    'Costs about $0.02: 4 builds of a minute each, at $0.005 on BUILD_GENERAL1_SMALL.',
    'nothing is made yet: add --yes to agree',
  ]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
});

test('what keeps a replay from beginning is told in a line, and nothing is made', async () => {
  const broken = path.join(directory, 'broken');
  mkdirSync(path.join(broken, 'without'), { recursive: true });
  mkdirSync(path.join(broken, 'half'));
  writeFileSync(path.join(broken, 'half/expect.json'), '{ "claim": ');
  mkdirSync(path.join(broken, 'mistyped'));
  const mistyped = { claim: 'c', page: 'p', status: 'FAILED', context: {} };
  writeFileSync(path.join(broken, 'mistyped/expect.json'), JSON.stringify(mistyped));
  const nobody = { AWS_ENDPOINT_URL: environment.AWS_ENDPOINT_URL, AWS_EC2_METADATA_DISABLED: 'true' };
  const somebody = {
    AWS_ACCESS_KEY_ID: 'AKIANOBODY',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
  };
  const real = ['--real', '--only', AGAIN];

  expect(await conformance(real, nobody)).toMatchObject({
    code: 2,
    err: '--real: in which region? Give --region, or set AWS_REGION\n',
  });
  expect(await conformance([...real, '--region', 'us-east-1'], nobody)).toMatchObject({
    code: 1,
    err: 'no AWS credentials: sign in (aws configure, aws sso login), or set AWS_PROFILE\n',
  });
  expect(await conformance(real, { ...somebody, AWS_ENDPOINT_URL: 'http://localhost:1' })).toMatchObject({
    code: 1,
    err: 'http://localhost:1 does not answer (ECONNREFUSED)\n',
  });
  expect(await conformance(['--keep'])).toMatchObject({
    code: 2,
    err: '--keep means nothing without --real\n',
  });
  const { code, err } = await conformance(['--directory', broken]);
  expect(code).toBe(2);
  expect(err.trim().split('\n')).toEqual([
    expect.stringMatching(/^half\/expect.json: is no JSON \(/),
    expect.stringMatching(/^mistyped\/expect.json: context: is not known; there are: claim, /),
    'without/expect.json: cannot be read; a behaviour says there what CodeBuild does with its folder',
  ]);
  expect(await left()).toEqual(NOTHING);
});
