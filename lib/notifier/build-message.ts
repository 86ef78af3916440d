import type { Build } from '@aws-sdk/client-codebuild';
import { FailureReader } from '../catalogue/diagnosis';
import { type BuildFacts, failedPhase, idOf, NO_LOG } from './build-facts';
import { lastCommand, type Source, supersededBy } from './build-log';
import type { BuildStateChange } from './events';
import { cut, oneLine } from './lines';
import { amount, type Fact, type Message, short } from './message';
import { masked } from './secrets';
import { clock, instant, took } from './times';

export interface BuildMessageOptions {
  /** Whether every success is told. */
  readonly tellSuccess: boolean;
  /** What a minute of the build costs in US dollars, where that is known. */
  readonly minuteUsd?: number;
}

/** In these phases ci/ neither pushes nor deploys anything; of the commands of POST_BUILD, these do not deploy. */
const COMMANDS_BEFORE_DEPLOYMENT = ['ci/push.sh', 'ci/scan.sh', 'ci/turn.sh'];
const PHASES_BEFORE_DEPLOYMENT = [
  'SUBMITTED',
  'QUEUED',
  'PROVISIONING',
  'DOWNLOAD_SOURCE',
  'INSTALL',
  'PRE_BUILD',
  'BUILD',
];
const IS_COMMIT = /^[0-9a-f]{40}$/;
const MOST_CAUSES = 3;
const LINES_SHOWN = 15;
const LONGEST_LINE_SHOWN = 300;
/** A build was stopped; a command failed. */
const SAID_BY_THE_HEADLINE = ['F93', 'F95'];

