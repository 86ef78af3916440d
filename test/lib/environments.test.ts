import devAndProd from '../../config/examples/dev-and-prod';
import twoAccounts from '../../config/examples/two-accounts';
import mangoo from '../../config/mangoo';
import type { PipelineConfig } from '../../lib/config';
import { trusts } from '../../tools/iam/evaluate';
import type { PolicyDocument as TrustPolicy } from '../../tools/iam/policy';
import { all, isAllowed, type PolicyDocument, type Request, surprises } from './decision';
import { HERE, type Place, resolved, type TemplateJson } from './resolved';
import { only, synthesizeAll } from './synthesized';

type Stacks = ReturnType<typeof synthesizeAll>['stacks'];

const ACCOUNT = HERE.account;
const OTHER = '444455556666';
const THERE: Place = { ...HERE, account: OTHER, region: 'eu-west-1' };

let near: Stacks;
let far: Stacks;
let mixed: Stacks;

beforeAll(() => {
  near = synthesizeAll(devAndProd).stacks;
  far = synthesizeAll(twoAccounts).stacks;
  const config: PipelineConfig = {
    ...mangoo,
    environments: [
      ...mangoo.environments,
      {
        name: 'dev',
        branch: 'develop',
        variables: { CDK_STACK_NAME: 'Other-Dev', ECS_CLUSTER: 'mangoo-dev' },
      },
    ],
  };
  mixed = synthesizeAll(config).stacks;
});

test('a build is told of what is allowed to its own stacks, and of the commands; without any of them, of nothing', () => {
  const entry = (stack: string): object => ({
    commit: 'a'.repeat(40),
    resource: `${stack}/Database`,
    reason: 'moved',
  });
  const told = (application: object): (string | undefined)[][] =>
    ['MangooCodeBuildStack', 'MangooCodeBuildStack-dev'].map((name) => {
      const { stacks } = synthesizeAll({
        ...mangoo,
        application: { ...mangoo.application, ...application },
        environments: [
          ...mangoo.environments,
          { name: 'dev', branch: 'develop', variables: { CDK_STACK_NAME: 'Other-Dev', ECS_CLUSTER: 'dev' } },
        ],
      });
      const template = stacks[name]?.template;
      if (!template) throw new Error(`no stack ${name}`);
      const { Properties } = only(template, 'AWS::CodeBuild::Project');
      const variables = (
        Properties as { Environment: { EnvironmentVariables: { Name: string; Value: string }[] } }
      ).Environment.EnvironmentVariables;
      return ['ALLOWED_CHANGES', 'MIGRATION', 'SMOKE_TEST'].map(
        (variable) => variables.find(({ Name }) => Name === variable)?.Value,
      );
    });

  expect(
    told({
      allowedChanges: [entry('MangooStack')],
      migration: './migrate.sh',
      smokeTest: 'curl "$OUTPUT_Url"',
    }),
  ).toEqual([
    [JSON.stringify([entry('MangooStack')]), './migrate.sh', 'curl "$OUTPUT_Url"'],
    [undefined, './migrate.sh', 'curl "$OUTPUT_Url"'],
  ]);
  expect(told({}).flat()).toEqual(Array(6).fill(undefined));
});

interface Role {
  readonly AssumeRolePolicyDocument: TrustPolicy;
  readonly Policies: readonly { readonly PolicyDocument: PolicyDocument }[];
}

function role(stacks: Stacks, stack: string, RoleName: string, place: Place = HERE): Role {
  const template = stacks[stack]?.template;
  if (!template) throw new Error(`no stack ${stack}`);
  const { Properties } = only(template, 'AWS::IAM::Role', { RoleName });
  return resolved(template.toJSON() as TemplateJson, Properties, place) as Role;
}

/** Of the build role. */
function build(stacks: Stacks, environment: string): PolicyDocument[] {
  const [stack, name] =
    environment === 'default'
      ? ['MangooCodeBuildStack', 'mangoo-build-deploy-role']
      : [`MangooCodeBuildStack-${environment}`, `mangoo-build-${environment}-role`];
  return role(stacks, stack, name).Policies.map(({ PolicyDocument }) => PolicyDocument);
}

