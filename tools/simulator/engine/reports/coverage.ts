import type { CoverageReport } from '../types';
import { type Element, rootOf } from './xml';

export type Coverage = Omit<CoverageReport, 'name'>;

/** From the lines of the classes, since not every tool writes the totals; from the totals where there are no lines. */
export function cobertura(text: string): Coverage {
  const root = rootOf(text, 'coverage');
  const lines = root
    .descendants('class')
    // The lines of its methods are among them.
    .flatMap((one) => one.children('lines').flatMap((list) => list.children('line')));
  if (!lines.length) {
    return covered(
      [root.count('lines-covered'), root.count('lines-valid')],
      [root.count('branches-covered'), root.count('branches-valid')],
    );
  }
  const branches = lines.flatMap((line) => {
    const [, hit, all] = /\((\d+)\/(\d+)\)/.exec(line.attribute('condition-coverage') ?? '') ?? [];
    return hit && all ? [[Number(hit), Number(all)] as const] : [];
  });
  return covered(
    [lines.filter((line) => line.count('hits') > 0).length, lines.length],
    [sum(branches.map(([hit]) => hit)), sum(branches.map(([, all]) => all))],
  );
}

/** The counters of the whole report; where it has none of its own, those of its packages or groups. */
export function jacoco(text: string): Coverage {
  const root = rootOf(text, 'report');
  const of = (type: string, field: 'covered' | 'missed', parent: Element = root): number => {
    const own = parent.children('counter').filter((counter) => counter.attribute('type') === type);
    if (own.length) return sum(own.map((counter) => counter.count(field)));
    const parts = [...parent.children('group'), ...parent.children('package')];
    return sum(parts.map((part) => of(type, field, part)));
  };
  return {
    linesCovered: of('LINE', 'covered'),
    linesMissed: of('LINE', 'missed'),
    branchesCovered: of('BRANCH', 'covered'),
    branchesMissed: of('BRANCH', 'missed'),
  };
}

/** Its statements are what CodeBuild calls lines, its conditionals the branches. */
export function clover(text: string): Coverage {
  const projects = rootOf(text, 'coverage').children('project');
  if (!projects.length) throw new Error('expected element type <project> within <coverage>');
  const own = projects.flatMap((project) => project.children('metrics'));
  const metrics = own.length
    ? own
    : projects.flatMap((project) => project.descendants('file').flatMap((file) => file.children('metrics')));
  const of = (field: string): number => sum(metrics.map((one) => one.count(field)));
  return covered(
    [of('coveredstatements'), of('statements')],
    [of('coveredconditionals'), of('conditionals')],
  );
}

/** Hits of each line; null for a line without code. */
type Lines = readonly (number | string | null)[];
interface FileCoverage {
  readonly lines: Lines;
  /** By condition, then branch, in `.resultset.json`; a list in `coverage.json`. */
  readonly branches?:
    | Readonly<Record<string, Readonly<Record<string, number>>>>
    | readonly { readonly coverage?: number | string }[];
}
type Files = Readonly<Record<string, FileCoverage | Lines>>;

/**
 * What simplecov writes itself, `.resultset.json` of one or more runs or `coverage.json`; not the gem simplecov-json's file.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/code-coverage-report.html
 */
export function simplecov(text: string): Coverage {
  const document = JSON.parse(text) as Readonly<Record<string, { readonly coverage?: Files } | undefined>>;
  const runs: readonly (Files | undefined)[] = isFiles(document.coverage)
    ? [document.coverage]
    : Object.values(document).map((run) => run?.coverage);
  if (!runs.length || !runs.every(isFiles)) {
    throw new Error('expected a file of simplecov: {"<command>": {"coverage": {"<file>": {"lines": […]}}}}');
  }
  // A line that one run has passed is covered, whatever the others did.
  const lines = new Map<string, number>();
  const branches = new Map<string, number>();
  const add = (hits: Map<string, number>, key: string, count: unknown): void => {
    if (typeof count === 'number') hits.set(key, Math.max(count, hits.get(key) ?? 0));
  };
  for (const run of runs) {
    for (const [file, of] of Object.entries(run)) {
      const one: FileCoverage = 'lines' in of ? of : { lines: of };
      one.lines.forEach((hits, i) => add(lines, `${file}:${i}`, hits));
      if (isList(one.branches)) {
        one.branches.forEach((branch, i) => add(branches, `${file}:${i}`, branch.coverage));
        continue;
      }
      for (const [condition, ways] of Object.entries(one.branches ?? {})) {
        for (const [way, hits] of Object.entries(ways)) add(branches, `${file}:${condition}:${way}`, hits);
      }
    }
  }
  const hit = (hits: Map<string, number>): number => [...hits.values()].filter((count) => count > 0).length;
  return covered([hit(lines), lines.size], [hit(branches), branches.size]);
}

function isList<Item>(value: object | readonly Item[] | undefined): value is readonly Item[] {
  return Array.isArray(value);
}

function isFiles(value: unknown): value is Files {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(
      (file: FileCoverage | Lines | null) =>
        Array.isArray(file) || Array.isArray((file as FileCoverage)?.lines),
    )
  );
}

function covered(
  [lines, allLines]: readonly [number, number],
  [branches, allBranches]: readonly [number, number],
): Coverage {
  return {
    linesCovered: lines,
    linesMissed: allLines - lines,
    branchesCovered: branches,
    branchesMissed: allBranches - branches,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
