import type { PolicyDocument, Statement } from '../../../tools/iam/policy';
import type { Role } from '../../../tools/preflight/model/role';
import { rolesOf } from '../../../tools/preflight/model/role';
import { stacksOf } from '../../../tools/preflight/model/stacks';

/** A role of a template with these statements, and what a test changes of its properties. */
export function roleWith(
  statements: readonly Statement[],
  changes: Readonly<Record<string, unknown>> = {},
): Role {
  const document: PolicyDocument = { Version: '2012-10-17', Statement: statements };
  const Properties = {
    RoleName: 'build',
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] },
    Policies: [{ PolicyName: 'own', PolicyDocument: document }],
    ...changes,
  };
  const text = JSON.stringify({ Resources: { Role: { Type: 'AWS::IAM::Role', Properties } } });
  const [role] = rolesOf(
    stacksOf([
      {
        ...{ name: 'Stack', file: 'Stack.template.json', text, account: '111122223333', region: 'eu-west-1' },
        ...{ assets: [], missingContext: [], dependsOn: [] },
      },
    ]),
  );
  if (!role) throw new Error('there is no role');
  return role;
}

export function allow(
  Action: string | string[],
  Resource: string | string[] = '*',
  Condition?: Statement['Condition'],
): Statement {
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}
