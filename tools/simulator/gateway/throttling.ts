import type { Faults } from '../faults';
import { AwsError, type AwsRequest } from './request';

/**
 * `--fault throttled`: refuses what a build calls, or what acts for it, before it is judged: whoever calls too often is not told what
 * they may do. The codes are those after which SDKs try again:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 *
 * @throws AwsError as the service would answer
 */
export function throttle({ session, service, operation, protocol }: AwsRequest, faults: Faults): void {
  if (session.phase() === undefined || !faults.throttles(`${service}:${operation}`)) return;
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
