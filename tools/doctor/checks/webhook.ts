import { isDeepStrictEqual } from 'node:util';
import type { Project } from '@aws-sdk/client-codebuild';
import type { PipelineConfig } from '../../../lib/config';
import type { Environment } from '../../../lib/environments';
import { namesOf } from '../../../lib/names';
import type { PushEvent, WebhookFilter, WebhookSettings } from '../../simulator/github/types';
import { decide } from '../../simulator/github/webhook';
import { type Examined, fail, type Finding, ok, together, warn } from '../check';
import { isToBeCreated } from './stacks';

/**
 * Whether a push to the branch starts a build, and nothing else does that the stack does not say; or, where pushes are
 * released, starts none here.
 */
export async function webhook(examined: Examined): Promise<Finding> {
  const { account, config, environment, names, commands } = examined;
  if (isToBeCreated(await account.stack(names.stack))) return ok('comes with the stack');
  const [project, template] = await together(account.project(names.project), account.template(names.stack));
  if (!project) {
    return fail(
      `the project ${names.project} is gone, though the stack is there`,
      ...['destroy', 'deploy'].map((verb) =>
        commands.cdk(verb, names.stack, ...(verb === 'deploy' ? ['--import-existing-resources'] : [])),
      ),
    );
  }
  const wanted = filtersIn(template, names.project);
  const put = (verb: string): string =>
    commands.aws(
      ...['codebuild', verb, '--project-name', names.project],
      ...['--filter-groups', JSON.stringify(wanted)],
    );
  if (config.release) {
    if (!project.webhook) return ok('has none: pushes start the release');
    // The stack takes its own away; it knows nothing of one that somebody else made.
    const fix = wanted.length
      ? commands.cdk('deploy', names.stack)
      : commands.aws('codebuild', 'delete-webhook', '--project-name', names.project);
    return fail('has one beside the release: pushes are built and deployed twice', fix);
  }
  if (!project.webhook) return fail('the project has none: pushes start nothing', put('create-webhook'));
  const there = (project.webhook.filterGroups ?? []).map((group) => group.map(comparable));
  if (!isDeepStrictEqual(there, wanted)) {
    return fail(`has other filters than the stack: ${written(there)}`, put('update-webhook'));
  }
  const { matched, reasons } = decide(pushTo(environment, config), settings(project));
  return matched
    ? ok(`starts a build on ${written(there)}`)
    : fail(
        `a push to ${environment.branch} starts nothing: ${reasons.join('; ')}`,
        commands.cdk('deploy', names.stack),
      );
}

/** Another project that builds the same pushes would deploy, or fail, beside this one. */
export async function otherProjects({
  account,
  config,
  environment,
  commands,
}: Examined): Promise<Finding | Finding[]> {
  const own = new Set(config.environments.map(({ name }) => namesOf(name).project));
  const push = pushTo(environment, config);
  const others = (await account.projects()).filter(
    (project) =>
      !own.has(project.name ?? '') &&
      repositoryOf(project) === `${config.github.owner}/${config.github.repo}`.toLowerCase() &&
      decide(push, settings(project)).matched,
  );
  if (!others.length) return ok(`no other project builds pushes to ${environment.branch}`);
  return others.map(({ name = '' }) => ({
    about: name,
    ...warn(
      `the project ${name} builds pushes to ${environment.branch}, too`,
      commands.aws('codebuild', 'delete-webhook', '--project-name', name),
    ),
  }));
}

function pushTo({ branch }: Environment, { github }: PipelineConfig): PushEvent {
  return {
    event: 'PUSH',
    ref: `refs/heads/${branch}`,
    before: '1'.repeat(40),
    after: '2'.repeat(40),
    headCommitMessage: 'Change something',
    changedFiles: ['buildspec.yml'],
    actorAccountId: '1',
    repository: github.repo,
  };
}

function settings({ webhook }: Project): WebhookSettings | undefined {
  return webhook && { filterGroups: (webhook.filterGroups ?? []).map((group) => group.map(comparable)) };
}

/** `owner/repo`. */
function repositoryOf({ source }: Project): string | undefined {
  return /github\.com[/:](.+?)(?:\.git)?\/?$/.exec(source?.location ?? '')?.[1]?.toLowerCase();
}

/** The filter groups of the project in a stack's template. */
function filtersIn(template: string | undefined, project: string): WebhookFilter[][] {
  interface Resource {
    readonly Type?: string;
    readonly Properties?: {
      readonly Name?: string;
      readonly Triggers?: { readonly FilterGroups?: readonly (readonly CfnFilter[])[] };
    };
  }
  const { Resources = {} } = JSON.parse(template ?? '{}') as { Resources?: Record<string, Resource> };
  const found = Object.values(Resources).find(
    ({ Type, Properties }) => Type === 'AWS::CodeBuild::Project' && Properties?.Name === project,
  );
  return (found?.Properties?.Triggers?.FilterGroups ?? []).map((group) =>
    group.map(({ Type, Pattern, ExcludeMatchedPattern }) =>
      comparable({ type: Type, pattern: Pattern, excludeMatchedPattern: ExcludeMatchedPattern }),
    ),
  );
}

interface CfnFilter {
  readonly Type?: string;
  readonly Pattern?: string;
  readonly ExcludeMatchedPattern?: boolean;
}

function comparable(filter: {
  type?: string | undefined;
  pattern?: string | undefined;
  excludeMatchedPattern?: boolean | undefined;
}): WebhookFilter {
  const { type = '', pattern = '', excludeMatchedPattern } = filter;
  return excludeMatchedPattern ? { type, pattern, excludeMatchedPattern } : { type, pattern };
}

function written(groups: readonly (readonly WebhookFilter[])[]): string {
  if (!groups.length) return 'every push and pull request';
  return groups
    .map((group) =>
      group
        .map(
          ({ type, pattern, excludeMatchedPattern }) =>
            `${excludeMatchedPattern ? 'not ' : ''}${type} ${pattern}`,
        )
        .join(' and '),
    )
    .join(', or ');
}
