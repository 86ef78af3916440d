import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { writeZip } from '../../../tools/simulator/codebuild/zip';
import type { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import type { AwsEvent } from '../../../tools/simulator/events/event-bus';
import { JsonClient } from '../../../tools/simulator/gateway/json-client';
import { processesWith } from '../../../tools/simulator/processes';
import { ACCOUNT, clientOf, startAws } from '../state/harness';

let directory: string;
let aws: EmulatedAws;
let told: string[];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-events-test-'));
  aws = await startAws({ directory, log: (line) => told.push(line) });
});
beforeEach(() => (told = []));
afterAll(async () => {
  await aws.stop();
  await rm(directory, { recursive: true, force: true });
});

let count = 0;
let StackName: string;
beforeEach(() => (StackName = `events-${(count += 1)}`));

const cloudFormation = () => new CloudFormationClient(clientOf(aws));
const queues = () => new JsonClient(aws.url, 'us-east-1', aws.administrator);

async function deployed(Resources: object, change: 'create' | 'update' = 'create'): Promise<string> {
  const TemplateBody = JSON.stringify({ Resources });
  const input = { StackName, TemplateBody, Capabilities: ['CAPABILITY_IAM' as const] };
  await cloudFormation().send(
    change === 'create' ? new CreateStackCommand(input) : new UpdateStackCommand(input),
  );
  const { Stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName }));
  return Stacks?.[0]?.StackStatus ?? '';
}

async function reasons(): Promise<string[]> {
  const { StackEvents = [] } = await cloudFormation().send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents.flatMap(({ ResourceStatusReason }) => ResourceStatusReason ?? []);
}

function event(detail: object = {}, source = StackName): AwsEvent {
  return {
    version: '0',
    id: 'e1',
    'detail-type': 'Test',
    source,
    account: ACCOUNT,
    time: '2026-11-25T12:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: detail as AwsEvent['detail'],
  };
}

async function sent(detail: object = {}): Promise<void> {
  aws.events.put(event(detail));
  await aws.events.settled();
}

