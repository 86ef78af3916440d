import { UserError } from '../../command';
import type { PullRequestBuildPolicy, PullRequestEvent, WebhookEvent } from './types';

/**
 * The repository role that an author's association stands for. GitHub's payload does not tell the role itself, which
 * CodeBuild asks GitHub for; members and collaborators are taken to have been given write access.
 *
 * https://docs.github.com/graphql/reference/enums#commentauthorassociation
 */
const ROLES: Readonly<Record<string, string>> = {
  OWNER: 'GITHUB_ADMIN',
  MEMBER: 'GITHUB_WRITE',
  COLLABORATOR: 'GITHUB_WRITE',
};

/** What CodeBuild gives every new project. */
const DEFAULT_POLICY = {
  requiresCommentApproval: 'ALL_PULL_REQUESTS',
  approverRoles: ['GITHUB_ADMIN', 'GITHUB_MAINTAIN', 'GITHUB_WRITE'],
};

/**
 * Why a pull request has to wait for a comment that approves its build; undefined when it need not.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/pull-request-build-policy.html
 */
export function approvalNeeded(
  event: WebhookEvent,
  policy: PullRequestBuildPolicy = DEFAULT_POLICY,
): string | undefined {
  if (!('number' in event)) return undefined;
  const { requiresCommentApproval, approverRoles = DEFAULT_POLICY.approverRoles } = policy;
  if (requiresCommentApproval === 'DISABLED') return undefined;
  if (requiresCommentApproval === 'FORK_PULL_REQUESTS' && !event.fork) return undefined;
  const { authorAssociation = 'unknown', approved = false } = event;
  if (approved) return undefined;
  const role = ROLES[authorAssociation] ?? 'GITHUB_READ';
  if (authorAssociation !== 'unknown' && approverRoles.includes(role)) return undefined;
  return (
    `Pull request approval required: the author (${authorAssociation}) has none of the roles ` +
    `${approverRoles.join(', ')}; one who has comments ${approvalOf(event)}`
  );
}

/** The comment that has this commit built, and no later one. */
export function approvalOf({ headCommit }: PullRequestEvent): string {
  return `/codebuild_run(${headCommit})`;
}

/**
 * The event after that comment.
 *
 * @throws UserError for what nobody approves
 */
export function approved(event: WebhookEvent): PullRequestEvent {
  if ('number' in event) return { ...event, approved: true };
  throw new UserError(`--approve: expected a pull request, got ${event.event}`);
}
