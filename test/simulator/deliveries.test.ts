import { setTimeout as delay } from 'node:timers/promises';
import { CodeBuildClient, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { digestsOf, PlayedPipeline } from './played-pipeline';
import { clientOf } from './state/harness';

// Five builds; one of them is throttled wherever it calls.
jest.setTimeout(300_000);

let pipeline: PlayedPipeline;

beforeAll(async () => {
  ({ pipeline } = await PlayedPipeline.released());
});

afterAll(() => pipeline?.remove());

const aws = () => pipeline.simulator.aws;

test('a build that AWS throttles wherever it calls takes longer, and delivers', async () => {
  const throttles = jest.spyOn(aws().faults, 'throttles');
  const { result, commit, deployed } = await pipeline.push('throttled');
  const refusals = new Map<string, number>();
  throttles.mock.calls.forEach(([operation], i) => {
    if (throttles.mock.results[i]?.value) refusals.set(operation, (refusals.get(operation) ?? 0) + 1);
  });
  throttles.mockRestore();

  expect(result.build?.status).toBe('SUCCEEDED');
  expect(deployed).toMatchObject({
    runs: { backend: commit, frontend: commit },
    latest: { 'mangoo-backend': commit, 'mangoo-frontend': commit },
    stack: 'UPDATE_COMPLETE',
  });
  expect((await pipeline.recorded()).commit).toBe(commit);
  // One of each kind of caller: the plan, the login, the turn, the CDK CLI and what it publishes, the guard, the rollout, the record.
  for (const operation of [
    'ecr:BatchGetImage',
    'ecr:GetAuthorizationToken',
    'codebuild:ListBuildsForProject',
    'sts:AssumeRole',
    's3:PutObject',
    'cloudformation:CreateChangeSet',
    'cloudformation:DescribeChangeSet',
    'cloudformation:ExecuteChangeSet',
    'ecs:DescribeServices',
    'ssm:PutParameter',
  ]) {
    expect([operation, refusals.get(operation)]).toEqual([operation, 2]);
  }
});

test('REBUILD=1 builds and deploys the live commit anew, under a tag of its own: what the commit names stays what it was', async () => {
  const before = await pipeline.recorded();
  const old = digestsOf(before);
  const { build } = await new CodeBuildClient(clientOf(aws())).send(
    new StartBuildCommand({
      projectName: 'mangoo-build-deploy',
      sourceVersion: before.commit,
      environmentVariablesOverride: [{ name: 'REBUILD', value: '1' }],
    }),
  );
  const rebuilt = await pipeline.simulator.builds.ended(build?.id ?? '');
  const log = rebuilt ? pipeline.logOf(rebuilt) : '';
  const tag = `${before.commit}-${rebuilt?.number}`;

  expect([rebuilt?.status, log]).toEqual(['SUCCEEDED', expect.anything()]);
  const out = await pipeline.tagged(tag);
  expect(await pipeline.standing()).toEqual({ runs: out, latest: out, record: out });
  for (const [name, digest] of Object.entries(out)) {
    expect(digest).toMatch(/^sha256:/);
    expect(digest).not.toBe(old[name]);
    expect(log).toContain(`==> building the image of ${name}\n`);
    expect(log).toMatch(
      new RegExp(`^ {2}image +${name} .*@${digest} +build: REBUILD=1 builds everything$`, 'm'),
    );
  }
  expect(log).toMatch(/^ {2}stacks +deploy: there are images to build$/m);
  expect(await pipeline.tagged(before.commit)).toEqual(old);
  const built = { built: true, from: before.commit };
  expect(await pipeline.recorded()).toMatchObject({
    ...{ release: String(rebuilt?.number), commit: before.commit, tag, rollback: false },
    images: { backend: built, frontend: built },
  });
});

test('a push after a build that was stopped in the middle of a deployment waits for its stack, and deploys then', async () => {
  const settled = aws().rollouts.waitUntilSettled.bind(aws().rollouts);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const rollout = jest.spyOn(aws().rollouts, 'waitUntilSettled').mockImplementation(async (...service) => {
    await held;
    return settled(...service);
  });
  const stack = () =>
    aws()
      .cloudFormation.all()
      .find(({ name }) => name === 'MangooStack');

  const before = digestsOf(await pipeline.recorded());
  const stopped = await pipeline.begin('frontend');
  while (!rollout.mock.calls.length) await delay(50);
  pipeline.simulator.builds.stop(stopped.id);
  expect(await pipeline.simulator.builds.ended(stopped.id)).toMatchObject({ status: 'STOPPED' });

  const newer = await pipeline.begin('frontend');
  const waits = '==> waiting for stack MangooStack (UPDATE_IN_PROGRESS)\n';
  while (!pipeline.logOf(newer).includes(waits) && newer.endTime === undefined) await delay(50);
  expect(pipeline.logOf(newer)).toContain(waits);
  expect(pipeline.logOf(newer)).not.toContain('==> preparing');
  const operation = stack()?.operation;
  letGo();
  await operation;
  expect(stack()?.status).toBe('UPDATE_COMPLETE');
  rollout.mockRestore();

  expect(await pipeline.simulator.builds.ended(newer.id)).toMatchObject({ status: 'SUCCEEDED' });
  const out = await pipeline.tagged(newer.resolvedSourceVersion ?? '');
  expect(await pipeline.standing()).toEqual({ runs: out, latest: out, record: out });
  expect(out.frontend).not.toBe(before.frontend);
  // Where REBUILD=1 has built it anew, a push that does not change it keeps what was built then.
  expect(out.backend).toBe(before.backend);
  expect(await pipeline.recorded()).toMatchObject({ build: newer.id, commit: newer.resolvedSourceVersion });
});
