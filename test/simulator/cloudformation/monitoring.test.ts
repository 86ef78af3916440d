import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeMetricFiltersCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetTopicAttributesCommand,
  ListSubscriptionsCommand,
  ListTopicsCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import type { EmulatedAws } from '../../../tools/simulator/emulated-aws';
import { JsonClient } from '../../../tools/simulator/gateway/json-client';
import { ACCOUNT, clientOf, startAws } from '../state/harness';

let directory: string;
let aws: EmulatedAws;
let cloudFormation: CloudFormationClient;
let sns: SNSClient;
let logs: CloudWatchLogsClient;
let json: JsonClient;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mangoo-monitoring-test-'));
  aws = await startAws({ directory });
  cloudFormation = new CloudFormationClient(clientOf(aws));
  sns = new SNSClient(clientOf(aws));
  logs = new CloudWatchLogsClient(clientOf(aws));
  json = new JsonClient(aws.url, 'us-east-1', aws.administrator);
});
afterAll(async () => {
  await aws.stop();
  await rm(directory, { recursive: true, force: true });
});

let count = 0;
let StackName: string;
beforeEach(() => (StackName = `monitoring-${(count += 1)}`));

async function deployed(Resources: object, change: 'create' | 'update' = 'create'): Promise<string> {
  const input = { StackName, TemplateBody: JSON.stringify({ Resources }) };
  await cloudFormation.send(
    change === 'create' ? new CreateStackCommand(input) : new UpdateStackCommand(input),
  );
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  return Stacks?.[0]?.StackStatus ?? '';
}

async function physicalIds(): Promise<Record<string, string>> {
  const { StackResources = [] } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
  return Object.fromEntries(
    StackResources.map((r) => [r.LogicalResourceId ?? '', r.PhysicalResourceId ?? '']),
  );
}

async function reasons(): Promise<string> {
  const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents.map(({ ResourceStatusReason }) => ResourceStatusReason ?? '').join('\n');
}

