import path from 'node:path';
import {
  type Answer,
  ASSUMED,
  BACKEND_DIGEST,
  callsOf,
  changesAre,
  changeSetOf,
  COMMIT,
  errors,
  executes,
  FRONTEND_DIGEST,
  option,
  type Outcome,
  prepares,
  REGISTRY,
  ScratchBuild,
  type StackEvent,
} from './scratch-build';

const CLI = 'cdk/node_modules/.bin/cdk';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.file('.artifacts/cdk/cdk.out/manifest.json', '{}');
  await build.images();
  await build.answers(CLI, [{ to: 'synth *' }, prepares('MangooNetwork'), prepares('MangooStack')]);
  await awsSays();
});
afterEach(() => build.remove());

/** What AWS says of both stacks, unless the test has other answers. */
function awsSays(...answers: Answer[]): Promise<void> {
  const both = ['MangooNetwork', 'MangooStack'];
  return build.answers('aws', [
    ASSUMED,
    ...answers,
    ...both.flatMap((stack) => [...executes(stack), ...changesAre(stack)]),
    { to: 'cloudformation delete-change-set *' },
  ]);
}

function method(words: readonly string[]): string | undefined {
  return words[words.indexOf('--method') + 1];
}

async function synthAndDeploy(env: Record<string, string> = {}): Promise<{
  outcome: Outcome;
  cdk: Outcome['calls'];
  synth: string[];
  prepare: string[];
}> {
  const outcome = await build.run('deploy.sh', env);
  const cdk = outcome.calls.filter(({ program }) => program === 'cdk');
  const [synth, prepare] = cdk.map(({ args }) => [...args]);
  return { outcome, cdk, synth: synth ?? [], prepare: prepare ?? [] };
}

function deleted(outcome: Outcome): (string | undefined)[] {
  const calls = callsOf(outcome, 'aws cloudformation delete-change-set');
  return calls.map((call) => option(call, '--change-set-name')).sort();
}

/** The change sets that were executed, in order. */
function executed({ outcome }: { outcome: Outcome }): (string | undefined)[] {
  return callsOf(outcome, 'aws cloudformation execute-change-set').map((call) =>
    option(call, '--change-set-name'),
  );
}

test('the application is synthesized once, with the pushed images by digest', async () => {
  const { outcome, cdk, synth } = await synthAndDeploy();

  expect(outcome.code).toBe(0);
  expect(cdk.map(({ args, cwd }) => [args[0], cwd])).toEqual([
    ['synth', 'cdk'],
    ['deploy', 'cdk'],
  ]);
  expect(synth).toEqual([
    'synth',
    '--quiet',
    '--no-notices',
    '--output',
    path.join(build.root, '.artifacts/cdk/cdk.out'),
    '--context',
    '@aws-cdk/core:bootstrapQualifier=mangoo',
    '--context',
    `backendImage=${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}`,
    '--context',
    `frontendImage=${REGISTRY}/mangoo-frontend@${FRONTEND_DIGEST}`,
  ]);
});

test('exactly that assembly is deployed, by the change set that was read, and it is what the artifacts have', async () => {
  const deployed = await synthAndDeploy();

  const { synth, prepare } = deployed;
  expect(prepare[prepare.indexOf('--app') + 1]).toBe(synth[synth.indexOf('--output') + 1]);
  expect(prepare).not.toContain('--context');
  expect(method(prepare)).toBe('prepare-change-set');
  expect(prepare[prepare.indexOf('--change-set-name') + 1]).toBe('build-7');
  expect(executed(deployed)).toEqual([changeSetOf('MangooStack')]);
  expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
    MangooStack: { Url: 'http://MangooStack' },
  });
});

test('no stack is deployed but the configured ones, not even those that they depend on', async () => {
  const deployed = await synthAndDeploy({ CDK_STACK_NAME: 'MangooNetwork  MangooStack' });

  const prepared = deployed.cdk.slice(1);
  expect(prepared.map(({ args }) => [method(args), args.at(-1)])).toEqual([
    ['prepare-change-set', 'MangooNetwork'],
    ['prepare-change-set', 'MangooStack'],
  ]);
  for (const { args } of prepared) {
    expect(args).toContain('--exclusively');
    expect(args).not.toContain('--all');
  }
  expect(executed(deployed)).toEqual([changeSetOf('MangooNetwork'), changeSetOf('MangooStack')]);
});

