import type { LogExcerpt } from '../../../../tools/simulator/report/log-excerpt';
import type { BuildReport, PushResult } from '../../../../tools/simulator/report/result';

const COMMIT = 'c108a6021185c65a7571d98651aa90ccb8584084';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const START = Date.UTC(2026, 0, 2, 3, 4, 5);

const build: BuildReport = {
  id: 'mangoo-build-deploy:1',
  status: 'SUCCEEDED',
  phases: [
    { name: 'QUEUED', status: 'SUCCEEDED', startedAt: START, seconds: 2, commands: [] },
    {
      name: 'BUILD',
      status: 'SUCCEEDED',
      startedAt: START + 2000,
      seconds: 6,
      commands: [
        { command: 'ci/test.sh', block: 'commands', startedAt: START + 2000, seconds: 2, exitCode: 0 },
        { command: 'ci/build.sh', block: 'commands', startedAt: START + 4000, seconds: 4, exitCode: 0 },
      ],
    },
  ],
  exportedVariables: { IMAGE_TAG: COMMIT },
  artifacts: ['backend/app/main.py', 'backend/Dockerfile', 'cdk-outputs.json'],
  reports: [
    { name: 'backend-tests', total: 3, passed: 2, failed: 0, skipped: 1 },
    { name: 'backend-coverage', linesCovered: 3, linesMissed: 1, branchesCovered: 0, branchesMissed: 0 },
  ],
  simulated: [],
  tools: { docker: 'simulated' },
  log: '/results/build.log',
  errors: [],
  artifactLocation: 's3://mangoo-artifacts-1/builds/1/',
};

/** A run that went well. */
export const green: PushResult = {
  source: { directory: '/source', commit: COMMIT, message: 'Say hello\n\nAt last.\n', uncommitted: 1 },
  webhook: {
    event: 'PUSH',
    ref: 'refs/heads/main',
    matched: true,
    filterGroup: [
      [
        { type: 'HEAD_REF', pattern: '^refs/heads/main$' },
        { type: 'COMMIT_MESSAGE', pattern: '\\[skip ci\\]', excludeMatchedPattern: true },
      ],
    ],
    reasons: [],
  },
  build,
  stacks: [
    {
      name: 'MangooStack',
      status: 'CREATE_COMPLETE',
      application: true,
      changes: { added: 54, modified: 0, removed: 0 },
    },
  ],
  images: [{ name: 'mangoo-backend', tag: COMMIT, digest: DIGEST, built: true, reason: 'built and pushed' }],
  services: [
    {
      name: 'mangoo-backend-service',
      taskDefinition: 'arn:aws:ecs:us-east-1:1:task-definition/Backend:7',
      image: `1.dkr.ecr.us-east-1.amazonaws.com/mangoo-backend@${DIGEST}`,
      rollout: 'COMPLETED',
      forced: false,
    },
  ],
  aws: {
    account: '123456789012',
    region: 'us-east-1',
    calls: [
      {
        principal: 'administrator',
        action: 's3:CreateBucket',
        resource: 'arn:b',
        decision: 'allowed',
        count: 1,
      },
      {
        principal: 'mangoo-build-deploy-role',
        action: 'ecr:PutImage',
        resource: 'arn:r',
        decision: 'allowed',
        count: 2,
        phase: 'POST_BUILD',
      },
    ],
    unused: ['ecr:CreateRepository'],
    principals: [],
  },
  notifications: [],
  undelivered: [],
  simulated: ['docker: nothing runs'],
  steps: [
    { name: 'cdk bootstrap', startedAt: START - 3000, seconds: 3 },
    { name: 'build of mangoo-build-deploy', startedAt: START, seconds: 8 },
  ],
};