/** Of CloudFormation's execution role, and the boundary of what it makes. */
function deployment(
  stacks: Stacks,
  stack: string,
  place: Place = HERE,
): { policies: PolicyDocument[]; boundary: PolicyDocument } {
  const template = stacks[stack]?.template;
  if (!template) throw new Error(`no stack ${stack}`);
  const json = template.toJSON() as TemplateJson;
  const documents = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => {
    const { ManagedPolicyName, PolicyDocument } = Properties as Record<string, unknown>;
    return [ManagedPolicyName as string, resolved(json, PolicyDocument, place) as PolicyDocument] as const;
  });
  const [, boundary] = documents.find(([name]) => name.endsWith('-boundary')) ?? [];
  if (!boundary) throw new Error(`${stack} has no boundary`);
  return { policies: documents.map(([, document]) => document).filter((one) => one !== boundary), boundary };
}

function regional(service: string, resource: string, { account, region }: Place = HERE): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

function roleArn(name: string, account = ACCOUNT): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

/** What a build does in its environment and with what is its own. */
function own(environment: string): Record<string, Request[]> {
  const cluster = `mangoo-${environment}`;
  return {
    'assumes its deployment roles': all(
      ['sts:AssumeRole'],
      ...['deploy', 'file-publishing'].map((name) =>
        roleArn(`cdk-mangoo${environment}-${name}-role-${ACCOUNT}-us-east-1`),
      ),
    ),
    'watches and rolls its services': all(
      ['ecs:DescribeServices', 'ecs:UpdateService'],
      regional('ecs', `service/${cluster}/mangoo-backend-service`),
    ),
    'looks at its tasks': [
      {
        action: 'ecs:DescribeTasks',
        on: regional('ecs', `task/${cluster}/0a1b`),
        with: { 'ecs:cluster': regional('ecs', `cluster/${cluster}`) },
      },
    ],
    'writes its log': all(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      regional('logs', `log-group:/aws/codebuild/mangoo-${environment}:log-stream:0a1b`),
    ),
    'stores its artifacts': all(
      ['s3:PutObject'],
      `arn:aws:s3:::mangoo-artifacts-${environment}-${ACCOUNT}/builds/0a1b/cdk-outputs.json`,
    ),
    'reports its tests': all(
      ['codebuild:CreateReportGroup', 'codebuild:BatchPutTestCases'],
      regional('codebuild', `report-group/mangoo-build-${environment}-backend-tests`),
    ),
    'records its releases': all(
      ['ssm:GetParameter', 'ssm:PutParameter'],
      regional('ssm', `parameter/mangoo-releases/${environment}`),
    ),
    'reads its parameters and secrets': [
      ...all(['ssm:GetParameters'], regional('ssm', `parameter/mangoo/${environment}/token`)),
      ...all(
        ['secretsmanager:GetSecretValue'],
        regional('secretsmanager', `secret:mangoo/${environment}/token-AbCdEf`),
      ),
    ],
  };
}

