import type { Template } from './template';

/** Stands in a plan for what only the deployment will know. */
export const KNOWN_AFTER_APPLY = '{{changeSet:KNOWN_AFTER_APPLY}}';

/** What the intrinsic functions of a template refer to. */
export interface Scope {
  readonly template: Template;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** AWS::Region and the like. */
  readonly pseudo: Readonly<Record<string, string>>;
  /** The value of a resource's Ref; undefined when there is no such resource. */
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, name: string): unknown;
  /** @throws Error when nothing exports the name */
  imported(name: string): string;
  /** @throws Error when there is no such stack, or it has no such output */
  output(stack: string, name: string): string;
}

/** AWS::NoValue: the property does not exist. */
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Replaces the intrinsic functions of a value.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 * @throws Error that names a function that is not played, or what cannot be found
 */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = new Resolver(scope).value(value);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** Whether a condition of the template holds. */
export function conditionHolds(name: string, scope: Scope): boolean {
  return new Resolver(scope).condition(name);
}

/** The resources that a value refers to, by logical id, whatever its conditions. */
export function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(references);
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref' && typeof inner === 'string') return [inner];
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0])];
    if (key === 'Fn::Sub') {
      const [text, variables] = (Array.isArray(inner) ? inner : [inner, {}]) as [
        string,
        Record<string, unknown>,
      ];
      const names = [...text.matchAll(/\$\{([^!][^}.]*)[^}]*\}/g)].map((match) => match[1] ?? '');
      return [...names.filter((name) => !(name in variables)), ...references(variables)];
    }
    return references(inner);
  });
}

/**
 * The stacks whose outputs a value reads without an import: nothing keeps these outputs as they are.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 */
export function weakReferences(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const { StackName } = (key === 'Fn::GetStackOutput' ? inner : {}) as { StackName?: unknown };
    return typeof StackName === 'string' ? [StackName] : weakReferences(inner);
  });
}

class Resolver {
  constructor(private readonly scope: Scope) {}

  value(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value))
      return value.map((item) => this.value(item)).filter((item) => item !== NO_VALUE);
    const entries = Object.entries(value) as [string, unknown][];
    const [only] = entries;
    if (entries.length === 1 && only && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) {
      return this.call(only[0], only[1]);
    }
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, this.value(inner)]).filter(([, inner]) => inner !== NO_VALUE),
    );
  }

  condition(name: string): boolean {
    const definition = this.scope.template.Conditions?.[name];
    if (definition === undefined) throw new Error(`Unresolved condition ${name}`);
    return this.truth(definition);
  }

  private call(name: string, argument: unknown): unknown {
    const play = Object.hasOwn(this.functions, name) ? this.functions[name] : undefined;
    if (!play) throw new Error(`The simulator does not play the intrinsic function ${name}`);
    return play(argument);
  }

  private readonly functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => this.ref(String(name)),
    'Fn::GetAtt': (argument) => {
      const [id, ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
      return this.scope.attribute(id ?? '', path.join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, items] = argument as [string, unknown];
      return this.list(items).map(text).join(separator);
    },
    'Fn::Sub': (argument) => {
      const [template, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
        string,
        Record<string, unknown>,
      ];
      return template.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
        if (literal) return `\${${name}}`;
        if (name in variables) return text(this.value(variables[name]));
        return text(name.includes('.') ? this.call('Fn::GetAtt', name) : this.ref(name.trim()));
      });
    },
    'Fn::Select': (argument) => {
      const [index, items] = argument as [unknown, unknown];
      const list = this.list(items);
      const i = Number(this.value(index));
      if (list.length === 1 && list[0] === KNOWN_AFTER_APPLY) return KNOWN_AFTER_APPLY;
      if (!(i in list)) throw new Error(`Fn::Select cannot select nonexistent value at index ${i}`);
      return list[i];
    },
    'Fn::Split': (argument) => {
      const [separator, source] = argument as [string, unknown];
      const whole = text(this.value(source));
      return whole === KNOWN_AFTER_APPLY ? [KNOWN_AFTER_APPLY] : whole.split(separator);
    },
    'Fn::If': (argument) => {
      const [name, yes, no] = argument as [string, unknown, unknown];
      return this.value(this.condition(name) ? yes : no);
    },
    'Fn::GetAZs': (argument) => {
      const region = text(this.value(argument)) || (this.scope.pseudo['AWS::Region'] ?? '');
      return ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
    },
    'Fn::FindInMap': (argument) => {
      const [map, first, second] = (argument as unknown[]).map((part) => text(this.value(part)));
      const found = this.scope.template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined) throw new Error(`Unable to get mapping for ${map}::${first}::${second}`);
      return found;
    },
    'Fn::ImportValue': (argument) => this.scope.imported(text(this.value(argument))),
    'Fn::GetStackOutput': (argument) => {
      const { StackName, OutputName, Region, RoleArn } = this.value(argument) as Record<string, unknown>;
      if (RoleArn !== undefined || (Region !== undefined && Region !== this.scope.pseudo['AWS::Region'])) {
        throw new Error('The simulator does not play Fn::GetStackOutput from another account or region');
      }
      return this.scope.output(text(StackName), text(OutputName));
    },
    'Fn::Base64': (argument) => Buffer.from(text(this.value(argument))).toString('base64'),
    'Fn::Cidr': (argument) => {
      const [block, count, bits = 8] = (argument as unknown[]).map((part) => this.value(part));
      return subnets(text(block), Number(count), Number(bits));
    },
    'Fn::ToJsonString': (argument) => JSON.stringify(this.value(argument)),
    'Fn::Length': (argument) => this.list(argument).length,
  };

  private ref(name: string): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    const { pseudo, parameters } = this.scope;
    const value = pseudo[name] ?? parameters[name] ?? this.scope.ref(name);
    if (value === undefined) throw new Error(`Unresolved resource dependencies [${name}] in the template`);
    return value;
  }

  private list(value: unknown): unknown[] {
    const resolved = this.value(value);
    return Array.isArray(resolved) ? resolved : [resolved];
  }

  private truth(value: unknown): boolean {
    if (typeof value === 'object' && value !== null) {
      const [[name, argument] = ['', undefined]] = Object.entries(value) as [string, unknown][];
      switch (name) {
        case 'Condition':
          return this.condition(String(argument));
        case 'Fn::Equals': {
          const [left, right] = (argument as unknown[]).map((side) => text(this.value(side)));
          return left === right;
        }
        case 'Fn::And':
          return (argument as unknown[]).every((inner) => this.truth(inner));
        case 'Fn::Or':
          return (argument as unknown[]).some((inner) => this.truth(inner));
        case 'Fn::Not':
          return !this.truth((argument as unknown[])[0]);
      }
    }
    throw new Error(`The simulator does not play the condition ${JSON.stringify(value)}`);
  }
}

function text(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    throw new Error(`expected a text, got ${JSON.stringify(value)}`);
  return String(value);
}

/** IPv4 only. */
function subnets(block: string, count: number, bits: number): string[] {
  const [address = ''] = block.split('/');
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * 2 ** bits;
    return `${[24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256).join('.')}/${32 - bits}`;
  });
}
