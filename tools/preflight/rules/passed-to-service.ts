import { conditionsHold } from '../../iam/condition';
import { listOf, type Statement, statementsOf } from '../../iam/policy';
import { matchesWildcard } from '../../iam/wildcard';
import type { Model } from '../model/model';
import type { Role } from '../model/role';
import { namesAction } from '../needs/is-allowed';
import { needsOf } from '../needs/needs';
import type { Found, Rule } from '../rule';

export const passedToService: Rule = {
  id: 'F65',
  name: 'passed-to-service',
  title: 'A condition on iam:PassedToService takes away other permissions',
  awsError:
    'is not authorized to perform: iam:CreateRole … because no identity-based policy allows the iam:CreateRole action',
  cause:
    'only the request for iam:PassRole carries that key, so for every other action the condition never holds and the statement never allows',
  fix: 'put iam:PassRole, with the condition, into a statement of its own',
  link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html',
  *check(model): Iterable<Found> {
    for (const role of model.roles) {
      const all = role.policies.flatMap(({ name, document }) =>
        statementsOf(document).map((statement) => ({ policy: name, statement })),
      );
      const sound = all.map(({ statement }) => statement).filter((one) => !isLimited(one));
      for (const { policy, statement } of all) {
        if (statement.Effect !== 'Allow' || !isLimited(statement)) continue;
        const lost = listOf(statement.Action).filter(
          (action) =>
            !/^iam:PassRole$/i.test(action) &&
            !sound.some((other) => other.Effect === 'Allow' && namesAction(other, action)),
        );
        if (!lost.length) continue;
        yield {
          level: isNeeded(lost, role, model) ? 'error' : 'warning',
          place: role.resource.place,
          message: `${policy} of ${role.name} never allows ${lost.join(', ')}: the condition on iam:PassedToService holds for iam:PassRole alone`,
          fix: `leave iam:PassRole in that statement, and move ${lost.join(', ')} into one without the condition`,
          awsError: `is not authorized to perform: ${lost[0] ?? ''}`,
        };
      }
    }
  },
};

/** Whether a condition cannot hold where the request does not carry the key. */
function isLimited({ Condition }: Statement): boolean {
  return Object.entries(Condition ?? {}).some(([operator, block]) =>
    Object.entries(block).some(([key, expected]) => {
      return key.toLowerCase() === 'iam:passedtoservice' && !holdsWithout(operator, key, expected);
    }),
  );
}

function holdsWithout(
  operator: string,
  key: string,
  expected: string | readonly string[] | boolean | number,
): boolean {
  try {
    return conditionsHold({ [operator]: { [key]: expected } }, {});
  } catch {
    return true;
  }
}

/** By a command of a build, or because it is what CloudFormation deploys with. */
function isNeeded(lost: readonly string[], role: Role, model: Model): boolean {
  if (
    statementsOf(role.trust).some(({ Principal }) =>
      JSON.stringify(Principal ?? '').includes('"cloudformation.'),
    )
  )
    return true;
  return model.builds
    .filter(({ project }) => project?.role === role)
    .flatMap((build) => needsOf(build, model))
    .some(
      ({ action, without }) =>
        without === 'missing' &&
        lost.some((pattern) => matchesWildcard(pattern, action, { ignoreCase: true })),
    );
}
