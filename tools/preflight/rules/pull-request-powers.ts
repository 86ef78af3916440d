import { whyItDeploys } from '../model/deploying';
import type { Project } from '../model/project';
import { asPattern } from '../needs/need';
import { allowedOn } from '../needs/powers';
import { isForPullRequests } from '../needs/reach';
import type { Found, Rule } from '../rule';

export const pullRequestPowers: Rule = {
  id: 'S01',
  name: 'pull-request-powers',
  title: 'Pull requests are built with permissions to steal or to leave something',
  cause:
    'whoever sends a pull request, from a fork too, writes what its build runs, and that runs with the role of the project: it can take what the role reads, and leave something where deployments find it',
  fix: 'build pull requests in a project of their own, whose role writes its log and its reports and nothing else; and let somebody approve each: Triggers.PullRequestBuildPolicy {"RequiresCommentApproval": "ALL_PULL_REQUESTS"}',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html',
  *check(model): Iterable<Found> {
    for (const project of model.projects) {
      const { role, webhook, name, resource } = project;
      // A maintainer looks at each before it is built.
      const approval = webhook?.requiresCommentApproval ?? '';
      if (!role || !isForPullRequests(project) || /^(?:ALL|FORK)_PULL_REQUESTS$/.test(approval)) continue;
      // That they can deploy, which is worse, F06 tells.
      if (whyItDeploys(project, model) !== undefined) continue;
      const powers = POWERS.flatMap(([action, words]) => {
        const where = allowedOn(role, action).filter((pattern) => !isOwn(pattern, project));
        return where[0] === undefined ? [] : [`${words} ${asPattern(where[0], project.stack)}`];
      });
      if (!powers.length) continue;
      yield {
        level: 'warning',
        place: resource.place,
        message: `${name} builds pull requests${approval === 'DISABLED' ? ' that nobody has to approve' : ''}, and ${role.name} may ${powers.slice(0, 3).join('; ')}`,
      };
    }
  },
};

const POWERS: readonly (readonly [action: string, words: string])[] = [
  ['sts:AssumeRole', 'assume'],
  ['iam:PassRole', 'pass'],
  ['ecr:PutImage', 'push images to'],
  ['s3:PutObject', 'write to'],
  ['s3:DeleteObject', 'delete from'],
  ['secretsmanager:GetSecretValue', 'read'],
  ['ssm:GetParameters', 'read'],
  ['ssm:GetParameter', 'read'],
];

/** Where its own artifacts and its own cache go. */
function isOwn(pattern: string, { artifacts, cache }: Project): boolean {
  const bucket = /^arn:[^:]*:s3:::([^/]+)/.exec(pattern)?.[1];
  return (
    bucket !== undefined &&
    [artifacts.location, cache.location].some(
      (location) => location?.replace(/^arn:[^:]*:s3:::/, '').split('/')[0] === bucket,
    )
  );
}
