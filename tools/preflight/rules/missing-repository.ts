import { positionals } from '../model/command';
import { isOfEcr, pushesOf, repositoriesOf } from '../model/images';
import type { Model } from '../model/model';
import { resourcesOf } from '../model/resources';
import type { Rule } from '../rule';

export const missingRepository: Rule = {
  id: 'F52',
  name: 'missing-repository',
  title: 'Nothing creates the repository that is pushed to',
  awsError: "name unknown: The repository with name 'NAME' does not exist in the registry with id 'ACCOUNT'",
  cause: 'neither a stack nor a command creates it, while other repositories are created by stacks',
  fix: 'create it in the stack beside the others, or correct the name',
  link: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html',
  *check(model) {
    const repositories = repositoriesOf(model).map(({ name }) => name);
    if (!repositories.length || mayCreateAny(model)) return;
    for (const push of pushesOf(model)) {
      const { repository, build, command } = push;
      if (repository === undefined || repository.startsWith('‹') || !isOfEcr(push)) continue;
      if (repositories.includes(repository) || isGranted(repository, build.project?.role)) continue;
      yield {
        level: 'warning',
        place: command.place,
        message: `no stack creates the repository ${repository}; there are ${repositories.join(', ')}`,
        awsError: `name unknown: The repository with name '${repository}' does not exist in the registry`,
      };
    }
  },
};

/** By a command, whose name may be a variable's, or by a push: then every repository may be there. */
function mayCreateAny({ builds, stacks }: Model): boolean {
  const creates = builds.some(({ commands }) =>
    commands.some((command) => {
      if (/^(?:terraform|tofu|pulumi|copilot|eksctl)$/.test(command.name)) return true;
      const [service, action] = command.name === 'aws' ? positionals(command) : [];
      return service === 'ecr' && (action === 'create-repository' || action === 'put-registry-policy');
    }),
  );
  return creates || resourcesOf(stacks, 'AWS::ECR::RepositoryCreationTemplate').length > 0;
}

/** A policy that names it tells of a repository that somebody made elsewhere. */
function isGranted(
  repository: string,
  role: { policies: readonly { document: unknown }[] } | undefined,
): boolean {
  return (
    role?.policies.some(({ document }) => JSON.stringify(document).includes(`:repository/${repository}"`)) ??
    false
  );
}
