import { escalationsOf } from '../needs/escalations';
import type { Found, Rule } from '../rule';

export const escalation: Rule = {
  id: 'S04',
  name: 'escalation',
  title: 'A build can make itself an administrator',
  cause:
    'with these permissions the role can get any other: whoever can change what is built has the account',
  fix: 'name the resources, deploy by the roles of the CDK bootstrap, and ask for a permissions boundary (iam:PermissionsBoundary) where roles are made',
  link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html',
  *check({ projects }): Iterable<Found> {
    const roles = new Set(projects.flatMap(({ role }) => role ?? []));
    for (const role of roles) {
      const ways = escalationsOf(role);
      if (!ways.length) continue;
      const more = ways.length > 3 ? `; and ${ways.length - 3} more ways` : '';
      yield {
        level: 'warning',
        place: role.resource.place,
        message: `${role.name} can take more permissions than it has: ${ways.slice(0, 3).join('; ')}${more}`,
      };
    }
  },
};
