import { blob, type Image, manifestOf } from './image';
import type { Stored } from './registry-client';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.buildkit.cacheconfig.v0';

/** Where `--cache-from` and `--cache-to` say that layers are. */
export interface CacheOption {
  readonly type: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** https://docs.docker.com/reference/cli/docker/buildx/build/#cache-to */
export function cacheOption(text: string): CacheOption {
  const pairs = text.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    // A bare name is a registry's.
    return at < 0 ? ['ref', pair] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  const attributes = new Map(pairs);
  return { type: attributes.get('type') ?? 'registry', attributes };
}

/** What `mode=max,image-manifest=true` stores, with keys of ours: which steps there are, and the layers of all stages. */
export function cacheOf({ steps, stageLayers }: Image): Stored {
  const layers = [...new Map(stageLayers.map((layer) => [layer.digest, layer])).values()];
  const config = blob(CONFIG, JSON.stringify({ simulated: true, steps }));
  return { config, layers, manifest: manifestOf(MANIFEST, config, layers) };
}

/** The steps of what `cacheOf` has stored. */
export function stepsOf(config: string): string[] {
  const { steps } = JSON.parse(config) as { steps?: string[] };
  return steps ?? [];
}
