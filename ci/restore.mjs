// Deploys what a release was deployed by: the templates of .artifacts/templates.tsv, images by digest and all, which its build has put
// into the bootstrap's bucket: restore.mjs ARTIFACTS ALLOWED_CHANGES. Nothing is installed or synthesized; and what is deployed is what
// ran, whatever a synthesis would make of that commit today. Ends with 4, and has changed nothing, where that is not to be had any more.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Deployer, rowsOf, runAs, say, stackOf, targetPlace } from './deployer.mjs';
import { execute } from './execute.mjs';
import { changesIn, describeChangeSet, refuse, remove } from './guard.mjs';

const GONE = 4;
const NO_CHANGES = /didn't contain changes|No updates are to be performed/;
const MOST_SECONDS_APART = 5;
const ASSEMBLY = 'cdk/cdk.out';

async function restore(artifacts, allowed) {
  const deployer = new Deployer(targetPlace());
  let made;
  try {
    made = await allOrNone(
      deployer,
      rowsOf(artifacts, 'templates').map(([stack, url]) => changeSetOf(deployer, artifacts, stack, url)),
    );
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    say(error.message);
    process.exitCode = GONE;
    return;
  }
  writeAssembly(artifacts, made);
  const changes = [];
  for (const { stack, described } of made) changes.push(...(await changesIn(deployer, stack, described)));
  await refuse(deployer, artifacts, existing(made), changes, allowed);
  const rows = made.map(({ stack, changeSet }) => `${stack}\t${changeSet}\n`);
  writeFileSync(path.join(artifacts, 'change-sets.tsv'), rows.join(''));
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

/** All of the change sets; where one cannot be made, none is left. */
async function allOrNone(deployer, making) {
  const settled = await Promise.allSettled(making);
  const failed = settled.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  const made = settled.flatMap(({ value }) => value ?? []);
  if (!failed.length) return made;
  await remove(deployer, existing(made));
  throw failed.find((error) => !(error instanceof Gone)) ?? failed[0];
}

function existing(made) {
  return made.flatMap(({ changeSet }) => (changeSet === '-' ? [] : [changeSet]));
}

/** Makes a change set as the CDK CLI does: parameters and tags of the stack stay as they are. */
async function changeSetOf(deployer, artifacts, stack, url) {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  const [template, found] = await Promise.all([
    templateAt(deployer, artifacts, stack, bucket, key),
    stackOf(deployer, stack),
  ]);
  if (!found) throw new Gone(`stack ${stack} does not exist any more`);
  const kept = (found.Parameters ?? []).filter(({ ParameterKey }) =>
    Object.hasOwn(template.Parameters ?? {}, ParameterKey),
  );
  const parameters = kept.map(({ ParameterKey }) => ({ ParameterKey, UsePreviousValue: true }));
  say(`preparing ${stack} by ${url}`);
  const { Id } = await deployer.cloudFormation(
    ...['create-change-set', '--stack-name', stack],
    ...['--change-set-name', `build-${process.env.CODEBUILD_BUILD_NUMBER}`],
    ...['--template-url', `https://s3.${deployer.region}.${deployer.domain}/${bucket}/${key}`],
    ...['--role-arn', deployer.role('cfn-exec'), '--include-nested-stacks'],
    ...['--capabilities', 'CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
    ...['--tags', JSON.stringify(found.Tags ?? []), '--parameters', JSON.stringify(parameters)],
  );
  for (let pause = 0.5; ; pause = Math.min(pause * 1.5, MOST_SECONDS_APART)) {
    const described = await describeChangeSet(deployer, Id);
    const { Status, StatusReason = 'no reason given' } = described;
    if (Status === 'CREATE_COMPLETE') return { stack, changeSet: Id, described };
    if (Status === 'FAILED') {
      await remove(deployer, [Id]);
      if (NO_CHANGES.test(StatusReason)) return { stack, changeSet: '-', described };
      throw new Gone(`no change set can be made of ${stack}: ${StatusReason}`);
    }
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
  if (path.posix.basename(key) === `${hash}.json`) return JSON.parse(text);
  throw new Gone(
    `the template of ${stack} is not what it was: s3://${bucket}/${key} has the SHA-256 ${hash}`,
  );
}

/** Of a template, or of what it needs. */
class Gone extends Error {}

void runAs(restore);
