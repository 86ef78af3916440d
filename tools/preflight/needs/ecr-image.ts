import { withoutShell } from './unknown-text';
import { arn } from './need';

/** A repository of ECR, so far as the reference of an image tells it. */
export interface EcrImage {
  readonly account: string;
  readonly region: string;
  /** Its ARN. */
  readonly repository: string;
  /** E.g. `123456789012.dkr.ecr.us-east-1.amazonaws.com`. */
  readonly registry: string;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html */
const REGISTRY =
  /^(?<account>\d{12}|‹[^›]*›)\.dkr[.-]ecr\.(?<region>[a-z0-9-]+|‹[^›]*›)\.(?:amazonaws\.com(?:\.cn)?|‹[^›]*›)/;

/** Undefined where the image is in another registry, or nobody knows in which. */
export function ecrImage(reference: string): EcrImage | undefined {
  const text = withoutShell(reference);
  const found = REGISTRY.exec(text);
  const { account = '', region = '' } = found?.groups ?? {};
  const rest = /^\/([^:@]+)/.exec(text.slice(found?.[0].length ?? 0))?.[1];
  if (!found || rest === undefined) return undefined;
  // A colon within a mark is none of the reference.
  const name = text.slice(found[0].length + 1).replace(/‹[^›]*›/g, (mark) => mark.replaceAll(':', '.'));
  const repository = arn('ecr', `repository/${name.replace(/[:@].*$/s, '')}`)
    .replace('‹AWS::Region›', region)
    .replace('‹AWS::AccountId›', account);
  return { account, region, repository, registry: found[0] };
}

/** The registry of `docker login`. */
export function ecrRegistry(server: string): Pick<EcrImage, 'account' | 'region' | 'registry'> | undefined {
  const text = withoutShell(server).replace(/^https?:\/\//, '');
  const found = REGISTRY.exec(text);
  const { account = '', region = '' } = found?.groups ?? {};
  return found ? { account, region, registry: found[0] } : undefined;
}