describe('a build of dev', () => {
  test.each(Object.entries(own('dev')))('%s', async (_, requests) => {
    expect(await surprises('allowed', build(near, 'dev'), requests)).toEqual([]);
  });

  test.each(Object.entries(own('prod')))('does none of it in prod: %s', async (_, requests) => {
    expect(await surprises('denied', build(near, 'dev'), requests)).toEqual([]);
    // The requests are right: prod's own build is allowed them.
    expect(await surprises('allowed', build(near, 'prod'), requests)).toEqual([]);
  });

  test('does not write what the notifier marks as told, in its own bucket or in the other', async () => {
    const marks = ['dev', 'prod'].map(
      (name) => `arn:aws:s3:::mangoo-artifacts-${name}-${ACCOUNT}/notifications/x`,
    );

    expect(
      await surprises('denied', build(near, 'dev'), all(['s3:PutObject', 's3:GetObject'], ...marks)),
    ).toEqual([]);
  });

  test('does not start or change builds of prod, nor its own', async () => {
    const projects = ['dev', 'prod'].map((name) => regional('codebuild', `project/mangoo-build-${name}`));

    expect(
      await surprises(
        'denied',
        build(near, 'dev'),
        all(['codebuild:StartBuild', 'codebuild:UpdateProject'], ...projects),
      ),
    ).toEqual([]);
  });

  test('reads what all builds may, under mangoo/shared/, and nothing beside these two prefixes', async () => {
    const parameter = (name: string): Request[] =>
      all(['ssm:GetParameters'], regional('ssm', `parameter/${name}`));

    expect(await surprises('allowed', build(near, 'dev'), parameter('mangoo/shared/npm'))).toEqual([]);
    expect(
      await surprises(
        'denied',
        build(near, 'dev'),
        ['mangoo/token', 'mangoo/dev2/token', 'mangoo', 'mangoo-app/x'].flatMap(parameter),
      ),
    ).toEqual([]);
  });

  test('pushes to the repositories that it shares with prod: whoever can push to develop can put an image there', async () => {
    const push = all(['ecr:PutImage'], regional('ecr', 'repository/mangoo-backend'));

    expect(await surprises('allowed', build(near, 'dev'), push)).toEqual([]);
    // It can neither take an image away nor change what a tag is allowed to do.
    expect(
      await surprises(
        'denied',
        build(near, 'dev'),
        all(
          [
            'ecr:BatchDeleteImage',
            'ecr:PutImageTagMutability',
            'ecr:SetRepositoryPolicy',
            'ecr:DeleteRepository',
          ],
          regional('ecr', 'repository/mangoo-backend'),
        ),
      ),
    ).toEqual([]);
  });

  test('beside default, reaches nothing of it; default reads what builds of dev do, as it always has', async () => {
    const dev = build(mixed, 'dev');
    expect(
      await surprises('denied', dev, [
        ...all(['sts:AssumeRole'], roleArn(`cdk-mangoo-deploy-role-${ACCOUNT}-us-east-1`)),
        ...all(['ecs:UpdateService'], regional('ecs', 'service/mangoo-cluster/mangoo-backend-service')),
        ...all(['logs:PutLogEvents'], regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:x')),
        ...all(['s3:PutObject'], `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}/builds/x`),
        ...all(['ssm:GetParameters'], regional('ssm', 'parameter/mangoo/token')),
      ]),
    ).toEqual([]);
    const parameter = { action: 'ssm:GetParameters', on: regional('ssm', 'parameter/mangoo/dev/token') };
    expect(await isAllowed(build(mixed, 'default'), parameter)).toBe(true);
  });
});

describe('a deployment of dev', () => {
  const named = (stack: string, cluster: string): Record<string, Request[]> => ({
    'the roles of its tasks': [
      ...all(['iam:DeleteRole', 'iam:UpdateAssumeRolePolicy'], roleArn(`${stack}-BackendTaskRole-AbCd`)),
      {
        action: 'iam:PassRole',
        on: roleArn(`${stack}-BackendTaskRole-AbCd`),
        with: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      },
    ],
    'its cluster and services': all(
      ['ecs:UpdateService', 'ecs:DeleteService'],
      regional('ecs', `service/${cluster}/x`),
    ),
    'its task definitions, whose names have no hyphens': all(
      ['ecs:RegisterTaskDefinition'],
      regional('ecs', `task-definition/${stack.replaceAll('-', '')}BackendTask3A5B:1`),
    ),
    'its database': all(
      ['rds:DeleteDBCluster'],
      regional('rds', `cluster:${stack.toLowerCase()}-database0a1b-x`),
    ),
    'its log groups': all(['logs:DeleteLogGroup'], regional('logs', `log-group:${stack}-BackendLogs-x`)),
    "its database's password": all(
      ['secretsmanager:GetSecretValue', 'secretsmanager:DeleteSecret'],
      regional('secretsmanager', `secret:mangoo-app/${stack}/database-AbCdEf`),
    ),
  });

  test.each(Object.entries(named('MangooStack-Dev', 'mangoo-dev')))('changes %s', async (_, requests) => {
    const { policies } = deployment(near, 'MangooCodeBuildStack-dev');

    expect(await surprises('allowed', policies, requests)).toEqual([]);
  });

  test.each(Object.entries(named('MangooStack-Prod', 'mangoo-prod')))(
    'does not change those of prod: %s',
    async (_, requests) => {
      const { policies } = deployment(near, 'MangooCodeBuildStack-dev');

      expect(await surprises('denied', policies, requests)).toEqual([]);
      expect(
        await surprises('allowed', deployment(near, 'MangooCodeBuildStack-prod').policies, requests),
      ).toEqual([]);
    },
  );

  test('makes no role with the boundary of prod, nor one that could read secrets of prod', async () => {
    const { policies, boundary } = deployment(near, 'MangooCodeBuildStack-dev');
    const create = (name: string): Request => ({
      action: 'iam:CreateRole',
      on: roleArn('MangooStack-Dev-Role-AbCd'),
      with: { 'iam:PermissionsBoundary': `arn:aws:iam::${ACCOUNT}:policy/${name}` },
    });

    expect(await isAllowed(policies, create('mangoo-deploy-dev-boundary'))).toBe(true);
    expect(await isAllowed(policies, create('mangoo-deploy-prod-boundary'))).toBe(false);
    const administrator: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    };
    const read = (stack: string): Request => ({
      action: 'secretsmanager:GetSecretValue',
      on: regional('secretsmanager', `secret:mangoo-app/${stack}/database-AbCdEf`),
    });
    expect(await isAllowed([administrator], read('MangooStack-Dev'), { boundary })).toBe(true);
    expect(await isAllowed([administrator], read('MangooStack-Prod'), { boundary })).toBe(false);
  });

  test('has policies that fit into what IAM takes, with the longest names too', () => {
    const stack = 'M'.repeat(60);
    const name = 'x'.repeat(20);
    const config: PipelineConfig = {
      ...mangoo,
      pipeline: { account: ACCOUNT, region: 'ap-southeast-2' },
      environments: [
        {
          name,
          branch: 'main',
          account: OTHER,
          variables: { CDK_STACK_NAME: `${stack}-${name}`, ECS_CLUSTER: stack },
        },
      ],
    };
    const far = { ...THERE, partition: 'aws-us-gov', region: 'us-gov-west-1' };
    const { policies, boundary } = deployment(
      synthesizeAll(config).stacks,
      `MangooDeployTarget-${name}`,
      far,
    );

    for (const document of [...policies, boundary]) {
      expect(JSON.stringify(document).length).toBeLessThan(6144);
    }
  });
});

