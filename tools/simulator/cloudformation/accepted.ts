import { createHash } from 'node:crypto';
import { generatedName } from './generated-name';
import type { Made, ProviderContext } from './provider';

/**
 * A made-up id and attributes for a type that is not played. Attributes that are not in the table are made up too, so that
 * whatever refers to them goes on.
 */
export function accepted(context: ProviderContext, type: string): Made {
  const name = generatedName(context, type.startsWith('AWS::ElasticLoadBalancingV2::') ? 32 : 63);
  const id = createHash('sha256').update(name).digest('hex').slice(0, 17);
  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${context.region}:${context.account}:${resource}`;
  const elb = (resource: string): string => arn('elasticloadbalancing', `${resource}/${id.slice(0, 16)}`);
  const lower = name.toLowerCase();
  switch (type) {
    case 'AWS::ElasticLoadBalancingV2::LoadBalancer': {
      const dns = `${lower}-1234567890.${context.region}.elb.amazonaws.com`;
      const full = `app/${name}/${id.slice(0, 16)}`;
      const attributes = {
        DNSName: dns,
        LoadBalancerFullName: full,
        LoadBalancerName: name,
        CanonicalHostedZoneID: 'Z35SXDOTRQ7X7K',
      };
      const loadBalancerArn = arn('elasticloadbalancing', `loadbalancer/${full}`);
      return { physicalId: loadBalancerArn, attributes: { ...attributes, LoadBalancerArn: loadBalancerArn } };
    }
    case 'AWS::ElasticLoadBalancingV2::TargetGroup': {
      const physicalId = elb(`targetgroup/${name}`);
      const attributes = {
        TargetGroupName: name,
        TargetGroupFullName: `targetgroup/${name}/${id.slice(0, 16)}`,
        TargetGroupArn: physicalId,
      };
      return { physicalId, attributes };
    }
    case 'AWS::ElasticLoadBalancingV2::Listener':
      return {
        physicalId: elb(`listener/app/${name}`),
        attributes: { ListenerArn: elb(`listener/app/${name}`) },
      };
    case 'AWS::ElasticLoadBalancingV2::ListenerRule':
      return {
        physicalId: elb(`listener-rule/app/${name}`),
        attributes: { RuleArn: elb(`listener-rule/app/${name}`) },
      };
    case 'AWS::RDS::DBCluster': {
      const endpoint = `${lower}.cluster-abcdefghijkl.${context.region}.rds.amazonaws.com`;
      const attributes = {
        'Endpoint.Address': endpoint,
        'Endpoint.Port': '5432',
        'ReadEndpoint.Address': endpoint.replace('.cluster-', '.cluster-ro-'),
        DBClusterArn: arn('rds', `cluster:${lower}`),
        DBClusterResourceId: `cluster-${id.toUpperCase()}`,
      };
      return { physicalId: lower, attributes };
    }
    case 'AWS::RDS::DBInstance': {
      const address = `${lower}.abcdefghijkl.${context.region}.rds.amazonaws.com`;
      return { physicalId: lower, attributes: { 'Endpoint.Address': address, 'Endpoint.Port': '5432' } };
    }
    case 'AWS::KMS::Key': {
      const key = `${id.slice(0, 8)}-1111-2222-3333-444455556666`;
      return { physicalId: key, attributes: { KeyId: key, Arn: arn('kms', `key/${key}`) } };
    }
    case 'AWS::EC2::EIP':
      return {
        physicalId: '203.0.113.10',
        attributes: { AllocationId: `eipalloc-${id}`, PublicIp: '203.0.113.10' },
      };
    default: {
      const prefix = EC2_PREFIXES[type];
      // RDS keeps names in lower case, and CloudFormation's policies are written for that.
      const physicalId = prefix ? `${prefix}-${id}` : type.startsWith('AWS::RDS::') ? lower : name;
      const service = type.split('::')[1]?.toLowerCase() ?? 'aws';
      return { physicalId, attributes: { Arn: arn(service, name), Id: physicalId } };
    }
  }
}

const EC2_PREFIXES: Readonly<Record<string, string>> = {
  'AWS::EC2::InternetGateway': 'igw',
  'AWS::EC2::NatGateway': 'nat',
  'AWS::EC2::Route': 'r',
  'AWS::EC2::RouteTable': 'rtb',
  'AWS::EC2::SubnetRouteTableAssociation': 'rtbassoc',
  'AWS::EC2::SecurityGroupIngress': 'sgr',
  'AWS::EC2::SecurityGroupEgress': 'sgr',
  'AWS::EC2::VPCEndpoint': 'vpce',
};

/**
 * Properties of databases that cannot be changed but by another resource, the `createOnlyProperties` of AWS's schemas, so that a
 * change set says of them what it says on AWS. Any other type that is only accepted keeps its id.
 * https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds
 */
export const ACCEPTED_REPLACED_BY: Readonly<Record<string, readonly string[]>> = {
  'AWS::RDS::DBCluster': [
    'AvailabilityZones',
    'DBClusterIdentifier',
    'DBSubnetGroupName',
    'DatabaseName',
    'EngineMode',
    'KmsKeyId',
    'RestoreToTime',
    'RestoreType',
    'SnapshotIdentifier',
    'SourceDBClusterIdentifier',
    'SourceRegion',
    'StorageEncrypted',
    'UseLatestRestorableTime',
  ],
  'AWS::RDS::DBInstance': [
    'CharacterSetName',
    'DBClusterIdentifier',
    'DBInstanceIdentifier',
    'DBName',
    'DBSubnetGroupName',
    'KmsKeyId',
    'MasterUsername',
    'SourceRegion',
    'StorageEncrypted',
    'Timezone',
  ],
  'AWS::RDS::DBSubnetGroup': ['DBSubnetGroupName'],
};
