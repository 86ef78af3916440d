import { flag, list, number, text, texts } from '../../values';
import { nameOf, referredTo, resourcesOf } from './resources';
import type { Resource, Stack } from './stack';

/** An ECS service of a template. */
export interface Service {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  readonly cluster: string;
  readonly circuitBreaker: { readonly enabled: boolean; readonly rollback: boolean };
  /** Undefined where no template has it. */
  readonly taskDefinition?: TaskDefinition;
}

export interface TaskDefinition {
  readonly stack: Stack;
  readonly resource: Resource;
  readonly family: string;
  /** `X86_64` where nothing is said. */
  readonly cpuArchitecture: string;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  /** As far as known, e.g. `‹AWS::AccountId›.dkr.ecr.us-east-1.amazonaws.com/mangoo-backend:latest`. */
  readonly image: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly healthCheck?: readonly string[];
  readonly ports: readonly number[];
}

/** The ECS services of all stacks. */
export function servicesOf(stacks: readonly Stack[]): Service[] {
  const definitions = resourcesOf(stacks, 'AWS::ECS::TaskDefinition').map(({ stack, resource }) => ({
    stack,
    resource,
    family: nameOf(resource, 'Family'),
    cpuArchitecture: text(resource.properties, 'RuntimePlatform', 'CpuArchitecture') ?? 'X86_64',
    containers: list(resource.properties, 'ContainerDefinitions').map(containerOf),
    // A revision's number is not known, so that its logical id stands at the end of its ARN.
    revision: `${nameOf(resource, 'Family')}:‹${resource.logicalId}›`,
  }));
  return resourcesOf(stacks, 'AWS::ECS::Service').map(({ stack, resource }): Service => {
    const { properties } = resource;
    const [, revision = ''] = (text(properties, 'TaskDefinition') ?? '').split('task-definition/');
    const family = text(properties, 'TaskDefinition') ?? '';
    const found =
      referredTo(revision, 'revision', stack, definitions) ??
      referredTo(family, 'family', stack, definitions);
    const breaker = ['DeploymentConfiguration', 'DeploymentCircuitBreaker'];
    return {
      stack,
      resource,
      name: nameOf(resource, 'ServiceName'),
      cluster: (text(properties, 'Cluster') ?? 'default').replace(/^arn:.*:cluster\//, ''),
      circuitBreaker: {
        enabled: flag(properties, ...breaker, 'Enable') ?? false,
        rollback: flag(properties, ...breaker, 'Rollback') ?? false,
      },
      taskDefinition: found,
    };
  });
}

function containerOf(container: unknown): Container {
  return {
    name: text(container, 'Name') ?? '',
    image: text(container, 'Image') ?? '',
    environment: list(container, 'Environment').flatMap((variable) => {
      const name = text(variable, 'Name');
      return name === undefined ? [] : [{ name, value: text(variable, 'Value') ?? '' }];
    }),
    secrets: list(container, 'Secrets').flatMap((secret) => {
      const name = text(secret, 'Name');
      return name === undefined ? [] : [{ name, valueFrom: text(secret, 'ValueFrom') ?? '' }];
    }),
    healthCheck: list(container, 'HealthCheck', 'Command').length
      ? texts(container, 'HealthCheck', 'Command')
      : undefined,
    ports: list(container, 'PortMappings').flatMap((mapping) => number(mapping, 'ContainerPort') ?? []),
  };
}
