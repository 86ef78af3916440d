import { Names, type Permission } from './names';
import type { AwsRequest } from './request';
import { SERVICES } from './service-resources';

export type { Permission };

/**
 * The permissions that a request needs, by the tables of https://docs.aws.amazon.com/service-authorization/latest/reference/.
 * A call that names several resources needs each. What is not known here needs its action on `*`, which only a wildcard
 * allows.
 */
export function permissionsOf(request: AwsRequest, account: string): Permission[] {
  const names = new Names(request, account);
  const known = SERVICES[request.service]?.(names, request.operation);
  // A list that is empty must not let everybody through; STS judges for itself.
  return known && (known.length || request.service === 'sts') ? known : [names.on('*')];
}

/**
 * A resource as a policy would name it: what a request cannot know, such as the id of what it makes, stands in its ARN as
 * something made up.
 */
export function madeUpAsPattern(resource: string): string {
  return MADE_UP.reduce((named, [madeUp, pattern]) => named.replace(madeUp, pattern), resource);
}

const MADE_UP: readonly (readonly [RegExp, string])[] = [
  [/(?<=-)abcd1234efgh(?=$|[:/].*$)/i, '*'],
  [/(?<=^arn:[^:]*:(?:cloudfront|cognito-idp|ec2|ecs|elasticloadbalancing|iam):.*\/)new$/, '*'],
  [/(?<=^arn:[^:]*:rds:.*:og:.*-)new$/, '*'],
  [/(?<=^arn:[^:]*:(?:application-autoscaling|cloudformation|kms):.*\/)any$/, '*'],
  [/(?<=^arn:[^:]*:ecs:.*:task-definition\/[^:]*:)0$/, '*'],
  [/(?<=^arn:[^:]*:logs:.*:)log-stream:$/, '*'],
  [/(?<=^arn:[^:]*:secretsmanager:.*-)abcdef$/, '??????'],
];
