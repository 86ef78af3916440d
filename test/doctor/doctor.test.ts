import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CodeBuildClient,
  CreateProjectCommand,
  CreateWebhookCommand,
  DeleteProjectCommand,
  DeleteSourceCredentialsCommand,
  DeleteWebhookCommand,
  ListSourceCredentialsCommand,
  UpdateWebhookCommand,
} from '@aws-sdk/client-codebuild';
import { CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import mangoo from '../../config/mangoo';
import { BOOTSTRAP_VERSION } from '../../tools/doctor/checks/bootstrap';
import { ACCOUNT } from '../simulator/state/harness';
import { type Answer, ExaminedAccount } from './examined-account';

const STACK = 'MangooCodeBuildStack';
const BOOTSTRAP = [`aws://${ACCOUNT}/us-east-1`];
const EXECUTION_ROLE = `cdk-mangoo-cfn-exec-role-${ACCOUNT}-us-east-1`;
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';

let account: ExaminedAccount;
let said = '';

beforeAll(async () => {
  account = await ExaminedAccount.start();
});

afterAll(() => account.stop());

async function doctor(...parameters: Parameters<ExaminedAccount['doctor']>): Promise<Answer> {
  const answer = await account.doctor(...parameters);
  said += answer.stdout + answer.stderr + JSON.stringify(answer.checks);
  return answer;
}

function failing({ checks }: Answer): string[] {
  return checks.filter(({ level }) => level === 'fail').map(({ id }) => id);
}

describe('an account in which nothing has been done', () => {
  test('is told the first step with its command, and that the rest is free or not yet due', async () => {
    const { code, stdout, stderr, account: id, region, fails, warnings } = await doctor();

    expect(stdout.split('\n')).toEqual([
      `ok    Credentials              arn:aws:iam::${ACCOUNT}:user/ada in us-east-1`,
      `fail  Bootstrap                none in aws://${ACCOUNT}/us-east-1: there is no parameter /cdk-bootstrap/hnb659fds/version`,
      `        npx cdk bootstrap aws://${ACCOUNT}/us-east-1`,
      'ok    GitHub                   imported credential, PERSONAL_ACCESS_TOKEN',
      'ok    Concurrent builds        60 at once on Linux/Large',
      "ok    Pipeline's stack         not deployed yet",
      'ok    Names                    free: bucket, log group, repositories, role, policies, project',
      'ok    Webhook                  comes with the stack',
      'ok    Other projects           no other project builds pushes to main',
      `warn  Application's bootstrap  none in aws://${ACCOUNT}/us-east-1: there is no parameter /cdk-bootstrap/mangoo/version; not yet due`,
      '        # first the pipeline, then the command that it prints as BootstrapCommand',
      `        npx cdk deploy ${STACK}`,
      "ok    Application's stack      not there yet: the first build deploys it",
      "warn  Lookups                  cannot be known: the application's CDK app is not at cdk",
      '        npm run doctor -- --source ../mangoo',
      '',
      '1 thing to mend, from the top; 2 things to look at.',
      '',
    ]);
    expect({ code, stderr, id, region, fails, warnings }).toEqual({
      ...{ code: 1, stderr: '', id: ACCOUNT, region: 'us-east-1' },
      ...{ fails: 1, warnings: 2 },
    });
  });

  test('commands name the configuration and the profile that they were asked with', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = account.aws.administrator.credentials;
    const file = account.file('ini');
    const lines = [
      '[profile ops@team]',
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      `aws_session_token = ${sessionToken}`,
    ];
    writeFileSync(file, lines.join('\n'));
    const config = account.config({});

    const answer = await doctor(['--profile', 'ops@team', '--config', config], {
      env: { AWS_CONFIG_FILE: file },
    });

    expect(answer.stderr).toBe('');
    expect(answer.check('credentials').found).toBe(`arn:aws:iam::${ACCOUNT}:user/administrator in us-east-1`);
    expect(answer.check('bootstrap').fix).toBe(
      `npx cdk bootstrap aws://${ACCOUNT}/us-east-1 --context config=${config} --profile ops@team`,
    );
  });

  test('a bootstrap that is too old is told with the version that the library asks for', async () => {
    const ssm = new SSMClient(account.client);
    const Name = '/cdk-bootstrap/hnb659fds/version';
    await ssm.send(new PutParameterCommand({ Name, Value: '5', Type: 'String' }));

    const { level, found, fix } = (await doctor()).check('bootstrap');

    expect({ level, found }).toEqual({
      level: 'fail',
      found: 'version 5, and the library asks for 6 or newer',
    });
    expect(fix).toBe(`npx cdk bootstrap aws://${ACCOUNT}/us-east-1`);
    await ssm.send(new DeleteParameterCommand({ Name }));
  });
});

