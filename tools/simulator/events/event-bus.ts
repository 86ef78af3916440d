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
  /** Protocol and endpoint of each subscription, e.g. `email ops@example.com`. */
  readonly to: readonly string[];
}

/** The default event bus: hands events to the functions that the rules of the deployed stacks name. */
export class EventBus {
  private readonly published: Message[] = [];
  private readonly failed: string[] = [];
  private readonly deliveries = new Set<Promise<void>>();

  /** Returns at once; what comes of it is waited for by `settled`. */
  put(event: AwsEvent): void {
    const delivery = this.deliver(event).finally(() => this.deliveries.delete(delivery));
    this.deliveries.add(delivery);
  }

  /** Resolves when every event that was put, and what that led to, has been dealt with. */
  async settled(): Promise<void> {
    while (this.deliveries.size) await Promise.all(this.deliveries);
  }

  /** What was published to topics, in order. */
  messages(): readonly Message[] {
    return this.published;
  }

  /** Deliveries that failed for good, a line each. */
  failures(): readonly string[] {
    return this.failed;
  }

  private deliver(event: AwsEvent): Promise<void> {
    this.failed.push(`${event.source}: rules are not played yet`);
    return Promise.resolve();
  }
}
