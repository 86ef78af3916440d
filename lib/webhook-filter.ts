import { EventAction, FilterGroup } from 'aws-cdk-lib/aws-codebuild';

/**
 * The pattern of a webhook's HEAD_REF or BASE_REF filter that matches one branch and no other.
 *
 * CodeBuild searches refs with a regular expression: unanchored, `main` also matches `main-2` and `maintenance`;
 * unescaped, `v1.2` also matches `v1x2`. CDK's `andBranchIs` does neither.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 */
export function branchPattern(branch: string): string {
  return `^refs/heads/${branch.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
}

/** Pushes to `branch`, unless the head commit's message says `[skip ci]`. */
export function pushesTo(branch: string): FilterGroup {
  return FilterGroup.inEventOf(EventAction.PUSH)
    .andHeadRefIs(branchPattern(branch))
    .andCommitMessageIsNot('\\[skip ci\\]');
}

/**
 * Pull requests that would change `branch`. What their own branch is called says nothing: anybody's fork may have a `main`.
 * A message cannot skip them, or an author could skip the tests.
 */
export function pullRequestsTo(branch: string): FilterGroup {
  return FilterGroup.inEventOf(
    EventAction.PULL_REQUEST_CREATED,
    EventAction.PULL_REQUEST_UPDATED,
    EventAction.PULL_REQUEST_REOPENED,
  ).andBaseRefIs(branchPattern(branch));
}
