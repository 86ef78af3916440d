import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Fault, Faults } from '../../tools/simulator/faults';
import { simulatePush } from '../../tools/simulator/push';
import type { PushResult } from '../../tools/simulator/report/result';
import { copyMiniature, gitIn, ROOT } from './miniature-source';

let directory: string;
let source: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-loop-test-'));
  source = path.join(directory, 'source');
  copyMiniature(source);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const git = (...args: string[]): string => gitIn(source, ...args);

function commit(message: string): string {
  git('init', '--quiet', '--initial-branch=work');
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
  return git('rev-parse', 'HEAD');
}

async function push(faults: Fault[] = []): Promise<{ result: PushResult; output: string }> {
  const lines: string[] = [];
  const { result } = await simulatePush(
    {
      source,
      branch: 'main',
      config: path.join(ROOT, 'config/mangoo.ts'),
      faults: new Faults(faults),
      require: [],
      keep: false,
      verbose: true,
      results: path.join(directory, 'results'),
    },
    {
      cwd: ROOT,
      env: {
        ...process.env,
        TMPDIR: directory,
        AWS_PROFILE: 'production',
        AWS_ACCESS_KEY_ID: 'AKIAREALONE',
        // The same everywhere: with an engine, the base images would be needed.
        DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      },
      signal: new AbortController().signal,
      out: (line) => lines.push(line),
      err: (line) => lines.push(line),
    },
  );
  return { result, output: lines.join('\n') };
}

test('a push to main ends with its commit running, by digest, verified, and everything that was promised stored', async () => {
  const head = commit('Say ${{ hello }}');
  const { result, output } = await push();
  const { build } = result;

  expect(
    `${build?.status}: ${build?.phases.map((phase) => phase.context ?? '').join('')}\n${output}`,
  ).toMatch(/^SUCCEEDED: \n/);
  expect(result.webhook).toMatchObject({ event: 'PUSH', ref: 'refs/heads/main', matched: true });
  expect(build?.exportedVariables).toEqual({
    IMAGE_TAG: head,
    IMAGE_URIS: `backend=${build?.exportedVariables.BACKEND_IMAGE_URI} frontend=${build?.exportedVariables.FRONTEND_IMAGE_URI}`,
    BACKEND_IMAGE_URI: expect.stringMatching(/\/mangoo-backend@sha256:[0-9a-f]{64}$/) as string,
    FRONTEND_IMAGE_URI: expect.stringMatching(/\/mangoo-frontend@sha256:[0-9a-f]{64}$/) as string,
  });
  expect(build?.reports).toEqual([
    { name: 'backend-tests', total: 1, passed: 1, failed: 0, skipped: 0 },
    // It has no tests, and says so: without a report, CodeBuild would fail the build.
    { name: 'frontend-tests', total: 1, passed: 0, failed: 0, skipped: 1 },
  ]);
  expect(build?.artifacts).toEqual(
    expect.arrayContaining([
      'backend/app/greeting.py',
      'cdk-outputs.json',
      'cdk/cdk.out/MangooStack.template.json',
      'frontend/dist/index.html',
      'images.tsv',
      'test-reports/backend.xml',
    ]),
  );

  const digests = Object.fromEntries(result.images.map(({ name, digest }) => [name, digest]));
  expect(result.images.map(({ tag, built }) => ({ tag, built }))).toEqual([
    { tag: head, built: true },
    { tag: head, built: true },
  ]);
  expect(
    result.services
      .map(({ name, image, rollout, forced }) => ({ name, digest: image.split('@')[1], rollout, forced }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  ).toEqual([
    {
      name: 'mangoo-backend-service',
      digest: digests['mangoo-backend'],
      rollout: 'COMPLETED',
      forced: false,
    },
    {
      name: 'mangoo-frontend-service',
      digest: digests['mangoo-frontend'],
      rollout: 'COMPLETED',
      forced: false,
    },
  ]);
  expect(result.stacks.filter((stack) => stack.application)).toEqual([
    expect.objectContaining({
      name: 'MangooStack',
      status: 'CREATE_COMPLETE',
      changes: { added: 6, modified: 0, removed: 0 },
    }),
  ]);

  expect(result.aws.calls.filter((call) => call.decision === 'denied')).toEqual([]);
  // What the build does on AWS, it does as its own role.
  const principals = new Set(
    result.aws.calls.filter((call) => call.action === 'ecr:PutImage').map((call) => call.principal),
  );
  expect([...principals]).toEqual(['mangoo-build-deploy-role']);

  expect(readFileSync(build?.log ?? '', 'utf8')).toContain(
    'Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED',
  );
  expect(git('status', '--porcelain')).toBe('');
  // Neither the build's directory nor the emulated AWS is left.
  expect(readdirSync(directory).sort()).toEqual(['results', 'source']);
});

test('a failing backend test ends the build: nothing is pushed or deployed, and the result says where it failed', async () => {
  const tests = path.join(source, 'backend/tests/test_greeting.py');
  writeFileSync(tests, readFileSync(tests, 'utf8').replace('hello mangoo', 'hello somebody else'));
  commit('Break the greeting');
  const { result } = await push();

  expect(result.build).toMatchObject({
    status: 'FAILED',
    reports: [
      { name: 'backend-tests', total: 1, passed: 0, failed: 1, skipped: 0 },
      { name: 'frontend-tests', skipped: 1 },
    ],
  });
  expect(result.build?.phases.filter((phase) => phase.status !== 'SUCCEEDED')).toEqual([
    expect.objectContaining({
      name: 'BUILD',
      status: 'FAILED',
      context:
        'COMMAND_EXECUTION_ERROR: Error while executing command: ci/test-and-build.sh. Reason: exit status 1',
    }),
    expect.objectContaining({ name: 'POST_BUILD', status: 'FAILED' }),
  ]);
  expect(result.images).toEqual([]);
  expect(result.services).toEqual([]);
  expect(result.stacks.filter((stack) => stack.application)).toEqual([]);
  const actions = result.aws.calls.filter((call) => call.phase === 'POST_BUILD').map((call) => call.action);
  expect(actions).toEqual([]);
  expect(existsSync(result.build?.log ?? '')).toBe(true);
});
