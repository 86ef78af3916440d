import type { FunctionCode } from '../events/function-code';
import type { Clients } from './clients';
import type { Tag } from './stack';

/** What a provider may use to make one resource. */
export interface ProviderContext {
  readonly clients: Clients;
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  readonly logicalId: string;
  /** Of the stack; resources that take tags get them. */
  readonly tags: readonly Tag[];
  /** Tells that a resource is there though not yet as it should be: a rollback deletes it. */
  begun(physicalId: string): void;
  /** Resolves when an ECS service's deployment has ended. */
  untilServiceIsSteady(cluster: string, service: string): Promise<void>;
  readonly functionCode: FunctionCode;
  /** Whether a role's trust policy lets a service such as `lambda.amazonaws.com` act as it. */
  mayAssume(service: string, roleArn: string): Promise<boolean>;
}

export type Properties = Readonly<Record<string, unknown>>;

/** A resource that exists. */
export interface Made {
  /** The value of Ref. */
  readonly physicalId: string;
  /** The values of Fn::GetAtt. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** It is not played in this form: there is a name, and nothing behind it. */
  readonly accepted?: boolean;
}

/** Makes the resources of one type through the service's own API, with the credentials of the deployment. */
export interface Provider {
  create(context: ProviderContext, properties: Properties): Promise<Made>;
  /** Without it, every change replaces the resource. */
  update?(
    context: ProviderContext,
    physicalId: string,
    properties: Properties,
    old: Properties,
  ): Promise<Made>;
  delete(context: ProviderContext, physicalId: string, properties: Properties): Promise<void>;
  /** Properties whose change needs another resource. */
  readonly replacedBy: readonly string[];
  /** It calls no API that would judge it: what CloudFormation's handler would call is judged instead. */
  readonly judgedByHandler?: boolean;
}

export function textOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return value === undefined ? undefined : String(value);
}

/** Tags of the resource over those of the stack. */
export function tagsOf({ tags }: ProviderContext, properties: Properties): Tag[] {
  const own = (properties.Tags ?? []) as Tag[];
  return [...new Map([...tags, ...own].map((tag) => [tag.Key, tag])).values()];
}

/** Keys whose maps belong to the user. */
const USER_MAPS = new Set(['Options', 'DockerLabels', 'Labels']);

/** A template's `ContainerDefinitions` is the API's `containerDefinitions`, at every depth. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      USER_MAPS.has(key) ? (inner as unknown) : camelCased(inner),
    ]),
  );
}
