import type { Command } from '../model/command';
import type { Resource } from '../model/stack';
import type { Found, Rule } from '../rule';

export const unscannedImages: Rule = {
  id: 'S09',
  name: 'unscanned-images',
  title: 'Nobody looks for vulnerabilities in the images',
  cause:
    'the repository does not scan what is pushed, no template configures scanning for the registry, and no command of a build scans',
  fix: 'ImageScanningConfiguration: {"ScanOnPush": true}, or AWS::ECR::RegistryScanningConfiguration once for the account',
  link: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html',
  *check({ stacks, builds }): Iterable<Found> {
    const resources = stacks.flatMap((stack) => stack.resources);
    if (resources.some(({ type }) => type === 'AWS::ECR::RegistryScanningConfiguration')) return;
    if (builds.flatMap(({ commands }) => commands).some(scans)) return;
    for (const repository of resources) {
      if (repository.type !== 'AWS::ECR::Repository' || isScanned(repository)) continue;
      const name = String(repository.properties.RepositoryName ?? repository.logicalId);
      // Layers for later builds, which nothing runs.
      if (/cache/i.test(name)) continue;
      yield {
        level: 'warning',
        place: repository.place,
        message: `the images of ${name} are never scanned, as far as templates and commands tell`,
      };
    }
  },
};

function isScanned({ properties }: Resource): boolean {
  const { ScanOnPush } = (properties.ImageScanningConfiguration ?? {}) as Record<string, unknown>;
  return ScanOnPush === true || ScanOnPush === 'true';
}

const SCANNERS =
  /^(?:trivy|grype|snyk|anchore-cli|clair-scanner|dockle|wizcli|prismacloud|twistcli|inspector-sbomgen|syft|lacework|docker-scout)$/;

function scans({ name, words }: Command): boolean {
  if (SCANNERS.test(name)) return true;
  if (name === 'docker') return words.some((word) => /^(?:scout|scan)$|trivy|grype|snyk/.test(word));
  return (
    name === 'aws' &&
    words.some((word) => /^(?:start-image-scan|describe-image-scan-findings|image-scan-complete)$/.test(word))
  );
}
