import { approvalNeeded } from './approval';
import type { WebhookDecision, WebhookEvent, WebhookFilter, WebhookSettings } from './types';
import { NO_COMMIT } from './types';

/**
 * Decides by a project's webhook whether an event starts a build: one filter group is enough, within it every filter must
 * agree. Patterns are regular expressions that search; without any group, every push and every pull request builds. A
 * pull request may have to wait for an approval on top.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 *
 * @param webhook of the project, if it has one
 */
export function decide(event: WebhookEvent, webhook: WebhookSettings | undefined): WebhookDecision {
  const no = { matched: false, waitingForApproval: false };
  if (!webhook) return { ...no, reasons: ['the project has no webhook'] };
  if (event.event === 'PUSH' && event.after === NO_COMMIT) {
    return { ...no, reasons: [`${event.ref} was deleted, which starts no build`] };
  }
  const groups = webhook.filterGroups ?? [];
  if (!groups.length && 'tag' in event) {
    return { ...no, reasons: [`${event.event} needs a filter group that names it`] };
  }
  if (!groups.length) return agreed(event, webhook, [], ['there are no filters, every event builds']);
  const reasons: string[] = [];
  for (const group of groups) {
    const verdicts = group.map((filter) => verdictOf(event, filter, webhook));
    const against = verdicts.filter(({ agrees }) => !agrees);
    if (!against.length) return agreed(event, webhook, group, verdicts.map(toldOf));
    reasons.push(against.map(toldOf).join(', '));
  }
  return { ...no, reasons };
}

function agreed(
  event: WebhookEvent,
  webhook: WebhookSettings,
  filterGroup: readonly WebhookFilter[],
  reasons: readonly string[],
): WebhookDecision {
  const approval = approvalNeeded(event, webhook.pullRequestBuildPolicy);
  if (!approval) return { matched: true, waitingForApproval: false, filterGroup, reasons };
  return { matched: false, waitingForApproval: true, filterGroup, reasons: [...reasons, approval] };
}

interface Verdict {
  readonly agrees: boolean;
  readonly told: string;
}

const toldOf = ({ told }: Verdict): string => told;

function verdictOf(event: WebhookEvent, filter: WebhookFilter, webhook: WebhookSettings): Verdict {
  const { type, pattern, excludeMatchedPattern = false } = filter;
  const values = valuesOf(event, type, webhook);
  if (typeof values === 'string') return { agrees: false, told: `${type} ${values}` };
  const matching = matcher(type, pattern);
  if (!matching) {
    return {
      agrees: false,
      told: `${type} ${pattern} is not a valid regular expression, so it matches nothing`,
    };
  }
  const hit = values.find(matching);
  const shown = firstLine(hit ?? (values.length === 1 ? (values[0] ?? '') : `any of ${values.length} files`));
  if (excludeMatchedPattern) {
    return hit === undefined
      ? { agrees: true, told: `${type} ${pattern} does not exclude ${shown}` }
      : { agrees: false, told: `${type} ${pattern} excludes ${shown}` };
  }
  return hit === undefined
    ? { agrees: false, told: `${type} ${pattern} does not match ${shown}` }
    : { agrees: true, told: `${type} ${pattern} matches ${shown}` };
}

/** Undefined for what is no regular expression. */
function matcher(type: string, pattern: string): ((value: string) => boolean) | undefined {
  if (type === 'EVENT') {
    const names = pattern.split(',').map((name) => name.trim());
    return (value) => names.includes(value);
  }
  try {
    const expression = new RegExp(pattern, 'u');
    return (value) => expression.test(value);
  } catch {
    return undefined;
  }
}

/**
 * What a filter of that type looks at, or why there is nothing for it to look at.
 *
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_WebhookFilter.html
 */
function valuesOf(event: WebhookEvent, type: string, webhook: WebhookSettings): readonly string[] | string {
  const scope = webhook.scopeConfiguration?.scope;
  const pull = 'number' in event ? event : undefined;
  const release = 'tag' in event ? event : undefined;
  const changes = 'tag' in event ? undefined : event;
  const only = (events: string): string => `works with ${events} only, not with ${event.event}`;
  const unknown = 'cannot be told: the commits of the pull request are not in the source';
  switch (type) {
    case 'EVENT':
      return [event.event];
    case 'ACTOR_ACCOUNT_ID':
      return [event.actorAccountId];
    case 'HEAD_REF':
      return changes ? ['ref' in changes ? changes.ref : changes.headRef] : only('pushes and pull requests');
    case 'BASE_REF':
      return pull ? [pull.baseRef] : only('pull requests');
    case 'FILE_PATH':
      return changes ? (changes.changedFiles ?? unknown) : only('pushes and pull requests');
    case 'COMMIT_MESSAGE':
      if (!changes) return only('pushes and pull requests');
      return changes.headCommitMessage === undefined ? unknown : [changes.headCommitMessage];
    case 'TAG_NAME':
      return release ? [release.tag] : only('RELEASED and PRERELEASED');
    case 'RELEASE_NAME':
      return release ? [release.name] : only('RELEASED and PRERELEASED');
    case 'REPOSITORY_NAME':
      return scope ? [event.repository] : 'works with webhooks of an organization or of all GitHub only';
    case 'ORGANIZATION_NAME':
      if (scope !== 'GITHUB_GLOBAL') return 'works with webhooks of all GitHub only';
      return event.organization === undefined ? 'is not told by the event' : [event.organization];
    case 'WORKFLOW_NAME':
      return only('WORKFLOW_JOB_QUEUED');
    default:
      return 'is no type of filter that CodeBuild knows';
  }
}

/** What a build shows as its source version, and checks out: the pushed commit, `pr/7`, or the release's tag. */
export function sourceVersionOf(event: WebhookEvent): string {
  if (event.event === 'PUSH') return event.after;
  return 'number' in event ? `pr/${event.number}` : `refs/tags/${event.tag}`;
}

/**
 * `CODEBUILD_WEBHOOK_MERGE_COMMIT` is Bitbucket's alone.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
 */
export function webhookVariables(event: WebhookEvent): Record<string, string> {
  const common = {
    CODEBUILD_WEBHOOK_EVENT: event.event,
    CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: event.actorAccountId,
  };
  if (event.event === 'PUSH') {
    const [, kind, name] = /^refs\/(heads|tags)\/(.*)$/.exec(event.ref) ?? [];
    return {
      ...common,
      CODEBUILD_WEBHOOK_HEAD_REF: event.ref,
      CODEBUILD_WEBHOOK_PREV_COMMIT: event.before,
      CODEBUILD_WEBHOOK_TRIGGER: `${kind === 'tags' ? 'tag' : 'branch'}/${name ?? ''}`,
    };
  }
  if ('number' in event) {
    return {
      ...common,
      CODEBUILD_WEBHOOK_HEAD_REF: event.headRef,
      CODEBUILD_WEBHOOK_BASE_REF: event.baseRef,
      CODEBUILD_WEBHOOK_TRIGGER: `pr/${event.number}`,
    };
  }
  return {
    ...common,
    CODEBUILD_WEBHOOK_HEAD_REF: `refs/tags/${event.tag}`,
    CODEBUILD_WEBHOOK_TRIGGER: `tag/${event.tag}`,
  };
}

/** Of a text that anybody may have written: what moves a terminal's cursor stays out. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\p{Cc}/gu, ' ');
}