describe('an account that is bootstrapped', () => {
  beforeAll(() => account.cdk.bootstrap(BOOTSTRAP, {}));

  test('has nothing in its way', async () => {
    const answer = await doctor();

    expect(failing(answer)).toEqual([]);
    expect(answer.check('bootstrap')).toMatchObject({ level: 'ok', found: 'version 33' });
    expect(answer.code).toBe(0);
    expect(answer.stdout).toContain('\nNothing stands in the way; 2 things to look at.\n');
  });

  test('without a credential for GitHub, the webhook cannot be made: the command that is told imports one', async () => {
    const codebuild = new CodeBuildClient(account.client);
    const arn = `arn:aws:codebuild:us-east-1:${ACCOUNT}:token/github`;
    await codebuild.send(new DeleteSourceCredentialsCommand({ arn }));

    const answer = await doctor();
    const check = answer.check('github');

    expect(failing(answer)).toEqual(['github']);
    expect(check.found).toBe(
      'CodeBuild has no credential for GitHub in us-east-1, and the configuration names no connection',
    );
    const importing = check.fix?.split('\n').find((command) => command.includes('PERSONAL_ACCESS_TOKEN'));
    expect(importing).toMatch(/^read -rs TOKEN && aws codebuild import-source-credentials /);
    await account.mend(
      { ...check, fix: importing?.replace(/^read -rs TOKEN && /, '') },
      { TOKEN: 'ghp_secret' },
    );
    expect((await doctor()).check('github').level).toBe('ok');
    const { sourceCredentialsInfos } = await codebuild.send(new ListSourceCredentialsCommand({}));
    expect(sourceCredentialsInfos).toEqual([
      expect.objectContaining({ serverType: 'GITHUB', authType: 'PERSONAL_ACCESS_TOKEN' }),
    ]);
  });

  test('a connection that nobody has completed is told with its page in the console', async () => {
    const arn = await newConnection('GitHub');
    const config = account.config({ github: { ...mangoo.github, connectionArn: arn } });

    const pending = await doctor(['--config', config]);
    account.aws.codeConnections.complete(arn);
    const available = await doctor(['--config', config]);

    expect(failing(pending)).toEqual(['github']);
    expect(pending.check('github')).toMatchObject({
      found: 'the connection mangoo is PENDING: somebody has to complete it',
      fix: [
        '# choose "Update pending connection" there, and install the GitHub App',
        `# https://us-east-1.console.aws.amazon.com/codesuite/settings/${ACCOUNT}/us-east-1/codeconnections/connections/${arn.split('/')[1]}`,
      ].join('\n'),
    });
    expect(available.check('github')).toMatchObject({ level: 'ok', found: 'connection mangoo, AVAILABLE' });
  });

  test('a connection that is not there, or to somebody else, is no connection', async () => {
    const gone = `arn:aws:codeconnections:us-east-1:${ACCOUNT}:connection/00000000-0000-0000-0000-000000000000`;
    const gitlab = await newConnection('GitLab');
    account.aws.codeConnections.complete(gitlab);
    const ask = (connectionArn: string): Promise<Answer> =>
      doctor(['--config', account.config({ github: { ...mangoo.github, connectionArn } })]);

    const found = [(await ask(gone)).check('github'), (await ask(gitlab)).check('github')];

    expect(found).toEqual([
      expect.objectContaining({ level: 'fail', found: `there is no connection ${gone}` }),
      expect.objectContaining({
        level: 'fail',
        found: 'the connection mangoo is to GitLab, and the repository is on GitHub',
      }),
    ]);
  });

  test.each([
    [0, 'fail', "0 at once on Linux/Large, AWS's default is 60: no build can start"],
    [1, 'warn', "1 at once on Linux/Large, AWS's default is 60: a push waits for the build before it"],
    [2, 'ok', "2 at once on Linux/Large, AWS's default is 60"],
  ])('a quota of %i concurrent builds is %s', async (quota, level, found) => {
    account.aws.serviceQuotas.concurrentBuilds = quota;

    const check = (await doctor()).check('quota');

    account.aws.serviceQuotas.concurrentBuilds = 60;
    expect(check).toMatchObject({ level, found });
    expect(check.fix?.split('\n')[0]).toBe(
      level === 'ok'
        ? undefined
        : 'aws service-quotas request-service-quota-increase --service-code codebuild --quota-code L-LINUXLARGE --desired-value 20 --region us-east-1',
    );
  });

  test('what a failed first deployment has left is told with what takes it in, or away', async () => {
    const cloudformation = new CloudFormationClient(account.client);
    const kept = (Type: string, Properties: object): object => ({
      Type,
      Properties,
      DeletionPolicy: 'Retain',
    });
    const [BucketName, LogGroupName] = [`mangoo-artifacts-${ACCOUNT}`, '/aws/codebuild/mangoo'];
    await cloudformation.send(
      new CreateStackCommand({
        StackName: STACK,
        TemplateBody: JSON.stringify({
          Resources: {
            Bucket: kept('AWS::S3::Bucket', { BucketName }),
            Logs: kept('AWS::Logs::LogGroup', { LogGroupName }),
            Backend: kept('AWS::ECR::Repository', { RepositoryName: 'mangoo-backend' }),
            Project: {
              Type: 'AWS::CodeBuild::Project',
              DependsOn: ['Bucket', 'Logs', 'Backend'],
              Properties: { Name: 'a name with spaces', Source: { Type: 'NO_SOURCE' } },
            },
          },
        }),
      }),
    );
    expect(await settled(STACK)).toBe('ROLLBACK_COMPLETE');

    const answer = await doctor();
    const [stack, bucket, others] = ['stack', 'names/bucket', 'names/kept'].map((id) => answer.check(id));

    expect(failing(answer)).toEqual(['stack', 'names/bucket', 'names/kept']);
    expect(stack?.found).toMatch(
      /^ROLLBACK_COMPLETE, its creation failed: Project: .*Invalid project name: a name with spaces/,
    );
    expect(stack?.fix).toBe(`aws cloudformation delete-stack --stack-name ${STACK} --region us-east-1`);
    expect(bucket).toMatchObject({
      found: `the bucket mangoo-artifacts-${ACCOUNT} exists`,
      fix: expect.stringContaining(`\naws s3 rb s3://${BucketName} --force --region us-east-1`) as string,
    });
    expect(others).toMatchObject({
      found: 'there already: log group /aws/codebuild/mangoo, repository mangoo-backend',
      fix: expect.stringContaining(`\nnpx cdk deploy ${STACK} --import-existing-resources`) as string,
    });
    for (const check of [stack, bucket]) if (check) await account.mend(check);
    await new CloudWatchLogsClient(account.client).send(
      new DeleteLogGroupCommand({ logGroupName: LogGroupName }),
    );
    await new ECRClient(account.client).send(
      new DeleteRepositoryCommand({ repositoryName: 'mangoo-backend' }),
    );
    expect(failing(await doctor())).toEqual([]);
  });

  test('a bucket of that name in another account is told apart from one of ours', async () => {
    const session = await account.roleThatMay('lister', ['*'], ['s3:ListBucket']);

    const check = (await doctor([], { session })).check('names/bucket');

    expect(check.found).toBe(`the bucket mangoo-artifacts-${ACCOUNT} belongs to another account`);
    expect(check.fix).toMatch(/^# give the environment another name in the configuration/);
  });

  test('the bucket of a cache in S3 is looked up too, where there will be one', async () => {
    const s3 = ['mangoo-artifacts', 'mangoo-cache'].map((name) => `${name}-${ACCOUNT}`);
    const client = new S3Client({ ...account.client, forcePathStyle: true });
    for (const Bucket of s3) await client.send(new CreateBucketCommand({ Bucket }));

    const local = await doctor();
    const cached = await doctor(['--config', 'config/examples/s3-cache.ts']);

    expect(failing(local)).toEqual(['names/bucket']);
    expect(failing(cached)).toEqual(['names/bucket', 'names/cache-bucket']);
    expect(cached.check('names/cache-bucket').found).toBe(`the bucket mangoo-cache-${ACCOUNT} exists`);
    for (const Bucket of s3) await client.send(new DeleteBucketCommand({ Bucket }));
  });

  test('a repository of layers that is there already is told, where there will be one: nothing in it is worth keeping', async () => {
    const client = new ECRClient(account.client);
    const repositoryName = 'mangoo-layer-cache';
    await client.send(new CreateRepositoryCommand({ repositoryName }));

    const local = await doctor();
    const cached = await doctor(['--config', 'config/examples/registry-cache.ts']);

    expect(failing(local)).toEqual([]);
    expect(failing(cached)).toEqual(['names/layer-cache']);
    expect(cached.check('names/layer-cache').fix).toContain(
      'aws ecr delete-repository --repository-name mangoo-layer-cache --force',
    );
    await client.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
  });

  test('a role that a pipeline in another region uses is nothing to delete', async () => {
    const iam = new IAMClient(account.client);
    const RoleName = 'mangoo-build-deploy-role';
    const trust = (region: string): string =>
      JSON.stringify({
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'codebuild.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceArn': `arn:aws:codebuild:${region}:${ACCOUNT}:project/x` },
          },
        },
      });
    const found = [];
    for (const region of ['eu-west-1', 'us-east-1']) {
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(region) }));
      found.push((await doctor()).check('names/role'));
      await iam.send(new DeleteRoleCommand({ RoleName }));
    }

    expect(found[0]).toMatchObject({
      found: `the role ${RoleName} exists, for eu-west-1: perhaps a pipeline of that name in another region`,
      fix: expect.stringMatching(/^# give the environment another name/) as string,
    });
    expect(found[1]).toMatchObject({
      found: `the role ${RoleName} exists`,
      fix: `# delete it there: https://console.aws.amazon.com/iam/home#/roles/details/${RoleName}`,
    });
  });

  test('another project that builds the same branch would deploy beside this one', async () => {
    const codebuild = new CodeBuildClient(account.client);
    await otherProject('by-hand', 'https://github.com/JhonMezaa/mangoo', 'refs/heads/main');
    await otherProject('elsewhere', 'https://github.com/jhonmezaa/other.git', 'refs/heads/main');
    await otherProject('develop', 'https://github.com/jhonmezaa/mangoo.git', '^refs/heads/develop$');

    const answer = await doctor();

    expect(answer.checks.filter(({ id }) => id.startsWith('other-projects'))).toEqual([
      {
        id: 'other-projects/by-hand',
        environment: 'default',
        title: 'Other projects',
        level: 'warn',
        found: 'the project by-hand builds pushes to main, too',
        fix: 'aws codebuild delete-webhook --project-name by-hand --region us-east-1',
      },
    ]);
    await account.mend(answer.check('other-projects/by-hand'));
    expect((await doctor()).check('other-projects').level).toBe('ok');
    for (const name of ['by-hand', 'elsewhere', 'develop']) {
      await codebuild.send(new DeleteProjectCommand({ name }));
    }
  });

  test('what may not be asked is told as that, and is no failure', async () => {
    const session = await account.roleThatMay('guest', []);

    const answer = await doctor([], { session });

    expect(answer.code).toBe(0);
    const told = answer.checks
      .filter(({ level }) => level === 'warn')
      .map(({ id, found }) => `${id}: ${found}`);
    expect(told.slice(0, -1)).toEqual([
      'bootstrap: cannot be known: you may not call cloudformation:DescribeStacks; you may not call ssm:GetParameter',
      'github: cannot be known: you may not call codebuild:ListSourceCredentials',
      'quota: cannot be known: you may not call servicequotas:ListAWSDefaultServiceQuotas; you may not call servicequotas:ListServiceQuotas',
      'stack: cannot be known: you may not call cloudformation:DescribeStacks',
      'names: cannot be known: you may not call cloudformation:DescribeStacks',
      'webhook: cannot be known: you may not call cloudformation:DescribeStacks',
      'other-projects: cannot be known: you may not call codebuild:ListProjects',
      'application-bootstrap: cannot be known: you may not call cloudformation:DescribeStacks',
      'application-stack: cannot be known: you may not call cloudformation:DescribeStacks',
    ]);
    expect(answer.check('github').fix).toBe(
      `# have codebuild:ListSourceCredentials allowed to arn:aws:sts::${ACCOUNT}:assumed-role/guest/session, or ask with the profile of somebody who may`,
    );
  });
});

