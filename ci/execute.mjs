// Executes the change sets of .artifacts/change-sets.tsv in their order, tells what happens, and writes the outputs of the stacks to
// .artifacts/cdk-outputs.json: execute.mjs ARTIFACTS. Ends with 5 where tasks of a service did not run.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Deployer, Ended, placeOf, runAs, say, stackOf, targetPlace } from './deployer.mjs';
import { outputsOf, rowsIn, timeOf } from './left.mjs';

const TASKS_FAILED = 5;
/** What ECS and CloudFormation say of a service whose tasks do not run. */
const OF_TASKS = /Circuit Breaker|Exceeded attempts to wait|did not stabilize/;
/** Between two looks: at what goes on, and at what is said to have ended before all of its events are there. */
const MOST_SECONDS_APART = 5;
const MOMENT_MS = 200;
/** For so long, the pauses do not grow: what is done in seconds is not waited for in more. */
const QUICK_MS = 5_000;
/** Without an event of what was begun, in a stack that does not change. */
const MOST_SILENCE_MS = 60_000;

/** @param deployer of whoever has one already */
export async function execute(artifacts, deployer = undefined) {
  for (const [stack, changeSet] of rowsIn(path.join(artifacts, 'change-sets.tsv'))) {
    const isNone = changeSet === '-';
    deployer ??= new Deployer(isNone ? targetPlace() : placeOf(changeSet));
    if (isNone) say(`nothing changes in ${stack}`);
    const described = isNone
      ? await stackOf(deployer, stack)
      : await executed(artifacts, deployer, stack, changeSet);
    addOutputs(artifacts, stack, outputsOf(described));
  }
}

/** Tells the events of the stack, as they come, until it is done: what it has become. */
async function executed(artifacts, deployer, stack, changeSet) {
  say(`executing ${changeSet}`);
  // All events of what is begun here bear it; and should the CLI have to ask twice, it does not begin twice.
  const token = changeSet.split('/').at(-1);
  await deployer.cloudFormation(
    ...['execute-change-set', '--change-set-name', changeSet, '--client-request-token', token],
  );
  appendFileSync(path.join(artifacts, 'executed.tsv'), `${stack}\n`);
  const events = new Events(deployer, stack, token);
  const quickUntil = Date.now() + QUICK_MS;
  let pause = 0.25;
  for (;;) {
    const [described] = await Promise.all([stackOf(deployer, stack), events.look()]);
    const { end } = events;
    if (end && !isComplete(end)) {
      const { causes } = events;
      throw new Ended(
        causes.some((cause) => OF_TASKS.test(cause)) ? TASKS_FAILED : 1,
        `${stack} was not deployed, and is ${end}: ${causes[0] ?? 'its events say why'}`,
      );
    }
    if (end) return described?.StackStatus === end ? described : stackOf(deployer, stack);
    const isChanging = described?.StackStatus.endsWith('_IN_PROGRESS');
    if (!isChanging && Date.now() > events.newest + MOST_SILENCE_MS) {
      throw new Ended(
        1,
        `${stack} is ${described?.StackStatus}, and no event says that ${changeSet} was executed`,
      );
    }
    await delay(isChanging ? pause * 1000 : MOMENT_MS);
    if (Date.now() > quickUntil) pause = Math.min(pause * 2, MOST_SECONDS_APART);
  }
}

function isComplete(status) {
  return /^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status);
}

/** What happens to a stack by one operation, told as it comes. */
class Events {
  seen = new Set();
  failures = [];
  /** When the last one came. */
  newest = Date.now();

  constructor(deployer, stack, token) {
    this.deployer = deployer;
    this.stack = stack;
    this.token = token;
  }

  /** Why it failed, what others caused left out; where no resource has failed, why the stack goes back. */
  get causes() {
    // What was cancelled was so because of another.
    const causes = this.failures.filter((one) => !/cancelled/.test(one));
    return causes.length ? causes : this.back ? [this.back] : [];
  }

  async look() {
    for (const event of await this.fresh()) {
      this.newest = Date.now();
      this.first ??= event;
      tell(this.stack, event);
      const { ResourceStatus: status, ResourceStatusReason: reason, PhysicalResourceId, StackId } = event;
      if (PhysicalResourceId !== StackId) {
        if (status.endsWith('_FAILED')) this.failures.push(...(await this.failuresOf(this.stack, event)));
      } else if (!status.endsWith('_IN_PROGRESS')) this.end = status;
      else if (status.endsWith('ROLLBACK_IN_PROGRESS')) this.back = reason;
    }
  }

  /**
   * Those that have not been seen, oldest first: from the first with the token on, all are of this operation, because a stack has
   * one at a time. The API gives the newest first, a page at a time.
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
   */
  async fresh() {
    const { seen } = this;
    const isSeen = ({ EventId }) => seen.has(EventId);
    const isBegun = ({ ClientRequestToken }) => ClientRequestToken === this.token;
    const found = [];
    for (let next = []; ;) {
      const { StackEvents, NextToken } = await this.deployer.cloudFormation(
        ...['describe-stack-events', '--stack-name', this.stack, '--no-paginate', ...next],
      );
      found.push(...StackEvents);
      const isWhole = seen.size ? StackEvents.some(isSeen) : !StackEvents.every(isBegun);
      if (!NextToken || isWhole) break;
      next = ['--next-token', NextToken];
    }
    const fresh = found.slice(0, seen.size ? found.findIndex(isSeen) : found.findLastIndex(isBegun) + 1);
    for (const { EventId } of fresh) seen.add(EventId);
    return fresh.reverse();
  }

  /** What has failed by an event: of a nested stack, its own events say it better, those of this time. */
  async failuresOf(
    stack,
    { ResourceType, PhysicalResourceId: nested, LogicalResourceId, ResourceStatusReason },
  ) {
    const own = [`${LogicalResourceId}: ${ResourceStatusReason ?? 'no reason given'}`];
    if (ResourceType !== 'AWS::CloudFormation::Stack' || !nested) return own;
    const { StackEvents } = await this.deployer.cloudFormation(
      ...['describe-stack-events', '--stack-name', nested, '--no-paginate'],
    );
    const failures = [];
    const isOurs = (event) =>
      event.ResourceStatus.endsWith('_FAILED') &&
      event.PhysicalResourceId !== nested &&
      timeOf(event.Timestamp) >= timeOf(this.first.Timestamp);
    for (const event of StackEvents.filter(isOurs).reverse()) {
      tell(`${stack}/${LogicalResourceId}`, event);
      failures.push(...(await this.failuresOf(`${stack}/${LogicalResourceId}`, event)));
    }
    return failures.length ? failures : own;
  }
}

function tell(stack, event) {
  const { ResourceStatus, ResourceType, LogicalResourceId, ResourceStatusReason } = event;
  const time = new Date(timeOf(event.Timestamp)).toISOString().slice(11, 19);
  const what = [LogicalResourceId, ResourceStatusReason].filter(Boolean).join(' ');
  process.stderr.write(`${[stack, time, ResourceStatus.padEnd(20), ResourceType, what].join(' | ')}\n`);
}

function addOutputs(artifacts, stack, outputs) {
  const file = path.join(artifacts, 'cdk-outputs.json');
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  writeFileSync(file, `${JSON.stringify({ ...all, [stack]: outputs }, null, 2)}\n`);
}

// Imported, it executes what the importer says.
if (path.basename(process.argv[1] ?? '') === 'execute.mjs') void runAs(execute);
