import { isIPv4 } from 'node:net';
import { listOf, type Statement } from './policy';
import { matchesArn, matchesWildcard } from './wildcard';

/** The request's condition keys; their names are compared without regard to case. */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>;

/** A condition that cannot be judged here. Whoever asks must deny. */
export class UnknownCondition extends Error {}

/**
 * Whether all conditions of a statement hold.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * @throws UnknownCondition for an operator that is not played
 */
export function conditionsHold(condition: Statement['Condition'], context: ConditionContext): boolean {
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return Object.entries(condition ?? {}).every(([operator, block]) =>
    Object.entries(block).every(([key, expected]) =>
      holds(
        operator,
        keys.get(key.toLowerCase()),
        listOf(expected).map((value) => substituted(value, keys)),
      ),
    ),
  );
}

export interface Unmet {
  readonly operator: string;
  readonly key: string;
  readonly expected: readonly string[];
  /** Undefined when the request does not carry the key. */
  readonly actual?: string | readonly string[];
}

/** The conditions of a statement that do not hold, for whoever has to mend the request or the statement. */
export function unmetConditions(condition: Statement['Condition'], context: ConditionContext): Unmet[] {
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return Object.entries(condition ?? {}).flatMap(([operator, block]) =>
    Object.entries(block)
      .filter(([key, expected]) => {
        try {
          return !conditionsHold({ [operator]: { [key]: expected } }, context);
        } catch {
          return true;
        }
      })
      .map(([key, expected]) => ({
        operator,
        key,
        expected: listOf(expected),
        actual: keys.get(key.toLowerCase()),
      })),
  );
}

type Keys = ReadonlyMap<string, string | readonly string[]>;

function holds(
  written: string,
  actual: string | readonly string[] | undefined,
  expected: readonly (string | undefined)[],
): boolean {
  const set = /^(ForAnyValue|ForAllValues):/.exec(written)?.[1];
  const rest = set ? written.slice(set.length + 1) : written;
  const ifExists = rest.endsWith('IfExists');
  const operator = ifExists ? rest.slice(0, -'IfExists'.length) : rest;

  if (operator === 'Null') return expected.some((value) => (value === 'true') === (actual === undefined));
  const { test, negated } = operatorOf(operator);
  if (actual === undefined || (Array.isArray(actual) && actual.length === 0)) {
    // ForAllValues holds for nothing at all; a negated operator holds for a missing key.
    return ifExists || set === 'ForAllValues' || (negated && set !== 'ForAnyValue');
  }
  const values = typeof actual === 'string' ? [actual] : actual;
  const matches = (value: string): boolean => {
    const any = expected.some((pattern) => pattern !== undefined && test(pattern, value));
    return negated ? !any : any;
  };
  if (set === 'ForAllValues') return values.every(matches);
  if (set === 'ForAnyValue') return values.some(matches);
  return negated ? values.every(matches) : values.some(matches);
}

type Test = (expected: string, actual: string) => boolean;

function operatorOf(operator: string): { test: Test; negated: boolean } {
  const negated = /Not(?=Equals|Like|IpAddress)/.test(operator) || operator === 'NotIpAddress';
  const name = negated ? operator.replace('Not', '') : operator;
  const test = OPERATORS[name];
  if (!test) throw new UnknownCondition(`the condition operator ${operator} is not played`);
  return { test, negated };
}

const number = (compare: (a: number, b: number) => boolean): Test => {
  return (expected, actual) => compare(Number(actual), Number(expected));
};
const date = (compare: (a: number, b: number) => boolean): Test => {
  const time = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));
  return (expected, actual) => compare(time(actual), time(expected));
};

const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: (expected, actual) => unescaped(expected) === actual,
  StringEqualsIgnoreCase: (expected, actual) => unescaped(expected).toLowerCase() === actual.toLowerCase(),
  StringLike: (expected, actual) => matchesWildcard(expected, actual),
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  IpAddress: inNetwork,
};

/** IPv4 only: nothing else reaches the emulated AWS. */
function inNetwork(expected: string, actual: string): boolean {
  const [network = '', bits = '32'] = expected.split('/');
  if (!isIPv4(network) || !isIPv4(actual))
    throw new UnknownCondition(`the network ${expected} is not played`);
  const asNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(asNumber(network) / size) === Math.floor(asNumber(actual) / size);
}

/**
 * Replaces policy variables by the request's values. Undefined when one has none and no default: then nothing matches.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function substituted(pattern: string, keys: Keys): string | undefined {
  let missing = false;
  const text = pattern.replace(
    /\$\{([^*?$}][^},]*)(?:,\s*'([^']*)')?\}/g,
    (_, name: string, fallback?: string) => {
      const value = keys.get(name.trim().toLowerCase());
      // Wildcards in a value are characters, not wildcards.
      if (typeof value === 'string') return value.replace(/[*?$]/g, (character) => `\${${character}}`);
      if (fallback === undefined) missing = true;
      return fallback ?? '';
    },
  );
  return missing ? undefined : text;
}

function unescaped(pattern: string): string {
  return pattern.replace(/\$\{([*?$])\}/g, '$1');
}