test('nobody is asked: a build cannot answer', async () => {
  const { cdk } = await synthAndDeploy();

  expect(cdk.slice(1).map((call) => option(call, '--require-approval'))).toEqual(['never']);
});

test('the application reads its environment', async () => {
  const { cdk } = await synthAndDeploy({ CDK_ENV: "it's dev", ENVIRONMENT: 'dev' });

  expect(cdk).toHaveLength(2);
  for (const { env } of cdk) expect(env).toMatchObject({ CDK_ENV: "it's dev", ENVIRONMENT: 'dev' });
});

test('the roles that deploy are those of the environment, whatever the application has in its cdk.json', async () => {
  const { synth } = await synthAndDeploy({ BOOTSTRAP_QUALIFIER: 'mangoodev' });

  expect(synth.filter((word) => word.includes('ootstrapQualifier'))).toEqual([
    '@aws-cdk/core:bootstrapQualifier=mangoodev',
  ]);
});

describe('in another region', () => {
  const region = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' };

  test('stacks that name none are deployed there, not where the build runs', async () => {
    const { cdk } = await synthAndDeploy({ ...region, TARGET_REGION: 'ap-south-1' });

    expect(cdk).toHaveLength(2);
    for (const { env } of cdk) {
      expect([env.AWS_REGION, env.AWS_DEFAULT_REGION]).toEqual(['ap-south-1', 'ap-south-1']);
    }
  });

  test("without one, the region is the build's", async () => {
    const { cdk } = await synthAndDeploy(region);

    expect(cdk.map(({ env }) => env.AWS_REGION)).toEqual(['eu-west-1', 'eu-west-1']);
  });
});

test('it is found where APP_DIR says', async () => {
  await build.answers('examples/mangoo/cdk/node_modules/.bin/cdk', [
    { to: 'synth *' },
    prepares('MangooStack'),
  ]);

  const { outcome, cdk } = await synthAndDeploy({ APP_DIR: 'examples/mangoo' });

  expect(outcome.code).toBe(0);
  expect(new Set(cdk.map(({ cwd }) => cwd))).toEqual(new Set(['examples/mangoo/cdk']));
});

test.each(["a 'quoted' $(tag)", 'a*'])('an image URI such as %s stays one word', async (uri) => {
  await build.file('.artifacts/images.tsv', `backend\tr\t${uri}\ts\tpushed\n`);

  expect((await synthAndDeploy()).synth.slice(-2)).toEqual(['--context', `backendImage=${uri}`]);
});

test('what cannot be synthesized is not deployed', async () => {
  await build.answers('cdk/node_modules/.bin/cdk', [
    { to: 'synth *', stderr: 'backendImage: expected…\n', exit: 1 },
  ]);

  const { outcome } = await synthAndDeploy();

  expect(outcome.code).not.toBe(0);
  expect(outcome.calls).toHaveLength(1);
});

test('an application that does not pin the CLI is told so, and no other CLI is taken', async () => {
  const outcome = await build.run('deploy.sh', { APP_DIR: 'other' });
  expect(outcome.code).not.toBe(0);

  await build.file('other/cdk/package.json', '{}');
  const told = await build.run('deploy.sh', { APP_DIR: 'other' });

  expect(errors(told)).toEqual([
    'ERROR: other/cdk/package.json does not have aws-cdk: the CLI is the one that the lock file pins',
  ]);
  expect(told.calls).toEqual([]);
});

test.each([
  [
    {},
    "start this commit's build anew (aws codebuild start-build --project-name mangoo-build-deploy --source-version COMMIT)",
  ],
  [{ ROLLBACK: '1' }, 'go back by npm run rollback again'],
  [{ INPUT_ARTIFACT: 'Built' }, 'retry all actions of the stage'],
])(
  'whoever is refused reads how it goes on once it is allowed, and not what would be refused again (%j)',
  async (env, next) => {
    const change = {
      Action: 'Remove',
      LogicalResourceId: 'Db',
      ResourceType: 'AWS::RDS::DBCluster',
      PolicyAction: 'Delete',
    };
    await awsSays(...changesAre('MangooStack', [change]));

    expect(errors((await synthAndDeploy(env)).outcome)[1]).toContain(`deploy the pipeline, and ${next}:`);
  },
);

