import { UserError, type Values } from '../command';

/** What no template can tell: how the pipeline is used. */
export interface Usage {
  /** Of each project. */
  readonly buildsPerMonth: number;
  /** Of one build. */
  readonly minutes: number;
  readonly artifactMB: number;
  readonly logMB: number;
}

interface Limits {
  readonly least: number;
  readonly most: number;
  readonly whole?: true;
  readonly unless: number;
}

/** 2160: CodeBuild stops every build after 36 hours. */
const OPTIONS = {
  'builds-per-month': { least: 1, most: 1_000_000, whole: true, unless: 100 },
  minutes: { least: 0.1, most: 2160, unless: 15 },
  'artifact-mb': { least: 0, most: 1_000_000, unless: 100 },
  'log-mb': { least: 0, most: 1_000_000, unless: 5 },
} as const satisfies Readonly<Record<string, Limits>>;

/** @throws UserError that tells every option that cannot be used, a line each */
export function usageOf(values: Values): Usage {
  const problems: string[] = [];
  const read = (name: keyof typeof OPTIONS): number => {
    const limits: Limits = OPTIONS[name];
    const given = values[name];
    if (typeof given !== 'string') return limits.unless;
    const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN;
    if (value >= limits.least && value <= limits.most && (!limits.whole || Number.isInteger(value))) {
      return value;
    }
    const kind = limits.whole ? 'a whole number' : 'a number';
    problems.push(`--${name}: expected ${kind} from ${limits.least} to ${limits.most}, got '${given}'`);
    return limits.unless;
  };
  const usage = {
    buildsPerMonth: read('builds-per-month'),
    minutes: read('minutes'),
    artifactMB: read('artifact-mb'),
    logMB: read('log-mb'),
  };
  if (problems.length) throw new UserError(problems.join('\n'));
  return usage;
}

/** What is assumed beside it, because it moves the total by cents, or nobody knows it. */
export const ASSUMED = {
  /** Of one image whose configuration names no `maxSizeMB`. */
  imageMB: 200,
  /** Files of 128 KB or more among a build's artifacts; smaller ones are not monitored. */
  artifactFiles: 20,
  /** What a build in a VPC loads and pushes. */
  networkGB: 1,
  /** What flow logs write of it. */
  flowLogMB: 1,
  /** One copy of an S3 cache, and how many there are at once: another for each state of the lock files. */
  cacheMB: 300,
  cacheCopies: 2,
  /** What layers of an image weigh in a repository, times the image: those of stages before its last, and of builds of a day. */
  layersPerImage: 3,
  /** How much of what is never deleted is counted. */
  monthsOfGrowth: 12,
} as const;

/** As AWS's own calculator counts a month. */
export const HOURS = 730;
export const DAYS = HOURS / 24;
