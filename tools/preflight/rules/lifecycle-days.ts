import { list, number, text } from '../../values';
import { resourcesOf } from '../model/resources';
import type { Found, Rule } from '../rule';

/** Days that an object must be old. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Transition.html, 2026-11 */
const MINIMUM = new Map([
  ['STANDARD_IA', 30],
  ['ONEZONE_IA', 30],
]);

export const lifecycleDays: Rule = {
  id: 'F71',
  name: 'lifecycle-days',
  title: 'S3 refuses a lifecycle rule',
  awsError: "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
  cause:
    'S3 moves objects to the infrequent-access classes after 30 days at the earliest, and only what has not expired by then',
  fix: 'raise the days of the transition, or move to INTELLIGENT_TIERING, which takes any day',
  link: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html',
  *check({ stacks }) {
    for (const { resource } of resourcesOf(stacks, 'AWS::S3::Bucket')) {
      for (const rule of list(resource.properties, 'LifecycleConfiguration', 'Rules')) {
        const name = text(rule, 'Id') ?? 'a rule';
        for (const finding of findings(rule)) {
          yield { level: 'error', place: resource.place, ...finding, message: `${name}: ${finding.message}` };
        }
      }
    }
  },
};

type Finding = Pick<Found, 'message' | 'awsError' | 'fix'>;

function* findings(rule: unknown): Iterable<Finding> {
  const kinds = [
    { many: 'Transitions', one: 'Transition', days: 'TransitionInDays', said: 'Days', action: 'Transition' },
    {
      many: 'NoncurrentVersionTransitions',
      one: 'NoncurrentVersionTransition',
      days: 'TransitionInDays',
      said: 'NoncurrentDays',
      action: 'NoncurrentVersionTransition',
    },
  ];
  for (const kind of kinds) {
    const expiration =
      kind.one === 'Transition'
        ? number(rule, 'ExpirationInDays')
        : (number(rule, 'NoncurrentVersionExpiration', 'NoncurrentDays') ??
          number(rule, 'NoncurrentVersionExpirationInDays'));
    for (const transition of [...list(rule, kind.many), ...single(rule, kind.one)]) {
      const days = number(transition, kind.days);
      const storage = text(transition, 'StorageClass') ?? '';
      const least = MINIMUM.get(storage);
      if (days === undefined) continue;
      if (least !== undefined && days < least) {
        yield {
          message: `objects go to ${storage} after ${days} days, and S3 wants ${least} at least`,
          awsError: `'${kind.said}' in ${kind.action} action must be greater than or equal to ${least} for storageClass '${storage}'`,
          fix:
            expiration !== undefined && expiration <= least
              ? `they expire after ${expiration} days: leave the transition out, or move to INTELLIGENT_TIERING`
              : undefined,
        };
      }
      if (expiration !== undefined && expiration <= days) {
        yield {
          message: `objects go to ${storage} after ${days} days, and expire after ${expiration}`,
          awsError: `'${kind.said}' in the ${kind.one === 'Transition' ? 'Expiration' : 'NoncurrentVersionExpiration'} action for filter '(prefix=${text(rule, 'Prefix') ?? ''})' must be greater than '${kind.said}' in the ${kind.action} action`,
          fix: 'let them expire later than they move, or leave the transition out',
        };
      }
    }
  }
}

function single(rule: unknown, key: string): unknown[] {
  const found = (rule as Readonly<Record<string, unknown>> | null)?.[key];
  return found === undefined ? [] : [found];
}
