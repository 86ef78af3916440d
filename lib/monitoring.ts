import { Aws, Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IProject } from 'aws-cdk-lib/aws-codebuild';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CACHES } from './cache-kind';
import type { ImageConfig, MonitoringConfig } from './config';
import type { Names } from './names';
import { allow } from './statement';

export interface MonitoringProps extends MonitoringConfig {
  readonly names: Names;
  readonly project: IProject;
  readonly buildLogs: ILogGroup;
  readonly images: readonly ImageConfig[];
  /**
   * Who is told of an alarm.
   *
   * @default - nobody; whoever opens the dashboard sees it
   */
  readonly topics?: readonly ITopic[];
  /**
   * Where messages lie that could not be sent.
   *
   * @default - no messages are sent
   */
  readonly deadLetters?: IQueue;
}

/** In the order in which a build goes through them. */
const PHASES = [
  'SubmittedDuration',
  'QueuedDuration',
  'ProvisioningDuration',
  'DownloadSourceDuration',
  'InstallDuration',
  'PreBuildDuration',
  'BuildDuration',
  'PostBuildDuration',
  'UploadArtifactsDuration',
  'FinalizingDuration',
];

/**
 * How the builds are doing: a dashboard, and alarms where it is worse than was agreed.
 *
 * CodeBuild publishes counts and durations, at the end of a build: one that hangs is seen at its timeout. Sizes, cache hits
 * and deployments come from JSON lines that `ci/` writes into the build's log.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html
 */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { names, project, images } = props;

    this.countLines('ImageSize', 'image', '$.megabytes', props, { Image: '$.image' });
    this.countLines('CacheHits', 'cache', '$.hits', props, { Cache: '$.cache' });
    this.countLines('CacheLookups', 'cache', '$.lookups', props, { Cache: '$.cache' });
    this.countLines('Deployments', 'deployment', '1', props);
    const counted = (metricName: string, dimensionsMap?: Record<string, string>): cloudwatch.Metric =>
      new cloudwatch.Metric({
        namespace: names.metricNamespace,
        metricName,
        dimensionsMap,
        statistic: 'Sum',
      });

    const day = Duration.days(1);
    const succeeded = project.metricSucceededBuilds({ label: 'succeeded', period: day });
    const failed = project.metricFailedBuilds({ label: 'failed', period: day });
    // Not of `Builds`, which counts at the start, and stopped ones, too. A day without builds is a good day.
    const successRate = new cloudwatch.MathExpression({
      expression:
        'IF(FILL(succeeded, 0) + FILL(failed, 0) > 0, 100 * FILL(succeeded, 0) / (FILL(succeeded, 0) + FILL(failed, 0)), 100)',
      usingMetrics: { succeeded, failed },
      label: 'success rate',
      period: day,
    });
    const longest = project.metricDuration({ label: 'longest build', statistic: 'Maximum' });
    const maxSeconds = props.maxBuildMinutes * 60;

    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: names.dashboard,
      defaultInterval: Duration.days(14),
      widgets: [
        [
          graph('Builds a day', { left: [succeeded, failed], stacked: true }),
          graph('Success rate', {
            left: [successRate],
            leftYAxis: { min: 0, max: 100, label: '%', showUnits: false },
            leftAnnotations: [limit(props.minSuccessPercent, `at least ${props.minSuccessPercent} %`)],
          }),
        ],
        [
          graph('Duration', {
            left: [longest],
            leftYAxis: SECONDS,
            leftAnnotations: [limit(maxSeconds, `at most ${props.maxBuildMinutes} minutes`)],
          }),
          graph('Phases, on average', {
            left: PHASES.map((phase) =>
              project.metric(phase, { label: phase.replace(/Duration$/, ''), statistic: 'Average' }),
            ),
            leftYAxis: SECONDS,
            stacked: true,
          }),
        ],
        [
          graph('Time in the queue', {
            left: [project.metric('QueuedDuration', { label: 'longest wait', statistic: 'Maximum' })],
            leftYAxis: SECONDS,
          }),
          graph('Image sizes, compressed', {
            left: images.map(({ name }) =>
              counted('ImageSize', { Image: name }).with({ label: name, statistic: 'Maximum' }),
            ),
            leftYAxis: { min: 0, label: 'MB', showUnits: false },
            leftAnnotations: images.flatMap(({ name, maxSizeMB }) =>
              maxSizeMB === undefined ? [] : [limit(maxSizeMB, `${name}: at most ${maxSizeMB} MB`)],
            ),
          }),
        ],
        [
          graph('Cache hits', {
            left: CACHES.map(
              (cache) =>
                new cloudwatch.MathExpression({
                  expression: `100 * ${cache}Hits / ${cache}Lookups`,
                  usingMetrics: {
                    [`${cache}Hits`]: counted('CacheHits', { Cache: cache }),
                    [`${cache}Lookups`]: counted('CacheLookups', { Cache: cache }),
                  },
                  label: cache,
                  period: day,
                }),
            ),
            leftYAxis: { min: 0, max: 100, label: '%', showUnits: false },
            leftAnnotations: [limit(props.minCacheHitPercent, `at least ${props.minCacheHitPercent} %`)],
          }),
          graph('Deployments a day', {
            left: [counted('Deployments').with({ label: 'deployments', period: day })],
          }),
        ],
      ],
    });

    const alarms = [
      longest.createAlarm(this, 'Duration', {
        alarmName: `${names.project}-duration`,
        alarmDescription:
          `A build of ${names.project} took more than ${props.maxBuildMinutes} minutes. Look at the dashboard which phase has grown, ` +
          "and mend that one: docs/runbook.md, 'A build takes too long'.",
        threshold: maxSeconds,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      }),
      successRate.createAlarm(this, 'SuccessRate', {
        alarmName: `${names.project}-success-rate`,
        alarmDescription:
          `Less than ${props.minSuccessPercent} % of a day's builds of ${names.project} succeeded. Compare the causes in the messages ` +
          "of the failed ones, and mend what they have in common: docs/runbook.md, 'Builds fail too often'.",
        threshold: props.minSuccessPercent,
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      }),
    ];
    if (props.deadLetters) {
      alarms.push(
        props.deadLetters
          .metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' })
          .createAlarm(this, 'DeadLetters', {
            alarmName: names.deadLetters,
            alarmDescription:
              `Something happened to ${names.project} that nobody was told of. Read it in the queue ${names.deadLetters}, and the error ` +
              `in the log of ${names.notifier}: docs/runbook.md, 'A notification could not be sent'.`,
            threshold: 0,
            comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluationPeriods: 1,
            treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
          }),
      );
    }
    for (const topic of props.topics ?? []) {
      const publishing = allow(['sns:Publish'], [topic.topicArn], {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      });
      publishing.addServicePrincipal('cloudwatch.amazonaws.com');
      topic.addToResourcePolicy(publishing);
      for (const alarm of alarms) alarm.addAlarmAction(new SnsAction(topic));
    }
  }

  /** A metric of the lines `{"mangoo":"<kind>",…}` in the builds' logs. */
  private countLines(
    metricName: string,
    kind: string,
    metricValue: string,
    { names, buildLogs }: MonitoringProps,
    dimensions?: Record<string, string>,
  ): void {
    new MetricFilter(this, metricName, {
      logGroup: buildLogs,
      filterPattern: FilterPattern.stringValue('$.mangoo', '=', kind),
      metricNamespace: names.metricNamespace,
      metricName,
      metricValue,
      dimensions,
    });
  }
}

const SECONDS: cloudwatch.YAxisProps = { min: 0, label: 'seconds', showUnits: false };

function graph(title: string, props: cloudwatch.GraphWidgetProps): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, width: 12, ...props });
}

function limit(value: number, label: string): cloudwatch.HorizontalAnnotation {
  return { value, label, color: cloudwatch.Color.RED };
}
