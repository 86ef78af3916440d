import { text } from '../../values';
import { isKnown, type Resource, type Stack } from './stack';

export interface Found {
  readonly stack: Stack;
  readonly resource: Resource;
}

export function resourcesOf(stacks: readonly Stack[], ...types: readonly string[]): Found[] {
  return stacks.flatMap((stack) =>
    stack.resources.filter(({ type }) => types.includes(type)).map((resource) => ({ stack, resource })),
  );
}

/** Its literal name, or `‹LogicalId›`. */
export function nameOf({ logicalId, properties }: Resource, property: string): string {
  return text(properties, property) || `‹${logicalId}›`;
}

/**
 * What a resolved reference in a stack points to: several stacks may have a resource of the same name, or of the same
 * logical id, so the one of the same stack comes first, then that of the same environment.
 */
export function referredTo<T extends Found, Key extends keyof T>(
  reference: string,
  key: Key,
  from: Stack,
  candidates: readonly T[],
): T | undefined {
  const found = candidates.filter((candidate) => candidate[key] === reference);
  const here = found.find(({ stack }) => stack === from);
  if (here) return here;
  const beside = found.filter(({ stack }) => stack.account === from.account && stack.region === from.region);
  if (beside.length) return isKnown(reference) || beside.length === 1 ? beside[0] : undefined;
  return found.length === 1 ? found[0] : undefined;
}

export function partitionOf({ region = '' }: { readonly region?: string }): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** What a person knows it by: the name, or else its construct. */
export function calledBy({ name, resource }: { readonly name: string; readonly resource: Resource }): string {
  return isKnown(name) ? name : (resource.place.resource ?? name);
}
