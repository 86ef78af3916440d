import { matchesWildcard } from '../../iam/wildcard';

type Condition = (event: object) => boolean;
/** A property selector, step by step. */
type Selector = readonly (string | number)[];

const TOKEN =
  /\s*(?:(&&|\|\||!=|>=|<=|[()=<>])|(\$(?:\.[\w-]+|\.?\['[^']*'\]|\.?\["[^"]*"\]|\[\d+\])*)|"((?:\\.|[^"\\])*)"|(%)|([^\s()=<>!&|"]+))/y;

interface Token {
  readonly kind: 'symbol' | 'selector' | 'text' | 'word';
  readonly text: string;
}

/**
 * Which events a filter pattern for JSON selects, e.g. `{ ($.mangoo = "image") && ($.megabytes > 200) }`. An event that is no
 * JSON object is selected by none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
 *
 * @throws Error with what is wrong in the pattern
 */
export function jsonFilterOf(pattern: string): (message: string) => boolean {
  const [, inner] = /^\s*\{(.*)\}\s*$/s.exec(pattern) ?? [];
  if (inner === undefined) throw new Error('a pattern of JSON ends with }');
  const selects = new Parser(tokensOf(inner)).parse();
  return (message) => {
    const event = objectIn(message);
    return event !== undefined && selects(event);
  };
}

function objectIn(message: string): object | undefined {
  if (!message.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const [, symbol, selector, quoted, regex, word] = TOKEN.exec(text) ?? [];
    if (regex) throw new Error('the simulator does not play regular expressions');
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
    else if (selector !== undefined) tokens.push({ kind: 'selector', text: selector });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1') });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else throw new Error(`not understood from ${text.slice(at).trim()}`);
  }
  return tokens;
}

/** Parentheses before `&&` before `||`. */
class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): Condition {
    const condition = this.either();
    const rest = this.tokens[this.at];
    if (rest) throw new Error(`unexpected ${rest.text}`);
    return condition;
  }

  private either(): Condition {
    const conditions = [this.both()];
    while (this.takes('||')) conditions.push(this.both());
    return (event) => conditions.some((one) => one(event));
  }

  private both(): Condition {
    const conditions = [this.one()];
    while (this.takes('&&')) conditions.push(this.one());
    return (event) => conditions.every((one) => one(event));
  }

  private one(): Condition {
    if (this.takes('(')) {
      const inner = this.either();
      if (!this.takes(')')) throw new Error('a parenthesis is not closed');
      return inner;
    }
    const { kind, text } = this.next();
    if (kind !== 'selector') throw new Error(`expected a selector such as $.name, got ${text}`);
    return this.comparison(selectorOf(text));
  }

  private comparison(selector: Selector): Condition {
    const operator = this.next();
    if (operator.kind === 'word') return this.inWords(selector, operator.text);
    const operand = this.next();
    if (operator.kind !== 'symbol' || !/^(!=|[<>]=?|=)$/.test(operator.text)) {
      throw new Error(`expected an operator, got ${operator.text}`);
    }
    if (operand.kind !== 'text' && operand.kind !== 'word')
      throw new Error(`expected a value, got ${operand.text}`);
    const number = operand.kind === 'word' && operand.text !== '' ? Number(operand.text) : NaN;
    if (/[<>]/.test(operator.text)) {
      if (Number.isNaN(number))
        throw new Error(`${operator.text} compares numbers, and ${operand.text} is none`);
      return (event) => ordered(valueAt(event, selector), operator.text, number);
    }
    const equals = operator.text === '=';
    return (event) => {
      const value = valueAt(event, selector);
      if (value === undefined || value === null || typeof value === 'object') return false;
      const same =
        typeof value === 'number' && !Number.isNaN(number) ? value === number : isLike(value, operand.text);
      return same === equals;
    };
  }

  private inWords(selector: Selector, first: string): Condition {
    const words = `${first} ${this.next().text}`;
    const values: Readonly<Record<string, unknown>> = { 'IS NULL': null, 'IS TRUE': true, 'IS FALSE': false };
    if (words === 'NOT EXISTS') return (event) => valueAt(event, selector) === undefined;
    if (Object.hasOwn(values, words)) return (event) => valueAt(event, selector) === values[words];
    throw new Error(`expected IS NULL, IS TRUE, IS FALSE or NOT EXISTS, got ${words}`);
  }

  private takes(symbol: string): boolean {
    const token = this.tokens[this.at];
    const found = token?.kind === 'symbol' && token.text === symbol;
    if (found) this.at += 1;
    return found;
  }

  private next(): Token {
    const token = this.tokens[this.at];
    if (!token) throw new Error('it ends too early');
    this.at += 1;
    return token;
  }
}

function selectorOf(text: string): Selector {
  const steps = text.matchAll(/\.([\w-]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]/g);
  return [...steps].map(([, name, single, double, index]) =>
    index === undefined ? (name ?? single ?? double ?? '') : Number(index),
  );
}

/** Undefined where there is no such property. */
function valueAt(event: object, selector: Selector): unknown {
  let value: unknown = event;
  for (const step of selector) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function ordered(value: unknown, operator: string, limit: number): boolean {
  if (typeof value !== 'number') return false;
  if (operator.endsWith('=') && value === limit) return true;
  return operator.startsWith('<') ? value < limit : value > limit;
}

/** With `*` for any text; of what IAM's wildcards know besides, nothing counts here. */
function isLike(value: unknown, pattern: string): boolean {
  return matchesWildcard(pattern.replace(/[?$]/g, '${$&}'), String(value));
}
