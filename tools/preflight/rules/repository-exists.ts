import type { Command } from '../model/command';
import { option, positionals } from '../model/command';
import { deploys } from '../model/deployments';
import { repositoriesOf } from '../model/images';
import { isLiteral } from '../model/stack';
import type { Rule } from '../rule';

export const repositoryExists: Rule = {
  id: 'F51',
  name: 'repository-exists',
  title: 'A repository is created twice',
  awsError: "Resource of type 'AWS::ECR::Repository' with identifier 'NAME' already exists.",
  cause: 'a command of the build and a stack both create the repository; whichever comes second fails',
  fix: 'let the stack alone create it, and deploy that before the first build',
  link: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html',
  *check(model) {
    const repositories = repositoriesOf(model);
    for (const build of model.builds) {
      for (const [index, command] of build.commands.entries()) {
        const name = createdRepository(command);
        const repository = repositories.find((each) => each.name === name);
        if (name === undefined || !repository) continue;
        const region = option(command, '--region');
        if (typeof region === 'string' && region !== repository.stack.region) continue;
        const always = !command.conditional && command.ignored === undefined;
        if (repository.stack === build.project?.stack) {
          // It is there before the first build: the command can only heal, or fail.
          if (!always) continue;
          yield {
            level: 'error',
            place: command.place,
            message: `${repository.stack.name} makes the repository ${name} before the first build, so creating it fails`,
            awsError: `An error occurred (RepositoryAlreadyExistsException) when calling the CreateRepository operation: The repository with name '${name}' already exists in the registry`,
            fix: 'delete the command',
          };
        } else if (build.commands.slice(index).some((later) => deploys(later, repository.stack))) {
          yield {
            level: always ? 'error' : 'warning',
            place: command.place,
            message: `the repository ${name} is created here, and ${repository.stack.name}, which this build deploys after it, creates it too`,
            awsError: `Resource of type 'AWS::ECR::Repository' with identifier '${name}' already exists.`,
          };
        }
      }
    }
  },
};

function createdRepository(command: Command): string | undefined {
  const [service, action] = command.name === 'aws' ? positionals(command) : [];
  if (service !== 'ecr' || action !== 'create-repository') return undefined;
  const name = option(command, '--repository-name');
  return typeof name === 'string' && isLiteral(name) ? name : undefined;
}
