import { listOf, statementsOf } from '../../iam/policy';
import { matchesWildcard } from '../../iam/wildcard';
import type { Model } from './model';
import type { Project } from './project';
import { releaseOf } from './release';
import type { Role } from './role';

/** Each lets its holder change what runs, or who may do what. */
const DEPLOYING = [
  'cloudformation:CreateChangeSet',
  'cloudformation:CreateStack',
  'cloudformation:UpdateStack',
  'ecs:UpdateService',
  'iam:AttachRolePolicy',
  'iam:PutRolePolicy',
  'lambda:UpdateFunctionCode',
];

/** Why whoever controls a build of a project can deploy, e.g. `it runs cdk deploy`; undefined where nothing says so. */
export function whyItDeploys(project: Project, model: Model): string | undefined {
  const power = project.role && powerOf(project.role);
  if (power !== undefined) return `its role may ${power}`;
  const builds = model.builds.filter((build) => build.project === project);
  const deployment = builds
    .flatMap(({ commands }) => commands)
    .map(releaseOf)
    .find((release) => release?.kind === 'deploy');
  return deployment && `it runs ${deployment.what}`;
}

function powerOf({ policies }: Role): string | undefined {
  const allowing = policies
    .flatMap(({ document }) => statementsOf(document))
    .filter(({ Effect, Action }) => Effect === 'Allow' && Action !== undefined);
  for (const { Action, Resource } of allowing) {
    const allows = (action: string): boolean =>
      listOf(Action).some((pattern) => matchesWildcard(pattern, action, { ignoreCase: true }));
    const found = DEPLOYING.find(allows);
    if (found !== undefined) return listOf(Action).includes('*') ? 'do anything' : found;
    const assumed = listOf(Resource).find((resource) =>
      /^\*$|:role\/\*|:role\/cdk-.*deploy-role/.test(resource),
    );
    if (allows('sts:AssumeRole') && assumed !== undefined) return `assume ${assumed}`;
  }
  return undefined;
}
