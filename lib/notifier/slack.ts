import { cut, cutBytes } from './lines';
import { fitting, type Message, subjectOf } from './message';

const SIGNS = {
  failed: ':red_circle:',
  stopped: ':black_square_for_stop:',
  succeeded: ':large_green_circle:',
  vulnerable: ':warning:',
} as const;

/** A section of Slack has 3,000 characters; the page below names no number. https://docs.slack.dev/reference/block-kit/blocks/section-block */
const LONGEST_DESCRIPTION = 2900;
const LONGEST_TITLE = 250;

/**
 * The message in the form that Amazon Q Developer in chat applications shows; it drops any other without a word.
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function slackOf(message: Message): string {
  return JSON.stringify({
    version: '1.0',
    source: 'custom',
    id: message.key,
    content: {
      textType: 'client-markdown',
      title: `${SIGNS[message.outcome]} ${prose(cut(message.headline, LONGEST_TITLE - 40))}`,
      description: fitting(message.log?.lines ?? [], LONGEST_DESCRIPTION, (lines) =>
        described(message, lines),
      ),
      nextSteps: [
        ...message.causes.map(
          ({ fix, link }) => prose(cut(fix, 300)) + (link ? ` ${linked('more', link)}` : ''),
        ),
        ...message.links.map(({ name, url }) => linked(name, url)),
      ],
      keywords: message.keywords.map((keyword) => prose(cut(keyword, 60))),
    },
    metadata: {
      summary: subjectOf(message),
      eventType: message.outcome,
      relatedResources: [message.about],
      // Their buttons would offer to run commands of AWS with what strangers wrote.
      enableCustomActions: false,
    },
  });
}

function described(message: Message, lines: readonly string[]): string {
  return [
    ...message.notes.map(prose),
    ...message.causes.flatMap(({ cause }) => (cause ? [`*Cause:* ${prose(cause)}`] : [])),
    ...(message.commit ? [`*Commit:* ${code(message.commit)}`] : []),
    ...(lines.length
      ? [
          `*Last lines of ${prose(message.log?.of ?? '')}:*`,
          `\`\`\`\n${lines.map((line) => escaped(line).replaceAll('`', "'")).join('\n')}\n\`\`\``,
        ]
      : []),
    ...message.facts.map(({ name, value }) => `*${name}:* ${code(value)}`),
  ].join('\n');
}

/** Slack's three control characters: with them a text could link, mention and ping. https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A sentence of ours that may quote others: no @here, #channel or *heading* of theirs comes to life. */
function prose(text: string): string {
  return escaped(text)
    .replace(/(?<!\w)[@#*_~](?=\S)/g, '$&\u2060')
    .replaceAll('](', ']\u2060(');
}

/** A value, word by word as it is: nothing is formatted within. */
function code(text: string): string {
  return `\`${escaped(cutBytes(text, 400)).replaceAll('`', "'")}\``;
}

/** One of our own links. */
function linked(name: string, url: string): string {
  return `<${url.replace(/[<>|\s]/g, encodeURIComponent)}|${name}>`;
}
