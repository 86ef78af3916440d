import type { Resource } from '../../tools/cost/assembly';
import { type Bill, billOf } from '../../tools/cost/bill';
import { pipelineOf } from '../../tools/cost/pipeline';
import type { Usage } from '../../tools/cost/usage';
import { kept, resources, TIERED, type Wishes } from './handmade';

const USAGE: Usage = { buildsPerMonth: 100, minutes: 15, artifactMB: 100, logMB: 5 };
/** As the prices count it: 730 hours. */
const MONTH = 730 / 24;

function bill(wishes: Wishes = {}, usage: Partial<Usage> = {}): Bill {
  return billOf(pipelineOf([{ name: 'S', region: 'us-east-1', resources: resources(wishes) }]), {
    ...USAGE,
    ...usage,
  });
}

function line({ lines }: Bill, item: string): { quantity: number; unit: string; usd: number } | undefined {
  const found = lines.filter((one) => one.item === item);
  expect(found.length).toBeLessThan(2);
  const [first] = found;
  return first && { quantity: first.quantity, unit: first.unit, usd: first.usd };
}

describe('build minutes', () => {
  test('100 builds of 15 minutes on LARGE are 1,500 minutes at two cents: $30, not the $7.50 of the guide', () => {
    expect(line(bill(), 'build minutes')).toEqual({ quantity: 1500, unit: 'minutes on LARGE', usd: 30 });
  });

  test.each([
    ['SMALL', 7.5],
    ['MEDIUM', 15],
    ['LARGE', 30],
    ['2XLARGE', 300],
  ])('the same on %s are $%d', (size, usd) => {
    const of = bill({ computeType: `BUILD_GENERAL1_${size}` });
    expect(line(of, 'build minutes')).toEqual({ quantity: 1500, unit: `minutes on ${size}`, usd });
    expect(of.unknown).toEqual([]);
  });

  test('a size whose price nobody tells is left out of the total, and said to be', () => {
    const of = bill({ computeType: 'BUILD_GENERAL1_XLARGE' });
    expect(line(of, 'build minutes')).toBeUndefined();
    expect(of.unknown).toEqual([
      {
        item: 'build minutes',
        quantity: 1500,
        unit: 'minutes on XLARGE',
        reason: 'no source tells the price',
      },
    ]);
    expect(of.month).toBeCloseTo(bill().month - 30, 6);
  });

  test('LARGE of another kind of machine is not told the price of Linux', () => {
    const of = bill({ environmentType: 'ARM_CONTAINER' });
    expect(line(of, 'build minutes')).toBeUndefined();
    expect(of.unknown.map(({ unit }) => unit)).toEqual(['minutes on BUILD_GENERAL1_LARGE (ARM_CONTAINER)']);
  });

  test('a begun minute is charged whole, in each build and not in their sum', () => {
    expect(line(bill({}, { minutes: 7.2 }), 'build minutes')).toMatchObject({ quantity: 800, usd: 16 });
  });

  test('every environment builds: two projects cost twice as much, and sizes keep lines of their own', () => {
    const second = resources({ computeType: 'BUILD_GENERAL1_SMALL' });
    const third = resources();
    const stacks = [resources(), second, third].map((each, i) => ({
      name: `S${i}`,
      region: 'us-east-1',
      resources: each,
    }));
    const minutes = billOf(pipelineOf(stacks), USAGE).lines.filter(({ item }) => item === 'build minutes');
    expect(minutes.map(({ unit, usd }) => [unit, usd])).toEqual([
      ['minutes on LARGE', 60],
      ['minutes on SMALL', 7.5],
    ]);
  });
});

