import path from 'node:path';
import {
  type Answer,
  ASSUMED,
  BACKEND_DIGEST,
  callsOf,
  changesAre,
  changeSetOf,
  errors,
  FRONTEND_DIGEST,
  option,
  type Outcome,
  prepares,
  REGISTRY,
  ScratchBuild,
} from './scratch-build';

const CLI = 'cdk/node_modules/.bin/cdk';
const ACCOUNT = 'arn:aws:cloudformation:eu-west-1:123456789012';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
  await build.file('.artifacts/cdk/cdk.out/manifest.json', '{}');
  await build.answers('aws', [
    ASSUMED,
    ...['MangooNetwork', 'MangooStack'].flatMap((stack) => changesAre(stack, [], { name: 'release-1' })),
  ]);
});
afterEach(() => build.remove());

function prepared(stack: string, does: 'changes' | 'nothing' = 'changes'): Answer {
  return prepares(stack, does, 'release-1');
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
  expect(calls.filter(({ program }) => program === 'cdk')).toHaveLength(2);
});

test('a change set that would remove a bucket is shown to nobody: there is nothing to approve', async () => {
  await build.answers('aws', [
    ASSUMED,
    ...changesAre(
      'MangooStack',
      [
        {
          Action: 'Remove',
          LogicalResourceId: 'Files',
          ResourceType: 'AWS::S3::Bucket',
          PolicyAction: 'Delete',
        },
      ],
      { name: 'release-1' },
    ),
    { to: 'cloudformation delete-change-set *' },
  ]);

  const outcome = await prepare([prepared('MangooStack')]);

  expect([outcome.code, outcome.stdout]).toEqual([1, '']);
  expect(errors(outcome)[0]).toBe('ERROR: MangooStack/Files (AWS::S3::Bucket) would be removed');
  expect(callsOf(outcome, 'aws cloudformation delete-change-set')).toHaveLength(1);
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

  test('the log warns of a stack that may get outputs of before', async () => {
    const part = (templateFile: string): object => ({ properties: { templateFile } });
    const reads = { 'Fn::GetStackOutput': { StackName: 'MangooNetwork', OutputName: 'Vpc' } };
    await build.file('.artifacts/cdk/cdk.out/main.json', JSON.stringify({ Resources: { A: [reads] } }));
    await build.file(
      '.artifacts/cdk/cdk.out/manifest.json',
      JSON.stringify({ artifacts: { MangooStack: part('main.json') } }),
    );

    const { stderr } = await prepare([prepared('MangooNetwork'), prepared('MangooStack')], env);

    expect(stderr).toContain('WARNING: MangooStack reads outputs of MangooNetwork, which changes with it');
  });

  test('a stack whose change set cannot be made ends it: nobody is asked to approve a half', async () => {
    await build.answers('aws', [ASSUMED, { to: 'cloudformation delete-change-set *' }]);

    const outcome = await prepare([prepared('MangooNetwork'), { to: 'deploy * MangooStack', exit: 1 }], env);

    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout).toBe('');
    const deleted = callsOf(outcome, 'aws cloudformation delete-change-set');
    expect(deleted.map((call) => option(call, '--change-set-name'))).toEqual([
      changeSetOf('MangooNetwork', 'release-1'),
    ]);
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
