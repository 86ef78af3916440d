import type { Resource, Stack } from '../cloudformation/stack';
import type { Emulated } from '../gateway/emulated';
import { trusts } from '../../iam/evaluate';
import { type PolicyDocument } from '../../iam/policy';
import { matchesWildcard } from '../../iam/wildcard';
import { matches } from './event-pattern';
import { type Functions, names } from './functions';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export interface AwsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  /** E.g. `aws.codebuild`. */
  readonly source: string;
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  /** ARNs. */
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What went to an SNS topic, and would go on to whoever subscribes to it. */
export interface Message {
  /** Its name. */
  readonly topic: string;
  readonly subject?: string;
  readonly text: string;
  /** Protocol and endpoint of each subscription, e.g. `email ops@example.com`, in order of the alphabet. */
  readonly to: readonly string[];
}

interface Rule {
  readonly arn: string;
  readonly pattern: unknown;
  readonly targets: readonly Target[];
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html */
interface Target {
  readonly Id: string;
  readonly Arn: string;
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: object;
  readonly DeadLetterConfig?: { readonly Arn?: string };
}

/** The default event bus: hands events to the functions that the rules of the deployed stacks name. */
export class EventBus {
  private readonly published: Message[] = [];
  private readonly failed: string[] = [];
  private readonly deliveries = new Set<Promise<void>>();

  constructor(
    private readonly aws: {
      readonly account: string;
      readonly region: string;
      readonly functions: Functions;
      readonly emulated: Pick<Emulated, 'call'>;
      stacks(): readonly Stack[];
      /** Told what failed for good, as it happens, one line each. */
      log(line: string): void;
      /** Told of each message, as it happens. */
      notified?(message: Message): void;
    },
  ) {}

  /** Returns at once; what comes of it is waited for by `settled`. */
  put(event: AwsEvent): void {
    for (const rule of this.rules()) {
      if (!matches(rule.pattern, event)) continue;
      for (const target of rule.targets) {
        const delivery: Promise<void> = this.deliver(rule, target, event)
          .catch((error: Error) => this.fail(`${target.Arn}: ${error.message}`))
          .finally(() => this.deliveries.delete(delivery));
        this.deliveries.add(delivery);
      }
    }
  }

  /** Resolves when every event that was put, and what that led to, has been dealt with. */
  async settled(): Promise<void> {
    while (this.deliveries.size) await Promise.all(this.deliveries);
  }

  get isBusy(): boolean {
    return this.deliveries.size > 0;
  }

  /** SNS has taken it. */
  record({ to, ...message }: Message): void {
    // A stack's subscriptions are made side by side: which of them SNS lists first is chance.
    const told = { ...message, to: [...to, ...this.channels(message.topic)].sort() };
    this.published.push(told);
    this.aws.notified?.(told);
  }

  /** What was published to topics, in order. */
  messages(): readonly Message[] {
    return this.published;
  }

  /** Deliveries that failed for good, a line each. */
  failures(): readonly string[] {
    return this.failed;
  }

  private async deliver(rule: Rule, target: Target, event: AwsEvent): Promise<void> {
    const { Arn } = target;
    const { functions } = this.aws;
    if (!/^arn:[^:]+:lambda:/.test(Arn)) {
      return this.fail(
        `simulated: ${event['detail-type']} would go to ${Arn}: only functions are played as targets`,
      );
    }
    if (target.InputTransformer || (target.InputPath ?? '$') !== '$') {
      return this.fail(`${Arn}: the simulator plays neither InputTransformer nor InputPath`);
    }
    const found = functions.find(Arn);
    if (!found) return this.giveUp(rule, target, event, 'RESOURCE_NOT_FOUND', `there is no function ${Arn}`);
    if (!this.mayInvoke(found.physicalId, rule.arn)) {
      const problem = `${found.physicalId} may not be invoked: no AWS::Lambda::Permission lets events.amazonaws.com call it for ${rule.arn}`;
      return this.giveUp(rule, target, event, 'NO_PERMISSIONS', problem);
    }
    const input: unknown = target.Input === undefined ? event : JSON.parse(target.Input);
    const problem = await functions.invoke(found, input);
    if (problem) this.fail(problem);
  }

