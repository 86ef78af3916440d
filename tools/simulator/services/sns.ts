import { randomUUID } from 'node:crypto';
import { ListSubscriptionsByTopicCommand, SNSClient, type Subscription } from '@aws-sdk/client-sns';
import type { Message } from '../events/event-bus';
import { type Emulated, pastGateway } from '../gateway/emulated';
import { queryResponse } from '../gateway/query-response';
import type { AwsRequest, AwsResponse, Service } from '../gateway/request';

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/**
 * SNS is the emulator's, but messages are told, and none leaves this machine: moto really posts to subscriptions of HTTP
 * and HTTPS. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export class Sns implements Service {
  private readonly sns: SNSClient;

  constructor(
    /** Of the emulator itself. */
    endpoint: string,
    region: string,
    private readonly emulated: Pick<Emulated, 'answer'>,
    private readonly published: (message: Message) => void,
  ) {
    this.sns = new SNSClient(pastGateway(endpoint, region));
  }

  async handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    if (request.operation !== 'Publish') return undefined;
    const {
      TopicArn,
      TargetArn,
      Subject,
      Message: text = '',
      MessageStructure,
    } = request.input as Partial<Record<string, string>>;
    const topic = TopicArn ?? TargetArn ?? '';
    const subscriptions = await this.subscriptions(topic);
    const staysHere = subscriptions.every(
      ({ Protocol }) => !/^(https?|lambda|firehose)$/.test(Protocol ?? ''),
    );
    const answer = staysHere
      ? await this.emulated.answer(request)
      : queryResponse(NAMESPACE, 'Publish', { MessageId: randomUUID() });
    if (answer.status >= 300) return answer;
    this.published({
      topic: topic.split(':').pop() ?? topic,
      subject: Subject,
      text: MessageStructure === 'json' ? forEverybody(text) : text,
      to: subscriptions.map(({ Protocol, Endpoint }) => `${Protocol} ${Endpoint}`),
    });
    return answer;
  }

  /** None of a topic that does not exist: the emulator's answer says so. */
  private async subscriptions(TopicArn: string): Promise<Subscription[]> {
    const found: Subscription[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.sns
        .send(new ListSubscriptionsByTopicCommand({ TopicArn, NextToken }))
        .catch(() => undefined);
      found.push(...(page?.Subscriptions ?? []));
      NextToken = page?.NextToken;
    } while (NextToken);
    return found;
  }
}

/** The text for the protocols that have none of their own. */
function forEverybody(text: string): string {
  try {
    return (JSON.parse(text) as { default?: string }).default ?? text;
  } catch {
    return text;
  }
}
