import { Faults } from '../../../tools/simulator/faults';
import { Authorizer } from '../../../tools/simulator/gateway/authorizer';
import { Ledger } from '../../../tools/simulator/gateway/ledger';
import type { AwsRequest } from '../../../tools/simulator/gateway/request';
import { madeUpAsPattern, permissionsOf } from '../../../tools/simulator/gateway/resources';
import { type Session, Sessions } from '../../../tools/simulator/gateway/sessions';
import { matchesWildcard } from '../../../tools/iam/wildcard';
import type { RolePolicies } from '../../../tools/simulator/iam/role-policies';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/build`;

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`;
const LOGS = arn('logs', 'log-group');
const PROJECT = arn('codebuild', 'project/p');

function request(session: Session, service: string, operation: string, input: object = {}): AwsRequest {
  const protocol = { s3: 'rest-xml', ec2: 'ec2', iam: 'query', cloudformation: 'query' }[service] ?? 'json';
  return {
    method: 'POST',
    url: new URL('http://localhost/'),
    headers: {},
    body: Buffer.alloc(0),
    service,
    protocol: protocol as AwsRequest['protocol'],
    operation,
    input: input as AwsRequest['input'],
    region: 'us-east-1',
    session,
  };
}

const sessions = new Sessions();
const administrator = sessions.issue({ arn: `arn:aws:iam::${ACCOUNT}:user/administrator` });
const build = sessions.issue({
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/build/one`,
  roleArn: ROLE,
  phase: () => 'POST_BUILD',
});

describe('what a request asks for', () => {
  const asked = (service: string, operation: string, input: object = {}): string[] =>
    permissionsOf(request(build, service, operation, input), ACCOUNT).map(
      ({ action, resource }) => `${action} ${resource}`,
    );

  test.each([
    ['s3', 'PutObject', { Bucket: 'b', Key: 'builds/1/a' }, ['s3:PutObject arn:aws:s3:::b/builds/1/a']],
    ['s3', 'HeadObject', { Bucket: 'b', Key: 'a' }, ['s3:GetObject arn:aws:s3:::b/a']],
    ['s3', 'ListObjectsV2', { Bucket: 'b' }, ['s3:ListBucket arn:aws:s3:::b']],
    ['s3', 'GetBucketEncryption', { Bucket: 'b' }, ['s3:GetEncryptionConfiguration arn:aws:s3:::b']],
    [
      'ecr',
      'PutImage',
      { repositoryName: 'r' },
      [`ecr:PutImage arn:aws:ecr:us-east-1:${ACCOUNT}:repository/r`],
    ],
    ['ecr', 'GetAuthorizationToken', {}, ['ecr:GetAuthorizationToken *']],
    [
      'ecr',
      'DescribeRepositories',
      { repositoryNames: ['a', 'b'] },
      [
        `ecr:DescribeRepositories arn:aws:ecr:us-east-1:${ACCOUNT}:repository/a`,
        `ecr:DescribeRepositories arn:aws:ecr:us-east-1:${ACCOUNT}:repository/b`,
      ],
    ],
    [
      'ecs',
      'DescribeServices',
      { cluster: 'c', services: ['a', `arn:aws:ecs:us-east-1:${ACCOUNT}:service/c/b`] },
      [
        `ecs:DescribeServices arn:aws:ecs:us-east-1:${ACCOUNT}:service/c/a`,
        `ecs:DescribeServices arn:aws:ecs:us-east-1:${ACCOUNT}:service/c/b`,
      ],
    ],
    [
      'ecs',
      'RegisterTaskDefinition',
      { family: 'f', executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/pull` },
      [
        `ecs:RegisterTaskDefinition arn:aws:ecs:us-east-1:${ACCOUNT}:task-definition/f:0`,
        `iam:PassRole arn:aws:iam::${ACCOUNT}:role/pull`,
      ],
    ],
    [
      'cloudformation',
      'CreateChangeSet',
      { StackName: 's', RoleARN: `arn:aws:iam::${ACCOUNT}:role/exec` },
      [
        `cloudformation:CreateChangeSet arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/s/any`,
        `iam:PassRole arn:aws:iam::${ACCOUNT}:role/exec`,
      ],
    ],
    [
      'ssm',
      'GetParameters',
      { Names: ['/mangoo/a', 'b'] },
      [
        `ssm:GetParameters arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/mangoo/a`,
        `ssm:GetParameters arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/b`,
      ],
    ],
    [
      'secretsmanager',
      'GetSecretValue',
      { SecretId: 'mangoo/npm' },
      [`secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:mangoo/npm-abcdef`],
    ],
    [
      'logs',
      'PutLogEvents',
      { logGroupName: '/aws/codebuild/m', logStreamName: 's' },
      [`logs:PutLogEvents arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/codebuild/m:log-stream:s`],
    ],
    // A policy that names the group without `:*` allows nothing but its tags.
    ['logs', 'FilterLogEvents', { logGroupName: '/a' }, [`logs:FilterLogEvents ${LOGS}:/a:log-stream:`]],
    [
      'logs',
      'GetLogEvents',
      { logGroupIdentifier: `${LOGS}:/a:*`, logStreamName: 's' },
      [`logs:GetLogEvents ${LOGS}:/a:log-stream:s`],
    ],
    ['logs', 'TagResource', { resourceArn: `${LOGS}:/a` }, [`logs:TagResource ${LOGS}:/a`]],
    ['codebuild', 'StartBuild', { projectName: 'p' }, [`codebuild:StartBuild ${PROJECT}`]],
    [
      'codebuild',
      'BatchGetBuilds',
      { ids: ['p:1', 'p:2'] },
      Array(2).fill(`codebuild:BatchGetBuilds ${PROJECT}`),
    ],
    ['codebuild', 'StopBuild', { id: 'p:1' }, [`codebuild:StopBuild ${PROJECT}`]],
    [
      'codebuild',
      'RetryBuild',
      { id: `${PROJECT.replace('project/p', 'build/p:1')}` },
      [`codebuild:RetryBuild ${PROJECT}`],
    ],
    [
      'codebuild',
      'ListBuildsForProject',
      { projectName: 'p' },
      [`codebuild:ListBuildsForProject ${PROJECT}`],
    ],
    ['codebuild', 'ListBuilds', {}, ['codebuild:ListBuilds *']],
    ['codebuild', 'BatchGetProjects', { names: [PROJECT] }, [`codebuild:BatchGetProjects ${PROJECT}`]],
    [
      's3',
      'DeleteObjects',
      { Bucket: 'b', Delete: { Objects: [{ Key: 'k' }, { Key: 'l', VersionId: '1' }] } },
      ['s3:DeleteObject arn:aws:s3:::b/k', 's3:DeleteObjectVersion arn:aws:s3:::b/l'],
    ],
    [
      's3',
      'CopyObject',
      { Bucket: 'b', Key: 'k', CopySource: '/from/there?versionId=1' },
      ['s3:PutObject arn:aws:s3:::b/k', 's3:GetObject arn:aws:s3:::from/there'],
    ],
    ['s3', 'GetObject', { Bucket: 'b', Key: 'k', VersionId: '1' }, ['s3:GetObjectVersion arn:aws:s3:::b/k']],
    ['s3', 'ListBuckets', {}, ['s3:ListAllMyBuckets *']],
    [
      'ssm',
      'GetParameter',
      { Name: `${arn('ssm', 'parameter/a')}` },
      [`ssm:GetParameter ${arn('ssm', 'parameter/a')}`],
    ],
    ['ssm', 'GetParameter', { Name: '/a:3' }, [`ssm:GetParameter ${arn('ssm', 'parameter/a')}`]],
    [
      'secretsmanager',
      'BatchGetSecretValue',
      { SecretIdList: ['s'] },
      [
        'secretsmanager:BatchGetSecretValue *',
        `secretsmanager:GetSecretValue ${arn('secretsmanager', 'secret:s-abcdef')}`,
      ],
    ],
    [
      'ecr',
      'TagResource',
      { resourceArn: arn('ecr', 'repository/r') },
      [`ecr:TagResource ${arn('ecr', 'repository/r')}`],
    ],
    ['sns', 'Publish', { TopicArn: arn('sns', 't') }, [`sns:Publish ${arn('sns', 't')}`]],
    ['sns', 'CreateTopic', { Name: 't' }, [`sns:CreateTopic ${arn('sns', 't')}`]],
    ['sns', 'Unsubscribe', { SubscriptionArn: arn('sns', 't:1') }, [`sns:Unsubscribe ${arn('sns', 't')}`]],
    [
      'sqs',
      'SendMessageBatch',
      { QueueUrl: `https://sqs/${ACCOUNT}/q` },
      [`sqs:SendMessage ${arn('sqs', 'q')}`],
    ],
    ['events', 'PutRule', { Name: 'r' }, [`events:PutRule ${arn('events', 'rule/r')}`]],
    ['events', 'PutRule', { Name: 'r', EventBusName: 'b' }, [`events:PutRule ${arn('events', 'rule/b/r')}`]],
    [
      'events',
      'PutTargets',
      { Rule: 'r', Targets: [{ RoleArn: ROLE }] },
      [`events:PutTargets ${arn('events', 'rule/r')}`, `iam:PassRole ${ROLE}`],
    ],
    [
      'events',
      'PutEvents',
      { Entries: [{}, {}] },
      [`events:PutEvents ${arn('events', 'event-bus/default')}`],
    ],
    [
      'cloudwatch',
      'DeleteAlarms',
      { AlarmNames: ['a'] },
      [`cloudwatch:DeleteAlarms ${arn('cloudwatch', 'alarm:a')}`],
    ],
    [
      'cloudwatch',
      'PutDashboard',
      { DashboardName: 'd' },
      [`cloudwatch:PutDashboard arn:aws:cloudwatch::${ACCOUNT}:dashboard/d`],
    ],
    ['kms', 'Decrypt', { KeyId: 'k' }, [`kms:Decrypt ${arn('kms', 'key/k')}`]],
    [
      'kms',
      'CreateAlias',
      { AliasName: 'alias/a', TargetKeyId: 'k' },
      [`kms:CreateAlias ${arn('kms', 'alias/a')}`, `kms:CreateAlias ${arn('kms', 'key/k')}`],
    ],
    [
      'dynamodb',
      'Query',
      { TableName: 't', IndexName: 'i' },
      [`dynamodb:Query ${arn('dynamodb', 'table/t/index/i')}`],
    ],
    [
      'dynamodb',
      'TransactWriteItems',
      { TransactItems: [{ Put: { TableName: 't' } }, { ConditionCheck: { TableName: 'u' } }] },
      [
        `dynamodb:PutItem ${arn('dynamodb', 'table/t')}`,
        `dynamodb:ConditionCheckItem ${arn('dynamodb', 'table/u')}`,
      ],
    ],
    [
      'dynamodb',
      'BatchGetItem',
      { RequestItems: { t: {} } },
      [`dynamodb:BatchGetItem ${arn('dynamodb', 'table/t')}`],
    ],
    ['rds', 'DescribeDBClusters', {}, [`rds:DescribeDBClusters ${arn('rds', 'cluster:*')}`]],
    [
      'rds',
      'CreateDBCluster',
      { DBClusterIdentifier: 'c', DBSubnetGroupName: 's' },
      [`rds:CreateDBCluster ${arn('rds', 'cluster:c')}`, `rds:CreateDBCluster ${arn('rds', 'subgrp:s')}`],
    ],
    ['elasticloadbalancing', 'DescribeLoadBalancers', {}, ['elasticloadbalancing:DescribeLoadBalancers *']],
    [
      'elasticloadbalancing',
      'CreateRule',
      { ListenerArn: 'arn:listener', Actions: [{ TargetGroupArn: 'arn:group' }] },
      ['elasticloadbalancing:CreateRule arn:listener'],
    ],
    [
      'cognito-idp',
      'CreateUserPoolClient',
      { UserPoolId: 'p' },
      [`cognito-idp:CreateUserPoolClient ${arn('cognito-idp', 'userpool/p')}`],
    ],
    ['ecs', 'RunTask', { taskDefinition: 'f' }, [`ecs:RunTask ${arn('ecs', 'task-definition/f:0')}`]],
    [
      'ecs',
      'StopServiceDeployment',
      { serviceDeploymentArn: arn('ecs', 'service-deployment/c/s/1') },
      [
        `ecs:StopServiceDeployment ${arn('ecs', 'service/c/s')}`,
        `ecs:StopServiceDeployment ${arn('ecs', 'service-deployment/c/s/1')}`,
      ],
    ],
    [
      'iam',
      'CreateRole',
      { RoleName: 'r', Path: '/app/' },
      [`iam:CreateRole arn:aws:iam::${ACCOUNT}:role/app/r`],
    ],
    // An empty list asks for nothing, and so may be nobody's: it is no way in.
    ['events', 'PutEvents', { Entries: [] }, ['events:PutEvents *']],
    ['s3', 'DeleteObjects', { Bucket: 'b' }, ['s3:DeleteObject *']],
    [
      'iam',
      'PutRolePolicy',
      { RoleName: 'r', PolicyName: 'p' },
      [`iam:PutRolePolicy arn:aws:iam::${ACCOUNT}:role/r`],
    ],
    [
      'ec2',
      'CreateSubnet',
      { VpcId: 'vpc-0123456789abcdef0' },
      [
        `ec2:CreateSubnet arn:aws:ec2:us-east-1:${ACCOUNT}:vpc/vpc-0123456789abcdef0`,
        `ec2:CreateSubnet arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/new`,
      ],
    ],
    ['sts', 'GetCallerIdentity', {}, []],
    // Nobody has told what it needs: only a role that may do it everywhere may do it.
    ['glue', 'StartJobRun', { JobName: 'j' }, ['glue:StartJobRun *']],
  ])('%s:%s %j', (service, operation, input, expected) => {
    expect(asked(service, operation, input)).toEqual(expected);
  });
});

