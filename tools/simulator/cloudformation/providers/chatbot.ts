import type { Provider } from '../provider';

/** A channel of Slack; there is none behind it. Messages to its topics are told with its id. */
export const slackChannel: Provider = {
  replacedBy: ['ConfigurationName', 'SlackWorkspaceId'],
  judgedByHandler: true,
  create({ account }, { ConfigurationName }) {
    const Arn = `arn:aws:chatbot::${account}:chat-configuration/slack-channel/${String(ConfigurationName)}`;
    return Promise.resolve({ physicalId: Arn, attributes: { Arn }, accepted: true });
  },
  update: (context, _, properties) => slackChannel.create(context, properties),
  delete: () => Promise.resolve(),
};
