/** https://pkg.go.dev/github.com/distribution/reference */
export interface ImageName {
  /** `docker.io` where nothing is said, as docker has it. */
  readonly registry: string;
  /** E.g. `library/python`, `mangoo-backend`. */
  readonly repository: string;
  readonly tag?: string;
}

/**
 * Reads `registry/repository:tag@digest`. Undefined where its repository is not known, e.g. `$IMAGE` or `‹Repository›:latest`;
 * a registry or tag that is not known stays as written.
 */
export function imageName(text: string): ImageName | undefined {
  const [named = ''] = text.trim().split('@');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const slash = path.indexOf('/');
  const first = path.slice(0, Math.max(slash, 0));
  const hasRegistry = slash > 0 && (/[.:$‹]/.test(first) || first === 'localhost');
  const repository = hasRegistry ? path.slice(slash + 1) : path;
  if (repository === '' || /[$‹`{}\s]/.test(repository)) return undefined;
  const registry = hasRegistry ? first : 'docker.io';
  if (!/^(?:registry-1\.|index\.)?docker\.io$/.test(registry)) return { registry, repository, tag };
  const full = repository.includes('/') ? repository : `library/${repository}`;
  return { registry: 'docker.io', repository: full, tag };
}
