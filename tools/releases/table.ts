import type { Attempt, History } from './history';
import type { Recorded } from './recorded';
import type { Stray } from './strays';

/** For people, newest first: what runs is marked, and what came to nothing says why. */
export function table(
  { attempts, environment, parameter, strays, recorded: [newest] }: History,
  limit: number,
): string[] {
  if (!attempts.length) return [`Environment ${environment}: no releases yet, and no builds`];
  const shown = attempts.slice(0, limit);
  const rows = [
    ['', 'release', 'when (UTC)', 'commit', 'who', 'took', 'status'],
    ...shown.map((one) => [
      one.status === 'live' ? '*' : '',
      one.release,
      minute(one.started),
      one.commit?.slice(0, 10) ?? '',
      one.author ?? one.initiator ?? '',
      one.seconds === undefined ? '' : took(one.seconds),
      one.rollback ? `${one.status}, rollback` : one.status,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4, 5, 6].map((i) => Math.max(...rows.map((row) => width(row[i] ?? ''))));
  const [head = '', ...lines] = rows.map((row) =>
    row
      .map((cell, i) => padded(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const left = attempts.length - shown.length;
  return [
    `Environment ${environment}, by ${parameter}`,
    ...(typeof strays === 'string' ? [] : told(strays, newest)),
    '',
    head,
    ...shown.flatMap((one, i) => [lines[i] ?? '', ...details(one).map((line) => `     ${line}`)]),
    ...(left > 0 ? ['', `${left} older: --limit ${attempts.length}`] : []),
  ];
}

/** What runs and was not recorded, and so is nobody's release. */
function told(strays: readonly Stray[], newest: Recorded | undefined): string[] {
  if (!strays.length) return [];
  return [
    '',
    `WARNING: what runs is not ${newest ? `what release ${newest.release} has recorded` : 'recorded'}: a build has deployed it since, and was not seen to end well, or is not at its end`,
    ...strays.map(({ service, images }) => `  ${service} runs ${images.map(shownText).join(', ')}`),
  ];
}

/** Releases in a line each, for whoever has to choose one. */
export function choices(recorded: readonly Recorded[]): string[] {
  const number = Math.max(...recorded.map(({ release }) => release.length));
  return recorded.map(
    ({ release, verified, commit, author, subject, tag }) =>
      `  ${release.padEnd(number)}  ${minute(verified)}  ${commit.slice(0, 10)}  ${shownText(author)}: ${shownText(subject)}${tag === commit ? '' : ` (${tag})`}`,
  );
}

/** `2026-11-25 17:40` */
export function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function details({ subject, images = {}, commit, tag, why }: Attempt): string[] {
  const released = Object.entries(images).map(
    ([name, { digest, built, from }]) =>
      `${name} ${digest.slice(0, 19)}${built ? ' built' : from !== undefined && from !== commit ? ` of ${from.slice(0, 10)}` : ''}`,
  );
  return [
    ...(subject === undefined ? [] : [shownText(subject)]),
    ...(tag === undefined || tag === commit ? [] : [`tag ${tag}`]),
    ...(released.length ? [released.join('  ')] : []),
    ...(why === undefined ? [] : [shownText(why)]),
  ];
}

function took(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** An author may have written anything into a name or a subject, also what a terminal takes for commands. */
function shownText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

function padded(cell: string, columns: number): string {
  return shownText(cell) + ' '.repeat(columns - width(cell));
}

function width(text: string): number {
  return [...text].length;
}
