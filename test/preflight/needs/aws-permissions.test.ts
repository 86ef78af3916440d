import { runSimulation } from '@cloud-copilot/iam-simulate';
import { IAM_PREFIXES, OF_THE_CLI, OTHERWISE, WAITERS } from '../../../tools/preflight/data/aws-services';
import type { Command } from '../../../tools/preflight/model/command';
import { awsCall } from '../../../tools/preflight/needs/aws-call';
import { awsPermissions } from '../../../tools/preflight/needs/aws-permissions';
import { asPattern } from '../../../tools/preflight/needs/need';
import { commandOf } from './commands';

/** `ACTION on RESOURCE`, of the account and region of the example. */
function needed(line: string): string[] {
  const call = awsCall(commandOf(line));
  return (call ? awsPermissions(call) : []).map(
    ({ action, resource }) => `${action} on ${asPattern(resource, { account: '1', region: 'r' })}`,
  );
}

test('a repository that is made with tags is tagged as well, which is an action of its own', () => {
  expect(needed('aws ecr create-repository --repository-name app --tags Key=a,Value=b')).toEqual([
    'ecr:CreateRepository on arn:aws:ecr:r:1:repository/app',
    'ecr:TagResource on arn:aws:ecr:r:1:repository/app',
  ]);
  expect(needed('aws ecr create-repository --repository-name app')).toHaveLength(1);
});

describe('what a call of an API needs', () => {
  test.each([
    [
      'aws ecr batch-get-image --repository-name app --image-ids imageTag=1',
      'ecr:BatchGetImage on arn:aws:ecr:r:1:repository/app',
    ],
    ['aws ecr get-login-password --region eu-west-1', 'ecr:GetAuthorizationToken on *'],
    [
      'aws ecs update-service --cluster c --service s --force-new-deployment',
      'ecs:UpdateService on arn:aws:ecs:r:1:service/c/s',
    ],
    [
      'aws ecs describe-services --cluster=c --services s',
      'ecs:DescribeServices on arn:aws:ecs:r:1:service/c/s',
    ],
    [
      'aws ecs wait services-stable --cluster c --services s',
      'ecs:DescribeServices on arn:aws:ecs:r:1:service/c/s',
    ],
    [
      'aws ssm get-parameter --name /app/key:3 --with-decryption',
      'ssm:GetParameter on arn:aws:ssm:r:1:parameter/app/key',
    ],
    [
      'aws secretsmanager get-secret-value --secret-id app/key',
      'secretsmanager:GetSecretValue on arn:aws:secretsmanager:r:1:secret:app/key*',
    ],
    [
      'aws cloudformation describe-stacks --stack-name App',
      'cloudformation:DescribeStacks on arn:aws:cloudformation:r:1:stack/App/*',
    ],
    [
      'aws lambda invoke --function-name f out.json',
      'lambda:InvokeFunction on arn:aws:lambda:r:1:function:f*',
    ],
    [
      'aws --region eu-west-1 --output text deploy get-deployment --deployment-id d',
      'codedeploy:GetDeployment on *',
    ],
    [
      'aws elbv2 describe-target-health --target-group-arn t',
      'elasticloadbalancing:DescribeTargetHealth on *',
    ],
    ['aws s3api head-object --bucket b --key k', 's3:GetObject on arn:aws:s3:::b/k'],
    ['aws s3api list-objects-v2 --bucket b', 's3:ListBucket on arn:aws:s3:::b'],
    [
      'aws cloudfront create-invalidation --distribution-id E1 --paths "/*"',
      'cloudfront:CreateInvalidation on arn:aws:cloudfront::1:distribution/E1',
    ],
    ['aws codebuild start-build --project-name p', 'codebuild:StartBuild on arn:aws:codebuild:r:1:project/p'],
    [
      'aws sts assume-role --role-arn arn:aws:iam::2:role/x --role-session-name s',
      'sts:AssumeRole on arn:aws:iam::2:role/x',
    ],
    ['aws eks update-kubeconfig --name c', 'eks:DescribeCluster on *'],
    ['aws rds describe-db-clusters', 'rds:DescribeDbClusters on *'],
  ])('%s', (line, permission) => {
    expect(needed(line)).toEqual([permission]);
  });

  test('of several resources, each', () => {
    expect(needed('aws ecr describe-repositories --repository-names a b --output text')).toEqual([
      'ecr:DescribeRepositories on arn:aws:ecr:r:1:repository/a',
      'ecr:DescribeRepositories on arn:aws:ecr:r:1:repository/b',
    ]);
  });

  test('a resource that the shell knows is any', () => {
    expect(needed('aws ecr put-image --repository-name app-$NAME --image-tag x')).toEqual([
      'ecr:PutImage on arn:aws:ecr:r:1:repository/app-*',
    ]);
  });

  test('a role that is handed to a service must be passed, to that service', () => {
    const call = awsCall(
      commandOf('aws lambda create-function --function-name f --role arn:aws:iam::1:role/run'),
    );
    expect(call && awsPermissions(call)).toContainEqual({
      action: 'iam:PassRole',
      resource: 'arn:aws:iam::1:role/run',
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    });
  });

  test.each([
    'aws sts get-caller-identity',
    'aws configure set region eu-west-1',
    'aws --version',
    'aws help',
    'aws eks get-token --cluster-name c',
    'aws $SERVICE list',
    'aws new-service do-something',
    'aws ecs wait something-new',
  ])('%s needs nothing that is known, so nothing is said of it', (line) => {
    expect(needed(line)).toEqual([]);
  });
});

