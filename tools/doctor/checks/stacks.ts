import type { Stack } from '@aws-sdk/client-cloudformation';
import { type Examined, fail, type Finding, ok, warn } from '../check';

export async function pipelineStack(examined: Examined): Promise<Finding> {
  return stateOf(examined, examined.names.stack, 'not deployed yet');
}

/** Where the application is deployed, if the pipeline is not. */
export async function targetStack(examined: Examined): Promise<Finding> {
  return stateOf(examined, examined.names.targetStack, 'not deployed yet');
}

export async function applicationStacks(examined: Examined): Promise<Finding[]> {
  const { stacks } = examined.environment;
  return Promise.all(
    stacks.map(async (name) => {
      const found = await stateOf(examined, name, 'not there yet: the first build deploys it');
      if (stacks.length === 1) return found;
      return { ...found, about: name, found: `${name}: ${found.found}` };
    }),
  );
}

/** Whether a stack of this state is none yet, for what the next deployment makes. */
export function isToBeCreated(stack: Stack | undefined): boolean {
  return !stack || /^(?:REVIEW_IN_PROGRESS|CREATE_FAILED|ROLLBACK_|DELETE_)/.test(stack.StackStatus ?? '');
}

/** What of a stack's state keeps it from being deployed, if anything does. */
export function hindrance({ StackStatus, StackStatusReason }: Stack): string | undefined {
  const status: string = StackStatus ?? '';
  if (!/^ROLLBACK_COMPLETE$|_FAILED$|_IN_PROGRESS$/.test(status)) return undefined;
  if (['REVIEW_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'].includes(status)) return undefined;
  return StackStatusReason ? `${status} (${StackStatusReason})` : status;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes */
async function stateOf({ account, commands }: Examined, name: string, absent: string): Promise<Finding> {
  const stack = await account.stack(name);
  if (!stack) return ok(absent);
  const status: string = stack.StackStatus ?? '';
  const command = (verb: string): string => commands.aws('cloudformation', verb, '--stack-name', name);
  const why = async (): Promise<string> => {
    const cause = await account.failureOf(name);
    return cause ? `: ${cause}` : '';
  };
  switch (status) {
    case 'REVIEW_IN_PROGRESS':
      return warn(
        `${status}: a change set was made and never executed; a deployment goes on, or take it away`,
        command('delete-stack'),
      );
    case 'ROLLBACK_COMPLETE':
    case 'ROLLBACK_FAILED':
    case 'CREATE_FAILED':
      return fail(`${status}, its creation failed${await why()}`, command('delete-stack'));
    case 'DELETE_FAILED':
      return fail(`${status}${await why()}`, command('delete-stack'));
    case 'UPDATE_ROLLBACK_FAILED':
      return fail(`${status}${await why()}`, command('continue-update-rollback'));
    case 'UPDATE_FAILED':
      return fail(`${status}${await why()}`, command('rollback-stack'));
    case 'UPDATE_ROLLBACK_COMPLETE':
      return warn(
        `${status}, the last update failed, and what was before it stands${await why()}`,
        '# mend the cause before the next one',
      );
    default:
      if (!status.endsWith('_IN_PROGRESS')) return ok(status);
      return warn(`${status}: wait for its end`, command('describe-stacks'));
  }
}
