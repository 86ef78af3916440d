// Waits for the registry's scans of the pushed images, writes what they found to scan.json, and refuses what the rules
// refuse, all at once. Run by scan.sh: scan.mjs ARTIFACTS RULES POLL_SECONDS
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { rowsIn } from './left.mjs';

const [artifacts, rulesText, pollSeconds] = process.argv.slice(2);
/** What happens to a scan that ends so. Any other status is waited for, PENDING and IN_PROGRESS as well as new ones. */
const REMEDIES = {
  FAILED: 'have it scanned again (aws ecr start-image-scan, once a day), or build from another base image',
  UNSUPPORTED_IMAGE:
    'take a base image that Amazon ECR can scan (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html)',
  SCAN_ELIGIBILITY_EXPIRED:
    'build it anew under another tag: Amazon Inspector has stopped looking at this one',
  LIMIT_EXCEEDED: 'have it scanned again tomorrow, or have the quota raised',
  IMAGE_ARCHIVED: 'restore it from the archive, or build it anew under another tag',
};

const tell = (line) => console.error(`==> ${line}`);
let failed = false;
const complain = (line) => {
  failed = true;
  console.error(`ERROR: ${line}`);
};
/** The build ends here. */
const fail = (line) => {
  complain(line);
  process.exit(1);
};

const { refuse: least, waitSeconds = 300, allowed = [] } = rules();
const refused = least === 'CRITICAL' ? ['CRITICAL'] : ['CRITICAL', 'HIGH'];
const atLeast = refused.join(' or ');
const today = new Date().toISOString().slice(0, 10);
const valid = allowed.filter(({ until }) => until >= today);

const deadline = Date.now() + waitSeconds * 1000;
const images = [];
for (const [image, repository, , , , digest] of rowsIn(`${artifacts}/images.tsv`)) {
  images.push({ image, repository, digest, ...(await scanOf(image, repository, digest)) });
}
writeFileSync(`${artifacts}/scan.json`, `${JSON.stringify({ refuse: least, images }, null, 2)}\n`);

let vulnerabilities = 0;
const needed = new Set();
for (const { image, findings, problem } of images) {
  if (problem) complain(`${image} is not deployed: ${problem}`);
  const serious = findings?.filter(({ severity }) => refused.includes(severity)) ?? [];
  for (const finding of serious) {
    const entry = valid.find(({ id }) => id === finding.id);
    const what = `${finding.id} (${finding.severity}) in ${finding.packages.join(', ') || 'an unnamed package'}`;
    needed.add(finding.id);
    if (entry) tell(`${image}: ${what} is allowed until ${entry.until}: ${entry.reason}`);
    else {
      vulnerabilities += 1;
      complain(`${image} is not deployed: ${[what, finding.link].filter(Boolean).join(': ')}`);
    }
  }
  if (findings && !serious.length)
    tell(`${image}: nothing of severity ${atLeast} in ${findings.length} finding(s)`);
}

for (const { id, until } of allowed) {
  // What an image has whose scan is not there, nobody knows.
  if (!needed.has(id) && images.every(({ findings }) => findings)) {
    tell(`imageScan.allowed: no image has ${id} with severity ${atLeast}; the entry can be removed`);
  } else if (until < today)
    tell(`WARNING: imageScan.allowed: ${id} was allowed until ${until}, and is not any more`);
}
if (vulnerabilities) {
  complain(
    `${vulnerabilities} finding(s) of severity ${atLeast}: take base images and packages that have the fixes, or allow each ` +
      'in imageScan.allowed of the configuration, with a reason and a last day',
  );
}
process.exitCode = Number(failed);

