import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Event } from './events';
import { Notifier } from './notifier';

const { TOPIC_ARN, SLACK_TOPIC_ARN, MARKS_BUCKET, TELL_SUCCESS, MINUTE_USD } = process.env;
if (!TOPIC_ARN || !MARKS_BUCKET)
  throw new Error('TOPIC_ARN and MARKS_BUCKET must be set: the stack sets them');

const notifier = new Notifier(
  {
    topicArn: TOPIC_ARN,
    slackTopicArn: SLACK_TOPIC_ARN,
    marksBucket: MARKS_BUCKET,
    tellSuccess: TELL_SUCCESS === '1',
    minuteUsd: MINUTE_USD ? Number(MINUTE_USD) : undefined,
  },
  {
    codebuild: new CodeBuildClient(),
    logs: new CloudWatchLogsClient(),
    s3: new S3Client(),
    sns: new SNSClient(),
  },
);

/** What Lambda calls with each event of the rules. */
export async function handler(event: Event): Promise<void> {
  await notifier.tell(event);
}
