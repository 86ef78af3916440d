import { createHash } from 'node:crypto';
import {
  type Answer,
  ASSUMED,
  callsOf,
  changeSetOf,
  changesAre,
  COMMIT,
  errors,
  executes,
  option,
  type Outcome,
  prepares,
  ScratchBuild,
} from './scratch-build';

const CLI = 'cdk/node_modules/.bin/cdk';
const ASSET = `${'a'.repeat(64)}.zip`;
const TEMPLATE = JSON.stringify({
  Parameters: { BootstrapVersion: {}, Other: {}, New: {} },
  Resources: { Function: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: ASSET } } } },
});
const KEY = `${createHash('sha256').update(TEMPLATE).digest('hex')}.json`;
const URL = `s3://cdk-mangoo-assets-123456789012-eu-west-1/${KEY}`;
const TAGS = [{ Key: 'team', Value: "it's ours" }];
const DATABASE = {
  Action: 'Remove',
  LogicalResourceId: 'Database',
  ResourceType: 'AWS::RDS::DBCluster',
  PolicyAction: 'Delete',
};

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
  await build.file(
    '.artifacts/deployment.tsv',
    'restore\tabc\tthe templates of release 3 are deployed again\n',
  );
  await build.file('.artifacts/templates.tsv', `MangooStack\t${URL}\n`);
});
afterEach(() => build.remove());

/** What AWS says where the release can be brought back; the test's own answers come first. */
async function restore(
  answers: readonly Answer[] = [],
  env: Record<string, string> = {},
  stacks = ['MangooStack'],
): Promise<Outcome> {
  // What ci/turn.sh has left.
  const seen = stacks.map((StackName) => ({
    StackName,
    Tags: TAGS,
    Parameters: ['BootstrapVersion', 'Other'],
  }));
  await build.file('.artifacts/stacks.json', seen.map((stack) => `${JSON.stringify(stack)}\u001e`).join(''));
  await build.answers('aws', [
    ASSUMED,
    ...answers,
    {
      to: 's3api get-object *',
      // The file is the last word before the options of the output.
      does: `while [[ $1 != --key ]]; do shift; done; printf '%s' '${TEMPLATE}' >"$3"`,
      stdout: '{}',
    },
    { to: `s3api head-object --bucket cdk-mangoo-assets-* --key ${ASSET} *`, stdout: '{}' },
    {
      to: 'cloudformation describe-stacks *',
      stdout: JSON.stringify({
        Stacks: [{ StackStatus: 'UPDATE_COMPLETE', Outputs: [{ OutputKey: 'Url', OutputValue: 'x' }] }],
      }),
    },
    ...stacks.flatMap((stack): Answer[] => [
      {
        to: `cloudformation create-change-set --stack-name ${stack} *`,
        stdout: JSON.stringify({ Id: changeSetOf(stack) }),
      },
      made(stack),
      ...executes(stack),
    ]),
    { to: 'cloudformation delete-change-set *' },
  ]);
  return build.run('deploy.sh', { ROLLBACK: '1', ...env });
}

function made(stack: string, described: object = { Status: 'CREATE_COMPLETE' }): Answer {
  return {
    to: `cloudformation describe-change-set --change-set-name ${changeSetOf(stack)} --include-property-values *`,
    stdout: JSON.stringify(described),
  };
}

const asked = (outcome: Outcome, operation: string): (string | undefined)[] =>
  callsOf(outcome, `aws cloudformation ${operation}`).map((call) => option(call, '--change-set-name'));