describe('artifacts', () => {
  test('7 days in Standard and 23 in Intelligent-Tiering, of 10 GB a month, worked out by hand', () => {
    const of = bill();
    expect(line(of, 'artifacts in S3 Standard')?.quantity).toBeCloseTo(2.3014, 3);
    expect(line(of, 'artifacts in S3 Standard')?.usd).toBeCloseTo(0.0529, 4);
    expect(line(of, 'artifacts in Intelligent-Tiering')?.quantity).toBeCloseTo(7.5616, 3);
    expect(line(of, 'artifacts in Intelligent-Tiering')?.usd).toBeCloseTo(0.1739, 4);
    // 2,000 files of a month, for 23 of its 30.4 days.
    expect(line(of, 'Intelligent-Tiering, monitoring')?.usd).toBeCloseTo((2 * 23 * 0.0025) / MONTH, 6);
    expect(line(of, 'Intelligent-Tiering, transitions')).toMatchObject({ quantity: 2, usd: 0.02 });
    expect(line(of, 'artifacts, uploads')).toMatchObject({ quantity: 2, usd: 0.01 });
    expect(line(of, 'artifacts unread for 30 days')).toBeUndefined();
  });

  test('what lies in Intelligent-Tiering for more than 30 days is charged less from then on', () => {
    const of = bill({ rules: [{ ...TIERED, ExpirationInDays: 97 }] });
    expect(line(of, 'artifacts in Intelligent-Tiering')?.quantity).toBeCloseTo((10 * 30) / MONTH, 6);
    expect(line(of, 'artifacts unread for 30 days')?.usd).toBeCloseTo((10 * 60 * 0.0125) / MONTH, 6);
  });

  test('without tiering everything lies in Standard, and nothing of Intelligent-Tiering is charged', () => {
    const of = bill({ rules: [{ Status: 'Enabled', ExpirationInDays: 30 }] });
    expect(line(of, 'artifacts in S3 Standard')?.usd).toBeCloseTo((10 * 30 * 0.023) / MONTH, 6);
    expect(of.lines.filter(({ item }) => item.includes('Tiering'))).toEqual([]);
  });

  test('artifacts that expire before they would move never move', () => {
    const of = bill({ rules: [{ ...TIERED, ExpirationInDays: 5 }] });
    expect(line(of, 'artifacts in S3 Standard')?.quantity).toBeCloseTo((10 * 5) / MONTH, 6);
    expect(of.lines.filter(({ item }) => item.includes('Tiering'))).toEqual([]);
  });

  test("rules that are switched off, or are for other objects than the builds', change nothing", () => {
    const of = bill({
      rules: [
        TIERED,
        { Status: 'Disabled', ExpirationInDays: 1 },
        { Status: 'Enabled', Prefix: 'notifications/', ExpirationInDays: 2 },
      ],
    });
    expect(of.month).toBe(bill().month);
  });

  test('without an expiry a year of them is counted, not nothing', () => {
    const of = bill({ rules: [] });
    expect(line(of, 'artifacts in S3 Standard')).toMatchObject({ quantity: 120, usd: 2.76 });
  });

  test('a storage class without a price is told', () => {
    const Transitions = [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }];
    const of = bill({ rules: [{ Status: 'Enabled', ExpirationInDays: 60, Transitions }] });
    expect(of.unknown).toMatchObject([{ item: 'artifacts', unit: 'lifecycle rule to STANDARD_IA' }]);
  });

  test('a project that stores none pays for none', () => {
    const of = bill({ project: { Artifacts: { Type: 'NO_ARTIFACTS' } } });
    expect(of.lines.map(({ item }) => item)).toEqual([
      'build minutes',
      'build logs, written',
      'build logs, kept',
    ]);
  });
});

describe('images', () => {
  const images = 'backend,backend,mangoo-backend,service,200 frontend,frontend,mangoo-frontend,service,50';

  test('20 of 200 MB and 20 of 50 MB are 5 GB: fifty cents', () => {
    const of = bill({ images, repositories: { 'mangoo-backend': kept(20), 'mangoo-frontend': kept(20) } });
    expect(line(of, 'images')).toEqual({ quantity: 5, unit: 'GB-months', usd: 0.5 });
  });

  test('an image whose size the configuration does not say counts as 200 MB', () => {
    const of = bill({ images: 'a,a,repository,service', repositories: { repository: kept(10) } });
    expect(line(of, 'images')).toMatchObject({ quantity: 2, usd: 0.2 });
  });

  test('the rule that keeps the deployed image does not hide the rule that keeps twenty', () => {
    const one = (tag: string, countNumber: number): object => ({
      selection: { tagStatus: 'tagged', tagPatternList: [tag], countType: 'imageCountMoreThan', countNumber },
    });
    const byAge = (tagStatus: string): object => ({
      selection: { tagStatus, countType: 'sinceImagePushed', countUnit: 'days', countNumber: 70 },
    });
    const policy = JSON.stringify({
      rules: [one('latest', 1), one('*', 20), byAge('untagged'), byAge('any')],
    });
    expect(line(bill({ repositories: { any: policy } }), 'images')).toMatchObject({ quantity: 4 });
  });

  test.each([undefined, 'not JSON', '{"rules":[]}'])(
    'a repository that prunes nothing (%s) is counted with the images of a year',
    (policy) => {
      expect(line(bill({ repositories: { any: policy } }), 'images')).toMatchObject({
        quantity: 240,
        usd: 24,
      });
    },
  );
});

