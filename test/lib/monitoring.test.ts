import { readFileSync } from 'node:fs';
import path from 'node:path';
import mangoo from '../../config/mangoo';
import { HERE, resolved, type TemplateJson } from './resolved';
import { OFF, ON, type Synthesized, synthesize } from './synthesized';

const RUNBOOK = readFileSync(path.join(__dirname, '../../docs/runbook.md'), 'utf8');

let alone: Synthesized;
let full: Synthesized;

beforeAll(() => {
  alone = synthesize({ config: { ...OFF, monitoring: ON.monitoring } });
  full = synthesize({ config: ON });
});

interface Alarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly string[];
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly TreatMissingData: string;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: object; readonly Period: number; readonly Stat: string };
  }[];
}

function all({ template }: Synthesized, type: string): unknown[] {
  return Object.values(template.findResources(type)).map(({ Properties }) =>
    resolved(template.toJSON() as TemplateJson, Properties),
  );
}

function alarm(name: string, synthesized = full): Alarm {
  const [found] = (all(synthesized, 'AWS::CloudWatch::Alarm') as Alarm[]).filter(
    ({ AlarmName }) => AlarmName === `mangoo-build-deploy-${name}`,
  );
  if (!found) throw new Error(`no alarm ${name}`);
  return found;
}

const OF_PROJECT = [{ Name: 'ProjectName', Value: 'mangoo-build-deploy' }];

