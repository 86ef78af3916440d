import type { DeployRole } from '../../../tools/simulator/iam/deploy-role';
import type { PushResult } from '../../../tools/simulator/report/result';
import { summary } from '../../../tools/simulator/report/summary';

const timeless = { startedAt: 0, commands: [] };
const build: NonNullable<PushResult['build']> = {
  id: 'mangoo-build-deploy:1',
  status: 'SUCCEEDED',
  phases: [
    { name: 'BUILD', status: 'SUCCEEDED', seconds: 7.25, ...timeless },
    { name: 'POST_BUILD', status: 'SUCCEEDED', seconds: 20, ...timeless },
  ],
  exportedVariables: {},
  artifacts: ['backend/a.py', 'backend/b.py', 'cdk-outputs.json'],
  reports: [{ name: 'backend-tests', total: 3, passed: 1, failed: 1, skipped: 1 }],
  simulated: [],
  tools: { docker: 'simulated', pip: 'simulated' },
  log: '/results/build.log',
  errors: [],
  artifactLocation: 's3://mangoo-artifacts-1/builds/1/',
};
const result: PushResult = {
  source: { directory: '/source', commit: 'a'.repeat(40), uncommitted: 0 },
  webhook: {
    event: 'PUSH',
    ref: 'refs/heads/main',
    matched: true,
    filterGroup: [[{ type: 'HEAD_REF', pattern: '^refs/heads/main$' }]],
    reasons: [],
  },
  build,
  stacks: [
    {
      name: 'CDKToolkit',
      status: 'CREATE_COMPLETE',
      application: false,
      changes: { added: 11, modified: 0, removed: 0 },
    },
  ],
  images: [],
  services: [],
  aws: {
    account: '123456789012',
    region: 'us-east-1',
    calls: [
      {
        principal: 'build',
        action: 'ecr:PutImage',
        resource: 'arn:r',
        decision: 'allowed',
        count: 2,
        phase: 'POST_BUILD',
      },
    ],
    unused: [],
    principals: [],
  },
  notifications: [],
  undelivered: [],
  simulated: ['docker: nothing runs'],
  steps: [{ name: 'cdk bootstrap', startedAt: 0, seconds: 3 }],
};

test('a green run says what ran, where its artifacts are, and what was only played', () => {
  const text = summary(result).join('\n');
  expect(text).toContain('SUCCEEDED  push of aaaaaaa to main, build mangoo-build-deploy:1\n');
  expect(text).toContain('Webhook    PUSH of refs/heads/main matched HEAD_REF ^refs/heads/main$\n');
  expect(text).toContain('Tests      backend-tests  1 passed, 1 failed, 1 skipped\n');
  expect(text).toContain('Artifacts  3 files in s3://mangoo-artifacts-1/builds/1/\n');
  expect(text).toContain('           backend/ (2)  cdk-outputs.json\n');
  expect(text).toContain('AWS calls  build  2 allowed  0 denied\n');
  expect(text).toContain('Simulated  docker: nothing runs\n');
  expect(text).not.toContain('failed in');
});

test('a failure that is known tells its cause and its fix right where it says that it failed', () => {
  const known = {
    id: 'F37',
    title: 'Full',
    cause: 'the disk is full',
    fix: 'make room',
    link: 'https://example.org',
  };
  const failed: NonNullable<PushResult['build']>['phases'] = [
    { name: 'BUILD', status: 'FAILED', seconds: 1, context: 'COMMAND_EXECUTION_ERROR: no', ...timeless },
  ];
  const lines = summary({
    ...result,
    build: { ...build, status: 'FAILED', phases: failed, errors: ['ERROR: no'], diagnosis: [known] },
    meanwhile: ['build mangoo-build-deploy:2 SUCCEEDED after 9.0 s'],
  });

  expect(lines.slice(1, 7)).toEqual([
    expect.stringMatching(/^FAILED {2}push of aaaaaaa/),
    '  meanwhile: build mangoo-build-deploy:2 SUCCEEDED after 9.0 s',
    '  failed in BUILD: COMMAND_EXECUTION_ERROR: no',
    '  cause: the disk is full',
    '  fix: make room',
    '  ERROR: no',
  ]);
});

