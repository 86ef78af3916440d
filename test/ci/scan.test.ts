import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type Answer,
  BACKEND_DIGEST,
  callsOf,
  errors,
  FRONTEND_DIGEST,
  option,
  type Outcome,
  REGISTRY,
  ScratchBuild,
} from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
  await build.images();
});
afterEach(() => build.remove());

interface Rules {
  refuse?: unknown;
  waitSeconds?: unknown;
  allowed?: unknown;
}

async function scan(answers: readonly Answer[], rules: Rules = {}): Promise<Outcome> {
  await build.answers('aws', answers);
  const IMAGE_SCAN = JSON.stringify({ refuse: 'HIGH', waitSeconds: 20, ...rules });
  return build.run('scan.sh', { IMAGE_SCAN, SCAN_POLL_SECONDS: '0' });
}

function of(repository: string, answer: Omit<Answer, 'to'>): Answer {
  return { to: `ecr describe-image-scan-findings --repository-name ${repository} *`, ...answer };
}

const backend = (found: object, times?: number): Answer =>
  of('mangoo-backend', { stdout: JSON.stringify(found), times });
const frontend = (found: object, times?: number): Answer =>
  of('mangoo-frontend', { stdout: JSON.stringify(found), times });

/** As `aws ecr describe-image-scan-findings` prints a basic scan. */
function basic(...findings: object[]): object {
  return {
    imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
    imageScanFindings: { imageScanCompletedAt: '2026-11-25T12:00:00+00:00', findings },
  };
}

function finding(name: string, severity: string): object {
  const attributes = [
    { key: 'package_version', value: '3.0.11-1' },
    { key: 'package_name', value: 'openssl' },
  ];
  return { name, severity, uri: `https://security.example/${name}`, attributes };
}

/** Of one without findings; where ECR's answer has none, the AWS CLI prints null. */
function status(name: string, description = `it is ${name}`): object {
  return { imageScanStatus: { status: name, description }, imageScanFindings: null };
}

const clean = basic(finding('CVE-2026-9', 'MEDIUM'));

