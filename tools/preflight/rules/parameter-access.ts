import type { Build } from '../model/build';
import type { Model } from '../model/model';
import type { Place } from '../model/place';
import { partitionOf } from '../model/resources';
import type { Stack } from '../model/stack';
import { parameters, secrets } from '../needs/codebuild-permissions';
import { isAllowed } from '../needs/is-allowed';
import { asStatement, type Permission } from '../needs/need';
import { mayBeAllowedByResource } from '../needs/resource-policies';
import type { Found, Rule } from '../rule';

export const parameterAccess: Rule = {
  id: 'F34',
  name: 'parameter-access',
  title: 'A parameter or secret that the build may not read',
  awsError:
    'Decrypted Variables Error Message: AccessDeniedException: User: arn:aws:sts::… is not authorized to perform: ssm:GetParameters on resource: … because no identity-based policy allows the ssm:GetParameters action',
  cause:
    "CodeBuild reads parameters and secrets as the project's role, all of them before the first command; it asks for ssm:GetParameters, not ssm:GetParameter",
  fix: 'let the role read them; one that is encrypted with a key of your own needs kms:Decrypt on the key too',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.parameter-store',
  *check(model): Iterable<Found> {
    for (const build of model.builds) {
      const { project } = build;
      if (!project?.role) continue;
      for (const { name, place, permission } of referencesOf(build)) {
        const { action, resource } = permission;
        if (isAllowed(project.role, action, resource) !== 'no') continue;
        yield {
          level: levelOf(permission, model),
          place,
          message: `${project.role.name} is not allowed ${action} on ${resource}, the value of ${name}`,
          awsError: `AccessDeniedException: … is not authorized to perform: ${action} on resource: ${resource}`,
          fix: `add to the policies of ${project.role.name}: ${asStatement(permission, project.stack)}; with a key of your own, kms:Decrypt on it too`,
        };
      }
    }
  },
};

interface Reference {
  /** Of the variable. */
  readonly name: string;
  readonly place: Place;
  readonly permission: Permission;
}

function referencesOf({ project, buildspec }: Build): Reference[] {
  const { parameterStore, secretsManager } = buildspec.content;
  const own = new Set(project?.environment.variables.map(({ name }) => name));
  const references: { name: string; place: Place; permissions: readonly Permission[] }[] = [];
  // The project's variables go before: what they replace is not read.
  for (const [name, value] of Object.entries(parameterStore)) {
    const place = buildspec.placeOf('env', 'parameter-store', name);
    if (!own.has(name)) references.push({ name, place, permissions: parameters([value]) });
  }
  for (const [name, value] of Object.entries(secretsManager)) {
    const place = buildspec.placeOf('env', 'secrets-manager', name);
    if (!own.has(name)) references.push({ name, place, permissions: secrets([value]) });
  }
  for (const { name, type, value } of project?.environment.variables ?? []) {
    if (!project || type === 'PLAINTEXT') continue;
    const permissions = type === 'PARAMETER_STORE' ? parameters([value]) : secrets([value]);
    references.push({ name, place: project.resource.place, permissions });
  }
  return references.flatMap(({ name, place, permissions }) =>
    permissions.map(({ action, resource }) => {
      return { name, place, permission: { action, resource: inStack(resource, project?.stack) } };
    }),
  );
}

/** What is not known of the account and the region might be anything, and then no pattern is known not to match. */
function inStack(resource: string, stack: Stack | undefined): string {
  if (!stack) return resource;
  return resource
    .replace('‹AWS::Partition›', partitionOf(stack))
    .replace('‹AWS::Region›', stack.region ?? '‹AWS::Region›')
    .replace('‹AWS::AccountId›', stack.account ?? '‹AWS::AccountId›');
}

/** A secret has a policy of its own. */
function levelOf(permission: Permission, model: Model): Found['level'] {
  return mayBeAllowedByResource(permission, model) ? 'warning' : 'error';
}
