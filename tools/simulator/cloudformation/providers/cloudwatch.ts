import {
  DeleteMetricFilterCommand,
  type MetricTransformation,
  PutMetricFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { filterOf } from '../../services/filter-pattern';
import { generatedName } from '../generated-name';
import { camelCased, type Provider, type ProviderContext, textOf } from '../provider';

/** Made, and never evaluated: nothing here measures what it is about. */
export const alarm: Provider = {
  replacedBy: ['AlarmName'],
  async create(context, properties) {
    const AlarmName = textOf(properties, 'AlarmName') ?? generatedName(context, 255);
    const { clients, region, account } = context;
    await clients.json.call('cloudwatch', 'PutMetricAlarm', { ...properties, AlarmName });
    const Arn = `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}`;
    return { physicalId: AlarmName, attributes: { Arn } };
  },
  update: (context, AlarmName, properties) => alarm.create(context, { ...properties, AlarmName }),
  async delete({ clients }, AlarmName) {
    await clients.json.call('cloudwatch', 'DeleteAlarms', { AlarmNames: [AlarmName] });
  },
};

export const dashboard: Provider = {
  replacedBy: ['DashboardName'],
  async create(context, properties) {
    const DashboardName = textOf(properties, 'DashboardName') ?? generatedName(context, 255);
    const DashboardBody = textOf(properties, 'DashboardBody');
    await context.clients.json.call('cloudwatch', 'PutDashboard', { DashboardName, DashboardBody });
    return { physicalId: DashboardName };
  },
  update: (context, DashboardName, properties) => dashboard.create(context, { ...properties, DashboardName }),
  async delete({ clients }, name) {
    await clients.json.call('cloudwatch', 'DeleteDashboards', { DashboardNames: [name] });
  },
};

export const metricFilter: Provider = {
  replacedBy: ['FilterName', 'LogGroupName'],
  async create(context, properties) {
    const filterName = textOf(properties, 'FilterName') ?? generatedName(context, 512);
    await putFilter(context, filterName, properties);
    return { physicalId: filterName };
  },
  async update(context, filterName, properties) {
    await putFilter(context, filterName, properties);
    return { physicalId: filterName };
  },
  async delete({ clients }, filterName, properties) {
    const logGroupName = textOf(properties, 'LogGroupName');
    await clients.logs.send(new DeleteMetricFilterCommand({ filterName, logGroupName }));
  },
};

async function putFilter(
  { clients }: ProviderContext,
  filterName: string,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> {
  const filterPattern = textOf(properties, 'FilterPattern') ?? '';
  // The emulator takes any. Fields in brackets and regular expressions are right on AWS, though nothing here reads them.
  if (!/^\s*\[|%/.test(filterPattern)) filterOf(filterPattern);
  const { MetricTransformations } = properties as { MetricTransformations: readonly Transformation[] };
  await clients.logs.send(
    new PutMetricFilterCommand({
      filterName,
      filterPattern,
      logGroupName: textOf(properties, 'LogGroupName'),
      metricTransformations: MetricTransformations.map(apiTransformation),
    }),
  );
}

interface Transformation {
  readonly Dimensions?: readonly { readonly Key: string; readonly Value: string }[];
}

/** Dimensions are a map in the API, and metrics without a value for them have no default. */
function apiTransformation({ Dimensions, ...rest }: Transformation): MetricTransformation {
  const dimensions = Dimensions && Object.fromEntries(Dimensions.map(({ Key, Value }) => [Key, Value]));
  return { ...(camelCased(rest) as MetricTransformation), dimensions };
}
