import { statementsOf } from '../../iam/policy';
import type { Model } from '../model/model';
import type { Project } from '../model/project';
import { CONNECTION_ACTIONS, connectionOf } from '../needs/codebuild-permissions';
import { isAllowed, namesAction } from '../needs/is-allowed';
import type { Found, Rule } from '../rule';

export const connectionDenied: Rule = {
  id: 'F03',
  name: 'connection-denied',
  title: 'The role may not use the connection to the source',
  awsError: 'Failed to call CreateWebhook, reason: Access denied to connection arn:aws:codeconnections:…',
  cause:
    'CodeBuild gets at the repository with the permissions of the role of the project, and already while CloudFormation makes the project with its webhook',
  fix: 'allow codeconnections:GetConnection and codeconnections:GetConnectionToken on the connection, in an inline policy of the role itself',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/connections-github-app.html',
  *check(model): Iterable<Found> {
    for (const project of model.projects) {
      const connection = connectionOf(project, model);
      const { role, resource, name } = project;
      if (connection === undefined || !role) continue;
      const awsError = `Access denied to connection ${connection}`;
      const denied = CONNECTION_ACTIONS.filter((action) =>
        PREFIXES.every((prefix) => isAllowed(role, `${prefix}:${action}`, connection) === 'no'),
      );
      if (denied.length) {
        const Action = denied.map((action) => `codeconnections:${action}`);
        yield {
          level: 'error',
          place: resource.place,
          message: `${role.name} is not allowed ${Action.join(', ')} on ${connection}, by which ${name} gets its source`,
          awsError,
          fix: `add to the policies of ${role.name}: ${JSON.stringify({ Effect: 'Allow', Action, Resource: connection })}`,
        };
      } else if (project.webhook && comesLater(project, model)) {
        yield {
          level: 'warning',
          place: resource.place,
          message: `${name} may be made before the policy that lets ${role.name} use ${connection}: the policy is a resource of its own`,
          awsError,
          fix: 'move the statement into the inline policies (Policies) of the role',
        };
      }
    }
  },
};

/** The present name of the service, and the one before 2024. */
const PREFIXES = ['codeconnections', 'codestar-connections'];

/** Whether the permission is in a policy that CloudFormation may attach after it has made the project. */
function comesLater({ role, resource, stack }: Project, model: Model): boolean {
  if (!role || stack !== role.stack) return false;
  const inline = JSON.stringify(role.resource.properties.Policies ?? []);
  if (PREFIXES.some((prefix) => inline.includes(`${prefix}:`))) return false;
  const holders = role.policies.filter(({ document }) =>
    statementsOf(document).some(
      (statement) =>
        statement.Effect === 'Allow' &&
        PREFIXES.some((prefix) => namesAction(statement, `${prefix}:GetConnectionToken`)),
    ),
  );
  const separate = model.stacks
    .flatMap(({ resources }) => resources)
    .filter(
      ({ type, properties }) =>
        /^AWS::IAM::(?:Managed)?Policy$/.test(type) &&
        PREFIXES.some((prefix) => JSON.stringify(properties).includes(`${prefix}:`)),
    );
  return (
    holders.length > 0 &&
    separate.length > 0 &&
    separate.every(({ logicalId }) => !resource.dependsOn.includes(logicalId)) &&
    // Of what the role itself names, CloudFormation sees to the order.
    !separate.some(({ logicalId }) =>
      JSON.stringify(role.resource.raw.ManagedPolicyArns ?? []).includes(`"${logicalId}"`),
    )
  );
}