describe('logs', () => {
  test('are paid when they are written, and for as long as they are kept', () => {
    const of = bill({ logDays: 90 });
    expect(line(of, 'build logs, written')).toEqual({ quantity: 0.5, unit: 'GB', usd: 0.25 });
    expect(line(of, 'build logs, kept')?.usd).toBeCloseTo((0.5 * 90 * 0.03) / MONTH, 6);
  });

  test('that never expire are counted after a year', () => {
    expect(line(bill(), 'build logs, kept')).toMatchObject({ quantity: 6, usd: 0.18 });
  });

  test('that are switched off cost nothing', () => {
    const of = bill({ project: { LogsConfig: { CloudWatchLogs: { Status: 'DISABLED' } } } });
    expect(of.lines.filter(({ item }) => item.includes('logs'))).toEqual([]);
  });
});

describe('monitoring', () => {
  const stat = (id: string): object => ({ Id: id, MetricStat: { Period: 86400 } });
  const filter = (...dimensions: string[]): Resource => ({
    Type: 'AWS::Logs::MetricFilter',
    Properties: {
      MetricTransformations: [
        { MetricName: 'M', Dimensions: dimensions.map((Key) => ({ Key, Value: `$.${Key}` })) },
      ],
    },
  });

  test('an alarm on an expression is charged for each metric in it, and a fast one three times as much', () => {
    const of = bill({
      more: {
        Plain: { Type: 'AWS::CloudWatch::Alarm', Properties: { Period: 300 } },
        Rate: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: { Metrics: [{ Id: 'rate', Expression: 'a/b' }, stat('a'), stat('b')] },
        },
        Fast: { Type: 'AWS::CloudWatch::Alarm', Properties: { Period: 10 } },
      },
    });
    expect(line(of, 'alarms')).toEqual({ quantity: 3, unit: 'metrics watched', usd: 0.3 });
    expect(line(of, 'alarms, high resolution')).toMatchObject({ quantity: 1, usd: 0.3 });
  });

  test('a dashboard costs $3, the free ones of an account not subtracted', () => {
    expect(line(bill({ more: { D: { Type: 'AWS::CloudWatch::Dashboard' } } }), 'dashboards')).toMatchObject({
      quantity: 1,
      usd: 3,
    });
  });

  test('a metric counts once for each image or cache, for the hours that have builds', () => {
    const wishes = {
      repositories: { a: kept(1), b: kept(1) },
      more: { Size: filter('Image'), Hits: filter('Cache'), Deployments: filter() },
    };
    // 2 + 4 + 1, in 73 of 730 hours.
    expect(line(bill(wishes, { buildsPerMonth: 73 }), 'metrics from logs')).toMatchObject({
      quantity: 0.7,
      usd: 0.21,
    });
    // More builds than hours: never more than the month.
    expect(line(bill(wishes, { buildsPerMonth: 5000 }), 'metrics from logs')).toMatchObject({
      quantity: 7,
      usd: 2.1,
    });
  });
});

describe('a network', () => {
  const nat = { Nat: { Type: 'AWS::EC2::NatGateway' }, Address: { Type: 'AWS::EC2::EIP' } };
  const endpoint = (type?: string, ...zones: string[]): Resource => ({
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { VpcEndpointType: type, SubnetIds: zones.map((zone) => ({ Ref: zone })) },
  });
  const inVpc = { VpcConfig: { VpcId: { Ref: 'Vpc' } } };

  test('a NAT gateway costs its hours, its address and each gigabyte, whether or not anybody builds much', () => {
    const of = bill({ project: inVpc, more: nat });
    expect(line(of, 'NAT gateways')).toEqual({ quantity: 730, unit: 'hours', usd: 32.85 });
    expect(line(of, 'through NAT gateways')).toEqual({ quantity: 100, unit: 'GB', usd: 4.5 });
    expect(line(of, 'public IPv4 addresses')).toMatchObject({ quantity: 730, usd: 3.65 });
    expect(of.month - bill().month).toBeCloseTo(32.85 + 4.5 + 3.65, 6);
  });

  test('an interface endpoint costs its hours in each zone; a gateway endpoint costs nothing', () => {
    const of = bill({
      project: inVpc,
      more: { Logs2: endpoint('Interface', 'A', 'B'), S3: endpoint('Gateway'), Dynamo: endpoint() },
    });
    expect(line(of, 'interface endpoints')).toEqual({ quantity: 1460, unit: 'hours', usd: 14.6 });
    expect(line(of, 'through interface endpoints')).toEqual({ quantity: 100, unit: 'GB', usd: 1 });
    expect(of.unknown).toEqual([]);
  });

  test('an endpoint of another kind is not free, but unknown', () => {
    expect(bill({ more: { E: endpoint('GatewayLoadBalancer', 'A') } }).unknown).toMatchObject([
      { item: 'AWS::EC2::VPCEndpoint (GatewayLoadBalancer)', quantity: 1 },
    ]);
  });

  test('flow logs are paid as they are written, and for as long as their group keeps them', () => {
    const flows = {
      Flow: { Type: 'AWS::EC2::FlowLog', Properties: { LogGroupName: { Ref: 'Flows' } } },
      Flows: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 365 } },
    };
    const of = bill({ project: inVpc, more: { ...nat, ...flows } });

    expect(line(of, 'flow logs, written')).toEqual({ quantity: 0.1, unit: 'GB', usd: 0.05 });
    expect(line(of, 'flow logs, kept')).toEqual({ quantity: 1.2, unit: 'GB-months', usd: 0.036 });
    expect(of.unknown).toEqual([]);
  });

  test('what a VPC of somebody else costs is not taken for nothing', () => {
    expect(bill({ project: inVpc }).unknown).toEqual([
      {
        item: 'the network of builds',
        quantity: 100,
        unit: 'GB',
        reason: 'the VPC, and its way out, are not of these stacks',
      },
    ]);
  });

  test('builds outside the VPC send nothing through its gateway', () => {
    expect(line(bill({ more: nat }), 'through NAT gateways')).toBeUndefined();
  });
});

