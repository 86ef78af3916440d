import path from 'node:path';
import { type Answer, errors, type Outcome, ScratchBuild } from './scratch-build';

const CLI = 'cdk/node_modules/.bin/cdk';
const NETWORK = 'arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release-1/n';
const STACK = 'arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release-1/s';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file(
    '.artifacts/cdk/cdk.out/manifest.json',
    JSON.stringify({
      artifacts: {
        Tree: {},
        MangooStack: { properties: { lookupRole: { arn: 'lookup' }, assumeRoleArn: 'deploy' } },
      },
    }),
  );
});
afterEach(() => build.remove());

/** `$@` of the program has the file of the outputs; it writes `{ STACK: … }` there, as the CLI does. */
function executes(stack: string): Answer {
  return {
    to: `deploy * ${stack}`,
    does: `while [[ $1 != --outputs-file ]]; do shift; done; printf '{"%s":{"Url":"http://x.example"}}' ${stack} >"$2"`,
  };
}

async function execute(rows: string, answers: Answer[], env: Record<string, string> = {}): Promise<Outcome> {
  await build.file('.artifacts/change-sets.tsv', rows);
  await build.answers(CLI, answers);
  return build.run('execute.sh', env);
}

test('exactly the change set that was approved is executed, and nothing is synthesized anew', async () => {
  const { code, calls } = await execute(`MangooStack\t${STACK}\n`, [executes('MangooStack')]);

  expect(code).toBe(0);
  expect(calls).toHaveLength(1);
  const args = [...(calls[0]?.args ?? [])];
  expect(args.slice(0, 3)).toEqual(['deploy', '--app', path.join(build.root, '.artifacts/cdk/cdk.out')]);
  expect(args.slice(args.indexOf('--method'), args.indexOf('--outputs-file'))).toEqual([
    '--method',
    'execute-change-set',
    '--change-set-name',
    STACK,
  ]);
  expect(args.at(-1)).toBe('MangooStack');
});

test('stacks are deployed one after the other, and what they put out is told of all', async () => {
  const { calls } = await execute(`MangooNetwork\t${NETWORK}\nMangooStack\t${STACK}\n`, [
    executes('MangooNetwork'),
    executes('MangooStack'),
  ]);

  expect(calls.map(({ args }) => args.at(-1))).toEqual(['MangooNetwork', 'MangooStack']);
  expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
    MangooNetwork: { Url: 'http://x.example' },
    MangooStack: { Url: 'http://x.example' },
  });
});

test('the CLI reads the stack by the role that deploys: builds may not assume the one that reads all of the account', async () => {
  await execute(`MangooStack\t${STACK}\n`, [executes('MangooStack')]);

  expect(JSON.parse(await build.read('.artifacts/cdk/cdk.out/manifest.json'))).toEqual({
    artifacts: {
      Tree: {},
      MangooStack: { properties: { lookupRole: { arn: 'deploy' }, assumeRoleArn: 'deploy' } },
    },
  });
});

test('the database is migrated once it was approved, before anything is executed', async () => {
  const { code } = await execute(
    `MangooStack\t${STACK}\n`,
    [{ to: 'deploy *', does: 'echo executed >>../order' }],
    { MIGRATION: 'echo migrated >>order' },
  );

  expect(code).toBe(0);
  expect(await build.read('order')).toBe('migrated\nexecuted\n');
});

test('a stack in which nothing changes is left alone', async () => {
  const { code, calls } = await execute('MangooStack\t-\n', []);

  expect({ code, calls }).toEqual({ code: 0, calls: [] });
  expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({});
});

test('a change set that CloudFormation refuses ends the deployment before the next stack', async () => {
  const outcome = await execute(`MangooNetwork\t${NETWORK}\nMangooStack\t${STACK}\n`, [
    { to: 'deploy * MangooNetwork', stderr: 'InvalidChangeSetStatus\n', exit: 1 },
  ]);

  expect(outcome.code).not.toBe(0);
  expect(outcome.calls).toHaveLength(1);
});

test('without anything prepared, nothing is deployed', async () => {
  const outcome = await execute('', []);

  expect(outcome.code).not.toBe(0);
  expect(errors(outcome)).toEqual([
    'ERROR: there is no /.artifacts/change-sets.tsv: nothing was prepared to be deployed',
  ]);
  expect(outcome.calls).toEqual([]);
});

test('elsewhere, it is deployed there', async () => {
  const { calls } = await execute(`MangooStack\t${STACK}\n`, [executes('MangooStack')], {
    TARGET_REGION: 'ap-south-1',
  });

  expect(calls.map(({ env }) => env.AWS_REGION)).toEqual(['ap-south-1']);
});
