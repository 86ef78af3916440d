import {
  type Answer,
  ASSUMED,
  callsOf,
  changesAre,
  changeSetOf,
  errors,
  executes,
  option,
  type Outcome,
  ScratchBuild,
} from './scratch-build';

const NETWORK = changeSetOf('MangooNetwork', 'release-1');
const STACK = changeSetOf('MangooStack', 'release-1');

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('.artifacts/cdk/cdk.out/manifest.json', '{}');
});
afterEach(() => build.remove());

async function execute(
  rows: string,
  env: Record<string, string> = {},
  ...answers: Answer[]
): Promise<{ outcome: Outcome; executed: (string | undefined)[] }> {
  await build.file('.artifacts/change-sets.tsv', rows);
  const both = ['MangooNetwork', 'MangooStack'];
  await build.answers('aws', [
    ASSUMED,
    ...answers,
    ...both.flatMap((stack) => [...executes(stack, { name: 'release-1' }), ...changesAre(stack)]),
  ]);
  const outcome = await build.run('execute.sh', env);
  const calls = callsOf(outcome, 'aws cloudformation execute-change-set');
  return { outcome, executed: calls.map((call) => option(call, '--change-set-name')) };
}

test('exactly the change set that was approved is executed, and no CDK app is needed for it', async () => {
  const { outcome, executed } = await execute(`MangooStack\t${STACK}\n`);

  expect(outcome.code).toBe(0);
  expect(executed).toEqual([STACK]);
  expect(new Set(outcome.calls.map(({ program }) => program))).toEqual(new Set(['aws']));
});

test('what was approved is recorded by its templates, too: production goes back as fast as any', async () => {
  const properties = { stackTemplateAssetObjectUrl: 's3://assets/1.json' };
  await build.file(
    '.artifacts/cdk/cdk.out/manifest.json',
    JSON.stringify({ artifacts: { MangooStack: { properties } } }),
  );
  await build.file('.artifacts/cdk/cdk.out/asset.web/manifest.json', '\uFEFFno manifest of ours');

  await execute(`MangooStack\t${STACK}\n`);

  expect(await build.read('.artifacts/templates.tsv')).toBe('MangooStack\ts3://assets/1.json\n');
});

test('stacks are deployed one after the other, and what they put out is told of all', async () => {
  const { executed } = await execute(`MangooNetwork\t${NETWORK}\nMangooStack\t${STACK}\n`);

  expect(executed).toEqual([NETWORK, STACK]);
  expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
    MangooNetwork: { Url: 'http://MangooNetwork' },
    MangooStack: { Url: 'http://MangooStack' },
  });
});

test('it is executed by the role that deploys, where the change set is: a build itself may not', async () => {
  const { outcome } = await execute(`MangooStack\t${STACK}\n`, { AWS_REGION: 'us-east-1' });

  for (const { env } of callsOf(outcome, 'aws cloudformation')) {
    expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'eu-west-1' });
  }
});

test('the database is migrated once it was approved, before anything is executed', async () => {
  const { outcome } = await execute(
    `MangooStack\t${STACK}\n`,
    { MIGRATION: 'echo migrated >>order' },
    ...executes('MangooStack', { name: 'release-1', does: 'echo executed >>order' }),
  );

  expect(outcome.code).toBe(0);
  expect(await build.read('order')).toBe('migrated\nexecuted\n');
});

test('a stack in which nothing changes is left alone', async () => {
  const { outcome, executed } = await execute('MangooStack\t-\n');

  expect({ code: outcome.code, executed }).toEqual({ code: 0, executed: [] });
  expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
    MangooStack: { Url: 'http://MangooStack' },
  });
});

test('a change set that CloudFormation refuses ends the deployment before the next stack, and leaves none', async () => {
  const { outcome, executed } = await execute(
    `MangooNetwork\t${NETWORK}\nMangooStack\t${STACK}\n`,
    {},
    {
      to: `cloudformation execute-change-set --change-set-name ${NETWORK} *`,
      stderr: 'InvalidChangeSetStatus\n',
      exit: 254,
    },
    { to: 'cloudformation delete-change-set *' },
  );

  expect(outcome.code).not.toBe(0);
  expect(executed).toEqual([NETWORK]);
  const deleted = callsOf(outcome, 'aws cloudformation delete-change-set');
  expect(deleted.map((call) => option(call, '--change-set-name')).sort()).toEqual([NETWORK, STACK]);
});

test('without anything prepared, nothing is deployed', async () => {
  const { outcome } = await execute('');

  expect(outcome.code).not.toBe(0);
  expect(errors(outcome)).toEqual([
    'ERROR: there is no /.artifacts/change-sets.tsv: nothing was prepared to be deployed',
  ]);
  expect(outcome.calls).toEqual([]);
});
