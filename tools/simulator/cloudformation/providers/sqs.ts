import { generatedName } from '../generated-name';
import { type Made, type Properties, type Provider, type ProviderContext, tagsOf, textOf } from '../provider';
import { policyPutBy } from './resource-policy';

export const queue: Provider = {
  replacedBy: ['QueueName', 'FifoQueue'],
  async create(context, properties) {
    const fifo = properties.FifoQueue === true;
    const QueueName =
      textOf(properties, 'QueueName') ?? `${generatedName(context, 75)}${fifo ? '.fifo' : ''}`;
    const { QueueUrl } = await context.clients.json.call<{ QueueUrl: string }>('sqs', 'CreateQueue', {
      QueueName,
      Attributes: { ...(fifo && { FifoQueue: 'true' }), ...attributesOf(properties) },
      tags: Object.fromEntries(tagsOf(context, properties).map(({ Key, Value }) => [Key, Value])),
    });
    return made(context, QueueUrl);
  },
  async update(context, QueueUrl, properties) {
    const Attributes = attributesOf(properties);
    await context.clients.json.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes });
    return made(context, QueueUrl);
  },
  async delete({ clients }, QueueUrl) {
    await clients.json.call('sqs', 'DeleteQueue', { QueueUrl });
  },
};

const ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

function attributesOf(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => {
      const value = properties[name];
      return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)];
    }),
  );
}

function made({ region, account }: ProviderContext, QueueUrl: string): Made {
  const QueueName = QueueUrl.split('/').pop() ?? '';
  return {
    physicalId: QueueUrl,
    attributes: { Arn: `arn:aws:sqs:${region}:${account}:${QueueName}`, QueueName, QueueUrl },
  };
}

export const queuePolicy: Provider = {
  ...policyPutBy(putPolicy),
  async delete(context, _, properties) {
    await putPolicy(context, properties, '');
  },
};

async function putPolicy(
  { clients }: ProviderContext,
  { Queues }: Properties,
  Policy: string,
): Promise<void> {
  for (const QueueUrl of Queues as string[]) {
    await clients.json.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy } });
  }
}
