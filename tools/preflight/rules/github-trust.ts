import { listOf, type Statement, statementsOf } from '../../iam/policy';
import type { Found, Rule } from '../rule';

const ISSUER = 'token.actions.githubusercontent.com';

export const githubTrust: Rule = {
  id: 'S07',
  name: 'github-trust',
  title: 'Every workflow of GitHub may assume a role',
  cause:
    'GitHub issues tokens to the workflows of all repositories; only the subject (sub) says of which one it is',
  fix: `add a condition on ${ISSUER}:sub that names the repository, and the branch or environment`,
  link: 'https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws',
  *check({ roles }): Iterable<Found> {
    for (const role of roles) {
      if (!statementsOf(role.trust).some((statement) => trustsGitHub(statement) && !namesSubject(statement)))
        continue;
      yield {
        level: 'error',
        place: role.resource.place,
        message: `${role.name} trusts the workflows of every repository on GitHub: no condition on ${ISSUER}:sub names one`,
        fix: `add to the statement of its trust policy: "Condition":{"StringEquals":{"${ISSUER}:aud":"sts.amazonaws.com","${ISSUER}:sub":"repo:<owner>/<repository>:ref:refs/heads/main"}}`,
      };
    }
  },
};

function trustsGitHub({ Effect, Principal }: Statement): boolean {
  if (Effect !== 'Allow' || typeof Principal !== 'object') return false;
  return listOf(Principal.Federated).some((provider) => provider.endsWith(ISSUER));
}

/** `*` and `repo:*` name none. Claims such as `repository` name one too. */
function namesSubject({ Condition }: Statement): boolean {
  return Object.entries(Condition ?? {}).some(([operator, block]) =>
    Object.entries(block).some(
      ([key, expected]) =>
        !/Not/.test(operator) &&
        new RegExp(
          `^${ISSUER.replaceAll('.', '\\.')}(?:/[^:]+)?:(?:sub|repository\\w*|job_workflow_ref)$`,
          'i',
        ).test(key) &&
        !listOf(expected).some((value) => /^(?:\*|repo:\*.*)$/.test(value)),
    ),
  );
}