test('a cache in S3 costs what its copies weigh; one on the build host costs nothing', () => {
  const inS3 = bill({ project: { Cache: { Type: 'S3', Location: 'bucket/prefix' } } });

  expect(line(inS3, 'cache in S3')).toEqual({ quantity: 0.6, unit: 'GB-months', usd: 0.0138 });
  expect(line(bill(), 'cache in S3')).toBeUndefined();
});

test('layers in a repository cost what they weigh, and are no images of which some are kept', () => {
  const variables = (more: object[]): object => ({
    Environment: {
      ComputeType: 'BUILD_GENERAL1_LARGE',
      Type: 'LINUX_CONTAINER',
      EnvironmentVariables: [{ Name: 'IMAGES', Value: 'a,a,a,a,100 b,b,b,b,' }, ...more],
    },
  });
  const images = { a: kept(10), b: kept(10) };
  const without = bill({ repositories: images, project: variables([]) });
  const layered = bill({
    repositories: { ...images, 'layer-cache': '{"rules":[]}' },
    project: variables([{ Name: 'LAYER_CACHE', Value: 'layer-cache' }]),
  });

  // Three times 100 MB, and 200 where nothing is said.
  expect(line(layered, 'layers in a repository')).toEqual({ quantity: 0.9, unit: 'GB-months', usd: 0.09 });
  expect(line(without, 'layers in a repository')).toBeUndefined();
  expect(line(layered, 'images')).toEqual(line(without, 'images'));
});

test('a Docker server, whose price nobody tells, is named and not taken for free', () => {
  const of = bill({
    project: {
      Environment: {
        ComputeType: 'BUILD_GENERAL1_LARGE',
        Type: 'LINUX_CONTAINER',
        DockerServer: { ComputeType: 'BUILD_GENERAL1_SMALL' },
      },
    },
  });

  expect(of.unknown).toEqual([
    {
      item: 'Docker server',
      quantity: 1500,
      unit: 'minutes on SMALL at most',
      reason: 'no source tells the price',
    },
  ]);
});

test('keys and secrets of our own are charged by the month', () => {
  const of = bill({
    more: {
      K: { Type: 'AWS::KMS::Key' },
      S: { Type: 'AWS::SecretsManager::Secret' },
      A: { Type: 'AWS::KMS::Alias' },
    },
  });
  expect([line(of, 'KMS keys')?.usd, line(of, 'secrets')?.usd]).toEqual([1, 0.4]);
  expect(of.unknown).toEqual([]);
});

test('a resource that the tool has no price for is told with its number, so that nobody takes it for free', () => {
  const of = bill({
    more: {
      A: { Type: 'AWS::RDS::DBCluster' },
      B: { Type: 'AWS::RDS::DBCluster' },
      R: { Type: 'AWS::IAM::Role' },
    },
  });
  expect(of.unknown).toEqual([
    { item: 'AWS::RDS::DBCluster', quantity: 2, unit: 'resources', reason: 'this tool has no price for it' },
  ]);
});

test('the month is the sum of its lines', () => {
  const of = bill({ repositories: { any: kept(20) }, more: { D: { Type: 'AWS::CloudWatch::Dashboard' } } });
  expect(of.lines.length).toBeGreaterThan(8);
  expect(of.month).toBeCloseTo(
    of.lines.map(({ usd }) => usd).reduce((a, b) => a + b),
    8,
  );
});