describe('before anything is executed, it is read', () => {
  const BOTH = { CDK_STACK_NAME: 'MangooNetwork MangooStack' };
  const removed = (LogicalResourceId: string, ResourceType: string): object => ({
    Action: 'Remove',
    LogicalResourceId,
    ResourceType,
    PolicyAction: 'Delete',
  });
  const database = removed('Database', 'AWS::RDS::DBCluster');
  test('a push that would remove the database is refused, and changes no stack, not even the one before', async () => {
    await awsSays(...changesAre('MangooStack', [database]));

    const refused = await synthAndDeploy(BOTH);

    expect(refused.outcome.code).toBe(1);
    expect(executed(refused)).toEqual([]);
    expect(errors(refused.outcome)).toEqual([
      'ERROR: MangooStack/Database (AWS::RDS::DBCluster) would be removed',
      expect.stringMatching(
        /^ERROR: 1 change\(s\) are refused; of the change sets that were read, none is executed\./,
      ),
      `ERROR:   { commit: '${COMMIT}', resource: 'MangooStack/Database', reason: 'why, in one line' },`,
    ]);
  });

  test('a failed deletion is told, and does not hide why', async () => {
    await awsSays(
      { to: 'cloudformation delete-change-set *', stderr: 'An error occurred (Throttling)\n', exit: 254 },
      ...changesAre('MangooStack', [database]),
    );

    const { outcome } = await synthAndDeploy();

    expect(errors(outcome)[0]).toBe('ERROR: MangooStack/Database (AWS::RDS::DBCluster) would be removed');
    expect(outcome.stderr).toContain(
      `WARNING: ${changeSetOf('MangooStack')} was not deleted, and can be executed`,
    );
  });

  test('what was refused is deleted: nobody executes it by mistake', async () => {
    await awsSays(...changesAre('MangooStack', [database]));

    const { outcome } = await synthAndDeploy(BOTH);

    expect(deleted(outcome)).toEqual([changeSetOf('MangooNetwork'), changeSetOf('MangooStack')]);
  });

  test('nor does anybody execute what was prepared before a stack that cannot be', async () => {
    await build.answers(CLI, [
      { to: 'synth *' },
      prepares('MangooNetwork'),
      { to: 'deploy * MangooStack', stderr: 'Failed to create ChangeSet\n', exit: 1 },
    ]);

    const { outcome } = await synthAndDeploy(BOTH);

    expect(outcome.code).toBe(1);
    expect(deleted(outcome)).toEqual([changeSetOf('MangooNetwork')]);
  });

  test('nor what was to follow a stack that was not deployed', async () => {
    await awsSays(...executes('MangooNetwork', { status: 'UPDATE_ROLLBACK_COMPLETE' }));

    const { outcome } = await synthAndDeploy(BOTH);

    expect(outcome.code).toBe(1);
    expect(deleted(outcome)).toEqual([changeSetOf('MangooStack')]);
  });

  test('all of the findings of all stacks are told at once', async () => {
    await awsSays(
      ...changesAre('MangooNetwork', [removed('Vpc', 'AWS::EC2::VPC')]),
      ...changesAre('MangooStack', [database]),
    );

    expect(errors((await synthAndDeploy(BOTH)).outcome).slice(0, 2)).toEqual([
      'ERROR: MangooNetwork/Vpc (AWS::EC2::VPC) would be removed',
      'ERROR: MangooStack/Database (AWS::RDS::DBCluster) would be removed',
    ]);
  });

  test('what the configuration allows for this commit is deployed, and told with its reason', async () => {
    await awsSays(...changesAre('MangooStack', [database]));
    const entry = { commit: COMMIT, resource: 'MangooStack/Database', reason: "it's moved" };

    const deployed = await synthAndDeploy({ ALLOWED_CHANGES: JSON.stringify([entry]) });

    expect(deployed.outcome.code).toBe(0);
    expect(executed(deployed)).toEqual([changeSetOf('MangooStack')]);
    expect(deployed.outcome.stderr).toContain(
      "MangooStack/Database (AWS::RDS::DBCluster) would be removed: allowed for this commit: it's moved\n",
    );
  });

  test.each(['', 'yes', '{}', '[{"commit":"c"}]'])(
    'a list of what is allowed that is none (%j) allows nothing',
    async (allowed) => {
      const outcome = await synthAndDeploy({ ALLOWED_CHANGES: allowed });

      expect(outcome.outcome.code).toBe(allowed ? 1 : 0);
      expect(executed(outcome)).toEqual(allowed ? [] : [changeSetOf('MangooStack')]);
    },
  );

  test('an ordinary release passes without a word', async () => {
    await awsSays(
      ...changesAre('MangooStack', [
        {
          Action: 'Modify',
          LogicalResourceId: 'Task',
          ResourceType: 'AWS::ECS::TaskDefinition',
          Replacement: 'True',
          PolicyAction: 'ReplaceAndDelete',
        },
        {
          Action: 'Modify',
          LogicalResourceId: 'Service',
          ResourceType: 'AWS::ECS::Service',
          Replacement: 'False',
        },
      ]),
    );

    const { outcome } = await synthAndDeploy();

    expect(outcome.code).toBe(0);
    expect(outcome.stderr.split('\n').filter((line) => line.startsWith('==> '))).toEqual([
      '==> synthesizing MangooStack for prod',
      '==> preparing MangooStack',
      `==> executing ${changeSetOf('MangooStack')}`,
    ]);
  });

  test('a first deployment passes, whatever it makes: there is nothing yet', async () => {
    const after = { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] };
    const AfterContext = JSON.stringify({ Properties: after });
    const role = { Action: 'Add', LogicalResourceId: 'Role', ResourceType: 'AWS::IAM::Role', AfterContext };
    await awsSays(...changesAre('MangooStack', [role], { status: 'REVIEW_IN_PROGRESS' }));
    expect((await synthAndDeploy()).outcome.code).toBe(0);

    await awsSays(...changesAre('MangooStack', [role]));
    expect((await synthAndDeploy()).outcome.code).toBe(1);
  });

  test('the change set of a nested stack is read too', async () => {
    const nested = changeSetOf('MangooStack-Nested');
    await awsSays(
      ...changesAre('MangooStack', [
        {
          Action: 'Modify',
          LogicalResourceId: 'Nested',
          ResourceType: 'AWS::CloudFormation::Stack',
          Replacement: 'False',
          ChangeSetId: nested,
        },
      ]),
      {
        to: `cloudformation describe-change-set --change-set-name ${nested} *`,
        stdout: JSON.stringify({ Changes: [{ Type: 'Resource', ResourceChange: database }] }),
      },
    );

    const outcome = await synthAndDeploy();

    expect(errors(outcome.outcome)[0]).toBe(
      'ERROR: MangooStack/Nested/Database (AWS::RDS::DBCluster) would be removed',
    );
    expect(executed(outcome)).toEqual([]);
  });

  test('it is read by the role that made it, and everything else is done by the build itself', async () => {
    const { outcome, cdk } = await synthAndDeploy();

    const [assumed] = callsOf(outcome, 'aws sts assume-role');
    expect(assumed && option(assumed, '--role-arn')).toBe(
      'arn:aws:iam::123456789012:role/cdk-mangoo-deploy-role-123456789012-eu-west-1',
    );
    for (const { env } of callsOf(outcome, 'aws cloudformation')) {
      expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SESSION_TOKEN: 'token' });
    }
    for (const { env } of cdk) expect(env.AWS_ACCESS_KEY_ID).toBe('');
  });

  test('where it cannot be read, nothing is executed', async () => {
    await awsSays({
      to: 'cloudformation describe-stacks *',
      stderr: 'An error occurred (Throttling): slow\n',
      exit: 254,
    });

    const outcome = await synthAndDeploy();

    expect(outcome.outcome.code).toBe(1);
    expect(errors(outcome.outcome)).toEqual(['ERROR: An error occurred (Throttling): slow']);
    expect(executed(outcome)).toEqual([]);
  });

  test('a release that changes nothing executes nothing, and its outputs are there', async () => {
    await build.answers(CLI, [{ to: 'synth *' }, prepares('MangooStack', 'nothing')]);

    const { outcome } = await synthAndDeploy();

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('==> nothing changes in MangooStack\n');
    expect(callsOf(outcome, 'aws cloudformation').map(({ args }) => args[1])).toEqual(['describe-stacks']);
    expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
      MangooStack: { Url: 'http://MangooStack' },
    });
  });

  describe('a stack that imports what the one before is still to export', () => {
    const waits: Answer = {
      to: 'deploy * --method prepare-change-set * MangooStack',
      stderr: 'Failed to create ChangeSet build-7 on MangooStack: FAILED, No export named VpcId found.\n',
      exit: 1,
      times: 1,
    };

    test('is prepared and read when that is deployed, and this is told', async () => {
      await build.answers(CLI, [
        { to: 'synth *' },
        prepares('MangooNetwork'),
        waits,
        prepares('MangooStack'),
      ]);
      await awsSays(...changesAre('MangooStack', [database]));

      const outcome = await synthAndDeploy(BOTH);

      expect(outcome.outcome.stderr).toContain(
        'MangooStack needs what the stacks before it are still to export: it is prepared and read when they are deployed',
      );
      expect(executed(outcome)).toEqual([changeSetOf('MangooNetwork')]);
      expect(errors(outcome.outcome)[0]).toContain('MangooStack/Database');
    });

    test('fails the build where nothing is deployed before it', async () => {
      await build.answers(CLI, [{ to: 'synth *' }, prepares('MangooNetwork', 'nothing'), waits]);

      const outcome = await synthAndDeploy(BOTH);

      expect(outcome.outcome.code).toBe(1);
      expect(executed(outcome)).toEqual([]);
    });
  });
});

