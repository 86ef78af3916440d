import { type Stack } from '../../../tools/preflight/model/stack';
import { stacksOf, type TemplateFile } from '../../../tools/preflight/model/stacks';

export interface Handmade extends Partial<TemplateFile> {
  readonly template?: Readonly<Record<string, unknown>> | string;
  readonly resources?: Readonly<Record<string, unknown>>;
}

/** Stacks of account 111111111111 in us-east-1, unless told otherwise. */
export function handmade(stacks: Readonly<Record<string, Handmade>>): Stack[] {
  return stacksOf(
    Object.entries(stacks).map(([name, { template, resources, ...rest }]) => ({
      name,
      file: `cdk.out/${name}.template.json`,
      text:
        typeof template === 'string'
          ? template
          : JSON.stringify({ Resources: resources, ...template }, null, 1),
      account: '111111111111',
      region: 'us-east-1',
      assets: [],
      missingContext: [],
      dependsOn: [],
      ...rest,
    })),
  );
}

/** What the only stack says where a resource of it has `value` as a property. */
export function resolved(
  value: unknown,
  resources: object = {},
  template: object = {},
  file: Handmade = {},
): unknown {
  const [stack] = handmade({
    App: {
      ...file,
      template: { Resources: { ...resources, It: { Type: 'T', Properties: { value } } }, ...template },
    },
  });
  return stack?.resources.find(({ logicalId }) => logicalId === 'It')?.properties.value;
}
