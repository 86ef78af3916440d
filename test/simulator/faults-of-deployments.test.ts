import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { diagnosisOf, type Deployed, messagesOf, PlayedPipeline, type Pushed } from './played-pipeline';

// Twelve builds, most of them whole.
jest.setTimeout(600_000);

let pipeline: PlayedPipeline;
/** What the release of before has left. */
let before: Deployed;

beforeAll(async () => {
  ({ pipeline, before } = await PlayedPipeline.released());
});

afterAll(() => pipeline?.remove());

describe('a deployment that fails leaves the old release, whole: every service runs it, and latest is what it was', () => {
  test.each<[fault: string, stack: RegExp, cause: string, told: RegExp]>([
    [
      'stack-rolls-back',
      /^UPDATE_ROLLBACK_COMPLETE$/,
      'F94',
      /cause: AWS::ECS::Service \w+Service could not be deployed, .*\n {2}fix: correct the resource/,
    ],
    [
      'stack-busy:MangooStack',
      /^UPDATE_COMPLETE$/,
      'F66',
      /cause: another operation runs on the stack \(UPDATE_IN_PROGRESS\).*\n {2}fix: wait for its end/,
    ],
    [
      'rollout-fails:mangoo-backend-service',
      /^UPDATE_ROLLBACK_COMPLETE$/,
      'F77',
      /cause: the new tasks stopped .*\n {2}fix: read why they stopped/,
    ],
    [
      'access-denied:cloudformation:ExecuteChangeSet',
      /^\w+_COMPLETE$/,
      'F89',
      /cause: IAM does not let arn:\S+deploy-role\S+ do cloudformation:ExecuteChangeSet/,
    ],
  ])('%s', async (fault, stack, cause, told) => {
    const pushed = await pipeline.push(fault);
    const { result, commit, summary, deployed } = pushed;
    const { build } = result;

    expect(build?.status).toBe('FAILED');
    expect(build?.phases.find(({ status }) => status !== 'SUCCEEDED')).toMatchObject({
      name: 'POST_BUILD',
      context: 'COMMAND_EXECUTION_ERROR: Error while executing command: ci/deploy.sh. Reason: exit status 1',
    });
    expect(build?.diagnosis?.map(({ id }) => id)).toEqual([cause]);
    expect(summary).toMatch(told);
    expect(messagesOf(pushed)).toEqual([expect.stringContaining(diagnosisOf(pushed))]);
    expect(summary).toContain(`deployed: MangooStack is ${deployed.stack}\n`);
    expect(deployed).toEqual({
      ...before,
      stack: expect.stringMatching(stack) as string,
      tags: expect.anything() as unknown,
    });
    expect(deployed.tags['mangoo-backend']).toContain(commit);
    expect(deployed.tags['mangoo-frontend']).toContain(commit);
  });
});

test('a build that is stopped while its stack changes takes nothing back: the stack ends by itself, and the release is whole', async () => {
  const { aws, builds } = pipeline.simulator;
  const pushing = pipeline.push();
  while (!aws.cloudFormation.all().some(({ isBusy }) => isBusy)) await delay(50);
  builds.stop(aws.buildRecords.all()[0]?.id ?? '');
  const { result, commit, deployed } = await pushing;

  expect(result.build?.status).toBe('STOPPED');
  expect(result.build?.diagnosis?.map(({ id }) => id)).toEqual(['F93']);
  expect(deployed).toMatchObject({
    runs: { backend: commit, frontend: commit },
    stack: 'UPDATE_COMPLETE',
    latest: before.latest,
  });
});

test('a service that never becomes steady ends the build by its own timeout, and latest stays with the old release', async () => {
  const { result, commit, summary, log, deployed } = await pipeline.push(
    'rollout-never-stable:mangoo-frontend-service',
  );

  expect(result.build?.status).toBe('FAILED');
  expect(log).toContain('ERROR: after 5 s these services are not steady: mangoo-frontend-service');
  expect(log).toContain('is unable to consistently start tasks successfully');
  expect(result.build?.diagnosis?.map(({ id }) => id)).toEqual(['F90']);
  expect(summary).toMatch(
    /cause: the tasks of mangoo-frontend-service stop again and again.*\n {2}fix: read why/,
  );
  // The stack is done: the new release is out, whole, and nothing takes it back.
  expect(deployed).toMatchObject({
    runs: { backend: commit, frontend: commit },
    stack: 'UPDATE_COMPLETE',
    latest: before.latest,
  });
});

test('a vulnerable image is deployed where nothing is refused, and the event bus is told of it and of the build', async () => {
  const put = jest.spyOn(pipeline.simulator.aws.events, 'put');
  const pushed = await pipeline.push('scan-finds:HIGH:CVE-2026-12345');
  const { result, commit, summary, deployed } = pushed;
  const told = put.mock.calls.map(([{ source, detail }]) =>
    source === 'aws.ecr'
      ? [detail['repository-name'], detail['finding-severity-counts'], detail['image-tags']]
      : detail['build-status'],
  );
  put.mockRestore();

  expect(result.build?.status).toBe('SUCCEEDED');
  expect(deployed.runs).toEqual({ backend: commit, frontend: commit });
  expect(messagesOf(pushed).sort()).toEqual([
    expect.stringMatching(/^1 HIGH: vulnerabilities in image mangoo-backend:/),
    expect.stringMatching(/^1 HIGH: vulnerabilities in image mangoo-frontend:/),
    expect.stringMatching(/^WORKS AGAIN: .*\n\n.* works again, after \d+ failed builds since /),
  ]);
  expect(summary).toMatch(/ECR: image scans \(\d+\) look for nothing; the findings \(2\) were asked for/);
  expect(told.filter((what) => typeof what === 'string')).toEqual(['IN_PROGRESS', 'SUCCEEDED']);
  for (const repository of ['mangoo-backend', 'mangoo-frontend']) {
    expect(told).toContainEqual([repository, { HIGH: 1 }, expect.arrayContaining([commit]) as string[]]);
  }
});

describe('of two pushes the newer one is live in the end, whole', () => {
  test.each([
    // It makes way before it deploys.
    ['two-pushes', 'STOPPED'],
    // It deploys already, and is waited for.
    ['push-during-deploy', 'SUCCEEDED'],
  ])('%s: the older build ends %s', async (fault, older) => {
    const pushed = await pipeline.push(fault);
    const [second, first] = pipeline.simulator.aws.buildRecords.all();
    const commits = [first?.resolvedSourceVersion ?? '', second?.resolvedSourceVersion ?? ''];

    expect(commits[0]).toBe(pushed.commit);
    expect(parentOf(commits[1] ?? '')).toBe(commits[0]);
    expect(pushed.summary).toContain(`  meanwhile: build ${second?.id} `);
    expect(wholeRelease(pushed)).toEqual([expect.stringMatching(commits.join('|'))]);
    expect(pushed.deployed.stack).toBe('UPDATE_COMPLETE');
    expect([first?.status, second?.status]).toEqual([older, 'SUCCEEDED']);
    expect(pushed.deployed.tags['mangoo-frontend']).toEqual(expect.arrayContaining(commits));
  });
});

/** The commits that services run: of a whole release, one. */
function wholeRelease({ deployed }: Pushed): string[] {
  return [...new Set(Object.values(deployed.runs))];
}

function parentOf(commit: string): string {
  const args = ['rev-parse', `${commit}^`];
  return execFileSync('git', args, { cwd: pipeline.repository, encoding: 'utf8' }).trim();
}
