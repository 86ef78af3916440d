import type { Check } from './check';
import type { Diagnosis } from './doctor';

/** For people: what stands in the way with its command below it, the rest in a line each. */
export function report({ checks, fails, warnings }: Diagnosis): string[] {
  const width = Math.max(...checks.map(({ title }) => title.length));
  const several = new Set(checks.map(({ environment }) => environment)).size > 1;
  const lines: string[] = [];
  let section: string | undefined;
  for (const check of checks) {
    if (several && check.environment !== section) {
      lines.push(...(section === undefined ? [] : ['']), `Environment ${check.environment}`, '');
      section = check.environment;
    }
    lines.push(...linesOf(check, width));
  }
  return [...lines, '', summary(fails, warnings)];
}

function linesOf({ level, title, found, fix }: Check, width: number): string[] {
  const first = `${level.padEnd(4)}  ${title.padEnd(width)}  ${found}`;
  return [first, ...(fix ? fix.split('\n').map((command) => `        ${command}`) : [])];
}

function summary(fails: number, warnings: number): string {
  const look = warnings === 1 ? '1 thing to look at' : `${warnings} things to look at`;
  if (fails === 0)
    return warnings === 0 ? 'Nothing stands in the way.' : `Nothing stands in the way; ${look}.`;
  const mend = fails === 1 ? '1 thing to mend' : `${fails} things to mend`;
  return `${mend}, from the top${warnings === 0 ? '' : `; ${look}`}.`;
}
