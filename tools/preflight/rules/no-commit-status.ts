import { calledBy } from '../model/resources';
import type { Rule } from '../rule';

/** Which take a status. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html */
const REPORTS = ['GITHUB', 'GITHUB_ENTERPRISE', 'GITLAB', 'GITLAB_SELF_MANAGED', 'BITBUCKET'];

export const noCommitStatus: Rule = {
  id: 'F09',
  name: 'no-commit-status',
  title: 'Commits get no status of their build',
  cause:
    'the project does not report to its source, so a commit or a pull request does not show whether it builds',
  fix: 'set ReportBuildStatus: true in the source of the project (reportBuildStatus in the CDK)',
  link: 'https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html',
  *check(model) {
    for (const project of model.projects) {
      const { source, webhook, resource } = project;
      if (!webhook || !REPORTS.includes(source.type) || source.reportBuildStatus === true) continue;
      yield {
        level: 'warning',
        place: resource.place,
        message: `${calledBy(project)}: ReportBuildStatus is ${source.reportBuildStatus === false ? 'false' : 'not set, which is false'}, so no commit shows how its build went`,
      };
    }
  },
};
