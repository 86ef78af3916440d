import { text } from '../../values';
import { whyItDeploys } from '../model/deploying';
import type { Model } from '../model/model';
import type { Action, Pipeline } from '../model/pipeline';
import type { Project } from '../model/project';
import { calledBy } from '../model/resources';
import { startsOnPush } from '../model/webhook';
import type { Rule } from '../rule';

export const builtTwice: Rule = {
  id: 'F07',
  name: 'built-twice',
  title: 'Each push is built or deployed twice',
  cause: "a pipeline takes pushes of the repository, and a project's own webhook takes them as well",
  fix: 'let one of them go: take the webhook off the project, or the branch out of its filters',
  link: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateWebhook.html',
  *check(model) {
    for (const pipeline of model.pipelines) {
      for (const source of pipeline.actions) {
        const watched = watchedBy(source, pipeline);
        if (!watched) continue;
        for (const project of model.projects) {
          if (!startsOnPush(project, watched.branch)) continue;
          const isPart = pipeline.actions.some((action) => action.project === project);
          if (!isPart && !bothDeploy(project, pipeline, watched.repository, model)) continue;
          yield {
            level: 'warning',
            place: project.resource.place,
            message: isPart
              ? `${calledBy(project)}: a push to ${watched.branch} starts it by its webhook, and again by the pipeline that it is part of`
              : `${calledBy(project)}: a push to ${watched.branch} starts it by its webhook, and the pipeline at line ${pipeline.resource.place.line} deploys the same push`,
          };
        }
      }
    }
  },
};

function bothDeploy(project: Project, pipeline: Pipeline, repository: string, model: Model): boolean {
  return (
    repositoryOf(project.source.location ?? '') === repository.toLowerCase() &&
    whyItDeploys(project, model) !== undefined &&
    pipeline.actions.some(
      (action) =>
        action.category === 'Deploy' || (action.project && whyItDeploys(action.project, model) !== undefined),
    )
  );
}

/** The repository and branch whose pushes start the pipeline. */
function watchedBy(
  { category, configuration }: Action,
  pipeline: Pipeline,
): { repository: string; branch: string } | undefined {
  if (category !== 'Source') return undefined;
  const branch = text(configuration, 'BranchName') ?? text(configuration, 'Branch');
  const owned = [text(configuration, 'Owner'), text(configuration, 'Repo')].join('/');
  const repository =
    text(configuration, 'FullRepositoryId') ?? text(configuration, 'RepositoryName') ?? owned;
  const isTold = ['DetectChanges', 'PollForSourceChanges'].some(
    (key) => text(configuration, key) === 'false',
  );
  const hasTriggers = pipeline.resource.properties.Triggers !== undefined;
  return branch === undefined || (isTold && !hasTriggers) ? undefined : { repository, branch };
}

/** E.g. `owner/repo` of `https://github.com/owner/repo.git`. */
function repositoryOf(location: string): string {
  return location
    .replace(/\.git$/, '')
    .split(/[/:]/)
    .slice(-2)
    .join('/')
    .toLowerCase();
}