/** What is told of a build that has ended; undefined where that is nothing. */
export function composeBuild(
  event: BuildStateChange,
  facts: BuildFacts,
  options: BuildMessageOptions,
): Message | undefined {
  const { detail, region } = event;
  const [, partition, , , account = event.account] = detail['build-id'].split(':');
  const project = detail['project-name'];
  const id = idOf(event);
  const status = statusOf(event, facts.build);
  const where = quoted(branchOf(event, facts), 60);
  const name = `${project}${where ? ` (${where})` : ''}`;
  const console = partition === 'aws-cn' ? 'console.amazonaws.cn' : 'console.aws.amazon.com';
  const logs = detail['additional-information'].logs;
  const logLink = logs?.['stream-name']
    ? logs['deep-link']
    : facts.build?.logs?.streamName && facts.build.logs.deepLink;

  const common = {
    key: `builds/${id.replace(':', '/')}`,
    commit: commitOf(event, facts),
    facts: factsOf(event, facts, options),
    links: [
      ...(logLink && !facts.missing.includes(NO_LOG) ? [{ name: 'Log', url: logLink }] : []),
      {
        name: 'Build',
        url: `https://${region}.${console}/codesuite/codebuild/${account}/projects/${project}/build/${encodeURIComponent(id)}/?region=${region}`,
      },
    ],
    keywords: [project, where].filter(Boolean),
    about: detail['build-id'],
  };
  if (status === 'IN_PROGRESS') return undefined;
  // What it made way for is told of by itself.
  if (status === 'STOPPED' && facts.log && supersededBy(facts.log.lines) !== undefined) return undefined;
  if (status === 'SUCCEEDED') {
    const { failuresBefore } = facts;
    if (!failuresBefore && !options.tellSuccess) return undefined;
    const again =
      failuresBefore &&
      `after ${amount(failuresBefore.count, 'failed build')} since ${clock(failuresBefore.since)}`;
    return {
      ...common,
      outcome: 'succeeded',
      subject: `${again ? 'WORKS AGAIN' : 'SUCCEEDED'}: ${name}`,
      headline: again ? `${name} works again, ${again}.` : `${name} succeeded.`,
      notes: [],
      causes: [],
    };
  }

  const phase = failedPhase(event, facts.build);
  const ran = facts.log && lastCommand(facts.log.lines);
  const context = phase?.context && quoted(phase.context, 1000);
  // A stopped build, and one that timed out, has no other cause, whatever its command had printed or ended with.
  const isOver = status === 'STOPPED' || status === 'TIMED_OUT';
  const failed = isOver
    ? null
    : /Error while executing command: (.+)\. Reason: exit status (\d+)/.exec(context ?? '');
  const command = quoted(failed?.[1] ?? ran?.command, 80);
  const reader = new FailureReader();
  for (const line of ran?.output ?? []) reader.readLine(line);
  const known = reader.diagnosis([{ status, context: isOver ? undefined : context }]).slice(0, MOST_CAUSES);
  const first =
    known[0] && !['F39', ...SAID_BY_THE_HEADLINE].includes(known[0].id) ? known[0].title : undefined;
  const within = phase ? ` in ${phase.name}` : '';
  const while_ = command && !failed ? ` while ${command} ran` : '';
  const told = toldOf(status, event);
  return {
    ...common,
    outcome: status === 'STOPPED' ? 'stopped' : 'failed',
    subject: [
      told.short,
      ...(first ? [`: ${first}`] : []),
      ...(failed ? [`${first ? ' - ' : ': '}${command}`] : []),
      ...(failed && !first ? [`, exit status ${failed[2]}`] : []),
      ` - ${name}`,
    ].join(''),
    headline:
      failed && status === 'FAILED'
        ? `${command} failed with exit status ${failed[2]}${within} of ${name}.`
        : `${name} ${told.long}${within}${while_}.`,
    notes: [
      ...(context && !failed ? [`CodeBuild says: ${quoted(context, 400)}`] : []),
      ...(phase &&
      (PHASES_BEFORE_DEPLOYMENT.includes(phase.name) ||
        COMMANDS_BEFORE_DEPLOYMENT.includes(failed?.[1] ?? ''))
        ? ['Nothing was deployed: what ran before keeps running.']
        : []),
      ...told.notes,
      ...facts.missing.map((text) => quoted(text, 400)),
    ],
    causes: known
      // That a command failed is no help where its last lines follow.
      .filter(({ id }) => id !== 'F95' || !ran?.output.length)
      .map(({ id, cause, fix, link }) => ({
        cause: SAID_BY_THE_HEADLINE.includes(id) ? undefined : quoted(cause, 500),
        fix: quoted(fix, 500),
        link,
      })),
    log: ran?.output.length
      ? {
          of: quoted(ran.command, 80),
          lines: lastLines(ran.output).map((line) => cut(line, LONGEST_LINE_SHOWN)),
        }
      : undefined,
    keywords: [...common.keywords, ...known.map(({ id }) => id)],
  };
}

/** Of steps that ran side by side, those of the one that failed, which ci/side-by-side.mjs has repeated at the end. */
function lastLines(output: readonly string[]): readonly string[] {
  const repeated = output.findLastIndex((line) => line.startsWith('==> the last lines of '));
  return output.slice(repeated + 1).slice(-LINES_SHOWN);
}

/** The words for an end that was not good. */
function toldOf(
  status: string,
  { detail }: BuildStateChange,
): { readonly short: string; readonly long: string; readonly notes: readonly string[] } {
  const minutes = detail['additional-information']['timeout-in-minutes'];
  switch (status) {
    case 'STOPPED':
      return {
        short: 'STOPPED',
        long: 'was stopped',
        notes: ['Who stopped it, CodeBuild does not say: look for the event StopBuild in CloudTrail.'],
      };
    case 'TIMED_OUT':
      return {
        short: 'TIMED OUT',
        long: `timed out${minutes === undefined ? '' : ` after ${minutes} minutes`}`,
        notes: [],
      };
    case 'FAULT':
      return {
        short: 'FAULT',
        long: 'ended with a fault',
        notes: [
          'CodeBuild calls it a fault, not a failure: mostly it lies outside of what the commit changed.',
        ],
      };
    default:
      return { short: 'FAILED', long: 'failed', notes: [] };
  }
}

