import { whyItDeploys } from '../model/deploying';
import { calledBy } from '../model/resources';
import { takesPullRequests } from '../model/webhook';
import type { Rule } from '../rule';

export const pullRequestsDeploy: Rule = {
  id: 'F06',
  name: 'pull-requests-deploy',
  title: 'Unmerged code runs with the rights of a deployment',
  cause:
    'whoever opens a pull request, or pushes to any branch, writes what the build runs: the buildspec, the scripts, the tests; it runs with the role of the project',
  fix: 'build pull requests in a project of their own whose role can deploy nothing, and let this one take pushes to the deployed branch alone',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/webhooks.html',
  *check(model) {
    for (const project of model.projects) {
      const { webhook } = project;
      const why = webhook && whyItDeploys(project, model);
      if (!webhook || why === undefined) continue;
      const found = { level: 'warning', place: project.resource.place } as const;
      if (!webhook.filterGroups.length) {
        yield {
          ...found,
          message: `${calledBy(project)}: a webhook without filter groups takes every push and every pull request, and ${why}`,
        };
        continue;
      }
      // A maintainer looks at each before it is built.
      if (['ALL_PULL_REQUESTS', 'FORK_PULL_REQUESTS'].includes(webhook.requiresCommentApproval ?? ''))
        continue;
      const open = webhook.filterGroups.some(
        (group) =>
          takesPullRequests(group) &&
          !group.some(({ type, exclude }) => type === 'ACTOR_ACCOUNT_ID' && !exclude),
      );
      if (open) {
        const approval = webhook.requiresCommentApproval === 'DISABLED' ? ' that nobody has to approve' : '';
        yield { ...found, message: `${calledBy(project)}: builds pull requests${approval}, and ${why}` };
      }
    }
  },
};
