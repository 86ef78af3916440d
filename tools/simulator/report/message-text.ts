interface CustomNotification {
  readonly version?: string;
  readonly source?: string;
  readonly content?: {
    readonly title?: string;
    readonly description?: string;
    readonly nextSteps?: readonly string[];
  };
}

/**
 * A message as its readers see it: for Slack, Amazon Q Developer makes a text of the JSON that it wants.
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function messageText(text: string): string {
  const { source, content } = customNotification(text) ?? {};
  if (source !== 'custom' || !content) return text.trimEnd();
  const { title, description, nextSteps = [] } = content;
  return [title, description, ...nextSteps.map((step) => `- ${step}`)].filter(Boolean).join('\n');
}

function customNotification(text: string): CustomNotification | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as CustomNotification;
  } catch {
    return undefined;
  }
}
