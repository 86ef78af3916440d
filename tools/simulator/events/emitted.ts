import { randomUUID } from 'node:crypto';
import type { AwsEvent } from './event-bus';

/**
 * An event as a service emits it, of what holds at this moment: the detail is copied, without what is undefined.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 *
 * @param time in milliseconds since 1970
 */
export function emitted(
  detailType: string,
  {
    time,
    ...envelope
  }: Pick<AwsEvent, 'source' | 'account' | 'region' | 'resources'> & { readonly time: number },
  detail: object,
): AwsEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    ...envelope,
    time: new Date(time).toISOString().replace(/\.\d+/, ''),
    detail: JSON.parse(JSON.stringify(detail)) as AwsEvent['detail'],
  };
}
