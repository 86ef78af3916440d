import { setTimeout as delay } from 'node:timers/promises';
import { emitted } from '../events/emitted';
import type { EventBus } from '../events/event-bus';
import type { Faults } from '../faults';
import type { Emulated } from '../gateway/emulated';
import { AwsError } from '../gateway/request';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html */
export interface Finding {
  readonly name: string;
  readonly description: string;
  readonly uri: string;
  readonly severity: string;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** Of one image; plain data, so that it can be kept. */
export interface ImageScan {
  readonly region: string;
  readonly repositoryName: string;
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Why it is not scanned. */
  readonly unsupported?: string;
  readonly findings: readonly Finding[];
  /** Milliseconds since 1970; undefined as long as it goes on. */
  completedAt?: number;
}

/** As much of an image's manifest as says what it is. */
interface ScannedManifest {
  readonly mediaType?: string;
  readonly layers?: readonly { readonly mediaType?: string }[];
  readonly manifests?: readonly unknown[];
}

/**
 * ECR's basic scanning. Nobody looks into an image here: its findings are those that `--fault scan-finds` asks for. All else is
 * played: a scan takes a moment, its end is an event, and an index is not scanned.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
 */
export class ImageScans {
  private readonly byImage = new Map<string, ImageScan>();
  private readonly going = new Set<Promise<void>>();
  private readonly closed = new AbortController();

  constructor(
    private readonly parts: {
      readonly account: string;
      readonly emulated: Emulated;
      readonly faults: Faults;
      readonly events: Pick<EventBus, 'put'>;
      /** Called when a scan has ended. */
      changed(): void;
      readonly log: (line: string) => void;
    },
    /** How long a scan takes: long enough for whoever pushes to see it IN_PROGRESS. */
    private readonly seconds = 2,
  ) {}

  save(): readonly ImageScan[] {
    return [...this.byImage.values()];
  }

  /** A scan that the former simulator did not live to see end, goes on. */
  restore(saved: readonly ImageScan[]): void {
    for (const scan of saved) {
      this.byImage.set(key(scan.repositoryName, scan.digest), scan);
      if (!scan.unsupported && scan.completedAt === undefined) this.goOn(scan);
    }
  }

  find(repositoryName: string, digest: string): ImageScan | undefined {
    return this.byImage.get(key(repositoryName, digest));
  }

  start(region: string, repositoryName: string, digest: string, manifest: ScannedManifest): ImageScan {
    const { faults } = this.parts;
    const scan: ImageScan = {
      region,
      repositoryName,
      digest,
      startedAt: Date.now(),
      unsupported: reasonNotToScan(manifest),
      findings: faults.of('scan-finds').map(findingOf),
    };
    this.byImage.set(key(repositoryName, digest), scan);
    if (!scan.unsupported && !faults.asks('scan-never-ends', repositoryName)) this.goOn(scan);
    return scan;
  }

  /** Forgets those of a deleted repository. */
  forget(repositoryName: string): void {
    for (const [image, scan] of this.byImage) {
      if (scan.repositoryName === repositoryName) this.byImage.delete(image);
    }
  }

  /** Resolves when every scan that will end has ended. */
  async settled(): Promise<void> {
    while (this.going.size) await Promise.all(this.going);
  }

  /** What is played, a line. */
  simulated(): string[] {
    const scans = this.save();
    if (!scans.length) return [];
    const found = scans.reduce((sum, { findings }) => sum + findings.length, 0);
    const findings = found ? `the findings (${found}) were asked for` : 'none has a finding';
    return [`ECR: image scans (${scans.length}) look for nothing; ${findings}`];
  }

  /** Ends what goes on; it is taken up with the state. */
  async close(): Promise<void> {
    this.closed.abort();
    await this.settled();
  }

  private goOn(scan: ImageScan): void {
    const going = this.finish(scan)
      .catch((error: Error) => {
        if (!this.closed.signal.aborted) this.parts.log(`scan of ${scan.repositoryName}: ${error.message}`);
      })
      .finally(() => this.going.delete(going));
    this.going.add(going);
  }

  private async finish(scan: ImageScan): Promise<void> {
    const { signal } = this.closed;
    await delay(this.seconds * 1000, undefined, { signal, ref: false });
    const tags = await this.tagsOf(scan);
    signal.throwIfAborted();
    scan.completedAt = Date.now();
    this.parts.changed();
    if (tags) this.parts.events.put(imageScan(scan, tags, this.parts.account));
  }

  /** Undefined for an image that has been deleted meanwhile: nobody is told of it. */
  private async tagsOf({ region, repositoryName, digest }: ImageScan): Promise<string[] | undefined> {
    try {
      const { imageDetails } = await this.parts.emulated.call<{ imageDetails: { imageTags?: string[] }[] }>(
        { service: 'ecr', region, headers: {} },
        'DescribeImages',
        { repositoryName, imageIds: [{ imageDigest: digest }] },
      );
      return imageDetails[0]?.imageTags ?? [];
    } catch (error) {
      const { code } = error as AwsError;
      if (code === 'ImageNotFoundException' || code === 'RepositoryNotFoundException') return undefined;
      throw error;
    }
  }
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
function imageScan(
  scan: ImageScan,
  tags: readonly string[],
  account: string,
): Parameters<EventBus['put']>[0] {
  const { region, repositoryName, digest, completedAt = Date.now() } = scan;
  const resources = [`arn:aws:ecr:${region}:${account}:repository/${repositoryName}`];
  return emitted(
    'ECR Image Scan',
    { source: 'aws.ecr', account, region, resources, time: completedAt },
    {
      'scan-status': 'COMPLETE',
      'repository-name': repositoryName,
      'finding-severity-counts': severityCounts(scan),
      'image-digest': digest,
      'image-tags': tags,
    },
  );
}

/** By severity; one without findings is not among them. */
export function severityCounts({ findings }: ImageScan): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}

/** `CRITICAL:CVE-2026-12345` of the fault. Without a name: one that no vulnerability can get, as they are counted from 1. */
function findingOf(fault: string): Finding {
  const [severity = '', name = 'CVE-2026-0000'] = fault.split(':');
  return {
    name,
    description: `asked for by --fault scan-finds:${fault} (simulated)`,
    uri: `https://cve.mitre.org/cgi-bin/cvename.cgi?name=${name}`,
    severity,
    attributes: [
      { key: 'package_name', value: 'simulated-package' },
      { key: 'package_version', value: '1.0.0' },
    ],
  };
}

/**
 * ECR's words about what is no image of an operating system: an index, or an attestation, which buildx pushes beside images.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-troubleshooting.html
 */
function reasonNotToScan({ manifests, layers = [] }: ScannedManifest): string | undefined {
  const isAttestation = layers.some(({ mediaType }) => mediaType?.startsWith('application/vnd.in-toto'));
  return manifests || isAttestation
    ? 'UnsupportedImageError: The operating system and/or package manager are not supported.'
    : undefined;
}

function key(repositoryName: string, digest: string): string {
  return `${repositoryName}@${digest}`;
}
