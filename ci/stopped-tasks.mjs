// Tells why a rollout came to nothing: what the services say, why their tasks stopped, and the last lines that those have logged.
// stopped-tasks.mjs ARTIFACTS CLUSTER SERVICE…; whatever cannot be found out is told in a line, and fails nothing.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Of each service. */
const MOST_EVENTS = 5;
const MOST_TASKS = 3;
/** Of each container, the newest. */
const MOST_LINES = 20;

/** Stopped because something was wrong, not because another took its place. */
export function failed({ stoppedReason = '' }) {
  return !/^Scaling activity initiated by/.test(stoppedReason);
}

/** What a stopped task says of itself, in a line. */
export function reasonOf({ taskArn, stoppedReason = 'no reason given', containers = [] }) {
  const ends = containers
    .filter(({ exitCode, reason }) => exitCode || reason)
    .map(({ name, exitCode, reason }) =>
      [name, exitCode === undefined ? undefined : `exit code ${exitCode}`, reason].filter(Boolean).join(', '),
    );
  return [`task ${idOf(taskArn)} stopped: ${stoppedReason}`, ...ends].join('; ');
}

/**
 * Where the containers of a service log to, by its template.
 *
 * @returns the log group as the template has it: its name, or a reference to a resource
 */
export function logsOf(template, service) {
  const resources = Object.values(template.Resources ?? {});
  const found = resources.find(
    ({ Type, Properties }) => Type === 'AWS::ECS::Service' && Properties?.ServiceName === service,
  );
  const definition = template.Resources?.[found?.Properties.TaskDefinition?.Ref];
  return (definition?.Properties?.ContainerDefinitions ?? []).flatMap(({ Name, LogConfiguration }) => {
    const { LogDriver, Options = {} } = LogConfiguration ?? {};
    const prefix = Options['awslogs-stream-prefix'];
    return LogDriver === 'awslogs' && prefix
      ? [{ container: Name, group: Options['awslogs-group'], prefix }]
      : [];
  });
}

function idOf(arn) {
  return arn.split('/').at(-1);
}

function main(artifacts, cluster, services) {
  const stacks = stacksIn(`${artifacts}/cdk/cdk.out`);
  for (const service of services) {
    const described = ask('ecs', 'describe-services', '--cluster', cluster, '--services', service);
    if (!described) continue;
    for (const { message } of (described.services?.[0]?.events ?? []).slice(0, MOST_EVENTS)) tell(message);
    const stopped = ['--service-name', service, '--desired-status', 'STOPPED'];
    const arns = ask('ecs', 'list-tasks', '--cluster', cluster, ...stopped)?.taskArns ?? [];
    if (!arns.length) continue;
    // As many as one question may name.
    const tasks =
      ask('ecs', 'describe-tasks', '--cluster', cluster, '--tasks', ...arns.slice(0, 100))?.tasks ?? [];
    const newest = tasks
      .filter(failed)
      .sort((a, b) => String(b.stoppedAt).localeCompare(String(a.stoppedAt)));
    for (const task of newest.slice(0, MOST_TASKS)) tell(reasonOf(task));
    // The others have mostly said the same.
    if (newest[0]) tellLogs(stacks, service, idOf(newest[0].taskArn));
  }
}

function stacksIn(assembly) {
  try {
    const { artifacts = {} } = JSON.parse(readFileSync(`${assembly}/manifest.json`, 'utf8'));
    return Object.entries(artifacts)
      .filter(([, { type }]) => type === 'aws:cloudformation:stack')
      .map(([id, { properties }]) => ({
        name: properties.stackName ?? id,
        template: JSON.parse(readFileSync(`${assembly}/${properties.templateFile}`, 'utf8')),
      }));
  } catch (error) {
    tell(`the logs are not known: ${error.message}`);
    return [];
  }
}

function tellLogs(stacks, service, task) {
  for (const { name, template } of stacks) {
    for (const { container, group, prefix } of logsOf(template, service)) {
      const logGroup = typeof group === 'string' ? group : physicalId(name, group?.Ref);
      if (!logGroup) continue;
      const stream = `${prefix}/${container}/${task}`;
      const where = ['--log-group-name', logGroup, '--log-stream-name', stream];
      const { events = [] } = ask('logs', 'get-log-events', ...where, '--limit', String(MOST_LINES)) ?? {};
      if (events.length) tell(`the last lines of ${container}, from ${logGroup}:`);
      for (const { message } of events) tell(`  | ${message.trimEnd()}`);
    }
  }
}

function physicalId(stack, logicalId) {
  if (!logicalId) return undefined;
  const where = ['--stack-name', stack, '--logical-resource-id', logicalId];
  return ask('cloudformation', 'describe-stack-resources', ...where)?.StackResources?.[0]?.PhysicalResourceId;
}

function ask(...command) {
  const { status, stdout, stderr, error } = spawnSync(
    'aws',
    [...command, '--output', 'json', '--no-paginate'],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    },
  );
  if (status === 0) return stdout.trim() ? JSON.parse(stdout) : undefined;
  tell(`${command.slice(0, 2).join(' ')}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return undefined;
}

function tell(line) {
  process.stderr.write(`${line}\n`);
}

// Imported, it only reads.
if (path.basename(process.argv[1] ?? '') === 'stopped-tasks.mjs') {
  const [artifacts, cluster, ...services] = process.argv.slice(2);
  main(artifacts, cluster, services);
}
