import type { Model } from '../model/model';
import { isAllowed } from '../needs/is-allowed';
import { asPattern, asStatement, type Need } from '../needs/need';
import { needsOf } from '../needs/needs';
import { mayBeAllowedByResource } from '../needs/resource-policies';
import type { Found, Rule } from '../rule';

export const missingPermission: Rule = {
  id: 'N01',
  name: 'missing-permission',
  title: 'The build does what its role may not do',
  awsError:
    'User: arn:aws:sts::… is not authorized to perform: … because no identity-based policy allows the … action',
  cause: 'no policy of the role of the project allows the action on what the command, or the setting, names',
  fix: 'add the statement to a policy of the role',
  link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html',
  *check(model): Iterable<Found> {
    for (const build of model.builds) {
      const role = build.project?.role;
      if (!role) continue;
      const seen = new Set<string>();
      for (const need of needsOf(build, model)) {
        if (need.without === 'elsewhere' || need.without === 'unsure') continue;
        if (isAllowed(role, need.action, need.resource, need.context) !== 'no') continue;
        // Said once for each place: a loop, or a function that is called again, needs it again.
        const key = [need.place.file, need.place.line, need.action, need.resource].join(' ');
        if (seen.has(key)) continue;
        seen.add(key);
        const stack = build.project?.stack ?? {};
        const on = onWhat(asPattern(need.resource, stack));
        yield {
          level: levelOf(need, model),
          place: need.place,
          message: `${role.name} is not allowed ${need.action}${on}, needed for ${need.by}`,
          awsError: `is not authorized to perform: ${need.action}${on.replace(' on ', ' on resource: ')}`,
          fix: `add to the policies of ${role.name}: ${asStatement(need, stack)}`,
        };
      }
    }
  },
};

function levelOf(need: Need, model: Model): Found['level'] {
  return need.without === 'missing' && !mayBeAllowedByResource(need, model) ? 'error' : 'warning';
}

/** Nothing where the action has no resource, or nobody knows which it is. */
function onWhat(resource: string): string {
  return resource === '*' ? '' : ` on ${resource}`;
}
