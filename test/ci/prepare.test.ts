import path from 'node:path';
import {
  type Answer,
  BACKEND_DIGEST,
  errors,
  FRONTEND_DIGEST,
  type Outcome,
  REGISTRY,
  ScratchBuild,
} from './scratch-build';

const CLI = 'cdk/node_modules/.bin/cdk';
const ACCOUNT = 'arn:aws:cloudformation:eu-west-1:123456789012';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
});
afterEach(() => build.remove());

/** What `cdk deploy --method prepare-change-set` says of a stack. */
function prepared(stack: string, does: 'changes' | 'nothing' = 'changes'): Answer {
  const change = `Changeset ${ACCOUNT}:changeSet/release-1/${stack}-c created and waiting in review for manual execution (--no-execute)\n`;
  return {
    to: `deploy * ${stack}`,
    stderr: [
      `${stack}: deploying... [1/1]\n`,
      does === 'changes' ? change : '',
      `\n ✅  ${stack}${does === 'changes' ? '' : ' (no changes)'}\n`,
      `\nOutputs:\n${stack}.Role = arn:aws:iam::123456789012:role/app\n`,
      `\nStack ARN:\n${ACCOUNT}:stack/${stack}/0a1b\n`,
    ].join(''),
  };
}

async function prepare(answers: Answer[], env: Record<string, string> = {}): Promise<Outcome> {
  await build.answers(CLI, [{ to: 'synth *', stdout: 'Supply a stack id' }, ...answers]);
  return build.run('prepare.sh', { CHANGE_SET: 'release-1', ...env });
}

test('a change set is made of the stack with the images that were built, and none is executed', async () => {
  const { code, calls } = await prepare([prepared('MangooStack')]);

  expect(code).toBe(0);
  const [synth, deploy] = calls.map(({ args }) => [...args]);
  expect(synth?.slice(-4)).toEqual([
    '--context',
    `backendImage=${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}`,
    '--context',
    `frontendImage=${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}`,
  ]);
  expect(deploy).toEqual([
    'deploy',
    '--app',
    path.join(build.root, '.artifacts/cdk/cdk.out'),
    '--exclusively',
    '--require-approval',
    'never',
    '--ci',
    '--no-notices',
    '--progress',
    'events',
    '--method',
    'prepare-change-set',
    '--change-set-name',
    'release-1',
    'MangooStack',
  ]);
  expect(calls).toHaveLength(2);
});

test('what is executed later is the very change set, by its ARN: a name may come to mean another', async () => {
  await prepare([prepared('MangooStack')]);

  expect(await build.read('.artifacts/change-sets.tsv')).toBe(
    `MangooStack\t${ACCOUNT}:changeSet/release-1/MangooStack-c\n`,
  );
});

test('whoever approves is shown the change set; nothing else is on standard output', async () => {
  const { stdout } = await prepare([prepared('MangooStack')]);

  const url = new URL(stdout.trim());
  const [page, query] = url.hash.split('?');
  expect(`${url.origin}${url.pathname}${url.search}${page}`).toBe(
    'https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/changesets/changes',
  );
  expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
    stackId: `${ACCOUNT}:stack/MangooStack/0a1b`,
    changeSetId: `${ACCOUNT}:changeSet/release-1/MangooStack-c`,
  });
  expect(stdout.trim()).not.toMatch(/\s/);
});

describe('several stacks', () => {
  const env = { CDK_STACK_NAME: 'MangooNetwork  MangooStack' };

  test('each has its change set, in the order of the deployment', async () => {
    await prepare([prepared('MangooNetwork'), prepared('MangooStack')], env);

    expect(
      (await build.read('.artifacts/change-sets.tsv')).split('\n').map((row) => row.split('\t')[0]),
    ).toEqual(['MangooNetwork', 'MangooStack', '']);
  });

  test('the link leads to the first that changes', async () => {
    const { stdout } = await prepare([prepared('MangooNetwork', 'nothing'), prepared('MangooStack')], env);

    expect(await build.read('.artifacts/change-sets.tsv')).toBe(
      `MangooNetwork\t-\nMangooStack\t${ACCOUNT}:changeSet/release-1/MangooStack-c\n`,
    );
    expect(stdout).toContain('MangooStack-c');
    expect(stdout).not.toContain('MangooNetwork');
  });

  test('a stack whose change set cannot be made ends it: nobody is asked to approve a half', async () => {
    const outcome = await prepare([{ to: 'deploy * MangooNetwork', exit: 1 }], env);

    expect(outcome.code).not.toBe(0);
    expect(outcome.calls).toHaveLength(2);
  });
});

test('a release that changes nothing leads to the stack', async () => {
  const { code, stdout } = await prepare([prepared('MangooStack', 'nothing')]);

  expect(code).toBe(0);
  expect(stdout).toContain('#/stacks/stackinfo?stackId=');
  expect(stdout).not.toContain('changeSetId');
});

test('a CLI that does not say what it made is not understood as one that made nothing', async () => {
  const outcome = await prepare([{ to: 'deploy *', stdout: ' ✅  MangooStack\n' }]);

  expect(outcome.code).not.toBe(0);
  expect(errors(outcome)).toEqual(['ERROR: the CDK CLI did not say which change set it made of MangooStack']);
});