describe('a stack that reads outputs of another as they are', () => {
  const BOTH = { CDK_STACK_NAME: 'MangooNetwork MangooStack' };
  beforeEach(async () => {
    const part = (templateFile: string): object => ({ properties: { templateFile } });
    const reads = { 'Fn::GetStackOutput': { StackName: 'MangooNetwork', OutputName: 'Vpc' } };
    await build.file('.artifacts/cdk/cdk.out/network.json', '{}');
    await build.file('.artifacts/cdk/cdk.out/main.json', JSON.stringify({ Resources: { A: [reads] } }));
    await build.file(
      '.artifacts/cdk/cdk.out/manifest.json',
      JSON.stringify({ artifacts: { MangooNetwork: part('network.json'), MangooStack: part('main.json') } }),
    );
  });

  test('is prepared when that is deployed, since nothing keeps the outputs as they are', async () => {
    const deployed = await synthAndDeploy(BOTH);

    expect(deployed.outcome.code).toBe(0);
    expect(deployed.outcome.stderr).toContain(
      '==> MangooStack reads outputs of MangooNetwork, which changes: it is prepared and read when that is deployed\n',
    );
    const order = deployed.outcome.calls.filter(
      ({ args }) => args[0] === 'deploy' || args[1] === 'execute-change-set',
    );
    expect(order.map((call) => option(call, '--change-set-name') ?? '')).toEqual([
      'build-7',
      changeSetOf('MangooNetwork'),
      'build-7',
      changeSetOf('MangooStack'),
    ]);
  });

  test('is refused before that one: it would get the outputs of before, and nobody would notice', async () => {
    const deployed = await synthAndDeploy({ CDK_STACK_NAME: 'MangooStack MangooNetwork' });

    expect(deployed.outcome.code).toBe(1);
    expect(errors(deployed.outcome)).toEqual([
      "ERROR: MangooStack reads outputs of MangooNetwork, which is deployed after it: put MangooNetwork before MangooStack in application.stacks of the pipeline's configuration, and deploy the pipeline",
    ]);
    expect(deployed.cdk).toHaveLength(1);
  });

  test('leaves what was read of both in the artifacts', async () => {
    await awsSays(
      ...changesAre('MangooNetwork', [{ LogicalResourceId: 'Vpc' }]),
      ...changesAre('MangooStack', [{ LogicalResourceId: 'Service' }]),
    );

    await synthAndDeploy(BOTH);

    const changes = JSON.parse(await build.read('.artifacts/changes.json')) as { resource: string }[];
    expect(changes.map(({ resource }) => resource)).toEqual(['MangooNetwork/Vpc', 'MangooStack/Service']);
  });

  test('is read with it before anything is executed where that does not change', async () => {
    await build.answers(CLI, [
      { to: 'synth *' },
      prepares('MangooNetwork', 'nothing'),
      prepares('MangooStack'),
    ]);

    const deployed = await synthAndDeploy(BOTH);

    expect(deployed.outcome.stderr).not.toContain('reads outputs');
    expect(executed(deployed)).toEqual([changeSetOf('MangooStack')]);
  });
});

