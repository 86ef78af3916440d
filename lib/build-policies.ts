import { Aws, type Stack } from 'aws-cdk-lib';
import type { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { BuildCache } from './build-cache';
import type { Environment } from './environments';
import type { Names } from './names';
import { rolloutStatements, stacksStatement } from './rollout';
import { allow, policy } from './statement';
import type { WildcardReason } from './wildcards';

/** What CodeBuild and Lambda do with a log group, in the name of what they run. */
export function logStatement({ region, account }: Stack, logGroup: string): PolicyStatement {
  return allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [`arn:${Aws.PARTITION}:logs:${region}:${account}:log-group:${logGroup}:log-stream:*`],
  );
}

/** What CodeBuild does with the reports of a project's builds; it puts the project's name before those of the groups. */
export function reportStatement({ region, account }: Stack, project: string): PolicyStatement {
  return allow(
    [
      'codebuild:BatchPutTestCases',
      'codebuild:CreateReport',
      'codebuild:CreateReportGroup',
      'codebuild:UpdateReport',
    ],
    [`arn:${Aws.PARTITION}:codebuild:${region}:${account}:report-group/${project}-*`],
  );
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
const PUSH_AND_PULL = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:CompleteLayerUpload',
  'ecr:GetDownloadUrlForLayer',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];

/** What `ci/login.sh`, `repositories.sh`, `plan.sh`, `push.sh` and `tag-latest.sh` do. */
export function pushPolicy(repositoryArns: readonly string[]): PolicyDocument {
  return policy(
    // The API has no resource for it.
    allow(['ecr:GetAuthorizationToken'], ['*']),
    allow(
      [
        ...PUSH_AND_PULL,
        'ecr:DescribeRepositories',
        // Heals a repository that somebody deleted; the settings are the stack's.
        'ecr:CreateRepository',
        'ecr:PutLifecyclePolicy',
        'ecr:TagResource',
      ],
      repositoryArns,
    ),
  );
}

/** What a builder does with the layers that it keeps in a registry; who builds is logged in to it already. */
export function layerCachePolicy(repositoryArn: string): PolicyDocument {
  return policy(allow(PUSH_AND_PULL, [repositoryArn]));
}

/** What `ci/scan.sh` does. */
export function scanPolicy(repositoryArns: readonly string[]): PolicyDocument {
  return policy(
    allow(['ecr:DescribeImageScanFindings'], repositoryArns),
    // ECR asks Inspector in the caller's name where the registry has enhanced scanning; the API has no resource for it.
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
    allow(['inspector2:ListCoverage', 'inspector2:ListFindings'], ['*']),
  );
}

/** What CodeBuild does with a cache in S3, in the build's name. */
export function cachePolicy({ bucketArn, prefix }: NonNullable<BuildCache['location']>): PolicyDocument {
  return policy(
    allow(['s3:GetObject', 's3:PutObject'], [`${bucketArn}/${prefix}/*`]),
    // Fallback keys are found by how the names of objects begin. Nothing but the cache is in this bucket.
    allow(['s3:GetBucketLocation', 's3:ListBucket'], [bucketArn]),
  );
}

/** What `ci/release.sh` does. */
export function recordPolicy({ region, account }: Stack, { releaseParameter }: Names): PolicyDocument {
  const arn = `arn:${Aws.PARTITION}:ssm:${region}:${account}:parameter${releaseParameter}`;
  return policy(allow(['ssm:PutParameter'], [arn]));
}

/** What a buildspec refers to in `parameter-store` and `secrets-manager`. */
export function configurationPolicy({ region, account }: Stack, readable: readonly string[]): PolicyDocument {
  const arn = (service: string, resource: string): string =>
    `arn:${Aws.PARTITION}:${service}:${region}:${account}:${resource}`;
  return policy(
    allow(
      ['ssm:GetParameters'],
      readable.map((name) => arn('ssm', `parameter/${name}`)),
    ),
    allow(
      ['secretsmanager:GetSecretValue'],
      readable.map((name) => arn('secretsmanager', `secret:${name}`)),
    ),
  );
}

/** Why `configurationPolicy` names no single one. */
export const READS: readonly WildcardReason[] = [
  [
    /:parameter\/mangoo\//,
    'Which parameters a build reads is up to its buildspec, under a prefix that is for builds.',
  ],
  [
    /:secret:mangoo\//,
    'Which secrets a build reads is up to its buildspec, under a prefix that is for builds.',
  ],
];

/** The assumption of roles where an environment is deployed: of its bootstrap, and others there. */
export function assumption(
  pipeline: Stack,
  { bootstrapQualifier, elsewhere }: Environment,
  bootstrapRoles: readonly ('deploy' | 'file-publishing')[],
  others: readonly string[] = [],
): PolicyStatement {
  const { account, region } = elsewhere ?? pipeline;
  const names = bootstrapRoles.map((role) => `cdk-${bootstrapQualifier}-${role}-role-${account}-${region}`);
  return allow(
    ['sts:AssumeRole'],
    [...names, ...others].map((name) => `arn:${Aws.PARTITION}:iam::${account}:role/${name}`),
  );
}

/** What `ci/deploy.sh` and `ci/verify.sh` do. */
export function deploymentPolicy(
  pipeline: Stack,
  environment: Environment,
  services: readonly string[],
  bootstrapRoles: readonly ('deploy' | 'file-publishing')[],
): PolicyDocument {
  const { names, cluster, stacks, elsewhere } = environment;
  return policy(
    assumption(pipeline, environment, bootstrapRoles, elsewhere ? [names.rolloutRole] : []),
    ...(elsewhere ? [] : rolloutStatements(pipeline, cluster, services, stacks)),
  );
}

/** What `ci/turn.sh` does: looks at the builds of its project and at what is live, and stops itself. */
export function turnPolicy(pipeline: Stack, { names, stacks, elsewhere }: Environment): PolicyDocument {
  const { region, account } = pipeline;
  return policy(
    // A build is no resource of its own: whoever may stop one may stop all of the project.
    allow(
      ['codebuild:BatchGetBuilds', 'codebuild:ListBuildsForProject', 'codebuild:StopBuild'],
      [`arn:${Aws.PARTITION}:codebuild:${region}:${account}:project/${names.project}`],
    ),
    releaseReading(pipeline, names.releaseParameter),
    ...(elsewhere ? [] : [stacksStatement(pipeline, stacks)]),
  );
}

/** Reading the record of what is live and, to go back to it, of what was. */
function releaseReading({ region, account }: Stack, parameter: string): PolicyStatement {
  return allow(
    ['ssm:GetParameter', 'ssm:GetParameterHistory'],
    [`arn:${Aws.PARTITION}:ssm:${region}:${account}:parameter${parameter}`],
  );
}

/** Why `stacksStatement` names no single stack. */
export const STACK_IDS: WildcardReason = [
  /:stack\/[^*]+\/\*$/,
  'CloudFormation puts an id of its own behind the name of a stack.',
];
