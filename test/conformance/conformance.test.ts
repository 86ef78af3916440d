import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { EnvironmentVariable, PhaseName, ReportResult } from '../../tools/simulator/engine/types';
import { build, directory, type Observed, removeDirectories } from '../simulator/engine/harness';

/**
 * `expect.json` of a behaviour: a folder with a buildspec, the source beside it, and what CodeBuild does with it. What is left
 * out is not compared, but for `contexts`, whose absence means that no phase failed.
 */
interface Expectation {
  /** A sentence: who relies on what. */
  readonly claim: string;
  /** The documentation behind it. */
  readonly page: string;
  /** Why the documentation does not settle it, where it does not. */
  readonly unverified?: string;
  readonly given?: {
    readonly image?: string;
    readonly variables?: readonly EnvironmentVariable[];
    readonly parameters?: Readonly<Record<string, string>>;
    readonly secrets?: Readonly<Record<string, string>>;
    readonly artifactsType?: 'NO_ARTIFACTS';
    /** The type of the project's cache; what it holds stays for the builds that follow. */
    readonly cache?: 'S3' | 'LOCAL';
    /** Another file of the folder than buildspec.yml. */
    readonly buildspec?: string;
  };
  readonly status: 'SUCCEEDED' | 'FAILED';
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
  readonly artifacts?: readonly {
    readonly identifier?: string;
    readonly name?: string;
    readonly s3Prefix?: string;
    readonly files: readonly string[];
  }[];
  readonly reports?: readonly ReportResult[];
  /** What the result says of itself; only the simulator has it. */
  readonly simulated?: readonly string[];
  /** Builds of the same project that follow, each with what differs in `given`. */
  readonly then?: readonly Omit<Expectation, 'claim' | 'page' | 'then'>[];
}

afterAll(removeDirectories);

const behaviours = readdirSync(__dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const file = path.join(__dirname, name, 'expect.json');
    const expectation = JSON.parse(readFileSync(file, 'utf8')) as Expectation;
    return [name, expectation.claim, expectation] as const;
  });

test.each(behaviours)('%s: %s', async (name, _claim, expected) => {
  const folder = path.join(__dirname, name);
  const caches = directory();
  for (const one of [expected, ...(expected.then ?? [])]) {
    const { cache, buildspec, ...given } = { ...expected.given, ...one.given };
    const observed = await build({
      source: folder,
      ...given,
      ...(cache && { cache: { directory: caches, keyed: cache === 'S3' } }),
      ...(buildspec && { buildspec: readFileSync(path.join(folder, buildspec), 'utf8') }),
    });
    compare(observed, one);
  }
});

function compare(observed: Observed, expected: Omit<Expectation, 'claim' | 'page' | 'then'>): void {
  expect({ status: observed.result.status, contexts: observed.contexts }).toEqual({
    status: expected.status,
    contexts: expected.contexts ?? {},
  });
  if (expected.phases) expect(observed.phases).toEqual(expected.phases);
  if (expected.printed) expect(observed.printed).toEqual(expected.printed);
  if (expected.log) expect(observed.log).toEqual(expect.arrayContaining([...expected.log]));
  for (const text of expected.absent ?? []) expect(observed.output).not.toContain(text);
  if (expected.exportedVariables)
    expect(observed.result.exportedVariables).toEqual(expected.exportedVariables);
  if (expected.reports) expect(observed.result.reports).toEqual(expected.reports);
  if (expected.simulated) expect(observed.result.simulated).toEqual(expected.simulated);
  if (expected.artifacts) {
    expect(
      observed.uploads.map(({ files, ...artifact }) => ({
        ...artifact,
        files: files.map((file) => file.path),
      })),
    ).toEqual(expected.artifacts);
    for (const file of observed.uploads.flatMap((upload) => upload.files)) {
      expect(existsSync(file.absolutePath)).toBe(true);
    }
  }
}

test('every behaviour names the page that it comes from, so that a reader can check it', () => {
  for (const [name, , { page }] of behaviours) {
    expect({ name, page }).toEqual({
      name,
      page: expect.stringMatching(/^https:\/\/docs\.aws\.amazon\.com\//) as string,
    });
  }
});
