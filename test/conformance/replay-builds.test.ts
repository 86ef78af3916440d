import { BatchGetBuildsCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import type { Account } from '../../tools/conformance/replay/account';
import { BuildQueue } from '../../tools/conformance/replay/builds';

/** An account with so many places; a build ends when it is asked for the second time. */
function accountWith(quota: number): { account: Account; started: string[]; refusals: () => number } {
  const running = new Map<string, number>();
  const started: string[] = [];
  let refusals = 0;
  const send = (command: unknown): Promise<object> => {
    if (command instanceof StartBuildCommand) {
      if (running.size >= quota) {
        refusals += 1;
        const error = new Error(`Cannot have more than ${quota} builds in queue for the account`);
        error.name = 'AccountLimitExceededException';
        return Promise.reject(error);
      }
      const id = `p:${started.length}`;
      started.push(id);
      running.set(id, 0);
      return Promise.resolve({ build: { id } });
    }
    const ids = (command as BatchGetBuildsCommand).input.ids ?? [];
    const builds = ids.map((id) => {
      const asked = (running.get(id) ?? 0) + 1;
      running.set(id, asked);
      if (asked === 2) running.delete(id);
      return { id, buildComplete: asked === 2, buildStatus: 'SUCCEEDED' };
    });
    return Promise.resolve({ builds });
  };
  const account = { codebuild: { send }, pollMilliseconds: 1 } as unknown as Account;
  return { account, started, refusals: () => refusals };
}

const signal = new AbortController().signal;

test('an account with a single place runs every build, one after the other', async () => {
  const { account, started, refusals } = accountWith(1);
  const queue = new BuildQueue(account, signal);

  const builds = await Promise.all(
    Array.from({ length: 5 }, () => queue.run({ projectName: 'mangoo-conformance' })),
  );

  expect(builds.map(({ buildStatus }) => buildStatus)).toEqual(Array(5).fill('SUCCEEDED'));
  expect(started).toHaveLength(5);
  // It was refused once, and then knew how many places there are.
  expect(refusals()).toBe(1);
});

test('an account without a place is told at once what to ask AWS for', async () => {
  const { account } = accountWith(0);

  await expect(new BuildQueue(account, signal).run({ projectName: 'mangoo-conformance' })).rejects.toThrow(
    "Cannot have more than 0 builds in queue for the account: the account's quota of concurrent Linux/Small builds is 0; ask for more in Service Quotas",
  );
});
