import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** A statement that allows, in one line: policies are read more often than written. */
export function allow(
  actions: string[],
  resources: readonly string[],
  conditions?: Record<string, Record<string, string | string[]>>,
): PolicyStatement {
  return new PolicyStatement({ actions, resources: [...resources], conditions });
}

export function policy(...statements: PolicyStatement[]): PolicyDocument {
  return new PolicyDocument({ statements });
}
