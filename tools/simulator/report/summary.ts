import type { DeployRole } from '../iam/deploy-role';
import { messageText } from './message-text';
import type { BuildReport, PushResult } from './result';
import { folded, width } from '../../text';
import { counts, direction, notStarted, short } from './words';

/** The width of the column that the sections' titles stand in. */
const TITLE = 11;
/** On a terminal of fewer columns, titles stand on lines of their own. */
const NARROW = 60;

/**
 * The end of a run, for a person: what happened, to what, and what of it was only played.
 *
 * @param columns of the terminal, where lines are folded. Elsewhere the headline stays whole, for whoever searches it.
 */
export function summary(result: PushResult, columns?: number): string[] {
  const { build } = result;
  const sections: [string, string[]][] = [
    ['Webhook', webhook(result)],
    ['Phases', build ? table(build.phases.map((p) => [p.name, p.status, `${p.seconds.toFixed(1)} s`])) : []],
    ['Tests', build ? table(build.reports.map((r) => [r.name, counts(r)])) : []],
    ['Images', table(result.images.map((i) => [i.name, short(i.tag), short(i.digest), i.reason]))],
    [
      'Stacks',
      table(
        result.stacks.map(({ name, status, changes, reason }) => [
          name,
          status,
          `+${changes.added} ~${changes.modified} -${changes.removed}`,
          reason ?? '',
        ]),
      ),
    ],
    [
      'Services',
      table(
        result.services.map((s) => [
          s.name,
          s.rollout,
          short(s.image.split('@')[1] ?? s.image),
          s.reason ?? (s.forced ? 'forced to deploy anew' : 'rolled by the deployment'),
        ]),
      ),
    ],
    ['Artifacts', build ? artifacts(build) : []],
    ['Notified', notified(result)],
    ['AWS calls', calls(result)],
    ['Time', table(times(result))],
    ['Simulated', [...result.simulated]],
  ];
  const indent = columns !== undefined && columns < NARROW ? 2 : TITLE;
  const room = (columns ?? 120) - indent;
  const told = sections.map(([title, lines]): [string, string[]] => [
    title,
    lines.flatMap((line) => {
      // A message's lines stay as they are: logs and links are copied.
      if (width(line) <= room || (title === 'Notified' && line.startsWith('  '))) return [line];
      // A row that is folded is no longer one of a table.
      return folded(line.replace(/ {3,}/g, '  '), room, '  ');
    }),
  ]);
  // A path that is folded is no path any more.
  if (build) told.push(['Log', [build.log]]);
  return [
    '',
    ...headline(result).flatMap((line) => folded(line, columns ?? Infinity, '    ')),
    '',
    ...told
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => section(title, lines, indent)),
  ];
}

function headline(result: PushResult): string[] {
  const { build, source, webhook: hook } = result;
  const { event, ref } = hook;
  const what = `${event === 'PUSH' ? 'push' : event} of ${source.commit.slice(0, 7)} ${direction(event)} ${ref.replace('refs/heads/', '')}`;
  if (!build) return [`NOT STARTED  ${what}: ${notStarted(hook)}`];
  const lines = [
    `${build.status}  ${what}, build ${build.id}`,
    ...(result.meanwhile ?? []).map((other) => `  meanwhile: ${other}`),
  ];
  const failed = build.phases.find((phase) => phase.status !== 'SUCCEEDED');
  if (!failed) return lines;
  const pushed = result.images.filter((image) => image.built).map((image) => image.name);
  const application = result.stacks
    .filter((stack) => stack.application)
    .map((s) => `${s.name} is ${s.status}`);
  return [
    ...lines,
    `  failed in ${failed.name}: ${failed.context ?? failed.status}`,
    ...(build.diagnosis ?? []).flatMap(({ cause, fix }) => [`  cause: ${cause}`, `  fix: ${fix}`]),
    ...build.errors.map((error) => `  ${error}`),
    `  pushed: ${pushed.join(', ') || 'nothing'}; deployed: ${application.join(', ') || 'nothing'}`,
  ];
}

