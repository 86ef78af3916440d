import type { Node } from 'constructs';

/** An image of the pipeline's registry, by digest: what was tested is what runs, whatever happens to tags. */
export interface Image {
  /** The account and region of the repository: the pipeline's, wherever this is deployed. */
  readonly account: string;
  readonly region: string;
  /** The repository's name, e.g. `mangoo-backend`. */
  readonly repository: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/**
 * Reads an image from the context, as the pipeline gives it: `-c backendImage=<repository uri>@sha256:…`.
 *
 * @throws RangeError when there is none, or it is not named by its digest
 */
export function imageFrom(node: Node, key: string): Image {
  const value: unknown = node.tryGetContext(key);
  const [, account, region, repository, digest] =
    /^(\d{12})\.dkr\.ecr\.([\w-]+)\.[^/]+\/([^@:]+)@(sha256:[\da-f]{64})$/.exec(
      typeof value === 'string' ? value : '',
    ) ?? [];
  if (!account || !region || !repository || !digest) {
    throw new RangeError(
      `-c ${key}: expected <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>, got ${JSON.stringify(value) ?? 'nothing'}`,
    );
  }
  return { account, region, repository, digest };
}
