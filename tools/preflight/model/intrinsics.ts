import { isObject, list, object, text } from '../../values';

/** What a template refers to beyond itself: its stack, and through it the others. */
export interface Scope {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** `AWS::Region` and the like, each known or a placeholder. */
  readonly pseudo: Readonly<Record<string, string>>;
  /** Undefined where there is no such resource. */
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, name: string): unknown;
  /** Of the stacks that are known; undefined where none has it. */
  imported(name: string): unknown;
  output(stack: string, name: string, region?: string): unknown;
  condition(name: string): unknown;
  mapping(map: string, first: string, second: string): unknown;
}

/** AWS::NoValue: the property does not exist. */
const NO_VALUE = Symbol('AWS::NoValue');

/** Deeper than any template that CloudFormation takes, and far from the end of our own stack. */
const MAX_DEPTH = 200;

/** What only the deployment will know. */
export function placeholder(what: string): string {
  // What stands in it must not end it.
  return `‹${what.replace(/[‹›]/g, '')}›`;
}

/**
 * Replaces the intrinsic functions of a template's value as far as can be told; what cannot becomes a placeholder.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export class Intrinsics {
  private depth = 0;
  private readonly judging = new Set<string>();
  private readonly judged = new Map<string, boolean | undefined>();

  constructor(private readonly scope: Scope) {}

  resolve(value: unknown): unknown {
    const resolved = this.value(value);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  /** Whether a condition holds; undefined where only the deployment will know. */
  holds(name: string): boolean | undefined {
    if (this.judging.has(name)) return undefined;
    if (!this.judged.has(name)) {
      this.judging.add(name);
      this.judged.set(name, this.truth(this.scope.condition(name)));
      this.judging.delete(name);
    }
    return this.judged.get(name);
  }

  private value(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.depth >= MAX_DEPTH) return placeholder('…');
    this.depth++;
    try {
      if (Array.isArray(value)) {
        return value.map((item) => this.value(item)).filter((item) => item !== NO_VALUE);
      }
      const entries = Object.entries(value);
      const [only] = entries;
      if (entries.length === 1 && only && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) {
        return this.call(only[0], only[1]) ?? placeholder(only[0]);
      }
      return Object.fromEntries(
        entries.map(([key, inner]) => [key, this.value(inner)]).filter(([, inner]) => inner !== NO_VALUE),
      );
    } finally {
      this.depth--;
    }
  }

  /** Undefined where it is not known, or not written as CloudFormation takes it. */
  private call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return typeof argument === 'string' ? this.ref(argument) : undefined;
      case 'Fn::GetAtt':
        return this.attribute(argument);
      case 'Fn::Join': {
        const [separator, items] = list(argument);
        const parts = this.items(items);
        return typeof separator === 'string' ? parts?.map(written).join(separator) : undefined;
      }
      case 'Fn::Sub':
        return this.sub(argument);
      case 'Fn::Select': {
        const [index, items] = list(argument);
        const parts = this.value(items);
        return Array.isArray(parts) ? (parts as unknown[])[Number(this.value(index))] : undefined;
      }
      case 'Fn::Split': {
        const [separator, source] = list(argument);
        const whole = this.value(source);
        if (typeof separator !== 'string' || separator === '' || typeof whole !== 'string') return undefined;
        return splitOutside(whole, separator);
      }
      case 'Fn::If': {
        const [condition, yes, no] = list(argument);
        const holds = this.holds(String(condition));
        if (holds === undefined) return placeholder(`Fn::If ${String(condition)}`);
        return this.value(holds ? yes : no);
      }
      case 'Fn::FindInMap': {
        const [map = '', first = '', second = ''] = list(argument).map((part) => written(this.value(part)));
        return this.scope.mapping(map, first, second);
      }
      case 'Fn::ImportValue':
        return this.scope.imported(written(this.value(argument)));
      case 'Fn::GetStackOutput': {
        const named = object(this.value(argument));
        return this.scope.output(
          text(named, 'StackName') ?? '',
          text(named, 'OutputName') ?? '',
          text(named, 'Region'),
        );
      }
      case 'Fn::Base64': {
        const plain = written(this.value(argument));
        return plain.includes('‹') ? undefined : Buffer.from(plain).toString('base64');
      }
      case 'Fn::ToJsonString':
        return JSON.stringify(this.value(argument));
      default:
        return undefined;
    }
  }

  private ref(name: string): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    for (const values of [this.scope.pseudo, this.scope.parameters]) {
      if (Object.hasOwn(values, name)) return values[name];
    }
    return this.scope.ref(name) ?? placeholder(name);
  }

  /** `[id, name]`, or in YAML `id.name`; the name may be a function. */
  private attribute(argument: unknown): unknown {
    const [id = '', ...path] = Array.isArray(argument)
      ? argument.map((part) => written(this.value(part)))
      : written(argument).split('.');
    const name = path.join('.');
    return this.scope.attribute(id, name) ?? placeholder(`${id}.${name}`);
  }

  private sub(argument: unknown): string | undefined {
    const [template, variables] = Array.isArray(argument) ? list(argument) : [argument, {}];
    if (typeof template !== 'string') return undefined;
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, inner: string) => {
      if (literal) return `\${${inner}}`;
      const name = inner.trim();
      if (isObject(variables) && Object.hasOwn(variables, name)) return written(this.value(variables[name]));
      return written(name.includes('.') ? this.attribute(name) : this.ref(name));
    });
  }

  /** A list that is not known, e.g. of `Fn::GetAZs`, is one item that is not known. */
  private items(value: unknown): unknown[] | undefined {
    const resolved = this.value(value);
    if (Array.isArray(resolved)) return resolved as unknown[];
    return typeof resolved === 'string' ? [resolved] : undefined;
  }

  private truth(definition: unknown): boolean | undefined {
    if (!isObject(definition)) return undefined;
    const [[name, argument] = ['', undefined]] = Object.entries(definition);
    switch (name) {
      case 'Condition':
        return this.holds(String(argument));
      case 'Fn::Equals': {
        const [left, right] = list(argument).map((side) => written(this.value(side)));
        if (left === undefined || right === undefined) return undefined;
        if (left === right) return true;
        return `${left}${right}`.includes('‹') ? undefined : false;
      }
      case 'Fn::And':
        return all(this.truths(argument), true);
      case 'Fn::Or':
        return all(this.truths(argument), false);
      case 'Fn::Not': {
        const [inner] = this.truths(argument);
        return inner === undefined ? undefined : !inner;
      }
      default:
        return undefined;
    }
  }

  private truths(argument: unknown): (boolean | undefined)[] {
    if (this.depth >= MAX_DEPTH) return [undefined];
    this.depth++;
    try {
      return list(argument).map((inner) => this.truth(inner));
    } finally {
      this.depth--;
    }
  }
}

/** All are `wanted`: so it is; one is not: it is not; else only the deployment will know. */
function all(truths: readonly (boolean | undefined)[], wanted: boolean): boolean | undefined {
  if (truths.includes(!wanted)) return !wanted;
  return truths.includes(undefined) ? undefined : wanted;
}

function written(value: unknown): string {
  if (value === NO_VALUE || value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A separator within a placeholder, e.g. the colons of `‹AWS::Region›`, separates nothing. */
function splitOutside(whole: string, separator: string): string[] {
  const hidden: string[] = [];
  const marked = whole.replace(/‹[^›]*›/g, (found) => `\u0000${hidden.push(found) - 1}\u0000`);
  return marked
    .split(separator)
    .map((part) => part.replace(/\u0000(\d+)\u0000/g, (_, index: string) => hidden[Number(index)] ?? ''));
}