describe('prod in another account', () => {
  const ROLLOUT = roleArn('mangoo-build-prod-rollout', OTHER);

  const ASSUMED = [
    roleArn(`cdk-mangooprod-deploy-role-${OTHER}-eu-west-1`, OTHER),
    roleArn(`cdk-mangooprod-file-publishing-role-${OTHER}-eu-west-1`, OTHER),
    ROLLOUT,
  ];

  test('its build takes roles there, and does nothing else there by itself', async () => {
    const policies = build(far, 'prod');

    expect(await surprises('allowed', policies, all(['sts:AssumeRole'], ...ASSUMED))).toEqual([]);
    const given = policies
      .flatMap(({ Statement }) => Statement)
      .filter((one) => JSON.stringify(one).includes(OTHER));
    expect(given).toEqual([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ASSUMED }]);
    expect(JSON.stringify(policies)).not.toContain('"ecs:');
  });

  test('it takes none of the roles that deploy where the pipeline is', async () => {
    const here = ['mangoo', 'mangoodev', 'mangooprod', 'hnb659fds'].map((qualifier) =>
      roleArn(`cdk-${qualifier}-deploy-role-${ACCOUNT}-us-east-1`),
    );

    expect(await surprises('denied', build(far, 'prod'), all(['sts:AssumeRole'], ...here))).toEqual([]);
  });

  test("a build of dev takes none of prod's roles", async () => {
    expect(await surprises('denied', build(far, 'dev'), all(['sts:AssumeRole'], ...ASSUMED))).toEqual([]);
  });

  test('the role that watches the rollout lets in the build of prod, and nobody else of that account or another', () => {
    const { AssumeRolePolicyDocument } = role(
      far,
      'MangooDeployTarget-prod',
      'mangoo-build-prod-rollout',
      THERE,
    );
    const asks = (name: string, account = ACCOUNT): string => {
      const arn = roleArn(name, account);
      const session = `arn:aws:sts::${account}:assumed-role/${name}/5e1f`;
      return trusts(AssumeRolePolicyDocument, { arn: session, roleArn: arn, account }, ROLLOUT, {
        'aws:PrincipalArn': arn,
      });
    };

    // The account is named, so that the caller's own policies have to allow it, too: above.
    expect(asks('mangoo-build-prod-role')).toBe('delegated');
    for (const name of ['mangoo-build-dev-role', 'mangoo-build-prod-role-2', 'Administrator']) {
      expect(asks(name)).toBe('no');
    }
    expect(asks('mangoo-build-prod-role', OTHER)).toBe('no');
    expect(asks('mangoo-build-prod-role', '999999999999')).toBe('no');
  });

  test('that role looks at the services and rolls them, sees whether the stacks still change, reads what their tasks log, and nothing more', async () => {
    const policies = role(far, 'MangooDeployTarget-prod', 'mangoo-build-prod-rollout', THERE).Policies.map(
      ({ PolicyDocument }) => PolicyDocument,
    );
    const service = regional('ecs', 'service/mangoo-cluster/mangoo-backend-service', THERE);
    const cluster = { 'ecs:cluster': regional('ecs', 'cluster/mangoo-cluster', THERE) };
    const stack = regional('cloudformation', 'stack/MangooStack/0a1b', THERE);

    expect(
      await surprises('allowed', policies, [
        ...all(['ecs:DescribeServices', 'ecs:UpdateService'], service),
        ...all(['cloudformation:DescribeStackResources', 'cloudformation:DescribeStacks'], stack),
        ...all(['logs:GetLogEvents'], regional('logs', 'log-group:MangooStack-Logs:log-stream:x', THERE)),
        {
          action: 'ecs:ListTasks',
          on: regional('ecs', 'container-instance/mangoo-cluster/0a1b', THERE),
          with: cluster,
        },
        {
          action: 'ecs:DescribeTasks',
          on: regional('ecs', 'task/mangoo-cluster/0a1b', THERE),
          with: cluster,
        },
      ]),
    ).toEqual([]);
    const actions = policies.flatMap(({ Statement }) => Statement).flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual([
      'cloudformation:DescribeStackResources',
      'cloudformation:DescribeStacks',
      'ecs:DescribeServices',
      'ecs:DescribeTasks',
      'ecs:ListTasks',
      'ecs:UpdateService',
      'logs:GetLogEvents',
    ]);
    expect(
      await surprises('denied', policies, [
        ...all(['ecs:UpdateService'], service.replace('backend', 'other')),
        ...all(['cloudformation:DescribeStacks'], stack.replace('MangooStack', 'Other')),
        ...all(['logs:GetLogEvents'], regional('logs', 'log-group:Other-Logs:log-stream:x', THERE)),
      ]),
    ).toEqual([]);
  });

  test("its tasks may pull the pipeline's images, where these are, and no others", async () => {
    const { boundary } = deployment(far, 'MangooDeployTarget-prod', THERE);
    const pull: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'ecr:BatchGetImage', Resource: '*' }],
    };
    const may = (place: Place, name: string): Promise<boolean> =>
      isAllowed(
        [pull],
        { action: 'ecr:BatchGetImage', on: regional('ecr', `repository/${name}`, place) },
        { boundary },
      );

    expect(await may(HERE, 'mangoo-backend')).toBe(true);
    expect(await may(HERE, 'other')).toBe(false);
    expect(await may(THERE, 'mangoo-backend')).toBe(false);
  });
});
