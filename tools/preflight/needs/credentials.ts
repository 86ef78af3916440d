import type { Build } from '../model/build';
import type { Command } from '../model/command';

/**
 * The commands that may run with other credentials than those of the project's role: where a command names others, where
 * the project or the buildspec sets them, and after a role was assumed, which a shell then takes in ways that cannot be followed.
 */
export function otherCredentials({ project, buildspec, commands }: Build): ReadonlySet<Command> {
  const { variables, parameterStore, secretsManager } = buildspec.content;
  const given = [
    ...Object.keys(variables),
    ...Object.keys(parameterStore),
    ...Object.keys(secretsManager),
    ...(project?.environment.variables.map(({ name }) => name) ?? []),
  ];
  if (given.some((name) => CREDENTIALS.test(name))) return new Set(commands);
  const found = new Set<Command>();
  let inBuild = false;
  let inScript = false;
  for (const command of commands) {
    // What a script has set for itself ends with it.
    if (command.inBuildShell) inScript = false;
    if (inBuild || inScript || namesOthers(command)) found.add(command);
    if (!changes(command)) continue;
    if (command.inBuildShell || isLasting(command)) inBuild = true;
    else inScript = true;
  }
  return found;
}

const CREDENTIALS =
  /^(?:AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|DEFAULT_PROFILE|ROLE_ARN|WEB_IDENTITY_TOKEN_FILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|CONTAINER_CREDENTIALS_\w+|ENDPOINT_URL\w*))$/;

function namesOthers({ words, variables, text }: Command): boolean {
  return (
    words.some((word) => /^--(?:profile|no-sign-request|endpoint-url)(?:=|$)/.test(word)) ||
    [...variables.keys()].some((name) => CREDENTIALS.test(name)) ||
    // Set for this command, to something that is not known.
    /\bAWS_(?:ACCESS_KEY_ID|PROFILE|ENDPOINT_URL\w*)=/.test(text)
  );
}

function changes(command: Command): boolean {
  const { name, sets, text } = command;
  return (
    sets.some((variable) => CREDENTIALS.test(variable)) ||
    isLasting(command) ||
    (['eval', 'source', '.'].includes(name) && /assume|credential|sts\b|profile/i.test(text)) ||
    /^(?:aws-vault|assume|saml2aws|awsume|granted)$/.test(name)
  );
}

/** Written into the files of the CLI, whichever shell does. */
function isLasting({ name, words }: Command): boolean {
  return (
    name === 'aws' &&
    words.includes('configure') &&
    !words.includes('list') &&
    !/\b(?:region|output|default\.region|max_attempts|cli_pager)\b/.test(words.join(' '))
  );
}