test('whoever reads of a failure at night sees first where it failed, why, and how far the release had come', () => {
  const lines = summary({
    ...result,
    build: {
      ...build,
      status: 'FAILED',
      errors: ['ERROR: ./frontend/package-lock.json is missing'],
      phases: [
        {
          name: 'INSTALL',
          status: 'FAILED',
          seconds: 1,
          ...timeless,
          context: 'COMMAND_EXECUTION_ERROR: ci/install.sh. Reason: exit status 1',
        },
      ],
    },
  });
  expect(lines.slice(1, 5)).toEqual([
    'FAILED  push of aaaaaaa to main, build mangoo-build-deploy:1',
    '  failed in INSTALL: COMMAND_EXECUTION_ERROR: ci/install.sh. Reason: exit status 1',
    '  ERROR: ./frontend/package-lock.json is missing',
    '  pushed: nothing; deployed: nothing',
  ]);
});

test('what was pushed and deployed before the failure is not hidden', () => {
  const text = summary({
    ...result,
    build: {
      ...build,
      status: 'FAILED',
      phases: [{ name: 'POST_BUILD', status: 'FAILED', seconds: 1, ...timeless }],
    },
    images: [
      {
        name: 'mangoo-backend',
        tag: 'a'.repeat(40),
        digest: `sha256:${'b'.repeat(64)}`,
        built: true,
        reason: 'built and pushed',
      },
    ],
    stacks: [
      {
        name: 'MangooStack',
        status: 'ROLLBACK_COMPLETE',
        application: true,
        changes: { added: 0, modified: 0, removed: 0 },
      },
    ],
  }).join('\n');
  expect(text).toContain('  pushed: mangoo-backend; deployed: MangooStack is ROLLBACK_COMPLETE\n');
  expect(text).toContain('Images     mangoo-backend  aaaaaaa  sha256:bbbbbbbbbbbb  built and pushed\n');
});

test('a denied call is told with who may not do what on what', () => {
  const text = summary({
    ...result,
    aws: {
      ...result.aws,
      calls: [
        {
          principal: 'build',
          action: 'ecr:PutImage',
          resource: 'arn:r',
          decision: 'denied',
          count: 1,
          phase: 'POST_BUILD',
        },
      ],
      unused: ['ecr:CreateRepository'],
    },
  }).join('\n');
  expect(text).toContain('denied in POST_BUILD: build may not ecr:PutImage on arn:r\n');
  expect(text).toContain('never used by the build role: ecr:CreateRepository\n');
});

test('a denied call is told with the statement that would allow it, in one line to paste', () => {
  const call = { action: 'ecr:PutImage', resource: 'arn:r', count: 1 };
  const statement = { Effect: 'Allow', Action: 'ecr:PutImage', Resource: 'arn:r' } as const;
  const text = (phase: string): string =>
    summary({
      ...result,
      aws: {
        ...result.aws,
        calls: [{ ...call, principal: 'build', decision: 'denied', phase: 'POST_BUILD' }],
        principals: [
          {
            principal: 'build',
            unused: [],
            phases: [
              {
                phase,
                used: [],
                denied: [
                  {
                    ...call,
                    reason: '',
                    cause: 'missing',
                    statement,
                    change: 'add the statement to a policy of build',
                  },
                ],
              },
            ],
          },
        ],
      },
    }).join('\n');

  expect(text('POST_BUILD')).toContain(
    `may not ecr:PutImage on arn:r\n             add the statement to a policy of build\n             ${JSON.stringify(statement)}\n`,
  );
  // Another phase's denial is another's.
  expect(text('BUILD')).not.toContain('"Effect"');
});

