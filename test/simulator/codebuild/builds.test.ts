import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { PhaseResult } from '../../../tools/simulator/engine/types';
import type { BuildRecord } from '../../../tools/simulator/codebuild/record';
import { fleet, PROJECT, removeDirectories } from './fleet';

afterAll(removeDirectories);

function running(commands: string): { buildspecOverride: string } {
  return { buildspecOverride: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${commands}\n` };
}

test('whoever starts a build reads in the API what it did: phases in order, number, initiator, log', async () => {
  const { builds, call, logs } = await fleet();
  const { build: started } = await call('StartBuild', { projectName: 'p' });
  expect(started).toMatchObject({ buildStatus: 'IN_PROGRESS', buildComplete: false, buildNumber: 1 });
  await builds.ended(started.id);

  const { builds: shown } = await call('BatchGetBuilds', { ids: [started.id, 'p:none'] });
  expect(shown[0]).toMatchObject({
    id: started.id,
    arn: `arn:aws:codebuild:us-east-1:123456789012:build/${started.id}`,
    buildStatus: 'SUCCEEDED',
    buildComplete: true,
    currentPhase: 'COMPLETED',
    projectName: 'p',
    initiator: 'ada',
    logs: { groupName: '/aws/codebuild/p', streamName: started.id.split(':')[1] },
  });
  expect(shown[0]?.phases.map(({ phaseType, phaseStatus }) => `${phaseType} ${phaseStatus ?? ''}`)).toEqual([
    'SUBMITTED SUCCEEDED',
    'QUEUED SUCCEEDED',
    'PROVISIONING SUCCEEDED',
    'DOWNLOAD_SOURCE SUCCEEDED',
    'INSTALL SUCCEEDED',
    'PRE_BUILD SUCCEEDED',
    'BUILD SUCCEEDED',
    'POST_BUILD SUCCEEDED',
    'UPLOAD_ARTIFACTS SUCCEEDED',
    'FINALIZING SUCCEEDED',
    'COMPLETED ',
  ]);
  expect([...logs.values()].join('')).toContain('hello\n');
});

test('a failed command is found by its status code and message, as in the console', async () => {
  const { builds, call } = await fleet();
  const { build } = await call('StartBuild', { projectName: 'p', ...running('exit 3') });
  await builds.ended(build.id);
  const { builds: shown } = await call('BatchGetBuilds', { ids: [build.id] });
  expect(shown[0]?.phases.find(({ phaseType }) => phaseType === 'BUILD')).toMatchObject({
    phaseStatus: 'FAILED',
    contexts: [
      {
        statusCode: 'COMMAND_EXECUTION_ERROR',
        message: 'Error while executing command: exit 3. Reason: exit status 3',
      },
    ],
  });
});

test('twenty builds at once all end, in the order of their queue, and none is lost', async () => {
  const { builds, call, logs } = await fleet();
  const started = await Promise.all(
    Array.from({ length: 20 }, () =>
      call('StartBuild', { projectName: 'p', ...running('echo "n $CODEBUILD_BUILD_NUMBER"') }),
    ),
  );
  const ended = await Promise.all(started.map(({ build }) => builds.ended(build.id)));
  expect(ended.map((record) => record?.status)).toEqual(Array.from({ length: 20 }, () => 'SUCCEEDED'));
  expect(new Set(ended.map((record) => record?.number)).size).toBe(20);
  expect(logs.size).toBe(20);
});

test('a stopped build ends with all that it started, and one that waits never begins', async () => {
  const { builds, call, logs } = await fleet({ quota: 1 });
  const { build: first } = await call('StartBuild', {
    projectName: 'p',
    ...running('sleep 600 & sleep 600'),
  });
  const { build: second } = await call('StartBuild', { projectName: 'p' });
  await call('StopBuild', { id: second.id });
  await call('StopBuild', { id: first.id });

  const statuses = await Promise.all([first, second].map(({ id }) => builds.ended(id)));
  expect(statuses.map((record) => record?.status)).toEqual(['STOPPED', 'STOPPED']);
  expect(statuses[1]?.phases.map(({ name, status }) => `${name} ${status}`)).toContain('QUEUED STOPPED');
  expect(logs.get(second.id.split(':')[1] ?? '') ?? '').not.toContain('hello');
});

test('a project with a limit of its own refuses a build instead of queueing it: what loses pushes on AWS loses them here', async () => {
  const { builds, call } = await fleet();
  await call('UpdateProject', { name: 'p', concurrentBuildLimit: 1 });
  const { build } = await call('StartBuild', { projectName: 'p', ...running('sleep 600') });
  await expect(call('StartBuild', { projectName: 'p' })).rejects.toMatchObject({
    code: 'AccountLimitExceededException',
  });
  await call('StopBuild', { id: build.id });
  await builds.ended(build.id);
  await expect(call('StartBuild', { projectName: 'p' })).resolves.toBeDefined();
  await builds.stopAll();
});

test('builds are listed newest first, a hundred at a time, and the oldest first where that is asked for', async () => {
  const { builds, call } = await fleet();
  const records = Array.from({ length: 130 }, (_, index): BuildRecord => record(index + 1));
  const many = await fleet({ records });
  const first = await many.call('ListBuildsForProject', { projectName: 'p' });
  const second = await many.call('ListBuildsForProject', { projectName: 'p', nextToken: first.nextToken });
  expect([first.ids.length, first.ids[0], second.ids.length, second.ids.at(-1)]).toEqual([
    100,
    'p:130',
    30,
    'p:1',
  ]);
  expect(second.nextToken).toBeUndefined();
  expect((await many.call('ListBuilds', { sortOrder: 'ASCENDING' })).ids[0]).toBe('p:1');
  // AWS does not sort so many; whoever asks for it finds out with the 101st build.
  for (const sortOrder of ['ASCENDING', 'DESCENDING']) {
    await expect(many.call('ListBuildsForProject', { projectName: 'p', sortOrder })).rejects.toThrow(
      'more than 100',
    );
  }
  await expect(call('ListBuildsForProject', { projectName: 'other' })).rejects.toThrow(
    'Project cannot be found',
  );
  await builds.stopAll();
});

test('a build that the simulator did not live to see end is a fault, not a build for ever', async () => {
  const { call } = await fleet({
    records: [{ ...record(7), status: 'IN_PROGRESS', endTime: undefined, currentPhase: 'BUILD' }],
  });
  const { builds: shown } = await call('BatchGetBuilds', { ids: ['p:7'] });
  expect(shown[0]).toMatchObject({ buildStatus: 'FAULT', buildComplete: true });
  const { build } = await call('StartBuild', { projectName: 'p' });
  expect(build.buildNumber).toBe(8);
});

test('a retried build is the same again, overrides and source version, under a number of its own', async () => {
  const { builds, call, logs } = await fleet();
  const { build } = await call('StartBuild', {
    projectName: 'p',
    sourceTypeOverride: 'GITHUB',
    sourceVersion: 'v1.2',
    ...running('cat version'),
  });
  await builds.ended(build.id);
  const { build: retried } = await call('RetryBuild', { id: build.id });
  await builds.ended(retried.id);
  expect(retried).toMatchObject({ buildNumber: 2, sourceVersion: 'v1.2' });
  expect(logs.get(retried.id.split(':')[1] ?? '')).toContain('v1.2');
});

test('the same idempotency token starts one build, however often a client repeats the call', async () => {
  const { builds, records, call } = await fleet();
  const start = { projectName: 'p', idempotencyToken: 'once' };
  const [one, two] = [await call('StartBuild', start), await call('StartBuild', start)];
  expect(two.build.id).toBe(one.build.id);
  expect(records.all()).toHaveLength(1);
  await builds.stopAll();
});

test('a build leaves no directory behind', async () => {
  const { builds, call, directory } = await fleet();
  const { build } = await call('StartBuild', { projectName: 'p' });
  await builds.ended(build.id);
  expect(
    existsSync(path.join(directory, 'builds')) ? readdirSync(path.join(directory, 'builds')) : [],
  ).toEqual([]);
});

test('a full disk ends the build whose log it cuts off, as a fault with the reason, and the next one runs', async () => {
  let full = true;
  const write = (): void => {
    if (full) throw new Error('ENOSPC: no space left on device, write');
  };
  const { builds, call } = await fleet({}, { open: () => ({ write, end: write }) });
  const { build } = await call('StartBuild', { projectName: 'p', ...running('sleep 600') });
  const ended = await builds.ended(build.id);
  expect(ended?.status).toBe('FAULT');
  expect(ended?.phases.find(({ status }) => status === 'FAULT')?.context).toBe(
    'INTERNAL_SERVICE_ERROR: ENOSPC: no space left on device, write',
  );
  full = false;
  const { build: next } = await call('StartBuild', { projectName: 'p' });
  expect((await builds.ended(next.id))?.status).toBe('SUCCEEDED');
});

test('a project that no build can be made of faults its own builds, never the simulator', async () => {
  const { builds, call } = await fleet();
  await call('CreateProject', { ...PROJECT, name: 'broken', serviceRole: undefined });
  const { build } = await call('StartBuild', { projectName: 'broken' });
  const ended = await builds.ended(build.id);
  expect(ended).toMatchObject({ status: 'FAULT', endTime: expect.any(Number) as number });
});

test('a source that comes after the stop is not left in the directory of builds', async () => {
  let come = (): void => undefined;
  const asked = new Promise<void>((resolve) => (come = resolve));
  let arrive = (): void => undefined;
  const { builds, call, directory } = await fleet({
    source: {
      checkout: async (_version, target) => {
        come();
        await new Promise<void>((resolve) => (arrive = resolve));
        mkdirSync(path.join(target, 'late'), { recursive: true });
        return 'c0ffee';
      },
    },
  });
  const { build } = await call('StartBuild', { projectName: 'p', sourceTypeOverride: 'GITHUB' });
  await asked;
  builds.stop(build.id);
  setTimeout(() => arrive(), 300);
  expect((await builds.ended(build.id))?.status).toBe('STOPPED');
  expect(readdirSync(path.join(directory, 'builds'))).toEqual([]);
});

test('a build that starts while the simulator ends is stopped too', async () => {
  const { builds } = await fleet();
  const { project } = record(1);
  const { buildspecOverride: buildspec } = running('sleep 600');
  const sleeping = { ...project, source: { ...project.source, buildspec } };
  let late: BuildRecord | undefined;
  const watcher = {
    phaseEnded: ({ status }: PhaseResult) => {
      if (status === 'STOPPED') late = builds.start(sleeping, { initiator: 'ada' });
    },
  };
  builds.start(sleeping, { initiator: 'ada' }, watcher);
  await builds.stopAll();
  expect(late?.status).toBe('STOPPED');
});

test.each([
  [{ timeoutInMinutesOverride: 4 }, 'Invalid timeout: must be between 5 and 2160 minutes, got 4'],
  [{ debugSessionEnabled: true }, 'The simulator does not play debugSessionEnabled.'],
])('%j is refused, because it would not do what was asked', async (input, message) => {
  const { call } = await fleet();
  await expect(call('StartBuild', { projectName: 'p', ...input })).rejects.toThrow(message);
});

function record(number: number): BuildRecord {
  return {
    id: `p:${number}`,
    arn: `arn:aws:codebuild:us-east-1:123456789012:build/p:${number}`,
    number,
    project: { ...PROJECT, arn: 'arn:aws:codebuild:us-east-1:123456789012:project/p' },
    initiator: 'ada',
    logGroup: '/aws/codebuild/p',
    logStream: String(number),
    startTime: number,
    endTime: number,
    status: 'SUCCEEDED',
    phases: [],
    currentPhase: 'COMPLETED',
    currentPhaseStartedAt: number,
    exportedVariables: {},
    artifacts: [],
    reports: [],
    simulated: [],
  };
}
