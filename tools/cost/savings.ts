import type { ComputeType } from '../../lib/config';
import { PRICES } from '../../lib/catalogue/prices';
import { artifactLines, buildsUsd, imageGB, isComputeType, round, sizeOf } from './bill';
import { type Pipeline, sum } from './pipeline';
import { ASSUMED, type Usage } from './usage';

/** The same minutes on another size. */
export interface Alternative {
  readonly computeType: ComputeType;
  /** Absent: the price is not known. */
  readonly usd?: number;
  readonly current: boolean;
}

/** What one piece of the guide's advice is worth in a month. */
export interface Saving {
  readonly item: string;
  /** It is followed already: so much more it would cost without. */
  readonly inEffect: boolean;
  readonly usd: number;
  /** Where the guide gives a range. */
  readonly usdAtMost?: number;
  /** On what it depends. */
  readonly note: string;
}

const SIZES = Object.keys(PRICES.buildMinute).filter(isComputeType);

/** The guide: caching "reduces build time by 50-70%". */
const CACHING = { least: 0.5, most: 0.7 };
/** The guide: "7 days instead of 30". */
const ARTIFACT_DAYS = { short: 7, long: 30 };
/** For a repository that prunes nothing: what config/mangoo.ts keeps. */
const IMAGES_KEPT = 20;

export function alternativesOf(pipeline: Pipeline, usage: Usage): readonly Alternative[] {
  const sizes = new Set(pipeline.projects.map(sizeOf));
  // Another kind of machine has sizes of its own.
  if (![...sizes].every(isComputeType)) return [];
  return SIZES.map((computeType) => ({
    computeType,
    usd: buildsUsd(pipeline, usage, computeType),
    // Where projects differ, no one size is the present one.
    current: sizes.size === 1 && sizes.has(computeType),
  }));
}

export function savingsOf(pipeline: Pipeline, usage: Usage): readonly Saving[] {
  return [
    ...caching(pipeline, usage),
    ...smallerSize(pipeline, usage),
    ...retention(pipeline, usage),
    ...tiering(pipeline, usage),
    ...pruning(pipeline, usage),
  ];
}

function caching(pipeline: Pipeline, usage: Usage): Saving[] {
  const { least, most } = CACHING;
  const uncached = pipeline.projects.filter(({ cached }) => !cached);
  const inEffect = uncached.length === 0;
  const of = { ...pipeline, projects: inEffect ? pipeline.projects : uncached };
  const now = buildsUsd(of, usage);
  const timesMinutes = (factor: number): number => {
    // Before it is rounded up: 15 times 0.2 must not be a fourth minute.
    const usd = buildsUsd(of, { ...usage, minutes: round(usage.minutes * factor) }) ?? 0;
    return round(Math.abs((now ?? 0) - usd));
  };
  if (now === undefined) return [];
  const [usd, usdAtMost] = inEffect
    ? [timesMinutes(1 / (1 - least)), timesMinutes(1 / (1 - most))]
    : [timesMinutes(1 - least), timesMinutes(1 - most)];
  return [
    {
      item: 'caching',
      inEffect,
      usd,
      usdAtMost,
      note: `if it takes ${least * 100} to ${most * 100} % off a build's time, as the guide says`,
    },
  ];
}

/** The guide's MEDIUM instead of LARGE, or whatever is one size down from here. */
function smallerSize(pipeline: Pipeline, usage: Usage): Saving[] {
  const [size = '', ...others] = new Set(pipeline.projects.map(sizeOf));
  if (!isComputeType(size) || others.length) return [];
  const now = buildsUsd(pipeline, usage, size);
  const smaller = SIZES.slice(0, SIZES.indexOf(size))
    .reverse()
    .find((each) => buildsUsd(pipeline, usage, each) !== undefined);
  const then = smaller && buildsUsd(pipeline, usage, smaller);
  if (now === undefined || then === undefined) return [];
  const pays = round((Math.ceil(usage.minutes) * now) / then);
  return [
    {
      item: `${smaller} instead of ${size}`,
      inEffect: false,
      usd: round(now - then),
      note: `if builds take no longer; it pays while they take under ${pays} minutes`,
    },
  ];
}

function retention(pipeline: Pipeline, usage: Usage): Saving[] {
  const { short, long } = ARTIFACT_DAYS;
  const kept = pipeline.projects.flatMap(({ artifacts }) => (artifacts ? [artifacts] : []));
  if (!kept.length) return [];
  const inEffect = kept.every(({ expiresAfter = Infinity }) => expiresAfter <= short);
  const days = inEffect ? long : short;
  const now = artifactsUsd(pipeline, usage);
  const then = artifactsUsd(withArtifacts(pipeline, { expiresAfter: days }), usage);
  const was = [...new Set(kept.map(({ expiresAfter }) => expiresAfter ?? 'for good'))].join(' or ');
  return [
    {
      item: inEffect
        ? `artifacts kept ${was} days instead of ${long}`
        : `artifacts kept ${short} days instead of ${was}`,
      inEffect,
      usd: round(Math.abs(now - then)),
      note: 'they can be built again from any commit',
    },
  ];
}

/** Not of the guide, which moves artifacts to Standard-IA: S3 refuses that before day 30. */
function tiering(pipeline: Pipeline, usage: Usage): Saving[] {
  const without = withArtifacts(pipeline, { tieringAfter: undefined });
  const usd = round(artifactsUsd(pipeline, usage) - artifactsUsd(without, usage));
  if (usd <= 0) return [];
  return [
    {
      item: 'artifacts left in S3 Standard',
      inEffect: false,
      usd,
      note: 'Intelligent-Tiering is cheaper only after 30 unread days',
    },
  ];
}

function pruning(pipeline: Pipeline, usage: Usage): Saving[] {
  if (!pipeline.repositories.length) return [];
  const inEffect = pipeline.repositories.every(({ kept }) => kept !== undefined);
  const all = imageGB(pipeline, usage, usage.buildsPerMonth * ASSUMED.monthsOfGrowth);
  const pruned = imageGB(pipeline, usage, inEffect ? undefined : IMAGES_KEPT);
  return [
    {
      item: 'old images pruned',
      inEffect,
      usd: Math.max(0, round((all - pruned) * PRICES.ecr.storage.usd)),
      note: `after ${ASSUMED.monthsOfGrowth} months of keeping every build's images`,
    },
  ];
}

function artifactsUsd(pipeline: Pipeline, usage: Usage): number {
  return sum(artifactLines(pipeline, usage).map(({ usd }) => usd));
}

function withArtifacts(
  pipeline: Pipeline,
  change: { tieringAfter?: number; expiresAfter?: number },
): Pipeline {
  return {
    ...pipeline,
    projects: pipeline.projects.map((project) => ({
      ...project,
      artifacts: project.artifacts && { ...project.artifacts, ...change },
    })),
  };
}
