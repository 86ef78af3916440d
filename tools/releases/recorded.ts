/** A release whose rollout was verified, as `ci/release.mjs` has put it into the parameter. */
export interface Recorded {
  /** The number of the build. */
  readonly release: string;
  readonly commit: string;
  /** Of its images. */
  readonly tag: string;
  readonly branch?: string;
  readonly author: string;
  readonly subject: string;
  /** The build's id. */
  readonly build: string;
  readonly started: string;
  readonly verified: string;
  /** From the build's start to the verified rollout. */
  readonly seconds: number;
  /** Whether it went back to an earlier release. */
  readonly rollback: boolean;
  /** By name. */
  readonly images: Readonly<Record<string, ReleasedImage>>;
  /** By service. */
  readonly taskDefinitions: Readonly<Record<string, string>>;
  /** By stack, where what it was deployed by lies; releases of before that was recorded have none. */
  readonly templates?: Readonly<Record<string, string>>;
}

export interface ReleasedImage {
  readonly repository: string;
  readonly digest: string;
  readonly built: boolean;
  /** The commit that it was built of, where that is known. */
  readonly from?: string;
}

/**
 * Reads a version of the parameter.
 *
 * @returns undefined for what no build has put there. A rollback hands commit and tag to a build, so their form is looked at.
 */
export function parseRecorded(text: string | undefined): Recorded | undefined {
  let value: Partial<Recorded & { version: number }> | null;
  try {
    value = JSON.parse(text ?? '') as typeof value;
  } catch {
    return undefined;
  }
  const strings = ['release', 'commit', 'tag', 'build', 'author', 'subject', 'started', 'verified'] as const;
  const images = Object.values(value?.images ?? {});
  const isUsable =
    value?.version === 1 &&
    strings.every((name) => typeof value[name] === 'string') &&
    /^[0-9a-f]{40}$/.test(value.commit ?? '') &&
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(value.tag ?? '') &&
    images.length > 0 &&
    images.every(({ repository, digest }) => Boolean(repository) && /^sha256:[0-9a-f]{64}$/.test(digest));
  return isUsable ? (value as Recorded) : undefined;
}

/** Whether both are the same images of the same commit, deployed alike: going from one to the other would change nothing. */
export function isSame(a: Recorded, b: Recorded): boolean {
  const what = ({ commit, tag, images, templates }: Recorded): string =>
    JSON.stringify([
      ...[commit, tag, templates],
      Object.entries(images).map(([name, { digest }]) => [name, digest]),
    ]);
  return what(a) === what(b);
}
