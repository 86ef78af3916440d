import { UserError } from '../command';
import { type Attempt, type History, isStray } from '../releases/history';
import { isSame, type Recorded } from '../releases/recorded';
import { choices } from '../releases/table';

/** What one can go back to: each once, newest first, and none that is what runs. */
export function targets(history: Pick<History, 'recorded' | 'strays'>): Recorded[] {
  const { recorded } = history;
  const live = liveOf(history);
  return recorded.filter(
    (one, i) => (!live || !isSame(one, live)) && recorded.findIndex((other) => isSame(other, one)) === i,
  );
}

/** What runs, where it is one; what was recorded last is one to go back to when a build has deployed something since. */
function liveOf({ recorded: [newest], strays }: Pick<History, 'recorded' | 'strays'>): Recorded | undefined {
  return isStray(strays) ? undefined : newest;
}

/**
 * The release that the user means.
 *
 * @param asked a release's number, its build's id, the tag of its images, or its commit, also the first seven digits or more
 * @throws UserError with the known ones where there is none, where there are several, or where it is what runs
 */
export function chosen(history: History, asked: string): Recorded {
  const { recorded, attempts, environment } = history;
  const isCommit = /^[0-9a-f]{7,40}$/.test(asked);
  // A number is a release before it is the beginning of a commit.
  const meant = [
    recorded.filter(({ release, build }) => release === asked || build === asked),
    recorded.filter(({ tag }) => tag === asked),
    recorded.filter(({ commit }) => isCommit && commit.startsWith(asked)),
  ].find((found) => found.length);
  const [first, ...more] = meant ?? [];
  if (!first) throw unknown(history, asked);
  const others = more.filter((one) => !isSame(one, first));
  if (others.length) {
    throw new UserError(
      [
        `'${asked}' may be each of these; say which by its build's id:`,
        ...[first, ...others].map(({ build, release }) => `  ${build}  release ${release}`),
      ].join('\n'),
    );
  }
  const live = liveOf(history);
  if (live && isSame(first, live)) {
    const which =
      live.release === first.release
        ? `release ${live.release}`
        : `release ${first.release}, as ${live.release},`;
    throw new UserError(
      `${which} is what runs in ${environment}; nothing is to be done${lastAttempt(attempts)}`,
      1,
    );
  }
  return first;
}

function unknown(history: History, asked: string): UserError {
  const { attempts, recorded, environment, parameter } = history;
  const attempt = attempts.find(({ release, build }) => release === asked || build === asked);
  const what = attempt
    ? `${asked} was never released to ${environment}: ${attempt.status}, ${attempt.why}`
    : recorded.length
      ? `there is no release '${asked}' of ${environment}`
      : `${environment} has no releases yet: there is nothing in ${parameter}`;
  const known = targets(history);
  return new UserError(
    [what, ...(known.length ? ['There are, newest first:', ...choices(known)] : [])].join('\n'),
    attempt ? 1 : 2,
  );
}

/** Whoever asks for what runs has probably seen a build fail after it. */
function lastAttempt([newest]: readonly Attempt[]): string {
  return newest?.status === 'failed' ? `; build ${newest.release} failed, and left it so` : '';
}
