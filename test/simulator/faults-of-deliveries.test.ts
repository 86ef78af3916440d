import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { hostEnvironment } from '../../tools/host-environment';
import type { Attempt } from '../../tools/releases/history';
import type { Recorded } from '../../tools/releases/recorded';
import type { Stray } from '../../tools/releases/strays';
import { ROOT } from './miniature-source';
import { digestsOf, PlayedPipeline, type Pushed } from './played-pipeline';
import { clientOf } from './state/harness';

// Fifteen builds, most of them whole.
jest.setTimeout(600_000);

let pipeline: PlayedPipeline;
/** The release that was recorded before the push. */
let before: Recorded;

beforeAll(async () => {
  ({ pipeline } = await PlayedPipeline.released());
  before = await pipeline.recorded();
});

afterAll(() => pipeline?.remove());

const aws = () => pipeline.simulator.aws;

/** What the build itself has left of its release. */
async function releaseOf({
  result: { build },
}: Pushed): Promise<{ status: string; step?: string; runs?: string }> {
  const [, Bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(build?.artifactLocation ?? '') ?? [];
  const s3 = new S3Client({ ...clientOf(aws()), forcePathStyle: true });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: `${prefix}release.json` }));
  return JSON.parse((await Body?.transformToString()) ?? '') as { status: string };
}

interface Listed {
  readonly live?: string;
  readonly strays: readonly Stray[];
  readonly releases: readonly Attempt[];
}

/** What `npm run releases` says. */
async function listed(): Promise<Listed> {
  const directory = mkdtempSync(path.join(tmpdir(), 'mangoo-deliveries-test-'));
  try {
    const json = path.join(directory, 'releases.json');
    const cli = ['--require', 'ts-node/register/transpile-only', 'tools/releases/cli.ts', '--json', json];
    const env = {
      ...hostEnvironment(process.env),
      ...aws().environmentFor(aws().administrator),
      HOME: directory,
    };
    await promisify(execFile)(process.execPath, cli, { cwd: ROOT, env });
    const { environments } = JSON.parse(readFileSync(json, 'utf8')) as { environments: [Listed] };
    return environments[0];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Stops the newest build as soon as something is seen. */
async function stopWhen(seen: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await seen())) await delay(100);
  pipeline.simulator.builds.stop(aws().buildRecords.all()[0]?.id ?? '');
}

const images = (): number =>
  aws()
    .ledger.all()
    .filter(({ action, decision }) => action === 'ecr:PutImage' && decision === 'allowed')
    .reduce((sum, { count }) => sum + count, 0);

describe('before anything is deployed, and where AWS takes it back, the old release stays whole, and is what the record says', () => {
  test.each([
    ['the tests fail', 'command-fails:BUILD'],
    ['an image does not build', 'build-fails:frontend'],
    ['the second image cannot be pushed', 'push-fails:mangoo-frontend'],
    ['the credentials expire', 'credentials-expired:POST_BUILD'],
  ])('%s', async (_, fault) => {
    const pushed = await pipeline.push(fault);

    expect(pushed.result.build?.status).toBe('FAILED');
    await expectOld(pushed);
  });

  test.each([
    ['a change set may not be executed', 'access-denied:cloudformation:ExecuteChangeSet'],
    ['the stack rolls back', 'stack-rolls-back'],
    ['the rollout of one service fails', 'rollout-fails:mangoo-backend-service'],
  ])('%s, and the build has recorded that the old one runs', async (_, fault) => {
    const pushed = await pipeline.push(fault);

    expect(pushed.result.build?.status).toBe('FAILED');
    await expectOld(pushed);
    expect(await releaseOf(pushed)).toMatchObject({ status: 'failed', step: 'deploy.sh', runs: 'before' });
  });

  test('the build is stopped when one of two images is pushed', async () => {
    const first = images() + 1;
    const pushing = pipeline.push();
    await stopWhen(() => images() >= first);
    const pushed = await pushing;

    expect(pushed.result.build?.status).toBe('STOPPED');
    await expectOld(pushed);
  });

  async function expectOld(pushed: Pushed): Promise<void> {
    const old = digestsOf(before);
    expect(await pipeline.standing()).toEqual({ runs: old, latest: old, record: old });
    expect(await pipeline.recorded()).toEqual(before);
    expect(await pipeline.tagged(pushed.commit)).not.toEqual(old);
  }
});