describe('what aws s3 needs', () => {
  test('to copy a file into a bucket', () => {
    expect(needed('aws s3 cp --quiet app.zip s3://b/builds/app.zip')).toEqual([
      's3:PutObject on arn:aws:s3:::b/builds/app.zip',
    ]);
  });

  test('to fetch one: no list of the bucket', () => {
    expect(needed('aws s3 cp s3://b/app.zip .')).toEqual(['s3:GetObject on arn:aws:s3:::b/app.zip']);
  });

  test('to synchronize a folder with a bucket, and to delete what is no longer there', () => {
    expect(needed('aws s3 sync dist s3://b --delete --cache-control max-age=60')).toEqual([
      's3:PutObject on arn:aws:s3:::b/*',
      's3:ListBucket on arn:aws:s3:::b',
      's3:DeleteObject on arn:aws:s3:::b/*',
    ]);
    expect(needed('aws s3 sync dist s3://b').join()).not.toContain('DeleteObject');
  });

  test('to move from one bucket into another', () => {
    expect(needed('aws s3 mv s3://a/k s3://b/')).toEqual([
      's3:GetObject on arn:aws:s3:::a/k',
      's3:PutObject on arn:aws:s3:::b/*',
      's3:DeleteObject on arn:aws:s3:::a/k',
    ]);
  });

  test('a bucket that only the shell knows is any', () => {
    expect(needed('aws s3 cp x "s3://$BUCKET/x"')).toEqual(['s3:PutObject on arn:aws:s3:::*/x']);
  });
});

/** `arn:aws:s3:::…` or the like is not asked for: only whether IAM has such an action. */
async function isAction(action: string): Promise<boolean> {
  const answer = await runSimulation(
    {
      request: {
        principal: 'arn:aws:iam::111122223333:role/x',
        action,
        resource: { resource: '*', accountId: '111122223333' },
        contextVariables: {},
      },
      ...{ identityPolicies: [], serviceControlPolicies: [], resourceControlPolicies: [] },
    },
    {},
  );
  return !JSON.stringify(answer).includes('invalid.action');
}

test("every action that the tables name is one of IAM's, so that no statement of a fix is refused", async () => {
  const named = [OTHERWISE, OF_THE_CLI].flatMap((table) =>
    Object.entries(table).flatMap(([service, operations]) =>
      Object.values(operations).flatMap((actions) =>
        actions.map((action) => `${IAM_PREFIXES[service]}:${action}`),
      ),
    ),
  );
  const waited = Object.entries(WAITERS).flatMap(([service, waiters]) =>
    Object.values(waiters).flatMap((operation) => {
      const call = awsCall({ ...commandOf(`aws ${service} ${operation}`) } satisfies Command);
      return call ? awsPermissions(call).map(({ action }) => action) : [];
    }),
  );
  const all = [...new Set([...named, ...waited])];
  expect(all.length).toBeGreaterThan(30);
  const unknown = await Promise.all(all.map(async (action) => ((await isAction(action)) ? [] : [action])));
  expect(unknown.flat()).toEqual([]);
  expect(await isAction('ecr:NoSuchThing')).toBe(false);
});
