import { option, positionals } from '../model/command';
import { isDeployment } from '../model/deployments';
import { imageReference, pushesOf } from '../model/images';
import type { Model } from '../model/model';
import { resourcesOf } from '../model/resources';
import { isLiteral } from '../model/stack';
import type { Rule } from '../rule';

export const unchangedTask: Rule = {
  id: 'F54',
  name: 'unchanged-task',
  title: 'A deployment changes nothing, and the old image keeps running',
  cause:
    'the task definition names the image by a tag that stays the same, so CloudFormation sees no change and ECS keeps the tasks that run',
  fix: 'name the image by digest (REPOSITORY@sha256:…) or by a tag of the commit, given to the synth of the build; or force a new deployment after it',
  link: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html#deployment-container-image-stability',
  *check(model) {
    const pushes = pushesOf(model);
    if (!model.builds.some(({ commands }) => commands.some(isDeployment)) || rollsOtherwise(model)) return;
    for (const { name: service, taskDefinition } of model.services) {
      for (const { name, image } of taskDefinition?.containers ?? []) {
        const { repository, tag, digest } = imageReference(image);
        if (repository === undefined || tag === undefined || digest !== undefined || !isLiteral(tag))
          continue;
        const push = pushes.find((each) => each.repository === repository && each.tag === tag);
        if (!push) continue;
        yield {
          level: 'warning',
          place: push.command.place,
          message: `${service} runs ${name} as ${repository}:${tag}, the tag that every build pushes anew: deploying changes nothing`,
        };
      }
    }
  },
};

/** By a command, by a pipeline's own action, or by somebody who hears of the push. */
function rollsOtherwise({ builds, pipelines, services, stacks }: Model): boolean {
  const forces = builds.some(({ commands }) =>
    commands.some((command) => {
      const [first = '', second = ''] = positionals(command);
      if (command.name === 'aws' && first === 'ecs') {
        return (
          /^(?:register-task-definition|create-deployment|run-task|stop-task)$/.test(second) ||
          (second === 'update-service' && option(command, '--force-new-deployment') !== undefined)
        );
      }
      return (command.name === 'aws' && first === 'deploy') || /^(?:ecs-deploy|ecs)$/.test(command.name);
    }),
  );
  return (
    forces ||
    pipelines.some(({ actions }) =>
      actions.some(({ provider }) => /^(?:ECS|CodeDeployToECS|Lambda)$/.test(provider)),
    ) ||
    services.some(({ resource }) => 'ForceNewDeployment' in resource.properties) ||
    resourcesOf(stacks, 'AWS::Events::Rule').some(({ resource }) =>
      JSON.stringify(resource.properties).includes('aws.ecr'),
    )
  );
}