/** The API knows more states than the event is documented to have. */
function statusOf(event: BuildStateChange, build?: Build): string {
  const told = event.detail['build-status'];
  if (told !== 'FAILED') return told;
  if (build?.buildStatus && !['SUCCEEDED', 'IN_PROGRESS'].includes(build.buildStatus))
    return build.buildStatus;
  return failedPhase(event)?.status === 'TIMED_OUT' ? 'TIMED_OUT' : told;
}

/**
 * What the webhook or the build's own log says of it; a build that somebody starts may name a branch, too. The documentation
 * promises the webhook's variables within the build only, so they may be missing here.
 */
function branchOf(event: BuildStateChange, facts: BuildFacts): string | undefined {
  const more = event.detail['additional-information'];
  const variables = [
    ...(facts.build?.environment?.environmentVariables ?? []),
    ...(more.environment?.['environment-variables'] ?? []),
  ];
  const refs = [
    variables.find(({ name }) => name === 'CODEBUILD_WEBHOOK_HEAD_REF')?.value,
    sourceOf(event, facts)?.branch,
    facts.build?.sourceVersion,
    more['source-version'],
  ];
  return refs.find((ref) => ref && !IS_COMMIT.test(ref))?.replace(/^refs\/heads\//, '');
}

function commitOf(event: BuildStateChange, facts: BuildFacts): string | undefined {
  const source = sourceOf(event, facts);
  if (source)
    return `${short(quoted(source.commit, 40))} "${quoted(source.subject, 100)}" by ${quoted(source.author, 60)}`;
  const commit = checkedOut(event, facts);
  return commit && short(commit);
}

/** What the log says of the source: believed as far as it speaks of the commit that CodeBuild has checked out. */
function sourceOf(event: BuildStateChange, facts: BuildFacts): Source | undefined {
  const commit = checkedOut(event, facts);
  const source = facts.log?.source;
  return source && (!commit || source.commit === commit) ? source : undefined;
}

function checkedOut({ detail }: BuildStateChange, { build }: BuildFacts): string | undefined {
  const version =
    build?.resolvedSourceVersion ??
    build?.sourceVersion ??
    detail['additional-information']['source-version'];
  return version && IS_COMMIT.test(version) ? version : undefined;
}

function factsOf(
  { detail, time }: BuildStateChange,
  { build }: BuildFacts,
  options: BuildMessageOptions,
): Fact[] {
  const more = detail['additional-information'];
  const number = build?.buildNumber ?? more['build-number'];
  const initiator = build?.initiator ?? more.initiator;
  const start = build?.startTime ?? instant(more['build-start-time']);
  const end = build?.endTime ?? instant(time);
  const minutes = start && end && Math.ceil(Math.max(end.getTime() - start.getTime(), 1) / 60_000);
  const facts: (Fact | false)[] = [
    {
      name: 'Build',
      value: [
        `${detail['project-name']}${number === undefined ? '' : ` #${number}`}`,
        initiator &&
          (initiator.startsWith('GitHub-Hookshot/')
            ? 'started by a push'
            : `started by ${quoted(initiator, 80)}`),
      ]
        .filter(Boolean)
        .join(', '),
    },
    start !== undefined &&
      end !== undefined && {
        name: 'Time',
        value: `${clock(start)}, took ${took(end.getTime() - start.getTime())}`,
      },
    // From the start to the end, in whole minutes. https://aws.amazon.com/codebuild/pricing/
    minutes !== undefined &&
      options.minuteUsd !== undefined && {
        name: 'Cost',
        value: `about ${(minutes * options.minuteUsd).toFixed(2)} USD (${amount(minutes, 'minute')})`,
      },
  ];
  return facts.filter((fact) => fact !== false);
}

/** What others wrote, on one line; masked before it is cut, as half a secret is not recognised. */
function quoted(text: string | undefined, longest: number): string {
  return oneLine(masked(text ?? ''), longest);
}
