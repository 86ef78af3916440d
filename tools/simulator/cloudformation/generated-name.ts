import { randomBytes } from 'node:crypto';

/**
 * The name that CloudFormation gives where the template has none: stack, logical id, random characters. What is too long is cut: each of
 * the first two may have a half, and what the other leaves of its own. AWS does not document it; names in use show it:
 * https://github.com/KensioSoftware/yulin/issues/1113
 */
export function generatedName(
  { stackName, logicalId }: { readonly stackName: string; readonly logicalId: string },
  maximum = 64,
  random = randomBytes(6).toString('hex'),
): string {
  const room = maximum - random.length - 2;
  const stack = stackName.slice(0, Math.max(Math.ceil(room / 2), room - logicalId.length));
  return `${stack}-${logicalId.slice(0, room - stack.length)}-${random}`;
}
