// Executes the change sets of .artifacts/change-sets.tsv in their order, tells what happens, and writes the outputs of the stacks to
// .artifacts/cdk-outputs.json: execute.mjs ARTIFACTS. Ends with 5 where tasks of a service did not run.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Deployer, Ended, placeOf, rowsOf, runAs, say, stackOf, targetPlace } from './deployer.mjs';

const TASKS_FAILED = 5;
/** What ECS and CloudFormation say of a service whose tasks do not run. */
const OF_TASKS = /Circuit Breaker|Exceeded attempts to wait|did not stabilize/;
const MOST_SECONDS_APART = 5;

/** @param deployer of whoever has one already */
export async function execute(artifacts, deployer = undefined) {
  for (const [stack, changeSet] of rowsOf(artifacts, 'change-sets')) {
    const place = changeSet === '-' ? targetPlace() : placeOf(changeSet);
    deployer ??= new Deployer(place);
    if (changeSet === '-') say(`nothing changes in ${stack}`);
    else await executeOne(deployer, stack, changeSet);
    const { Outputs = [] } = await stackOf(deployer, stack);
    addOutputs(artifacts, stack, Outputs);
  }
}

/** Tells the events of the stack, as they come, until it is done. */
async function executeOne(deployer, stack, changeSet) {
  say(`executing ${changeSet}`);
  // All events of what is begun here bear it; and should the CLI have to ask twice, it does not begin twice.
  const token = changeSet.split('/').at(-1);
  await deployer.cloudFormation(
    ...['execute-change-set', '--change-set-name', changeSet, '--client-request-token', token],
  );
  const seen = new Set();
  const failures = [];
  for (let pause = 0.5; ; pause = Math.min(pause * 1.5, MOST_SECONDS_APART)) {
    await delay(pause * 1000);
    for (const event of await eventsOf(deployer, stack, token, seen)) {
      tell(stack, event);
      const { ResourceStatus: status, PhysicalResourceId, StackId } = event;
      if (status.endsWith('_FAILED')) failures.push(...(await failuresOf(deployer, stack, event)));
      if (PhysicalResourceId !== StackId || status.endsWith('_IN_PROGRESS')) continue;
      if (/^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return;
      // What was cancelled was so because of another.
      const [cause = 'its events say why'] = failures.filter((one) => !/cancelled/.test(one));
      throw new Ended(
        failures.some((one) => OF_TASKS.test(one)) ? TASKS_FAILED : 1,
        `${stack} was not deployed, and is ${status}: ${cause}`,
      );
    }
  }
}

/**
 * Those that have not been seen, oldest first: from the first with the token on, all are of this operation, because a stack has one
 * at a time. The API gives the newest first, a hundred at a time.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
 */
async function eventsOf(deployer, stack, token, seen) {
  const isSeen = ({ EventId }) => seen.has(EventId);
  const isBegun = ({ ClientRequestToken }) => ClientRequestToken === token;
  const found = [];
  for (let next = []; ;) {
    const { StackEvents, NextToken } = await deployer.cloudFormation(
      ...['describe-stack-events', '--stack-name', stack, '--no-paginate', ...next],
    );
    found.push(...StackEvents);
    const isWhole = seen.size ? StackEvents.some(isSeen) : !isBegun(StackEvents.at(-1));
    if (!NextToken || isWhole) break;
    next = ['--next-token', NextToken];
  }
  const fresh = found.slice(0, seen.size ? found.findIndex(isSeen) : found.findLastIndex(isBegun) + 1);
  for (const { EventId } of fresh) seen.add(EventId);
  return fresh.reverse();
}

/** What has failed by an event: of a nested stack, only its own events say it. */
async function failuresOf(
  deployer,
  stack,
  { ResourceType, PhysicalResourceId, StackId, LogicalResourceId, ...event },
) {
  if (ResourceType !== 'AWS::CloudFormation::Stack')
    return [`${LogicalResourceId}: ${event.ResourceStatusReason}`];
  if (!PhysicalResourceId || PhysicalResourceId === StackId) return [];
  const { StackEvents } = await deployer.cloudFormation(
    ...['describe-stack-events', '--stack-name', PhysicalResourceId, '--no-paginate'],
  );
  const failures = [];
  for (const one of StackEvents.filter(({ ResourceStatus }) =>
    ResourceStatus.endsWith('_FAILED'),
  ).reverse()) {
    tell(`${stack}/${LogicalResourceId}`, one);
    failures.push(...(await failuresOf(deployer, `${stack}/${LogicalResourceId}`, one)));
  }
  return failures;
}

function tell(stack, { Timestamp, ResourceStatus, ResourceType, LogicalResourceId, ResourceStatusReason }) {
  const time = new Date(typeof Timestamp === 'number' ? Timestamp * 1000 : Timestamp)
    .toISOString()
    .slice(11, 19);
  const what = [LogicalResourceId, ResourceStatusReason].filter(Boolean).join(' ');
  process.stderr.write(`${[stack, time, ResourceStatus.padEnd(20), ResourceType, what].join(' | ')}\n`);
}

/** As the CDK CLI writes them. */
function addOutputs(artifacts, stack, outputs) {
  const file = path.join(artifacts, 'cdk-outputs.json');
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  all[stack] = Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}

// Imported, it executes what the importer says.
if (path.basename(process.argv[1] ?? '') === 'execute.mjs') void runAs(execute);
