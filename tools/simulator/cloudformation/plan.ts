import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../gateway/request';
import { ACCEPTED_REPLACED_BY } from './accepted';
import { PROVIDERS } from './providers';
import { conditionHolds, KNOWN_AFTER_APPLY, references, resolve, type Scope } from './resolver';
import type { Change, Desired, Resource, ResourceContext, Stack } from './stack';

/** Where a stack lies, and what other stacks have. */
export interface Surroundings {
  readonly account: string;
  readonly region: string;
  imported(name: string): string;
  output(stack: string, name: string): string;
}

/** What the intrinsic functions of a stack's template see; `unknown` is a resource that is still to be made. */
export function scopeOf(
  stack: Stack,
  desired: Desired,
  surroundings: Surroundings,
  find: (logicalId: string) => Resource | 'unknown' | undefined,
): Scope {
  return {
    template: desired.template,
    parameters: desired.parameters,
    pseudo: {
      'AWS::AccountId': surroundings.account,
      'AWS::Partition': 'aws',
      'AWS::Region': surroundings.region,
      'AWS::StackId': stack.id,
      'AWS::StackName': stack.name,
      'AWS::URLSuffix': 'amazonaws.com',
    },
    ref(logicalId) {
      const found = find(logicalId);
      return found === 'unknown' ? KNOWN_AFTER_APPLY : found?.physicalId;
    },
    attribute(logicalId, name) {
      const found = find(logicalId);
      if (found === 'unknown') return KNOWN_AFTER_APPLY;
      if (!found) throw new Error(`Unresolved resource dependencies [${logicalId}] in the template`);
      const value = found.attributes[name];
      if (value !== undefined) return value;
      if (found.kind === 'accepted') return `${found.physicalId}-${name}`;
      throw new Error(`Requested attribute ${name} does not exist in schema for ${found.type}`);
    },
    imported: (name) => surroundings.imported(name),
    output: (other, name) => surroundings.output(other, name),
  };
}

/**
 * The resources whose conditions hold, each behind those that it needs, with what it needs.
 *
 * @throws AwsError for a circle
 */
export function inOrder(desired: Desired, scope: Scope): ReadonlyMap<string, readonly string[]> {
  const { Resources } = desired.template;
  const wanted = Object.entries(Resources).filter(
    ([, { Condition }]) => Condition === undefined || conditionHolds(Condition, scope),
  );
  const ids = new Set(wanted.map(([id]) => id));
  const needs = new Map(
    wanted.map(([id, { Properties, DependsOn = [] }]) => {
      const all = [...references(Properties), ...(typeof DependsOn === 'string' ? [DependsOn] : DependsOn)];
      return [id, [...new Set(all)].filter((other) => ids.has(other) && other !== id)] as const;
    }),
  );
  const ordered = new Map<string, readonly string[]>();
  while (ordered.size < needs.size) {
    const before = ordered.size;
    for (const [id, others] of needs) {
      if (!ordered.has(id) && others.every((other) => ordered.has(other))) ordered.set(id, others);
    }
    if (ordered.size === before) {
      const circle = [...needs.keys()].filter((id) => !ordered.has(id));
      throw new AwsError('ValidationError', `Circular dependency between resources: [${circle.join(', ')}]`);
    }
  }
  return ordered;
}

/** Names of the properties that differ. */
export function differences(old: Resource['properties'], wanted: Resource['properties']): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(wanted)]);
  return [...names].filter((name) => !isDeepStrictEqual(old[name], wanted[name]));
}

/** Whether a change of these properties needs another resource. */
export function needsReplacement(type: string, changed: readonly string[]): boolean {
  return replacing(type, changed).length > 0;
}

/** Those of the properties whose change needs another resource. */
export function replacing(type: string, changed: readonly string[]): readonly string[] {
  const provider = PROVIDERS[type];
  if (provider && !provider.update) return changed;
  const names = provider?.replacedBy ?? ACCEPTED_REPLACED_BY[type] ?? [];
  return changed.filter((name) => names.includes(name));
}

/**
 * What a deployment would change, in the order in which it would.
 *
 * @throws Error for a template that cannot be resolved
 */
export function plan(stack: Stack, desired: Desired, surroundings: Surroundings): Change[] {
  const unknown = new Set<string>();
  const scope = scopeOf(stack, desired, surroundings, (id) =>
    unknown.has(id) ? 'unknown' : stack.resources.get(id),
  );
  const ordered = inOrder(desired, scope);
  const changes: Change[] = [];
  for (const logicalId of ordered.keys()) {
    const { Type: type, Properties = {} } = desired.template.Resources[logicalId] ?? { Type: '' };
    const old = stack.resources.get(logicalId);
    if (old && old.type !== type) {
      throw new AwsError('ValidationError', `Update of resource type is not permitted: ${logicalId}`);
    }
    const properties = resolve(Properties, scope) as Resource['properties'];
    if (!old) {
      unknown.add(logicalId);
      const after = contextOf(properties, desired.template.Resources[logicalId]);
      changes.push({ action: 'Add', logicalId, type, properties: [], after });
      continue;
    }
    const changed = differences(old.properties, properties);
    if (!changed.length) continue;
    const replaces = needsReplacement(type, changed);
    if (replaces) unknown.add(logicalId);
    const { physicalId } = old;
    const replacement = replaces ? 'True' : 'False';
    const contexts = {
      before: contextBefore(old),
      after: contextOf(properties, desired.template.Resources[logicalId]),
    };
    changes.push({
      action: 'Modify',
      logicalId,
      physicalId,
      type,
      replacement,
      properties: changed,
      ...contexts,
    });
  }
  for (const old of stack.resources.values()) {
    const { logicalId, physicalId, type } = old;
    if (ordered.has(logicalId)) continue;
    const before = contextBefore(old);
    changes.push({ action: 'Remove', logicalId, physicalId, type, properties: [], before });
  }
  return changes;
}

function contextOf(
  Properties: Resource['properties'],
  {
    DeletionPolicy,
    UpdateReplacePolicy,
  }: Pick<ResourceContext, 'DeletionPolicy' | 'UpdateReplacePolicy'> = {},
): ResourceContext {
  return { Properties, DeletionPolicy, UpdateReplacePolicy };
}

function contextBefore({ properties, deletionPolicy, updateReplacePolicy }: Resource): ResourceContext {
  return contextOf(properties, { DeletionPolicy: deletionPolicy, UpdateReplacePolicy: updateReplacePolicy });
}
