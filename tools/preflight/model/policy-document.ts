import type { OneOrMany, PolicyDocument, Statement } from '../../iam/policy';
import { isObject, object, text, texts } from '../../values';

/**
 * A policy document of a template, as far as it is told and is one.
 *
 * @returns whether it is told whole: where a condition decides on a statement, only the deployment will know
 */
export function readPolicy(written: unknown): { document: PolicyDocument; complete: boolean } {
  const value = typeof written === 'string' ? parsed(written) : written;
  const { Statement: statement } = object(value);
  const statements: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
  const read = statements.flatMap((one) => readStatement(one) ?? []);
  return {
    document: { Version: text(value, 'Version'), Statement: read },
    complete: isObject(value) && read.length === statements.length,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readStatement(value: unknown): Statement | undefined {
  if (!isObject(value)) return undefined;
  const { Effect } = value;
  if (Effect !== 'Allow' && Effect !== 'Deny') return undefined;
  // `"Condition": "‹Fn::If …›"`: an operator that nobody knows, so that an Allow is not counted on and a Deny is.
  const condition = typeof value.Condition === 'string' ? { [value.Condition]: {} } : value.Condition;
  return {
    Sid: text(value, 'Sid'),
    Effect,
    ...oneOrMany(value, 'Action', 'NotAction', 'Resource', 'NotResource'),
    ...principals(value, 'Principal', 'NotPrincipal'),
    ...(isObject(condition) ? { Condition: conditionOf(condition) } : {}),
  };
}

function oneOrMany(
  value: Readonly<Record<string, unknown>>,
  ...keys: readonly string[]
): Record<string, OneOrMany> {
  return Object.fromEntries(
    keys
      .filter((key) => Object.hasOwn(value, key))
      .map((key) => [key, text(value, key) ?? texts(value, key)]),
  );
}

function principals(value: Readonly<Record<string, unknown>>, ...keys: readonly string[]): object {
  return Object.fromEntries(
    keys
      .filter((key) => Object.hasOwn(value, key))
      .map((key) => {
        const principal = value[key];
        return [key, isObject(principal) ? oneOrMany(principal, ...Object.keys(principal)) : text(principal)];
      }),
  );
}

function conditionOf(condition: Readonly<Record<string, unknown>>): Statement['Condition'] {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => {
      const compared = object(keys);
      return [operator, oneOrMany(compared, ...Object.keys(compared))];
    }),
  );
}
