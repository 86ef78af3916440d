import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
} from '@aws-sdk/client-ec2';
import { generatedName } from '../generated-name';
import { type Provider, textOf } from '../provider';

// Made rather than accepted, because ECS looks for the subnets and security groups of a service.

export const vpc: Provider = {
  replacedBy: ['CidrBlock', 'InstanceTenancy'],
  async create({ clients }, properties) {
    const CidrBlock = textOf(properties, 'CidrBlock');
    const { Vpc } = await clients.ec2.send(new CreateVpcCommand({ CidrBlock }));
    const id = Vpc?.VpcId ?? '';
    return {
      physicalId: id,
      attributes: { VpcId: id, CidrBlock, DefaultSecurityGroup: `sg-${id.slice(4)}` },
    };
  },
  update: (_, physicalId, properties) =>
    Promise.resolve({
      physicalId,
      attributes: { VpcId: physicalId, CidrBlock: textOf(properties, 'CidrBlock') },
    }),
  async delete({ clients }, VpcId) {
    await clients.ec2.send(new DeleteVpcCommand({ VpcId }));
  },
};

export const subnet: Provider = {
  replacedBy: ['VpcId', 'CidrBlock', 'AvailabilityZone'],
  async create({ clients }, properties) {
    const AvailabilityZone = textOf(properties, 'AvailabilityZone');
    const { Subnet } = await clients.ec2.send(
      new CreateSubnetCommand({
        VpcId: textOf(properties, 'VpcId'),
        CidrBlock: textOf(properties, 'CidrBlock'),
        AvailabilityZone,
      }),
    );
    const id = Subnet?.SubnetId ?? '';
    return { physicalId: id, attributes: { SubnetId: id, AvailabilityZone } };
  },
  update: (_, physicalId, properties) =>
    Promise.resolve({
      physicalId,
      attributes: { SubnetId: physicalId, AvailabilityZone: textOf(properties, 'AvailabilityZone') },
    }),
  async delete({ clients }, SubnetId) {
    await clients.ec2.send(new DeleteSubnetCommand({ SubnetId }));
  },
};

export const securityGroup: Provider = {
  replacedBy: ['GroupName', 'GroupDescription', 'VpcId'],
  async create(context, properties) {
    const { GroupId = '' } = await context.clients.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: textOf(properties, 'GroupName') ?? generatedName(context, 255),
        Description: textOf(properties, 'GroupDescription'),
        VpcId: textOf(properties, 'VpcId'),
      }),
    );
    return { physicalId: GroupId, attributes: { GroupId, Id: GroupId, VpcId: textOf(properties, 'VpcId') } };
  },
  update: (_, physicalId, properties) =>
    Promise.resolve({
      physicalId,
      attributes: { GroupId: physicalId, Id: physicalId, VpcId: textOf(properties, 'VpcId') },
    }),
  async delete({ clients }, GroupId) {
    await clients.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  },
};
