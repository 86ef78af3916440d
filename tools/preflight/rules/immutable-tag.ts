import { positionals } from '../model/command';
import { type Push, pushesOf, type Repository, repositoriesOf } from '../model/images';
import { isLiteral } from '../model/stack';
import type { Found, Rule } from '../rule';

export const immutableTag: Rule = {
  id: 'F53',
  name: 'immutable-tag',
  title: 'A tag is pushed twice to a repository whose tags are immutable',
  awsError:
    "tag invalid: The image tag 'TAG' already exists in the 'NAME' repository and cannot be overwritten because the tag is immutable.",
  cause: 'the repository keeps what a tag was first pushed for, and another build pushes the same tag again',
  fix: 'push under a tag of the commit, and only where the registry does not have it yet; exempt a movable tag by an exclusion filter (IMMUTABLE_WITH_EXCLUSION)',
  link: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html',
  *check(model) {
    const repositories = repositoriesOf(model);
    for (const push of pushesOf(model)) {
      const repository = repositories.find(({ name }) => name === push.repository);
      if (repository && push.tag !== undefined) yield* refused(push, push.tag, repository);
    }
  },
};

function* refused({ command, build }: Push, tag: string, repository: Repository): Iterable<Found> {
  const { name } = repository;
  const awsError = `tag invalid: The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`;
  const goesOn = command.conditional || command.ignored !== undefined;
  if (isLiteral(tag)) {
    if (!repository.isImmutable(tag)) return;
    yield {
      level: goesOn ? 'warning' : 'error',
      place: command.place,
      message: `tags of ${name} are immutable, and every build pushes ${tag}: the second one fails`,
      awsError,
    };
  } else if (
    !goesOn &&
    repository.isImmutable('0') &&
    isOfCommit(tag, build.buildspec.text) &&
    !build.commands.some(asksRegistry)
  ) {
    yield {
      level: 'warning',
      place: command.place,
      message: `tags of ${name} are immutable, and ${tag} is the commit's: a build of the same commit that is tried again fails`,
      awsError,
      fix: `ask first: aws ecr describe-images --repository-name ${name} --image-ids imageTag="${tag}" || docker push …`,
    };
  }
}

/** Whether the tag is the commit, or a variable that is set to it or to a part of it. */
function isOfCommit(tag: string, buildspec: string): boolean {
  const commit = 'CODEBUILD_RESOLVED_SOURCE_VERSION';
  if (tag.includes(commit)) return true;
  const [, variable] = /^\$\{?(\w+)\}?$/.exec(tag) ?? [];
  return variable !== undefined && new RegExp(`\\b${variable}=[^\\n]*${commit}`).test(buildspec);
}

/** Whether a command may look for what is pushed already, so that the push can be left out. */
function asksRegistry(command: Push['command']): boolean {
  const [first = '', second = ''] = positionals(command);
  if (command.name === 'aws')
    return first === 'ecr' && /^(?:describe-images|batch-get-image|list-images)$/.test(second);
  return command.name === 'docker' && (first === 'manifest' || first === 'pull' || second === 'imagetools');
}