/** What the function's log says. */
async function logged(): Promise<string> {
  const logs = new CloudWatchLogsClient(clientOf(aws));
  const answer = await logs
    .send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${StackName}` }))
    .catch(() => undefined);
  return (answer?.events ?? []).map(({ message }) => message).join('\n');
}

async function received(
  queue = `${StackName}-dead`,
): Promise<{ Body: string; MessageAttributes?: object }[]> {
  const QueueUrl = `${aws.url}/${ACCOUNT}/${queue}`;
  const answer = await queues().call<{ Messages?: { Body: string }[] }>('sqs', 'ReceiveMessage', {
    QueueUrl,
    MessageAttributeNames: ['All'],
    MaxNumberOfMessages: 10,
  });
  return answer.Messages ?? [];
}

interface Options {
  readonly statements?: object[];
  readonly function?: object;
  readonly more?: object;
  readonly without?: string[];
}

/** A rule for events of the stack's name, its function with this code, and a dead-letter queue. */
function stack(code: string | object, options: Options = {}): object {
  const role = {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
      Policies: [
        {
          PolicyName: 'own',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
                Resource: '*',
              },
              { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
              ...(options.statements ?? []),
            ],
          },
        },
      ],
    },
  };
  const resources = {
    Role: role,
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: StackName,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: typeof code === 'string' ? { ZipFile: code } : code,
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
        Timeout: 30,
        ...options.function,
      },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: { source: [StackName] },
        Targets: [
          {
            Id: 'function',
            Arn: { 'Fn::GetAtt': ['Function', 'Arn'] },
            DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
          },
        ],
      },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['Function', 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `${StackName}-dead` } },
    DeadPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Dead' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: { 'Fn::GetAtt': ['Dead', 'Arn'] },
            Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['Rule', 'Arn'] } } },
          },
        },
      },
    },
    ...options.more,
  };
  return Object.fromEntries(Object.entries(resources).filter(([id]) => !options.without?.includes(id)));
}

function trust(Service: string): object {
  return {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' },
  };
}

const SAY = 'exports.handler = async (event) => console.log("got", JSON.stringify(event.detail));';

describe('a function that a rule names', () => {
  test('is invoked with the event, and what it prints is in its log, so that whoever deploys it sees it work', async () => {
    expect(await deployed(stack(SAY))).toBe('CREATE_COMPLETE');

    await sent({ state: 'FAILED' });

    expect(await logged()).toMatch(/^START RequestId: .*\n.*\tINFO\tgot {"state":"FAILED"}\nEND RequestId: /);
    expect(aws.events.failures()).toEqual([]);
    expect(told).toEqual([]);
  });

  test('is not invoked by events that its rule is not about', async () => {
    await deployed(stack(SAY));

    aws.events.put(event({}, 'somebody.else'));
    await aws.events.settled();

    expect(await logged()).toBe('');
  });

  test('is not invoked any more once its rule is disabled or deleted', async () => {
    await deployed(stack(SAY));
    const disabled = stack(SAY) as { Rule: { Properties: object } };
    disabled.Rule.Properties = { ...disabled.Rule.Properties, State: 'DISABLED' };
    expect(await deployed(disabled, 'update')).toBe('UPDATE_COMPLETE');
    await sent({ after: 'disabling' });
    const without = ['Rule', 'Permission', 'DeadPolicy'];
    expect(await deployed(stack(SAY, { without }), 'update')).toBe('UPDATE_COMPLETE');
    await sent({ after: 'deletion' });

    expect(await logged()).toBe('');
    expect(told).toEqual([]);
  });

  test('runs its new code after an update, and its old again after one that is rolled back', async () => {
    await deployed(stack(SAY));
    const second = 'exports.handler = async () => console.log("second")';
    expect(await deployed(stack(second), 'update')).toBe('UPDATE_COMPLETE');
    await sent();
    expect(await logged()).toContain('second');
    const broken = {
      Broken: { Type: 'AWS::SQS::QueuePolicy', DependsOn: 'Function', Properties: { Queues: ['nowhere'] } },
    };
    const third = stack('exports.handler = async () => console.log("third")', { more: broken });
    expect(await deployed(third, 'update')).toBe('UPDATE_ROLLBACK_COMPLETE');

    await sent();

    expect((await logged()).match(/second/g)).toHaveLength(2);
    expect(await logged()).not.toContain('third');
  });

  test('that throws twice and then works has worked: nobody is told, and no dead letter is sent', async () => {
    const file = path.join(directory, `${StackName}.count`);
    const code = `const fs = require('node:fs');
      exports.handler = async () => {
        fs.appendFileSync(process.env.FILE, 'x');
        if (fs.readFileSync(process.env.FILE, 'utf8').length < 3) throw new RangeError('not yet');
        console.log('now');
      };`;
    await deployed(stack(code, { function: { Environment: { Variables: { FILE: file } } } }));

    await sent();

    expect((await logged()).match(/Invoke Error.*RangeError.*not yet/g)).toHaveLength(2);
    expect(await logged()).toContain('INFO\tnow');
    expect(told).toEqual([]);
    expect(await received()).toEqual([]);
  });

  test('that always throws has its event in its dead-letter queue after three attempts, with the error', async () => {
    await deployed(stack('exports.handler = async () => { throw new TypeError("broken") };'));

    await sent({ build: 7 });

    expect(told).toEqual([
      `${StackName} failed 3 times: TypeError: broken; the event is in the queue ${StackName}-dead`,
    ]);
    const [letter] = await received();
    expect(JSON.parse(letter?.Body ?? '')).toEqual(event({ build: 7 }));
    expect(letter?.MessageAttributes).toMatchObject({ ErrorMessage: { StringValue: 'broken' } });
  });

  test('is tried as often as its configuration says, and its event goes where that says', async () => {
    const more = {
      Config: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: 'Function' },
          Qualifier: '$LATEST',
          MaximumRetryAttempts: 0,
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Dead', 'Arn'] } } },
        },
      },
    };
    const options = { more, function: { DeadLetterConfig: undefined } };
    await deployed(stack('exports.handler = async () => { throw "text" };', options));

    await sent({ build: 8 });

    expect(told).toEqual([
      `${StackName} failed once: string: text; the event is in the queue ${StackName}-dead`,
    ]);
    expect(JSON.parse((await received())[0]?.Body ?? '')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 },
      requestPayload: event({ build: 8 }),
    });
  });

  test('that hangs is ended at its timeout, with all that it started', async () => {
    const code = `const { spawn } = require('node:child_process');
      exports.handler = () => {
        spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { detached: true, stdio: 'inherit' });
        console.log('started');
        return new Promise(() => setInterval(() => 0, 1000));
      };`;
    const noRetry = {
      Config: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: { Ref: 'Function' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      },
    };
    await deployed(stack(code, { more: noRetry, function: { Timeout: 1 } }));

    await sent();

    expect(told[0]).toMatch(/failed once: Sandbox.Timedout: .* Task timed out after 1.00 seconds/);
    expect(await logged()).toMatch(/started[^]*Task timed out after 1.00 seconds/);
    expect(await processesWith(`AWS_LAMBDA_FUNCTION_NAME=${StackName}`)).toEqual([]);
  });

  test('that ends its process, or whose code does not load, has failed', async () => {
    await deployed(stack('exports.handler = () => process.exit(3)'));
    await sent();
    expect(told[0]).toMatch(/failed 3 times: Runtime.ExitError: Runtime exited with error: exit status 3/);
    await deployed(stack('require("yaml")'), 'update');
    await sent();

    // This project has it; Lambda would not.
    expect(told[1]).toMatch(/failed 3 times: Error: Cannot find module 'yaml'/);
  });

  test('leaves nothing behind: no process, no file of its own', async () => {
    const code = `require('node:fs').writeFileSync(require('node:os').tmpdir() + '/left', '');
      require('node:fs').writeFileSync(process.env.HOME + '/left', '');
      exports.handler = async () => undefined;`;
    await deployed(stack(code));

    await sent();

    expect(told).toEqual([]);
    const left = await readdir(path.join(directory, 'functions'));
    expect(left.sort()).toEqual(['code', 'node_modules']);
    expect(await processesWith(`AWS_LAMBDA_FUNCTION_NAME=${StackName}`)).toEqual([]);
  });
});

describe('who may do what', () => {
  test('without a permission for its rule, EventBridge may not invoke a function: the event is in the target’s dead-letter queue', async () => {
    await deployed(stack(SAY, { without: ['Permission'] }));

    await sent({ build: 9 });

    expect(told).toEqual([
      expect.stringMatching(/may not be invoked: no AWS::Lambda::Permission .*; the event is in the queue /),
    ]);
    const [letter] = await received();
    expect(JSON.parse(letter?.Body ?? '')).toEqual(event({ build: 9 }));
    expect(letter?.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'NO_PERMISSIONS' } });
    expect(await logged()).toBe('');
  });

  test('a permission for another rule or another service is none', async () => {
    const other = (Properties: object): object => ({
      Type: 'AWS::Lambda::Permission',
      Properties: { Action: 'lambda:InvokeFunction', FunctionName: StackName, ...Properties },
    });
    const more = {
      Other: other({
        Principal: 'events.amazonaws.com',
        SourceArn: `arn:aws:events:us-east-1:${ACCOUNT}:rule/other`,
      }),
      Sns: other({ Principal: 'sns.amazonaws.com' }),
    };
    await deployed(stack(SAY, { more, without: ['Permission'] }));

    await sent();

    expect(told).toEqual([expect.stringContaining('may not be invoked')]);
  });

  test('a queue whose policy does not let EventBridge in gets no dead letter', async () => {
    await deployed(stack(SAY, { without: ['Permission', 'DeadPolicy'] }));

    await sent();

    expect(told).toEqual([expect.stringMatching(/did not get to the queue .*: no AWS::SQS::QueuePolicy/)]);
    expect(await received()).toEqual([]);
  });

  test('a role that Lambda may not assume fails the deployment, as on AWS', async () => {
    const resources = stack(SAY) as { Role: { Properties: { AssumeRolePolicyDocument: object } } };
    resources.Role.Properties.AssumeRolePolicyDocument = trust('ec2.amazonaws.com');

    expect(await deployed(resources)).toBe('ROLLBACK_COMPLETE');

    expect(await reasons()).toContainEqual(expect.stringContaining('cannot be assumed by Lambda'));
  });

  test('a function sees the SDK, its own variables and its role’s credentials, and nothing of this machine', async () => {
    const code = `const { S3Client } = require('@aws-sdk/client-s3');
      exports.handler = async () => console.log(typeof S3Client, JSON.stringify(process.env));`;
    process.env.MANGOO_TEST_SECRET = 'of the user';
    await deployed(stack(code, { function: { Environment: { Variables: { TOPIC: 't' } } } }));

    await sent();
    delete process.env.MANGOO_TEST_SECRET;

    const [, json = '{}'] = /function ({.*})/.exec(await logged()) ?? [];
    const env = JSON.parse(json) as Record<string, string>;
    expect(env).toMatchObject({
      TOPIC: 't',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: StackName,
      AWS_ENDPOINT_URL: aws.url.replace('localhost', '127.0.0.1'),
    });
    expect(env.HOME).not.toBe(process.env.HOME);
    expect(env.AWS_ACCESS_KEY_ID).not.toBe(aws.administrator.credentials.accessKeyId);
    expect(env).not.toHaveProperty('MANGOO_TEST_SECRET');
    expect(env).not.toHaveProperty('NODE_OPTIONS');
  });

  test('what its role lacks, the function is denied', async () => {
    const code = `const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');
      exports.handler = async () => new SNSClient().send(new PublishCommand({ TopicArn: process.env.TOPIC, Message: 'm' }));`;
    const more = { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: StackName } } };
    const Environment = { Variables: { TOPIC: { Ref: 'Topic' } } };
    await deployed(stack(code, { more, function: { Environment } }));

    await sent();

    expect(told).toEqual([
      expect.stringMatching(
        /AuthorizationError|AccessDenied.*not authorized to perform: sns:Publish on resource: arn:/,
      ),
    ]);
    expect(aws.events.messages().map(({ topic }) => topic)).not.toContain(StackName);
  });

  test('a function that may not write its log is told of, because Lambda tells nobody', async () => {
    const resources = stack(SAY) as { Role: { Properties: { Policies: object[] } } };
    resources.Role.Properties.Policies = [];

    await deployed({ ...resources });
    await sent();

    expect(told).toEqual([expect.stringMatching(/no log in \/aws\/lambda\/.*: .*logs:CreateLogStream/)]);
  });
});

describe('what a function does', () => {
  const PUBLISH = `import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';
    export const handler = async ({ detail }) => new SNSClient().send(
      new PublishCommand({ TopicArn: process.env.TOPIC, Subject: detail.subject, Message: 'first\\nsecond' }));`;

  async function zipped(name: string, text: string): Promise<object> {
    const s3 = new S3Client({ ...clientOf(aws), forcePathStyle: true });
    const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
    await s3.send(new CreateBucketCommand({ Bucket: StackName }));
    const { readFile, writeFile } = await import('node:fs/promises');
    const [source, archive] = ['.source', '.zip'].map((end) => path.join(directory, StackName + end)) as [
      string,
      string,
    ];
    await writeFile(source, text);
    await writeZip(archive, [{ path: name, absolutePath: source }], false);
    await s3.send(
      new PutObjectCommand({ Bucket: StackName, Key: 'code.zip', Body: await readFile(archive) }),
    );
    return { S3Bucket: StackName, S3Key: 'code.zip' };
  }

  test('what it publishes is recorded with where it would go, and is sent to nobody', async () => {
    const more = {
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: StackName } },
      Mail: { ...subscription('email', 'ops@example.com'), DependsOn: 'Hook' },
      Hook: subscription('https', 'https://127.0.0.1:1/never'),
      Slack: {
        Type: 'AWS::Chatbot::SlackChannelConfiguration',
        Properties: {
          ConfigurationName: 'builds',
          SlackWorkspaceId: 'T1',
          SlackChannelId: 'C1',
          IamRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
          SnsTopicArns: [{ Ref: 'Topic' }],
        },
      },
    };
    const statements = [{ Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: 'Topic' } }];
    const Environment = { Variables: { TOPIC: { Ref: 'Topic' } } };
    const code = await zipped('index.mjs', PUBLISH);
    expect(await deployed(stack(code, { more, statements, function: { Environment } }))).toBe(
      'CREATE_COMPLETE',
    );

    await sent({ subject: 'Build failed' });

    expect(told).toEqual([]);
    expect(aws.events.messages()).toContainEqual({
      topic: StackName,
      subject: 'Build failed',
      text: 'first\nsecond',
      to: ['Slack channel C1', 'email ops@example.com', 'https https://127.0.0.1:1/never'],
    });
  });

  function subscription(Protocol: string, Endpoint: string): object {
    return { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Topic' }, Protocol, Endpoint } };
  }

  test('a mark that is there already is not written again, so that two invocations send one message', async () => {
    const code = `const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');
      const s3 = new S3Client();
      exports.handler = async ({ detail }) => {
        const claim = { Bucket: process.env.BUCKET, Key: 'mark', Body: detail.by, IfNoneMatch: '*' };
        await s3.send(new PutObjectCommand(claim)).catch((error) => {
          console.log(error.name, error.$metadata.httpStatusCode);
        });
      };`;
    const more = { Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: StackName } } };
    const statements = [{ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${StackName}/*` }];
    const Environment = { Variables: { BUCKET: StackName } };
    await deployed(stack(code, { more, statements, function: { Environment } }));

    await sent({ by: 'first' });
    await sent({ by: 'second' });

    expect(await logged()).toContain('PreconditionFailed 412');
    const s3 = new S3Client({ ...clientOf(aws), forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: StackName, Key: 'mark' }));
    expect(await Body?.transformToString()).toBe('first');
  });
});

