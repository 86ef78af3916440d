/** A push as GitHub's webhook tells it to CodeBuild. */
export interface PushEvent {
  readonly event: 'PUSH';
  /** `refs/heads/main` or `refs/tags/v1`. */
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly headCommitMessage: string;
  /** Added, modified or removed by the pushed commits, relative to the repository's root. */
  readonly changedFiles: readonly string[];
  readonly actorAccountId: string;
  readonly repository: string;
}

/** As CodeBuild's API has it. */
export interface WebhookFilter {
  readonly type: string;
  readonly pattern: string;
  readonly excludeMatchedPattern?: boolean;
}

export interface WebhookDecision {
  readonly matched: boolean;
  /** The group that matched. */
  readonly filterGroup?: readonly WebhookFilter[];
  /** Why each group did not match, one line a group, when none did. */
  readonly reasons: readonly string[];
}