/** A run whose test failed, and that was denied something. */
export const failed: PushResult = {
  ...green,
  build: {
    ...build,
    status: 'FAILED',
    errors: ['ERROR: ./frontend/package-lock.json is missing; commit it'],
    diagnosis: [
      {
        id: 'F41',
        title: 'No lock file',
        cause: 'npm ci needs one',
        fix: 'make and commit it',
        link: 'https://docs.npmjs.com',
      },
    ],
    phases: [
      ...build.phases.slice(0, 1),
      {
        name: 'BUILD',
        status: 'FAILED',
        startedAt: START + 2000,
        seconds: 2,
        context: 'COMMAND_EXECUTION_ERROR: Error while executing command: ci/test.sh. Reason: exit status 1',
        commands: [
          { command: 'ci/lint.sh', block: 'commands', startedAt: START + 2000, seconds: 1, exitCode: 0 },
          { command: 'ci/test.sh', block: 'commands', startedAt: START + 3000, seconds: 1, exitCode: 1 },
        ],
      },
    ],
    artifacts: [],
    reports: [{ name: 'backend-tests', total: 3, passed: 2, failed: 1, skipped: 0 }],
  },
  stacks: [],
  images: [],
  services: [],
  notifications: [
    {
      topic: 'mangoo-notifications',
      subject: 'Build failed in BUILD',
      text: 'What failed: ci/test.sh\nWhat to do: mend it',
      to: ['email ops@example.com'],
    },
    { topic: 'mangoo-slack', text: '{}', to: [] },
  ],
  undelivered: ['mangoo-notifier failed 3 times: Error: boom; the event is in the queue mangoo-dead'],
  aws: {
    ...green.aws,
    calls: [
      ...green.aws.calls,
      {
        principal: 'mangoo-build-deploy-role',
        action: 'ecr:DescribeImages',
        resource: 'arn:denied',
        decision: 'denied',
        count: 1,
        phase: 'PRE_BUILD',
        reason: 'no identity-based policy allows the ecr:DescribeImages action',
      },
    ],
    principals: [
      {
        principal: 'mangoo-build-deploy-role',
        roleArn: 'arn:aws:iam::1:role/mangoo-build-deploy-role',
        phases: [
          {
            phase: 'PRE_BUILD',
            used: [],
            denied: [
              {
                action: 'ecr:DescribeImages',
                resource: 'arn:denied',
                count: 1,
                reason: 'no identity-based policy allows the ecr:DescribeImages action',
                cause: 'missing',
                change: 'add this statement to the policy build-role',
                statement: { Effect: 'Allow', Action: 'ecr:DescribeImages', Resource: 'arn:denied' },
              },
            ],
          },
        ],
        unused: [
          { policy: 'build', statement: 'Images', actions: ['ecr:CreateRepository'], resources: ['arn:r'] },
        ],
        minimalPolicy: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'ecr:PutImage', Resource: 'arn:r' }],
        },
      },
    ],
    deployRole: {
      role: 'cdk-mangoo-cfn-exec-role',
      lacks: [
        {
          type: 'AWS::S3::Bucket',
          logicalId: 'Uploads',
          handler: 'create',
          action: 's3:PutBucketTagging',
          resource: 'arn:aws:s3:::uploads',
          change: 'add this statement to mangoo-deploy',
          statement: { Effect: 'Allow', Action: 's3:PutBucketTagging', Resource: 'arn:aws:s3:::uploads' },
        },
      ],
      tooMuch: ['rds:DeleteDBCluster'],
      notJudged: ['Custom::Thing'],
    },
  },
};

/** A push that no webhook matched. */
export const notStarted: PushResult = {
  ...green,
  build: undefined,
  webhook: {
    ...green.webhook,
    ref: 'refs/heads/main-2',
    matched: false,
    filterGroup: [],
    reasons: ['HEAD_REF ^refs/heads/main$ does not match refs/heads/main-2'],
  },
  stacks: [],
  images: [],
  services: [],
};

export const log: LogExcerpt = {
  file: '/results/build.log',
  bytes: 1234,
  omitted: 0,
  parts: [
    {
      first: 1,
      lines: [
        '[Container] 2026/01/02 03:04:05.100 CODEBUILD_SRC_DIR=/src',
        '[Container] 2026/01/02 03:04:05.200 Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED',
        '[Container] 2026/01/02 03:04:05.200 Phase context status code:  Message: ',
        '[Container] 2026/01/02 03:04:06.000 Entering phase BUILD',
        '[Container] 2026/01/02 03:04:06.000 Running command ci/lint.sh',
        'lint is fine',
        '[Container] 2026/01/02 03:04:07.000 Running command ci/test.sh',
        'collected 3 items',
        'AssertionError: hello mangoo',
        '[Container] 2026/01/02 03:04:08.000 Command did not exit successfully ci/test.sh exit status 1',
        '[Container] 2026/01/02 03:04:08.000 Phase complete: BUILD State: FAILED',
        '[Container] 2026/01/02 03:04:08.000 Phase context status code: COMMAND_EXECUTION_ERROR Message: ci/test.sh',
        '[Container] 2026/01/02 03:04:08.100 Phase complete: FINALIZING State: SUCCEEDED',
        '[Container] 2026/01/02 03:04:08.100 Phase context status code:  Message: ',
      ],
    },
  ],
};