test('a rollback deploys the template of its release, by the role that deploys, and neither installs nor synthesizes', async () => {
  const outcome = await restore();

  expect(outcome.code).toBe(0);
  expect(new Set(outcome.calls.map(({ program }) => program))).toEqual(new Set(['aws']));
  expect(asked(outcome, 'execute-change-set')).toEqual([changeSetOf('MangooStack')]);
  expect(JSON.parse(await build.read('.artifacts/cdk-outputs.json'))).toEqual({ MangooStack: { Url: 'x' } });
  const [assumed, ...others] = callsOf(outcome, 'aws');
  expect(assumed && option(assumed, '--role-arn')).toMatch(
    /:role\/cdk-mangoo-deploy-role-123456789012-eu-west-1$/,
  );
  for (const { env } of others) expect(env.AWS_ACCESS_KEY_ID).toBe('AKIA');
});

test('its change set leaves parameters and tags as they are, and is made for the role that CDK deploys by', async () => {
  const [create] = callsOf(await restore(), 'aws cloudformation create-change-set');

  expect(create?.args.slice(2, -2)).toEqual([
    ...['--stack-name', 'MangooStack', '--change-set-name', 'back-7'],
    '--template-url',
    `https://s3.eu-west-1.amazonaws.com/cdk-mangoo-assets-123456789012-eu-west-1/${KEY}`,
    '--role-arn',
    'arn:aws:iam::123456789012:role/cdk-mangoo-cfn-exec-role-123456789012-eu-west-1',
    ...['--include-nested-stacks', '--capabilities'],
    ...['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
    ...['--tags', JSON.stringify(TAGS)],
    '--parameters',
    '[{"ParameterKey":"BootstrapVersion","UsePreviousValue":true},{"ParameterKey":"Other","UsePreviousValue":true}]',
  ]);
});

test('a parameter that only the newer release has is not given to the older one, which would be refused', async () => {
  const template = JSON.stringify({ Parameters: { BootstrapVersion: {} }, Resources: {} });
  const key = `${createHash('sha256').update(template).digest('hex')}.json`;
  await build.file('.artifacts/templates.tsv', `MangooStack\ts3://assets/${key}\n`);

  const outcome = await restore([
    {
      to: 's3api get-object *',
      does: `while [[ $1 != --key ]]; do shift; done; printf '%s' '${template}' >"$3"`,
    },
    {
      to: 'cloudformation create-change-set * --parameters *Other*',
      stderr: 'An error occurred (ValidationError): Parameters: [Other] do not exist in the template\n',
      exit: 254,
    },
  ]);

  expect(outcome.code).toBe(0);
  const created = callsOf(outcome, 'aws cloudformation create-change-set');
  expect(created.map((call) => option(call, '--parameters')).at(-1)).toBe(
    '[{"ParameterKey":"BootstrapVersion","UsePreviousValue":true}]',
  );
  expect(asked(outcome, 'execute-change-set')).toEqual([changeSetOf('MangooStack')]);
});

test('elsewhere, it is deployed there', async () => {
  const outcome = await restore([], { TARGET_ACCOUNT: '444455556666', TARGET_REGION: 'ap-south-1' });

  const [assumed, ...others] = callsOf(outcome, 'aws');
  expect(assumed && option(assumed, '--role-arn')).toMatch(
    /:role\/cdk-mangoo-deploy-role-444455556666-ap-south-1$/,
  );
  for (const { env } of others) expect(env.AWS_REGION).toBe('ap-south-1');
});

test('a rollback that would remove the database is refused, and its change set is deleted', async () => {
  const changes = [{ Type: 'Resource', ResourceChange: DATABASE }];
  const outcome = await restore([made('MangooStack', { Status: 'CREATE_COMPLETE', Changes: changes })]);

  expect(outcome.code).toBe(1);
  expect(errors(outcome)[0]).toBe('ERROR: MangooStack/Database (AWS::RDS::DBCluster) would be removed');
  expect(asked(outcome, 'execute-change-set')).toEqual([]);
  expect(asked(outcome, 'delete-change-set')).toEqual([changeSetOf('MangooStack')]);
});

test('of two stacks, whoever imports goes back first: the other could not take back an export that is in use', async () => {
  await build.file('.artifacts/templates.tsv', `MangooNetwork\t${URL}\nMangooStack\t${URL}\n`);

  const outcome = await restore([], {}, ['MangooNetwork', 'MangooStack']);

  expect(asked(outcome, 'execute-change-set')).toEqual([
    changeSetOf('MangooStack'),
    changeSetOf('MangooNetwork'),
  ]);
});

test('where one of two stacks is refused, none is executed', async () => {
  await build.file('.artifacts/templates.tsv', `MangooNetwork\t${URL}\nMangooStack\t${URL}\n`);
  const changes = [{ Type: 'Resource', ResourceChange: DATABASE }];

  const outcome = await restore(
    [made('MangooNetwork', { Status: 'CREATE_COMPLETE', Changes: changes })],
    {},
    ['MangooNetwork', 'MangooStack'],
  );

  expect(outcome.code).toBe(1);
  expect(asked(outcome, 'execute-change-set')).toEqual([]);
  expect(asked(outcome, 'delete-change-set').sort()).toEqual([
    changeSetOf('MangooNetwork'),
    changeSetOf('MangooStack'),
  ]);
});

test('in China, roles and templates are those of that partition', async () => {
  const outcome = await restore([], {
    CODEBUILD_BUILD_ARN: 'arn:aws-cn:codebuild:cn-north-1:123456789012:build/mangoo-build-deploy:5e1f',
  });

  const [assumed] = callsOf(outcome, 'aws sts');
  expect(assumed && option(assumed, '--role-arn')).toMatch(/^arn:aws-cn:iam::123456789012:role\//);
  const [create] = callsOf(outcome, 'aws cloudformation create-change-set');
  expect(create && option(create, '--template-url')).toMatch(
    /^https:\/\/s3\.cn-north-1\.amazonaws\.com\.cn\//,
  );
});

test('what the configuration allows for the old commit is deployed', async () => {
  const entry = { commit: COMMIT, resource: 'MangooStack/Database', reason: 'moved' };
  const changes = [{ Type: 'Resource', ResourceChange: DATABASE }];
  const outcome = await restore([made('MangooStack', { Status: 'CREATE_COMPLETE', Changes: changes })], {
    ALLOWED_CHANGES: JSON.stringify([entry]),
  });

  expect(asked(outcome, 'execute-change-set')).toEqual([changeSetOf('MangooStack')]);
});

test('a change set that cannot be described is not left for anybody to execute', async () => {
  const outcome = await restore([
    { ...made('MangooStack'), stdout: '', stderr: 'An error occurred (Throttling)\n', exit: 254 },
  ]);

  expect(outcome.code).toBe(1);
  expect(asked(outcome, 'delete-change-set')).toEqual([changeSetOf('MangooStack')]);
});

test('a change set that is still made is waited for', async () => {
  const outcome = await restore([{ ...made('MangooStack', { Status: 'CREATE_IN_PROGRESS' }), times: 1 }]);

  expect(outcome.code).toBe(0);
  expect(asked(outcome, 'describe-change-set')).toHaveLength(2);
});

test('a stack that is as the release left it is left alone, and no empty change set stays', async () => {
  const StatusReason = "The submitted information didn't contain changes. Submit different information.";
  const outcome = await restore([made('MangooStack', { Status: 'FAILED', StatusReason })]);

  expect(outcome.code).toBe(0);
  expect(asked(outcome, 'execute-change-set')).toEqual([]);
  expect(asked(outcome, 'delete-change-set')).toEqual([changeSetOf('MangooStack')]);
  expect(outcome.stderr).toContain('==> nothing changes in MangooStack\n');
});

test('of a rollout that fails, ECS is asked why: the logs are found by the template', async () => {
  const event = {
    ResourceStatus: 'UPDATE_FAILED',
    ResourceStatusReason: 'ECS Deployment Circuit Breaker was triggered',
    ...{ ResourceType: 'AWS::ECS::Service', LogicalResourceId: 'Service', PhysicalResourceId: 's' },
  };
  const outcome = await restore([
    ...executes('MangooStack', { status: 'UPDATE_ROLLBACK_COMPLETE', events: [event] }),
    { to: 'ecs describe-services *', stderr: 'not today\n', exit: 254 },
  ]);

  expect(outcome.code).not.toBe(0);
  expect(callsOf(outcome, 'aws ecs describe-services')).toHaveLength(2);
  expect(outcome.stderr).not.toContain('the logs are not known');
});

describe('where the release cannot be brought back so, its commit is synthesized, and it is said why', () => {
  beforeEach(async () => {
    await build.file('.gitignore', '.artifacts/\n');
    await build.file('cdk/package.json', '{}');
    await build.file('cdk/package-lock.json', '{}');
    build.commit('Make it');
    await build.answers('npm', [{ to: 'ci *' }]);
    await build.answers(CLI, [
      {
        to: 'synth *',
        does: `mkdir -p ../.artifacts/cdk/cdk.out && printf '{}' >../.artifacts/cdk/cdk.out/manifest.json`,
      },
      prepares('MangooStack'),
    ]);
  });

  test.each<[string, Answer, string]>([
    [
      'the template is gone',
      { to: 's3api get-object *', stderr: 'An error occurred (NoSuchKey)\n', exit: 254 },
      'the template of MangooStack cannot be read any more: An error occurred (NoSuchKey)',
    ],
    [
      'somebody has put another under its name',
      {
        to: 's3api get-object *',
        does: `while [[ $1 != --key ]]; do shift; done; printf '{}' >"$3"`,
        stdout: '{}',
      },
      'the template of MangooStack is not what it was',
    ],
    [
      'the code of a function is gone, which CloudFormation would miss only when its change set is executed',
      { to: 's3api head-object *', stderr: 'An error occurred (404)\n', exit: 254 },
      `s3://cdk-mangoo-assets-123456789012-eu-west-1/${ASSET} of MangooStack cannot be read any more: An error occurred (404)`,
    ],
    [
      'the creation of the stack once failed: the CDK CLI deletes what is left of it',
      {
        to: 'cloudformation create-change-set *',
        stderr:
          'An error occurred (ValidationError) when calling the CreateChangeSet operation: Stack is in ROLLBACK_COMPLETE state and can not be updated.\n',
        exit: 254,
      },
      'An error occurred (ValidationError) when calling the CreateChangeSet operation',
    ],
    [
      'it would import what nobody exports any more',
      {
        ...made('MangooStack', { Status: 'FAILED', StatusReason: 'No export named VpcId found.' }),
        times: 1,
      },
      'no change set can be made of MangooStack: No export named VpcId found.',
    ],
  ])('%s', async (_, answer, reason) => {
    const outcome = await restore([answer, ...changesAre('MangooStack')]);

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain(`==> ${reason}`);
    expect(errors(outcome)).toEqual([]);
    const done = outcome.calls.filter(({ program }) => program !== 'aws');
    expect(done.map(({ program, args }) => [program, args[0]])).toEqual([
      ['npm', 'ci'],
      ['cdk', 'synth'],
      ['cdk', 'deploy'],
    ]);
    expect(await build.read('.artifacts/deployment.tsv')).toMatch(
      /^deploy\t[0-9a-f]{64}\tthe release's own templates cannot be deployed again: its commit is synthesized/,
    );
  });

  test('the stack was deleted', async () => {
    const outcome = await restore([...changesAre('MangooStack'), ...executes('MangooStack')], {}, []);

    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('==> stack MangooStack does not exist any more\n');
    expect(outcome.calls.map(({ program, args }) => `${program} ${args[0]}`)).toContain('cdk synth');
  });

  test('the change set of another stack is not left for anybody to execute', async () => {
    await build.file('.artifacts/templates.tsv', `MangooNetwork\t${URL}\nMangooStack\t${URL}\n`);
    const gone = made('MangooStack', { Status: 'FAILED', StatusReason: 'No export named VpcId found.' });

    const outcome = await restore(
      [{ ...gone, times: 1 }, ...changesAre('MangooStack')],
      { CDK_STACK_NAME: 'MangooStack' },
      ['MangooNetwork', 'MangooStack'],
    );

    expect(asked(outcome, 'delete-change-set').sort()).toEqual([
      changeSetOf('MangooNetwork'),
      changeSetOf('MangooStack'),
    ]);
  });

  test('a stack reads outputs of another one that changes, and could not be made before that is', async () => {
    const template = JSON.stringify({
      Resources: {
        P: { Value: { 'Fn::GetStackOutput': { StackName: 'MangooNetwork', OutputName: 'Vpc' } } },
      },
    });
    const key = `${createHash('sha256').update(template).digest('hex')}.json`;
    await build.file(
      '.artifacts/templates.tsv',
      `MangooNetwork\t${URL}\nMangooStack\ts3://cdk-mangoo-assets/${key}\n`,
    );

    const outcome = await restore(
      [
        {
          to: `s3api get-object * --key ${key} *`,
          does: `while [[ $1 != --key ]]; do shift; done; printf '%s' '${template}' >"$3"`,
          stdout: '{}',
        },
        { ...made('MangooStack'), times: 1 },
        ...changesAre('MangooStack'),
      ],
      { CDK_STACK_NAME: 'MangooStack' },
      ['MangooNetwork', 'MangooStack'],
    );

    expect(outcome.stderr).toContain('==> MangooStack reads outputs of MangooNetwork, which changes\n');
    expect(asked(outcome, 'delete-change-set').sort()).toEqual([
      changeSetOf('MangooNetwork'),
      changeSetOf('MangooStack'),
    ]);
    expect(outcome.code).toBe(0);
  });

  test('but what may not be asked ends the build', async () => {
    const outcome = await restore([
      { to: 'cloudformation create-change-set *', stderr: 'An error occurred (AccessDenied)\n', exit: 254 },
    ]);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual(['ERROR: An error occurred (AccessDenied)']);
    expect(outcome.calls.map(({ program }) => program)).not.toContain('cdk');
  });
});

describe('what a push is deployed by is kept for the way back', () => {
  async function pushed(parts: object, env: Record<string, string> = {}): Promise<string> {
    await build.file('.artifacts/deployment.tsv', '');
    await build.file('.artifacts/cdk/cdk.out/manifest.json', JSON.stringify({ artifacts: parts }));
    await build.answers(CLI, [{ to: 'synth *' }, prepares('MangooStack')]);
    await build.answers('aws', [ASSUMED, ...executes('MangooStack'), ...changesAre('MangooStack')]);
    const { code, stderr } = await build.run('deploy.sh', env);
    if (code) throw new Error(stderr);
    return build.read('.artifacts/templates.tsv');
  }
  const part = (stackTemplateAssetObjectUrl?: string, stackName?: string): object => ({
    properties: { stackTemplateAssetObjectUrl, stackName },
  });

  test('each stack that is deployed, and no other, by where its template was put', async () => {
    expect(
      await pushed({
        Tree: {},
        Main: part('s3://cdk-x-assets-${AWS::AccountId}-${AWS::Region}/1.json', 'MangooStack'),
        Other: part('s3://cdk-x-assets/2.json'),
      }),
    ).toBe('MangooStack\ts3://cdk-x-assets-123456789012-eu-west-1/1.json\n');
  });

  test('elsewhere, where it was put there', async () => {
    const place = { TARGET_ACCOUNT: '444455556666', TARGET_REGION: 'ap-south-1' };

    expect(await pushed({ MangooStack: part('s3://b-${AWS::AccountId}-${AWS::Region}/1.json') }, place)).toBe(
      'MangooStack\ts3://b-444455556666-ap-south-1/1.json\n',
    );
  });

  test('a synthesizer that puts templates nowhere leaves none', async () => {
    expect(await pushed({ MangooStack: part() })).toBe('');
  });
});
