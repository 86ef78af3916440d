import type { Build } from '../model/build';
import type { Model } from '../model/model';
import type { Role } from '../model/role';
import { type Assumed, assumedRoles } from '../needs/cdk-roles';
import { otherCredentials } from '../needs/credentials';
import { isAllowed } from '../needs/is-allowed';
import { arn } from '../needs/need';
import type { Found, Rule } from '../rule';

export const bootstrapDenied: Rule = {
  id: 'F59',
  name: 'bootstrap-denied',
  title: "The build may not assume the CDK's roles",
  awsError:
    "current credentials could not be used to assume 'arn:aws:iam::…:role/cdk-hnb659fds-deploy-role-…', but are for the right account. Proceeding anyway.",
  cause:
    'the CDK deploys and publishes by roles of its bootstrap; they trust the account, so the role of the build has to be allowed sts:AssumeRole on them',
  fix: 'allow sts:AssumeRole on the deploy and publishing roles of the bootstrap; the build needs no permissions of CloudFormation itself',
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html',
  *check(model): Iterable<Found> {
    for (const build of model.builds) yield* deniedTo(build, model);
  },
};

function* deniedTo(build: Build, model: Model): Iterable<Found> {
  const role = build.project?.role;
  if (!role) return;
  const others = otherCredentials(build);
  const seen = new Set<string>();
  for (const command of build.commands) {
    if (others.has(command)) continue;
    const denied = assumedRoles(command, model).filter(
      (assumed) => !seen.has(assumed.arn) && isAllowed(role, 'sts:AssumeRole', assumed.arn) === 'no',
    );
    if (!denied.length) continue;
    for (const assumed of denied) seen.add(assumed.arn);
    const certain = denied.some((assumed) => !proceeds(role, assumed));
    const arns = denied.map((assumed) => written(assumed.arn));
    const stack = denied[0]?.stack;
    const Resource = arns.length === 1 ? arns[0] : arns;
    yield {
      level: certain && !command.conditional && command.ignored === undefined ? 'error' : 'warning',
      place: command.place,
      message: `${role.name} is not allowed sts:AssumeRole on ${arns.join(', ')}, ${stack ? `by which ${stack.name} is deployed` : 'which cdk deploys by'}`,
      awsError: `current credentials could not be used to assume '${arns[0] ?? ''}', but are for the right account. Proceeding anyway.`,
      fix: `add to the policies of ${role.name}: ${JSON.stringify({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource })}`,
    };
  }
}

/** Without the role, the CLI goes on with the permissions of the build: these may do. */
function proceeds(role: Role, { kind }: Assumed): boolean {
  const [action, resource] =
    kind === 'deploy'
      ? (['cloudformation:CreateChangeSet', arn('cloudformation', 'stack/‹name›/‹id›')] as const)
      : (['s3:PutObject', arn('s3', 'cdk-‹qualifier›-assets-‹environment›/‹key›')] as const);
  return isAllowed(role, action, resource) !== 'no';
}

/** As a policy takes it. */
function written(roleArn: string): string {
  return roleArn
    .replace('‹AWS::Partition›', 'aws')
    .replace(/‹path›/g, '')
    .replace(/‹[^›]*›/g, '*');
}
