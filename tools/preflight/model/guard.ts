import type { Command } from './command';

const SUCCEEDING = /CODEBUILD_BUILD_SUCCEEDING/;
const QUESTIONS = new Set(['[', '[[', 'test', '((']);

/** Whether a command of post_build or `finally` runs only where somebody has looked at how the phase before ended. */
export function isGuarded(command: Command, commands: readonly Command[]): boolean {
  const { guards, phase } = command;
  if (guards.some((guard) => SUCCEEDING.test(guard))) return true;
  const at = commands.indexOf(command);
  // `[ … ] || exit 1`, and `if [ … ]; then exit 1; fi`, before it.
  const asked = commands.some((other, i) => {
    return i < at && other.phase === phase && QUESTIONS.has(other.name) && SUCCEEDING.test(other.text);
  });
  if (asked || guards.some((guard) => /^case\b/.test(guard) && SUCCEEDING.test(guard))) return true;
  // By hand: a file or a variable that the build phase leaves when it is done.
  const left = new Set(commands.flatMap((other) => (other.phase === 'build' ? other.sets : [])));
  return guards.some((guard) => {
    if (/(?:\[|test)\s.*-[efs]\s/.test(guard)) return true;
    return [...guard.matchAll(/\$\{?(\w+)/g)].some(([, name]) => left.has(name!));
  });
}
