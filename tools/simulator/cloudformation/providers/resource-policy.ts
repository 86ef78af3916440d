import { generatedName } from '../generated-name';
import type { Properties, Provider, ProviderContext } from '../provider';

/** How a policy is made and changed that is an attribute of other resources: it is put on each of them. */
export function policyPutBy(
  put: (context: ProviderContext, properties: Properties, policy: string) => Promise<void>,
): Pick<Provider, 'replacedBy' | 'create' | 'update'> {
  return {
    replacedBy: [],
    async create(context, properties) {
      await put(context, properties, JSON.stringify(properties.PolicyDocument));
      return { physicalId: generatedName(context, 100) };
    },
    async update(context, physicalId, properties) {
      await put(context, properties, JSON.stringify(properties.PolicyDocument));
      return { physicalId };
    },
  };
}
