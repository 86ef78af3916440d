import { type Command, option, positionals } from '../model/command';
import type { Model } from '../model/model';
import { nameOf, resourcesOf } from '../model/resources';
import { isKnown, isLiteral } from '../model/stack';
import type { Found, Rule } from '../rule';

export const unknownService: Rule = {
  id: 'F80',
  name: 'unknown-service',
  title: 'A command names a cluster or a service that no stack makes',
  awsError:
    'An error occurred (ServiceNotFoundException) when calling the UpdateService operation: Service not found.',
  cause: 'the stacks give it another name, or leave its name to CloudFormation, which adds characters to it',
  fix: 'give it the name in its stack (serviceName, clusterName), or take the name from an output of the stack',
  link: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html',
  *check(model) {
    // Without a service in a template, those of the commands are made elsewhere.
    if (!model.services.length) return;
    for (const { commands } of model.builds) for (const command of commands) yield* unknown(command, model);
  },
};

function* unknown(command: Command, { services, stacks }: Model): Iterable<Found> {
  const [first, operation = ''] = command.name === 'aws' ? positionals(command) : [];
  if (first !== 'ecs') return;
  const named = [option(command, '--service'), ...serviceList(command)].filter(isName);
  if (!named.length) return;
  const clusters = resourcesOf(stacks, 'AWS::ECS::Cluster').map(({ stack, resource }) => ({
    name: nameOf(resource, 'ClusterName'),
    generated: `${stack.name}-${resource.logicalId}-`,
  }));
  const written = option(command, '--cluster');
  const cluster = typeof written === 'string' ? lastOf(written) : 'default';
  if (!isLiteral(cluster)) return;
  const isCluster = services.some((service) => service.cluster === cluster);
  if (
    !isCluster &&
    !clusters.some(({ name, generated }) => name === cluster || cluster.startsWith(generated))
  ) {
    // A cluster that the deployment is given may be this one.
    const given = services.some(
      (service) => !isKnown(service.cluster) && !clusters.some(({ name }) => name === service.cluster),
    );
    if (given) return;
    yield {
      level: 'warning',
      place: command.place,
      message:
        written === undefined
          ? `without --cluster it asks for the cluster default, and no stack has a service there`
          : `no stack makes the cluster ${cluster}; the services are in ${namesOf(services.map((service) => service.cluster))}`,
      awsError: `An error occurred (ClusterNotFoundException) when calling the ${pascal(operation)} operation: Cluster not found.`,
    };
    return;
  }
  for (const service of named.map(lastOf).filter(isLiteral)) {
    const isThere = services.some(
      ({ name, stack, resource }) =>
        name === service || service.startsWith(`${stack.name}-${resource.logicalId}-`),
    );
    if (isThere) continue;
    yield {
      level: 'warning',
      place: command.place,
      message: `no stack makes the service ${service}; there are ${namesOf(services.map(({ name }) => name))}`,
    };
  }
}

/** `--services a b`: as many as follow. */
function serviceList({ words }: Command): string[] {
  const start = words.indexOf('--services') + 1;
  if (!start) return [];
  const end = words.findIndex((word, index) => index >= start && word.startsWith('-'));
  return words.slice(start, end < 0 ? undefined : end);
}

function isName(value: string | true | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

/** An ARN ends with the name. */
function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function namesOf(names: readonly string[]): string {
  return [...new Set(names)]
    .map((name) => (isKnown(name) ? name : `${name} (named by CloudFormation)`))
    .join(', ');
}

function pascal(operation: string): string {
  return operation.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
