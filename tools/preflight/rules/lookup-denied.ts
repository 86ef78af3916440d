import { cdkCall } from '../model/cdk-call';
import type { Role } from '../model/role';
import { namedStacks } from '../needs/cdk-roles';
import { otherCredentials } from '../needs/credentials';
import { isAllowed } from '../needs/is-allowed';
import type { Found, Rule } from '../rule';

export const lookupDenied: Rule = {
  id: 'F63',
  name: 'lookup-denied',
  title: 'Synthesis looks things up, and the build may not',
  awsError:
    'is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::…:role/cdk-hnb659fds-lookup-role-…',
  cause:
    'what cdk.context.json does not have, synthesis asks AWS for, by the lookup role of the bootstrap, which the role of the build may not assume',
  fix: 'synthesize once with credentials and commit cdk.context.json; or allow sts:AssumeRole on the lookup role',
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/context.html',
  *check(model): Iterable<Found> {
    for (const build of model.builds) {
      const role = build.project?.role;
      if (!role) continue;
      const others = otherCredentials(build);
      for (const command of build.commands) {
        const call = cdkCall(command);
        if (others.has(command) || !SYNTHESIZING.has(call?.action ?? '')) continue;
        // An assembly that is there already, or another app.
        if (call?.app !== undefined) continue;
        const named = namedStacks(command, model);
        const stack = (named.length ? named : model.stacks).find(
          ({ missingContext, bootstrap }) =>
            bootstrap?.lookupRole !== undefined && missingContext.some((key) => isDenied(role, key)),
        );
        const lookupRole = stack?.bootstrap?.lookupRole;
        if (!stack || lookupRole === undefined || isAllowed(role, 'sts:AssumeRole', lookupRole) !== 'no')
          continue;
        yield {
          level: named.length && !command.conditional ? 'error' : 'warning',
          place: command.place,
          message: `${stack.name} looks up ${stack.missingContext.join(', ')}, and ${role.name} is not allowed sts:AssumeRole on ${lookupRole}`,
          awsError: `is not authorized to perform: sts:AssumeRole on resource: ${lookupRole}`,
        };
        break;
      }
    }
  },
};

const SYNTHESIZING = new Set(['deploy', 'diff', 'synth']);

/** The CLI goes on with the permissions of the build where it may not assume the role: whether those do not do either. */
function isDenied(role: Role, key: string): boolean {
  const action = LOOKUPS.find(([provider]) => key.startsWith(provider))?.[1];
  return action !== undefined && isAllowed(role, action, '‹resource›') === 'no';
}

/** What the providers of context ask first. https://docs.aws.amazon.com/cdk/v2/guide/context.html */
const LOOKUPS = [
  ['ami', 'ec2:DescribeImages'],
  ['availability-zones', 'ec2:DescribeAvailabilityZones'],
  ['hosted-zone', 'route53:ListHostedZonesByName'],
  ['load-balancer', 'elasticloadbalancing:DescribeLoadBalancers'],
  ['security-group', 'ec2:DescribeSecurityGroups'],
  ['ssm', 'ssm:GetParameter'],
  ['vpc-provider', 'ec2:DescribeVpcs'],
] as const;
