import type { Event, InspectorFinding } from '../../../lib/notifier/events';
import { FakeAws } from './fake-aws';
import { ecrScan, inspectorFinding, inspectorScan } from './sample-events';

/** What is sent of an event; undefined where nothing is. */
async function sent(event: Event): Promise<{ subject?: string; text: string } | undefined> {
  const aws = new FakeAws();
  await aws.notifier().tell(event);
  expect(aws.calls.filter((call) => !['PutObject', 'Publish'].includes(call))).toEqual([]);
  return aws.published[0];
}

test('a scan says which image has what, and by which command to see it', async () => {
  expect(await sent(ecrScan({ CRITICAL: 10, HIGH: 2, MEDIUM: 9 }))).toEqual({
    topic: 'topic',
    subject: '10 CRITICAL, 2 HIGH: vulnerabilities in image my-repository-name@sha256:7f5b2640fe6f',
    text: `Image my-repository-name@sha256:7f5b2640fe6f has vulnerabilities: 10 CRITICAL, 2 HIGH.

Fix: build it again on a newer base image, and raise the packages that the findings name; what cannot be mended yet can be allowed until a day (imageScan.allowed of the configuration)

Found: 10 CRITICAL, 2 HIGH, 9 MEDIUM, 0 LOW
Digest: sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234
Tags: none
See them: aws ecr describe-image-scan-findings --repository-name my-repository-name --image-id imageDigest=sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234 --region us-east-1

Repository: https://us-east-1.console.aws.amazon.com/ecr/repositories/private/123456789012/my-repository-name?region=us-east-1
`,
  });
});

test.each([
  [{ CRITICAL: 1 }, 'Found: 1 CRITICAL, 0 HIGH, 0 MEDIUM, 0 LOW'],
  [{ HIGH: 1 }, 'Found: 0 CRITICAL, 1 HIGH, 0 MEDIUM, 0 LOW'],
  [{ CRITICAL: 1, MEDIUM: 2 }, 'Found: 1 CRITICAL, 0 HIGH, 2 MEDIUM, 0 LOW'],
  [{ HIGH: 1, LOW: 3 }, 'Found: 0 CRITICAL, 1 HIGH, 0 MEDIUM, 3 LOW'],
])('a severity without a key is none, not undefined: %j', async (counts, line) => {
  for (const event of [ecrScan(counts), inspectorScan(counts)]) {
    const text = (await sent(event))?.text;
    expect(text).toContain(`\n${line}\n`);
    expect(text).not.toMatch(/undefined|NaN/);
  }
});

test.each([[undefined], [{}], [{ MEDIUM: 9, LOW: 1 }], [{ UNDEFINED: 3 }], [{ CRITICAL: 0, HIGH: 0 }]])(
  'a scan without anything CRITICAL or HIGH bothers nobody: %j',
  async (counts) => {
    expect(await sent(ecrScan(counts))).toBeUndefined();
    expect(await sent(inspectorScan(counts ?? {}))).toBeUndefined();
  },
);

test('a scan that has failed is not told as one that found something', async () => {
  expect(await sent(ecrScan({ HIGH: 1 }, 'FAILED'))).toBeUndefined();
});

test("Inspector's ARN is read as the name that the command wants, slashes included", async () => {
  const message = await sent(inspectorScan());

  expect(message?.subject).toBe(
    '7 CRITICAL, 61 HIGH: vulnerabilities in image amazon/amazon-ecs-sample:latest',
  );
  expect(message?.text).toContain('--repository-name amazon/amazon-ecs-sample --image-id');
  expect(message?.text).toContain('Tags: latest\n');
});

test('the same scan once more is no news, but one that finds more is', async () => {
  const aws = new FakeAws();
  for (const high of [1, 1, 2])
    await aws.notifier().tell({ ...ecrScan({ HIGH: high }), id: `${Math.random()}` });

  expect(aws.published.map(({ subject }) => subject?.slice(0, 6))).toEqual(['1 HIGH', '2 HIGH']);
});

const LONG_AGO = 'Nov 3, 2021, 6:02:13 PM';

test('a vulnerability that becomes known after the push is told, with its package', async () => {
  const message = await sent(inspectorFinding({ severity: 'HIGH' }, LONG_AGO));

  expect(message?.subject).toBe('HIGH: CVE-2019-17498 - libssh2 - image amazon/amazon-ecs-sample:latest');
  expect(message?.text).toContain('Package: libssh2 1.4.3\n');
  expect(message?.text).toContain('Pushed: 2021-11-03 18:02 UTC\n');
  expect(message?.text).toContain('Vulnerability: https://access.redhat.com/security/cve/CVE-2019-17498\n');
});

test.each([
  ['Dec 3, 2021, 6:02:13 PM', false],
  ['Dec 3, 2021, 5:02:31 PM', false],
  ['Dec 3, 2021, 5:02:30 PM', true],
  // As newer ICUs write it, without the second comma and with a narrow space.
  ['Dec 3, 2021 6:02:13\u202fPM', false],
  ['2021-12-03T18:02:13Z', false],
  // What cannot be read is told rather than missed.
  ['yesterday', true],
])('one of the first scan is in that one’s message: pushed %s, told %s', async (pushedAt, isTold) => {
  expect((await sent(inspectorFinding({ severity: 'CRITICAL' }, pushedAt))) !== undefined).toBe(isTold);
});

test.each<[string, Partial<InspectorFinding['detail']>]>([
  ['as documented: MEDIUM', {}],
  ['closed', { severity: 'HIGH', status: 'CLOSED' }],
  ['suppressed', { severity: 'HIGH', status: 'SUPPRESSED' }],
  ['of an instance', { severity: 'HIGH', resources: [{ type: 'AWS_EC2_INSTANCE' }] }],
])('a finding that asks for nothing is not told: %s', async (_what, more) => {
  expect(await sent(inspectorFinding(more, LONG_AGO))).toBeUndefined();
});

test('a finding that Inspector updates is told once, and again when it becomes worse', async () => {
  const aws = new FakeAws();
  for (const severity of ['HIGH', 'HIGH', 'CRITICAL']) {
    await aws.notifier().tell({ ...inspectorFinding({ severity }, LONG_AGO), id: `${Math.random()}` });
  }

  expect(aws.published.map(({ subject }) => subject?.split(':')[0])).toEqual(['HIGH', 'CRITICAL']);
});
