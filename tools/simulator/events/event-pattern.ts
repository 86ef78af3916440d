/** Whether a rule's event pattern matches an event. */
export type EventPattern = (event: object) => boolean;

type Json = Readonly<Record<string, unknown>>;
/** Whether one value of a field, never a list, is what is asked for; `undefined` where the field is absent. */
type Test = (value: unknown) => boolean;

/**
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 *
 * @param pattern as in a template, or as the JSON text of the API
 * @throws Error for a pattern that EventBridge refuses, and for an operator that is not played, by its name
 */
export function eventPattern(pattern: unknown): EventPattern {
  const parsed: unknown = typeof pattern === 'string' ? JSON.parse(pattern) : pattern;
  if (!isObject(parsed) || !Object.keys(parsed).length)
    throw invalid('the pattern must be an object with fields');
  const matching = fieldsOf(parsed);
  return (event) => matching(event as Json);
}

export function matches(pattern: unknown, event: object): boolean {
  return eventPattern(pattern)(event);
}

/** Every field must match; of `$or`, one of its patterns. */
function fieldsOf(pattern: Json): (event: Json) => boolean {
  const fields = Object.entries(pattern).map(([name, wanted]) =>
    name === '$or' ? anyOf(wanted) : fieldOf(name, wanted),
  );
  return (event) => fields.every((matching) => matching(event));
}

function anyOf(patterns: unknown): (event: Json) => boolean {
  if (!Array.isArray(patterns) || patterns.length < 2 || !patterns.every(isObject)) {
    throw invalid('"$or" must be a list of at least two objects');
  }
  const matching = patterns.map(fieldsOf);
  return (event) => matching.some((one) => one(event));
}

function fieldOf(name: string, wanted: unknown): (event: Json) => boolean {
  if (isObject(wanted)) {
    if (!Object.keys(wanted).length) throw invalid(`"${name}": empty objects are not allowed`);
    const matching = fieldsOf(wanted);
    // Of a list of objects, one must match as a whole; what is absent may be asked for, too.
    return (event) => {
      const inner = flat(event[name]).filter(isObject);
      return (inner.length ? inner : [{}]).some(matching);
    };
  }
  if (!Array.isArray(wanted)) throw invalid(`"${name}" must be an object or an array`);
  if (!wanted.length) throw invalid(`"${name}": empty arrays are not allowed`);
  const tests = wanted.map((value) => testOf(name, value));
  return (event) => {
    // Operators see leaves only: an object is as absent as an empty list.
    const leaves = flat(event[name]).filter((value) => !isObject(value));
    return (leaves.length ? leaves : [undefined]).some((value) => tests.some((test) => test(value)));
  };
}

function testOf(name: string, wanted: unknown): Test {
  if (!isObject(wanted)) {
    if (Array.isArray(wanted)) throw invalid(`"${name}": a list in a list is not allowed`);
    return (value) => value === wanted;
  }
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(wanted);
  if (others.length) throw invalid(`"${name}": only one key allowed in a match expression`);
  const operators: Readonly<Record<string, () => Test>> = {
    ...textOperators(name, operand),
    'anything-but': () => anythingBut(name, operand),
    numeric: () => numeric(name, operand),
    exists: () => {
      if (typeof operand !== 'boolean') throw invalid(`"${name}": exists must be true or false`);
      return (value) => (value !== undefined) === operand;
    },
    cidr: () => {
      throw new Error(`Event pattern: "${name}": the simulator does not play the operator cidr`);
    },
  };
  return chosen(operators, operator, name);
}

function chosen(operators: Readonly<Record<string, () => Test>>, operator: string, name: string): Test {
  const make = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (!make) throw invalid(`"${name}": unrecognized match type ${operator}`);
  return make();
}

/** Those that compare text, alone and within `anything-but`. */
function textOperators(name: string, operand: unknown): Readonly<Record<string, () => Test>> {
  const text = (operator: string, given = operand): string => {
    if (typeof given === 'string') return given;
    throw invalid(`"${name}": ${operator} must be a string`);
  };
  const atOneEnd = (operator: 'prefix' | 'suffix'): Test => {
    const has = operator === 'prefix' ? 'startsWith' : 'endsWith';
    if (!isObject(operand)) {
      const end = text(operator);
      return onText((value) => value[has](end));
    }
    const end = text(operator, operand['equals-ignore-case']).toLowerCase();
    return onText((value) => value.toLowerCase()[has](end));
  };
  return {
    prefix: () => atOneEnd('prefix'),
    suffix: () => atOneEnd('suffix'),
    'equals-ignore-case': () => {
      const same = text('equals-ignore-case').toLowerCase();
      return onText((value) => value.toLowerCase() === same);
    },
    wildcard: () => {
      const pattern = wildcard(name, text('wildcard'));
      return onText((value) => pattern.test(value));
    },
  };
}

/** Matches a field that is there and whose value is none of those. */
function anythingBut(name: string, operand: unknown): Test {
  const but = (tests: readonly Test[]): Test => {
    return (value) => value !== undefined && !tests.some((test) => test(value));
  };
  if (isObject(operand)) {
    const [[operator, inner] = ['', undefined], ...others] = Object.entries(operand);
    if (others.length) throw invalid(`"${name}": only one key allowed in a match expression`);
    return but(listed(name, inner).map((one) => chosen(textOperators(name, one), operator, name)));
  }
  const values = listed(name, operand);
  if (values.some((value) => typeof value !== typeof values[0] || !/string|number/.test(typeof value))) {
    throw invalid(`"${name}": anything-but needs strings only or numbers only`);
  }
  return but(values.map((other) => (value) => value === other));
}

function listed(name: string, operand: unknown): readonly unknown[] {
  if (!Array.isArray(operand)) return [operand];
  if (!operand.length) throw invalid(`"${name}": empty arrays are not allowed`);
  return operand;
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** One comparison, or two that limit a range. */
function numeric(name: string, operand: unknown): Test {
  const parts: readonly unknown[] = Array.isArray(operand) ? operand : [];
  if (parts.length !== 2 && parts.length !== 4)
    throw invalid(`"${name}": numeric needs one or two comparisons`);
  const comparisons: ((value: number) => boolean)[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const [operator, limit] = [String(parts[at]), parts[at + 1]];
    const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
    if (!compare) throw invalid(`"${name}": unrecognized numeric range operator: ${operator}`);
    if (typeof limit !== 'number')
      throw invalid(`"${name}": numeric ${operator} must be followed by a number`);
    comparisons.push((value) => compare(value, limit));
  }
  return (value) => typeof value === 'number' && comparisons.every((compare) => compare(value));
}

/** `*` stands for any text, unless a backslash is before it. */
function wildcard(name: string, text: string): RegExp {
  const parts: readonly string[] = text.match(/\\[*\\]|[^]/g) ?? [];
  if (parts.some((part, at) => part === '*' && parts[at + 1] === '*')) {
    throw invalid(`"${name}": consecutive wildcard characters are not allowed`);
  }
  if (parts.includes('\\')) throw invalid(`"${name}": a backslash must be before * or another one`);
  const source = parts.map((part) =>
    part === '*' ? '.*' : (part.at(-1) ?? '').replace(/[.*+?^${}()|[\]\\/]/, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`, 's');
}

function onText(test: (value: string) => boolean): Test {
  return (value) => typeof value === 'string' && test(value);
}

/** The values of a field, which may be a list of lists. */
function flat(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flat(Infinity) : [value];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string): Error {
  return new Error(`Event pattern is not valid. Reason: ${reason}`);
}
