import { list, text } from '../../values';
import type { Model } from '../model/model';
import type { Project } from '../model/project';
import { calledBy, resourcesOf } from '../model/resources';
import type { Rule } from '../rule';

export const staleLocalCache: Rule = {
  id: 'F46',
  name: 'stale-local-cache',
  title: 'A local cache is gone before the next build',
  cause:
    'a local cache lies on the host of the build, which AWS keeps for minutes: a project that only a schedule starts, hours apart, never finds it',
  fix: 'use a cache in S3, or for Docker layers the registry: docker buildx build --cache-from type=registry,… --cache-to type=registry,…',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html',
  *check(model) {
    for (const project of model.projects) {
      if (project.cache.type !== 'LOCAL' || project.webhook) continue;
      if (model.pipelines.some(({ actions }) => actions.some((action) => action.project === project)))
        continue;
      const schedules = startedBy(project, model);
      if (!schedules.length || !schedules.every(isRare)) continue;
      yield {
        level: 'warning',
        place: project.resource.place,
        message: `${calledBy(project)} has a local cache and starts by ${schedules.join(' and ')} alone: its host is another one each time`,
      };
    }
  },
};

/** Schedules and patterns of events that start a project. */
function startedBy({ resource }: Project, { stacks }: Model): string[] {
  const written = `"${resource.logicalId}"`;
  return resourcesOf(stacks, 'AWS::Events::Rule').flatMap(({ resource: rule }) => {
    const isTarget = list(rule.raw, 'Targets').some((target) => JSON.stringify(target).includes(written));
    return isTarget ? [text(rule.properties, 'ScheduleExpression') ?? 'an event'] : [];
  });
}

function isRare(schedule: string): boolean {
  // A single hour, of a single day or of all.
  return /^rate\(\d+ (hours?|days?)\)$/.test(schedule) || /^cron\(\d+ \d+ /.test(schedule);
}
