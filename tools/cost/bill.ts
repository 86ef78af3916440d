import type { ComputeType } from '../../lib/config';
import { buildMinuteUsd, type Price, PRICES } from '../../lib/catalogue/prices';
import { type Lifecycle, type Pipeline, type Project, sum } from './pipeline';
import { ASSUMED, DAYS, HOURS, type Usage } from './usage';

export interface Line {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly usd: number;
}

/** What is not in the total, because nobody tells its price. */
export interface Unknown {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly reason: string;
}

export interface Bill {
  readonly lines: readonly Line[];
  readonly unknown: readonly Unknown[];
  readonly month: number;
}

/** A month in which everything that is kept has been filled up. */
export function billOf(pipeline: Pipeline, usage: Usage): Bill {
  const bill = new Lines();
  for (const [size, projects] of bySize(pipeline.projects)) {
    const quantity = projects.length * buildMinutes(usage);
    const usd = minuteUsd(size);
    if (usd !== undefined) bill.add('build minutes', quantity, `minutes on ${size}`, usd);
    else bill.leaveOut('build minutes', quantity, `minutes on ${size}`, 'no source tells the price');
  }
  for (const { dockerServer } of pipeline.projects) {
    if (dockerServer === undefined) continue;
    bill.leaveOut(
      'Docker server',
      buildMinutes(usage),
      `minutes on ${dockerServer.replace(/^BUILD_GENERAL1_/, '')} at most`,
      'no source tells the price',
    );
  }
  for (const line of artifactLines(pipeline, usage)) bill.push(line);
  for (const storageClass of new Set(
    pipeline.projects.flatMap(({ artifacts }) => artifacts?.otherClasses ?? []),
  )) {
    bill.leaveOut(
      'artifacts',
      1,
      `lifecycle rule to ${storageClass}`,
      'counted as if they stayed where they were',
    );
  }
  const caches = pipeline.projects.filter(({ cacheInS3 }) => cacheInS3).length;
  const cacheGB = (caches * ASSUMED.cacheMB * ASSUMED.cacheCopies) / 1000;
  bill.add('cache in S3', cacheGB, 'GB-months', PRICES.s3.standard);
  const layers = pipeline.projects.flatMap(({ layeredImages }) => layeredImages);
  const layersGB =
    (sum(layers.map((megabytes = ASSUMED.imageMB) => megabytes)) * ASSUMED.layersPerImage) / 1000;
  bill.add('layers in a repository', layersGB, 'GB-months', PRICES.ecr.storage);
  bill.add('images', imageGB(pipeline, usage), 'GB-months', PRICES.ecr.storage);

  const logs = pipeline.projects.flatMap(({ logs }) => (logs ? [logs] : []));
  const logGB = (usage.buildsPerMonth * usage.logMB) / 1000;
  bill.add('build logs, written', logs.length * logGB, 'GB', PRICES.logs.ingestion);
  bill.add(
    'build logs, kept',
    sum(logs.map(({ days }) => logGB * months(days))),
    'GB-months',
    PRICES.logs.storage,
  );

  const { alarm, fastAlarm, dashboard, metric } = PRICES.cloudWatch;
  bill.add('alarms', pipeline.alarmMetrics.standard, 'metrics watched', alarm);
  bill.add('alarms, high resolution', pipeline.alarmMetrics.fast, 'metrics watched', fastAlarm);
  bill.add('dashboards', pipeline.dashboards, 'dashboards', dashboard);
  // A metric is charged for the hours in which it gets a value: at most one for each build.
  const share = Math.min(1, usage.buildsPerMonth / HOURS);
  bill.add('metrics from logs', pipeline.metrics * share, 'metric-months', metric);

  const { natHour, natGB, endpointHour, endpointGB, addressHour } = PRICES.network;
  const buildsInVpc = pipeline.projects.filter(({ inVpc }) => inVpc).length * usage.buildsPerMonth;
  const traffic = buildsInVpc * ASSUMED.networkGB;
  bill.add('NAT gateways', pipeline.natGateways * HOURS, 'hours', natHour);
  if (pipeline.natGateways) bill.add('through NAT gateways', traffic, 'GB', natGB);
  bill.add('interface endpoints', pipeline.endpointZones * HOURS, 'hours', endpointHour);
  if (pipeline.endpointZones && !pipeline.natGateways) {
    bill.add('through interface endpoints', traffic, 'GB', endpointGB);
  }
  if (traffic && !pipeline.natGateways && !pipeline.endpointZones) {
    bill.leaveOut(
      'the network of builds',
      traffic,
      'GB',
      'the VPC, and its way out, are not of these stacks',
    );
  }
  const flowGB = pipeline.flowLogs.length ? (buildsInVpc * ASSUMED.flowLogMB) / 1000 : 0;
  bill.add('flow logs, written', flowGB, 'GB', PRICES.logs.ingestion);
  const flowMonths = Math.max(0, ...pipeline.flowLogs.map(({ days }) => months(days)));
  bill.add('flow logs, kept', flowGB * flowMonths, 'GB-months', PRICES.logs.storage);
  bill.add('public IPv4 addresses', pipeline.publicAddresses * HOURS, 'hours', addressHour);
  bill.add('KMS keys', pipeline.keys, 'keys', PRICES.kmsKey);
  bill.add('secrets', pipeline.secrets, 'secrets', PRICES.secret);
  for (const [type, count] of Object.entries(pipeline.unpriced)) {
    bill.leaveOut(type, count, count === 1 ? 'resource' : 'resources', 'this tool has no price for it');
  }
  return bill;
}