describe('an account in which the pipeline is deployed', () => {
  beforeAll(async () => {
    const assembly = path.join(account.directory, 'cdk.out');
    await account.cdk.synth('config/mangoo.ts', assembly);
    await account.cdk.deploy(assembly, account.file('json'), {});
  });

  test('the version of the bootstrap that is asked for is what the library asks for', () => {
    const manifest = readFileSync(path.join(account.directory, 'cdk.out/manifest.json'), 'utf8');

    const asked = [...manifest.matchAll(/"requiresBootstrapStackVersion": (\d+)/g)].map(([, version]) =>
      Number(version),
    );

    // That of the lookup role is higher; without it the CLI asks with the user's own credentials.
    expect(Math.min(...asked)).toBe(BOOTSTRAP_VERSION);
  });

  test("lacks the application's bootstrap, whose command is the one that the stack prints; then all is well", async () => {
    const before = await doctor();
    const check = before.check('application-bootstrap');

    expect(failing(before)).toEqual(['application-bootstrap']);
    const policies = ['network', 'services', 'identity'].map(
      (part) => `arn:aws:iam::${ACCOUNT}:policy/mangoo-deploy-${part}`,
    );
    expect(check.fix).toBe(
      `npx cdk bootstrap aws://${ACCOUNT}/us-east-1 --qualifier mangoo --toolkit-stack-name CDKToolkit-mangoo --cloudformation-execution-policies ${policies.join(',')}`,
    );
    await account.cdk.bootstrap((check.fix ?? '').split(' ').slice(3), {});

    const after = await doctor();

    expect(failing(after)).toEqual([]);
    expect(after.code).toBe(0);
    expect(
      after.checks.filter(({ id }) => id !== 'lookups').map(({ id, level, found }) => [id, level, found]),
    ).toEqual([
      ['credentials', 'ok', `arn:aws:iam::${ACCOUNT}:user/ada in us-east-1`],
      ['bootstrap', 'ok', 'version 33'],
      ['github', 'ok', 'imported credential, PERSONAL_ACCESS_TOKEN'],
      ['quota', 'ok', '60 at once on Linux/Large'],
      ['stack', 'ok', 'CREATE_COMPLETE'],
      ['names', 'ok', 'are those of the deployed stack'],
      [
        'webhook',
        'ok',
        'starts a build on EVENT PUSH and HEAD_REF ^refs/heads/main$ and not COMMIT_MESSAGE \\[skip ci\\]',
      ],
      ['other-projects', 'ok', 'no other project builds pushes to main'],
      [
        'application-bootstrap',
        'ok',
        'version 33, qualifier mangoo, with the mangoo-deploy policies and no more',
      ],
      ['application-stack', 'ok', 'not there yet: the first build deploys it'],
    ]);
  });

  test('an execution role with AdministratorAccess, or without the policies, is told', async () => {
    const iam = new IAMClient(account.client);
    const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/mangoo-deploy-network`;
    await iam.send(new AttachRolePolicyCommand({ RoleName: EXECUTION_ROLE, PolicyArn: ADMINISTRATOR }));
    const administrator = await doctor();
    await iam.send(new DetachRolePolicyCommand({ RoleName: EXECUTION_ROLE, PolicyArn: ADMINISTRATOR }));
    await iam.send(new DetachRolePolicyCommand({ RoleName: EXECUTION_ROLE, PolicyArn }));
    const lacking = await doctor();
    await iam.send(new AttachRolePolicyCommand({ RoleName: EXECUTION_ROLE, PolicyArn }));

    for (const answer of [administrator, lacking]) {
      expect(failing(answer)).toEqual(['application-bootstrap']);
      expect(answer.check('application-bootstrap').fix).toMatch(/^npx cdk bootstrap .* --qualifier mangoo /);
    }
    expect(administrator.check('application-bootstrap').found).toBe(
      'its execution role has AdministratorAccess: whoever can push to the branch can do anything in the account',
    );
    expect(lacking.check('application-bootstrap').found).toBe(
      'its execution role lacks mangoo-deploy-network: no build can deploy',
    );
  });

  test('a webhook that was changed by hand, or is gone, is put back by the command that is told', async () => {
    const codebuild = new CodeBuildClient(account.client);
    const projectName = 'mangoo-build-deploy';
    await codebuild.send(
      new UpdateWebhookCommand({
        projectName,
        filterGroups: [[{ type: 'EVENT', pattern: 'PUSH, PULL_REQUEST_CREATED' }]],
      }),
    );
    const changed = await doctor();
    await account.mend(changed.check('webhook'));
    const mended = await doctor();
    await codebuild.send(new DeleteWebhookCommand({ projectName }));
    const gone = await doctor();
    await account.mend(gone.check('webhook'));

    expect(failing(changed)).toEqual(['webhook']);
    expect(changed.check('webhook').found).toBe(
      'has other filters than the stack: EVENT PUSH, PULL_REQUEST_CREATED',
    );
    expect(mended.check('webhook').level).toBe('ok');
    expect(failing(gone)).toEqual(['webhook']);
    expect(gone.check('webhook').found).toBe('the project has none: pushes start nothing');
    expect((await doctor()).check('webhook').level).toBe('ok');
  });

  test('a branch that the configuration names and the deployed stack does not builds nothing', async () => {
    const config = account.config({ environments: [{ name: 'default', branch: 'develop' }] });

    const { level, found, fix } = (await doctor(['--config', config])).check('webhook');

    expect(level).toBe('fail');
    expect(found).toBe(
      'a push to develop starts nothing: HEAD_REF ^refs/heads/main$ does not match refs/heads/develop',
    );
    expect(fix).toBe(`npx cdk deploy ${STACK} --context config=${config}`);
  });

  test("an application's stack that could not be made is told with its cause", async () => {
    const cloudformation = new CloudFormationClient(account.client);
    await cloudformation.send(
      new CreateStackCommand({
        StackName: 'MangooStack',
        TemplateBody: JSON.stringify({
          Resources: {
            Project: {
              Type: 'AWS::CodeBuild::Project',
              Properties: { Name: 'a name with spaces', Source: { Type: 'NO_SOURCE' } },
            },
          },
        }),
      }),
    );
    expect(await settled('MangooStack')).toBe('ROLLBACK_COMPLETE');

    const answer = await doctor();

    expect(failing(answer)).toEqual(['application-stack']);
    expect(answer.check('application-stack').found).toMatch(
      /^ROLLBACK_COMPLETE, its creation failed: Project: /,
    );
    await account.mend(answer.check('application-stack'));
    expect((await doctor()).check('application-stack').level).toBe('ok');
  });
});

describe('an account that the pipeline leaves, by docs/removal.md', () => {
  /** The commands of the document, as they would be typed. */
  async function remove(part: string): Promise<void> {
    const document = readFileSync(path.join(__dirname, '../../docs/removal.md'), 'utf8');
    const block =
      new RegExp(`<!-- test: ${part} -->\n\`\`\`bash\n(.*?)\`\`\``, 's').exec(document)?.[1] ?? '';
    expect(block).not.toBe('');
    const assembly = path.join(account.directory, 'cdk.out');
    // It asks otherwise, and would synthesize again.
    const fix = block.replace(/^npx cdk destroy .*$/m, (line) => `${line} --force --app ${assembly}`);
    await account.mend(
      { id: '', title: '', level: 'fail', found: '', fix },
      { ACCOUNT, AWS_REGION: 'us-east-1' },
    );
  }

  test('the pipeline does not go before the bootstrap that has its policies; doctor tells why', async () => {
    await expect(remove('pipeline')).rejects.toThrow('DELETE_FAILED');

    const check = (await doctor()).check('stack');

    expect(check.level).toBe('fail');
    expect(check.found).toMatch(/^DELETE_FAILED: Deploy\w+: .*attached/);
    expect(check.fix).toBe(`aws cloudformation delete-stack --stack-name ${STACK} --region us-east-1`);
  });

  test('in the right order everything goes, and what stays is what is said', async () => {
    await remove('bootstrap');
    await remove('assets');
    await remove('pipeline');
    const kept = await doctor();
    await remove('rest');
    const gone = await doctor();

    expect(failing(kept)).toEqual(['names/bucket', 'names/kept']);
    expect(kept.check('names/kept').found).toBe(
      'there already: log group /aws/codebuild/mangoo, repository mangoo-backend, repository mangoo-frontend',
    );
    expect(failing(gone)).toEqual([]);
    expect(gone.check('names').level).toBe('ok');
    expect(account.aws.cloudFormation.all().map(({ name }) => name)).toEqual(['CDKToolkit']);
  });
});

