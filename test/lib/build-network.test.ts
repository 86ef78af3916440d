import { readdirSync, readFileSync } from 'node:fs';
import existingVpc from '../../config/examples/existing-vpc';
import newVpc from '../../config/examples/vpc';
import mangoo from '../../config/mangoo';
import { all, type PolicyDocument, surprises } from './decision';
import { HERE, resolved, type TemplateJson } from './resolved';
import { annotations, only, type Synthesized, synthesize } from './synthesized';

const INSTEAD =
  "info: build.cache is 'local', which CodeBuild does not have in a VPC: the cache is in S3 instead [ack: mangoo:cache-in-s3]";

let existing: Synthesized;
let nat: Synthesized;
let endpoints: Synthesized;
let none: Synthesized;

beforeAll(() => {
  // CDK prints warnings; these are asserted below.
  jest.spyOn(console, 'error').mockImplementation();
  existing = synthesize({ config: existingVpc });
  nat = synthesize({ config: newVpc });
  endpoints = synthesize({ config: { vpc: { egress: 'endpoints' } } });
  none = synthesize();
});

afterAll(() => jest.restoreAllMocks());

function ofType({ template }: Synthesized, type: string): Record<string, unknown>[] {
  return Object.values(template.findResources(type)).map(
    ({ Properties }) =>
      resolved(template.toJSON() as TemplateJson, Properties, PLACE) as Record<string, unknown>,
  );
}

/** As the resources are called by CloudFormation's own names. */
const PLACE = { ...HERE, stack: 'MangooCodeBuildStack' };

function project(synthesized: Synthesized): Record<string, unknown> {
  return ofType(synthesized, 'AWS::CodeBuild::Project')[0] ?? {};
}

function role({ template }: Synthesized): { name: string; document: PolicyDocument }[] {
  const { Properties } = only(template, 'AWS::IAM::Role', { RoleName: 'mangoo-build-deploy-role' });
  const { Policies } = resolved(template.toJSON() as TemplateJson, Properties, PLACE) as {
    Policies: { PolicyName: string; PolicyDocument: PolicyDocument }[];
  };
  return Policies.map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, document: PolicyDocument }));
}

function ec2(resource: string, account = HERE.account): string {
  return `arn:aws:ec2:${HERE.region}:${account}:${resource}`;
}

describe('a VPC that exists', () => {
  test('is used as it is: builds get a security group there, and nothing else is made or looked up', () => {
    expect(project(existing).VpcConfig).toEqual({
      VpcId: 'vpc-0123456789abcdef0',
      Subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      SecurityGroupIds: [expect.stringContaining('NetworkBuilds')],
    });
    expect(existing.text.match(/AWS::EC2::\w+/g)).toEqual(['AWS::EC2::SecurityGroup']);
    existing.template.resourceCountIs('AWS::Logs::LogGroup', 2);
    expect(annotations(existing.stack)).toEqual([INSTEAD]);
  });

  test.each([
    ['that exists', existingVpc],
    ['of its own', newVpc],
  ])('needs no credentials at synthesis, in an account and region that are known (%s)', (_, config) => {
    const { app } = synthesize({ config, env: { account: HERE.account, region: 'eu-west-1' } });

    expect(app.synth().manifest.missing ?? []).toEqual([]);
  });
});