/** What the artifacts of all projects cost. */
export function artifactLines(pipeline: Pipeline, usage: Usage): readonly Line[] {
  const bill = new Lines();
  const kept = pipeline.projects.flatMap(({ artifacts }) => (artifacts ? [daysIn(artifacts)] : []));
  const gb = (usage.buildsPerMonth * usage.artifactMB) / 1000;
  const files = usage.artifactMB > 0 ? (usage.buildsPerMonth * ASSUMED.artifactFiles) / 1000 : 0;
  const inClass = (name: keyof Days): number => sum(kept.map((days) => days[name] / DAYS));
  const tiered = kept.filter(({ frequent }) => frequent > 0).length;
  const { standard, frequent, infrequent, monitoring, transition, put } = PRICES.s3;
  bill.add('artifacts in S3 Standard', gb * inClass('standard'), 'GB-months', standard);
  bill.add('artifacts in Intelligent-Tiering', gb * inClass('frequent'), 'GB-months', frequent);
  bill.add('artifacts unread for 30 days', gb * inClass('infrequent'), 'GB-months', infrequent);
  bill.add(
    'Intelligent-Tiering, monitoring',
    files * (inClass('frequent') + inClass('infrequent')),
    '1,000 objects',
    monitoring,
  );
  bill.add('Intelligent-Tiering, transitions', files * tiered, '1,000 objects', transition);
  bill.add('artifacts, uploads', files * kept.length, '1,000 requests', put);
  return bill.lines;
}

/** What the builds alone cost, were each of all projects on `size` and took `minutes`; nothing where the price is not known. */
export function buildsUsd(pipeline: Pipeline, usage: Usage, size?: ComputeType): number | undefined {
  const prices = pipeline.projects.map((project) =>
    size === undefined ? minuteUsd(sizeOf(project)) : buildMinuteUsd(size, PRICES.region),
  );
  const known = prices.filter((usd) => usd !== undefined);
  return known.length === prices.length ? round(sum(known) * buildMinutes(usage)) : undefined;
}

/** Of a project, in a month. Begun minutes are charged whole. */
function buildMinutes({ buildsPerMonth, minutes }: Usage): number {
  return buildsPerMonth * Math.ceil(minutes);
}

/** @returns e.g. `LARGE`; for what is not a size of Linux, CodeBuild's own names, which have no price */
export function sizeOf({ computeType, environmentType }: Project): string {
  const size = computeType.replace(/^BUILD_GENERAL1_/, '');
  return environmentType === 'LINUX_CONTAINER' ? size : `${computeType} (${environmentType})`;
}

function minuteUsd(size: string): number | undefined {
  return isComputeType(size) ? buildMinuteUsd(size, PRICES.region) : undefined;
}

export function isComputeType(size: string): size is ComputeType {
  return Object.hasOwn(PRICES.buildMinute, size);
}

function bySize(projects: readonly Project[]): ReadonlyMap<string, readonly Project[]> {
  const sizes = new Map<string, Project[]>();
  for (const project of projects) {
    const size = sizeOf(project);
    sizes.set(size, [...(sizes.get(size) ?? []), project]);
  }
  return sizes;
}

/** @param kept images of each repository; as the repository says, where not given */
export function imageGB({ repositories }: Pipeline, usage: Usage, kept?: number): number {
  const all = usage.buildsPerMonth * ASSUMED.monthsOfGrowth;
  return sum(
    repositories.map(
      (repository) => ((kept ?? repository.kept ?? all) * (repository.megabytes ?? ASSUMED.imageMB)) / 1000,
    ),
  );
}

interface Days {
  readonly standard: number;
  readonly frequent: number;
  readonly infrequent: number;
}

/** Intelligent-Tiering moves what has not been read for 30 days; artifacts are not. */
function daysIn({ tieringAfter = Infinity, expiresAfter }: Lifecycle): Days {
  const all = expiresAfter ?? ASSUMED.monthsOfGrowth * DAYS;
  const tiered = Math.max(0, all - tieringAfter);
  const frequent = Math.min(tiered, 30);
  return { standard: all - tiered, frequent, infrequent: tiered - frequent };
}

/** What is kept for good is counted after a year. */
function months(days: number | undefined): number {
  return days === undefined ? ASSUMED.monthsOfGrowth : days / DAYS;
}

class Lines implements Bill {
  readonly lines: Line[] = [];
  readonly unknown: Unknown[] = [];

  get month(): number {
    return round(sum(this.lines.map(({ usd }) => usd)));
  }

  /** A line of nothing is none. */
  add(item: string, quantity: number, unit: string, price: Price | number): void {
    const usd = typeof price === 'number' ? price : price.usd;
    if (quantity === 0) return;
    if (usd === undefined) this.leaveOut(item, quantity, unit, 'no source tells the price');
    else this.lines.push({ item, quantity: round(quantity), unit, usd: round(quantity * usd) });
  }

  push(line: Line): void {
    this.lines.push(line);
  }

  leaveOut(item: string, quantity: number, unit: string, reason: string): void {
    this.unknown.push({ item, quantity: round(quantity), unit, reason });
  }
}

/** Takes away what binary fractions add, e.g. of 0.1 + 0.2; nobody pays billionths. */
export function round(usd: number): number {
  return Number(usd.toFixed(9));
}
