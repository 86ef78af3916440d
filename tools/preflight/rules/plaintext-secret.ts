import type { Variable } from '../model/project';
import { secretIn, type Secret } from '../secrets';
import type { Found, Rule } from '../rule';

export const plaintextSecret: Rule = {
  id: 'F74',
  name: 'plaintext-secret',
  title: 'A secret is a plaintext variable of the project',
  cause:
    'whoever may look at the project sees it, in the console, by batch-get-projects, and in the events of every build',
  fix: 'keep it in Secrets Manager, and let the variable name it: Type SECRETS_MANAGER, Value the id of the secret',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/change-project.html',
  *check({ projects }): Iterable<Found> {
    for (const { name, environment, resource } of projects) {
      for (const variable of environment.variables) {
        const secret = secretOf(variable);
        if (!secret) continue;
        yield {
          level: secret.certain ? 'error' : 'warning',
          place: resource.place,
          message: `the variable ${variable.name} of ${name} is ${secret.kind}, of type PLAINTEXT`,
          fix: `make it {"Name":"${variable.name}","Type":"SECRETS_MANAGER","Value":"<id of the secret>"}, and take the one that was written here out of use`,
        };
      }
    }
  },
};

function secretOf({ name, value, type }: Variable): Secret | undefined {
  if (type !== 'PLAINTEXT') return undefined;
  // CloudFormation puts the secret in the place of the reference, and CodeBuild shows it.
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
  if (/\{\{resolve:(?:secretsmanager|ssm-secure):/.test(value)) {
    return { kind: 'what CloudFormation reads from a secret', certain: true };
  }
  return secretIn(name, value);
}