describe('a VPC of its own', () => {
  test('has private subnets in two zones, whose way out is one NAT gateway', () => {
    const subnets = ofType(nat, 'AWS::EC2::Subnet');

    expect(subnets.map(({ CidrBlock }) => CidrBlock)).toEqual([
      '10.250.0.0/24',
      '10.250.1.0/24',
      '10.250.2.0/24',
      '10.250.3.0/24',
    ]);
    expect(subnets.map(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    nat.template.resourceCountIs('AWS::EC2::NatGateway', 1);
    const used = (project(nat).VpcConfig as { Subnets: string[] }).Subnets;
    expect(used).toHaveLength(2);
    expect(used.every((id) => id.includes('Builds'))).toBe(true);
    const routes = ofType(nat, 'AWS::EC2::Route').filter(({ NatGatewayId }) => NatGatewayId);
    expect(routes.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).toEqual([
      '0.0.0.0/0',
      '0.0.0.0/0',
    ]);
    expect(annotations(nat.stack)).toEqual([INSTEAD]);
  });

  test('has the addresses that the configuration gives it', () => {
    const { template } = synthesize({ config: { vpc: { egress: 'nat', cidr: '192.168.7.0/26' } } });

    template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '192.168.7.0/26' });
    expect(Object.values(template.findResources('AWS::EC2::Subnet'))).toHaveLength(4);
  });

  test('lets nobody in: no build is reached from anywhere', () => {
    for (const network of [existing, nat]) {
      for (const group of ofType(network, 'AWS::EC2::SecurityGroup')) {
        expect(group).not.toHaveProperty('SecurityGroupIngress');
      }
      network.template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    }
  });

  test('makes S3 free of the NAT gateway’s price for each GB: artifacts, the cache, and layers of images', () => {
    for (const network of [nat, endpoints]) {
      const gateways = ofType(network, 'AWS::EC2::VPCEndpoint').filter(
        ({ VpcEndpointType }) => VpcEndpointType === 'Gateway',
      );
      expect(gateways.map(({ ServiceName }) => ServiceName)).toEqual([`com.amazonaws.${HERE.region}.s3`]);
    }
  });

  test('tells who talked to whom, all of it, for as long as a build’s log is kept', () => {
    for (const network of [nat, endpoints]) {
      expect(ofType(network, 'AWS::EC2::FlowLog')).toMatchObject([
        { ResourceType: 'VPC', TrafficType: 'ALL', LogDestinationType: 'cloud-watch-logs' },
      ]);
      expect(ofType(network, 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays)).toEqual([
        30, 30, 30,
      ]);
      network.template.hasOutput('FlowLogGroupName', {});
    }
  });

  test('has a role for these logs that can write them, and nothing else', async () => {
    const { Properties } = only(nat.template, 'AWS::IAM::Role', {
      Description: 'Flow logs of the VPC of mangoo-build-deploy: write them',
    });
    const { Policies, AssumeRolePolicyDocument } = resolved(
      nat.template.toJSON() as TemplateJson,
      Properties,
      PLACE,
    ) as { Policies: { PolicyDocument: PolicyDocument }[]; AssumeRolePolicyDocument: unknown };

    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': HERE.account },
            ArnLike: { 'aws:SourceArn': ec2('vpc-flow-log/*') },
          },
        },
      ],
    });
    expect(
      await surprises(
        'denied',
        Policies.map(({ PolicyDocument }) => PolicyDocument),
        [
          ...all(
            ['logs:PutLogEvents'],
            `arn:aws:logs:${HERE.region}:${HERE.account}:log-group:/aws/codebuild/mangoo:log-stream:1`,
          ),
          ...all(['iam:PassRole'], `arn:aws:iam::${HERE.account}:role/mangoo-build-deploy-role`),
        ],
      ),
    ).toEqual([]);
  });

  test('needs no function that may change security groups', () => {
    expect(nat.text).not.toContain('Custom::');
  });
});

describe('a VPC of its own without a way to the internet', () => {
  const services = (network: Synthesized): string[] =>
    ofType(network, 'AWS::EC2::VPCEndpoint')
      .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
      .map(({ ServiceName }) => String(ServiceName).replace(`com.amazonaws.${HERE.region}.`, ''))
      .sort();

  test('has neither NAT gateway nor internet gateway nor public subnet', () => {
    for (const type of ['NatGateway', 'InternetGateway', 'EIP']) {
      endpoints.template.resourceCountIs(`AWS::EC2::${type}`, 0);
    }
    endpoints.template.resourceCountIs('AWS::EC2::Subnet', 2);
  });

  test('says plainly what builds cannot reach, and so which ones end in DOWNLOAD_SOURCE', () => {
    const [first, second, ...others] = annotations(endpoints.stack).sort();

    expect(first).toBe(INSTEAD);
    expect(second).toMatch(
      /^warning: vpc\.egress is 'endpoints'.* GitHub, npm, PyPI and Docker Hub .*DOWNLOAD_SOURCE/,
    );
    expect(others).toEqual([]);
  });

  test('reaches each service of AWS that a build calls', () => {
    const scripts = readdirSync('ci').map((name) => readFileSync(`ci/${name}`, 'utf8'));
    const called = new Set(
      scripts.flatMap((text) => [...text.matchAll(/\baws ([a-z0-9-]+) [a-z]/g)].map(([, name]) => name)),
    );
    const given = services(endpoints);

    expect(called.size).toBeGreaterThan(1);
    expect([...called].filter((name) => !given.some((one) => one.split('.')[0] === name))).toEqual([]);
    expect(given).toEqual([
      'cloudformation',
      'codebuild',
      'ecr.api',
      'ecr.dkr',
      'ecs',
      'logs',
      'secretsmanager',
      'ssm',
      'sts',
    ]);
  });

  test('lets whoever debugs a build in by Session Manager, where that is asked for', () => {
    const debugged = synthesize({
      config: { build: { ...mangoo.build, debugSessions: true }, vpc: { egress: 'endpoints' } },
    });

    expect(services(debugged)).toContain('ssmmessages');
    expect(services(endpoints)).not.toContain('ssmmessages');
  });

  test('gives its endpoints to builds alone, in both zones, by the usual names', () => {
    const interfaces = ofType(endpoints, 'AWS::EC2::VPCEndpoint').filter(
      ({ VpcEndpointType }) => VpcEndpointType === 'Interface',
    );

    for (const one of interfaces) {
      expect(one.PrivateDnsEnabled).toBe(true);
      expect(one.SubnetIds).toHaveLength(2);
    }
    expect(ofType(endpoints, 'AWS::EC2::SecurityGroupIngress')).toMatchObject([
      {
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        SourceSecurityGroupId: (project(endpoints).VpcConfig as { SecurityGroupIds: string[] })
          .SecurityGroupIds[0],
      },
    ]);
  });
});

