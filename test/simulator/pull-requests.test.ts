import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import config from '../../config/examples/pull-requests';
import type { PipelineConfig } from '../../lib/config';
import { Faults } from '../../tools/simulator/faults';
import { pastGateway } from '../../tools/simulator/gateway/emulated';
import { readEvent } from '../../tools/simulator/github/event-file';
import { type PushOptions, PushRun } from '../../tools/simulator/push';
import type { PushResult } from '../../tools/simulator/report/result';
import { summary } from '../../tools/simulator/report/summary';
import type { Simulator } from '../../tools/simulator/simulator';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

const PAYLOAD = path.join(__dirname, 'github/events/pull-request-of-a-fork.json');

let directory: string;
let source: string;
let simulator: Simulator;

const git = (...args: string[]): string => gitIn(source, ...args);

/** The pipeline as config/examples/pull-requests.ts has it, but for where the small application lies. */
const pipeline: PipelineConfig = { ...config, appDir: '.' };

function options(approve: boolean): PushOptions {
  return {
    source,
    branch: 'main',
    config: path.join(directory, 'config.ts'),
    approve,
    faults: new Faults(),
    require: [],
    keep: false,
    verbose: false,
    results: path.join(directory, 'results'),
  };
}

function run(approve = false, event?: string): PushRun {
  const context = {
    cwd: ROOT,
    // The same everywhere: with an engine, the base images would be needed.
    env: { ...process.env, TMPDIR: directory, DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    signal: new AbortController().signal,
    out: () => undefined,
    err: () => undefined,
  };
  const told = event === undefined ? undefined : readEvent(event);
  return new PushRun(path.join(directory, 'work'), pipeline, told, options(approve), context);
}

interface Sent {
  readonly action?: string;
  readonly head?: string;
  readonly base?: string;
  readonly association?: string;
  readonly fork?: boolean;
}

/** What GitHub sends of a pull request, of a fork whose branch is called main unless it is said otherwise. */
function payload({
  action = 'opened',
  head = 'main',
  base = 'main',
  association = 'NONE',
  fork = true,
}: Sent): string {
  const body = JSON.parse(readFileSync(PAYLOAD, 'utf8')) as {
    action: string;
    pull_request: {
      author_association: string;
      head: { ref: string; sha: string; repo: { id: number } };
      base: { ref: string; repo: { id: number } };
    };
  };
  body.action = action;
  const { pull_request: pull } = body;
  pull.author_association = association;
  pull.head.ref = head;
  pull.head.sha = git('rev-parse', 'HEAD');
  pull.base.ref = base;
  if (!fork) pull.head.repo.id = pull.base.repo.id;
  const file = path.join(directory, 'event.json');
  writeFileSync(file, JSON.stringify(body));
  return file;
}

function receive(sent: Sent, approve = false): Promise<PushResult> {
  return run(approve, payload(sent)).push(simulator);
}

async function images(): Promise<string[]> {
  const ecr = new ECRClient(pastGateway(simulator.aws.emulatorUrl, simulator.aws.region));
  const found = await Promise.all(
    ['mangoo-backend', 'mangoo-frontend'].map((repositoryName) =>
      ecr.send(new DescribeImagesCommand({ repositoryName })),
    ),
  );
  return found.flatMap(({ imageDetails = [] }) => imageDetails.flatMap(({ imageTags = [] }) => imageTags));
}

/** Nothing of the application is there: no image, no stack. */
async function deployedNothing(): Promise<void> {
  expect(await images()).toEqual([]);
  expect(simulator.aws.cloudFormation.all().map(({ name }) => name)).not.toContain('MangooStack');
}

function projectsBuilt(): string[] {
  return simulator.aws.buildRecords.all().map(({ project }) => project.name);
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-pull-requests-test-'));
  source = path.join(directory, 'source');
  copyMiniature(source);
  git('init', '--quiet', '--initial-branch=work');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Say hello');
  const of = (file: string): string => JSON.stringify(path.join(ROOT, file));
  writeFileSync(
    path.join(directory, 'config.ts'),
    `import config from ${of('config/examples/pull-requests')};\nexport default { ...config, appDir: '.' };\n`,
  );
  simulator = await run().prepare();
});

afterAll(async () => {
  await simulator?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a pull request of a fork whose branch is called main builds nothing until it is approved, and deploys nothing', async () => {
  const before = projectsBuilt();
  const result = await receive({});

  expect(result.webhook).toMatchObject({
    event: 'PULL_REQUEST_CREATED',
    ref: 'refs/heads/main',
    matched: false,
    waitingForApproval: true,
  });
  expect(result.webhook.reasons).toContainEqual(
    expect.stringMatching(/^mangoo-build-deploy: EVENT PUSH does not match PULL_REQUEST_CREATED/),
  );
  expect(result.webhook.reasons).toContainEqual(
    expect.stringMatching(/^mangoo-pull-requests: Pull request approval required/),
  );
  expect(result.build).toBeUndefined();
  expect(projectsBuilt()).toEqual(before);
  expect(summary(result)[1]).toMatch(
    /^NOT STARTED {2}PULL_REQUEST_CREATED of [0-9a-f]{7} from main: the pull request waits for a comment that approves it$/,
  );
  await deployedNothing();
});

