// Deploys what a release was deployed by: the templates of .artifacts/templates.tsv, images by digest and all, which its build has put
// into the bootstrap's bucket: restore.mjs ARTIFACTS ALLOWED_CHANGES. Nothing is installed or synthesized; and what is deployed is what
// ran, whatever a synthesis would make of that commit today. Ends with 4, and has changed nothing, where that is not to be had any more.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Deployer, runAs, say, targetPlace } from './deployer.mjs';
import { remove } from './discard.mjs';
import { execute } from './execute.mjs';
import { changesIn, describeChangeSet, refuse } from './guard.mjs';
import { rowsIn, stacksIn } from './left.mjs';
import { weakReferences } from './templates.mjs';

const GONE = 4;
const NO_CHANGES = /didn't contain changes|No updates are to be performed/;
const MOST_SECONDS_APART = 5;
const ASSEMBLY = 'cdk/cdk.out';

async function restore(artifacts, allowed) {
  const deployer = new Deployer(targetPlace());
  const made = await allOrNone(
    deployer,
    rowsIn(path.join(artifacts, 'templates.tsv')).map(([stack, url]) =>
      changeSetOf(deployer, artifacts, stack, url),
    ),
  );
  if (!made) {
    process.exitCode = GONE;
    return;
  }
  writeAssembly(artifacts, made);
  // Whoever imports comes first: what the release before did not export can go only when nobody imports it any more. All that
  // they import of it is there, or there would be no change sets.
  const rows = made.map(({ stack, changeSet }) => `${stack}\t${changeSet}\n`).reverse();
  writeFileSync(path.join(artifacts, 'change-sets.tsv'), rows.join(''));
  const changes = [];
  for (const { stack, described } of made) changes.push(...(await changesIn(deployer, stack, described)));
  refuse(artifacts, changes, allowed);
  await execute(artifacts, deployer);
}