test('a Docker server in a VPC is reached by builds alone, at its one port', () => {
  const served = synthesize({ config: { ...newVpc, build: { ...newVpc.build, dockerServer: 'SMALL' } } });
  const { Environment, VpcConfig } = project(served) as {
    Environment: { DockerServer: { SecurityGroupIds: string[] } };
    VpcConfig: { SecurityGroupIds: string[] };
  };
  const [group] = Environment.DockerServer.SecurityGroupIds;

  expect(ofType(served, 'AWS::EC2::SecurityGroupIngress')).toEqual([
    expect.objectContaining({
      GroupId: group,
      SourceSecurityGroupId: VpcConfig.SecurityGroupIds[0],
      IpProtocol: 'tcp',
      FromPort: 9876,
      ToPort: 9876,
    }),
  ]);
  expect(VpcConfig.SecurityGroupIds).toEqual([expect.not.stringContaining(String(group))]);
});

describe('what the role may do with a network', () => {
  const INTERFACE = ec2('network-interface/eni-0a1b');
  const documents = (network: Synthesized): PolicyDocument[] => role(network).map(({ document }) => document);
  const permission = (subnet: string, service = 'codebuild.amazonaws.com', on = INTERFACE): Request => ({
    action: 'ec2:CreateNetworkInterfacePermission',
    on,
    with: { 'ec2:AuthorizedService': service, 'ec2:Subnet': subnet },
  });
  type Request = Parameters<typeof surprises>[2][number];
  const mine = ec2('subnet/subnet-0123456789abcdef1');

  test('what CodeBuild needs: to make network interfaces in these subnets, for itself', async () => {
    expect(
      await surprises('allowed', documents(existing), [
        permission(mine),
        { action: 'ec2:DescribeSecurityGroups', on: '*' },
        ...all(['ec2:DeleteNetworkInterface'], INTERFACE),
      ]),
    ).toEqual([]);
  });

  test('from its first second: in a policy of its own it would come after the project was refused', () => {
    expect(role(existing).map(({ name }) => name)).toContain('network');
    expect(existing.text).not.toContain('"AWS::IAM::Policy"');
  });

  test('not to give interfaces to anybody else, or in other subnets', async () => {
    expect(
      await surprises('denied', documents(existing), [
        permission(mine, 'lambda.amazonaws.com'),
        permission(ec2('subnet/subnet-0a1b2c3d')),
        permission(mine, 'codebuild.amazonaws.com', ec2('network-interface/eni-0a1b', '444455556666')),
        { action: 'ec2:CreateNetworkInterfacePermission', on: INTERFACE, with: { 'ec2:Subnet': mine } },
      ]),
    ).toEqual([]);
  });

  test('not to attach, open or change anything of the network', async () => {
    expect(
      await surprises('denied', documents(existing), [
        ...all(['ec2:AttachNetworkInterface', 'ec2:ModifyNetworkInterfaceAttribute'], INTERFACE),
        ...all(
          ['ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup', 'ec2:RevokeSecurityGroupEgress'],
          ec2('security-group/sg-0a1b'),
        ),
        ...all(['ec2:CreateRoute', 'ec2:ReplaceRoute'], ec2('route-table/rtb-0a1b')),
        ...all(['ec2:DeleteSubnet', 'ec2:ModifySubnetAttribute'], mine),
        ...all(['ec2:DeleteFlowLogs'], ec2('vpc-flow-log/fl-0a1b')),
        ...all(['ec2:DeleteVpcEndpoints'], ec2('vpc-endpoint/vpce-0a1b')),
      ]),
    ).toEqual([]);
  });

  test('nothing of it where builds run in no VPC', async () => {
    expect(role(none).map(({ name }) => name)).not.toContain('network');
    expect(project(none)).not.toHaveProperty('VpcConfig');
    expect(none.text).not.toContain('AWS::EC2::Sec');
    expect(
      await surprises('denied', documents(none), [
        permission(mine),
        { action: 'ec2:DescribeSubnets', on: '*' },
        ...all(['ec2:DeleteNetworkInterface'], INTERFACE),
      ]),
    ).toEqual([]);
  });
});
