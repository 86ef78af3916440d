import {
  CreateTopicCommand,
  DeleteTopicCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { generatedName } from '../generated-name';
import { type Made, type Properties, type Provider, type ProviderContext, tagsOf, textOf } from '../provider';
import { policyPutBy } from './resource-policy';

interface Inline {
  readonly Protocol: string;
  readonly Endpoint: string;
}

export const topic: Provider = {
  replacedBy: ['TopicName', 'FifoTopic'],
  async create(context, properties) {
    const { sns } = context.clients;
    const fifo = properties.FifoTopic === true;
    const Name = textOf(properties, 'TopicName') ?? `${generatedName(context, 250)}${fifo ? '.fifo' : ''}`;
    const Tags = tagsOf(context, properties);
    const Attributes = { ...(fifo && { FifoTopic: 'true' }), ...attributesOf(properties) };
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name, Attributes, Tags }));
    context.begun(TopicArn);
    for (const { Protocol, Endpoint } of inline(properties)) {
      await sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
    }
    return madeTopic(TopicArn);
  },
  async update({ clients }, TopicArn, properties, old) {
    const before = attributesOf(old);
    const wanted = {
      ...Object.fromEntries(Object.keys(before).map((name) => [name, ''])),
      ...attributesOf(properties),
    };
    for (const [AttributeName, AttributeValue] of Object.entries(wanted)) {
      if (AttributeValue === before[AttributeName]) continue;
      await clients.sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue }));
    }
    for (const { Protocol, Endpoint } of inline(properties)) {
      await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
    }
    return madeTopic(TopicArn);
  },
  async delete({ clients }, TopicArn) {
    await clients.sns.send(new DeleteTopicCommand({ TopicArn }));
  },
};

function attributesOf(properties: Properties): Record<string, string> {
  const names = ['DisplayName', 'KmsMasterKeyId', 'TracingConfig', 'SignatureVersion'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = textOf(properties, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function inline(properties: Properties): readonly Inline[] {
  return (properties.Subscription ?? []) as Inline[];
}

function madeTopic(TopicArn: string): Made {
  return { physicalId: TopicArn, attributes: { TopicArn, TopicName: TopicArn.split(':').pop() } };
}

export const topicPolicy: Provider = {
  ...policyPutBy(putPolicy),
  // A topic cannot be without one: the account's own comes back.
  async delete(context, _, properties) {
    const { account } = context;
    for (const TopicArn of topicsOf(properties)) {
      const statement = {
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['sns:Publish', 'sns:Subscribe', 'sns:GetTopicAttributes', 'sns:SetTopicAttributes'],
        Resource: TopicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': account } },
      };
      const policy = JSON.stringify({ Version: '2008-10-17', Statement: [statement] });
      await putPolicy(context, { Topics: [TopicArn] }, policy);
    }
  },
};

async function putPolicy(
  { clients }: ProviderContext,
  properties: Properties,
  AttributeValue: string,
): Promise<void> {
  for (const TopicArn of topicsOf(properties)) {
    const AttributeName = 'Policy';
    await clients.sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue }));
  }
}

function topicsOf(properties: Properties): readonly string[] {
  return properties.Topics as string[];
}

/** Whoever is subscribed by e-mail would have to confirm it. */
export const subscription: Provider = {
  replacedBy: ['Endpoint', 'Protocol', 'TopicArn'],
  async create(context, properties) {
    const { SubscriptionArn = '' } = await context.clients.sns.send(
      new SubscribeCommand({
        TopicArn: textOf(properties, 'TopicArn'),
        Protocol: textOf(properties, 'Protocol'),
        Endpoint: textOf(properties, 'Endpoint'),
        ReturnSubscriptionArn: true,
      }),
    );
    context.begun(SubscriptionArn);
    await putAttributes(context, SubscriptionArn, properties, {});
    return madeSubscription(SubscriptionArn);
  },
  async update(context, SubscriptionArn, properties, old) {
    await putAttributes(context, SubscriptionArn, properties, old);
    return madeSubscription(SubscriptionArn);
  },
  async delete({ clients }, SubscriptionArn) {
    await clients.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  },
};

async function putAttributes(
  { clients }: ProviderContext,
  SubscriptionArn: string,
  properties: Properties,
  old: Properties,
): Promise<void> {
  const names = [
    'FilterPolicy',
    'FilterPolicyScope',
    'RawMessageDelivery',
    'RedrivePolicy',
    'DeliveryPolicy',
  ];
  for (const AttributeName of names) {
    const [AttributeValue, before] = [properties, old].map((all) => asText(all[AttributeName]));
    if (AttributeValue === before) continue;
    await clients.sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName,
        AttributeValue: AttributeValue ?? '',
      }),
    );
  }
}

function asText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function madeSubscription(Arn: string): Made {
  return { physicalId: Arn, attributes: { Arn } };
}