test('what the deployment role lacks, had for nothing, and what nobody judged is told', () => {
  const told = (lacks: DeployRole['lacks']): string =>
    summary({
      ...result,
      aws: {
        ...result.aws,
        deployRole: { role: 'exec', lacks, tooMuch: ['ec2:A', 'ec2:B'], notJudged: ['AWS::X::Y'] },
      },
    }).join('\n');

  expect(told([])).toContain('exec lacks nothing for the deployed types\n');
  expect(told([])).toContain('exec did not need: ec2:A, ec2:B\n');
  expect(told([])).toContain('not judged for exec: AWS::X::Y\n');
  const statement = { Effect: 'Allow', Action: 'sqs:CreateQueue', Resource: 'arn:q' } as const;
  const lacking = {
    type: 'AWS::SQS::Queue',
    logicalId: 'Queue',
    action: 'sqs:CreateQueue',
    resource: 'arn:q',
  };
  const text = told([{ ...lacking, handler: 'create', statement, change: 'add it' }]);
  expect(text).toContain(
    `exec lacks sqs:CreateQueue on arn:q for Queue (AWS::SQS::Queue): add it\n             ${JSON.stringify(statement)}\n`,
  );
  expect(text).not.toContain('lacks nothing');
});

test('a push that nothing matches says so, and why', () => {
  const lines = summary({
    ...result,
    build: undefined,
    webhook: {
      ...result.webhook,
      ref: 'refs/heads/main-2',
      matched: false,
      filterGroup: [],
      reasons: ['HEAD_REF does not match'],
    },
  });
  expect(lines[1]).toBe('NOT STARTED  push of aaaaaaa to main-2: no filter group of the webhook matches');
  expect(lines).toContain('Webhook    PUSH of refs/heads/main-2: HEAD_REF does not match');
});

test('on a narrow terminal lines are folded and titles stand alone; a path stays one line, to be copied', () => {
  const long = {
    ...result,
    simulated: ['docker: Dockerfiles and contexts are checked, no image is built or run'],
  };
  const lines = summary({ ...long, build: { ...build, log: `/results/${'deep/'.repeat(20)}build.log` } }, 40);
  const tooLong = lines.filter((line) => line.length > 40);
  expect(tooLong).toEqual([`  /results/${'deep/'.repeat(20)}build.log`]);
  expect(lines).toContain('Simulated');
  expect(lines).toContain('  docker: Dockerfiles and contexts are');
  expect(lines).toContain('    checked, no image is built or run');
});

test('the headline of a run whose output is no terminal stays whole, for whoever searches it', () => {
  const error = `ERROR: ${'word '.repeat(50)}end`;
  const failed = {
    ...build,
    status: 'FAILED',
    errors: [error],
    phases: [{ ...build.phases[0], status: 'FAILED' }],
  };
  const lines = summary({
    ...result,
    build: failed as typeof build,
    simulated: [`told: ${'word '.repeat(50)}`],
  });
  expect(lines).toContain(`  ${error}`);
  expect(lines.find((line) => line.startsWith('Simulated'))?.length).toBeLessThanOrEqual(120);
});

test('the very message that would be sent is read without opening anything, with whom it would reach', () => {
  const text = summary({
    ...result,
    notifications: [
      {
        topic: 'mangoo-notifications',
        subject: 'Build failed',
        text: `Phase: BUILD\n\n  exit status 1   ${'x'.repeat(120)} y\n`,
        to: ['email ops@example.com', 'https https://example.com/hook'],
      },
      { topic: 'other', text: 'x', to: [] },
    ],
    undelivered: ['notifier failed 3 times: Error: boom'],
  }).join('\n');

  expect(text).toContain(
    [
      'Notified   mangoo-notifications: Build failed',
      '             Phase: BUILD',
      '',
      `               exit status 1   ${'x'.repeat(120)} y`,
      '             (simulated: would go to email ops@example.com, https https://example.com/hook)',
      '           other: (no subject)',
      '             x',
      '             (simulated: nobody subscribes to it)',
      '           not delivered: notifier failed 3 times: Error: boom',
    ].join('\n'),
  );
  expect(summary(result).join('\n')).not.toMatch(/Notified|not delivered/);
});

test('a pull request that waits is not told to match nothing, and its branch is where it comes from', () => {
  const [, headline] = summary({
    ...result,
    build: undefined,
    webhook: {
      event: 'PULL_REQUEST_CREATED',
      ref: 'refs/heads/main',
      matched: false,
      waitingForApproval: true,
      filterGroup: [],
      reasons: [],
    },
  });

  expect(headline).toBe(
    'NOT STARTED  PULL_REQUEST_CREATED of aaaaaaa from main: the pull request waits for a comment that approves it',
  );
});
