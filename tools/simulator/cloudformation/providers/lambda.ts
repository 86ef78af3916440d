import type { Code } from '../../events/function-code';
import { generatedName } from '../generated-name';
import { type Made, type Properties, type Provider, type ProviderContext, textOf } from '../provider';

/** A function. Its code is taken in where events can run it; another kind of runtime is only accepted. */
export const lambdaFunction: Provider = {
  replacedBy: ['FunctionName', 'PackageType'],
  judgedByHandler: true,
  async create(context, properties) {
    const name = textOf(properties, 'FunctionName') ?? generatedName(context);
    if (!/^[\w-]{1,64}$/.test(name)) {
      throw new Error(`Value '${name}' at 'functionName' failed to satisfy constraint: [a-zA-Z0-9-_]{1,64}`);
    }
    return put(context, name, properties);
  },
  update: put,
  async delete({ functionCode }, name) {
    await functionCode.delete(name);
  },
};

async function put(context: ProviderContext, name: string, properties: Properties): Promise<Made> {
  const { clients, functionCode, region, account } = context;
  if (!(await context.mayAssume('lambda.amazonaws.com', String(properties.Role)))) {
    throw new Error('The role defined for the function cannot be assumed by Lambda.');
  }
  const runs = /^nodejs/.test(textOf(properties, 'Runtime') ?? '') && properties.Layers === undefined;
  if (runs) await functionCode.put(name, properties.Code as Code, clients.s3);
  const Arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
  return { physicalId: name, attributes: { Arn }, accepted: !runs };
}

/** A statement of a function's policy; the event bus reads it from the stack. */
export const permission: Provider = {
  replacedBy: [],
  judgedByHandler: true,
  create(context) {
    const physicalId = generatedName(context, 100);
    return Promise.resolve({ physicalId, attributes: { Id: physicalId } });
  },
  delete: () => Promise.resolve(),
};

/** How asynchronous invocations fail; the functions read it from the stack. */
export const eventInvokeConfig: Provider = {
  replacedBy: ['FunctionName', 'Qualifier'],
  judgedByHandler: true,
  create: (_, { FunctionName, Qualifier }) =>
    Promise.resolve({ physicalId: `${String(FunctionName)}|${String(Qualifier)}` }),
  update: (_, physicalId) => Promise.resolve({ physicalId }),
  delete: () => Promise.resolve(),
};