describe('of what is executed', () => {
  const failed = (LogicalResourceId: string, ResourceType: string, reason: string): StackEvent => ({
    ResourceStatus: 'UPDATE_FAILED',
    ResourceStatusReason: reason,
    ResourceType,
    LogicalResourceId,
    PhysicalResourceId: `arn:of:${LogicalResourceId}`,
  });

  test('whoever follows the log sees every event, oldest first, and none of an earlier deployment', async () => {
    const { outcome } = await synthAndDeploy();

    expect(outcome.stderr.split('\n').filter((line) => line.includes(' | '))).toEqual([
      'MangooStack | 10:00:00 | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | MangooStack',
      'MangooStack | 10:00:00 | UPDATE_COMPLETE      | AWS::CloudFormation::Stack | MangooStack',
    ]);
  });

  test('more events than one answer has are all told, each once, and those of a rollback too', async () => {
    const event = (id: number, values: object = {}): object => ({
      ...{ EventId: `e${id}`, StackId: 's', PhysicalResourceId: `r${id}`, LogicalResourceId: `R${id}` },
      ...{ ResourceType: 'T', ResourceStatus: 'UPDATE_IN_PROGRESS', Timestamp: '2026-11-25T10:00:00Z' },
      ...{ ClientRequestToken: 'MangooStack-c', ...values },
    });
    const page = (next: string | undefined, ...events: object[]): string =>
      JSON.stringify({ StackEvents: events, NextToken: next });
    const before = event(0, {
      ClientRequestToken: 'other',
      PhysicalResourceId: 's',
      ResourceStatus: 'UPDATE_COMPLETE',
    });
    const last = event(4, {
      ClientRequestToken: undefined,
      PhysicalResourceId: 's',
      ResourceStatus: 'UPDATE_ROLLBACK_COMPLETE',
    });
    const events = 'cloudformation describe-stack-events --stack-name MangooStack --no-paginate';
    await awsSays(
      // Not begun yet; then two pages; then what came meanwhile, which is the end.
      { to: `${events} --output *`, stdout: page('more', before), times: 1 },
      { to: `${events} --output *`, stdout: page('more', event(2)), times: 1 },
      { to: `${events} --next-token more *`, stdout: page('older', event(1), before), times: 1 },
      { to: `${events} --output *`, stdout: page('more', last, event(3)), times: 1 },
      { to: `${events} --next-token more *`, stdout: page('older', event(2), event(1)), times: 1 },
    );

    const { outcome } = await synthAndDeploy();

    expect(outcome.stderr.match(/ \| (R\d)$/gm)).toEqual([' | R1', ' | R2', ' | R3', ' | R4']);
    expect(errors(outcome)).toEqual([
      'ERROR: MangooStack was not deployed, and is UPDATE_ROLLBACK_COMPLETE: its events say why',
    ]);
  });

  test('what rolls back fails the build before the next stack, with what failed first', async () => {
    const events = [
      // Newest first: what was cancelled may be told before its cause.
      failed('Alb', 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'no subnet'),
      failed('Task', 'AWS::ECS::TaskDefinition', 'Resource update cancelled'),
    ];
    await awsSays(...executes('MangooNetwork', { status: 'UPDATE_ROLLBACK_COMPLETE', events }));

    const deployed = await synthAndDeploy({ CDK_STACK_NAME: 'MangooNetwork MangooStack' });

    expect(deployed.outcome.code).toBe(1);
    expect(executed(deployed)).toEqual([changeSetOf('MangooNetwork')]);
    expect(errors(deployed.outcome)).toEqual([
      'ERROR: MangooNetwork was not deployed, and is UPDATE_ROLLBACK_COMPLETE: Alb: no subnet',
    ]);
  });

  test('of a nested stack that fails, the reason is told, which only its own events have, and none of an earlier time', async () => {
    const nested = failed('Nested', 'AWS::CloudFormation::Stack', 'Embedded stack was not updated');
    await awsSays(...executes('MangooStack', { status: 'UPDATE_ROLLBACK_COMPLETE', events: [nested] }), {
      to: 'cloudformation describe-stack-events --stack-name arn:of:Nested *',
      stdout: JSON.stringify({
        // As both versions of the AWS CLI print them.
        StackEvents: [
          { ...failed('Queue', 'AWS::SQS::Queue', 'no such key'), Timestamp: '2026-11-25T10:00:00.5+00:00' },
          { ...failed('Old', 'AWS::ECS::Service', 'Circuit Breaker of last month'), Timestamp: 1764000000 },
        ],
      }),
    });

    const { outcome } = await synthAndDeploy();

    expect(outcome.stderr).toContain(
      'MangooStack/Nested | 10:00:00 | UPDATE_FAILED        | AWS::SQS::Queue | Queue no such key\n',
    );
    expect(outcome.stderr).not.toContain('last month');
    expect(errors(outcome)).toEqual([
      'ERROR: MangooStack was not deployed, and is UPDATE_ROLLBACK_COMPLETE: Queue: no such key',
    ]);
  });

  test('of a nested stack that never began, the reason is that of its parent', async () => {
    const nested = {
      ...failed('Nested', 'AWS::CloudFormation::Stack', 'the template is gone'),
      PhysicalResourceId: '',
    };
    await awsSays(...executes('MangooStack', { status: 'UPDATE_ROLLBACK_COMPLETE', events: [nested] }));

    expect(errors((await synthAndDeploy()).outcome)).toEqual([
      'ERROR: MangooStack was not deployed, and is UPDATE_ROLLBACK_COMPLETE: Nested: the template is gone',
    ]);
  });

  test('of a nested stack in which nothing has failed, the reason is that of its parent, too', async () => {
    const nested = failed('Nested', 'AWS::CloudFormation::Stack', 'it cannot be updated now');
    await awsSays(...executes('MangooStack', { status: 'UPDATE_ROLLBACK_COMPLETE', events: [nested] }), {
      to: 'cloudformation describe-stack-events --stack-name arn:of:Nested *',
      stdout: JSON.stringify({ StackEvents: [] }),
    });

    expect(errors((await synthAndDeploy()).outcome)).toEqual([
      'ERROR: MangooStack was not deployed, and is UPDATE_ROLLBACK_COMPLETE: Nested: it cannot be updated now',
    ]);
  });

  test('an export that is in use fails no resource, and is named as the reason', async () => {
    const back: StackEvent = {
      ...failed(
        'MangooStack',
        'AWS::CloudFormation::Stack',
        'Cannot delete export VpcId as it is in use by X.',
      ),
      ResourceStatus: 'UPDATE_ROLLBACK_IN_PROGRESS',
      PhysicalResourceId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/MangooStack/0a1b',
    };
    await awsSays(...executes('MangooStack', { status: 'UPDATE_ROLLBACK_COMPLETE', events: [back] }));

    expect(errors((await synthAndDeploy()).outcome)).toEqual([
      'ERROR: MangooStack was not deployed, and is UPDATE_ROLLBACK_COMPLETE: Cannot delete export VpcId as it is in use by X.',
    ]);
  });

  test('of a service whose tasks stop, ECS is asked why', async () => {
    const service = failed('Service', 'AWS::ECS::Service', 'ECS Deployment Circuit Breaker was triggered');
    await awsSays(...executes('MangooStack', { status: 'UPDATE_ROLLBACK_COMPLETE', events: [service] }), {
      to: 'ecs describe-services *',
      stderr: 'not today\n',
      exit: 254,
    });

    const { outcome } = await synthAndDeploy();

    expect(outcome.code).not.toBe(0);
    const asked = callsOf(outcome, 'aws ecs describe-services').map((call) => option(call, '--services'));
    expect(asked).toEqual(['mangoo-backend-service', 'mangoo-frontend-service']);
  });

  test('a change set that CloudFormation refuses ends the deployment', async () => {
    await awsSays({
      to: 'cloudformation execute-change-set *',
      stderr: 'An error occurred (InvalidChangeSetStatus) when calling the ExecuteChangeSet operation: no\n',
      exit: 254,
    });

    const { outcome } = await synthAndDeploy();

    expect(outcome.code).not.toBe(0);
    expect(errors(outcome)).toEqual([expect.stringContaining('(InvalidChangeSetStatus)')]);
  });
});

