import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../command';
import type { EnvironmentVariable, PhaseName, ReportResult } from '../simulator/engine/types';

/** What a build starts with, besides the folder. */
export interface Given {
  readonly image?: string;
  readonly variables?: readonly EnvironmentVariable[];
  readonly parameters?: Readonly<Record<string, string>>;
  /** By reference: `secret-id`, or `secret-id:json-key`. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly artifactsType?: 'NO_ARTIFACTS';
  /** The type of the project's cache; what it holds stays for the builds that follow. */
  readonly cache?: 'S3' | 'LOCAL';
  /** Another file of the folder than buildspec.yml. */
  readonly buildspec?: string;
}

/** What is expected of a build. What is left out is not compared, but for `contexts`, whose absence means that no phase failed. */
export interface Outcome {
  readonly status: string;
  /** Of DOWNLOAD_SOURCE to UPLOAD_ARTIFACTS, exactly those that ran. */
  readonly phases?: Readonly<Partial<Record<PhaseName, string>>>;
  readonly contexts?: Readonly<Partial<Record<PhaseName, string>>>;
  /** All lines that the commands wrote. */
  readonly printed?: readonly string[];
  /** Lines that CodeBuild wrote, among others. */
  readonly log?: readonly string[];
  /** Texts that appear nowhere in the output. */
  readonly absent?: readonly string[];
  readonly exportedVariables?: Readonly<Record<string, string>>;
  readonly artifacts?: readonly Artifact[];
  readonly reports?: readonly ReportResult[];
  /** What the result says of itself; only the simulator has it. */
  readonly simulated?: readonly string[];
}

export interface Artifact {
  readonly identifier?: string;
  readonly name?: string;
  readonly s3Prefix?: string;
  readonly enableSymlinks?: boolean;
  readonly files: readonly string[];
}

/** One build of a behaviour. */
export interface ExpectedBuild extends Outcome {
  readonly given?: Given;
  /** Why a CodeBuild other than the engine, behind its API and with a source in S3, cannot show this. */
  readonly notReplayed?: string;
}

/** `expect.json` of a behaviour. */
export interface Expectation extends ExpectedBuild {
  /** A sentence: who relies on what. */
  readonly claim: string;
  /** The documentation behind it. */
  readonly page: string;
  /** Why the documentation does not settle it, where it does not. */
  readonly unverified?: string;
  /** Builds of the same project that follow, each with what differs in `given`. */
  readonly then?: readonly ExpectedBuild[];
}

/** A folder with a buildspec, the source beside it, and what CodeBuild does with it. */
export interface Behaviour {
  readonly name: string;
  readonly folder: string;
  readonly expectation: Expectation;
  /** The first build and those that follow, each with all that it starts with. */
  readonly builds: readonly ExpectedBuild[];
}

const BUILD_KEYS = [
  ...['given', 'status', 'phases', 'contexts', 'printed', 'log', 'absent', 'exportedVariables'],
  ...['artifacts', 'reports', 'simulated', 'notReplayed'],
];
const GIVEN_KEYS = ['image', 'variables', 'parameters', 'secrets', 'artifactsType', 'cache', 'buildspec'];

/**
 * The behaviours below a directory, a folder each, in the order of their names.
 *
 * @throws UserError with a line for every folder whose `expect.json` is missing or broken
 */
export function readBehaviours(directory: string): Behaviour[] {
  const problems: string[] = [];
  const behaviours = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => {
      const folder = path.join(directory, name);
      const read = readExpectation(path.join(folder, 'expect.json'));
      if (Array.isArray(read)) {
        problems.push(...read.map((problem) => `${name}/expect.json: ${problem}`));
        return [];
      }
      const { then = [], given, ...first } = read;
      const builds = [
        { ...first, given },
        ...then.map((build) => ({ ...build, given: { ...given, ...build.given } })),
      ];
      return [{ name, folder, expectation: read, builds }];
    });
  if (problems.length) throw new UserError(problems.join('\n'));
  return behaviours;
}

/** @returns what is wrong with it, where something is */
function readExpectation(file: string): Expectation | string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return ['cannot be read; a behaviour says there what CodeBuild does with its folder'];
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [`is no JSON (${(error as Error).message.split('\n')[0]})`];
  }
  if (!isObject(value)) return ['expected an object'];
  const problems = [
    ...['claim', 'page'].flatMap((key) =>
      typeof value[key] === 'string' ? [] : [`${key}: expected a text`],
    ),
    ...problemsOfBuild('', value, ['claim', 'page', 'unverified', 'then', ...BUILD_KEYS]),
  ];
  const { then = [] } = value;
  if (!Array.isArray(then)) problems.push('then: expected a list of builds');
  else {
    then.forEach((build: unknown, index) => {
      const at = `then/${index}`;
      if (isObject(build)) problems.push(...problemsOfBuild(`${at}/`, build, BUILD_KEYS));
      else problems.push(`${at}: expected an object`);
    });
  }
  return problems.length ? problems : (value as unknown as Expectation);
}

function problemsOfBuild(at: string, build: Record<string, unknown>, keys: readonly string[]): string[] {
  const problems = unknownKeys(at, build, keys);
  if (typeof build.status !== 'string') problems.push(`${at}status: expected SUCCEEDED or FAILED`);
  for (const key of ['printed', 'log', 'absent', 'artifacts', 'reports', 'simulated']) {
    if (build[key] !== undefined && !Array.isArray(build[key])) problems.push(`${at}${key}: expected a list`);
  }
  for (const key of ['phases', 'contexts', 'exportedVariables', 'given']) {
    if (build[key] !== undefined && !isObject(build[key])) problems.push(`${at}${key}: expected an object`);
  }
  if (isObject(build.given)) problems.push(...unknownKeys(`${at}given/`, build.given, GIVEN_KEYS));
  return problems;
}

function unknownKeys(at: string, value: Record<string, unknown>, keys: readonly string[]): string[] {
  return Object.keys(value)
    .filter((key) => !keys.includes(key))
    .map((key) => `${at}${key}: is not known; there are: ${keys.join(', ')}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
