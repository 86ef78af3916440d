import { FREE_TIERS, PRICES } from '../../lib/catalogue/prices';
import type { Bill } from './bill';
import type { Pipeline } from './pipeline';
import type { Alternative, Saving } from './savings';
import { ASSUMED, type Usage } from './usage';

export interface Estimate {
  readonly stacks: readonly { readonly name: string; readonly region: string }[];
  readonly usage: Usage;
  readonly pipeline: Pipeline;
  readonly bill: Bill;
  readonly alternatives: readonly Alternative[];
  readonly savings: readonly Saving[];
}

/** For a person: the month first, then what would change it, then what it rests on. */
export function printed({
  stacks,
  usage,
  pipeline,
  bill,
  alternatives,
  savings,
}: Estimate): readonly string[] {
  const lines = bill.lines.map(({ item, quantity, unit, usd }) => [
    item,
    counted(quantity),
    unit,
    dollars(usd),
  ]);
  const worth = columns(savings.map(saving), 'lrl');
  const total = [
    bill.unknown.length ? 'a month, without what is unknown' : 'a month',
    '',
    '',
    dollars(bill.month),
  ];
  const months = columns([...lines, total], 'lrlr');
  const { length: projects } = pipeline.projects;
  const ofEach = projects > 1 ? ` of each of ${projects} projects` : '';
  const rule = '-'.repeat(Math.max(...months.map(({ length }) => length)));
  return [
    `${stacks.map(({ name }) => name).join(', ')}: ${plural(usage.buildsPerMonth, 'build')} of ${plural(usage.minutes, 'minute')} a month${ofEach}, in US dollars`,
    ...elsewhere(stacks),
    '',
    ...months.slice(0, -1),
    rule,
    ...months.slice(-1),
    '',
    ...notCounted(bill, pipeline),
    ...section(
      'The same minutes on another size (a smaller one takes longer):',
      columns(
        alternatives.map(({ computeType, usd, current }) => [
          computeType,
          usd === undefined ? 'unknown' : dollars(usd),
          current ? 'now' : '',
        ]),
        'lrl',
      ),
    ),
    ...section(
      'Would save:',
      worth.filter((_, i) => !savings[i]?.inEffect),
    ),
    ...section(
      'Saves already:',
      worth.filter((_, i) => savings[i]?.inEffect),
    ),
    ...guide(alternatives),
    ...section(
      'Assumed:',
      assumptions(usage, pipeline).map((line) => `- ${line}`),
    ),
  ];
}

function elsewhere(stacks: Estimate['stacks']): string[] {
  const others = [...new Set(stacks.map(({ region }) => region))].filter(
    (region) => region !== PRICES.region,
  );
  const month = new Date(PRICES.pricesOf).toLocaleString('en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  const prices = `Prices are those of ${PRICES.region}, ${month}`;
  if (!others.length) return [`${prices}.`];
  const known = others.filter((region) => region !== 'unknown-region');
  return [
    `${prices}; ${known.length ? `${known.join(' and ')} has others` : 'where the stack is deployed, they may be others'}.`,
  ];
}

function notCounted({ unknown }: Bill, { belowACent }: Pipeline): string[] {
  return [
    ...unknown.map(
      ({ item, quantity, unit, reason }) => `Not in it: ${item}, ${counted(quantity)} ${unit}: ${reason}.`,
    ),
    ...(belowACent.length ? [`Not in it: ${belowACent.join(', ')}, below a cent for 100 builds.`] : []),
    `Not subtracted: free tiers (${FREE_TIERS}).`,
  ];
}

function saving({ item, usd, usdAtMost, note }: Saving): string[] {
  return [item, usdAtMost === undefined ? dollars(usd) : `${dollars(usd)} to ${dollars(usdAtMost)}`, note];
}

/** The guide's only price of CodeBuild. */
function guide(alternatives: readonly Alternative[]): string[] {
  if (!alternatives.some(({ computeType, current }) => computeType === 'LARGE' && current)) return [];
  const { SMALL, LARGE } = PRICES.buildMinute;
  const of = (usd: number): string => `$${dollars(100 * 15 * usd)}`;
  return [
    '',
    `The guide's ${of(SMALL.usd)} for 100 builds of 15 minutes on LARGE takes the price of SMALL ($${SMALL.usd} a minute); LARGE is $${LARGE.usd}: ${of(LARGE.usd)}.`,
  ];
}

/** What the estimate takes for given. */
export function assumptions({ artifactMB, logMB }: Usage, pipeline: Pipeline): string[] {
  const { repositories, projects, metrics, flowLogs } = pipeline;
  const sizes = repositories.map(({ name, megabytes = ASSUMED.imageMB }) => `${name} ${megabytes} MB`);
  return [
    'a begun minute of a build is charged whole (told by others, not by the documentation)',
    `a build stores ${artifactMB} MB in ${ASSUMED.artifactFiles} files that are not read again, and writes ${logMB} MB of log`,
    'what is kept has been filled up: as many artifacts, logs and images as the retention allows; GB of 1,000 MB',
    ...(sizes.length ? [`images, compressed, with no layer in common: ${sizes.join(', ')}`] : []),
    ...(growing(pipeline)
      ? [`what nothing deletes is counted as it is after ${ASSUMED.monthsOfGrowth} months`]
      : []),
    ...(projects.some(({ inVpc }) => inVpc)
      ? [`a build in the VPC loads and pushes ${ASSUMED.networkGB} GB`]
      : []),
    ...(flowLogs.length
      ? [`flow logs write ${ASSUMED.flowLogMB} MB of a build; they are charged as other logs are`]
      : []),
    ...(projects.some(({ cacheInS3 }) => cacheInS3)
      ? [`a cache in S3 is ${ASSUMED.cacheCopies} copies of ${ASSUMED.cacheMB} MB`]
      : []),
    ...(projects.some(({ layeredImages }) => layeredImages.length > 0)
      ? [`the layers of an image that a repository keeps weigh ${ASSUMED.layersPerImage} times the image`]
      : []),
    ...(metrics ? ['a metric gets a value in one hour for each build'] : []),
    'no taxes, no data that leaves the region; where each price is from stands in lib/catalogue/prices.ts',
  ];
}

function growing({ projects, repositories }: Pipeline): boolean {
  return (
    repositories.some(({ kept }) => kept === undefined) ||
    projects.some(
      ({ artifacts, logs }) =>
        (artifacts && artifacts.expiresAfter === undefined) || (logs && logs.days === undefined),
    )
  );
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length ? ['', title, ...lines] : [];
}

/** @param align of each column: `l` or `r` */
function columns(rows: readonly (readonly string[])[], align: string): string[] {
  const widths = [...align].map((_, column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0, align[column])).join('  ')}`.trimEnd(),
  );
}

function pad(text: string, width: number, align: string | undefined): string {
  return align === 'r' ? text.padStart(width) : text.padEnd(width);
}

function dollars(usd: number): string {
  if (usd > 0 && usd < 0.005) return '<0.01';
  return usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function counted(quantity: number): string {
  const digits = Number.isInteger(quantity) ? 0 : 2;
  return quantity.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: 2 });
}

function plural(count: number, noun: string): string {
  return `${counted(count)} ${noun}${count === 1 ? '' : 's'}`;
}
