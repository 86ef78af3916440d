import type { ConditionContext } from '../../iam/condition';
import type { AwsRequest } from './request';

/** One thing that a request must be allowed. */
export interface Permission {
  /** E.g. `ecr:PutImage`. */
  readonly action: string;
  readonly resource: string;
  /** The condition keys that the request itself carries. */
  readonly context: ConditionContext;
}

/** The names in a request's input, as the ARNs that policies are about. */
export class Names {
  constructor(
    private readonly request: AwsRequest,
    private readonly account: string,
  ) {}

  /** The text of an input field, or empty. */
  text(field: string): string {
    const value = this.request.input[field];
    return typeof value === 'string' ? value : '';
  }

  texts(field: string): string[] {
    const value = this.request.input[field];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** The structures of a list. */
  items(field: string): Readonly<Record<string, unknown>>[] {
    const value = this.request.input[field];
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return items.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
  }

  /** The keys of a map. */
  keys(field: string): string[] {
    const value = this.request.input[field];
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  }

  /** The request's own action (or another) on every resource that these fields, texts or lists, name; undefined when none does. */
  onEach(
    fields: readonly string[],
    resourceOf: (name: string) => string,
    action?: string,
  ): Permission[] | undefined {
    const named = fields.flatMap((field) => [this.text(field), ...this.texts(field)]).filter(Boolean);
    if (!named.length) return undefined;
    return named.map((name) =>
      this.on(name.startsWith('arn:') ? name : this.arn(resourceOf(name)), {}, action),
    );
  }

  structure(field: string): Readonly<Record<string, unknown>> {
    const value = this.request.input[field];
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  }

  /** Every text in the input, however deep. */
  everyText(): string[] {
    const found: string[] = [];
    const visit = (value: unknown): void => {
      if (typeof value === 'string') found.push(value);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
    };
    visit(this.request.input);
    return found;
  }

  arn(resource: string, service = this.request.service): string {
    return `arn:aws:${service}:${this.request.region}:${this.account}:${resource}`;
  }

  global(resource: string, service = 'iam'): string {
    return `arn:aws:${service}::${service === 's3' ? '' : this.account}:${resource}`;
  }

  /** The request's own action (or another) on a resource. */
  on(resource: string, context: ConditionContext = {}, action = this.request.operation): Permission {
    return { action: `${this.request.service}:${action}`, resource, context: { ...this.tags(), ...context } };
  }

  /** What handing a role to a service needs. */
  passRole(role: string, service: string): Permission[] {
    if (!role) return [];
    const resource = role.startsWith('arn:') ? role : this.global(`role/${role}`);
    return [{ action: 'iam:PassRole', resource, context: { 'iam:PassedToService': service } }];
  }

  /** Tags that a request gives, in the spellings of the APIs; EC2 gives them by the kind of what is made. */
  private tags(): ConditionContext {
    const lists = ['Tags', 'tags', 'Tag', 'TagList'].map((field) => this.items(field));
    const specified = this.items('TagSpecification').map(({ Tag }) =>
      Array.isArray(Tag) ? (Tag as object[]) : [],
    );
    const pairs = [...lists, ...specified].flat().map((tag) => {
      const { Key, key, TagKey, Value, value, TagValue } = tag as Partial<Record<string, string>>;
      return [Key ?? key ?? TagKey ?? '', Value ?? value ?? TagValue ?? ''] as const;
    });
    if (!pairs.length) return {};
    return {
      'aws:TagKeys': pairs.map(([key]) => key),
      ...Object.fromEntries(pairs.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    };
  }
}