test('a topic, its policy and its subscriptions change and go with their stack', async () => {
  const resources = (DisplayName: string, Endpoint: string, Sid: string): object => ({
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: StackName, DisplayName } },
    Policy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'Topic' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: {
            Sid,
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: 'Topic' },
          },
        },
      },
    },
    Mail: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint },
    },
  });
  const endpoints = async (): Promise<(string | undefined)[]> =>
    ((await sns.send(new ListSubscriptionsCommand())).Subscriptions ?? [])
      .filter(({ TopicArn }) => TopicArn?.endsWith(`:${StackName}`))
      .map(({ Endpoint }) => Endpoint);
  const TopicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:${StackName}`;
  const attributes = async () => (await sns.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes;

  expect(await deployed(resources('One', 'one@example.com', 'First'))).toBe('CREATE_COMPLETE');
  expect((await physicalIds()).Topic).toBe(TopicArn);
  expect(await attributes()).toMatchObject({
    DisplayName: 'One',
    Policy: expect.stringContaining('First') as string,
  });
  expect(await endpoints()).toEqual(['one@example.com']);

  expect(await deployed(resources('Two', 'two@example.com', 'Second'), 'update')).toBe('UPDATE_COMPLETE');
  expect(await attributes()).toMatchObject({
    DisplayName: 'Two',
    Policy: expect.stringContaining('Second') as string,
  });
  expect(await endpoints()).toEqual(['two@example.com']);

  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  await cloudFormation.send(new DescribeStacksCommand({ StackName })).catch(() => undefined);
  const { Topics = [] } = await sns.send(new ListTopicsCommand());
  expect(Topics).not.toContainEqual({ TopicArn });
  expect(await endpoints()).toEqual([]);
});

test('a queue has the attributes of its template, and loses its policy with the policy’s resource', async () => {
  const queue = (VisibilityTimeout: number): object => ({
    Type: 'AWS::SQS::Queue',
    Properties: { QueueName: StackName, VisibilityTimeout, MessageRetentionPeriod: 1_209_600 },
  });
  const policy = {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Queue' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      },
    },
  };
  const attributes = async (): Promise<object> =>
    (
      await json.call<{ Attributes: object }>('sqs', 'GetQueueAttributes', {
        QueueUrl: (await physicalIds()).Queue,
        AttributeNames: ['All'],
      })
    ).Attributes;

  expect(await deployed({ Queue: queue(30), Policy: policy })).toBe('CREATE_COMPLETE');
  expect(await attributes()).toMatchObject({
    VisibilityTimeout: '30',
    MessageRetentionPeriod: '1209600',
    Policy: expect.stringContaining(`arn:aws:sqs:us-east-1:${ACCOUNT}:${StackName}`) as string,
  });

  expect(await deployed({ Queue: queue(60) }, 'update')).toBe('UPDATE_COMPLETE');
  expect(await attributes()).toMatchObject({ VisibilityTimeout: '60' });
  expect((await attributes()) as { Policy?: string }).not.toMatchObject({
    Policy: expect.stringContaining('Deny') as string,
  });
});

test('a rule’s targets are those of its template after an update, for whoever lists them', async () => {
  const rule = (...ids: string[]): object => ({
    Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: StackName,
        EventPattern: { source: ['aws.codebuild'] },
        Targets: ids.map((Id) => ({ Id, Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } })),
      },
    },
  });
  const targets = async (): Promise<string[]> => {
    const input = { Rule: StackName };
    const { Targets } = await json.call<{ Targets: { Id: string }[] }>('events', 'ListTargetsByRule', input);
    return Targets.map(({ Id }) => Id).sort();
  };

  await deployed(rule('a', 'b'));
  expect(await targets()).toEqual(['a', 'b']);
  expect(await deployed(rule('b', 'c'), 'update')).toBe('UPDATE_COMPLETE');
  expect(await targets()).toEqual(['b', 'c']);
});

const filter = (FilterPattern: string): object => ({
  Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: StackName } },
  Filter: {
    Type: 'AWS::Logs::MetricFilter',
    Properties: {
      LogGroupName: { Ref: 'Group' },
      FilterPattern,
      MetricTransformations: [
        {
          MetricNamespace: 'Mangoo/test',
          MetricName: 'ImageSize',
          MetricValue: '$.megabytes',
          Dimensions: [{ Key: 'Image', Value: '$.image' }],
        },
      ],
    },
  },
});

test('a metric filter is there with its transformation and dimensions', async () => {
  expect(await deployed(filter('{ $.mangoo = "image" }'))).toBe('CREATE_COMPLETE');

  const { metricFilters } = await logs.send(new DescribeMetricFiltersCommand({ logGroupName: StackName }));

  expect(metricFilters).toMatchObject([
    {
      filterPattern: '{ $.mangoo = "image" }',
      metricTransformations: [{ metricValue: '$.megabytes', dimensions: { Image: '$.image' } }],
    },
  ]);
});

test('a metric filter whose pattern is wrong fails here as it would on AWS, and not silently in production', async () => {
  expect(await deployed(filter('{ $.mangoo == "image" }'))).toBe('ROLLBACK_COMPLETE');

  expect(await reasons()).toContain('Invalid filter pattern: expected a value, got =');
});

test('alarms and dashboards can be listed, change, and go with their stack', async () => {
  const resources = (Threshold: number, markdown: string): object => ({
    Alarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: StackName,
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        Namespace: 'AWS/CodeBuild',
        MetricName: 'Duration',
        Statistic: 'Maximum',
        Period: 300,
        Threshold,
        Dimensions: [{ Name: 'ProjectName', Value: 'p' }],
      },
    },
    Rate: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `${StackName}-rate`,
        ComparisonOperator: 'LessThanThreshold',
        EvaluationPeriods: 1,
        Threshold: 95,
        Metrics: [
          { Id: 'rate', Expression: '100 * ok', Label: 'rate' },
          {
            Id: 'ok',
            ReturnData: false,
            MetricStat: {
              Metric: { Namespace: 'AWS/CodeBuild', MetricName: 'SucceededBuilds' },
              Period: 300,
              Stat: 'Sum',
            },
          },
        ],
      },
    },
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: StackName,
        DashboardBody: JSON.stringify({ widgets: [{ type: 'text', properties: { markdown } }] }),
      },
    },
  });
  interface Alarm {
    readonly AlarmName: string;
    readonly Threshold: number;
  }
  /** By name: they are made side by side. */
  const alarms = async (): Promise<Alarm[]> => {
    const input = { AlarmNamePrefix: StackName };
    const { MetricAlarms } = await json.call<{ MetricAlarms: Alarm[] }>(
      'cloudwatch',
      'DescribeAlarms',
      input,
    );
    return MetricAlarms.sort((one, other) => one.AlarmName.localeCompare(other.AlarmName));
  };
  const dashboard = () =>
    json.call<{ DashboardBody: string }>('cloudwatch', 'GetDashboard', { DashboardName: StackName });

  expect(await deployed(resources(20, 'one'))).toBe('CREATE_COMPLETE');
  expect(await alarms()).toMatchObject([
    { AlarmName: StackName, Threshold: 20 },
    { AlarmName: `${StackName}-rate` },
  ]);
  expect(await deployed(resources(30, 'two'), 'update')).toBe('UPDATE_COMPLETE');
  expect((await alarms())[0]).toMatchObject({ Threshold: 30 });
  expect((await dashboard()).DashboardBody).toContain('two');

  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  await cloudFormation.send(new DescribeStacksCommand({ StackName })).catch(() => undefined);
  expect(await alarms()).toEqual([]);
  await expect(dashboard()).rejects.toThrow();
});
