import type { ConditionContext } from '../../iam/condition';
import type { Place } from '../model/place';

/** One permission on one resource. */
export interface Permission {
  /** E.g. `ecr:PutImage`. */
  readonly action: string;
  /** An ARN with what is not known as `‹…›`; `*` where the API has no resource. */
  readonly resource: string;
  /** Condition keys that the request has for certain. */
  readonly context?: ConditionContext;
}

/** What a build must be allowed, and why. */
export interface Need extends Permission {
  readonly place: Place;
  /** What needs it, e.g. `aws ecr describe-images`, `the reports`. */
  readonly by: string;
  /**
   * `missing`: the build fails without. `harmed`: it goes on without. `elsewhere`: another rule tells of it. `unsure`: it may
   * be done without it, or by somebody else's credentials.
   */
  readonly without: 'missing' | 'harmed' | 'elsewhere' | 'unsure';
}

/** Actions on one resource. */
export function on(resource: string, ...actions: string[]): Permission[] {
  return actions.map((action) => ({ action, resource }));
}

/** What handing a role to a service needs. */
export function passRole(role: string, service: string): Permission {
  const resource = role.startsWith('arn:') || role.startsWith('‹') ? role : arn('iam', `role/${role}`);
  return { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': service } };
}

/** Of this account, in whichever region is meant. */
export function arn(service: string, resource: string): string {
  const region = GLOBAL.has(service) ? '' : '‹AWS::Region›';
  return `arn:‹AWS::Partition›:${service}:${region}:${service === 's3' ? '' : '‹AWS::AccountId›'}:${resource}`;
}

const GLOBAL = new Set(['cloudfront', 'iam', 's3']);

/** An environment, so far as a stack tells it. */
interface Environment {
  readonly account?: string;
  readonly region?: string;
}

/** A resource as a policy would name it, with `*` for what is not known. */
export function asPattern(resource: string, { account, region }: Environment): string {
  return resource
    .replace('‹AWS::Partition›', 'aws')
    .replace('‹AWS::AccountId›', account ?? '*')
    .replace('‹AWS::Region›', region ?? '*')
    .replace(/‹[^›]*›/g, '*')
    .replace(/\*{2,}/g, '*');
}

/** What somebody would add to a policy. */
export function asStatement({ action, resource }: Permission, environment: Environment): string {
  return JSON.stringify({ Effect: 'Allow', Action: action, Resource: asPattern(resource, environment) });
}
