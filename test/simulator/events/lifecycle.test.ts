import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import type { EmulatedAws, EmulatedAwsOptions } from '../../../tools/simulator/emulated-aws';
import { processesWith } from '../../../tools/simulator/processes';
import { ACCOUNT, clientOf, killed, scriptProcess, startAws } from '../state/harness';

let directory: string;
let aws: EmulatedAws | undefined;
const told: string[] = [];
let name: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-functions-test-'));
  // Of this test alone: other tests run functions beside it.
  name = `f${path.basename(directory).replaceAll(/\W/g, '')}`;
  told.length = 0;
});
afterEach(async () => {
  await aws?.stop();
  aws = undefined;
  await rm(directory, { recursive: true, force: true });
});

function start(options: Partial<EmulatedAwsOptions> = {}): Promise<EmulatedAws> {
  return startAws({ directory, log: (line) => told.push(line), ...options });
}

/** A function that a rule for events of the source `test` names. */
function template(code: string, environment: object = {}): string {
  return JSON.stringify({
    Resources: {
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: name } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { Service: 'lambda.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          },
          Policies: [
            {
              PolicyName: 'own',
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [
                  { Effect: 'Allow', Action: ['logs:*'], Resource: '*' },
                  { Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: 'Topic' } },
                ],
              },
            },
          ],
        },
      },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: name,
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Code: { ZipFile: code },
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Timeout: 600,
          Environment: { Variables: { TOPIC: { Ref: 'Topic' }, ...environment } },
        },
      },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['test'] },
          Targets: [{ Id: 'function', Arn: { 'Fn::GetAtt': ['Function', 'Arn'] } }],
        },
      },
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { Ref: 'Function' },
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
        },
      },
    },
  });
}

async function deploy(to: EmulatedAws, TemplateBody: string): Promise<void> {
  const cloudFormation = new CloudFormationClient(clientOf(to));
  const StackName = name;
  await cloudFormation.send(
    new CreateStackCommand({ StackName, TemplateBody, Capabilities: ['CAPABILITY_IAM'] }),
  );
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  expect(Stacks?.[0]?.StackStatus).toBe('CREATE_COMPLETE');
}

const EVENT = {
  version: '0',
  id: 'e',
  'detail-type': 'Test',
  source: 'test',
  account: ACCOUNT,
  time: '2026-11-25T12:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail: {},
} as const;

const running = (): Promise<number[]> => processesWith(`AWS_LAMBDA_FUNCTION_NAME=${name}`);

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

/** Never answers; the file tells that it has begun, and what it started would go on for ever. */
const HANGS = `const { spawn } = require('node:child_process');
  exports.handler = () => {
    spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { detached: true, stdio: 'ignore' });
    require('node:fs').writeFileSync(process.env.BEGUN, '');
    return new Promise(() => setInterval(() => 0, 1000));
  };`;

test('a deployed function is still there after a restart with the same state, and reaches the new address', async () => {
  const state = path.join(directory, 'state');
  const code = `const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');
    exports.handler = async () => new SNSClient().send(
      new PublishCommand({ TopicArn: process.env.TOPIC, Message: 'still here' }));`;
  const first = (aws = await start({ directory: state, state }));
  await deploy(first, template(code));
  await first.stop();
  const second = (aws = await start({ directory: state, state }));

  second.events.put(EVENT);
  await second.events.settled();

  expect(told).toEqual([]);
  expect(second.events.messages()).toMatchObject([{ topic: name, text: 'still here' }]);
});

test('the end of the simulator is the end of what a function does, and nobody waits for its timeout', async () => {
  const begun = path.join(directory, 'begun');
  const started = (aws = await start());
  await deploy(started, template(HANGS, { BEGUN: begun }));
  started.events.put(EVENT);
  await until(() => existsSync(begun));
  expect(await running()).toHaveLength(2);

  await started.stop();
  aws = undefined;

  expect(await running()).toEqual([]);
  expect(
    (await readdir(path.join(directory, 'functions'))).filter((entry) => entry.startsWith('run-')),
  ).toEqual([]);
});

test('Ctrl-C ends a function that hangs, and it is not tried again', async () => {
  const begun = path.join(directory, 'begun');
  const control = new AbortController();
  const started = (aws = await start({ signal: control.signal }));
  await deploy(started, template(HANGS, { BEGUN: begun }));
  started.events.put(EVENT);
  await until(() => existsSync(begun));

  control.abort();
  await started.events.settled();

  expect(await running()).toEqual([]);
  expect(told).toEqual([`${name} was stopped: the simulator ends`]);
});

test('a function does not outlive a simulator that is killed', async () => {
  const begun = path.join(directory, 'begun');
  const hangs = `exports.handler = () => {
    require('node:fs').writeFileSync(process.env.BEGUN, '');
    return new Promise(() => setInterval(() => 0, 1000));
  };`;
  const { child } = await scriptProcess(`
    const { startAws, clientOf } = require('./test/simulator/state/harness');
    const { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } = require('@aws-sdk/client-cloudformation');
    (async () => {
      const aws = await startAws({ directory: ${JSON.stringify(directory)} });
      const cloudFormation = new CloudFormationClient(clientOf(aws));
      const StackName = 's';
      const TemplateBody = ${JSON.stringify(template(hangs, { BEGUN: begun }))};
      await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities: ['CAPABILITY_IAM'] }));
      await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      aws.events.put(${JSON.stringify(EVENT)});
      console.log('put');
    })();`);
  await until(() => existsSync(begun));
  expect(await running()).toHaveLength(1);

  await killed(child);

  await until(async () => (await running()).length === 0);
});