describe('a migration', () => {
  const MIGRATION = 'echo migrated >>order';
  const removed = {
    Action: 'Remove',
    LogicalResourceId: 'Files',
    ResourceType: 'AWS::S3::Bucket',
    PolicyAction: 'Delete',
  };

  beforeEach(() => awsSays(...executes('MangooStack', { does: 'echo executed >>"../order"' })));

  test('is done before the release that needs it, in the root of the repository', async () => {
    const { outcome } = await synthAndDeploy({ MIGRATION });

    expect(outcome.code).toBe(0);
    expect(await build.read('order')).toBe('migrated\nexecuted\n');
  });

  test('that fails keeps the release from being deployed', async () => {
    const deployed = await synthAndDeploy({ MIGRATION: 'exit 3' });

    expect(deployed.outcome.code).toBe(1);
    expect(executed(deployed)).toEqual([]);
    expect(errors(deployed.outcome)[0]).toMatch(/^ERROR: the migration ended badly: nothing was deployed/);
    expect(deleted(deployed.outcome)).toEqual([changeSetOf('MangooStack')]);
  });

  test('is not begun for a release that is refused', async () => {
    await awsSays(...changesAre('MangooStack', [removed]));

    expect((await synthAndDeploy({ MIGRATION })).outcome.code).toBe(1);
    await expect(build.read('order')).rejects.toThrow('ENOENT');
  });

  test('is none of a rollback, which brings back images and no data', async () => {
    const { outcome } = await synthAndDeploy({ MIGRATION, ROLLBACK: '1' });

    expect(outcome.code).toBe(0);
    expect(await build.read('order')).toBe('executed\n');
    expect(outcome.stderr).toContain('a rollback migrates nothing: the database stays as it is');
  });
});

