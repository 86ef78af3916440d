import { text } from '../../values';
import { type Found, resourcesOf } from './resources';
import { isKnown, type Stack } from './stack';

/** A pair of resources that have the same name, of which AWS makes one alone. */
export interface SameName {
  readonly name: string;
  readonly first: Found;
  readonly second: Found;
  /** False where a condition may leave one of them out, or they are of stacks that need not both be deployed. */
  readonly certain: boolean;
}

/**
 * Pairs of resources with one literal name.
 *
 * @param scope what a name has to be unique in, besides the type
 */
export function sameNames(
  stacks: readonly Stack[],
  type: string,
  property: string,
  scope: (stack: Stack) => string,
): SameName[] {
  const byName = new Map<string, Found>();
  const pairs: SameName[] = [];
  for (const found of resourcesOf(stacks, type)) {
    const name = text(found.resource.properties, property);
    // Of a stack without an environment, nobody knows whether it goes where the other one is.
    if (!name || !isKnown(name) || !isKnown(scope(found.stack))) continue;
    const key = `${scope(found.stack)} ${name}`;
    const first = byName.get(key);
    if (!first) byName.set(key, found);
    // Two assemblies may tell of one stack.
    else if (first.stack === found.stack || first.stack.name !== found.stack.name) {
      const certain =
        first.stack === found.stack && [first, found].every(({ resource }) => !resource.isConditional);
      pairs.push({ name, first, second: found, certain });
    }
  }
  return pairs;
}

/** The account and region that a stack goes to. */
export function environmentOf({ account, region }: Stack): string {
  return `${account ?? '‹AWS::AccountId›'} ${region ?? '‹AWS::Region›'}`;
}

/**
 * The name of a resource that a failed first deployment leaves behind, where the next one finds it; undefined for any other.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export function leftBehind({ resource }: Found, property: string): string | undefined {
  return resource.deletionPolicy === 'Retain' ? text(resource.properties, property) : undefined;
}
