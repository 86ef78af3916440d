import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  ListBuildsForProjectCommand,
} from '@aws-sdk/client-codebuild';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchDeleteImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Attempt } from '../../tools/releases/history';
import type { Recorded } from '../../tools/releases/recorded';
import { hostEnvironment } from '../../tools/host-environment';
import type { Session } from '../../tools/simulator/gateway/sessions';
import { PlayedPipeline } from '../simulator/played-pipeline';
import { ACCOUNT, clientOf } from '../simulator/state/harness';
import { ROOT } from '../simulator/miniature-source';

/** Two pushes and a failed one, and what their users find out and do afterwards, by the real commands. */

let pipeline: PlayedPipeline;
let ada: Session;
let directory: string;
/** By image, of the release that the first push has made. */
let first: Record<string, string>;
let second: Record<string, string>;
let commit: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-rollback-test-'));
  ({ pipeline } = await PlayedPipeline.released());
  ada = aws().sessions.issue({ arn: `arn:aws:iam::${ACCOUNT}:user/ada` });
});

afterAll(async () => {
  await pipeline?.remove();
  rmSync(directory, { recursive: true, force: true });
});

const aws = () => pipeline.simulator.aws;

async function record(): Promise<Recorded> {
  const { Parameter } = await new SSMClient(clientOf(aws())).send(
    new GetParameterCommand({ Name: '/mangoo-releases/default' }),
  );
  return JSON.parse(Parameter?.Value ?? '') as Recorded;
}

function digestsOf({ images }: Recorded): Record<string, string> {
  return Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest]));
}

/** What the services run, by digest. */
function running(): (string | undefined)[] {
  return aws()
    .rollouts.services()
    .map(({ images: [image = ''] }) => image.split('@')[1]);
}

/** All digests that a repository has. */
async function stored(repositoryName = 'mangoo-backend'): Promise<(string | undefined)[]> {
  const ecr = new ECRClient(clientOf(aws()));
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
  return imageDetails.map(({ imageDigest }) => imageDigest).sort();
}

/** How many builds there are of the project. */
async function builds(): Promise<number | undefined> {
  const codebuild = new CodeBuildClient(clientOf(aws()));
  const command = new ListBuildsForProjectCommand({ projectName: 'mangoo-build-deploy' });
  return (await codebuild.send(command)).ids?.length;
}

interface Listed {
  readonly environments: readonly { readonly live?: string; readonly releases: readonly Attempt[] }[];
}

interface Ran<T> {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: T;
}