describe('where the plan saw that nothing would change', () => {
  const VERIFIED = '2026-11-25T12:00:00.000Z';
  const stack = (updated: string): string =>
    JSON.stringify({
      StackName: 'MangooStack',
      StackStatus: 'UPDATE_COMPLETE',
      LastUpdatedTime: updated,
      Outputs: [{ OutputKey: 'Url', OutputValue: 'http://x' }],
    });
  let key: string;
  beforeEach(async () => {
    await build.file('.gitignore', '.artifacts/\n');
    await build.file('cdk/package.json', '{}');
    await build.file('cdk/package-lock.json', '{}');
    build.commit('Make it');
    // What a deployment leaves behind for later ones.
    await build.file('.artifacts/deployment.tsv', 'deploy\t-\tthere are images to build\n');
    await build.run('deploy.sh');
    key = (await build.read('.artifacts/deployment.tsv')).split('\t')[1] ?? '';
    await build.file('.artifacts/deployment.tsv', `skip\t${key}\tas before\n`);
    await build.answers('npm', [{ to: 'ci *' }]);
  });

  /** What ci/turn.sh leaves: the record, and the stack as it is. */
  async function live(updated: string, deployKey = key, templates = {}): Promise<void> {
    const release = { release: '6', verified: VERIFIED, deployKey, templates };
    await build.file('.artifacts/live.json', JSON.stringify(release));
    await build.file('.artifacts/stacks.json', `${stack(updated)}\u001e`);
  }

  test('the key of a deployment is kept for the record, without a question to AWS', () => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test('and it is so still, nothing is installed, synthesized or deployed; the outputs are told', async () => {
    await live('2026-11-25T11:00:00Z');

    const outcome = await build.run('deploy.sh');

    expect(outcome.code).toBe(0);
    expect(outcome.calls).toEqual([]);
    expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({
      MangooStack: { Url: 'http://x' },
    });
  });

  test('its record says by which templates, as that of the live release does', async () => {
    const templates = { MangooStack: 's3://assets/a.json', Gone: 's3://assets/b.json' };
    await live('2026-11-25T11:00:00Z', key, templates);

    await build.run('deploy.sh');

    expect(await build.read('.artifacts/templates.tsv')).toBe('MangooStack\ts3://assets/a.json\n');
  });

  test.each([
    ['another build has changed a stack', '2026-11-25T12:30:00Z', undefined],
    ['another build has released something else', '2026-11-25T11:00:00Z', 'f'.repeat(64)],
  ])(
    'and %s while this one waited for its turn, it is installed and deployed after all',
    async (_, updated, other) => {
      await live(updated, other);

      const outcome = await build.run('deploy.sh');

      expect(outcome.code).toBe(0);
      const done = outcome.calls.filter(({ program }) => program !== 'aws');
      expect(done.map(({ program, args, cwd }) => [cwd, program, args[0]])).toEqual([
        ['cdk', 'npm', 'ci'],
        ['cdk', 'cdk', 'synth'],
        ['cdk', 'cdk', 'deploy'],
      ]);
      expect(await build.read('.artifacts/deployment.tsv')).toMatch(new RegExp(`^deploy\t${key}\t`));
      // What fails from here on is the deployment, not the installation.
      const inTurn = (await build.read('.artifacts/steps.tsv')).match(/^[^\t]+\t[^\t]+$/gm);
      expect(inTurn?.at(-1)).toMatch(/^deploy.sh\t/);
    },
  );
});