/** Days from today, as the configuration has them. */
function day(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

function told({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('==> '));
}

const ADVICE =
  'take base images and packages that have the fixes, or allow each in imageScan.allowed of the configuration, with a reason and a last day';

test.each([undefined, ''])('with IMAGE_SCAN=%j nothing is asked and nothing waits', async (IMAGE_SCAN) => {
  const outcome = await build.run('scan.sh', { IMAGE_SCAN });

  expect(outcome).toMatchObject({ code: 0, calls: [], stdout: '', stderr: '' });
});

describe('what the scans have found', () => {
  test('images without a refused severity are deployed, and the build says what it looked at', async () => {
    const outcome = await scan([backend(clean), frontend(basic())]);

    expect(outcome.code).toBe(0);
    expect(errors(outcome)).toEqual([]);
    expect(told(outcome)).toEqual([
      '==> backend: nothing of severity CRITICAL or HIGH in 1 finding(s)',
      '==> frontend: nothing of severity CRITICAL or HIGH in 0 finding(s)',
    ]);
    expect(callsOf(outcome, 'aws ecr').map((call) => option(call, '--image-id'))).toEqual([
      `imageDigest=${BACKEND_DIGEST}`,
      `imageDigest=${FRONTEND_DIGEST}`,
    ]);
  });

  test('vulnerabilities of all images are told at once, each with package and link, and the build fails', async () => {
    const outcome = await scan([
      backend(basic(finding('CVE-2026-1', 'HIGH'), finding('CVE-2026-9', 'LOW'))),
      frontend(basic(finding('CVE-2026-2', 'CRITICAL'))),
    ]);

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      'ERROR: backend is not deployed: CVE-2026-1 (HIGH) in openssl 3.0.11-1: https://security.example/CVE-2026-1',
      'ERROR: frontend is not deployed: CVE-2026-2 (CRITICAL) in openssl 3.0.11-1: https://security.example/CVE-2026-2',
      `ERROR: 2 finding(s) of severity CRITICAL or HIGH: ${ADVICE}`,
    ]);
    expect(outcome.stderr).not.toContain('CVE-2026-9');
  });

  test('a configuration that refuses CRITICAL alone lets HIGH pass', async () => {
    const rules = { refuse: 'CRITICAL' };
    const high = basic(finding('CVE-2026-1', 'HIGH'));

    expect((await scan([backend(high), frontend(high)], rules)).code).toBe(0);
    expect(
      errors(await scan([backend(high), frontend(basic(finding('CVE-2026-2', 'CRITICAL')))], rules)),
    ).toEqual([
      expect.stringContaining('frontend is not deployed: CVE-2026-2 (CRITICAL)'),
      `ERROR: 1 finding(s) of severity CRITICAL: ${ADVICE}`,
    ]);
  });

  test('of enhanced scanning, what Inspector says counts, with the version that has the fix', async () => {
    const inspector = (findings: object[]): object => ({
      imageScanStatus: { status: 'ACTIVE', description: 'Continuous scan is selected for image.' },
      imageScanFindings: { enhancedFindings: findings, findingSeverityCounts: { HIGH: 2 } },
    });
    const details = {
      vulnerabilityId: 'CVE-2026-1',
      sourceUrl: 'https://nvd.example/CVE-2026-1',
      vulnerablePackages: [
        { name: 'fastapi', version: '0.1', fixedInVersion: '0.2' },
        { name: 'starlette', version: '0.9' },
      ],
    };
    const one = { title: 'CVE-2026-1 - fastapi', severity: 'HIGH', packageVulnerabilityDetails: details };

    const outcome = await scan([
      backend(inspector([{ ...one, status: 'ACTIVE' }])),
      frontend(
        inspector([
          { ...one, status: 'CLOSED' },
          { severity: 'MEDIUM', title: 'other' },
        ]),
      ),
    ]);

    expect(errors(outcome)).toEqual([
      'ERROR: backend is not deployed: CVE-2026-1 (HIGH) in fastapi 0.1 (fixed in 0.2), starlette 0.9: https://nvd.example/CVE-2026-1',
      expect.stringContaining('ERROR: 1 finding(s)'),
    ]);
  });

  test('of an index, what runs is looked at: an index itself is never scanned', async () => {
    const runs = `sha256:${'c'.repeat(64)}`;
    await build.file(
      '.artifacts/images.tsv',
      `backend\tmangoo-backend\t${REGISTRY}/mangoo-backend@${BACKEND_DIGEST}\tmangoo-backend-service\tpushed\t${runs}\n`,
    );

    const outcome = await scan([backend(clean)]);

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'aws').map((call) => option(call, '--image-id'))).toEqual([
      `imageDigest=${runs}`,
    ]);
  });

  test('all of it is an artifact, for whoever decides what to do', async () => {
    await scan([backend(basic(finding('CVE-2026-1', 'HIGH'))), frontend(status('FAILED'))]);

    expect(JSON.parse(await build.read('.artifacts/scan.json'))).toMatchObject({
      refuse: 'HIGH',
      images: [
        {
          image: 'backend',
          repository: 'mangoo-backend',
          digest: BACKEND_DIGEST,
          status: 'COMPLETE',
          findings: [
            {
              id: 'CVE-2026-1',
              severity: 'HIGH',
              packages: ['openssl 3.0.11-1'],
              link: 'https://security.example/CVE-2026-1',
            },
          ],
        },
        { image: 'frontend', status: 'FAILED', problem: expect.stringContaining('it is FAILED') as string },
      ],
    });
  });

  test('a finding without package and link is refused like any other', async () => {
    const outcome = await scan([backend(basic({ name: 'CVE-2026-1', severity: 'HIGH' })), frontend(clean)]);

    expect(errors(outcome)[0]).toBe(
      'ERROR: backend is not deployed: CVE-2026-1 (HIGH) in an unnamed package',
    );
  });
});

