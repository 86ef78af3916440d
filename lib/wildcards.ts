import { Stack, Validations } from 'aws-cdk-lib';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Which wildcards a reason answers for, and the reason. The pattern is matched with the resource, or the action. */
export type WildcardReason = readonly [pattern: RegExp, reason: string];

/**
 * Says why the wildcards in a role's or policy's documents are there. A wildcard without a reason stays cdk-nag's finding.
 *
 * cdk-nag 3 knows every wildcard as a finding of its own, `AwsSolutions-IAM5[Resource::…]`, and compares whole ids:
 * acknowledging `AwsSolutions-IAM5` answers none.
 */
export function acknowledgeWildcards(
  scope: IConstruct,
  documents: readonly PolicyDocument[],
  reasons: readonly WildcardReason[],
): void {
  for (const finding of new Set(documents.flatMap((document) => findings(scope, document)))) {
    const [, text = ''] = /^\w+::(.*)$/.exec(finding) ?? [];
    const reason = reasons.find(([pattern]) => pattern.test(text))?.[1];
    if (reason) Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
  }
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function findings(scope: IConstruct, document: PolicyDocument): string[] {
  const { Statement } = Stack.of(scope).resolve(document.toJSON()) as { Statement: Statement[] };
  return Statement.flatMap(({ Action, Resource }) => [
    ...[Action].flat().map((action) => `Action::${action}`),
    ...[Resource].flat().map((resource) => `Resource::${flat(resource)}`),
  ]).filter((finding) => finding.includes('*'));
}

/** As cdk-nag writes them: `<Id>` for a reference, `<Id.Arn>` for an attribute. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref } = value as Record<string, unknown>;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(flat).join(String(join[0]));
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  return `<${String(Ref)}>`;
}