/** The real command, in a process of its own, with nothing of this machine's AWS settings. */
async function run<T>(tool: string, args: readonly string[], session = ada): Promise<Ran<T>> {
  const json = path.join(directory, 'answer.json');
  rmSync(json, { force: true });
  const cli = path.join(ROOT, 'tools', tool, 'cli.ts');
  const command = ['--require', 'ts-node/register/transpile-only', cli, ...args, '--json', json];
  const env = { ...hostEnvironment(process.env), ...aws().environmentFor(session), HOME: directory };
  const child = spawn(process.execPath, command, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const written = code === 0 ? (JSON.parse(readFileSync(json, 'utf8')) as T) : (undefined as T);
  return { code, ...output, json: written };
}

async function ended(id: string): Promise<Build> {
  const codebuild = new CodeBuildClient(clientOf(aws()));
  for (;;) {
    const { builds: [build] = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
    if (build && build.buildStatus !== 'IN_PROGRESS') return build;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function logOf(logStreamName: string): Promise<string> {
  const logs = new CloudWatchLogsClient(clientOf(aws()));
  const lines: string[] = [];
  let nextToken: string | undefined;
  for (;;) {
    const page = await logs.send(
      new GetLogEventsCommand({
        logGroupName: '/aws/codebuild/mangoo',
        logStreamName,
        startFromHead: true,
        nextToken,
      }),
    );
    lines.push(...(page.events ?? []).map(({ message }) => message ?? ''));
    if (page.nextForwardToken === nextToken) return lines.join('');
    nextToken = page.nextForwardToken;
  }
}

test('what runs and what came to nothing is listed, by reading alone', async () => {
  const before = await record();
  first = digestsOf(before);
  commit = before.commit;
  await pipeline.push('command-fails:INSTALL');
  await pipeline.push();
  second = digestsOf(await record());

  const { code, stdout, stderr, json } = await run<Listed>('releases', []);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [{ live, releases = [] } = {}] = json.environments;
  expect(live).toBe('3');
  expect(releases.map(({ release, status, subject }) => [release, status, subject])).toEqual([
    ['3', 'live', 'Release 3'],
    ['2', 'failed', undefined],
    ['1', 'earlier', 'Release 1'],
  ]);
  expect(releases[1]?.why).toMatch(/^FAILED in INSTALL: COMMAND_EXECUTION_ERROR: /);
  expect(releases[0]).toMatchObject({
    author: 'Test',
    rollback: false,
    images: { backend: { repository: 'mangoo-backend', digest: second.backend, built: true } },
    taskDefinitions: {
      'mangoo-backend-service': expect.stringMatching(/:task-definition\/.+:\d+$/) as string,
    },
  });
  expect(stdout).toMatch(/^\* {2}3 .* live$/m);
  expect(stdout).toContain(`backend ${second.backend?.slice(0, 19)} built`);
  expect(first).not.toEqual(second);
  expect(running()).toEqual(Object.values(second));

  const asked = aws()
    .ledger.all()
    .filter(({ principal }) => principal === 'ada')
    .map(({ action }) => action);
  expect([...new Set(asked)].sort()).toEqual([
    'codebuild:BatchGetBuilds',
    'codebuild:ListBuildsForProject',
    'ecs:DescribeServices',
    'ssm:GetParameterHistory',
  ]);
});

test('without a release, a rollback starts nothing and says what there is to go back to', async () => {
  const { code, stdout } = await run('rollback', []);

  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'What default can go back to, newest first (npm run rollback -- RELEASE):',
    expect.stringMatching(new RegExp(`^ {2}1 {2}\\d{4}-.* {2}${commit.slice(0, 10)} {2}Test: Release 1$`)),
    '',
  ]);
});

test.each([
  ['99', 2, "there is no release '99' of default\nThere are, newest first:\n  1  "],
  ['$(id)', 2, "there is no release '$(id)' of default\nThere are, newest first:\n  1  "],
  ['2', 1, '2 was never released to default: failed, FAILED in INSTALL: '],
  ['3', 1, 'release 3 is what runs in default; nothing is to be done\n'],
])('a rollback to %s is refused, and nothing is started', async (asked, exit, message) => {
  const { code, stdout, stderr } = await run('rollback', [asked]);

  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr.slice(0, message.length)).toBe(message);
  expect(await builds()).toBe(3);
});

test('a rollback deploys the images of that release, by digest, and builds nothing', async () => {
  const before = await stored();

  const { code, stdout, stderr, json } = await run<{ build: string; release: Recorded }>('rollback', ['1']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const build = await ended(json.build);

  expect(build).toMatchObject({ buildStatus: 'SUCCEEDED', resolvedSourceVersion: commit, initiator: 'ada' });
  expect(running()).toEqual(Object.values(first));
  const { images, ...record4 } = await record();
  expect(record4).toMatchObject({ release: '4', commit, rollback: true });
  const found = {
    built: false,
    from: commit,
    builtBy: expect.stringMatching(/^mangoo-build-deploy:/) as string,
  };
  expect(images).toEqual({
    backend: { ...found, repository: 'mangoo-backend', digest: first.backend },
    frontend: { ...found, repository: 'mangoo-frontend', digest: first.frontend },
  });
  expect(await stored()).toEqual(before);

  const stream = json.build.split(':')[1] ?? '';
  const log = await logOf(stream);
  expect(log).toContain(`==> backend: found: the registry has it as ${commit}`);
  expect(log).toContain(`==> frontend: found: the registry has it as ${commit}`);
  expect(log).toContain(`Rolled back, nothing was built: ${commit} of `);
  // Neither installed nor synthesized anew.
  expect(log).toContain('==> deployment: restore: the templates of release 1 are deployed again\n');
  expect(log).not.toMatch(/^==> synthesizing/m);
  expect(log).not.toMatch(/^==> (?:building|compiling|testing|installing \.\/(?:back|front)end)/m);

  const project = '--project-name mangoo-build-deploy';
  expect(stdout).toContain(
    `\n  aws codebuild start-build ${project} --source-version ${commit} --environment-variables-override name=IMAGE_TAG,value=${commit},type=PLAINTEXT name=ROLLBACK,value=1,type=PLAINTEXT name=ROLLBACK_TO,value=${json.release.build},type=PLAINTEXT --region us-east-1\n`,
  );
  expect(stdout).toContain(`It is build 4, ${json.build};`);
  expect(stdout).toContain(
    `\n  aws logs tail /aws/codebuild/mangoo --log-stream-name-prefix ${stream} --follow `,
  );
});

test('it is listed as what runs, and one can go forward again', async () => {
  const { stdout } = await run('releases', ['--limit', '1']);

  expect(stdout).toMatch(/^\* {2}4 .* live, rollback$/m);
  expect(stdout).toContain('3 older');
  expect((await run('rollback', [])).stdout).toMatch(/\n {2}3 {2}.*Release 3\n$/);
});

test('a release whose images are gone is refused before anything is started', async () => {
  const ecr = new ECRClient(clientOf(aws()));
  const imageIds = [{ imageDigest: second.frontend }];
  await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'mangoo-frontend', imageIds }));

  const { code, stdout, stderr } = await run('rollback', ['3']);

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^release 3: mangoo-frontend has no image [0-9a-f]{40} any more\nnothing was started: /,
  );
  expect(stderr).not.toContain('mangoo-backend');
  expect(await builds()).toBe(4);
});

test('whoever may not look is told what they lack, in a line, and not half a list', async () => {
  const RoleName = 'guest';
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  await new IAMClient(clientOf(aws())).send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/guest/session`;
  const guest = aws().sessions.issue({ arn, roleArn: `arn:aws:iam::${ACCOUNT}:role/guest` });

  const { code, stdout, stderr } = await run('releases', [], guest);

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^you may not call (?:ssm:GetParameterHistory|codebuild:ListBuildsForProject); have it|^you may not call \S+; have \S+ allowed to \S+guest/,
  );
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('of several environments, a rollback takes none by itself', async () => {
  const { code, stderr } = await run('rollback', ['1', '--config', 'config/examples/dev-and-prod.ts']);

  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'which environment? Give --environment, one of: dev, prod\n',
  });
});

test.each([
  [
    ['--environment', 'prod'],
    '--environment prod: config/mangoo.ts has none of that name; there are: default',
  ],
  [['--limit', '0'], '--limit 0: expected a number from 1 to 200'],
  [['--config', 'nowhere.ts'], 'nowhere.ts'],
])('misuse is told in a line: %s', async (args, message) => {
  const { code, stderr } = await run('releases', args);

  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
});
