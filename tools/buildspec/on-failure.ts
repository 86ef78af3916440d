/** What a phase of a buildspec wants when it fails. */
export type OnFailure =
  | { readonly action: 'ABORT' | 'CONTINUE' }
  | { readonly action: 'RETRY'; readonly count: number; readonly message: RegExp };

const USUAL_RETRIES = 3;
const MOST_RETRIES = 100;

/**
 * Reads `on-failure`: ABORT, CONTINUE, RETRY, RETRY-<count>, RETRY-<regex> or RETRY-<count>-<regex>, in any case, as the
 * documentation's own examples are written.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.phases
 *
 * @returns undefined when it is none of them
 */
export function parseOnFailure(written: string): OnFailure | undefined {
  const word = written.toUpperCase();
  if (word === 'ABORT' || word === 'CONTINUE') return { action: word };
  const retry = /^retry(?:-(\d+))?(?:-(.+))?$/is.exec(written);
  if (!retry) return undefined;
  const count = Number(retry[1] ?? USUAL_RETRIES);
  if (count > MOST_RETRIES) return undefined;
  try {
    return { action: 'RETRY', count, message: new RegExp(retry[2] ?? '.*') };
  } catch {
    return undefined;
  }
}
