// Decides whether it is a build's turn to deploy, by what turn.sh has seen. Prints go, wait, superseded or refused, and why.
// Run by turn.sh: turn.mjs FOLDER NUMBER COMMIT ROLLBACK
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parsed, rowsIn, stacksIn, timeOf } from './left.mjs';

/** Nothing of a build runs in these. It may be waiting for this one's place; once it has begun, it sees this one. */
const NOT_BEGUN = ['SUBMITTED', 'QUEUED', 'PROVISIONING'];
/** What is left of a build's time when it gives up waiting: enough to say why. */
const SPARE_MS = 60_000;

/**
 * The verdict on the build of a number. Whoever deploys has either seen no newer build, which will then see this one and wait
 * for its end, or only newer ones that ended without success: so two never deploy at once.
 *
 * @param builds of the project, in any order: number, state and phase, and when its time is up
 * @param stacks of the application: name and status
 * @param live the commit that is live, the release that deployed it, and how this build's commit stands to it: `none` where
 *   nothing is recorded, `unknown`, `same`, `older` for an ancestor, `other`
 */
export function decide({ number, builds, stacks, live, isRollback, now }) {
  const own = builds.find((build) => build.number === number);
  if (!own)
    return { verdict: 'wait', reason: "CodeBuild's list of builds, which does not have this one yet" };
  const newer = builds.find(
    (build) => build.number > number && ['IN_PROGRESS', 'SUCCEEDED'].includes(build.status),
  );
  if (newer) return { verdict: 'superseded', reason: String(newer.number) };

  const older = builds.filter(
    (build) => build.number < number && build.status === 'IN_PROGRESS' && !NOT_BEGUN.includes(build.phase),
  );
  const changing = stacks.filter(({ status }) => isChanging(status));
  const awaited = older.length
    ? older.map((build) => `build ${build.number} (${build.phase})`)
    : changing.map(({ name, status }) => `stack ${name} (${status})`);
  if (awaited.length) {
    const reason = awaited.join(', ');
    if (!(now >= own.endsAt - SPARE_MS)) return { verdict: 'wait', reason };
    return {
      verdict: 'refused',
      reason: `this build's time is up, and it still waits for ${reason}: start it again when that has ended, or raise build.timeoutMinutes`,
    };
  }

  switch (live.standing) {
    case 'older':
      if (isRollback) return { verdict: 'go', reason: '' };
      return {
        verdict: 'refused',
        reason:
          `this commit is older than what is live (${live.commit}, of release ${live.release}): nothing is deployed. ` +
          'To go back on purpose: npm run rollback, or start the build with ROLLBACK=1',
      };
    case 'unknown':
      return {
        verdict: 'go',
        reason: `WARNING: whether this commit is older than what is live (${live.commit ?? 'the record does not say'}) cannot be told, because this clone does not have that commit`,
      };
    case 'none':
      return { verdict: 'go', reason: 'no release is recorded as live yet' };
    default:
      return { verdict: 'go', reason: '' };
  }
}

/** Nothing may be deployed to a stack in these. REVIEW_IN_PROGRESS lasts until its first change set is executed. */
function isChanging(status) {
  return status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';
}

function main([folder, number, commit, rollback]) {
  const builds = rowsIn(path.join(folder, 'builds.tsv')).map(([number, status, phase, minutes, began]) => ({
    number: Number(number),
    status,
    phase,
    endsAt: timeOf(began) + Number(minutes) * 60_000,
  }));
  const stacks = stacksIn(path.join(folder, 'stacks.json'))
    .filter(Boolean)
    .map(({ StackName: name, StackStatus: status }) => ({ name, status }));
  const live = standing(readFileSync(path.join(folder, 'live.json'), 'utf8'), commit);
  const isRollback = rollback === '1';
  const { verdict, reason } = decide({
    number: Number(number),
    builds,
    stacks,
    live,
    isRollback,
    now: Date.now(),
  });
  console.log(`${verdict} ${reason}`);
}

/** How a commit stands to that of the record. What is no commit is nothing to give to git. */
function standing(record, commit) {
  if (!record.trim()) return { standing: 'none' };
  const told = parsed(record);
  if (!/^[0-9a-f]{40}$/.test(told?.commit)) return { standing: 'unknown' };
  const live = { commit: told.commit, release: told.release };
  if (live.commit === commit) return { ...live, standing: 'same' };
  const { status } = spawnSync('git', ['merge-base', '--is-ancestor', commit, live.commit]);
  return { ...live, standing: { 0: 'older', 1: 'other' }[status] ?? 'unknown' };
}

// Imported, it only decides.
if (path.basename(process.argv[1] ?? '') === 'turn.mjs') main(process.argv.slice(2));
