import mangoo from '../../../config/mangoo';
import { environmentOf } from '../../../lib/environments';
import type { Examined } from '../../../tools/doctor/check';
import { applicationStacks, isToBeCreated, pipelineStack } from '../../../tools/doctor/checks/stacks';
import { Commands } from '../../../tools/doctor/commands';

/** An account whose every stack is in that state. */
function examined(StackStatus: string, stacks = ['MangooStack']): Examined {
  const account = {
    stack: () => Promise.resolve({ StackStatus }),
    failureOf: () => Promise.resolve('Service: it never became healthy'),
  };
  const config = { ...mangoo, application: { ...mangoo.application, stacks } };
  const environment = environmentOf(config, { name: 'default', branch: 'main' });
  return {
    account,
    config,
    environment,
    names: environment.names,
    commands: new Commands({ region: 'eu-west-1', profile: 'ops' }),
  } as unknown as Examined;
}

test.each([
  ['ROLLBACK_COMPLETE', 'fail', 'delete-stack'],
  ['ROLLBACK_FAILED', 'fail', 'delete-stack'],
  ['CREATE_FAILED', 'fail', 'delete-stack'],
  ['DELETE_FAILED', 'fail', 'delete-stack'],
  ['UPDATE_ROLLBACK_FAILED', 'fail', 'continue-update-rollback'],
  ['UPDATE_FAILED', 'fail', 'rollback-stack'],
])('a stack in %s is told with its cause, and what takes it out of that', async (status, level, verb) => {
  const finding = await pipelineStack(examined(status));

  expect(finding.level).toBe(level);
  expect(finding.found).toMatch(new RegExp(`^${status}.*: Service: it never became healthy$`));
  expect(finding.fix).toBe(
    `aws cloudformation ${verb} --stack-name MangooCodeBuildStack --region eu-west-1 --profile ops`,
  );
});

test.each(['REVIEW_IN_PROGRESS', 'UPDATE_IN_PROGRESS', 'DELETE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE'])(
  'a stack in %s is something to look at, and no failure',
  async (status) => {
    expect(await pipelineStack(examined(status))).toMatchObject({
      level: 'warn',
      found: expect.stringContaining(status) as string,
    });
  },
);

test.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE'])(
  'a stack in %s is well',
  async (status) => {
    expect(await pipelineStack(examined(status))).toEqual({ level: 'ok', found: status });
  },
);

test('of several stacks of the application, each is told by its name', async () => {
  expect(await applicationStacks(examined('CREATE_COMPLETE', ['Network', 'Services']))).toEqual([
    { about: 'Network', level: 'ok', found: 'Network: CREATE_COMPLETE' },
    { about: 'Services', level: 'ok', found: 'Services: CREATE_COMPLETE' },
  ]);
});

test('names are looked at where the stack is still to be made, and only there', () => {
  const made = [
    'CREATE_COMPLETE',
    'UPDATE_ROLLBACK_COMPLETE',
    'UPDATE_IN_PROGRESS',
    'UPDATE_FAILED',
  ] as const;
  const not = ['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'CREATE_FAILED', 'DELETE_FAILED'] as const;
  const stack = (StackStatus: (typeof made | typeof not)[number]) =>
    ({ StackStatus }) as Parameters<typeof isToBeCreated>[0];

  expect(made.map((status) => isToBeCreated(stack(status)))).toEqual(made.map(() => false));
  expect(not.map((status) => isToBeCreated(stack(status)))).toEqual(not.map(() => true));
  expect(isToBeCreated(undefined)).toBe(true);
});
