import { text } from '../../values';
import { isKnown, type Stack } from '../model/stack';
import type { Found, Rule } from '../rule';

/** Accounts of examples in documentation, which nobody has. */
const EXAMPLES = ['123456789012', '000000000000', '111122223333', '444455556666'];

export const foreignServiceToken: Rule = {
  id: 'F73',
  name: 'foreign-service-token',
  title: 'A custom resource asks a function that is not there',
  awsError: 'Failed to create resource. Invalid service token.',
  cause:
    "ServiceToken names, by a literal ARN, the function or topic that makes the custom resource: one that was copied from elsewhere is another account's, or nobody's",
  fix: 'refer to the function of the same stack (provider.serviceToken in the CDK)',
  link: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html',
  *check({ stacks }) {
    for (const stack of stacks) {
      for (const { properties, place } of stack.resources) {
        const token = text(properties, 'ServiceToken');
        const wrong = token === undefined ? undefined : wrongWith(token, stack);
        if (wrong) yield { ...wrong, place };
      }
    }
  },
};

function wrongWith(token: string, stack: Stack): Pick<Found, 'level' | 'message'> | undefined {
  const [arn, , service, region = '', account = ''] = token.split(':');
  if (!isKnown(token.slice(0, 8))) return undefined;
  const told = `ServiceToken ${token}`;
  if (arn !== 'arn' || !/^(lambda|sns)$/.test(service ?? '')) {
    return isKnown(token)
      ? { level: 'error', message: `${told} is no ARN of a function or a topic` }
      : undefined;
  }
  if (isKnown(account) && account !== stack.account) {
    if (!/^\d{12}$/.test(account))
      return { level: 'error', message: `${told} has ${account} for an account` };
    if (EXAMPLES.includes(account)) {
      return {
        level: 'error',
        message: `${told} is of account ${account}, which is an example of documentation`,
      };
    }
    if (stack.account !== undefined) {
      return {
        level: 'warning',
        message: `${told} is of another account than ${stack.name}, ${stack.account}`,
      };
    }
  }
  if (isKnown(region) && stack.region !== undefined && region !== stack.region) {
    return { level: 'error', message: `${told} is of another region than ${stack.name}, ${stack.region}` };
  }
  return undefined;
}
