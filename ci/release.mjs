// Prints the record of a release, for ci/release.sh: release.mjs STATUS ARTIFACTS
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parsed, rowsIn } from './left.mjs';

/** Of a parameter's value, of the advanced tier: https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const MOST_BYTES = 8192;
/** Of what its author says of a commit: a subject may be as long as they like. */
const MOST_CHARACTERS = 120;

/**
 * What is known of a release.
 *
 * @param status `verified`, or `failed` with what there is
 * @param build CodeBuild's variables and ours
 * @param commit author and subject
 * @param tables the rows that the steps have left: images, services, steps, deployment, templates, runs, executed
 * @param before the record of the release that was live, if there was one
 * @param now milliseconds since 1970
 */
export function record(
  status,
  build,
  commit,
  { images = [], services = [], steps = [], deployment = [], templates = [], runs = [], executed = [] },
  now,
  before,
) {
  const started = Number(build.CODEBUILD_START_TIME);
  const ref = build.CODEBUILD_WEBHOOK_HEAD_REF ?? '';
  return {
    version: 1,
    status,
    ...(status === 'failed' && { step: failedOf(steps) }),
    ...(runs.length > 0 && { runs: whichRuns({ images, runs, executed }, before) }),
    release: build.CODEBUILD_BUILD_NUMBER,
    commit: build.CODEBUILD_RESOLVED_SOURCE_VERSION,
    tag: build.IMAGE_TAG,
    // Only a webhook says for certain which branch it is.
    ...(ref.startsWith('refs/heads/') && { branch: ref.slice('refs/heads/'.length) }),
    author: cut(commit.author),
    subject: cut(commit.subject),
    build: build.CODEBUILD_BUILD_ID,
    started: new Date(started).toISOString(),
    [status]: new Date(now).toISOString(),
    seconds: Math.round((now - started) / 1000),
    rollback: build.ROLLBACK === '1',
    // Of the steps of a release, nobody has decided it: they deploy in any case.
    ...(deployment.length > 0 && { deployKey: deployment[0][1] }),
    // By stack. Whoever goes back to this release deploys them.
    ...(templates.length > 0 && { templates: Object.fromEntries(templates) }),
    images: Object.fromEntries(
      images.map(([name, repository, uri, , how, , from, builtBy]) => [
        name,
        {
          ...{ repository, digest: uri.split('@')[1], built: how === 'pushed' },
          ...(from !== '-' && { from }),
          // Whose artifacts have what it was built of.
          ...(how !== 'pushed' && (builtBy ?? '-') !== '-' && { builtBy }),
        },
      ]),
    ),
    // Of those services that were seen to run the images: each of its tasks, by digest.
    taskDefinitions: Object.fromEntries(services.map(([service, , , definition]) => [service, definition])),
  };
}

/**
 * What a deployment that came to nothing has left: `before`, the release that was live, or `this`, the one of the build, each whole;
 * else `other`. Undefined where the record of before does not say what ran.
 */
function whichRuns({ images, runs, executed }, before) {
  const definitions = new Map(runs);
  const known = before?.taskDefinitions ?? {};
  if (before && !Object.keys(known).length) return undefined;
  const services = images.map(([name, , uri, service]) => {
    const is = definitions.get(service);
    const isBefore = is !== undefined && is === known[service];
    const isThis = is !== undefined && (!isBefore || before.images?.[name]?.digest === uri.split('@')[1]);
    return { isBefore, isThis };
  });
  if (services.every(({ isBefore }) => isBefore)) return 'before';
  // What this build has not even begun to change, another has left.
  return executed.length > 0 && services.every(({ isThis }) => isThis) ? 'this' : 'other';
}

/** The same, for whoever reads the log of a build that failed. */
export function told(runs, before) {
  const back = before ? `npm run rollback -- ${before.release} goes back` : 'push what mends it';
  return {
    before: `what runs is release ${before?.release}, as before this build, whole`,
    this: `WARNING: what runs is what this build has deployed, whole, though nobody has seen that it runs well: ${back}`,
    other: `WARNING: what runs is neither what this build was to deploy nor the last release that was recorded, as a whole: npm run releases says what; ${back}`,
  }[runs];
}

/** Of those that ran side by side, the one that failed; else the last to begin before the script that records. */
function failedOf(steps) {
  const failed = steps.find(([, , , , how]) => how === 'failed');
  const inTurn = steps.filter(([, , end]) => end === undefined);
  return (failed ?? inTurn.at(-2))?.[0];
}

/**
 * As JSON that a parameter can hold. What would be too much are the task definitions of very many images, which ECS knows, and the
 * templates of very many stacks, which can be synthesized. No value may refer to a parameter by `{{…}}`, as a subject may seem to; JSON
 * itself never has two braces that open side by side.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/what-is-a-parameter.html
 */
export function fitting(release) {
  const texts = [
    release,
    { ...release, taskDefinitions: {} },
    { ...release, taskDefinitions: {}, templates: undefined },
  ].map((one) => JSON.stringify(one).replaceAll('{{', '{\\u007b'));
  return texts.find((text) => Buffer.byteLength(text) <= MOST_BYTES) ?? texts.at(-1);
}

function cut(text) {
  const characters = [...text];
  if (characters.length <= MOST_CHARACTERS) return text;
  return `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
}

function main(status, artifacts) {
  const rows = (name) => {
    const file = `${artifacts}/${name}.tsv`;
    return existsSync(file) ? rowsIn(file) : [];
  };
  const git = (format) =>
    execFileSync('git', ['log', '-1', `--format=${format}`], { encoding: 'utf8' }).trimEnd();
  const tables = {
    images: rows('images'),
    services: rows('services'),
    steps: rows('steps'),
    deployment: rows('deployment'),
    templates: rows('templates'),
    runs: rows('runs'),
    executed: rows('executed'),
  };
  const commit = { author: git('%an'), subject: git('%s') };
  const before = liveBefore(`${artifacts}/live.json`);
  const release = record(status, process.env, commit, tables, Date.now(), before);
  if (release.runs) console.error(`==> ${told(release.runs, before)}`);
  process.stdout.write(fitting(release));
}

/** Undefined where there was none, or none of ours. */
function liveBefore(file) {
  const release = existsSync(file) ? parsed(readFileSync(file, 'utf8')) : undefined;
  return release?.taskDefinitions && release.images ? release : undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(...process.argv.slice(2));
