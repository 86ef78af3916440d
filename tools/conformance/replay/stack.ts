import type { Secrets } from './names';

/** Of the stack, its project, its log group and whatever else the replay names. */
export const NAME = 'mangoo-conformance';
export const LOG_GROUP = `/aws/codebuild/${NAME}`;

/** Ids of the template. */
export const BUCKET = 'Bucket';

/**
 * Everything that the replay needs of an account: a bucket for sources, artifacts and caches, a project that nothing
 * but `start-build` starts, its role, its log group, and what the builds fetch.
 */
export function template({ parameters, secrets }: Secrets): object {
  const account = { Ref: 'AWS::AccountId' };
  const arn = (service: string, resource: string): object => ({
    'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
  });
  const bucketArn = { 'Fn::GetAtt': [BUCKET, 'Arn'] };
  const objects = { 'Fn::Sub': `\${${BUCKET}.Arn}/*` };
  const statement = (Action: string[], ...Resource: object[]): object => ({
    Effect: 'Allow',
    Action,
    Resource,
  });
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Replays the behaviours of test/conformance; removed at the end of the run.',
    Resources: {
      [BUCKET]: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          // For whatever a run that was killed leaves behind.
          LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 7 }] },
        },
      },
      Logs: {
        Type: 'AWS::Logs::LogGroup',
        Properties: { LogGroupName: LOG_GROUP, RetentionInDays: 7 },
      },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'codebuild.amazonaws.com' },
                Action: 'sts:AssumeRole',
                Condition: {
                  StringEquals: { 'aws:SourceAccount': account },
                  ArnEquals: { 'aws:SourceArn': arn('codebuild', `project/${NAME}`) },
                },
              },
            ],
          },
          Policies: [
            {
              PolicyName: 'builds',
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [
                  statement(
                    ['logs:CreateLogStream', 'logs:PutLogEvents'],
                    arn('logs', `log-group:${LOG_GROUP}:*`),
                  ),
                  statement(['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:ListBucket'], bucketArn),
                  statement(['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], objects),
                  statement(
                    [
                      'codebuild:CreateReportGroup',
                      'codebuild:CreateReport',
                      'codebuild:UpdateReport',
                      'codebuild:BatchPutTestCases',
                      'codebuild:BatchPutCodeCoverages',
                    ],
                    arn('codebuild', `report-group/${NAME}-*`),
                  ),
                  // All names below ours, so that a missing one is missing and not denied.
                  statement(['ssm:GetParameters'], arn('ssm', `parameter/${NAME}/*`)),
                  statement(['secretsmanager:GetSecretValue'], arn('secretsmanager', `secret:${NAME}/*`)),
                ],
              },
            },
          ],
        },
      },
      Project: {
        Type: 'AWS::CodeBuild::Project',
        Properties: {
          Name: NAME,
          ServiceRole: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Source: { Type: 'S3', Location: { 'Fn::Sub': `\${${BUCKET}}/sources/none.zip` } },
          Artifacts: { Type: 'NO_ARTIFACTS' },
          Environment: {
            Type: 'LINUX_CONTAINER',
            Image: 'aws/codebuild/standard:7.0',
            ComputeType: 'BUILD_GENERAL1_SMALL',
          },
          LogsConfig: { CloudWatchLogs: { Status: 'ENABLED', GroupName: { Ref: 'Logs' } } },
          TimeoutInMinutes: 10,
        },
      },
      ...numbered('Parameter', parameters, (Name, Value) => ({
        Type: 'AWS::SSM::Parameter',
        Properties: { Name, Type: 'String', Value },
      })),
      ...numbered('Secret', secrets, (Name, SecretString) => ({
        Type: 'AWS::SecretsManager::Secret',
        Properties: { Name, SecretString },
      })),
    },
  };
}

function numbered(
  id: string,
  values: Readonly<Record<string, string>>,
  resource: (name: string, value: string) => object,
): Record<string, object> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value], index) => [`${id}${index + 1}`, resource(name, value)]),
  );
}
