import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';

/**
 * Parameters are the emulator's, but for values that refer to other parameters, which AWS refuses.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/what-is-a-parameter.html
 */
export class Ssm implements Service {
  handle({ operation, input }: AwsRequest): Promise<AwsResponse | undefined> {
    if (operation === 'PutParameter' && /\{\{.*\}\}/s.test(String(input.Value))) {
      throw new AwsError(
        'ValidationException',
        'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.',
      );
    }
    return Promise.resolve(undefined);
  }
}