test('a function of another runtime is accepted, and says so when an event would reach it', async () => {
  await deployed(stack(SAY, { function: { Runtime: 'python3.13' } }));

  await sent();

  expect(told).toEqual([expect.stringMatching(/^simulated: .* did not run.*python3.13/)]);
  expect(aws.simulated().join()).toContain('AWS::Lambda::Function');
});

test('a rule with an operator that is not played fails its deployment, and none of it stays', async () => {
  const resources = stack(SAY) as { Rule: { Properties: object } };
  resources.Rule.Properties = {
    ...resources.Rule.Properties,
    EventPattern: { source: [{ cidr: '10.0.0.0/8' }] },
  };

  expect(await deployed(resources)).toBe('ROLLBACK_COMPLETE');

  expect(await reasons()).toContainEqual(expect.stringContaining('does not play the operator cidr'));
  const { Rules } = await queues().call<{ Rules: { Name: string }[] }>('events', 'ListRules', {});
  expect(Rules.filter(({ Name }) => Name.startsWith(StackName))).toEqual([]);
});

test('a deleted stack leaves neither rule nor queue nor code', async () => {
  await deployed(stack(SAY));
  await cloudFormation().send(new DeleteStackCommand({ StackName }));
  const gone = cloudFormation().send(new DescribeStacksCommand({ StackName }));
  await expect(gone).rejects.toThrow(/does not exist/);

  await sent();

  expect(told).toEqual([]);
  expect(await readdir(path.join(directory, 'functions/code'))).not.toContain(StackName);
  const { QueueUrls = [] } = await queues().call<{ QueueUrls?: string[] }>('sqs', 'ListQueues', {});
  expect(QueueUrls.filter((url) => url.includes(`/${StackName}-`))).toEqual([]);
});
