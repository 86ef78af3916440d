import { cut, cutBytes } from './lines';

/** What people are told, before it has the form of a mail or of Slack. Nothing in it has more than one line. */
export interface Message {
  /** Under which it is remembered that it was sent. */
  readonly key: string;
  readonly outcome: 'failed' | 'stopped' | 'succeeded' | 'vulnerable';
  /** For a list of mails: what matters first. */
  readonly subject: string;
  /** What happened. */
  readonly headline: string;
  /** What it means, a sentence each. */
  readonly notes: readonly string[];
  readonly causes: readonly { readonly cause?: string; readonly fix: string; readonly link?: string }[];
  /** What was built. */
  readonly commit?: string;
  readonly facts: readonly Fact[];
  readonly log?: { readonly of: string; readonly lines: readonly string[] };
  readonly links: readonly { readonly name: string; readonly url: string }[];
  /** What ties messages together in a search. */
  readonly keywords: readonly string[];
  /** Its ARN. */
  readonly about: string;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** Of Amazon SNS, for all of a message; some is left for its subject. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MOST_BYTES = 255 * 1024;
/** The same page: less than 100 characters. Mail has to be ASCII to be sure of arriving unharmed. */
const LONGEST_SUBJECT = 99;

export function subjectOf({ subject }: Message): string {
  const ascii = subject
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?');
  return ascii.length <= LONGEST_SUBJECT ? ascii : `${ascii.slice(0, LONGEST_SUBJECT - 3)}...`;
}

/** Plain text, for mail and HTTPS endpoints: what is needed to act first, the log behind it. */
export function textOf(message: Message): string {
  return fitting(message.log?.lines ?? [], MOST_BYTES, (lines) => written(message, lines));
}

/** Writes with as many of the last lines as there is room for, and cuts only what is too long without any. */
export function fitting(
  lines: readonly string[],
  mostBytes: number,
  write: (lines: readonly string[]) => string,
): string {
  for (let from = 0; from <= lines.length; from += 1) {
    const text = write(lines.slice(from));
    if (Buffer.byteLength(text) <= mostBytes) return text;
  }
  return cutBytes(write([]), mostBytes);
}

function written(message: Message, lines: readonly string[]): string {
  const causes = message.causes.map(({ cause, fix, link }) => [
    ...(cause ? [`Cause: ${cause}`] : []),
    `Fix: ${fix}`,
    ...(link ? [`More: ${link}`] : []),
  ]);
  const paragraphs = [
    [message.headline, ...message.notes],
    ...causes,
    message.commit ? [`Commit: ${message.commit}`] : [],
    lines.length ? [`Last lines of ${message.log?.of}:`, ...lines.map((line) => `  ${line}`)] : [],
    message.facts.map(({ name, value }) => `${name}: ${value}`),
    message.links.map(({ name, url }) => `${name}: ${url}`),
  ];
  const text = paragraphs.filter((paragraph) => paragraph.length).map((paragraph) => paragraph.join('\n'));
  return `${text.join('\n\n')}\n`;
}

/** `2 builds` */
export function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A commit or a digest as people recognise it. */
export function short(id: string): string {
  return cut(id.replace(/^([0-9a-f]{7})[0-9a-f]{33}$/, '$1'), 60);
}
