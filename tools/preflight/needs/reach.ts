import type { Project } from '../model/project';
import { takesPullRequests } from '../model/webhook';

/** Whether a pull request of anybody starts builds of it, before it is merged. */
export function isForPullRequests({ webhook }: Project): boolean {
  if (!webhook) return false;
  if (!webhook.filterGroups.length) return true;
  return webhook.filterGroups.some(
    (group) =>
      // Who is named is trusted; see F05.
      takesPullRequests(group) && !group.some(({ type, exclude }) => type === 'ACTOR_ACCOUNT_ID' && !exclude),
  );
}