function webhook({ webhook: { event, ref, matched, filterGroup, reasons } }: PushResult): string[] {
  if (!matched) return reasons.map((reason) => `${event} of ${ref}: ${reason}`);
  const filters = filterGroup
    .flat()
    .map((filter) => `${filter.excludeMatchedPattern ? 'not ' : ''}${filter.type} ${filter.pattern}`);
  return [`${event} of ${ref} matched ${filters.join(' and ')}`];
}

function artifacts({ artifacts: files, artifactLocation }: BuildReport): string[] {
  if (!files.length) return [];
  const folders = new Map<string, number>();
  for (const file of files) {
    const folder = file.includes('/') ? `${file.slice(0, file.indexOf('/'))}/` : file;
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const told = [...folders].map(([name, count]) => (name.endsWith('/') ? `${name} (${count})` : name));
  return [`${files.length} files in ${artifactLocation ?? 'the bucket'}`, told.join('  ')];
}

/** The very messages, as whoever subscribes would read them. */
function notified({ notifications, undelivered }: PushResult): string[] {
  return [
    ...notifications.flatMap(({ topic, subject, text, to }) => [
      `${topic}: ${subject ?? '(no subject)'}`,
      ...messageText(text)
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
      `  (simulated: ${to.length ? `would go to ${to.join(', ')}` : 'nobody subscribes to it'})`,
    ]),
    ...undelivered.map((line) => `not delivered: ${line}`),
  ];
}

function calls({ aws }: PushResult): string[] {
  const principals = new Map<string, { allowed: number; denied: number }>();
  for (const call of aws.calls) {
    const row = principals.get(call.principal) ?? { allowed: 0, denied: 0 };
    row[call.decision] += call.count;
    principals.set(call.principal, row);
  }
  const rows = [...principals].map(([name, row]) => [name, `${row.allowed} allowed`, `${row.denied} denied`]);
  const denied = aws.calls.filter((call) => call.decision === 'denied');
  return [
    ...table(rows),
    ...denied.flatMap((call) => [
      `denied in ${call.phase ?? 'deploy'}: ${call.principal} may not ${call.action} on ${call.resource}`,
      ...remedy(aws, call),
    ]),
    ...(aws.unused.length ? [`never used by the build role: ${aws.unused.join(', ')}`] : []),
    ...(aws.deployRole ? deployRole(aws.deployRole) : []),
  ];
}

/** What would allow a denied call: the statement in one line, to be pasted. */
function remedy({ principals }: PushResult['aws'], call: PushResult['aws']['calls'][number]): string[] {
  const known = principals
    .filter(({ principal }) => principal === call.principal)
    .flatMap(({ phases }) => phases.filter(({ phase }) => phase === call.phase))
    .flatMap(({ denied }) => denied)
    .find(({ action, resource }) => action === call.action && resource === call.resource);
  if (!known) return [];
  return [`  ${known.change}`, ...(known.statement ? [`  ${JSON.stringify(known.statement)}`] : [])];
}

function deployRole({ role, lacks, tooMuch, notJudged }: DeployRole): string[] {
  return [
    ...lacks.flatMap(({ logicalId, type, action, resource, statement, change }) => [
      `${role} lacks ${action} on ${resource} for ${logicalId} (${type}): ${change}`,
      ...(statement ? [`  ${JSON.stringify(statement)}`] : []),
    ]),
    ...(lacks.length ? [] : [`${role} lacks nothing for the deployed types`]),
    ...(tooMuch.length ? [`${role} did not need: ${some(tooMuch)}`] : []),
    ...(notJudged.length ? [`not judged for ${role}: ${notJudged.join(', ')}`] : []),
  ];
}

/** The first of a long list; the result has all. */
function some(names: readonly string[]): string {
  const rest = names.length - SOME;
  return rest > 0 ? `${names.slice(0, SOME).join(', ')} and ${rest} more` : names.join(', ');
}

const SOME = 12;

function times({ steps }: PushResult): string[][] {
  return steps.map((step) => [step.name, `${step.seconds.toFixed(1)} s`]);
}

function section(title: string, lines: readonly string[], indent: number): string[] {
  if (indent < TITLE) return [title, ...lines.map((line) => ' '.repeat(indent) + line)];
  return lines.map((line, index) => `${(index === 0 ? title : '').padEnd(indent)}${line}`.trimEnd());
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
