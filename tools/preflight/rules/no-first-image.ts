import { number } from '../../values';
import { nameOf, resourcesOf } from '../model/resources';
import type { Rule } from '../rule';

export const noFirstImage: Rule = {
  id: 'F78',
  name: 'no-first-image',
  title: 'The first deployment waits for an image that cannot be there',
  awsError: 'CannotPullContainerError: … not found',
  cause:
    'the stack makes the repository and, in the same deployment, a service that runs an image of it: nobody can have pushed one in between, so the tasks never start',
  fix: 'make the repository in a stack that is deployed before, push an image, and then deploy the service; or deploy it with DesiredCount: 0 first',
  link: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html',
  *check({ stacks, services }) {
    const repositories = resourcesOf(stacks, 'AWS::ECR::Repository').map((found) => ({
      ...found,
      name: nameOf(found.resource, 'RepositoryName'),
    }));
    for (const { name, stack, resource, taskDefinition } of services) {
      if (number(resource.properties, 'DesiredCount') === 0) continue;
      for (const { image } of taskDefinition?.containers ?? []) {
        const repository = repositories.find(
          (one) =>
            one.stack === stack && image.replace(/[@:][^/]*$/, '').endsWith(`.amazonaws.com/${one.name}`),
        );
        if (!repository || isFilled(stack.resources, repository.resource.logicalId)) continue;
        yield {
          level: 'warning',
          place: resource.place,
          message: `${name} runs ${image}, and ${stack.name} makes the repository ${repository.name} in the same deployment: the first one never becomes stable`,
        };
      }
    }
  },
};

/** By a custom resource that copies or builds an image while the stack is made. */
function isFilled(
  resources: readonly { readonly type: string; readonly raw: unknown }[],
  repository: string,
): boolean {
  return resources.some(
    ({ type, raw }) =>
      /^(Custom::|AWS::CloudFormation::CustomResource$)/.test(type) &&
      type !== 'Custom::ECRAutoDeleteImages' &&
      JSON.stringify(raw).includes(`"${repository}"`),
  );
}