describe('what cannot be asked at all is one line, and misuse', () => {
  test.each<[string, string[], Record<string, string | undefined>, RegExp]>([
    [
      'no credentials',
      [],
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_SESSION_TOKEN: undefined },
      /^no AWS credentials \(.*\); give --profile, or log in: aws sso login\n$/,
    ],
    [
      'unknown credentials',
      [],
      { AWS_SESSION_TOKEN: 'other' },
      /^AWS does not accept your credentials in us-east-1 \(The security token included in the request is invalid\.\); .*\n$/,
    ],
    [
      'a profile that is not there',
      ['--profile', 'nobody'],
      {},
      /^profile 'nobody': not there, or without credentials; aws configure list-profiles shows yours\n$/,
    ],
    [
      'no network',
      [],
      { AWS_ENDPOINT_URL: 'http://localhost:1' },
      /^AWS does not answer in us-east-1 \(ECONNREFUSED\): is that a region, and is there a network\?\n$/,
    ],
    [
      'a region that the configuration does not deploy to',
      ['--region', 'eu-west-1'],
      {},
      /^--region eu-west-1: config\/mangoo\.ts deploys to us-east-1; leave it out, or change environments\[\]\.region\n$/,
    ],
  ])('%s', async (_, args, env, told) => {
    const { code, stdout, stderr } = await doctor(args, { env });

    expect(stderr).toMatch(told);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('expired credentials', async () => {
    const session = account.aws.sessions.issue({ arn: `arn:aws:iam::${ACCOUNT}:user/late` });
    account.aws.sessions.expire(session);

    const { code, stderr } = await doctor([], { session });

    expect(stderr).toBe('your AWS credentials have expired; get new ones, e.g. with aws sso login\n');
    expect(code).toBe(2);
  });

  test.each([
    [
      'no region',
      undefined,
      /^in which region\? Give --region, set environments\[\]\.region in the configuration, or AWS_REGION\n$/,
    ],
    ['what is no region', 'Virginia', /^region 'Virginia': expected a name of AWS's, e\.g\. us-east-1\n$/],
  ])('%s', async (_, region, told) => {
    const config = account.config({ environments: [{ name: 'default', branch: 'main' }] });
    const args = ['--config', config, ...(region === undefined ? [] : ['--region', region])];

    const { code, stderr } = await doctor(args, {
      env: { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
    });

    expect(stderr).toMatch(told);
    expect(code).toBe(2);
  });
});

test('doctor only asks: nothing of what it did can change an account', () => {
  const actions = account.actionsOf('ada', 'guest', 'lister');

  expect(actions.length).toBeGreaterThan(15);
  expect(actions.filter((action) => !/:(?:Get|List|Describe|BatchGet)[A-Z]/.test(action))).toEqual([]);
});

test('no answer has a secret in it', () => {
  expect(said.length).toBeGreaterThan(10_000);
  for (const secret of [...account.secrets, 'ghp_secret']) expect(said).not.toContain(secret);
});

async function newConnection(provider: string): Promise<string> {
  const fix = `aws codeconnections create-connection --provider-type ${provider} --connection-name mangoo --region us-east-1`;
  const before = new Set(account.aws.codeConnections.save().map(({ ConnectionArn }) => ConnectionArn));
  await account.mend({ id: '', title: '', level: 'fail', found: '', fix });
  const arn = account.aws.codeConnections.save().find(({ ConnectionArn }) => !before.has(ConnectionArn));
  return arn?.ConnectionArn ?? '';
}

async function otherProject(name: string, location: string, pattern: string): Promise<void> {
  const codebuild = new CodeBuildClient(account.client);
  await codebuild.send(
    new CreateProjectCommand({
      name,
      source: { type: 'GITHUB', location },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'LINUX_CONTAINER',
        image: 'aws/codebuild/standard:7.0',
        computeType: 'BUILD_GENERAL1_SMALL',
      },
      serviceRole: `arn:aws:iam::${ACCOUNT}:role/any`,
    }),
  );
  const filterGroups = [
    [
      { type: 'EVENT' as const, pattern: 'PUSH' },
      { type: 'HEAD_REF' as const, pattern },
    ],
  ];
  await codebuild.send(new CreateWebhookCommand({ projectName: name, filterGroups }));
}

async function settled(name: string): Promise<string | undefined> {
  const cloudformation = new CloudFormationClient(account.client);
  const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: name }));
  return Stacks?.[0]?.StackStatus;
}
