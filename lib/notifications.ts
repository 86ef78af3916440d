import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as chatbot from 'aws-cdk-lib/aws-chatbot';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { logStatement } from './build-policies';
import type { NotificationsConfig } from './config';
import type { Names, StepNames } from './names';
import { notableEvents } from './notable-events';
import { allow, policy } from './statement';
import { acknowledgeWildcards } from './wildcards';

export interface NotificationsProps extends NotificationsConfig {
  readonly names: Names;
  /** The steps of a release whose builds are told, too. */
  readonly steps: readonly StepNames[];
  /** Of the environment that tells of images, and has the Slack channel: perhaps another. */
  readonly speaker: Names;
  /** Whose images' vulnerabilities are told. */
  readonly repositories: readonly IRepository[];
  /** Where the function marks what it has told, under `notifications/`. */
  readonly bucket: IBucket;
  readonly logDays: number;
  /** @default - messages say nothing of money */
  readonly minuteUsd?: string;
}

/**
 * Tells people what happened, and why: a function reads the build that an event is about, finds the cause, and publishes to
 * a topic that people subscribe to. Slack has a topic of its own, since it wants messages of another form.
 *
 * Nothing is lost in silence: what EventBridge cannot deliver, and what the function cannot tell in three attempts, stays
 * in the dead-letter queue for two weeks.
 */
export class Notifications extends Construct {
  /** The one that people subscribe to. */
  readonly topic: sns.Topic;
  /** It, and the one for Slack. */
  readonly topics: readonly sns.ITopic[];
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const { names, speaker } = props;
    const speaks = names.project === speaker.project;

