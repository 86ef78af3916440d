// Decides what a build has to do. Run by plan.sh and common.sh:
//   plan.mjs images ARTIFACTS          the images (rows of `images` in common.sh, on the standard input) to a plan
//   plan.mjs key FILE                 the images of a file to the key of their deployment
//   plan.mjs deployment FILE LIVE STACKS ARTIFACTS   what is live to whether anything has to be deployed
//   plan.mjs rollback RELEASES ARTIFACTS   what was released to how to go back to it
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { outputsOf, parsed, rowsIn, stacksIn, timeOf } from './left.mjs';

const run = promisify(execFile);
/** Changes whenever what a content tag or a key is made of does: no image or release of before is taken for the same. */
const SCHEME = 1;
/** Programs that wait for a registry, at once: each takes a hundred megabytes. */
const AT_ONCE = 4;
const LOOK_UP_MS = 30_000;
/** What the registry says of a tag that it does not have. */
const NONE = 'None';
/** Variables of the machine and of the build's own course: what is made must not depend on them. */
const MACHINE =
  /^(?:PATH|HOME|PWD|OLDPWD|SHLVL|_|HOSTNAME|USER|LOGNAME|TERM|SHELL|TMPDIR|IMAGES_TO_BUILD|ECS_CONTAINER_\w+|AWS_(?!REGION$|DEFAULT_REGION$)\w+)$/;

/**
 * The images that a Dockerfile starts from or copies from, each once: their content is in what is built.
 * https://docs.docker.com/reference/dockerfile/
 */
