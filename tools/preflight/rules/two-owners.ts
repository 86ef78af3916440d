import { positionals } from '../model/command';
import { deploys } from '../model/deployments';
import type { Model } from '../model/model';
import type { Place } from '../model/place';
import type { Service } from '../model/service';
import type { Rule } from '../rule';

export const twoOwners: Rule = {
  id: 'F81',
  name: 'two-owners',
  title: 'Two own the task definition',
  cause:
    "a command or an action gives the service a task definition of its own, and the next deployment of the stack sets the stack's again, with its old image",
  fix: 'let the stack alone own it: give the image to its synth (by digest, as context or parameter) and deploy it',
  link: 'https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html',
  *check(model) {
    for (const service of model.services) {
      if (service.taskDefinition === undefined || isDeployedByOthers(service)) continue;
      const isDeployed = model.builds.some(({ commands }) =>
        commands.some((command) => deploys(command, service.stack)),
      );
      if (!isDeployed) continue;
      for (const { place, by } of otherOwners(service, model)) {
        yield {
          level: 'warning',
          place,
          message: `${by} changes the task definition of ${service.name}, which ${service.stack.name} owns: its next deployment undoes that`,
        };
      }
    }
  },
};

/** The stack leaves the task definition to them. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-types.html */
function isDeployedByOthers({ resource }: Service): boolean {
  return /"Type":"(?:EXTERNAL|CODE_DEPLOY)"/.test(
    JSON.stringify(resource.properties.DeploymentController ?? {}),
  );
}

function* otherOwners(
  service: Service,
  { builds, pipelines, services }: Model,
): Iterable<{ place: Place; by: string }> {
  // What a command means that names no service by a literal, is only certain where there is one.
  const isMeant = (text: string): boolean => text.includes(service.name) || services.length === 1;
  for (const { commands } of builds) {
    const registers = commands.some(
      (command) => command.name === 'aws' && positionals(command)[1] === 'register-task-definition',
    );
    for (const command of commands) {
      const [first, second] = positionals(command);
      const updates = command.name === 'aws' && first === 'ecs' && second === 'update-service';
      const isOwner =
        (updates && registers && command.words.some((word) => word.startsWith('--task-definition'))) ||
        command.name === 'ecs-deploy' ||
        (command.name === 'ecs' && first === 'deploy');
      if (isOwner && isMeant(command.words.join(' ')))
        yield { place: command.place, by: command.name === 'aws' ? 'aws ecs update-service' : command.name };
    }
  }
  for (const { resource, actions } of pipelines) {
    for (const { provider, name, configuration } of actions) {
      if (provider === 'ECS' && isMeant(JSON.stringify(configuration))) {
        yield { place: resource.place, by: `the action ${name}` };
      }
    }
  }
}
