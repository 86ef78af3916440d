import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { CodeBuildClient } from '@aws-sdk/client-codebuild';
import type { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { readBuildFacts } from './build-facts';
import { type BuildMessageOptions, composeBuild } from './build-message';
import type { BuildStateChange, EcrImageScan, Event, InspectorFinding, InspectorScan } from './events';
import { Marks } from './marks';
import { type Message, subjectOf, textOf } from './message';
import { composeFinding, composeScan } from './scan-message';
import { slackOf } from './slack';

/** What the function's environment says. */
export interface NotifierSettings extends BuildMessageOptions {
  readonly topicArn: string;
  readonly slackTopicArn?: string;
  readonly marksBucket: string;
}

export interface NotifierClients {
  readonly codebuild: Pick<CodeBuildClient, 'send'>;
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
  readonly s3: Pick<S3Client, 'send'>;
  readonly sns: Pick<SNSClient, 'send'>;
}

/** Tells people what happened, once, in words that help. What it cannot deliver it throws, so that Lambda tries again. */
export class Notifier {
  private readonly marks: Marks;

  constructor(
    private readonly settings: NotifierSettings,
    private readonly clients: NotifierClients,
    now: () => number = Date.now,
  ) {
    this.marks = new Marks(clients.s3, settings.marksBucket, now);
  }

  async tell(event: Event): Promise<void> {
    const message = await this.compose(event);
    if (!message) return;
    const { topicArn, slackTopicArn } = this.settings;
    // A mark for each: when the second fails, the first is not sent anew.
    await this.publish(`${message.key}/text`, topicArn, textOf(message), subjectOf(message));
    if (slackTopicArn) await this.publish(`${message.key}/slack`, slackTopicArn, slackOf(message));
  }

  private async compose(event: Event): Promise<Message | undefined> {
    switch (event['detail-type']) {
      case 'CodeBuild Build State Change': {
        const build = event as BuildStateChange;
        if (build.detail['build-status'] === 'IN_PROGRESS') return undefined;
        return composeBuild(build, await readBuildFacts(build, this.clients), this.settings);
      }
      case 'ECR Image Scan':
      case 'Inspector2 Scan':
        return composeScan(event as EcrImageScan | InspectorScan);
      case 'Inspector2 Finding':
        return composeFinding(event as InspectorFinding);
      default:
        // CodeBuild Build Phase Change among them: each build has up to a dozen.
        return undefined;
    }
  }

  private async publish(key: string, topic: string, text: string, subject?: string): Promise<void> {
    if (!(await this.marks.claim(key))) return;
    try {
      await this.clients.sns.send(new PublishCommand({ TopicArn: topic, Subject: subject, Message: text }));
    } catch (error) {
      // What is told is why it was not sent; the claim ends by itself.
      await this.marks.failed(key).catch(() => undefined);
      throw error;
    }
    await this.marks.sent(key);
  }
}
