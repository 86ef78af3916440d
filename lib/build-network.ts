import { Annotations, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ExistingVpcConfig, NewVpcConfig, VpcConfig } from './config';
import type { Names } from './names';
import { allow, policy } from './statement';
import { acknowledgeWildcards } from './wildcards';

export interface BuildNetworkProps {
  readonly vpc: VpcConfig;
  readonly names: Names;
  readonly logDays: number;
  readonly debugSessions: boolean;
}

/**
 * The VPC that builds run in: a network interface each, in private subnets, with a security group that lets nothing in.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/vpc-support.html
 */
export class BuildNetwork extends Construct {
  /** Who talked to whom; of a VPC of its own. */
  readonly flowLogs?: logs.ILogGroup;
  private readonly vpc: ec2.IVpc;
  private readonly subnets: ec2.SubnetSelection;
  private readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, props: BuildNetworkProps) {
    super(scope, id);
    const { vpc, names } = props;
    if ('id' in vpc) {
      this.vpc = this.existing(vpc);
    } else {
      const made = this.made(vpc, names);
      this.flowLogs = this.logged(made, props);
      this.vpc = made;
    }
    this.subnets = {
      subnets: 'id' in vpc || vpc.egress === 'nat' ? this.vpc.privateSubnets : this.vpc.isolatedSubnets,
    };
    this.securityGroup = new ec2.SecurityGroup(this, 'Builds', {
      vpc: this.vpc,
      description: `Builds of ${names.project}: out to wherever packages, images and AWS are, in from nowhere`,
      allowAllOutbound: true,
    });
    if (!('id' in vpc) && vpc.egress === 'endpoints') this.endpoints(props);
  }

  /** For the project. */
  get config(): CfnProject.VpcConfigProperty {
    return {
      vpcId: this.vpc.vpcId,
      subnets: this.vpc.selectSubnets(this.subnets).subnetIds,
      securityGroupIds: [this.securityGroup.securityGroupId],
    };
  }

  /** For the role. */
  get subnetArns(): string[] {
    const { region, account } = Stack.of(this);
    return this.vpc
      .selectSubnets(this.subnets)
      .subnetIds.map((id) => `arn:${Aws.PARTITION}:ec2:${region}:${account}:subnet/${id}`);
  }

  /**
   * For a Docker server: builds alone reach it.
   * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_DockerServer.html
   */
  dockerServerGroups(): ec2.SecurityGroup[] {
    const group = new ec2.SecurityGroup(this, 'DockerServer', {
      vpc: this.vpc,
      description: 'The Docker server of the builds: in from builds, out to wherever packages and images are',
      allowAllOutbound: true,
    });
    group.addIngressRule(this.securityGroup, ec2.Port.tcp(9876), 'Builds');
    return [group];
  }

  /** By what the configuration says of it: to ask AWS would need credentials at synthesis. */
  private existing({ id, availabilityZones, privateSubnets }: ExistingVpcConfig): ec2.IVpc {
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: id,
      availabilityZones: [...availabilityZones],
      privateSubnetIds: [...privateSubnets],
    });
    Annotations.of(vpc).acknowledgeWarning(
      '@aws-cdk/aws-ec2:noSubnetRouteTableId',
      'Nothing here changes the routes of a VPC that belongs to somebody else.',
    );
    return vpc;
  }

  private made({ cidr = '10.250.0.0/22', egress }: NewVpcConfig, names: Names): ec2.Vpc {
    const inside = egress === 'nat' ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED;
    return new ec2.Vpc(this, 'Vpc', {
      vpcName: names.project,
      ipAddresses: ec2.IpAddresses.cidr(cidr),
      maxAzs: 2,
      // One for both zones: a zone that is lost stops builds, and no application.
      natGateways: egress === 'nat' ? 1 : 0,
      subnetConfiguration: [
        ...(egress === 'nat'
          ? [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false }]
          : []),
        { name: 'Builds', subnetType: inside },
      ],
      // Nothing is in that group. To empty it takes a function that may change security groups.
      restrictDefaultSecurityGroup: false,
      // Costs nothing, and takes artifacts, the cache and the layers of ECR's images past the NAT gateway.
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
  }

  /** For as long as a build's own log, and after the stack. */
  private logged(vpc: ec2.Vpc, { names, logDays }: BuildNetworkProps): logs.ILogGroup {
    const { region, account } = Stack.of(this);
    const logGroup = new logs.LogGroup(this, 'FlowLogs', {
      retention: logDays,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const inlinePolicies = {
      logs: policy(
        allow(
          ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          [logGroup.logGroupArn],
        ),
      ),
    };
    // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    const role = new iam.Role(this, 'FlowLogsRole', {
      description: `Flow logs of the VPC of ${names.project}: write them`,
      assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:ec2:${region}:${account}:vpc-flow-log/*` },
        },
      }),
      inlinePolicies,
    });
    acknowledgeWildcards(role, Object.values(inlinePolicies), [
      [/./, 'Every network interface has a log stream of its own, in this one log group.'],
    ]);
    vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup, role.withoutPolicyUpdates()),
      trafficType: ec2.FlowLogTrafficType.ALL,
    });
    return logGroup;
  }

  /** In both zones, reached by builds alone. */
  private endpoints({ debugSessions }: BuildNetworkProps): void {
    const group = new ec2.SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: 'Services of AWS, for builds',
      allowAllOutbound: false,
    });
    group.addIngressRule(this.securityGroup, ec2.Port.tcp(443), 'Builds');
    for (const [name, service] of Object.entries({ ...ENDPOINTS, ...(debugSessions && DEBUGGING) })) {
      new ec2.InterfaceVpcEndpoint(this, name, {
        vpc: this.vpc,
        service,
        subnets: this.subnets,
        securityGroups: [group],
        open: false,
      });
    }
    Annotations.of(this).addWarningV2('mangoo:no-internet', NO_INTERNET);
  }
}

/** What CodeBuild's agent, `ci/` and the CDK CLI call, and the buildspec's parameters and secrets come from. S3 has a gateway. */
const ENDPOINTS = {
  CloudFormation: ec2.InterfaceVpcEndpointAwsService.CLOUDFORMATION,
  CodeBuild: ec2.InterfaceVpcEndpointAwsService.CODEBUILD,
  Ecr: ec2.InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Ecs: ec2.InterfaceVpcEndpointAwsService.ECS,
  Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Ssm: ec2.InterfaceVpcEndpointAwsService.SSM,
  Sts: ec2.InterfaceVpcEndpointAwsService.STS,
} as const;

const DEBUGGING = { SsmMessages: ec2.InterfaceVpcEndpointAwsService.SSM_MESSAGES } as const;

const NO_INTERNET =
  "vpc.egress is 'endpoints': builds reach AWS and nothing else. GitHub, npm, PyPI and Docker Hub are out of reach, so a build that a push " +
  'starts ends in DOWNLOAD_SOURCE; sources have to come from S3, packages and base images from registries inside AWS';
