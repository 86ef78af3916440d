import { EventAction, FilterGroup } from 'aws-cdk-lib/aws-codebuild';

/**
 * The pattern of a webhook's HEAD_REF filter that matches one branch and no other.
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
