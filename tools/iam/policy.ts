/** A policy document, as IAM stores it. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Principal?: Principal;
  readonly NotPrincipal?: Principal;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany | boolean | number>>>>;
}

export type OneOrMany = string | readonly string[];
export type Principal = '*' | Readonly<Record<string, OneOrMany>>;

export function statementsOf(document: PolicyDocument): readonly Statement[] {
  return isList(document.Statement) ? document.Statement : [document.Statement];
}

export function listOf(value: OneOrMany | boolean | number | undefined): readonly string[] {
  if (value === undefined) return [];
  return isList(value) ? value.map(String) : [String(value)];
}

/** Array.isArray does not narrow readonly arrays. */
function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