/** What the configuration says; lib/config-validation.ts has seen it, unless start-build gave another. */
function rules() {
  const broken = (what) => fail(`IMAGE_SCAN: expected imageScan of the configuration as JSON: ${what}`);
  let value;
  try {
    value = JSON.parse(rulesText);
  } catch (error) {
    broken(error.message.replace(/\s+/g, ' '));
  }
  const { refuse, waitSeconds = 0, allowed = [] } = value ?? {};
  if (refuse !== 'CRITICAL' && refuse !== 'HIGH') {
    broken(`refuse has to be CRITICAL or HIGH, not ${JSON.stringify(refuse)}`);
  }
  if (!(waitSeconds >= 0)) broken(`waitSeconds has to be a number, not ${JSON.stringify(waitSeconds)}`);
  // A day that cannot be compared would allow for ever.
  if (!Array.isArray(allowed) || !allowed.every((entry) => /^\d{4}-\d\d-\d\d$/.test(entry?.until))) {
    broken(
      `allowed has to be a list whose entries have a day under until, as YYYY-MM-DD, not ${JSON.stringify(allowed)}`,
    );
  }
  return value;
}

/** Resolves to the findings of an image, or to the problem that keeps them from being known. */
async function scanOf(image, repository, digest) {
  let before = '';
  for (;;) {
    const { status, description = 'no reason given', findings, completed } = look(repository, digest);
    if (status in REMEDIES) {
      return { status, problem: `its scan ended as ${status} (${description}); ${REMEDIES[status]}` };
    }
    const ended = status === 'ACTIVE' || status === 'COMPLETE';
    // Under enhanced scanning, COMPLETE with nothing has been seen moments before the findings came: it has to say so twice.
    // https://github.com/aws/aws-sdk/issues/289
    if (ended && (completed || findings.length || before === status)) return { status, findings };
    if (!ended && Date.now() >= deadline) {
      const state = status
        ? `is ${status} (${description})`
        : 'has not begun: the repository has to scan on push';
      return {
        status: status ?? 'NONE',
        problem: `after ${waitSeconds} s its scan ${state}; a longer waitSeconds of imageScan waits longer`,
      };
    }
    if (status !== before) tell(`waiting for the scan of ${image}: ${status ?? 'not begun'}`);
    before = status;
    await setTimeout(pollSeconds * 1000);
  }
}

/** What the registry says of a scan now; without a status while there is none. The CLI reads all pages. */
function look(repository, digest) {
  const command = ['ecr', 'describe-image-scan-findings', '--repository-name', repository];
  const { status, stdout, stderr, error } = spawnSync(
    'aws',
    [...command, '--image-id', `imageDigest=${digest}`, '--output', 'json'],
    { encoding: 'utf8', maxBuffer: 2 ** 30 },
  );
  if (error) fail(error.message);
  if (status !== 0 && !stderr.includes('ScanNotFoundException')) fail(stderr.trim());
  if (status !== 0) return {};
  const { imageScanStatus, imageScanFindings } = JSON.parse(stdout);
  const { findings = [], enhancedFindings = [], imageScanCompletedAt } = imageScanFindings ?? {};
  return {
    ...imageScanStatus,
    completed: imageScanCompletedAt,
    findings: [...findings.map(basic), ...enhancedFindings.filter(isOpen).map(enhanced)],
  };
}

function basic({ name, severity, uri, attributes = [] }) {
  const attribute = (key) => attributes.find((one) => one.key === key)?.value;
  const found = [attribute('package_name'), attribute('package_version')].filter(Boolean).join(' ');
  return { id: name, severity, packages: found ? [found] : [], link: uri };
}

function enhanced({ title, severity, packageVulnerabilityDetails: details = {} }) {
  const packages = (details.vulnerablePackages ?? []).map(({ name, version, fixedInVersion }) =>
    [name, version, fixedInVersion && `(fixed in ${fixedInVersion})`].filter(Boolean).join(' '),
  );
  return { id: details.vulnerabilityId ?? title, severity, packages, link: details.sourceUrl };
}

/** Amazon Inspector keeps what is mended. */
function isOpen({ status }) {
  return status !== 'CLOSED';
}
