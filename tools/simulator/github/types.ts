/**
 * What a webhook of GitHub tells CodeBuild, as far as filters, variables and the build depend on it.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 */
export type WebhookEvent = PushEvent | PullRequestEvent | ReleaseEvent;

interface Told {
  /** The account id of who caused the event: `sender.id` of the payload. */
  readonly actorAccountId: string;
  /** Without its owner. */
  readonly repository: string;
  /** Absent for the repository of a person. */
  readonly organization?: string;
}

/** A branch or a tag was pushed or deleted. */
export interface PushEvent extends Told {
  readonly event: 'PUSH';
  /** `refs/heads/main` or `refs/tags/v1`. */
  readonly ref: string;
  /** Zeros when the push made the ref. */
  readonly before: string;
  /** Zeros when the push deleted the ref. Of an annotated tag, the tag and not the commit. */
  readonly after: string;
  readonly headCommitMessage: string;
  /** Added, modified or removed by the pushed commits, relative to the repository's root. */
  readonly changedFiles: readonly string[];
}

export interface PullRequestEvent extends Told {
  readonly event:
    | 'PULL_REQUEST_CREATED'
    | 'PULL_REQUEST_UPDATED'
    | 'PULL_REQUEST_REOPENED'
    | 'PULL_REQUEST_MERGED'
    | 'PULL_REQUEST_CLOSED';
  readonly number: number;
  /** `refs/heads/feature`, of a fork too. */
  readonly headRef: string;
  readonly headCommit: string;
  /** `refs/heads/main`. */
  readonly baseRef: string;
  readonly baseCommit: string;
  readonly fork: boolean;
  /** What the author is to the repository, e.g. `MEMBER`; absent where the payload does not tell. */
  readonly authorAssociation?: string;
  /** Somebody who may has approved the build of `headCommit` by a comment. */
  readonly approved?: boolean;
  /** Absent where the commits are not at hand: the payload does not tell it. */
  readonly headCommitMessage?: string;
  /** Absent where the commits are not at hand: the payload does not tell them. */
  readonly changedFiles?: readonly string[];
}

export interface ReleaseEvent extends Told {
  readonly event: 'RELEASED' | 'PRERELEASED';
  readonly tag: string;
  readonly name: string;
}

/** What `before` and `after` are when there is no commit. */
export const NO_COMMIT = '0'.repeat(40);

/** As CodeBuild's API has it. */
export interface WebhookFilter {
  readonly type: string;
  readonly pattern: string;
  readonly excludeMatchedPattern?: boolean;
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_PullRequestBuildPolicy.html */
export interface PullRequestBuildPolicy {
  readonly requiresCommentApproval: string;
  readonly approverRoles?: readonly string[];
}

/** The part of a project's webhook that decides. */
export interface WebhookSettings {
  readonly filterGroups?: readonly (readonly WebhookFilter[])[];
  /** @default ALL_PULL_REQUESTS, approved by who may write: what CodeBuild gives new projects */
  readonly pullRequestBuildPolicy?: PullRequestBuildPolicy;
  /** @default - a webhook of the one repository */
  readonly scopeConfiguration?: { readonly scope: string };
}

export interface WebhookDecision {
  /** Whether a build starts: a filter group matched, and nobody has to approve first. */
  readonly matched: boolean;
  /** A filter group matched, but a pull request builds nothing until a comment approves it. */
  readonly waitingForApproval: boolean;
  /** The group that matched. */
  readonly filterGroup?: readonly WebhookFilter[];
  /** In plain words: what the filters of the matching group matched; or, a line a group, why none did. */
  readonly reasons: readonly string[];
}
