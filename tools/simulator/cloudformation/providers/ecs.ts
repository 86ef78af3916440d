import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { generatedName } from '../generated-name';
import {
  camelCased,
  type Made,
  type Properties,
  type Provider,
  type ProviderContext,
  tagsOf,
  textOf,
} from '../provider';

export const cluster: Provider = {
  replacedBy: ['ClusterName'],
  async create(context, properties) {
    const clusterName = textOf(properties, 'ClusterName') ?? generatedName(context);
    const tags = ecsTags(context, properties);
    const { cluster: made } = await context.clients.ecs.send(new CreateClusterCommand({ clusterName, tags }));
    return { physicalId: clusterName, attributes: { Arn: made?.clusterArn } };
  },
  async delete({ clients }, clusterName) {
    await clients.ecs.send(new DeleteClusterCommand({ cluster: clusterName }));
  },
};

/** Task definitions have revisions: every change is a new one, and the old one goes when the stack has been updated. */
export const taskDefinition: Provider = {
  replacedBy: [],
  async create(context, properties) {
    const { Tags: _, ...rest } = properties;
    const input = {
      family: generatedName(context),
      ...(camelCased(rest) as object),
      tags: ecsTags(context, properties),
    } as RegisterTaskDefinitionCommandInput;
    const { taskDefinition: made } = await context.clients.ecs.send(new RegisterTaskDefinitionCommand(input));
    const arn = made?.taskDefinitionArn ?? '';
    return { physicalId: arn, attributes: { TaskDefinitionArn: arn } };
  },
  async delete({ clients }, arn) {
    await clients.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
  },
};

export const service: Provider = {
  replacedBy: ['ServiceName', 'Cluster', 'LaunchType', 'SchedulingStrategy'],
  async create(context, properties) {
    const { Tags: _, ...rest } = properties;
    const input = {
      serviceName: generatedName(context),
      ...(camelCased(rest) as object),
      tags: ecsTags(context, properties),
    } as CreateServiceCommandInput;
    const { service: created } = await context.clients.ecs.send(new CreateServiceCommand(input));
    context.begun(created?.serviceArn ?? '');
    return steady(context, input.cluster ?? 'default', input.serviceName ?? '');
  },
  async update(context, physicalId, properties) {
    const name = nameOf(physicalId);
    const {
      desiredCount,
      taskDefinition: definition,
      deploymentConfiguration,
      networkConfiguration,
    } = camelCased(properties) as Omit<UpdateServiceCommandInput, 'service'>;
    const inCluster = textOf(properties, 'Cluster');
    await context.clients.ecs.send(
      new UpdateServiceCommand({
        cluster: inCluster,
        service: name,
        desiredCount,
        taskDefinition: definition,
        deploymentConfiguration,
        networkConfiguration,
      }),
    );
    return steady(context, inCluster ?? 'default', name);
  },
  async delete({ clients }, physicalId, properties) {
    const input = { cluster: textOf(properties, 'Cluster'), service: nameOf(physicalId), force: true };
    await clients.ecs.send(new DeleteServiceCommand(input));
  },
};

async function steady(context: ProviderContext, inCluster: string, name: string): Promise<Made> {
  await context.untilServiceIsSteady(inCluster, name);
  const arn = `arn:aws:ecs:${context.region}:${context.account}:service/${nameOf(inCluster)}/${name}`;
  return { physicalId: arn, attributes: { Name: name, ServiceArn: arn } };
}

function ecsTags(
  context: ProviderContext,
  properties: Properties,
): { key: string; value: string }[] | undefined {
  const tags = tagsOf(context, properties).map(({ Key, Value }) => ({ key: Key, value: Value }));
  return tags.length ? tags : undefined;
}

function nameOf(arn: string): string {
  return arn.split('/').pop() ?? arn;
}
