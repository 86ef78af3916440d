import type { EcrImageScan, Event, InspectorFinding, InspectorScan, SeverityCounts } from './events';
import { oneLine } from './lines';
import { type Message, short } from './message';
import { clock, instant } from './times';

const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;
const HOUR_MS = 3_600_000;

interface Image {
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
}

/** What is told of a scan that has ended; undefined where it found nothing that is CRITICAL or HIGH. */
export function composeScan(event: EcrImageScan | InspectorScan): Message | undefined {
  const { detail } = event;
  const counts = detail['finding-severity-counts'] ?? {};
  const [critical, high] = [counts.CRITICAL ?? 0, counts.HIGH ?? 0];
  if (!/^(?:INITIAL_SCAN_)?COMPLETE$/.test(detail['scan-status']) || critical + high === 0) return undefined;
  const image = {
    // Inspector names it by its ARN.
    repository: detail['repository-name'].replace(/^arn:.*?:repository\//, ''),
    digest: detail['image-digest'],
    tags: detail['image-tags'] ?? [],
  };
  const found = [critical && `${critical} CRITICAL`, high && `${high} HIGH`].filter(Boolean).join(', ');
  return {
    ...aboutImage(event, image),
    // The same again, after another scan of the same image, is no news.
    key: `scans/${image.repository}/${image.digest}/${critical}-${high}`,
    subject: `${found}: vulnerabilities in image ${nameOf(image)}`,
    headline: `Image ${nameOf(image)} has vulnerabilities: ${found}.`,
    notes: [],
    causes: [
      {
        fix: 'build it again on a newer base image, and raise the packages that the findings name; what cannot be mended yet can be allowed until a day (imageScan.allowed of the configuration)',
      },
    ],
    facts: [{ name: 'Found', value: all(counts) }, ...factsOf(event, image)],
    keywords: [image.repository],
  };
}

/**
 * What is told of one finding of Inspector; undefined for those that are no news.
 *
 * When an image has been pushed, Inspector sends an event for each finding besides the one that sums its first scan up: a
 * hundred messages would hide the one. So a finding is told when it was first observed an hour or more after the push, which
 * is what a vulnerability that became known later looks like.
 */
export function composeFinding(event: InspectorFinding): Message | undefined {
  const { detail } = event;
  const found = detail.resources.find(({ type }) => type === 'AWS_ECR_CONTAINER_IMAGE')?.details
    ?.awsEcrContainerImage;
  if (!found || detail.status !== 'ACTIVE' || !['CRITICAL', 'HIGH'].includes(detail.severity))
    return undefined;
  const [observed, pushed] = [instant(detail.firstObservedAt), instant(found.pushedAt)];
  if (observed && pushed && observed.getTime() - pushed.getTime() < HOUR_MS) return undefined;
  const image = {
    repository: found.repositoryName,
    digest: found.imageHash,
    tags: found.imageTags ?? [],
  };
  const { vulnerablePackages = [], sourceUrl } = detail.packageVulnerabilityDetails ?? {};
  const packages = vulnerablePackages.map(
    ({ name, version, fixedInVersion }) =>
      `${name}${version ? ` ${version}` : ''}${fixedInVersion && fixedInVersion !== 'NotAvailable' ? ` (mended in ${fixedInVersion})` : ''}`,
  );
  const title = oneLine(detail.title, 120);
  const common = aboutImage(event, image);
  return {
    ...common,
    key: `findings/${detail.findingArn.replace(/^.*\//, '')}/${detail.severity}`,
    subject: `${detail.severity}: ${title} - image ${nameOf(image)}`,
    headline: `Image ${nameOf(image)} has a vulnerability that was found after its push: ${detail.severity}, ${title}.`,
    notes: [],
    causes: [
      {
        fix: oneLine(
          detail.remediation?.recommendation?.text ?? 'raise the package, and build the image again',
          400,
        ),
      },
    ],
    facts: [
      ...(packages.length ? [{ name: 'Package', value: oneLine(packages.join(', '), 300) }] : []),
      ...factsOf(event, image),
      ...(pushed ? [{ name: 'Pushed', value: clock(pushed) }] : []),
    ],
    links: [
      ...(sourceUrl?.startsWith('https://') ? [{ name: 'Vulnerability', url: sourceUrl }] : []),
      ...common.links,
    ],
    keywords: [image.repository, detail.severity],
  };
}

function aboutImage(
  { account, region, resources }: Event,
  image: Image,
): Pick<Message, 'outcome' | 'links' | 'about'> {
  const console = region.startsWith('cn-') ? 'console.amazonaws.cn' : 'console.aws.amazon.com';
  return {
    outcome: 'vulnerable',
    links: [
      {
        name: 'Repository',
        url: `https://${region}.${console}/ecr/repositories/private/${account}/${image.repository}?region=${region}`,
      },
    ],
    about: resources[0] ?? image.repository,
  };
}

function factsOf({ region }: Event, image: Image): Message['facts'] {
  return [
    { name: 'Digest', value: image.digest },
    { name: 'Tags', value: image.tags.map(short).join(', ') || 'none' },
    {
      name: 'See them',
      value: `aws ecr describe-image-scan-findings --repository-name ${image.repository} --image-id imageDigest=${image.digest} --region ${region}`,
    },
  ];
}

function nameOf({ repository, digest, tags }: Image): string {
  return tags[0] === undefined ? `${repository}@${digest.slice(0, 19)}` : `${repository}:${short(tags[0])}`;
}

function all(counts: SeverityCounts): string {
  return SEVERITIES.map((severity) => `${counts[severity] ?? 0} ${severity}`).join(', ');
}
