import existingVpc from '../../config/examples/existing-vpc';
import newVpc from '../../config/examples/vpc';
import mangoo from '../../config/mangoo';
import type { ExistingVpcConfig, VpcConfig } from '../../lib/config';
import { ConfigError, validate } from '../../lib/config-validation';

const there = existingVpc.vpc as ExistingVpcConfig;

/** What a user reads of a network, line by line; whatever was written, types aside. */
function complaints(vpc: unknown): string[] {
  try {
    validate({ ...mangoo, vpc: vpc as VpcConfig }, 'config/ours.ts');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ''));
  }
}

test.each([
  ['none', undefined],
  ['that of config/examples/vpc.ts', newVpc.vpc],
  ['that of config/examples/existing-vpc.ts', there],
  ['endpoints', { egress: 'endpoints' }],
  ['the largest', { egress: 'nat', cidr: '172.31.0.0/16' }],
  ['the smallest', { egress: 'nat', cidr: '192.168.255.192/26' }],
  [
    'one of former days',
    { ...there, id: 'vpc-0a1b2c3d', privateSubnets: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'] },
  ],
  ['one zone alone', { ...there, availabilityZones: ['us-gov-west-1c'] }],
])('a network may be: %s', (_, vpc) => {
  expect(complaints(vpc)).toEqual([]);
});

test('a misspelt id makes no network, and no bill', () => {
  expect(complaints({ vpcId: there.id, privateSubnets: there.privateSubnets })).toEqual([
    'vpc.vpcId: expected egress, cidr and nothing else of a new VPC (one that exists has an `id`), got "vpc-0123456789abcdef0"',
    'vpc.privateSubnets: expected egress, cidr and nothing else of a new VPC (one that exists has an `id`), got ["subnet-0123456789abcdef0","subnet-0123456789abcdef1"]',
    "vpc.egress: expected 'nat' or 'endpoints'; or an `id`, for a VPC that exists, got undefined",
  ]);
});

test('nothing is said of a NAT gateway to a VPC that exists: its routes are its own', () => {
  expect(complaints({ ...there, egress: 'nat' })).toEqual([
    'vpc.egress: expected id, availabilityZones, privateSubnets and nothing else of a VPC that exists, got "nat"',
  ]);
});

test('everything that is wrong with a VPC that exists is told at once', () => {
  expect(
    complaints({
      id: 'mangoo',
      availabilityZones: ['us-east-1a', 'us-east-1', 'us-east-1a'],
      privateSubnets: ['subnet-0a1b2c3d', 'vpc-0a1b2c3d'],
    }),
  ).toEqual([
    'vpc.id: expected a VPC\'s id such as vpc-0a1b2c3d, got "mangoo"',
    'vpc.availabilityZones[1]: expected a zone such as us-east-1a, got "us-east-1"',
    'vpc.privateSubnets[1]: expected a subnet\'s id such as subnet-0a1b2c3d, got "vpc-0a1b2c3d"',
    'vpc.availabilityZones: expected each only once, got ["us-east-1a","us-east-1","us-east-1a"]',
    'vpc.privateSubnets: expected as many for each of the 3 availabilityZones, got ["subnet-0a1b2c3d","vpc-0a1b2c3d"]',
  ]);
});

test('a VPC without subnets, or with more than CodeBuild takes, is none', () => {
  const many = Array.from({ length: 18 }, (_, i) => `subnet-${String(i).padStart(8, '0')}`);

  expect(complaints({ id: there.id })).toEqual([
    'vpc.availabilityZones: expected at least one, got []',
    'vpc.privateSubnets: expected at least one, got []',
  ]);
  expect(complaints({ ...there, privateSubnets: many })).toEqual([
    `vpc.privateSubnets: expected 16 at most, got ${JSON.stringify(many)}`,
  ]);
});

test.each([
  '10.250.0.0',
  '10.250.0.0/8',
  '10.250.0.0/15',
  '10.250.0.0/27',
  '10.250.0.0/022',
  '10.250.0.0/22/1',
  // AWS would take another network than the one that is written there.
  '10.250.1.0/22',
  '10.250.0/22',
  '256.0.0.0/16',
  // Somebody else's: builds could not reach them any more.
  '8.8.0.0/16',
  '172.32.0.0/16',
  'fd00::/16',
  '',
])('a network of %j is refused before anything is made', (cidr) => {
  expect(complaints({ egress: 'nat', cidr })).toEqual([
    `vpc.cidr: expected private IPv4 addresses of /16 to /26, from the first one on, such as 10.250.0.0/22, got ${JSON.stringify(cidr)}`,
  ]);
});

test.each([
  ['vpc: expected an object, got true', true],
  ['vpc.id: expected a string, got 7', { ...there, id: 7 }],
  [
    'vpc.privateSubnets: expected a list, got "subnet-0a1b2c3d"',
    { ...there, privateSubnets: 'subnet-0a1b2c3d' },
  ],
  ["vpc.egress: expected 'nat' or 'endpoints'; or an `id`, for a VPC that exists, got undefined", {}],
])('%s', (line, vpc) => {
  expect(complaints(vpc)).toEqual([line]);
});