  /** Of Slack; no subscription that SNS knows of leads to them. */
  private channels(topic: string): string[] {
    const arn = `arn:aws:sns:${this.aws.region}:${this.aws.account}:${topic}`;
    return this.resources('AWS::Chatbot::SlackChannelConfiguration').flatMap(({ properties }) => {
      const { SnsTopicArns = [], SlackChannelId } = properties as {
        SnsTopicArns?: string[];
        SlackChannelId: string;
      };
      return SnsTopicArns.includes(arn) ? [`Slack channel ${SlackChannelId}`] : [];
    });
  }

  /** Those that are enabled, with a pattern; schedules are not played. */
  private rules(): Rule[] {
    return this.resources('AWS::Events::Rule').flatMap(({ properties, attributes }) => {
      const { EventPattern, EventBusName = 'default', State = 'ENABLED', Targets = [] } = properties;
      if (EventPattern === undefined || State === 'DISABLED' || !/(^|\/)default$/.test(String(EventBusName)))
        return [];
      return [{ arn: String(attributes.Arn), pattern: EventPattern, targets: Targets as Target[] }];
    });
  }

  /** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-lambda-permissions */
  private mayInvoke(name: string, ruleArn: string): boolean {
    return this.resources('AWS::Lambda::Permission').some(({ properties }) => {
      const { FunctionName, Principal, Action, SourceArn, SourceAccount } = properties as Partial<
        Record<string, string>
      >;
      return (
        names(FunctionName ?? '', name) &&
        Principal === 'events.amazonaws.com' &&
        matchesWildcard(Action ?? '', 'lambda:InvokeFunction', { ignoreCase: true }) &&
        // With StringLike, the type's documentation says.
        (SourceArn === undefined || matchesWildcard(SourceArn, ruleArn)) &&
        (SourceAccount === undefined || SourceAccount === this.aws.account)
      );
    });
  }

  private resources(type: string): Resource[] {
    const all = this.aws.stacks().flatMap((stack) => [...stack.resources.values()]);
    return all.filter(
      (resource) => resource.type === type && /^(CREATE|UPDATE)_COMPLETE$/.test(resource.status),
    );
  }

  /** What EventBridge cannot deliver goes to the target's dead-letter queue, if that lets it. */
  private async giveUp(
    rule: Rule,
    target: Target,
    event: AwsEvent,
    code: string,
    problem: string,
  ): Promise<void> {
    const queueArn = target.DeadLetterConfig?.Arn;
    if (!queueArn) return this.fail(`${problem}; the event is lost: the target has no dead-letter queue`);
    const { account, region, emulated } = this.aws;
    const queue = queueArn.split(':').pop() ?? '';
    const request = { service: 'sqs', region, headers: {} };
    const QueueUrl = `http://localhost/${account}/${queue}`;
    const text = (StringValue: string): object => ({ DataType: 'String', StringValue });
    try {
      const { Attributes } = await emulated.call<{ Attributes?: { Policy?: string } }>(
        request,
        'GetQueueAttributes',
        {
          QueueUrl,
          AttributeNames: ['Policy'],
        },
      );
      const policy = JSON.parse(Attributes?.Policy || '{"Statement":[]}') as PolicyDocument;
      const context = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': account };
      const principal = { arn: 'events.amazonaws.com', account };
      if (trusts(policy, principal, queueArn, context, 'sqs:SendMessage') !== 'yes') {
        throw new Error('no AWS::SQS::QueuePolicy lets events.amazonaws.com send to it for this rule');
      }
      await emulated.call(request, 'SendMessage', {
        QueueUrl,
        MessageBody: JSON.stringify(event),
        MessageAttributes: {
          RULE_ARN: text(rule.arn),
          TARGET_ARN: text(target.Arn),
          ERROR_CODE: text(code),
          ERROR_MESSAGE: text(problem),
        },
      });
      this.fail(`${problem}; the event is in the queue ${queue}`);
    } catch (error) {
      this.fail(`${problem}; the event did not get to the queue ${queue}: ${(error as Error).message}`);
    }
  }

  private fail(line: string): void {
    this.failed.push(line);
    this.aws.log(line);
  }
}
