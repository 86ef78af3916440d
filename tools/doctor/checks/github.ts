import { type Examined, fail, type Finding, ok, warn } from '../check';

/** By what CodeBuild reaches the repository: the connection of the configuration, or the account's credential. */
export async function github(examined: Examined): Promise<Finding> {
  const { account, config, commands } = examined;
  if (config.github.connectionArn !== undefined) return connection(examined, config.github.connectionArn);
  const credentials = await account.sourceCredentials();
  const imported = credentials.find(({ serverType }) => serverType === 'GITHUB');
  if (!imported) {
    const importing = (...args: string[]): string =>
      commands.aws('codebuild', 'import-source-credentials', '--server-type', 'GITHUB', ...args);
    return fail(
      `CodeBuild has no credential for GitHub in ${account.region}, and the configuration names no connection`,
      '# a connection: make it, complete it in the console, import it',
      commands.aws(
        ...['codeconnections', 'create-connection'],
        ...['--provider-type', 'GitHub', '--connection-name', 'mangoo'],
      ),
      `# ${consoleOf(account.region, account.id, 'connections')}`,
      `${importing('--auth-type', 'CODECONNECTIONS')} --token "$CONNECTION_ARN"`,
      '# or a personal access token, which is asked for and not kept in the history of your shell',
      `read -rs TOKEN && ${importing('--auth-type', 'PERSONAL_ACCESS_TOKEN')} --token "$TOKEN"`,
    );
  }
  if (imported.authType === 'CODECONNECTIONS' && imported.resource) {
    return connection(examined, imported.resource);
  }
  return ok(`imported credential, ${imported.authType}`);
}

async function connection({ account }: Examined, arn: string): Promise<Finding> {
  const [, , service = '', region = '', owner = '', resource = ''] = arn.split(':');
  const found = await account.connection(arn);
  if (!found) {
    return fail(
      `there is no connection ${arn}`,
      '# put the ARN of one that is there into github.connectionArn',
      `# ${consoleOf(region, account.id, 'connections')}`,
    );
  }
  const { ConnectionName = '', ConnectionStatus: status, ProviderType: provider } = found;
  if (provider !== 'GitHub') {
    return fail(
      `the connection ${ConnectionName} is to ${provider}, and the repository is on GitHub`,
      '# put the ARN of a connection to GitHub into github.connectionArn',
    );
  }
  if (status === 'AVAILABLE') return ok(`connection ${ConnectionName}, AVAILABLE`);
  const page = `# ${consoleOf(region, owner, `${service}/${resource.replace('connection/', 'connections/')}`)}`;
  if (status === 'PENDING') {
    const what = `the connection ${ConnectionName} is PENDING: somebody has to complete it`;
    return fail(what, '# choose "Update pending connection" there, and install the GitHub App', page);
  }
  return status === 'ERROR'
    ? fail(`the connection ${ConnectionName} is in ERROR`, '# look at it there, or make another', page)
    : warn(`the connection ${ConnectionName} is ${status}`, page);
}

function consoleOf(region: string, account: string, what: string): string {
  const settings = `https://${region}.console.aws.amazon.com/codesuite/settings`;
  return what === 'connections' ? `${settings}/connections` : `${settings}/${account}/${region}/${what}`;
}
