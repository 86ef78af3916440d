import { diagnosisOf, type Deployed, messagesOf, PlayedPipeline, type Pushed } from './played-pipeline';

// Fifteen builds, one after the other.
jest.setTimeout(600_000);

let pipeline: PlayedPipeline;
/** What the release of before has left. */
let before: Deployed;

beforeAll(async () => {
  ({ pipeline, before } = await PlayedPipeline.released());
});

afterAll(() => pipeline?.remove());

function failureOf({ result: { build } }: Pushed): object {
  const failed = build?.phases.find(({ status }) => status !== 'SUCCEEDED');
  return {
    status: build?.status,
    phase: failed?.name,
    context: failed?.context,
    causes: build?.diagnosis?.map(({ id }) => id),
  };
}

/** Subject and first line of the message about the build. */
const MESSAGES: Readonly<Record<string, RegExp>> = {
  'parameter-missing:/mangoo/api-key':
    /^FAILED: A parameter is missing - mangoo-build-deploy\n\nmangoo-build-deploy failed in DOWNLOAD_SOURCE\.\n/,
  'command-fails:INSTALL':
    /^FAILED: ci\/source.sh, exit status 1 - .*\n\nci\/source.sh failed .* in INSTALL of /,
  'command-fails:PRE_BUILD':
    /^FAILED: IMAGE_TAG=.*\n\nIMAGE_TAG=.* failed with exit status 1 in PRE_BUILD of /,
  'command-fails:BUILD':
    /^FAILED: ci\/test-and-build.sh, exit status 1 - .*\(main\)\n\nci\/test-and-build.sh failed .* in BUILD of /,
  'command-fails:POST_BUILD': /^FAILED: \[ "\$.*\n\n\[ .* failed with exit status 1 in POST_BUILD of /,
  'disk-full:PRE_BUILD': /^FAILED: The disk is full - IMAGE_TAG=/,
  'build-stopped:BUILD': /^STOPPED - .*\n\n.* was stopped in BUILD while ci\/test-and-build.sh ran\.\n/,
  'times-out:PRE_BUILD': /^TIMED OUT - .*\n\n.* timed out after 60 minutes in PRE_BUILD while IMAGE_TAG=/,
  'build-fails:frontend':
    /^FAILED: An image does not build - ci\/test-and-build.sh - .*\n\nci\/test-and-build.sh failed .* in BUILD /,
  'registry-throttles:1000':
    /^FAILED: ECR throttles - ci\/push.sh - .*\n\nci\/push.sh failed .* in POST_BUILD /,
  'access-denied:ecr:PutImage': /^FAILED: A permission is missing - ci\/push.sh - /,
};

const command = (name: string): unknown => expect.stringContaining(`Error while executing command: ${name}`);

describe('a build that fails before it pushes leaves everything as it was, and says why', () => {
  test.each<[fault: string, status: string, phase: string, context: unknown, cause: string, told: RegExp]>([
    [
      'parameter-missing:/mangoo/api-key',
      'FAILED',
      'DOWNLOAD_SOURCE',
      expect.stringMatching(/parameter does not exist: \/mangoo\/api-key$/i),
      'F34',
      /cause: .*no \/mangoo\/api-key .*\n {2}fix: create it/,
    ],
    [
      'command-fails:INSTALL',
      'FAILED',
      'INSTALL',
      command('ci/source.sh'),
      'F95',
      /cause: `ci\/source.sh` ended/,
    ],
    [
      'command-fails:PRE_BUILD',
      'FAILED',
      'PRE_BUILD',
      command('IMAGE_TAG='),
      'F95',
      /exit status 1\n {2}fix: read what/,
    ],
    [
      'command-fails:BUILD',
      'FAILED',
      'BUILD',
      command('ci/test-and-build.sh'),
      'F95',
      /cause: `ci\/test-and-build.sh` ended/,
    ],
    ['command-fails:POST_BUILD', 'FAILED', 'POST_BUILD', command('[ "${CODEBUILD_'), 'F95', /fix: read what/],
    [
      'disk-full:PRE_BUILD',
      'FAILED',
      'PRE_BUILD',
      command('IMAGE_TAG='),
      'F37',
      /cause: the disk .*\n {2}fix: choose a larger build.computeType/,
    ],
    [
      'build-stopped:BUILD',
      'STOPPED',
      'BUILD',
      undefined,
      'F93',
      /cause: somebody stopped .*\n {2}fix: start it/,
    ],
    [
      'times-out:PRE_BUILD',
      'TIMED_OUT',
      'PRE_BUILD',
      expect.stringContaining('BUILD_TIMED_OUT'),
      'F39',
      /cause: the project's timeout .*\n {2}fix: look at/,
    ],
    [
      'build-fails:frontend',
      'FAILED',
      'BUILD',
      command('ci/test-and-build.sh'),
      'F92',
      /cause: docker build fails: .*not found\n {2}fix: correct the Dockerfile/,
    ],
    [
      'registry-throttles:1000',
      'FAILED',
      'POST_BUILD',
      command('ci/push.sh'),
      'F86',
      /fix: start the build again/,
    ],
    [
      'access-denied:ecr:PutImage',
      'FAILED',
      'POST_BUILD',
      command('ci/push.sh'),
      'F89',
      /cause: IAM does not let arn:\S+mangoo-build-deploy-role\S+ do ecr:PutImage .*\n {2}fix: .*add ecr:PutImage/,
    ],
  ])('%s', async (fault, status, phase, context, cause, told) => {
    const pushed = await pipeline.push(fault);

    expect(failureOf(pushed)).toEqual({ status, phase, context, causes: [cause] });
    expect(pushed.summary).toMatch(told);
    expect(pushed.summary).toContain('  pushed: nothing; deployed: MangooStack is CREATE_COMPLETE\n');
    expect(pushed.deployed).toEqual(before);

    // Whoever subscribed reads the same.
    const messages = messagesOf(pushed);
    expect(messages).toEqual([expect.stringMatching(MESSAGES[fault] ?? /^$/)]);
    // Of these two, the first line is the cause.
    if (!['F93', 'F95'].includes(cause)) expect(messages[0]).toContain(diagnosisOf(pushed));
  });
});

// Which images are pushed by then, nobody knows: they are pushed side by side.
describe('a build that fails while it pushes deploys nothing: the images that it pushed are not run', () => {
  test.each([
    [
      'push-fails:mangoo-frontend',
      'F87',
      /cause: docker has no valid login .*\n {2}fix: look at ci\/login.sh/,
    ],
    ['credentials-expired:POST_BUILD', 'F88', /cause: the temporary credentials .*\n {2}fix: let tools take/],
  ])('%s', async (fault, cause, told) => {
    const pushed = await pipeline.push(fault);

    expect(failureOf(pushed)).toEqual({
      status: 'FAILED',
      phase: 'POST_BUILD',
      context: command('ci/push.sh'),
      causes: [cause],
    });
    expect(pushed.summary).toMatch(told);
    expect(messagesOf(pushed)).toEqual([expect.stringContaining(diagnosisOf(pushed))]);
    expect(pushed.summary).toMatch(/; deployed: MangooStack is CREATE_COMPLETE\n/);
    expect(pushed.deployed).toEqual({ ...before, tags: expect.anything() as unknown });
  });
});

test('an image that somebody else has pushed under the tag is deployed, as the build says: tags do not move', async () => {
  const { commit, result, log, deployed } = await pipeline.push('tag-exists:mangoo-backend');

  expect(result.build?.status).toBe('SUCCEEDED');
  expect(log).toContain('cannot be overwritten because the tag is immutable');
  expect(log).toContain(`mangoo-backend:${commit} is in the registry already: that one is deployed`);
  expect(deployed).toMatchObject({
    runs: { backend: commit, frontend: commit },
    latest: { 'mangoo-backend': commit, 'mangoo-frontend': commit },
    stack: 'UPDATE_COMPLETE',
  });
  // Both images are built of the same files here: another digest is somebody else's.
  const digests = result.services.map(({ image }) => image.split('@')[1]);
  expect(new Set(digests).size).toBe(2);
});

test.each([
  [
    'registry-throttles:2',
    /==> docker push will be tried again in \d+ s \(2 of 4\): toomanyrequests: Rate exceeded/,
  ],
  // More often than the AWS CLI would try by itself; it says nothing of it.
  ['throttled:ecr:BatchGetImage:3', /--fault throttled:ecr:BatchGetImage:3: what it breaks was asked for/],
])('%s: a build that is throttled for a moment takes longer, and that is all', async (fault, told) => {
  const { commit, result, log, deployed, summary } = await pipeline.push(fault);

  expect(result.build?.status).toBe('SUCCEEDED');
  expect(`${log}${summary}`).toMatch(told);
  expect(deployed).toMatchObject({
    runs: { backend: commit, frontend: commit },
    latest: { 'mangoo-backend': commit, 'mangoo-frontend': commit },
  });
});