// The registry gives 100 findings a page, and the CLI is to ask for the rest: the real one, since only it can show that.
describe('findings of several pages', () => {
  const found = ((): string | undefined => {
    try {
      return execFileSync('bash', ['--norc', '-c', 'command -v aws'], { encoding: 'utf8' }).trim();
    } catch {
      return undefined;
    }
  })();

  (found || process.env.CI === 'true' ? test : test.skip)(
    'a vulnerability on the last page is seen, so that it does not hide behind a hundred others',
    async () => {
      const server = createServer((request, response) => {
        void json(request).then((body) => {
          const { nextToken } = body as { nextToken?: string };
          const page = nextToken
            ? basic(finding('CVE-2026-2', 'CRITICAL'))
            : { ...basic(finding('CVE-2026-1', 'HIGH')), nextToken: 'more' };
          response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(page));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await build.answers('aws', [
        {
          to: 'ecr describe-image-scan-findings *',
          does: [
            `export PATH='${process.env.PATH}' AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=eu-west-1`,
            `exec '${found}' --endpoint-url http://127.0.0.1:${(server.address() as AddressInfo).port} "$@"`,
          ].join('\n'),
        },
      ]);
      try {
        const outcome = await build.run('scan.sh', { IMAGE_SCAN: '{"refuse":"HIGH"}' });

        expect(errors(outcome).map((line) => /\S+ is not deployed: \S+/.exec(line)?.[0])).toEqual([
          'backend is not deployed: CVE-2026-1',
          'backend is not deployed: CVE-2026-2',
          'frontend is not deployed: CVE-2026-1',
          'frontend is not deployed: CVE-2026-2',
          undefined,
        ]);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    },
  );
});

describe('what is allowed', () => {
  const vulnerable = basic(finding('CVE-2026-1', 'HIGH'));
  const entry = (until: string, id = 'CVE-2026-1'): object => ({
    id,
    reason: 'Not "reachable" — yet',
    until,
  });

  test.each([
    ['today', 0],
    ['a later day', 30],
  ])('until %s, it is deployed, with the reason in the log', async (_, days) => {
    const outcome = await scan([backend(vulnerable), frontend(clean)], { allowed: [entry(day(days))] });

    expect(outcome.code).toBe(0);
    expect(errors(outcome)).toEqual([]);
    expect(told(outcome)).toContain(
      `==> backend: CVE-2026-1 (HIGH) in openssl 3.0.11-1 is allowed until ${day(days)}: Not "reachable" — yet`,
    );
  });

  test('until yesterday, it is refused, and the build says that it was allowed', async () => {
    const outcome = await scan([backend(vulnerable), frontend(clean)], { allowed: [entry(day(-1))] });

    expect(outcome.code).toBe(1);
    expect(errors(outcome)[0]).toContain('backend is not deployed: CVE-2026-1 (HIGH)');
    expect(told(outcome)).toContain(
      `==> WARNING: imageScan.allowed: CVE-2026-1 was allowed until ${day(-1)}, and is not any more`,
    );
  });

  test('an entry is for its own vulnerability, not for one whose name begins so', async () => {
    const outcome = await scan([backend(basic(finding('CVE-2026-12', 'HIGH'))), frontend(clean)], {
      allowed: [entry(day(1))],
    });

    expect(errors(outcome)[0]).toContain('CVE-2026-12 (HIGH)');
  });

  test.each([1, -1])(
    'an entry that no image needs is named, so that the list does not grow (%d days)',
    async (days) => {
      const outcome = await scan([backend(clean), frontend(clean)], { allowed: [entry(day(days))] });

      expect(outcome.code).toBe(0);
      expect(told(outcome).filter((line) => line.includes('allowed'))).toEqual([
        '==> imageScan.allowed: no image has CVE-2026-1 with severity CRITICAL or HIGH; the entry can be removed',
      ]);
    },
  );

  test('while an image’s findings are not known, no entry is called needless', async () => {
    const outcome = await scan([backend(status('FAILED')), frontend(clean)], { allowed: [entry(day(1))] });

    expect(told(outcome).filter((line) => line.includes('allowed'))).toEqual([]);
  });
});

describe('a scan that has not ended', () => {
  test.each(['PENDING', 'IN_PROGRESS', 'A_STATUS_OF_NEXT_YEAR'])('%s is waited for', async (name) => {
    const outcome = await scan([backend(status(name), 2), backend(clean), frontend(clean)]);

    expect(outcome.code).toBe(0);
    expect(callsOf(outcome, 'aws')).toHaveLength(4);
    expect(told(outcome)[0]).toBe(`==> waiting for the scan of backend: ${name}`);
  });

  test('one that is not there yet, moments after the push, is waited for', async () => {
    const missing =
      'An error occurred (ScanNotFoundException) when calling the DescribeImageScanFindings operation: …\n';

    const outcome = await scan([
      of('mangoo-backend', { stderr: missing, exit: 254, times: 2 }),
      backend(basic(finding('CVE-2026-1', 'HIGH'))),
      frontend(clean),
    ]);

    expect(errors(outcome)[0]).toContain('CVE-2026-1');
  });

  test('one that says to have ended, with nothing to show for it, is looked at again', async () => {
    const bare = { imageScanStatus: { status: 'COMPLETE' }, imageScanFindings: { findings: [] } };

    const late = await scan([
      backend(bare, 1),
      backend(basic(finding('CVE-2026-1', 'HIGH'))),
      frontend(clean),
    ]);
    expect(errors(late)[0]).toContain('CVE-2026-1');

    const nothing = await scan([backend(bare), frontend(clean)], { waitSeconds: 0 });
    expect(nothing.code).toBe(0);
    expect(callsOf(nothing, 'aws')).toHaveLength(3);
  });

  test('one that never ends keeps the image from being deployed, and says how long it had', async () => {
    const outcome = await scan([backend(status('PENDING', 'Pending start')), frontend(clean)], {
      waitSeconds: 0,
    });

    expect(outcome.code).toBe(1);
    expect(errors(outcome)).toEqual([
      'ERROR: backend is not deployed: after 0 s its scan is PENDING (Pending start); a longer waitSeconds of imageScan waits longer',
    ]);
  });

  test('one that never begins is told as that', async () => {
    const missing = of('mangoo-backend', { stderr: '(ScanNotFoundException)\n', exit: 254 });

    expect(errors(await scan([missing, frontend(clean)], { waitSeconds: 0 }))).toEqual([
      'ERROR: backend is not deployed: after 0 s its scan has not begun: the repository has to scan on push; a longer waitSeconds of imageScan waits longer',
    ]);
  });
});

test.each([
  ['FAILED', 'have it scanned again'],
  ['UNSUPPORTED_IMAGE', 'take a base image that Amazon ECR can scan'],
  ['SCAN_ELIGIBILITY_EXPIRED', 'build it anew under another tag'],
  ['LIMIT_EXCEEDED', 'have it scanned again tomorrow'],
  ['IMAGE_ARCHIVED', 'restore it from the archive'],
])(
  'a scan that ends as %s refuses the image at once, with AWS’s reason and what to do',
  async (name, remedy) => {
    const outcome = await scan([
      backend(status(name, 'because of that')),
      frontend(basic(finding('CVE-2026-2', 'HIGH'))),
    ]);

    expect(outcome.code).toBe(1);
    expect(callsOf(outcome, 'aws')).toHaveLength(2);
    expect(errors(outcome)[0]).toContain(
      `ERROR: backend is not deployed: its scan ended as ${name} (because of that); ${remedy}`,
    );
    expect(errors(outcome)[1]).toContain('frontend is not deployed: CVE-2026-2');
  },
);

test('an error of AWS ends the build with its text, and no image passes for it', async () => {
  const denied =
    'An error occurred (AccessDeniedException) when calling the DescribeImageScanFindings operation: no\n';

  const outcome = await scan([of('mangoo-backend', { stderr: `\n${denied}`, exit: 254 })]);

  expect(outcome.code).toBe(1);
  expect(errors(outcome)).toEqual([`ERROR: ${denied.trim()}`]);
  expect(callsOf(outcome, 'aws')).toHaveLength(1);
});

test.each([
  ['{"refuse":', 'IMAGE_SCAN: expected imageScan of the configuration as JSON: '],
  ['null', 'refuse has to be CRITICAL or HIGH, not undefined'],
  ['{"refuse":"LOW"}', 'refuse has to be CRITICAL or HIGH, not "LOW"'],
  ['{"refuse":"HIGH","waitSeconds":"long"}', 'waitSeconds has to be a number, not "long"'],
  ['{"refuse":"HIGH","allowed":{}}', 'allowed has to be a list'],
  [
    '{"refuse":"HIGH","allowed":[{"id":"CVE-2026-1","reason":"x","until":"some day"}]}',
    'have a day under until, as YYYY-MM-DD',
  ],
  ['{"refuse":"HIGH","allowed":[{"id":"CVE-2026-1","reason":"x"}]}', 'have a day under until'],
])(
  'IMAGE_SCAN=%s is told in one line, and refuses rather than lets everything pass',
  async (IMAGE_SCAN, text) => {
    const outcome = await build.run('scan.sh', { IMAGE_SCAN });

    expect(outcome.code).toBe(1);
    expect(outcome.stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(text)]);
    expect(errors(outcome)).toHaveLength(1);
    expect(outcome.calls).toEqual([]);
  },
);