describe('a resource in a policy', () => {
  test.each([
    [
      'a stack, whose id nobody knows before',
      arn('cloudformation', 'stack/s/any'),
      arn('cloudformation', 'stack/s/*'),
    ],
    [
      'a secret by its name',
      arn('secretsmanager', 'secret:mangoo/npm-abcdef'),
      arn('secretsmanager', 'secret:mangoo/npm-??????'),
    ],
    ['a subnet that is to be made', arn('ec2', 'subnet/new'), arn('ec2', 'subnet/*')],
    ['the next revision', arn('ecs', 'task-definition/f:0'), arn('ecs', 'task-definition/f:*')],
    ['a log group', `${LOGS}:/a:log-stream:`, `${LOGS}:/a:*`],
  ])('names %s as a policy must', (_, asked, written) => {
    expect(madeUpAsPattern(asked)).toBe(written);
    expect(matchesWildcard(written, asked)).toBe(true);
  });

  test('that is known stays as it is, though its name looks made up', () => {
    for (const known of [
      arn('ecr', 'repository/new'),
      arn('ecs', 'cluster/any'),
      arn('ecs', 'task-definition/f:10'),
    ]) {
      expect(madeUpAsPattern(known)).toBe(known);
    }
  });
});

describe('a judged request', () => {
  let ledger: Ledger;
  const policies: RolePolicies = {
    identity: [
      {
        name: 'inline',
        document: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['ecr:PutImage', 'ecr:BatchGetImage'],
              Resource: `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/mangoo-*`,
            },
            { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' },
            {
              Effect: 'Allow',
              Action: 'iam:PutRolePolicy',
              Resource: '*',
              Condition: { StringEquals: { 'iam:PermissionsBoundary': 'arn:boundary' } },
            },
          ],
        },
      },
    ],
    trust: { Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' } },
  };

  function authorizer(faults = new Faults(), bucketPolicy?: string): Authorizer {
    return new Authorizer({
      account: ACCOUNT,
      region: 'us-east-1',
      ledger,
      faults,
      bucketPolicy: () => bucketPolicy,
      policies: {
        forget: () => undefined,
        role: (arn) => {
          if (arn === ROLE) return Promise.resolve(policies);
          if (arn.endsWith('/bounded')) return Promise.resolve({ ...policies, boundaryArn: 'arn:boundary' });
          if (arn.endsWith('/broken')) return Promise.reject(new Error('the emulator is gone'));
          return Promise.resolve(undefined);
        },
      },
    });
  }

  beforeEach(() => (ledger = new Ledger()));

  test('is let through when the role allows it, and recorded with its phase', async () => {
    await authorizer().authorize(request(build, 'ecr', 'PutImage', { repositoryName: 'mangoo-backend' }));
    await authorizer().authorize(request(build, 'ecr', 'PutImage', { repositoryName: 'mangoo-backend' }));
    expect(ledger.all()).toEqual([
      {
        phase: 'POST_BUILD',
        principal: 'build',
        action: 'ecr:PutImage',
        resource: `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/mangoo-backend`,
        decision: 'allowed',
        reason: undefined,
        count: 2,
      },
    ]);
  });

  test.each([
    ['ecr', 'DeleteRepository', { repositoryName: 'mangoo-backend' }, 'AccessDeniedException', 400],
    ['iam', 'CreateRole', { RoleName: 'r' }, 'AccessDenied', 403],
    ['ec2', 'CreateVpc', {}, 'UnauthorizedOperation', 403],
    ['s3', 'GetObject', { Bucket: 'b', Key: 'k' }, 'AccessDenied', 403],
  ])(
    '%s:%s is denied with the code of its protocol, naming principal, action and resource',
    async (service, operation, input, code, status) => {
      const denied = authorizer().authorize(request(build, service, operation, input));
      await expect(denied).rejects.toMatchObject({ code, status });
      await expect(denied).rejects.toThrow(
        `User: arn:aws:sts::${ACCOUNT}:assumed-role/build/one is not authorized to perform: ${service}:${operation}`,
      );
      expect(ledger.all()[0]).toMatchObject({ decision: 'denied', action: `${service}:${operation}` });
    },
  );

  test('of several resources, one that is not allowed denies all', async () => {
    const names = { repositoryNames: ['mangoo-backend', 'other'] };
    await expect(authorizer().authorize(request(build, 'ecr', 'BatchGetImage', names))).rejects.toThrow(
      'repository/other',
    );
  });

  test('is denied when it cannot be judged: an error lets nobody through', async () => {
    for (const name of ['missing', 'broken']) {
      const session = sessions.issue({
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/x`,
        roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      });
      await expect(
        authorizer().authorize(request(session, 's3', 'PutObject', { Bucket: 'b', Key: 'k' })),
      ).rejects.toThrow('the simulator could not judge it');
    }
  });

  test('is denied by the policy of the bucket, whatever the role allows', async () => {
    const policy = JSON.stringify({
      Statement: { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' },
    });
    await expect(
      authorizer(new Faults(), policy).authorize(
        request(build, 's3', 'PutObject', { Bucket: 'b', Key: 'k' }),
      ),
    ).rejects.toThrow('with an explicit deny in a resource-based policy');
  });

  test('on a role carries the boundary that the role has', async () => {
    const put = (RoleName: string): Promise<void> =>
      authorizer().authorize(request(build, 'iam', 'PutRolePolicy', { RoleName, PolicyName: 'p' }));
    await expect(put('bounded')).resolves.toBeUndefined();
    await expect(put('unbounded')).rejects.toThrow('iam:PutRolePolicy');
  });

  test('of the administrator is not limited', async () => {
    await expect(
      authorizer().authorize(request(administrator, 'iam', 'CreateRole', { RoleName: 'r' })),
    ).resolves.toBeUndefined();
  });

  test('is denied on request, but only to a build', async () => {
    const faults = new Faults([{ name: 'access-denied', argument: 's3:PutObject' }]);
    const deploying = sessions.issue({ arn: build.arn, roleArn: ROLE });
    const put = (session: Session): Promise<void> =>
      authorizer(faults).authorize(request(session, 's3', 'PutObject', { Bucket: 'b', Key: 'k' }));
    await expect(put(build)).rejects.toThrow('(--fault access-denied)');
    await expect(put(deploying)).resolves.toBeUndefined();
  });

  test('of a session with a policy of its own is held to both, and the denial says which lacks what', async () => {
    const limited = sessions.issue({
      arn: build.arn,
      roleArn: ROLE,
      policies: [
        {
          Statement: {
            Effect: 'Allow',
            Action: ['s3:PutObject', 's3:GetObject'],
            Resource: 'arn:aws:s3:::b/*',
          },
        },
      ],
    });
    const ask = (operation: string, Bucket: string): Promise<void> =>
      authorizer().authorize(request(limited, 's3', operation, { Bucket, Key: 'k' }));

    await expect(ask('PutObject', 'b')).resolves.toBeUndefined();
    await expect(ask('PutObject', 'other')).rejects.toThrow(
      'because no session policy allows the s3:PutObject action',
    );
    await expect(ask('GetObject', 'b')).rejects.toThrow(
      'because no identity-based policy allows the s3:GetObject action',
    );
  });

  test('is judged with the tags of the role and of the session', async () => {
    const tagged: RolePolicies = {
      ...policies,
      tags: { team: 'mangoo', stage: 'dev' },
      identity: [
        {
          name: 'by tag',
          document: {
            Statement: {
              Effect: 'Allow',
              Action: 's3:GetObject',
              Resource: 'arn:aws:s3:::${aws:PrincipalTag/team}/${aws:PrincipalTag/stage}/*',
            },
          },
        },
      ],
    };
    const judge = new Authorizer({
      account: ACCOUNT,
      region: 'us-east-1',
      ledger,
      faults: new Faults(),
      bucketPolicy: () => undefined,
      policies: { forget: () => undefined, role: () => Promise.resolve(tagged) },
    });
    const session = sessions.issue({ arn: build.arn, roleArn: ROLE, tags: { stage: 'prod' } });
    const get = (Key: string): Promise<void> =>
      judge.authorize(request(session, 's3', 'GetObject', { Bucket: 'mangoo', Key }));

    await expect(get('prod/a')).resolves.toBeUndefined();
    await expect(get('dev/a')).rejects.toThrow('s3:GetObject');
  });

  test('says, when it is denied, what would allow it', async () => {
    const judge = authorizer();
    await judge
      .authorize(request(build, 'ecr', 'PutImage', { repositoryName: 'other' }))
      .catch(() => undefined);
    await judge.mayAssume('codebuild.amazonaws.com', ROLE, {});

    expect(
      (await judge.principals()).map(({ principal, phases }) => [principal, phases[0]?.denied[0]]),
    ).toEqual([
      [
        'build',
        expect.objectContaining({
          cause: 'missing',
          statement: { Effect: 'Allow', Action: 'ecr:PutImage', Resource: arn('ecr', 'repository/other') },
        }),
      ],
      [
        'codebuild.amazonaws.com',
        expect.objectContaining({
          cause: 'trustPolicy',
          statement: {
            Effect: 'Allow',
            Principal: { Service: 'codebuild.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        }),
      ],
    ]);
  });

  test('leaves the permissions that nothing used to be told', async () => {
    const judge = authorizer();
    await judge.authorize(request(build, 'ecr', 'PutImage', { repositoryName: 'mangoo-backend' }));
    expect(await judge.unusedPermissions(ROLE)).toEqual([
      'ecr:BatchGetImage',
      'iam:PutRolePolicy',
      's3:PutObject',
    ]);
  });
});
