import { missingPermission } from '../../../tools/preflight/rules/missing-permission';
import { example, said } from '../example';
import { building, roleHas, roleLacks, roleMay } from './changes';

test('of a role that may do what its build does, nothing is said', () => {
  expect(said(missingPermission)).toEqual([]);
});

describe('what fails for certain is an error, with the statement to add', () => {
  test('a call that no statement allows', () => {
    const changes = building(
      'aws ecs update-service --cluster app --service app-backend --force-new-deployment',
    );
    expect(said(missingPermission, changes)).toEqual([
      'error buildspec.yml:27 app-build is not allowed ecs:UpdateService on arn:aws:ecs:eu-west-1:111122223333:service/app/app-backend, needed for aws ecs update-service',
    ]);
    const [found] = missingPermission.check(example(changes));
    expect(found?.fix).toBe(
      'add to the policies of app-build: {"Effect":"Allow","Action":"ecs:UpdateService","Resource":"arn:aws:ecs:eu-west-1:111122223333:service/app/app-backend"}',
    );
  });

  test('a token for the registry that is allowed on a repository only, because the API has no resource', () => {
    const limited = roleHas((statements) =>
      statements.map((statement) =>
        statement.Action === 'ecr:GetAuthorizationToken'
          ? { ...statement, Resource: 'arn:aws:ecr:eu-west-1:111122223333:repository/app-backend' }
          : statement,
      ),
    );
    expect(said(missingPermission, { resources: limited })).toEqual([
      'error ci/login.sh:3 app-build is not allowed ecr:GetAuthorizationToken, needed for aws ecr get-login-password',
    ]);
  });

  test('a log that CodeBuild cannot write', () => {
    const found = said(missingPermission, { resources: roleLacks('logs:CreateLogStream') });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(
      /^error cdk\.out\/PipelineStack\.template\.json:\d+ app-build is not allowed logs:CreateLogStream /,
    );
  });

  test('another name than the role has a permission for', () => {
    const other = building('docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app-frontend:1');
    const found = said(missingPermission, other);
    expect(found).toHaveLength(5);
    expect(found[3]).toContain(
      'is not allowed ecr:PutImage on arn:aws:ecr:eu-west-1:111122223333:repository/app-frontend',
    );
  });
});

describe('what may still work is a warning', () => {
  test.each([
    ['it may not run', 'if [ -n "$X" ]; then aws ecs list-clusters; fi'],
    ['its failure is ignored', 'aws ecs list-clusters || true'],
    [
      "the topic's own policy may allow it",
      'aws sns publish --topic-arn arn:aws:sns:eu-west-1:1:news --message x',
    ],
  ])('because %s', (_, command) => {
    expect(said(missingPermission, building(command))).toEqual([
      expect.stringMatching(/^warning buildspec.yml:27 /),
    ]);
  });

  test('of a bucket that no template has, nobody knows the policy', () => {
    const changes = {
      ...building('aws s3 cp app.zip s3://releases/app.zip'),
      resources: roleLacks('s3:PutObject'),
    };
    expect(said(missingPermission, changes)).toContainEqual(
      expect.stringMatching(/^warning buildspec.yml:27 /),
    );
  });

  test('but a bucket of the template without a policy allows nobody', () => {
    const project = { Environment: { EnvironmentVariables: [{ Name: 'BUCKET', Value: { Ref: 'Site' } }] } };
    const Site = { Type: 'AWS::S3::Bucket', Properties: {} };
    const changes = { ...building('aws s3 cp app.zip s3://$BUCKET/app.zip'), project };
    const found = (resources: object): string[] =>
      said(missingPermission, {
        ...changes,
        resources: { ...roleLacks('s3:PutObject'), ...resources },
      }).filter((line) => line.includes('buildspec.yml:27'));
    expect(found({ Site })).toEqual([expect.stringMatching(/^error buildspec.yml:27 .* s3:PutObject/)]);
    const policy = {
      Type: 'AWS::S3::BucketPolicy',
      Properties: { Bucket: { Ref: 'Site' }, PolicyDocument: {} },
    };
    expect(found({ Site, policy })).toEqual([expect.stringMatching(/^warning /)]);
  });
});

describe('where nothing can be known, nothing is said', () => {
  test.each([
    ['the repository is up to the shell', building('aws ecr describe-images --repository-name "app-$NAME"')],
    ['other credentials are used', building('aws ecs list-clusters --profile prod')],
    ['the service is not in the table', building('aws brand-new-service describe-things')],
    [
      "a managed policy of AWS's is attached",
      {
        ...building('aws ecs list-clusters'),
        resources: {
          Role: { Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/PowerUserAccess'] } },
        },
      },
    ],
    [
      'a condition may hold',
      {
        ...building('aws ecs list-clusters'),
        resources: roleMay('ecs:*', '*', { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }),
      },
    ],
    ['there is no template', { ...building('aws ecs list-clusters'), assembly: 'none' as const }],
  ])('%s', (_, changes) => {
    expect(said(missingPermission, changes)).toEqual([]);
  });
});
