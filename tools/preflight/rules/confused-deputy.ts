import { listOf, type Statement, statementsOf } from '../../iam/policy';
import type { Found, Rule } from '../rule';

export const confusedDeputy: Rule = {
  id: 'S05',
  name: 'confused-deputy',
  title: 'Every project of CodeBuild may have the role',
  cause:
    'the role trusts codebuild.amazonaws.com without saying for which project, so a project of somebody else that names the role gets its permissions',
  fix: 'limit the trust with aws:SourceArn, the ARN of the project, and aws:SourceAccount',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/cross-service-confused-deputy-prevention.html',
  *check({ roles, projects }): Iterable<Found> {
    for (const role of roles) {
      const open = statementsOf(role.trust).some(
        (statement) => trustsCodeBuild(statement) && !isLimited(statement),
      );
      if (!open) continue;
      const project = projects.find((one) => one.role === role);
      const account = role.stack.account ?? '<account>';
      const source = `arn:aws:codebuild:${role.stack.region ?? '<region>'}:${account}:project/${project?.name ?? '<name>'}`;
      const condition = { StringEquals: { 'aws:SourceArn': source, 'aws:SourceAccount': account } };
      yield {
        level: 'warning',
        place: role.resource.place,
        message: `${role.name} trusts codebuild.amazonaws.com for every project, without aws:SourceArn or aws:SourceAccount`,
        fix: `add to the statement of its trust policy: "Condition":${JSON.stringify(condition)}`,
      };
    }
  },
};

function trustsCodeBuild({ Effect, Principal }: Statement): boolean {
  if (Effect !== 'Allow' || typeof Principal !== 'object') return false;
  return listOf(Principal.Service).some((service) => service.startsWith('codebuild.amazonaws.com'));
}

function isLimited({ Condition }: Statement): boolean {
  return Object.values(Condition ?? {}).some((block) =>
    Object.keys(block).some((key) => /^aws:Source(?:Arn|Account|OrgID|OrgPaths)$/i.test(key)),
  );
}
