import type { Stack } from '@aws-sdk/client-cloudformation';
import type { Account } from '../account';
import { type Examined, fail, type Finding, ok, together, warn } from '../check';
import { hindrance } from './stacks';

/** What `cdk deploy` asks for of the library that the pipeline's stack is made with; a test compares. */
export const BOOTSTRAP_VERSION = 6;

/** Of the pipeline's own stack, which an administrator deploys. */
export async function bootstrap({ account, commands }: Examined): Promise<Finding> {
  return bootstrapped(
    account,
    { qualifier: 'hnb659fds', toolkit: 'CDKToolkit' },
    commands.cdk('bootstrap', place(account)),
    fail,
  );
}

/** Of the application's stacks, which builds deploy: by another qualifier, whose execution role may do only what it must. */
export async function applicationBootstrap(examined: Examined): Promise<Finding> {
  const { account, environment, names, commands } = examined;
  const qualifier = environment.bootstrapQualifier;
  const deploying = environment.elsewhere ? names.targetStack : names.stack;
  const outputs = outputsOf(await account.stack(deploying));
  const command = commands.printed(outputs.get('BootstrapCommand') ?? '');
  const mend = outputs.has('BootstrapCommand')
    ? command
    : [
        '# first the pipeline, then the command that it prints as BootstrapCommand',
        commands.cdk('deploy', deploying),
      ].join('\n');
  const found = await bootstrapped(
    account,
    { qualifier, toolkit: `CDKToolkit-${qualifier}` },
    mend,
    outputs.has('BootstrapCommand') ? fail : notYet,
  );
  if (found.level !== 'ok') return found;

  const role = `cdk-${qualifier}-cfn-exec-role-${account.id}-${account.region}`;
  const policies = await account.policiesOf(role);
  if (!policies) return fail(`${found.found}, but its execution role ${role} is gone`, mend);
  const administrator = policies.find((arn) => arn.endsWith(':policy/AdministratorAccess'));
  if (administrator) {
    return fail(
      `its execution role has AdministratorAccess: whoever can push to the branch can do anything in the account`,
      mend,
    );
  }
  const wanted = outputs.get('DeployPolicyArns')?.split(',');
  if (!wanted) return warn(`${found.found}; whether it has the pipeline's policies shows later`, mend);
  const missing = wanted.filter((arn) => !policies.includes(arn)).map((arn) => arn.split('/').pop());
  return missing.length
    ? fail(`its execution role lacks ${missing.join(', ')}: no build can deploy`, mend)
    : ok(`${found.found}, qualifier ${qualifier}, with the mangoo-deploy policies and no more`);
}

async function bootstrapped(
  account: Account,
  { qualifier, toolkit }: { qualifier: string; toolkit: string },
  mend: string,
  missing: (found: string, ...fix: string[]) => Finding,
): Promise<Finding> {
  const parameter = `/cdk-bootstrap/${qualifier}/version`;
  const [text, stack] = await together(account.parameter(parameter), account.stack(toolkit));
  const hindered = stack && hindrance(stack);
  if (hindered) return fail(`${toolkit}: ${hindered}`, mend);
  if (text === undefined)
    return missing(`none in ${place(account)}: there is no parameter ${parameter}`, mend);
  const version = Number(text);
  if (!(version >= BOOTSTRAP_VERSION)) {
    return fail(`version ${text}, and the library asks for ${BOOTSTRAP_VERSION} or newer`, mend);
  }
  return ok(`version ${version}`);
}

function notYet(found: string, ...fix: string[]): Finding {
  return warn(`${found}; not yet due`, ...fix);
}

function place({ id, region }: Account): string {
  return `aws://${id}/${region}`;
}

function outputsOf(stack: Stack | undefined): Map<string, string> {
  return new Map(
    (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}