describe('an alarm rings', () => {
  test('when the longest build took more than was agreed, and not when there was none', () => {
    expect(alarm('duration')).toMatchObject({
      Metrics: [
        {
          MetricStat: {
            Metric: { Namespace: 'AWS/CodeBuild', MetricName: 'Duration', Dimensions: OF_PROJECT },
            Stat: 'Maximum',
          },
        },
      ],
      // In seconds, as CodeBuild measures.
      Threshold: 1200,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  describe('when too few of a day succeeded', () => {
    /** What CloudWatch makes of a day. */
    function rate(succeeded?: number, failed?: number): number {
      const [{ Expression = '' } = {}] = alarm('success-rate').Metrics ?? [];
      const IF = (condition: boolean, yes: number, no: number): number => (condition ? yes : no);
      const FILL = (value: number | undefined, filling: number): number => value ?? filling;
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the expression is ours, and is arithmetic
      const evaluate = new Function('IF', 'FILL', 'succeeded', 'failed', `return ${Expression};`) as (
        ...values: unknown[]
      ) => number;
      return evaluate(IF, FILL, succeeded, failed);
    }

    test.each([
      [19, 1, 95, false],
      [18, 1, 94.7, true],
      [undefined, 1, 0, true],
      [1, undefined, 100, false],
      [0, 0, 100, false],
      // A day without builds is no day of failures.
      [undefined, undefined, 100, false],
    ])('%p succeeded, %p failed: %d per cent', (succeeded, failed, percent, rings) => {
      const { Threshold, ComparisonOperator } = alarm('success-rate');

      expect(rate(succeeded, failed)).toBeCloseTo(percent, 1);
      expect(ComparisonOperator).toBe('LessThanThreshold');
      expect(rate(succeeded, failed) < Threshold).toBe(rings);
    });

    test('counted at the end of builds, so that neither a running nor a stopped one is a failure', () => {
      const { Metrics, EvaluationPeriods, TreatMissingData } = alarm('success-rate');
      const metric = (name: string): object => ({
        Metric: { Namespace: 'AWS/CodeBuild', MetricName: name, Dimensions: OF_PROJECT },
        Period: 86_400,
        Stat: 'Sum',
      });

      expect(Metrics?.flatMap(({ Id, MetricStat }) => (MetricStat ? [[Id, MetricStat]] : []))).toEqual([
        ['succeeded', metric('SucceededBuilds')],
        ['failed', metric('FailedBuilds')],
      ]);
      expect({ EvaluationPeriods, TreatMissingData }).toEqual({
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
      });
    });
  });

  test('when somebody was not told of something', () => {
    expect(alarm('dead-letters')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'mangoo-build-deploy-dead-letters' }],
      Statistic: 'Maximum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });
});

describe('whoever hears an alarm', () => {
  const alarms = (): Alarm[] => all(full, 'AWS::CloudWatch::Alarm') as Alarm[];

  test('hears it where the messages are, Slack included', () => {
    expect(alarms()).toHaveLength(3);
    for (const { AlarmActions } of alarms()) {
      expect(AlarmActions).toEqual(
        ['notifications', 'slack'].map(
          (topic) => `arn:aws:sns:us-east-1:${HERE.account}:mangoo-build-deploy-${topic}`,
        ),
      );
    }
  });

  test('reads what to do, and where more is said: a heading of the runbook that is there', () => {
    for (const { AlarmDescription, AlarmName } of alarms()) {
      const [, advice, heading] = /^(.+): docs\/runbook\.md, '(.+)'\.$/.exec(AlarmDescription) ?? [];

      expect(advice?.split('. ')).toHaveLength(2);
      expect(RUNBOOK.split('\n')).toContain(`### ${heading}`);
      expect(RUNBOOK).toContain(`\`${AlarmName}\``);
    }
  });

  test('hears nothing where nobody is told: the alarms are on the console alone, and no queue is watched', () => {
    const names = (all(alone, 'AWS::CloudWatch::Alarm') as Alarm[]).map(({ AlarmName }) => AlarmName);

    expect(names).toEqual(['mangoo-build-deploy-duration', 'mangoo-build-deploy-success-rate']);
    expect(alarm('duration', alone)).not.toHaveProperty('AlarmActions');
  });
});

test('lines of ci/ in the log become metrics, in a namespace of this pipeline', () => {
  expect(all(alone, 'AWS::Logs::MetricFilter')).toEqual(
    [
      ['image', 'ImageSize', '$.megabytes', [{ Key: 'Image', Value: '$.image' }]],
      ['cache', 'CacheHits', '$.hits', [{ Key: 'Cache', Value: '$.cache' }]],
      ['cache', 'CacheLookups', '$.lookups', [{ Key: 'Cache', Value: '$.cache' }]],
      ['deployment', 'Deployments', '1', undefined],
    ].map(([kind, MetricName, MetricValue, Dimensions]) => ({
      LogGroupName: '/aws/codebuild/mangoo',
      FilterPattern: `{ $.mangoo = "${String(kind)}" }`,
      MetricTransformations: [
        {
          MetricNamespace: 'Mangoo/mangoo-build-deploy',
          MetricName,
          MetricValue,
          ...(Dimensions !== undefined && { Dimensions }),
        },
      ],
    })),
  );
});

describe('the dashboard', () => {
  interface Widget {
    readonly properties: {
      readonly title: string;
      readonly stacked?: boolean;
      readonly metrics: readonly unknown[][];
      readonly annotations?: { readonly horizontal: readonly { value: number; label: string }[] };
    };
  }

  function widgets(config = ON): Record<string, Widget['properties']> {
    const { template } = synthesize({ config });
    const [dashboard] = all({ ...full, template }, 'AWS::CloudWatch::Dashboard') as {
      DashboardName: string;
      DashboardBody: string;
    }[];
    expect(dashboard?.DashboardName).toBe('mangoo-build-deploy');
    const body = JSON.parse(dashboard?.DashboardBody ?? '') as { widgets: Widget[] };
    return Object.fromEntries(body.widgets.map(({ properties }) => [properties.title, properties]));
  }

  /** `namespace/metric of dimension`, of what is drawn. */
  function drawn({ metrics }: Widget['properties']): string[] {
    return metrics
      .map((metric) => metric.filter((part) => typeof part === 'string').join(' '))
      .filter(Boolean);
  }

  function lines({ annotations }: Widget['properties']): [number, string][] {
    return annotations?.horizontal.map(({ value, label }) => [value, label]) ?? [];
  }

  test('shows what the guide wants seen', () => {
    expect(Object.keys(widgets())).toEqual([
      'Builds a day',
      'Success rate',
      'Duration',
      'Phases, on average',
      'Time in the queue',
      'Image sizes, compressed',
      'Cache hits',
      'Deployments a day',
    ]);
  });

  test('draws each target as the configuration has it, beside what is measured against it', () => {
    const shown = widgets({
      ...ON,
      monitoring: { maxBuildMinutes: 12, minSuccessPercent: 90, minCacheHitPercent: 70 },
    });

    expect(Object.values(shown).flatMap((widget) => lines(widget))).toEqual([
      [90, 'at least 90 %'],
      [720, 'at most 12 minutes'],
      [200, 'backend: at most 200 MB'],
      [50, 'frontend: at most 50 MB'],
      [70, 'at least 70 %'],
    ]);
  });

  test('draws no line for an image without a target', () => {
    const images = mangoo.images.map((image) => ({ ...image, maxSizeMB: undefined }));
    const sizes = widgets({ ...ON, images })['Image sizes, compressed'];

    expect(sizes && lines(sizes)).toEqual([]);
  });

  test('stacks every phase of a build, in its order, so that the one that grew is seen', () => {
    const phases = widgets()['Phases, on average'];

    expect(phases?.stacked).toBe(true);
    expect(phases?.metrics.map(([, name]) => String(name).replace('Duration', ''))).toEqual([
      'Submitted',
      'Queued',
      'Provisioning',
      'DownloadSource',
      'Install',
      'PreBuild',
      'Build',
      'PostBuild',
      'UploadArtifacts',
      'Finalizing',
    ]);
  });

  test('reads the very metrics that the filters make, of each image and each cache', () => {
    const shown = widgets();
    const ours = Object.values(shown)
      .flatMap((widget) => drawn(widget))
      .filter((metric) => metric.startsWith('Mangoo/'));

    expect(ours).toEqual([
      'Mangoo/mangoo-build-deploy ImageSize Image backend',
      'Mangoo/mangoo-build-deploy ImageSize Image frontend',
      ...['npm', 'pip', 'docker', 'images'].flatMap((cache) => [
        `Mangoo/mangoo-build-deploy CacheHits Cache ${cache}`,
        `Mangoo/mangoo-build-deploy CacheLookups Cache ${cache}`,
      ]),
      'Mangoo/mangoo-build-deploy Deployments',
    ]);
  });
});
