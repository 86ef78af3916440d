import path from 'node:path';
import type { Model } from '../model/model';
import type { Project } from '../model/project';
import { buildspecPath } from '../model/read-model';
import type { Found, Rule } from '../rule';

export const missingBuildspec: Rule = {
  id: 'F30',
  name: 'missing-buildspec',
  title: 'The buildspec is not where the project looks for it',
  awsError:
    'YAML_FILE_ERROR Message: stat /codebuild/output/src…/src/buildspec.yml: no such file or directory',
  cause: 'CodeBuild takes the buildspec from the source as git has it, by its path from the root',
  fix: 'commit the file, or correct the path in the project',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-name-storage',
  *check(model: Model): Iterable<Found> {
    for (const project of model.projects) {
      const file = buildspecPath(project);
      if (file === undefined || model.source.files.has(file) || inSubmodule(model, file)) continue;
      if (isOfAnother(project, model)) continue;
      const rule = model.source.ignoredBy(file);
      const untracked = model.source.isUntracked(file);
      const near = untracked ? undefined : nearest(model, file);
      yield {
        level: untracked || isOfThisSource(project, model) ? 'error' : 'warning',
        place: project.resource.place,
        message: untracked
          ? `${file} is not in git${rule === undefined ? '' : `: ${rule} ignores it`}`
          : `there is no ${file}${near === undefined ? '' : `; there is ${near}`}`,
        fix: untracked
          ? `git add ${rule === undefined ? '' : '--force '}${file}`
          : near !== undefined
            ? `BuildSpec.fromSourceFilename('${near}')`
            : undefined,
        awsError: `YAML_FILE_ERROR Message: stat /codebuild/output/src…/src/${file}: no such file or directory`,
      };
    }
  },
};

/** What CodePipeline hands over may be what another step has made; a repository among several may be another one. */
function isOfThisSource({ source }: Project, { projects }: Model): boolean {
  const locations = new Set(projects.flatMap((project) => project.source.location ?? []));
  return (
    /^(?:GITHUB|GITHUB_ENTERPRISE|GITLAB|GITLAB_SELF_MANAGED|BITBUCKET|CODECOMMIT)$/.test(source.type) &&
    locations.size <= 1
  );
}

/** A repository that deploys the pipelines of others has no buildspecs of theirs. Owners and protocols differ among forks. */
function isOfAnother({ source: { location } }: Project, { source }: Model): boolean {
  if (location === undefined || !/^https:\/\/[^‹]+$/.test(location) || source.remotes.length === 0)
    return false;
  return !source.remotes.map(repositoryOf).includes(repositoryOf(location));
}

function repositoryOf(url: string): string {
  return (/([^/:]+?)(?:\.git)?\/*$/.exec(url)?.[1] ?? url).toLowerCase();
}

function inSubmodule({ source }: Model, file: string): boolean {
  return [...source.files.values()].some(
    ({ path: folder, mode }) => mode === '160000' && file.startsWith(`${folder}/`),
  );
}

/** Of the same name elsewhere, or with the other ending. */
function nearest({ source }: Model, file: string): string | undefined {
  const bare = (name: string): string =>
    path.posix
      .basename(name)
      .replace(/\.ya?ml$/i, '')
      .toLowerCase();
  return [...source.files.keys()].find((one) => /\.ya?ml$/i.test(one) && bare(one) === bare(file));
}