/** So that the artifacts have what is deployed, and stopped-tasks.mjs finds the logs. */
function writeAssembly(artifacts, made) {
  const parts = made.map(({ stack }) => [
    stack,
    { type: 'aws:cloudformation:stack', properties: { templateFile: fileOf(stack) } },
  ]);
  const manifest = { artifacts: Object.fromEntries(parts) };
  writeFileSync(path.join(artifacts, ASSEMBLY, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function fileOf(stack) {
  return `${stack}.template.json`;
}

/** All of the change sets; or none, and the reasons are told, where what one needs is gone. */
async function allOrNone(deployer, making) {
  const settled = await Promise.allSettled(making);
  const made = settled.flatMap(({ value }) => value ?? []);
  const failed = settled.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  if (!failed.length) failed.push(...outOfOrder(made));
  if (!failed.length) return made;
  await remove(deployer, existing(made));
  for (const error of failed) {
    if (!(error instanceof Gone)) throw error;
    say(error.message);
  }
  return undefined;
}

/** Whoever reads outputs as they are comes after those that have them, and its change set is made when these are done: by a synthesis. */
function outOfOrder(made) {
  return made.flatMap(({ stack, template }) => {
    const changes = (name) => made.some((other) => other.stack === name && other.changeSet !== '-');
    const read = weakReferences(template).filter(changes);
    return read.map((name) => new Gone(`${stack} reads outputs of ${name}, which changes`));
  });
}

function existing(made) {
  return made.flatMap(({ changeSet }) => (changeSet === '-' ? [] : [changeSet]));
}

/** Makes a change set as the CDK CLI does, but with the stack's own tags: parameters and tags stay as they are. */
async function changeSetOf(deployer, artifacts, stack, url) {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  // As ci/turn.sh has seen it, when it was this build's turn.
  const found = stacksIn(path.join(artifacts, 'stacks.json')).find((one) => one?.StackName === stack);
  if (!found) throw new Gone(`stack ${stack} does not exist any more`);
  say(`preparing ${stack} by ${url}`);
  const create = (names) =>
    deployer.cloudFormation(
      // Not the name that deploy.sh gives to that of a synthesis.
      ...['create-change-set', '--stack-name', stack],
      ...['--change-set-name', `back-${process.env.CODEBUILD_BUILD_NUMBER}`],
      ...['--template-url', `https://s3.${deployer.region}.${deployer.domain}/${bucket}/${key}`],
      ...['--role-arn', deployer.role('cfn-exec'), '--include-nested-stacks'],
      ...['--capabilities', 'CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
      ...['--tags', JSON.stringify(found.Tags ?? []), '--parameters'],
      JSON.stringify(names.map((ParameterKey) => ({ ParameterKey, UsePreviousValue: true }))),
    );
  const names = found.Parameters ?? [];
  // At the same time, as if the release had all parameters of today, which is rarely not so.
  const [template, created] = await Promise.allSettled([
    templateAt(deployer, artifacts, stack, bucket, key),
    create(names),
  ]);
  let Id = created.value?.Id;
  if (template.status === 'rejected') {
    if (Id) await remove(deployer, [Id]);
    throw template.reason;
  }
  if (!Id) {
    const { Parameters = {} } = template.value;
    const kept = names.filter((name) => Object.hasOwn(Parameters, name));
    try {
      if (kept.length === names.length) throw created.reason;
      ({ Id } = await create(kept));
    } catch (error) {
      // What CloudFormation refuses to make of a template, a synthesis may do: the CDK CLI deletes what is left of a stack that was
      // never made.
      throw error.message.includes('(ValidationError)') ? new Gone(error.message) : error;
    }
  }
  try {
    const described = await settled(deployer, Id);
    const { Status, StatusReason = 'no reason given' } = described;
    if (Status === 'CREATE_COMPLETE') return { stack, changeSet: Id, described, template: template.value };
    if (!NO_CHANGES.test(StatusReason))
      throw new Gone(`no change set can be made of ${stack}: ${StatusReason}`);
    await remove(deployer, [Id]);
    return { stack, changeSet: '-', described, template: template.value };
  } catch (error) {
    await remove(deployer, [Id]);
    throw error;
  }
}

/** A change set, once it is made or cannot be. */
async function settled(deployer, changeSet) {
  for (let pause = 0.5; ; pause = Math.min(pause * 1.5, MOST_SECONDS_APART)) {
    const described = await describeChangeSet(deployer, changeSet);
    if (['CREATE_COMPLETE', 'FAILED'].includes(described.Status)) return described;
    await delay(pause * 1000);
  }
}

/** The template of a release, which this build's artifacts get. */
async function templateAt(deployer, artifacts, stack, bucket, key) {
  const file = path.join(artifacts, ASSEMBLY, fileOf(stack));
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    await deployer.ask('s3api', 'get-object', '--bucket', bucket, '--key', key, file);
  } catch (error) {
    throw new Gone(`the template of ${stack} cannot be read any more: ${error.message}`);
  }
  const text = readFileSync(file);
  // It has its name from its content: whoever may write there could have put something else.
  const hash = createHash('sha256').update(text).digest('hex');
  if (path.posix.basename(key) !== `${hash}.json`) {
    throw new Gone(
      `the template of ${stack} is not what it was: s3://${bucket}/${key} has the SHA-256 ${hash}`,
    );
  }
  const template = JSON.parse(text);
  await Promise.all(
    assetsIn(template, path.posix.dirname(key)).map((asset) => seen(deployer, stack, bucket, asset)),
  );
  return template;
}

/**
 * The keys of the files that a template refers to, beside which it lies, such as the code of a function: named by the SHA-256 of
 * what they are made of, as the CDK CLI names them. What lies elsewhere, or is of a nested stack's template, is missed: CloudFormation
 * then goes back by itself.
 */
function assetsIn(value, directory) {
  if (typeof value === 'string') {
    const { dir, base } = path.posix.parse(value);
    return (dir || '.') === directory && /^[0-9a-f]{64}(?:\.\w+)+$/.test(base) ? [value] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap((one) => assetsIn(one, directory)))];
}

/** `cdk gc` removes what no deployed template refers to. */
async function seen(deployer, stack, bucket, key) {
  try {
    await deployer.ask('s3api', 'head-object', '--bucket', bucket, '--key', key);
  } catch (error) {
    throw new Gone(`s3://${bucket}/${key} of ${stack} cannot be read any more: ${error.message}`);
  }
}

/** Of a template, or of what it needs. */
class Gone extends Error {}

void runAs(restore);