test('approved, it is tested by the project that can do nothing else: no image is pushed, no stack deployed, no role taken', async () => {
  const { webhook, build, aws } = await receive({ action: 'synchronize' }, true);

  expect(`${build?.status} ${build?.phases.map(({ context = '' }) => context).join('')}`).toBe('SUCCEEDED ');
  expect(webhook).toMatchObject({
    event: 'PULL_REQUEST_UPDATED',
    matched: true,
    filterGroup: [[{ type: 'EVENT' }, { type: 'BASE_REF', pattern: '^refs/heads/main$' }]],
  });
  expect(build?.id).toMatch(/^mangoo-pull-requests:/);
  expect(build?.reports).toEqual([
    { name: 'backend-tests', total: 1, passed: 1, failed: 0, skipped: 0 },
    { name: 'frontend-tests', total: 1, passed: 0, failed: 0, skipped: 1 },
  ]);
  expect(build?.artifacts).toEqual([]);
  // All that its role was asked for; CodeBuild itself has written the log and the reports by it.
  const asked = aws.calls.filter(({ principal }) => principal === 'mangoo-pull-requests-role');
  expect(new Set(asked.map(({ action }) => action))).toEqual(
    new Set([
      'codebuild:BatchPutTestCases',
      'codebuild:CreateReport',
      'codebuild:CreateReportGroup',
      'codebuild:UpdateReport',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]),
  );
  expect(asked.filter(({ decision }) => decision === 'denied')).toEqual([]);
  await deployedNothing();
});

test('what a pull request has its build run is denied whatever the role does not say, and nothing comes of it', async () => {
  const test_ = path.join(source, 'ci/test.sh');
  const honest = readFileSync(test_, 'utf8');
  // The deployment's own steps, and what somebody would try who wants more.
  writeFileSync(
    test_,
    [
      '#!/usr/bin/env bash',
      'set -uo pipefail',
      'account="$(aws sts get-caller-identity --query Account --output text)"',
      'aws ecr get-login-password >/dev/null',
      'aws sts assume-role --role-session-name more \\',
      '  --role-arn "arn:aws:iam::$account:role/cdk-mangoo-deploy-role-$account-us-east-1"',
      'aws sts assume-role --role-session-name more --role-arn "arn:aws:iam::$account:role/mangoo-build-deploy-role"',
      'aws ssm get-parameters --names /mangoo/cognito/user-pool-id',
      'aws secretsmanager get-secret-value --secret-id mangoo/npm',
      'aws s3 cp ci/test.sh "s3://mangoo-artifacts-$account/builds/more"',
      'aws codebuild start-build --project-name mangoo-build-deploy',
      'exit 1',
      '',
    ].join('\n'),
  );
  // Not read: the project has its own.
  writeFileSync(
    path.join(source, 'buildspec.yml'),
    'version: 0.2\nphases: {build: {commands: [ci/deploy.sh]}}\n',
  );
  git('commit', '--quiet', '--all', '--message', 'Take what there is');
  const before = projectsBuilt().length;
  try {
    const { build, aws } = await receive({ action: 'reopened' }, true);
    const denied = aws.calls.filter(
      ({ principal, decision }) => principal === 'mangoo-pull-requests-role' && decision === 'denied',
    );

    expect(build).toMatchObject({ status: 'FAILED' });
    expect(readFileSync(build?.log ?? '', 'utf8')).not.toContain('ci/deploy.sh');
    expect(new Set(denied.map(({ action }) => action))).toEqual(
      new Set([
        'codebuild:StartBuild',
        'ecr:GetAuthorizationToken',
        's3:PutObject',
        'secretsmanager:GetSecretValue',
        'ssm:GetParameters',
        'sts:AssumeRole',
      ]),
    );
    expect(
      denied.filter(({ action }) => action === 'sts:AssumeRole').map(({ resource }) => resource),
    ).toEqual([
      expect.stringMatching(/:role\/cdk-mangoo-deploy-role-/),
      expect.stringMatching(/:role\/mangoo-build-deploy-role$/),
    ]);
    expect(projectsBuilt().slice(0, projectsBuilt().length - before)).toEqual(['mangoo-pull-requests']);
    await deployedNothing();
  } finally {
    writeFileSync(test_, honest);
    git('checkout', '--quiet', 'HEAD~1', '--', 'buildspec.yml');
    git('commit', '--quiet', '--all', '--message', 'Give it back');
  }
});

test.each(['main-2', 'maintenance', 'main/hotfix', 'feature/main', 'Main', 'develop', 'refs/heads/main'])(
  'a pull request to %s builds nothing, approved or not, even if its own branch is called main',
  async (base) => {
    const before = projectsBuilt();
    const { webhook, build } = await receive({ base }, true);

    expect(webhook).toMatchObject({ matched: false, waitingForApproval: false });
    expect(build).toBeUndefined();
    expect(projectsBuilt()).toEqual(before);
  },
);

test("a member's pull request is tested at once, and one that was merged or closed is not", async () => {
  const member = await receive({ head: 'topic', association: 'MEMBER', fork: false });
  expect(member.webhook.matched).toBe(true);
  expect(member.build).toMatchObject({ status: 'SUCCEEDED' });

  const closed = await receive({ action: 'closed', association: 'MEMBER', fork: false });
  expect(closed.webhook.matched).toBe(false);
  await deployedNothing();
});

test('a push to main still comes to the project that deploys, and to no other', async () => {
  const { webhook, build } = await run().push(simulator);

  expect(webhook.matched).toBe(true);
  expect(build).toMatchObject({ status: 'SUCCEEDED' });
  expect(build?.id).toMatch(/^mangoo-build-deploy:/);
  expect(projectsBuilt().filter((name) => name === 'mangoo-build-deploy')).toHaveLength(1);
  expect(await images()).toContain(git('rev-parse', 'HEAD'));
});