    this.topic = new sns.Topic(this, 'Topic', { topicName: names.topic, enforceSSL: true });
    for (const address of props.email ?? []) {
      this.topic.addSubscription(new subscriptions.EmailSubscription(address));
    }
    for (const url of props.https ?? []) this.topic.addSubscription(new subscriptions.UrlSubscription(url));
    const slackTopic = props.slack && (speaks ? this.slack(props.slack, names) : this.slackOf(speaker));
    this.topics = slackTopic ? [this.topic, slackTopic] : [this.topic];

    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      queueName: names.deadLetters,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });

    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${names.notifier}`,
      retention: props.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const notifier = bundled(
      path.join(__dirname, 'notifier/handler.ts'),
      (folder) =>
        new lambda.Function(this, 'Function', {
          functionName: names.notifier,
          description: 'Explains what happened to a build or an image, to those who subscribed',
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          code: lambda.Code.fromAsset(folder),
          handler: 'handler.handler',
          timeout: Duration.seconds(30),
          // Lambda's share of a processor follows the memory, and a log may have 10,000 lines.
          memorySize: 512,
          retryAttempts: 2,
          logGroup,
          deadLetterQueue: this.deadLetters,
          role: this.role(props).withoutPolicyUpdates(),
          environment: {
            TOPIC_ARN: this.topic.topicArn,
            ...(slackTopic && { SLACK_TOPIC_ARN: slackTopic.topicArn }),
            MARKS_BUCKET: props.bucket.bucketName,
            ...(props.onSuccess && { TELL_SUCCESS: '1' }),
            ...(props.minuteUsd && { MINUTE_USD: props.minuteUsd }),
          },
        }),
    );

    const target = new targets.LambdaFunction(notifier, { deadLetterQueue: this.deadLetters });
    for (const [ruleId, rule] of Object.entries(
      notableEvents(
        names.project,
        props.steps.map(({ project }) => project),
        speaks ? props.repositories : [],
      ),
    )) {
      new events.Rule(this, ruleId, { ...rule, targets: [target] });
    }
  }

  /** The function's role: everything that it may do, in inline policies; CDK's own grants are wider than needed. */
  private role({ names, steps, bucket }: NotificationsProps): iam.Role {
    const { region, account } = Stack.of(this);
    const arn = (service: string, resource: string): string =>
      `arn:${Aws.PARTITION}:${service}:${region}:${account}:${resource}`;
    const inlinePolicies: Record<string, iam.PolicyDocument> = {
      build: policy(
        allow(
          ['logs:GetLogEvents'],
          [names, ...steps].map(({ logGroup }) => arn('logs', `log-group:${logGroup}:log-stream:*`)),
        ),
        allow(
          ['codebuild:BatchGetBuilds', 'codebuild:ListBuildsForProject'],
          [names, ...steps].map(({ project }) => arn('codebuild', `project/${project}`)),
        ),
      ),
      messages: policy(
        allow(
          ['sns:Publish'],
          this.topics.map((topic) => topic.topicArn),
        ),
        allow(['s3:GetObject', 's3:PutObject'], [`${bucket.bucketArn}/notifications/*`]),
      ),
      itself: policy(
        logStatement(Stack.of(this), `/aws/lambda/${names.notifier}`),
        allow(['sqs:SendMessage'], [this.deadLetters.queueArn]),
      ),
    };
    const role = new iam.Role(this, 'Role', {
      description: `Messages about ${names.project}: read a build and its log, publish what happened`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies,
    });
    acknowledgeWildcards(role, Object.values(inlinePolicies), [
      [/:log-stream:\*$/, 'Every build, and every instance of the function, has a log stream of its own.'],
      [/\/notifications\/\*$/, 'Every message has a mark of its own, in this one prefix of the bucket.'],
    ]);
    return role;
  }

  /** The topic of another environment, whose channel shows what is told there. */
  private slackOf({ slackTopic }: Names): sns.ITopic {
    const { region, account } = Stack.of(this);
    const arn = `arn:${Aws.PARTITION}:sns:${region}:${account}:${slackTopic}`;
    return sns.Topic.fromTopicArn(this, 'SlackTopic', arn);
  }

  /**
   * A topic and the channel that shows it. Amazon Q answers commands in a channel, too, with AdministratorAccess as the
   * most that they can do unless another policy stands there: here they can do nothing, whatever is given to the role.
   * https://docs.aws.amazon.com/chatbot/latest/adminguide/understanding-permissions.html
   */
  private slack(slack: NonNullable<NotificationsConfig['slack']>, names: Names): sns.Topic {
    const topic = new sns.Topic(this, 'SlackTopic', { topicName: names.slackTopic, enforceSSL: true });
    new chatbot.SlackChannelConfiguration(this, 'Slack', {
      slackChannelConfigurationName: names.slackTopic,
      slackWorkspaceId: slack.workspaceId,
      slackChannelId: slack.channelId,
      notificationTopics: [topic],
      role: new iam.Role(this, 'SlackRole', {
        description: `The Slack channel of ${names.project}: may do nothing, messages need nothing`,
        assumedBy: new iam.ServicePrincipal('chatbot.amazonaws.com'),
      }),
      guardrailPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AWSDenyAll')],
    });
    return topic;
  }
}

/**
 * What `use` makes of a folder that has a file of `entry` and all that it imports, but for the AWS SDK, which Lambda's
 * runtime has. The folder is gone after it: CDK has copied it by then.
 *
 * By esbuild itself rather than `NodejsFunction`, which looks for package managers and esbuild in processes of their own and
 * wants Docker where it finds none. Nor by CDK's bundling, which wants a Docker image to fall back to.
 */
function bundled<T>(entry: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'mangoo-bundle-'));
  try {
    buildSync({
      entryPoints: [entry],
      outfile: path.join(folder, `${path.parse(entry).name}.js`),
      // Comments name files relative to it. The same everywhere, or the code would change with the place of synthesis.
      absWorkingDir: path.dirname(entry),
      bundle: true,
      platform: 'node',
      target: 'es2022',
      external: ['@aws-sdk/*'],
      logLevel: 'silent',
    });
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