describe('once the stack has changed, the new release is out, whole, and the record is not ahead of what was seen', () => {
  test('somebody pushes on top: the older build stops itself, and the newer release is recorded', async () => {
    const pushed = await pipeline.push('two-pushes');
    const [newer, older] = aws().buildRecords.all();

    expect(older?.resolvedSourceVersion).toBe(pushed.commit);
    expect([older?.status, newer?.status]).toEqual(['STOPPED', 'SUCCEEDED']);
    await expectNew(newer?.resolvedSourceVersion ?? '');
  });

  test.each([
    ['the record may not be written', 'access-denied:ssm:PutParameter', 'release.sh'],
    ['a service never becomes steady', 'rollout-never-stable:mangoo-frontend-service', 'verify.sh'],
  ])(
    '%s: the record stays with the old one, and the build has one of what it deployed',
    async (_, fault, step) => {
      const pushed = await pipeline.push(fault);

      expect(pushed.result.build?.status).toBe('FAILED');
      await expectUnverified(pushed);
      const { commit } = pushed;
      expect(await releaseOf(pushed)).toMatchObject({ status: 'failed', step, commit, runs: 'this' });
      expect(digestsOf((await releaseOf(pushed)) as unknown as Recorded)).toEqual(pipeline.running());
    },
  );

  test('the build is stopped while the stack changes: the record stays with the old one', async () => {
    const pushing = pipeline.push();
    await stopWhen(() =>
      aws()
        .cloudFormation.all()
        .some(({ isBusy }) => isBusy),
    );
    const pushed = await pushing;

    expect(pushed.result.build?.status).toBe('STOPPED');
    await expectUnverified(pushed);
  });

  test('the build is stopped when the release is recorded: latest may be behind until the next push', async () => {
    const pushing = pipeline.push();
    await stopWhen(async () => (await pipeline.recorded()).build !== before.build);
    const pushed = await pushing;

    expect(pushed.result.build?.status).toBe('STOPPED');
    const [old, out] = [digestsOf(before), await pipeline.tagged(pushed.commit)];
    const { runs, record, latest } = await pipeline.standing();
    expect({ runs, record }).toEqual({ runs: out, record: out });
    for (const [service, digest] of Object.entries(latest)) {
      expect([old[service], out[service]]).toContain(digest);
    }
    await expectNew((await pipeline.push()).commit);
  });

  async function expectNew(commit: string): Promise<void> {
    const out = await pipeline.tagged(commit);
    expect(await pipeline.standing()).toEqual({ runs: out, latest: out, record: out });
    expect(out).not.toEqual(digestsOf(before));
    before = await pipeline.recorded();
    expect(before.commit).toBe(commit);
  }

  /** It runs, the list of releases says so, and neither record nor `latest` says so, because nobody has seen it run well. */
  async function expectUnverified(pushed: Pushed): Promise<void> {
    const [old, out] = [digestsOf(before), await pipeline.tagged(pushed.commit)];
    expect(await pipeline.standing()).toEqual({ runs: out, latest: old, record: old });
    expect(await pipeline.recorded()).toEqual(before);
    expect(out).not.toEqual(old);
    const { live, strays, releases } = await listed();
    expect(live).toBeUndefined();
    const statuses = Object.fromEntries(releases.map(({ build, status }) => [build, status]));
    expect(statuses[pushed.result.build?.id ?? '']).toMatch(/^(failed|stopped)$/);
    expect(statuses[before.build]).toBe('recorded');
    expect(
      Object.fromEntries(
        strays.map(({ service, images: [image] }) => [
          service.replace(/^mangoo-|-service$/g, ''),
          image?.split('@')[1],
        ]),
      ),
    ).toEqual(pipeline.running());
  }
});
