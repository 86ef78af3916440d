// Tells what a build has waited for: steps.mjs STEPS START. STEPS is what common.sh and side-by-side.mjs have written; START is when
// the build began, in milliseconds since 1970. For people on the standard output, for programs as one line on the standard error.
import { rowsIn } from './left.mjs';

/** What is less is told together. */
const LEAST_SHARE = 0.01;

/**
 * Each thing that the build has waited for, in order; they add up to its time. Of steps that ran side by side, those of the longest
 * chain: each of these came after the one before.
 *
 * @param rows name, start; and of steps that ran side by side: end, the names of what they came after, and how they ended
 * @param start of the build, @param now all in milliseconds since 1970
 */
export function waits(rows, start, now) {
  const steps = rows.map(([name, begin, end, after, how]) => ({
    name,
    begin: Number(begin),
    end: end === undefined ? undefined : Number(end),
    after: after === undefined || after === '-' ? [] : after.split(','),
    how,
  }));
  const inTurn = steps.filter(({ end }) => end === undefined);
  const first = inTurn[0]?.begin ?? now;
  const path = [{ name: 'before the first step', milliseconds: first - start }];
  const sideBySide = [];
  for (const [i, step] of inTurn.entries()) {
    const end = inTurn[i + 1]?.begin ?? now;
    const all = steps.filter(
      (other) => other.end !== undefined && other.begin >= step.begin && other.end <= end,
    );
    if (all.length < 2) {
      path.push({ name: step.name, milliseconds: end - step.begin });
      continue;
    }
    const chain = longestChain(all);
    const longest = sum(chain);
    path.push(...chain.map((one) => ({ name: one.name, milliseconds: one.end - one.begin })));
    // What comes before and after them, and waiting for one of the machine's cores.
    path.push({ name: step.name, milliseconds: end - step.begin - longest });
    const took = Math.max(...all.map((one) => one.end)) - Math.min(...all.map((one) => one.begin));
    sideBySide.push({ name: step.name, took, longest, oneByOne: sum(all) });
  }
  return { path, sideBySide };
}

function longestChain(steps) {
  const chains = new Map();
  const chainTo = (step) => {
    if (!chains.has(step)) {
      const before = steps.filter(({ name }) => step.after.includes(name)).map(chainTo);
      chains.set(step, [...longestOf(before), step]);
    }
    return chains.get(step);
  };
  return longestOf(steps.map(chainTo));
}

const sum = (steps) => steps.reduce((all, { begin, end }) => all + end - begin, 0);
const longestOf = (chains) => chains.reduce((best, chain) => (sum(chain) > sum(best) ? chain : best), []);
const seconds = (milliseconds) => Math.round(milliseconds / 100) / 10;

function main(file, start) {
  const now = Date.now();
  const { path, sideBySide } = waits(rowsIn(file), start, now);
  const all = now - start;
  const long = path.filter(({ milliseconds }) => milliseconds >= LEAST_SHARE * all);
  const rest = path
    .filter((one) => !long.includes(one))
    .reduce((total, { milliseconds }) => total + milliseconds, 0);
  console.log(`  time     ${seconds(all)} s, of which it waited for`);
  for (const { name, milliseconds } of [...long, { name: 'all else', milliseconds: rest }]) {
    const share = Math.round((milliseconds / all) * 100);
    console.log(
      `    ${`${seconds(milliseconds).toFixed(1)} s`.padStart(9)} ${`${share} %`.padStart(5)}  ${name}`,
    );
  }
  for (const { name, took, oneByOne } of sideBySide) {
    console.log(`  beside   ${name}: ${seconds(took)} s for steps of ${seconds(oneByOne)} s`);
  }
  console.error(
    JSON.stringify({
      mangoo: 'steps',
      seconds: seconds(all),
      criticalPath: path.map(({ name, milliseconds }) => ({ name, seconds: seconds(milliseconds) })),
      sideBySide: sideBySide.map((one) => ({
        name: one.name,
        seconds: seconds(one.took),
        criticalPath: seconds(one.longest),
        sequential: seconds(one.oneByOne),
      })),
    }),
  );
}

if (process.argv[1]?.endsWith('/steps.mjs')) main(process.argv[2], Number(process.argv[3]));
