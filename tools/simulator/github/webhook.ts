import type { PushEvent, WebhookDecision, WebhookFilter } from './types';

/**
 * Decides by a project's filter groups whether an event starts a build: one group is enough, within it every filter must
 * agree. Patterns are regular expressions that search; without any group, every event builds.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 */
export function decide(
  event: PushEvent,
  filterGroups: readonly (readonly WebhookFilter[])[],
): WebhookDecision {
  if (!filterGroups.length) return { matched: true, filterGroup: [], reasons: [] };
  const reasons: string[] = [];
  for (const group of filterGroups) {
    const against = group
      .map((filter) => reasonAgainst(event, filter))
      .filter((reason) => reason !== undefined);
    if (!against.length) return { matched: true, filterGroup: group, reasons: [] };
    reasons.push(against.join(', '));
  }
  return { matched: false, reasons };
}

function reasonAgainst(event: PushEvent, filter: WebhookFilter): string | undefined {
  const { type, pattern, excludeMatchedPattern = false } = filter;
  const values = valuesOf(event, type);
  if (!values) return `${type} is not told of a push`;
  const matches =
    type === 'EVENT'
      ? pattern.split(',').some((name) => name.trim() === event.event)
      : values.some((value) => new RegExp(pattern, 'u').test(value));
  if (matches !== excludeMatchedPattern) return undefined;
  const shown = values.length === 1 ? firstLine(values[0] ?? '') : `any of ${values.length} files`;
  return excludeMatchedPattern
    ? `${type} ${pattern} excludes ${shown}`
    : `${type} ${pattern} does not match ${shown}`;
}

/** What a filter of that type looks at; undefined when a push has nothing of the kind. */
function valuesOf(event: PushEvent, type: string): readonly string[] | undefined {
  switch (type) {
    case 'EVENT':
      return [event.event];
    case 'HEAD_REF':
      return [event.ref];
    case 'ACTOR_ACCOUNT_ID':
      return [event.actorAccountId];
    case 'COMMIT_MESSAGE':
      return [event.headCommitMessage];
    case 'FILE_PATH':
      return event.changedFiles;
    case 'TAG_NAME':
      return event.ref.startsWith('refs/tags/') ? [event.ref.slice('refs/tags/'.length)] : undefined;
    default:
      return undefined;
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
export function webhookVariables(event: PushEvent): Record<string, string> {
  const [, kind, name] = /^refs\/(heads|tags)\/(.*)$/.exec(event.ref) ?? [];
  return {
    CODEBUILD_WEBHOOK_EVENT: event.event,
    CODEBUILD_WEBHOOK_HEAD_REF: event.ref,
    CODEBUILD_WEBHOOK_PREV_COMMIT: event.before,
    CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: event.actorAccountId,
    CODEBUILD_WEBHOOK_TRIGGER: `${kind === 'tags' ? 'tag' : 'branch'}/${name ?? ''}`,
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