export function baseImages(text) {
  const joined = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line, i) => i === 0 || !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/[\\`][ \t]*\n/g, ' ');
  const values = {};
  const stages = new Set(['scratch']);
  const bases = new Set();
  const syntax = /^#\s*syntax\s*=\s*(\S+)/i.exec(text);
  if (syntax) bases.add(syntax[1]);
  const add = (name) => {
    const image = name.replace(
      /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
      (all, braced, fallback, plain) => values[braced ?? plain] || fallback || all,
    );
    if (!stages.has(image.toLowerCase()) && !/^\d+$/.test(image)) bases.add(image);
  };
  for (const line of joined.split('\n')) {
    const [, argument, value] = /^\s*ARG\s+(\w+)=["']?([^"'\s]*)/i.exec(line) ?? [];
    // Only those before the first FROM count in a FROM; any other is a mistake that BuildKit tells.
    if (argument && !bases.size) values[argument] = value;
    const [, image, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    if (image) add(image);
    if (stage) stages.add(stage.toLowerCase());
    if (/^\s*(?:COPY|ADD|RUN)\s/i.test(line)) {
      for (const [, from] of line.matchAll(/(?:\s--from=|\s--mount=\S*\bfrom=)([^\s,]+)/g)) add(from);
    }
  }
  return [...bases];
}

/** The tag of all that has the same content, whatever that is an object of. */
export function contentTag(content) {
  return `content-${hash(content).slice(0, 40)}`;
}

/**
 * What is to be done with each image, or all that is wrong with what was asked for. Images of one release are of one commit: where
 * some exist under the tag, the others are built only from the commit of those.
 *
 * @param images each with its name, and the digests under the tag, under that of its content and under the commit, or None
 */
export function plan({ images, tag, commit, rebuild, rollback }) {
  const missing = images.filter(({ tagged }) => tagged === NONE);
  const there = images.filter(({ tagged }) => tagged !== NONE);
  const names = (list) => list.map(({ name }) => name).join(', ');
  const foreign = tag === commit ? [] : there.filter(({ tagged, committed }) => tagged !== committed);
  let error;
  if (rebuild && rollback) error = 'REBUILD and ROLLBACK: a rollback builds nothing; take one of them';
  else if (rebuild && there.length)
    error = `REBUILD: ${names(there)} exists as ${tag}, and tags are immutable; take a new IMAGE_TAG, or none`;
  else if (missing.length && rollback)
    error = `ROLLBACK: the registry has no image ${tag} of ${names(missing)}, and a rollback builds nothing; go back to another release, or revert on the branch and push`;
  else if (missing.length && foreign.length)
    error = `IMAGE_TAG ${tag}: ${names(foreign)} exists from another commit, ${names(missing)} does not exist; take a new tag, or check out the commit of ${names(foreign)}`;
  else if (missing.length && tag.startsWith('latest'))
    error = `IMAGE_TAG ${tag}: ${names(missing)} has no such image, and ${tag} is only given to what runs; take another tag`;
  if (error) return { error };
  return {
    rows: images.map(({ name, tagged, content, contentTag: its }) => {
      if (tagged !== NONE)
        return { name, what: 'found', digest: tagged, reason: `the registry has it as ${tag}` };
      if (rebuild) return { name, what: 'build', content: its, reason: 'REBUILD=1 builds everything' };
      if (content !== NONE)
        return {
          name,
          what: 'unchanged',
          digest: content,
          content: its,
          reason: 'the registry has an image of this content',
        };
      return { name, what: 'build', content: its, reason: 'the registry has no image of this content' };
    }),
  };
}

/**
 * Whether a deployment would change anything. It would not where the live release was made of the same, and nobody has touched
 * its stacks since it was verified: neither a build that failed nor anybody else.
 *
 * @param live the record of the live release, if there is one
 * @param stacks of the application, as `describe_stacks` asks for them; undefined for one that does not exist
 */
export function deployment({ key, live, stacks, names, rebuild }) {
  const deploy = (reason) => ({ what: 'deploy', reason });
  if (rebuild) return deploy('REBUILD=1 deploys in any case');
  if (!live?.deployKey) return deploy('no release is recorded that could be compared');
  if (live.deployKey !== key)
    return deploy(`images, sources or variables are others than those of release ${live.release}`);
  const verified = Date.parse(live.verified);
  for (const [i, name] of names.entries()) {
    const stack = stacks[i];
    if (!stack) return deploy(`stack ${name} does not exist`);
    if (!/^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(stack.StackStatus))
      return deploy(`stack ${name} is ${stack.StackStatus}`);
    // Its beginning; that of the last update to the live release is long before it was verified.
    const changed = timeOf(stack.LastUpdatedTime ?? stack.CreationTime);
    if (!(changed < verified))
      return deploy(`stack ${name} has been changed since release ${live.release} was verified`);
    // Its value may be another today. That of the bootstrap changes nothing.
    const parameter = stack.Resolved?.find(({ ParameterKey }) => ParameterKey !== 'BootstrapVersion');
    if (parameter) return deploy(`stack ${name} reads ${parameter.ParameterValue} of Parameter Store`);
  }
  return {
    what: 'skip',
    reason: `release ${live.release} was made of the same, and its stacks are as it left them`,
  };
}

/**
 * How to go back to what was released: by the templates that it was deployed by, where they are of the same stacks and have the
 * same images.
 *
 * @param releases the records, oldest first
 * @param build the id of the release's build; without it, the newest of the commit and the tag is meant
 * @param digests by image, those of the tag
 */
export function going({ releases, build, commit, tag, digests, names }) {
  const release = releases.findLast(
    (one) => one?.commit === commit && one.tag === tag && (!build || one.build === build),
  );
  const deploy = (reason) => ({ what: 'deploy', release, reason });
  if (!release) return deploy('no release of this commit and tag is recorded');
  const { release: number, images, templates } = release;
  const other = Object.keys(digests).filter((name) => images?.[name]?.digest !== digests[name]);
  if (other.length) return deploy(`release ${number} was made of another image of ${other.join(', ')}`);
  const missing = names.filter((name) => !/^s3:\/\/[^/]+\/.+\.json$/.test(templates?.[name]));
  if (missing.length) return deploy(`release ${number} has no template recorded for ${missing.join(', ')}`);
  return { what: 'restore', release, reason: `the templates of release ${number} are deployed again` };
}

function hash(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

const say = (line) => console.error(`==> ${line}`);
const tell = (what) => console.error(JSON.stringify({ mangoo: 'plan', ...what }));
const git = (...args) =>
  execFileSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 30 }).replace(/\n$/, '');
const given = (name) => process.env[name] === '1';

/** Variables that the committed files of a folder name: what is made of them may depend on any of those, and on no other. */
function variablesNamedIn(...pathspecs) {
  const names = Object.keys(process.env).filter((name) => /^[A-Za-z_]\w*$/.test(name) && !MACHINE.test(name));
  let found = '';
  try {
    found = git('grep', '-hoIwF', ...names.flatMap((name) => ['-e', name]), 'HEAD', '--', ...pathspecs);
  } catch (error) {
    // None.
    if (error.status !== 1) throw error;
  }
  return [...new Set(found.split('\n').filter(Boolean))].sort().map((name) => [name, process.env[name]]);
}

/** Does the work for each, some at once; in the order of the list. */
async function each(list, work) {
  const results = [];
  const rest = [...list.entries()];
  const worker = async () => {
    for (let next; (next = rest.shift());) results[next[0]] = await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/**
 * The digests of tags, or None, and the manifests by digest; all in one question, because each takes a second. A repository that was
 * deleted is made again, and then has no images.
 */
async function look(repository, tags) {
  const ids = tags.map((tag) => `imageTag=${tag}`);
  const query =
    '{images: images[].{digest: imageId.imageDigest, tag: imageId.imageTag, manifest: imageManifest}, failures: failures[].{tag: imageId.imageTag, code: failureCode}}';
  let images, failures;
  try {
    const args = [
      '--repository-name',
      repository,
      '--image-ids',
      ...ids,
      '--query',
      query,
      '--output',
      'json',
    ];
    const { stdout } = await run('aws', ['ecr', 'batch-get-image', ...args], { maxBuffer: 2 ** 30 });
    ({ images, failures } = JSON.parse(stdout));
  } catch (error) {
    if (!error.stderr?.includes('RepositoryNotFoundException')) {
      throw new Error(error.stderr?.trim() || error.message);
    }
    return { digests: tags.map(() => NONE), manifests: new Map() };
  }
  const digests = tags.map((tag) => {
    const failure = failures.find((one) => one.tag === tag);
    if (failure?.code === 'ImageNotFound') return NONE;
    // Should two tags of one image come as one.
    const image = images.find((one) => one.tag === tag) ?? (images.length === 1 ? images[0] : undefined);
    if (failure || !image)
      throw new Error(`${repository}:${tag}: ${failure?.code ?? 'the registry says nothing of it'}`);
    return image.digest;
  });
  return { digests, manifests: new Map(images.map(({ digest, manifest }) => [digest, manifest])) };
}

/** The digest that a base image's name stands for now, or nothing where the registry does not say. */
async function baseDigest(image) {
  const [, digest] = /@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  if (digest) return digest;
  try {
    const { stdout, stderr } = await run(
      'docker',
      ['buildx', 'imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}'],
      { timeout: LOOK_UP_MS },
    );
    process.stderr.write(stderr);
    const [found] = /\bsha256:[0-9a-f]{64}\b/.exec(stdout) ?? [];
    if (found) return found;
    throw new Error('docker printed no digest');
  } catch (error) {
    const reason = (error.stderr?.trim() || error.message).split('\n').at(-1);
    say(
      `WARNING: which image ${image} is now, nobody says (${reason}): its name alone decides whether images that start from it are built`,
    );
    return undefined;
  }
}

/** All that goes into each image. */
async function contents(images) {
  const dockerfiles = images.map(({ context }) => {
    const file = path.join(context, 'Dockerfile');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  });
  const bases = dockerfiles.map(baseImages);
  const all = [...new Set(bases.flat())];
  const digests = new Map((await each(all, baseDigest)).map((digest, i) => [all[i], digest]));
  // How they are built, and the arguments that they get.
  const recipe = ['compile.sh', 'build.sh'].map((script) => git('rev-parse', `HEAD:ci/${script}`));
  return images.map(({ context }, i) => ({
    scheme: SCHEME,
    tree: git('rev-parse', `HEAD:${path.posix.normalize(context).replace(/^\.?\/?$/, '')}`),
    recipe,
    bases: bases[i].map((image) => [image, digests.get(image) ?? null]),
    // What is compiled before the image is built sees the build's variables.
    ...(isCompiled(context) && {
      nodejs: process.env.NODEJS_VERSION,
      variables: variablesNamedIn(context),
    }),
  }));
}

function isCompiled(context) {
  const file = path.join(context, 'package.json');
  if (existsSync(path.join(context, 'requirements.txt')) || !existsSync(file)) return false;
  return Boolean(JSON.parse(readFileSync(file, 'utf8')).scripts?.build);
}

async function planImages(artifacts) {
  const { IMAGE_TAG: tag, CODEBUILD_RESOLVED_SOURCE_VERSION: commit } = process.env;
  const rebuild = given('REBUILD');
  const rollback = given('ROLLBACK');
  const rows = readFileSync(0, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name, context, repository] = line.split(' ');
      return { name, context, repository };
    });
  const tags = rollback ? [] : (await contents(rows)).map(contentTag);
  const manifests = new Map();
  const images = await each(rows, async ({ name, repository }, i) => {
    const asked = [tag, commit, ...(rebuild || rollback ? [] : [tags[i]])];
    const { digests, manifests: found } = await look(repository, [...new Set(asked)]);
    const digestOf = (one) => digests[[...new Set(asked)].indexOf(one)] ?? NONE;
    for (const entry of found) manifests.set(...entry);
    return {
      ...{ name, contentTag: tags[i], tagged: digestOf(tag), committed: digestOf(commit) },
      content: asked.includes(tags[i]) ? digestOf(tags[i]) : NONE,
    };
  });
  const lookups = rebuild || rollback ? [] : images.filter(({ tagged }) => tagged === NONE);
  if (lookups.length) {
    const hits = lookups.filter(({ content }) => content !== NONE).length;
    console.error(JSON.stringify({ mangoo: 'cache', cache: 'images', hits, lookups: lookups.length }));
  }
  const { error, rows: planned } = plan({ images, tag, commit, rebuild, rollback });
  if (error) fail(error);
  for (const { name, what, reason } of planned) {
    say(`${name}: ${what}: ${reason}`);
    tell({ image: name, what, reason });
  }
  const lines = planned.map(({ name, what, digest = '-', content = '-', reason }) =>
    [name, what, digest, content, reason].join('\t'),
  );
  writeFileSync(path.join(artifacts, 'plan.tsv'), `${lines.join('\n')}\n`);
  mkdirSync(path.join(artifacts, 'manifests'), { recursive: true });
  for (const { name, digest } of planned) {
    if (digest) writeFileSync(path.join(artifacts, 'manifests', `${name}.json`), manifests.get(digest));
  }
}

/**
 * The key of all that decides what would be deployed: the images by digest, every committed file that the CDK app may read, the
 * variables that those name, and what the deployment gives it. Not the files of the images, which have their digests; nor what
 * is only for people.
 */
function deployKey(file) {
  const { env } = process;
  const contexts = env.IMAGES.split(/\s+/)
    .filter(Boolean)
    .map((row) => path.posix.join(env.APP_DIR, row.split(',')[1]));
  const cdk = path.posix.join(env.APP_DIR, 'cdk');
  const within = (name, folder) => name.startsWith(`${folder}/`);
  const sources = git('ls-tree', '-r', '--full-tree', 'HEAD')
    .split('\n')
    .filter((line) => {
      const name = line.slice(line.indexOf('\t') + 1);
      if (within(name, cdk)) return true;
      return !name.endsWith('.md') && !contexts.some((folder) => within(name, folder));
    });
  return hash({
    scheme: SCHEME,
    images: rowsIn(file),
    sources,
    variables: variablesNamedIn(cdk, ':(exclude)*package-lock.json'),
    given: [
      ...['CDK_STACK_NAME', 'CDK_ENV', 'ENVIRONMENT', 'BOOTSTRAP_QUALIFIER', 'PERMISSIONS_BOUNDARY'],
      ...['TARGET_ACCOUNT', 'TARGET_REGION', 'NODEJS_VERSION'],
    ].map((name) => env[name] ?? null),
  });
}

function decide(file, liveFile, stacksFile, artifacts) {
  const key = deployKey(file);
  // None, or one that somebody has written by hand, is none.
  const live = parsed(readFileSync(liveFile, 'utf8'));
  const stacks = stacksIn(stacksFile);
  const names = stackNames();
  const { what, reason } = deployment({ key, live, stacks, names, rebuild: given('REBUILD') });
  settle(artifacts, what, key, reason);
  if (what !== 'skip') return;
  const outputs = Object.fromEntries(stacks.map((stack) => [stack.StackName, outputsOf(stack)]));
  writeFileSync(path.join(artifacts, 'cdk-outputs.json'), `${JSON.stringify(outputs, null, 2)}\n`);
  keepTemplates(artifacts, live, names);
}

function goBack(file, artifacts) {
  const { IMAGE_TAG: tag, CODEBUILD_RESOLVED_SOURCE_VERSION: commit, ROLLBACK_TO: build } = process.env;
  const releases = (parsed(readFileSync(file, 'utf8')) ?? []).map(parsed);
  const rows = rowsIn(path.join(artifacts, 'plan.tsv'));
  const digests = Object.fromEntries(rows.map(([name, , digest]) => [name, digest]));
  const names = stackNames();
  const { what, release, reason } = going({ releases, build, commit, tag, digests, names });
  settle(artifacts, what, release?.deployKey ?? '-', reason);
  writeFileSync(path.join(artifacts, 'live.json'), release ? JSON.stringify(release) : '');
  if (what === 'restore') keepTemplates(artifacts, release, names);
}

function settle(artifacts, what, key, reason) {
  say(`deployment: ${what}: ${reason}`);
  tell({ deployment: what, reason });
  writeFileSync(path.join(artifacts, 'deployment.tsv'), `${[what, key, reason].join('\t')}\n`);
}

/** For the record of this release, which is deployed by the same as that one. */
function keepTemplates(artifacts, { templates = {} }, names) {
  const rows = names.flatMap((name) => (templates[name] ? [`${name}\t${templates[name]}\n`] : []));
  writeFileSync(path.join(artifacts, 'templates.tsv'), rows.join(''));
}

function stackNames() {
  return process.env.CDK_STACK_NAME.split(/\s+/).filter(Boolean);
}

function fail(message) {
  for (const line of message.split('\n')) console.error(`ERROR: ${line}`);
  process.exit(1);
}

async function main([command, ...args]) {
  try {
    if (command === 'images') await planImages(...args);
    else if (command === 'key') console.log(deployKey(...args));
    else if (command === 'rollback') goBack(...args);
    else decide(...args);
  } catch (error) {
    fail(error.message);
  }
}

// Imported, it only decides.
if (path.basename(process.argv[1] ?? '') === 'plan.mjs') void main(process.argv.slice(2));
