import type { Faults } from '../faults';
import { AwsError, type AwsRequest } from './request';

/**
 * The user agent of what AWS calls by itself for somebody: CloudFormation, when it reads a template and when it makes resources.
 * It tries again whatever is throttled there, and no caller of a build's notices:
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
 */
export const AWS_INTERNAL = 'aws-internal';

/**
 * `--fault throttled`: refuses what a build calls, with any role, before it is judged: whoever calls too often is not told what they
 * may do. The codes are those after which SDKs try again:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 *
 * @throws AwsError as the service would answer
 */
export function throttle(request: AwsRequest, faults: Faults): void {
  const { session, service, operation, protocol, headers } = request;
  if (session.phase() === undefined || headers['user-agent']?.includes(AWS_INTERNAL)) return;
  if (!faults.throttles(`${service}:${operation}`)) return;
  const [code, status] = CODES[protocol];
  throw new AwsError(code, 'Rate exceeded', status);
}

const CODES: Readonly<Record<AwsRequest['protocol'], readonly [code: string, status: number]>> = {
  json: ['ThrottlingException', 400],
  registry: ['ThrottlingException', 400],
  query: ['Throttling', 400],
  ec2: ['RequestLimitExceeded', 503],
  'rest-xml': ['SlowDown', 503],
};
